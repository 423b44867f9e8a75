from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ...tools import rpc_input
from ...tools.answer_text import as_html

DECLINED = "declined"


class CrmLeadDiscard(models.AbstractModel):
    """Leads that come to nothing: discarded for a reason, and back in the queue when that was wrong."""

    _name = "crm.lead.discard"
    _description = "Discard of a Lead"

    def discard(self, reason, note=None, decline=False):
        """Discard leads: lost for a reason, out of the queue, nothing planned any more.

        :param reason: `crm.lost.reason` record or id
        :param str note: kept on the lead: plain text, or `Markup` that is safe already
        :param bool decline: tell the person by e-mail that the firm does not take the request on. It leaves when the time to
            undo is over; who has no address, or wants no e-mail, gets none
        :return: True
        :raise UserError: no reason, or one that does not exist
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        reason = rpc_input.get_record(self.env, "crm.lost.reason", reason)
        note = rpc_input.get_text(self.env, note, self.env._("The note"))
        if not reason:
            raise UserError(self.env._("Choose a reason for discarding the lead."))
        leads = self.filtered(lambda lead: lead.won_status != "lost")
        if note and not is_html_empty(note):
            # A message of its own: Odoo would add the words to its note of what changed, and write none for a lead
            # that was made in the same transaction.
            body = Markup("<div><b>%s</b><br/>%s</div>") % (self.env._("Why it was discarded"), as_html(note))
            leads._message_log_batch(bodies=dict.fromkeys(leads.ids, body))
        leads.action_set_lost(lost_reason_id=reason.id)
        leads._write_protected({"next_contact_on": False})
        leads._cancel_activities()
        if decline:
            leads._send_decline()
        return True

    def restore_discarded(self):
        """Bring discarded leads back to where they stood, with a call for their owner on the next working day.

        :return: True
        :raise UserError: a lead is not discarded
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        if self.filtered(lambda lead: lead.won_status != "lost"):
            raise UserError(self.env._("Only discarded leads can be restored."))
        self.action_restore()
        self.flush_recordset(["contact_status"])
        for lead in self.filtered(lambda lead: lead.contact_status == "ready"):
            lead._schedule_proposal()
        to_call = self.filtered(lambda lead: lead.contact_status in ("to_contact", "second_contact"))
        to_call -= to_call._request_missing_phones()
        for company, leads in to_call.grouped(lambda lead: lead._get_firm_company()).items():
            company_sudo = company.sudo()  # calendar of the company, whoever restores
            now = fields.Datetime.now()
            deadline, day = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now]
            first = leads.filtered(lambda lead: lead.contact_status == "to_contact")
            first._write_protected({"first_contact_deadline": deadline, "call_planned_from": now})
            (leads - first)._write_protected({"next_contact_on": deadline, "call_planned_from": now})
            for owner, owned in leads.filtered("user_id").grouped(lambda lead: lead._get_task_owner()).items():
                owned._schedule_call(owner, day)
        return True

    def _send_decline(self):
        template = self.env.ref("crm_firm.mail_template_decline", raise_if_not_found=False)
        to_tell = self - self.browse([lead.id for lead in self._get_email_obstacles()])
        if not template or not to_tell:
            return
        job_sudo = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()  # every sender may wake the queue
        for company, leads in to_tell.grouped(lambda lead: lead._get_firm_company()).items():
            # Settings, whoever discards.
            leaves_on = fields.Datetime.now() + timedelta(seconds=company.sudo().crm_firm_undo_email_seconds)
            template.sudo()._crm_firm_queue(leads, cause=DECLINED, scheduled_date=leaves_on)
            job_sudo._trigger(leaves_on)

    def _withdraw_decline(self):
        """Take back the e-mails that have not left yet."""
        Outgoing_sudo = self.env["firm.outgoing.mail"].sudo()  # its rows have no door but methods
        causes = [Outgoing_sudo._get_cause(DECLINED, lead) for lead in self]
        waiting_sudo = Outgoing_sudo.search([("cause", "in", causes), ("mail_mail_id.state", "=", "outgoing")])
        waiting_sudo.mail_mail_id.unlink()
        waiting_sudo.unlink()

    def _cancel_activities(self):
        # Nobody is to be called about a discarded lead, whoever's task it was.
        self.env["mail.activity"].sudo().search([("res_model", "=", "crm.lead"), ("res_id", "in", self.ids)]).unlink()

    # === WHAT THE CONTACT KEEPS OF IT === #

    def _keep_discard_on_contact(self):
        """Write on the contact when and why its request was discarded."""
        discarded = self.filtered(lambda lead: lead.type == "lead" and lead.won_status == "lost" and lead.lost_reason_id)
        for lead, partner_sudo in discarded._get_contacts_by_key().items():
            partner_sudo.write(
                {"crm_firm_discard_reason_id": lead.lost_reason_id.id, "crm_firm_discarded_on": fields.Datetime.now()}
            )

    def _forget_discard_on_contact(self):
        for partner_sudo in self._get_contacts_by_key().values():
            partner_sudo.write({"crm_firm_discard_reason_id": False, "crm_firm_discarded_on": False})
