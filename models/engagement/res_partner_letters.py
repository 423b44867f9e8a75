from odoo import api, fields, models


class ResPartnerLetters(models.AbstractModel):
    """The contract documents of a client, in one place."""

    _name = "res.partner.letters"
    _description = "Contact: engagement letters"

    letter_count = fields.Integer("Engagement Letters", compute="_compute_letter_count", groups="sales_team.group_sale_salesman")

    letter_state = fields.Char(
        "Last Engagement Letter",
        compute="_compute_letter_state",
        compute_sudo=True,
        groups="crm_firm.crm_firm_group_front_desk",
        help="Its state alone: whoever answers the phone can say whether it is signed.",
    )

    @api.depends_context("allowed_company_ids", "lang")
    def _compute_letter_state(self):
        """Tell the state of the last letter of each contact and of those below it, and nothing else of it."""
        Letter = self.env["firm.engagement.letter"]
        states = dict(Letter._fields["state"]._description_selection(self.env))
        self.letter_state = False
        for letter in Letter.search(
            [("partner_id", "child_of", self.ids), ("company_id", "in", self.env.companies.ids)], order="id"
        ):
            partner = letter.partner_id
            while partner:
                if partner in self:
                    partner.letter_state = states[letter.state]
                partner = partner.parent_id

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_letter_count(self):
        """Count the letters of each contact and of those below it, as far as the user may see them."""
        self._set_counts("letter_count", "firm.engagement.letter", [("partner_id", "child_of", self.ids)])

    def action_view_letters(self):
        """Open the letters of the contact and of those below it."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_engagement_letter_action")
        return action | {"domain": [("partner_id", "child_of", self.ids)], "context": {}}
