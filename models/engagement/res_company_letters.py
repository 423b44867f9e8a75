from odoo import fields, models


class ResCompanyLetters(models.AbstractModel):
    """Settings of engagement letters."""

    _name = "res.company.letters"
    _description = "Company: engagement letters"

    crm_firm_letter_days = fields.Integer(
        "Letters Valid For",
        default=15,
        help="Days from sending during which the client can sign, unless the letter says another.",
    )

    _crm_firm_letter_days_positive = models.Constraint(
        "CHECK(crm_firm_letter_days > 0)", "An engagement letter must be valid for at least one day."
    )
