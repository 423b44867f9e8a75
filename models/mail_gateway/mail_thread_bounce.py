from odoo import api, models
from odoo.tools import email_normalize

from ...tools.mail_content import MailRefused
from ...tools.mail_in_hand import get_mail


class MailThreadBounce(models.AbstractModel):
    """Mails that come back: which of ours it was, and the lead that has to know."""

    _name = "mail.thread.bounce"
    _description = "Bounces of E-mails"

    @api.model
    def _detect_is_bounce(self, message, message_dict):
        mail = get_mail(self.env)
        return mail.kind == "bounce" if mail else super()._detect_is_bounce(message, message_dict)

    @api.model
    def _message_parse_extract_bounce(self, email_message, message_dict):
        mail = get_mail(self.env)
        if not mail:
            return super()._message_parse_extract_bounce(email_message, message_dict)
        if mail.kind != "bounce":
            return {"is_bounce": False}
        own_domains, own_addresses = self._crm_firm_get_own_addresses()
        known = [email_normalize(address) for address in mail.failed_addresses if email_normalize(address)]
        theirs = [a for a in known if a not in own_addresses and a.rpartition("@")[2] not in own_domains]
        bounced_email = next(iter(theirs or known), False)
        Message = self.env["mail.message"].sudo()  # the mail that came back is somebody's, the gateway has to find it
        bounced_message_sudo = (
            Message.search([("message_id", "in", mail.returned_ids)], order="id desc", limit=1) if mail.returned_ids else Message
        )
        Partner = self.env["res.partner"].sudo()  # as Odoo's own step
        bounced_partner_sudo = Partner.search([("email_normalized", "=", bounced_email)]) if bounced_email else Partner
        if bounced_message_sudo and not bounced_partner_sudo and len(bounced_message_sudo.notification_ids.res_partner_id) == 1:
            bounced_partner_sudo = bounced_message_sudo.notification_ids.res_partner_id
            bounced_email = bounced_email or bounced_partner_sudo.email_normalized
        return {
            "is_bounce": True,
            "bounced_email": bounced_email,
            "bounced_partner": bounced_partner_sudo,
            "bounced_msg_ids": mail.returned_ids,
            "bounced_message": bounced_message_sudo,
        }

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        super()._routing_handle_bounce(email_message, message_dict)
        mail = get_mail(self.env)
        if not mail:
            return
        # The gateway acts for the mail system, no user.
        leads_sudo = (
            self.env["crm.lead"]
            .sudo()
            ._find_bounced(message_dict["bounced_email"], message_dict["bounced_message"], mail.get_own_ids(mail.returned_ids))
        )
        if not leads_sudo and not message_dict["bounced_message"] and not message_dict["bounced_partner"]:
            raise MailRefused("bounce", "A bounce of a mail that is not known here")
        for lead_sudo in leads_sudo:
            lead_sudo._log_bounce(message_dict["bounced_email"], message_dict)
        record = leads_sudo[:1] or message_dict["bounced_message"]
        is_lead = record._name == "crm.lead"
        mail.outcome.append(
            ("bounce", "crm.lead" if is_lead else record.model or False, record.id if is_lead else record.res_id or False)
        )
