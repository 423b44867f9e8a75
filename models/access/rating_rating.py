from odoo import models


class RatingRating(models.Model):
    """Odoo lets every employee read what clients said of what; of a case it is for whoever sees the case."""

    _name = "rating.rating"
    _inherit = ["firm.guarded.reference", "rating.rating"]
