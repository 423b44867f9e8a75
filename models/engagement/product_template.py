from odoo import fields, models

FEE_KINDS = [
    ("fixed", "Fixed fee"),
    ("monthly", "Monthly fee"),
    ("hourly", "By the hour"),
    ("percentage", "Percentage"),
]
CLIENT_KINDS = [("company", "Companies and professionals"), ("consumer", "Private persons")]


class ProductTemplate(models.Model):
    """The catalogue of services: what a letter says about each."""

    _inherit = "product.template"

    practice_area_id = fields.Many2one(
        "firm.practice.area",
        index="btree_not_null",
        ondelete="restrict",
        help="Letters of this area start with this service, unless the area has a package.",
    )
    fee_kind = fields.Selection(FEE_KINDS, default="fixed", help="How the fee is counted: the letter says so beside the amount.")
    fee_basis = fields.Char(
        translate=True,
        help="What the fee depends on, as the client reads it. Required when the price is zero, as with a percentage.",
    )
    client_kind = fields.Selection(
        CLIENT_KINDS, string="For", help="Letters of other clients do not start with this service. Empty: for everybody."
    )
    fee_per_employee = fields.Boolean(help="Letters start with the number of employees of the opportunity as quantity.")
    scope_ids = fields.One2many("firm.service.scope", "product_tmpl_id", copy=True)
    included_ids = fields.One2many("firm.service.scope", "product_tmpl_id", domain=[("kind", "=", "included")])
    excluded_ids = fields.One2many("firm.service.scope", "product_tmpl_id", domain=[("kind", "=", "excluded")])
