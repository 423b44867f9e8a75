from odoo import api, fields, models


class HelpdeskTicketChannel(models.Model):
    _inherit = "helpdesk.ticket.channel"

    code = fields.Char(copy=False, index="btree_not_null", help="Used to find the channel. Do not change it.")
    kind = fields.Selection(
        [("web", "Web"), ("phone", "Phone"), ("in_person", "In person")],
        help="Web requests are always leads; the front desk registers requests by phone or in person.",
    )

    _code_uniq = models.UniqueIndex("(code) WHERE code IS NOT NULL", "Another channel already has this code.")

    @api.model
    def _get_by_code(self, code):
        """Return the shipped channel with that code (an empty recordset when it was deleted)."""
        # Visitors of the web form have no access to channels; the code comes from our own code, not from them.
        return self.sudo().search([("code", "=", code)], limit=1).sudo(self.env.su)
