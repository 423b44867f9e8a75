from datetime import timedelta

from odoo import fields, models

# RFC 3834 wants one automatic answer to an address, not one for each request; who asks anew gets one the next day.
ACKNOWLEDGE_PAUSE = timedelta(days=1)


class CrmLeadAcknowledgement(models.AbstractModel):
    """The e-mail that says the request is here, the same for every channel by which somebody writes to the firm."""

    _name = "crm.lead.acknowledgement"
    _description = "Acknowledgement of a Lead"

    acknowledged_on = fields.Datetime(copy=False, readonly=True, help="When receipt was confirmed to the sender.")

    def _acknowledge_request(self, mail=None):
        """Queue the e-mail that says the request is here: to a person, at most one in `ACKNOWLEDGE_PAUSE` to an address.

        It says nothing that the sender typed but the phone number: with a stranger's address in the form it must not
        carry anybody's message to that stranger.

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
