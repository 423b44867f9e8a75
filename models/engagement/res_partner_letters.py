from odoo import api, fields, models


class ResPartnerLetters(models.AbstractModel):
    """The contract documents of a client, in one place."""

    _name = "res.partner.letters"
    _description = "Contact: engagement letters"

    letter_count = fields.Integer("Engagement Letters", compute="_compute_letter_count", groups="sales_team.group_sale_salesman")

    letter_state = fields.Char(
        "Last Engagement Letter",
        compute="_compute_letter_state",
        groups="crm_firm.crm_firm_group_front_desk",
        help="Its state alone: whoever answers the phone can say whether it is signed.",
    )

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_letter_state(self):
        """Tell the state of the last letter of each contact and of those below it, and nothing else of it."""
        # Asked as the user: as superuser Odoo takes any company of the context for one to be at work in.
        domain = [("partner_id", "child_of", self.ids), ("company_id", "in", self.env.companies.ids)]
        Letter_sudo = self.env["firm.engagement.letter"].sudo()  # nothing but the state is told, to whoever reads the contact
        states = dict(Letter_sudo._fields["state"]._description_selection(self.env))
        last = {}
        for letter_sudo in Letter_sudo.search(domain, order="id"):
            if letter_sudo.replaces_id.state == "signed":
                continue  # the one it is to replace is in force
            partner_sudo = letter_sudo.partner_id
            while partner_sudo:
                last[partner_sudo.id] = states[letter_sudo.state]
                partner_sudo = partner_sudo.parent_id
        for partner in self:
            partner.letter_state = last.get(partner._origin.id, False)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_letter_count(self):
        """Count the letters of each contact and of those below it, as far as the user may see them."""
        self._set_counts("letter_count", "firm.engagement.letter", [("partner_id", "child_of", self.ids)])

    def action_view_letters(self):
        """Open the letters of the contact and of those below it."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_engagement_letter_action")
        return action | {"domain": [("partner_id", "child_of", self.ids)], "context": {}}
