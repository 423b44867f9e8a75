from odoo import fields, models


class ResCompanyFollowUp(models.AbstractModel):
    """Settings of the follow-up."""

    _name = "res.company.follow.up"
    _description = "Company: follow-up"

    crm_firm_undo_email_seconds = fields.Integer(
        "E-mail of a Call Leaves After",
        default=60,
        help="Seconds during which an unanswered call can be undone without any e-mail having left. 0: it leaves at once.",
    )

    _crm_firm_undo_email_seconds_range = models.Constraint(
        "CHECK(crm_firm_undo_email_seconds BETWEEN 0 AND 1800)",
        "The e-mail of a call can wait up to 1,800 seconds (half an hour).",
    )
