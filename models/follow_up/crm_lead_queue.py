import textwrap

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import html_to_inner_content

from ...tools import rpc_input

# Remarks of 20,000 characters stay where they are; the queue shows how they begin.
EXCERPT_LENGTH = 160


class CrmLeadQueue(models.AbstractModel):
    """What people do from the queue besides the three outcomes: take, hand over, note, take back."""

    _name = "crm.lead.queue"
    _description = "Queue of Leads"

    remarks_excerpt = fields.Char("Remarks", compute="_compute_remarks_excerpt", help="Beginning of the remarks.")

    @api.depends("description")
    def _compute_remarks_excerpt(self):
        for lead in self:
            # Marks up to ten times what they enclose; the rest is not worth parsing for every row.
            beginning = (lead.description or "")[: 10 * EXCERPT_LENGTH]
            lead.remarks_excerpt = textwrap.shorten(html_to_inner_content(beginning), EXCERPT_LENGTH, placeholder="…")

    @api.model
    def default_get(self, fields):
        """Propose the phone as channel of a lead made by hand: what comes by web makes its lead itself."""
        defaults = super().default_get(fields)
        by_hand = self.env.context.get("default_type") == "lead" and not self.env.context.get("import_file")
        if by_hand and "channel_id" in fields and not defaults.get("channel_id"):
            defaults["channel_id"] = self.env["helpdesk.ticket.channel"]._get_by_code("phone").id
        return defaults

    # === BUSINESS METHODS === #

    def take(self):
        """Take leads of the unassigned pool: the user becomes their owner.

        :return: True
        :raise UserError: somebody else was faster
        """
        if not self.has_access("write"):
            raise UserError(self.env._("Someone else took it a moment ago. Reload the list."))
        owned = self.filtered("user_id")
        if owned:
            raise UserError(
                self.env._("“%(lead)s” already belongs to %(owner)s.", lead=owned[0].display_name, owner=owned[0].user_id.name)
            )
        self.write({"user_id": self.env.uid})
        return True

    def assign_owner(self, user=None):
        """Give leads an owner.

        :param user: `res.users` record or id; None: the owners of the practice area take turns
        :return: True
        :raise UserError: the user is no salesperson, or nobody is there to take turns
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        if user is None:
            left = self._assign_next_owners()
            if left:
                areas = ", ".join(sorted(set(left.mapped("practice_area_id.name")))) or self.env._("no practice area")
                raise UserError(self.env._("No owners are assigned to: %s. Choose an owner.", areas))
            return True
        user = rpc_input.get_record(self.env, "res.users", user)
        if not user:
            raise UserError(self.env._("This user does not exist: choose an owner."))
        for company in self.company_id or self.env.company:
            user._check_can_take("crm.lead", company)
        self.write({"user_id": user.id})
        return True

    def add_note(self, note):
        """Add an internal note to the record of each lead.

        :param str note: plain text
        :return: True
        :raise UserError: nothing is written in it
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        note = rpc_input.get_text(self.env, note, self.env._("The note"))
        if not note:
            raise UserError(self.env._("Enter the note first."))
        for lead in self:
            lead.message_post(body=note, subtype_xmlid="mail.mt_note")
        return True

    def undo_contact_attempt(self):
        """Take back the last attempt, logged by mistake: the lead stands where it stood, its call is open again.

        :return: True
        :raise UserError: there is none, it is somebody else's, too old, its e-mail has gone out, or the lead is discarded
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open_for_contact()
        attempt = self._get_last_contact_attempt()
        if not attempt:
            raise UserError(self.env._("No contact attempt is on record for “%s”.", self.display_name))
        outcome, label = attempt.outcome, attempt._get_outcome_text()
        attempt._take_back()
        before = self._get_last_contact_attempt()
        values = {
            "next_contact_on": before.next_contact_on,
            "call_planned_from": self._get_call_planned_by(before),
            "follow_up_stopped_by": False,
        }
        if outcome == "wrong_number":
            values["phone_is_wrong"] = False
        if not before:
            values |= {"first_contact_on": False, "first_contact_hours": 0}
        self._set_contact_status(self._get_contact_status_by_facts(), **values)
        self._message_log(body=self.env._("Undone: %s", label))
        return True

    # === ACTIONS === #

    def action_log_no_answer(self):
        """Log with one click that nobody answered, say when the next try is, and offer to take it back."""
        return self.action_log_outcome("no_answer")

    def action_log_reached(self):
        """Log with one click that the person was spoken with, say so, and offer to take it back."""
        return self.action_log_outcome("reached")

    def action_log_outcome(self, outcome, note=None, next_contact_on=None):
        """Log how a call went, say what follows, and offer to take it back.

        :param str outcome: see `log_contact_attempt`
        :param str note: plain text
        :param next_contact_on: when to try again, naive UTC datetime or its string
        :return: the client action that says so
        :raise UserError: as `log_contact_attempt`
        :raise AccessError: the user may not write on one of the leads
        """
        for lead in self:
            lead.log_contact_attempt(outcome, note=note, next_contact_on=next_contact_on)
        return self.action_tell_attempt()

    def action_tell_attempt(self):
        """Say what the last attempt of the lead was, when the next try is and when its e-mail leaves; offer to take it back.

        Of several leads the last one is named, and nothing is offered.
        """
        lead = self[-1:]
        attempt = lead._get_last_contact_attempt()
        name = lead.contact_name or lead.partner_name or lead.display_name
        if attempt.outcome == "no_answer" and not attempt.next_contact_on:
            message = self.env._("No answer from %s. That was the last call of the plan: unreachable.", name)
        else:
            message = (
                self.env._("No answer from %s.", name)
                if attempt.outcome == "no_answer"
                else self.env._("Logged for %(name)s: %(outcome)s.", name=name, outcome=attempt._get_outcome_text())
            )
            if attempt.next_contact_on:
                moment = lead._get_firm_company()._describe_deadline(attempt.next_contact_on)
                message += " " + self.env._("Next try: %s.", moment)
        if len(self) > 1:
            return self._get_notification(message)
        return self._get_notification(message, undo="undo_contact_attempt", seconds=attempt._get_seconds_to_email())

    def action_take(self):
        """Button of the pool."""
        self.take()
        return self._get_notification(
            self.env._("Now assigned to you: %s.", ", ".join(lead.contact_name or lead.display_name for lead in self))
        )

    def action_restore_discarded(self):
        """Button of *Discarded*."""
        self.restore_discarded()
        return self._get_notification(
            self.env._("Back in the queue: %s.", len(self)) if len(self) > 1 else self.env._("The lead is back in the queue.")
        )

    def action_view_contact_attempts(self):
        """Open the attempts of the lead."""
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_contact_attempt_action")
        return action | {"domain": [("lead_id", "in", self.ids)]}

    def _get_notification(self, message, undo=None, seconds=0):
        """Return the client action that shows a message and, with `undo` (a public method of leads), a way back.

        :param int seconds: until an e-mail leaves that `undo` keeps from leaving; counted down
        """
        return {
            "type": "ir.actions.client",
            "tag": "crm_firm.notify",
            "params": {"message": message, "undo": undo, "ids": self.ids, "seconds": seconds},
        }
