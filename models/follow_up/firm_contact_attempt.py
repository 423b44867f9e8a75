from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

OUTCOMES = [
    ("reached", "Reached"),
    ("no_answer", "No answer"),
    ("wrong_number", "Wrong number"),
    ("call_back", "Call back later"),
]
MEDIA = [
    ("call", "Call"),
    ("visit", "Visit"),
    ("email", "E-mail"),
]

# As long as somebody notices that a button was hit by mistake.
UNDO_MINUTES = 30


class FirmContactAttempt(models.Model):
    """One try to reach the person. People have the methods of leads (`log_contact_attempt`, `undo_contact_attempt`); attempts
    are made, changed and removed by the methods below alone.
    """

    _name = "firm.contact.attempt"
    _description = "Contact Attempt"
    _order = "date desc, id desc"
    _rec_name = "outcome"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade", readonly=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now, index=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="By", required=True, default=lambda self: self.env.user, index=True, readonly=True
    )
    medium = fields.Selection(MEDIA, required=True, default="call", readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    phone = fields.Char(readonly=True, help="The number that was called.")
    note = fields.Text(readonly=True)
    next_contact_on = fields.Datetime("Next Try", readonly=True)
    activity_id = fields.Many2one(
        "mail.activity", string="Completed Activity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    mail_message_id = fields.Many2one(
        "mail.message", string="E-mail Sent", readonly=True, ondelete="set null", index="btree_not_null"
    )
    follow_up_step_ids = fields.One2many("firm.follow.up.step", "attempt_id", string="Steps of the Follow-up")
    company_id = fields.Many2one(related="lead_id.company_id", store=True)

    @api.model
    def _log(self, lead, **values):
        """Put a try of the user on record.

        :param lead: `crm.lead` that the user may write on
        :return: the new attempt, elevated
        """
        return self.sudo().create(values | {"lead_id": lead.id, "user_id": self.env.uid})  # checked by the caller

    def _move(self, lead):
        """Take attempts along to the lead that theirs is merged into: they belong to the person."""
        self.sudo().write({"lead_id": lead.id})  # Odoo has checked the right to merge

    def _note_email(self, message):
        """Keep which e-mail the attempt has sent: from now on it cannot be taken back."""
        self.mail_message_id = message

    def _take_back(self):
        """Remove an attempt that was logged by mistake, and what it has planned; what it closed opens again.

        :raise UserError: it is somebody else's, too old, or its e-mail has gone out
        """
        self.ensure_one()
        if self.user_id != self.env.user:
            raise UserError(self.env._("%s logged the last attempt and is the only one who can undo it.", self.user_id.name))
        if self.date < fields.Datetime.now() - timedelta(minutes=UNDO_MINUTES):
            raise UserError(
                self.env._("An attempt can be undone for %s minutes. Log a new one with the correct outcome.", UNDO_MINUTES)
            )
        if self.mail_message_id:
            raise UserError(self.env._("The e-mail of this attempt has left, so the attempt stays on record."))
        attempt_sudo = self.sudo()  # attempts have no other door; the checks are above
        steps_sudo = attempt_sudo.follow_up_step_ids
        if steps_sudo.try_lock_for_update() != steps_sudo:
            raise UserError(self.env._("The e-mail of this attempt is being sent, so the attempt stays on record."))
        steps_sudo.unlink()
        self.lead_id._close_contact_tasks()
        attempt_sudo.activity_id.write({"active": True, "feedback": False})  # whoever's task it is
        attempt_sudo.unlink()

    def _get_outcome_text(self):
        return dict(self._fields["outcome"]._description_selection(self.env)).get(self.outcome, "")

    def _get_seconds_to_email(self):
        """Return the whole seconds until the e-mail of the attempt leaves, 0 when none waits."""
        waiting_sudo = self.sudo().follow_up_step_ids.filtered(lambda step: step.state == "planned")  # of an attempt they have
        left = [(step.next_try_on - fields.Datetime.now()).total_seconds() for step in waiting_sudo]
        return max(0, int(max(left, default=0)))
