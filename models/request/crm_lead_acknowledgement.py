from datetime import timedelta

from babel.dates import format_date

from odoo import api, fields, models
from odoo.tools import babel_locale_parse, formataddr

# RFC 3834 wants one automatic answer to an address, not one for each request; who asks anew gets one the next day.
ACKNOWLEDGE_PAUSE = timedelta(days=1)


class CrmLeadAcknowledgement(models.AbstractModel):
    """That the request is here, and by when we answer: the e-mail, the same for every channel, and the days it names."""

    _name = "crm.lead.acknowledgement"
    _description = "Acknowledgement of a Lead"

    acknowledged_on = fields.Datetime(copy=False, readonly=True, help="When receipt was confirmed to the sender.")

    def _acknowledge_request(self, mail=None):
        """Queue the e-mail that says the request is here: to a person, at most one in `ACKNOWLEDGE_PAUSE` to an address.

        It says nothing that the sender typed but the phone number and a name that looks like one: with a stranger's
        address in the form it must not carry anybody's message to that stranger.

        :param mail: `IncomingMail` that made the request; robots, and mails that want no answer, get none
        """
        self.ensure_one()
        if mail and (mail.is_quiet or mail.is_unattended or mail.forwarded):  # a colleague has the person's mail, and answers
            return
        company_sudo = self._get_firm_company().sudo()  # a setting
        template = self.env.ref("crm_firm.mail_template_acknowledge_request", raise_if_not_found=False)
        if not (self.active and self.email_normalized and template and company_sudo.crm_firm_acknowledge_request):
            return
        now = fields.Datetime.now()
        told = self.with_context(active_test=False).search_count(
            [("email_normalized", "=", self.email_normalized), ("acknowledged_on", ">", now - ACKNOWLEDGE_PAUSE)], limit=1
        )
        if told:
            return
        Gate = self.env["firm.mail.gate"].sudo()  # its count is nobody's to read
        if not Gate._may_send_to_stranger(self.email_normalized, company_sudo):
            return
        if template._crm_firm_queue(self, cause="acknowledge", headers=repr(Gate._get_headers())):
            self.acknowledged_on = now

    @api.model
    def _format_web_day(self, day):
        """Return a date as the environment's language speaks of it: “Monday, March 2, 2026”, «lunes, 2 de marzo de 2026»."""
        return format_date(day, "full", locale=babel_locale_parse(self.env.lang))

    @api.model
    def _get_web_contact_day(self, company):
        """Return, as text, the day on which a request that arrives now is answered."""
        company_sudo = company.sudo()  # settings of the company
        now = fields.Datetime.now()
        ends = company_sudo._get_crm_firm_calendar()._get_working_day_ends(
            company_sudo, [now], company_sudo.crm_firm_first_contact_days
        )
        return self._format_web_day(ends[now][1])

    @api.private
    def get_first_contact_day(self):
        """Return the day of the deadline, as text in the language of the environment (for the acknowledgement)."""
        self.ensure_one()
        company = self._get_firm_company()
        if not self.first_contact_deadline:
            # A lead of before the addon, which Odoo renders to check the template: as if it came now
            return self._get_web_contact_day(company)
        return self._format_web_day(company._get_crm_firm_due_day(self.first_contact_deadline))

    def get_next_contact_day(self):
        """Return the day of the next try, as text in the language of the environment; an empty string when none is planned."""
        self.ensure_one()
        if not self.next_contact_on:
            return ""
        return self._format_web_day(self._get_firm_company()._get_crm_firm_due_day(self.next_contact_on))

    def _message_get_default_recipients(self, with_cc=False, all_tos=False):
        """Write to the person's one address, with a name beside it only when it looks like one."""
        recipients = super()._message_get_default_recipients(with_cc=with_cc, all_tos=all_tos)
        for lead in self:
            found = recipients[lead.id]
            if found["email_to"] and lead.email_normalized:
                found["email_to"] = formataddr((lead.get_greeting_name(), lead.email_normalized))
        return recipients
