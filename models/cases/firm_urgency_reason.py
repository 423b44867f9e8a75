from odoo import fields, models


class FirmUrgencyReason(models.Model):
    """What makes a case urgent is defined by the firm; without one of these reasons none is."""

    _name = "firm.urgency.reason"
    _description = "Urgency Reason"
    _inherit = ["firm.guarded.fields"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: the reason applies to all companies.")
    answer_hours = fields.Float("First Answer Within", default=4.0, help="Working hours from the moment the case is urgent.")
    resolution_hours = fields.Float("Resolution Within", default=8.0, help="Working hours from the moment the case is urgent.")

    _hours_positive = models.Constraint(
        "CHECK(answer_hours > 0 AND resolution_hours > 0)", "An urgent case needs a deadline of more than 0 hours."
    )
