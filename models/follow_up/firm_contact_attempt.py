from odoo import fields, models

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


class FirmContactAttempt(models.Model):
    """One try to reach the person. Written by `crm.lead.log_contact_attempt` alone."""

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

    def _get_seconds_to_email(self):
        """Return the whole seconds until the e-mail of the attempt leaves, 0 when none waits."""
        waiting_sudo = self.sudo().follow_up_step_ids.filtered(lambda step: step.state == "planned")  # of an attempt they have
        left = [(step.next_try_on - fields.Datetime.now()).total_seconds() for step in waiting_sudo]
        return max(0, int(max(left, default=0)))
