from odoo import fields, models

CAUSES = [
    ("category", "Another category"),
    ("urgency", "Another urgency"),
    ("team", "Another team"),
    ("calendar", "Another working calendar or holiday"),
    ("received", "Another date of arrival"),
    ("waiting", "Waiting for the client"),
    ("answered", "The client answered"),
    ("reopened", "Reopened"),
    ("setting", "Another setting"),
]


class FirmCaseDeadlineChange(models.Model):
    _name = "firm.case.deadline.change"
    _description = "Change of a Deadline"
    _order = "id desc"

    deadline_id = fields.Many2one("firm.case.deadline", required=True, readonly=True, index=True, ondelete="cascade")
    ticket_id = fields.Many2one(related="deadline_id.ticket_id", store=True, index=True)
    kind = fields.Selection(related="deadline_id.kind")
    cause = fields.Selection(CAUSES, required=True, readonly=True)
    old_due_at = fields.Datetime("From", readonly=True)
    new_due_at = fields.Datetime("To", readonly=True, help="Empty: the clock is paused.")
    user_id = fields.Many2one("res.users", "By", readonly=True, ondelete="set null")
