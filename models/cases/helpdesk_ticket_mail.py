from odoo import api, models

from ...tools.mail_in_hand import get_mail
from ...tools.mail_text import split_addresses
from ...tools.match_keys import get_email_spellings
from ..access.helpdesk_ticket_followers import FROM_MAIL


class HelpdeskTicketMail(models.AbstractModel):
    """E-mails of a case: what makes one, and where an answer goes."""

    _name = "helpdesk.ticket.mail"
    _description = "Case: e-mails"

    # === A MAIL COMES IN === #

    @api.model
    def message_new(self, msg, custom_values=None):
        """Make a ticket of a mail; of a case also the channel, and who wrote it."""
        self = self.with_context(crm_firm_from_mail=FROM_MAIL)
        values = dict(custom_values or {})
        is_case = self.env["helpdesk.ticket.team"].browse(values.get("team_id")).is_case_team
        if is_case:
            values.setdefault("channel_id", self.env["helpdesk.ticket.channel"]._get_by_code("email").id)
            addresses = split_addresses(msg.get("from") or "")
            if addresses:
                values.setdefault("partner_name", addresses[0][0] or addresses[0][1])
                values.setdefault("partner_email", addresses[0][1])
        ticket = super().message_new(msg, custom_values=values)
        mail = get_mail(self.env)
        if mail and is_case:
            mail.created.add((self._name, ticket.id))
        return ticket.with_context(crm_firm_from_mail=None)

    def message_update(self, msg_dict, update_vals=None):
        self = self.with_context(crm_firm_from_mail=FROM_MAIL)
        return super().message_update(msg_dict, update_vals=update_vals)

    @api.model
    def _find_thread(self, mail):
        """Find the case that a mail of its client belongs to when Odoo knows none of the Message-IDs it answers: that of an
        e-mail made from a template says whose it was, though Odoo has deleted the e-mail.

        :param mail: `IncomingMail`
        :return: case, or an empty recordset
        """
        spoken_of = [res_id for model, res_id in mail.get_own_ids(mail.references + mail.returned_ids) if model == self._name]
        addresses = {*get_email_spellings(mail.person[1]), *get_email_spellings(mail.from_address)}
        cases = self.with_context(active_test=False).browse(spoken_of[-32:]).exists()
        return cases.filtered(lambda case: mail.kind == "report" or case._has_address_of_client(addresses))[-1:]

    @api.model
    def _find_case_client(self, address, company):
        """Return the company's client (elevated) whose address this is: somebody with orders, invoices, cases or access to the
        client area."""
        client_sudo = self.env["crm.lead"]._find_existing_client(address, company)
        if client_sudo:
            return client_sudo
        emails = get_email_spellings(address)
        if not emails:
            return self.env["res.partner"].sudo()
        # Nobody reads anything of the contact here: whether it is a client is all that is asked.
        of_company = ("company_id", "in", [company.id, False])
        partners_sudo = self.env["res.partner"].sudo().search([("email_normalized", "in", emails), of_company], limit=20)
        with_access = partners_sudo.filtered(
            lambda partner: any(user.share and user.active and company in user.company_ids for user in partner.user_ids)
        )
        if with_access:
            return with_access[:1]
        of_client = ("commercial_partner_id", "in", partners_sudo.commercial_partner_id.ids)
        cases_sudo = self.sudo().search([("is_case", "=", True), of_client, of_company], limit=1)
        return partners_sudo.filtered(lambda partner: partner.commercial_partner_id == cases_sudo.commercial_partner_id)[:1]

    # === WHERE ANSWERS GO === #

    def _notify_get_reply_to_batch(self, defaults=None, author_ids=None):
        """Give e-mails made of templates the address of the team, as messages have: Odoo's composer asks here, OCA does not
        answer here."""
        addresses = super()._notify_get_reply_to_batch(defaults=defaults, author_ids=author_ids)
        of_teams = self.filtered("team_id").grouped(
            lambda ticket: ((defaults or {}).get(ticket.id, False), (author_ids or {}).get(ticket.id, False))
        )
        for (default, author_id), tickets in of_teams.items():
            addresses.update(tickets._notify_get_reply_to(default=default, author_id=author_id))
        return addresses

    # === WHAT E-MAILS SAY === #

    def get_expected_text(self):
        """Return by when the client can expect an answer, as e-mails say it; an empty string when nothing is promised."""
        self.ensure_one()
        if not self.expected_on:
            return ""
        return (self.company_id or self.env.company)._format_crm_firm_moment(self.expected_on)
