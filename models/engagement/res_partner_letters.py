from odoo import api, fields, models


class ResPartnerLetters(models.AbstractModel):
    """The contract documents of a client, in one place."""

    _name = "res.partner.letters"
    _description = "Contact: engagement letters"

    letter_count = fields.Integer("Engagement Letters", compute="_compute_letter_count", groups="sales_team.group_sale_salesman")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_letter_count(self):
        """Count the letters of each contact and of those below it, as far as the user may see them."""
        self._set_counts("letter_count", "firm.engagement.letter", [("partner_id", "child_of", self.ids)])

    def action_view_letters(self):
        """Open the letters of the contact and of those below it."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_engagement_letter_action")
        return action | {"domain": [("partner_id", "child_of", self.ids)], "context": {}}
