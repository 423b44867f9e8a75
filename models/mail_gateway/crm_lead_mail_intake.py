import logging
import re
from datetime import timedelta

import psycopg2
from lxml import etree, html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import consteq, email_normalize, formataddr, hmac, plaintext2html

from ...tools.mail_text import clean_line, html_to_text, split_addresses, strip_quotes
from ...tools.match_keys import get_email_spellings

_logger = logging.getLogger(__name__)

MAX_REMARKS = 20_000
# How long a robot's answer without reference is looked up by its address
ADDRESS_DAYS = 30
_reply_tag_re = re.compile(r"^([^@+]+)\+l(\d{1,10})-([0-9a-f]{12})@(.+)$", re.IGNORECASE)


class CrmLeadMailIntake(models.AbstractModel):
    """E-mail as a channel: what a mail says about a lead, which lead it answers, and what is done about an answer."""

    _name = "crm.lead.mail.intake"
    _description = "E-mails of a Lead"

    existing_client_id = fields.Many2one(
        "res.partner",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The request came from this client's address. A sender's address can be forged: check before you rely on it.",
    )

    # === A MAIL MAKES A LEAD === #

    @api.model
    def _prepare_mail_request_values(self, msg_dict, alias_values):
        """Return the values of the lead that a mail makes.

        :param dict msg_dict: the mail as Odoo's gateway passes it; the mail itself is in the context
        :param dict alias_values: defaults of the alias it went to; they overrule what the mail says
        """
        mail = self.env.context.get("crm_firm_mail")
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
        client_sudo = self._find_existing_client(address)
        if client_sudo:
            values["existing_client_id"] = client_sudo.id
        if mail:
            remarks = self._get_mail_remarks(mail)
            values["description"] = plaintext2html(remarks) or False
            if address != mail.from_address and not mail.forwarded:
                values["phone"] = mail.find_form_phone() or False
            if not values.get("phone"):
                # Who writes "call me on ..." is not asked for a number. Of several numbers a person has to choose.
                company = self.env["res.company"].browse(values.get("company_id")) or self.env.company
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
    def _find_existing_client(self, address):
        """Return the client (elevated) whose e-mail address this is: a contact with confirmed orders or invoices."""
        emails = get_email_spellings(address)
        if not emails:
            return self.env["res.partner"].sudo()
        # Nobody reads anything of the partner here: whether it is a client is all that is asked.
        partners_sudo = self.env["res.partner"].sudo().search([("email_normalized", "in", emails)], limit=20)
        companies_sudo = partners_sudo.commercial_partner_id
        clients_sudo = companies_sudo.filtered(lambda partner: partner.customer_rank > 0)
        if companies_sudo - clients_sudo:
            clients_sudo |= (
                self.env["sale.order"]
                .sudo()
                .search([("partner_id", "child_of", (companies_sudo - clients_sudo).ids), ("state", "=", "sale")], limit=20)
                .partner_id.commercial_partner_id
            )
        return partners_sudo.filtered(lambda partner: partner.commercial_partner_id in clients_sudo)[:1]

    # === A MAIL ANSWERS A LEAD === #

    @api.model
    def _find_thread(self, mail):
        """Find the lead that a mail belongs to when Odoo knows none of the Message-IDs it answers.

        In this order: the lead's own reply address (signed), our Message-IDs that speak of a lead of this sender (Odoo
        deletes e-mails made from templates, their Message-ID still says whose they were), the subject of an e-mail the
        sender got from us, and for a robot the last lead with its address that we wrote to.

        :param mail: `IncomingMail`
        :return: lead, discarded ones too, or an empty recordset
        """
        leads = self.with_context(active_test=False)
        for _name, address in mail.envelope_to + mail.to + mail.cc + mail.received_for:
            match = _reply_tag_re.match(address)
            if match and consteq(match[3].lower(), self._sign_reply_address(int(match[2]))):
                lead = leads.browse(int(match[2])).exists()
                if lead:
                    return lead
        addresses = {*get_email_spellings(mail.person[1]), *get_email_spellings(mail.from_address)}
        if not addresses:
            return self.browse()
        spoken_of = [res_id for model, res_id in mail.get_own_ids(mail.references + mail.returned_ids) if model == "crm.lead"]
        lead = (
            leads.browse(spoken_of[-32:])
            .exists()
            .filtered(
                lambda lead: mail.kind == "report" or {lead.email_normalized, lead.partner_id.email_normalized} & addresses
            )[-1:]
        )
        if lead:
            return lead
        theirs = leads.search([("email_normalized", "in", list(addresses))], order="id desc", limit=50)
        if (mail.is_answer_by_subject or mail.references) and mail.plain_subject:
            subject = mail.plain_subject.lower()
            sent = self.env["mail.message"].search(
                [
                    ("model", "=", "crm.lead"),
                    ("res_id", "in", theirs.ids),
                    ("message_type", "in", ("comment", "email_outgoing", "auto_comment", "email")),
                    ("subject", "!=", False),
                ],
                order="id desc",
                limit=200,
            )
            for message in sent:
                if re.sub(r"(?i)^(\s*(re|rv|fwd?|aw)\s*:\s*)+", "", message.subject).strip().lower() == subject:
                    return leads.browse(message.res_id)
            lead = theirs.filtered(lambda lead: (lead.name or "").strip().lower() == subject)[:1]
            if lead:
                return lead
        if mail.kind == "auto_reply":
            since = fields.Datetime.now() - timedelta(days=ADDRESS_DAYS)
            return theirs.filtered(lambda lead: (lead.received_on or lead.create_date) >= since)[:1]
        return self.browse()

    @api.model
    def _find_bounced(self, address, message, spoken_of):
        """Return the leads that a bounce is about.

        :param address: the address that failed, normalized, or False
        :param message: `mail.message` that came back (may be empty)
        :param spoken_of: `(model, id)` that its Message-ID speaks of
        """
        leads = self.with_context(active_test=False)
        found = leads.browse([message.res_id] if message.model == "crm.lead" and message.res_id else []).exists()
        if not found:
            found = leads.browse([res_id for model, res_id in spoken_of if model == "crm.lead"]).exists()
            found = found.filtered(lambda lead: not address or lead.email_normalized == address)
        if address:
            found |= self.search([("email_normalized", "=", address), ("won_status", "=", "pending")], limit=50)
        return found

    def _log_bounce(self, address, message_dict):
        """Keep a bounce on the lead's record and act on it."""
        self.ensure_one()
        text = html_to_text(str(message_dict.get("body") or ""))[:1500]
        body = Markup("<b>%s</b><br/><pre>%s</pre>") % (
            self.env._("This e-mail address cannot be reached: %s", address or self.email_from or ""),
            text,
        )
        message = self.with_context(mail_create_nosubscribe=True).message_post(
            body=body,
            subject=message_dict.get("subject"),
            message_type="auto_comment",
            subtype_xmlid="mail.mt_note",
            author_id=self.env.ref("base.partner_root").id,
            email_from=message_dict.get("email_from"),
        )
        self._run_mail_hook(lambda: self._on_bounce(address, message))

    def _notice_message(self, message):
        """Tell an answer of the person from a robot's, and act on it. Called for every message posted on the lead."""
        self.ensure_one()
        mail = self.env.context.get("crm_firm_mail")
        if mail:
            if self.id in mail.created or mail.kind not in ("mail", "auto_reply", "report"):
                return
            if mail.kind != "mail":
                self._run_mail_hook(lambda: self._on_auto_reply(message))
                return
            if message.message_type == "email" and not self._is_ours(message):
                self._run_mail_hook(lambda: self._on_person_answered(message))
        elif message.message_type == "comment" and message.author_id.partner_share and not self._is_ours(message):
            self._run_mail_hook(lambda: self._on_person_answered(message))

    def _is_ours(self, message):
        """Tell whether an employee wrote the message, by whatever way."""
        # The gateway asks on behalf of a stranger; nothing of the user is shown.
        author_sudo = message.sudo().author_id
        if author_sudo.user_ids.filtered(lambda user: not user.share):
            return True
        address = email_normalize(message.email_from, strict=False)
        return bool(
            address
            and self.env["res.users"].sudo().search_count([("email_normalized", "=", address), ("share", "=", False)], limit=1)
        )

    def _run_mail_hook(self, hook):
        """Run what follows from a mail; what fails there must not cost the mail."""
        try:
            with self.env.cr.savepoint():
                hook()
        except psycopg2.OperationalError:
            raise  # the whole transaction is tried again
        except Exception:
            _logger.exception("A mail on lead %s was kept, what follows from it failed", self.id)
            self._message_log(body=self.env._("An e-mail arrived but could not be fully processed. Please review it."))

    # === REPLY ADDRESS === #

    @api.model
    def _sign_reply_address(self, lead_id):
        return hmac(self.env(su=True), "crm_firm-lead-reply", lead_id)[:12]

    def _get_own_reply_to(self, reply_to):
        """Return the reply address that leads to this lead even when the answer keeps no reference.

        :param str reply_to: Odoo's reply address, with or without name
        """
        self.ensure_one()
        # A setting of the company, whoever sends.
        if not reply_to or not self._get_firm_company().sudo().crm_firm_reply_address_per_lead:
            return reply_to
        name, address = (split_addresses(reply_to) or [("", "")])[0]
        local, at, domain = address.partition("@")
        if not at or "+" in local:
            return reply_to
        return formataddr((name, f"{local}+l{self.id}-{self._sign_reply_address(self.id)}@{domain}"))
