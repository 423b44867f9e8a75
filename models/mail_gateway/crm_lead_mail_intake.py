from lxml import etree, html

from odoo import api, fields, models
from odoo.tools import formataddr, plaintext2html

from ...tools.mail_text import clean_line, html_to_text, split_addresses, strip_quotes
from ...tools.match_keys import get_email_spellings

MAX_REMARKS = 20_000


class CrmLeadMailIntake(models.AbstractModel):
    """A mail makes a lead: what it says about the person and the request."""

    _name = "crm.lead.mail.intake"
    _description = "E-mails of a Lead"

    existing_client_id = fields.Many2one(
        "res.partner",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The request came from this client's address. A sender's address can be forged: check before you rely on it.",
    )

    @api.model
    def _prepare_mail_request_values(self, msg_dict, alias_values, mail=None):
        """Return the values of the lead that a mail makes.

        :param dict msg_dict: the mail as Odoo's gateway passes it
        :param dict alias_values: defaults of the alias it went to; they overrule what the mail says
        :param mail: the `IncomingMail` itself, None when it cannot be read
        """
        alias_values = dict(alias_values or {})
        channel = self.env["helpdesk.ticket.channel"]._get_by_code("email")
        name, address = mail.person if mail else (split_addresses(msg_dict.get("from") or "") or [("", "")])[0]
        subject = clean_line(mail.plain_subject if mail and mail.forwarded else msg_dict.get("subject"), 200)
        values = {
            "name": subject or self.env._("E-mail from %s", name or address),
            "contact_name": name if name and name.lower() != address.lower() and "@" not in name else False,
            "email_from": formataddr((name, address)),
            "type": "lead",
            "channel_id": channel.id,
            # A stranger who knows a client's address must not get at the client's record: it is named, not linked.
            "partner_id": False,
        }
        team = self.env["crm.team"].browse(alias_values.get("team_id"))
        if team.company_id:
            values["company_id"] = team.company_id.id
        company = self.env["res.company"].browse(values.get("company_id")) or self.env.company
        client_sudo = self._find_existing_client(address, company)
        if client_sudo:
            values["existing_client_id"] = client_sudo.id
        if mail:
            remarks = self._get_mail_remarks(mail)
            values["description"] = plaintext2html(remarks) or False
            if address != mail.from_address and not mail.forwarded:
                values["phone"] = mail.find_form_phone() or False
            if not values.get("phone"):
                # Who writes "call me on ..." is not asked for a number. Of several numbers a person has to choose.
                # In an answer, or beside what is forwarded, the signature may be somebody else's.
                signed = "" if mail.references or mail.forwarded else mail.text
                values["phone"] = self._find_phone_of_sender(remarks, company) or self._find_phone_of_sender(signed, company)
        alias_values.pop("type", None)
        return values | alias_values

    @api.model
    def _get_mail_remarks(self, mail):
        """Return what the person wrote, as text: without the mail that is answered, without signature, where that shows."""
        if mail.forwarded:
            return mail.forwarded.text[:MAX_REMARKS].strip()
        if mail.is_forward:
            return mail.text[:MAX_REMARKS].strip()  # what is forwarded is what they want to say
        body, is_html, _was_cut = mail.get_body()
        if is_html:
            body, _was_cut = self.env["mail.thread"]._crm_firm_get_body(mail)
            try:
                root = html.fromstring(f"<div>{body}</div>")
                for node in root.xpath("//*[@data-o-mail-quote]"):
                    if node.getparent() is not None:
                        node.drop_tree()
                body = html_to_text(html.tostring(root, encoding="unicode"))
            except (etree.LxmlError, ValueError):
                body = mail.text
        text = strip_quotes(body) or strip_quotes(mail.text)
        return text[:MAX_REMARKS].strip()

    @api.model
    def _find_existing_client(self, address, company):
        """Return the company's client (elevated) whose e-mail address this is: a contact with confirmed orders or invoices."""
        emails = get_email_spellings(address)
        if not emails:
            return self.env["res.partner"].sudo()
        # Nobody reads anything of the partner here: whether it is a client is all that is asked.
        of_company = ("company_id", "in", [company.id, False])
        partners_sudo = self.env["res.partner"].sudo().search([("email_normalized", "in", emails), of_company], limit=20)
        companies_sudo = partners_sudo.commercial_partner_id
        clients_sudo = companies_sudo.filtered(lambda partner: partner.customer_rank > 0)
        if companies_sudo - clients_sudo:
            ordered = [("partner_id", "child_of", (companies_sudo - clients_sudo).ids), ("state", "=", "sale"), of_company]
            clients_sudo |= self.env["sale.order"].sudo().search(ordered, limit=20).partner_id.commercial_partner_id
        return partners_sudo.filtered(lambda partner: partner.commercial_partner_id in clients_sudo)[:1]
