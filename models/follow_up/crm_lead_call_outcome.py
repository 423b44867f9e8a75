from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...tools import rpc_input
from ...tools.answer_text import as_html
from .firm_contact_attempt import MEDIA, OUTCOMES

FARTHEST_CALL = timedelta(days=2 * 365)


class CrmLeadCallOutcome(models.AbstractModel):
    """What a try to reach the person changes: the status, the next try, the e-mail of an unanswered call."""

    _name = "crm.lead.call.outcome"
    _description = "Outcome of a Call"

    def log_contact_attempt(self, outcome, medium="call", note=None, next_contact_on=None):
        """Log one try to reach the person and move the follow-up one step.

        :param str outcome: `reached`, `no_answer`, `wrong_number` or `call_back`
        :param str medium: `call`, `visit` or `email`
        :param str note: plain text, kept with the attempt and shown on the lead
        :param next_contact_on: when to try again: naive UTC datetime (or its string); needed for `call_back`;
            default for the others: what the follow-up plan says, on working time
        :return: the new `firm.contact.attempt`
        :raise UserError: unknown outcome or medium, no or past time to call back, lead discarded
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open_for_contact()
        if not rpc_input.is_choice(outcome, dict(OUTCOMES)):
            raise UserError(
                self.env._(
                    "Unknown call outcome “%(outcome)s”. Choose one of: %(known)s.",
                    outcome=outcome,
                    known=", ".join(dict(OUTCOMES)),
                )
            )
        if not rpc_input.is_choice(medium, dict(MEDIA)):
            raise UserError(
                self.env._(
                    "Unknown contact medium “%(medium)s”. Choose one of: %(known)s.", medium=medium, known=", ".join(dict(MEDIA))
                )
            )
        note = rpc_input.get_text(self.env, note, self.env._("The note"))
        now = fields.Datetime.now()
        chosen = self._get_next_contact_on(outcome, next_contact_on, now)
        move = self._get_next_move(outcome, chosen, now)
        values = {
            "next_contact_on": move.next_contact_on,
            "call_planned_from": now if move.next_contact_on and not chosen else False,
        }
        if not self.first_contact_on:
            values |= {"first_contact_on": now, "first_contact_hours": self._get_working_hours(self.received_on, now)}
        self._set_contact_status(move.status, **values)
        body = self._prepare_attempt_body(outcome, medium, note, move.next_contact_on)
        activity = self._close_call_activities(body)
        if not activity:
            self._message_log(body=body)
        attempt_sudo = self.env["firm.contact.attempt"]._log(
            self,
            date=now,
            medium=medium,
            outcome=outcome,
            phone=self.phone if medium == "call" else False,
            note=note or False,
            next_contact_on=move.next_contact_on,
            activity_id=activity.id,
        )
        self._follow_move(outcome, move, attempt_sudo)
        return attempt_sudo.sudo(self.env.su)

    def _check_open_for_contact(self):
        if self.won_status == "lost":
            raise UserError(self.env._("“%s” is discarded. Restore it first, then log the contact.", self.display_name))

    def _get_next_contact_on(self, outcome, next_contact_on, now):
        if outcome == "reached":
            return False
        next_contact_on = rpc_input.get_moment(self.env, next_contact_on)
        if next_contact_on:
            if next_contact_on <= now:
                raise UserError(self.env._("The next attempt is in the past: choose a later time."))
            if next_contact_on > now + FARTHEST_CALL:
                raise UserError(self.env._("The next attempt is years away: check the date."))
            return next_contact_on
        if outcome == "call_back":
            raise UserError(self.env._("Enter when to call back."))
        return False

    def _close_call_activities(self, feedback):
        """Mark the open calls done. Return the one that was due first: it carries the feedback to the lead's record."""
        types = self._get_contact_activity_types()
        # Calls of the lead, also those of an owner before: whoever may log the attempt may close them.
        activities_sudo = self.activity_ids.sudo().filtered(lambda a: a.activity_type_id in types).sorted("date_deadline")
        first_sudo = activities_sudo[:1]
        if first_sudo:
            first_sudo._action_done(feedback=feedback)
            (activities_sudo - first_sudo).unlink()
        return first_sudo.sudo(self.env.su)

    def _prepare_attempt_body(self, outcome, medium, note, next_contact_on):
        Attempt = self.env["firm.contact.attempt"]
        labels = {fname: dict(Attempt._fields[fname]._description_selection(self.env)) for fname in ("medium", "outcome")}
        body = Markup("<b>%s: %s</b>") % (labels["medium"][medium], labels["outcome"][outcome])
        if next_contact_on:
            moment = format_datetime(self.env, next_contact_on, tz=self._get_zone_name(), dt_format="short")
            body += Markup("<br/>") + self.env._("Next try: %s", moment)
        if note:
            body += Markup("<br/>") + as_html(note)
        return body
