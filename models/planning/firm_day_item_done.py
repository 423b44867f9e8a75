from odoo import models
from odoo.exceptions import UserError


class FirmDayItemDone(models.Model):
    """What can be done from the list: each button hands on to the method of the record, which checks who may."""

    _inherit = "firm.day.item"

    def action_reached(self):
        """Log with one click that the person was reached, and offer to take it back.

        :raise UserError: the item is no call of a lead
        """
        lead = self._get_lead_to_call()
        lead.log_contact_attempt("reached")
        return lead.action_tell_attempt()

    def action_no_answer(self):
        """Log with one click that nobody answered: the follow-up plan says when the next try is."""
        return self._get_lead_to_call().action_log_no_answer()

    def action_ready(self):
        """Open the dialog that makes the lead ready for a proposal."""
        lead = self._get_lead_to_decide()
        return self._open_lead_dialog("crm_firm.crm_lead_ready_action", default_lead_id=lead.id)

    def action_discard(self):
        """Open the dialog that discards the lead and asks why."""
        lead = self._get_lead_to_decide()
        return self._open_lead_dialog("crm_firm.crm_lead_discard_action", default_lead_ids=lead.ids)

    def action_letter(self):
        """Open the engagement letter of the opportunity that a proposal is to be sent for."""
        self.ensure_one()
        return self.activity_id.action_open_letter()

    def action_validate(self):
        """Accept the document that was received."""
        self.ensure_one()
        self._check_kind("document")
        name = self.document_id.name
        self.document_id.action_validate()
        return self._tell(self.env._("Validated: %s.", name))

    def action_log_answer(self):
        """Open the dialog that records how a case was answered."""
        self.ensure_one()
        self._check_kind("case")
        return self.ticket_id.action_log_answer()

    def action_done(self):
        """Mark a task as done.

        :raise UserError: the item is no task
        """
        self.ensure_one()
        if not self.activity_id:
            raise UserError(self.env._("Only a task can be marked as done here."))
        subject = self.subject
        self.activity_id.action_done()
        return self._tell(self.env._("Done: %s.", subject))

    def _get_lead_to_call(self):
        self.ensure_one()
        self._check_kind("call")
        if not self.asks_outcome:
            raise UserError(self.env._("Open it: this call is not one of a request."))
        return self.lead_id

    def _get_lead_to_decide(self):
        self.ensure_one()
        self._check_kind("call", "decision")
        return self._get_lead_to_call() if self.kind == "call" else self.lead_id

    def _check_kind(self, *kinds):
        self.check_access("read")
        if self.kind not in kinds:
            raise UserError(self.env._("This is not possible here any more. Reload the list."))

    def _open_lead_dialog(self, xmlid, **defaults):
        action = self.env["ir.actions.actions"]._for_xml_id(xmlid)
        return action | {"context": {**defaults, "dialog_size": "medium"}}

    def _tell(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "crm_firm.notify",
            "params": {"message": message, "undo": None, "ids": [], "seconds": 0},
        }
