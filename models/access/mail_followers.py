from odoo import models


class MailFollowers(models.Model):
    """Odoo lets every employee read who follows what; who follows a lead or a case is its business."""

    _name = "mail.followers"
    _inherit = ["firm.guarded.reference", "mail.followers"]
