from markupsafe import Markup

from odoo import api, fields, models

from ...tools.mail_text import html_to_text


class CrmLeadBounce(models.AbstractModel):
    """A mail to the person came back: the address is known not to work, its e-mails stop, the owner gets a task."""

    _name = "crm.lead.bounce"
    _description = "Bounces of a Lead"

    email_is_bouncing = fields.Boolean("Invalid E-mail", copy=False, tracking=True, help="An e-mail to this address bounced.")

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

    def _on_bounce(self, email, message=None):
        """Hook of the mail gateway: a mail to this address came back. E-mails stop, the owner gets a task.

        :param str email: the address that does not work
        :param message: the bounce, if it was kept as a `mail.message`
        """
        for lead in self.sudo():  # called by the gateway
            if lead.email_is_bouncing or not lead.email_normalized:
                continue
            lead = lead._for_colleagues()
            lead.email_is_bouncing = True
            lead.follow_up_step_ids._cancel("bounced")
            if not message:
                lead._message_log(body=lead.env._("E-mail to %s bounced: the address is not valid.", email or lead.email_from))
            if lead.active and lead.won_status == "pending":
                lead._schedule_task(
                    lead.env._("The e-mail address is not valid: find another way to reach the person"),
                    note=email or lead.email_from,
                )
