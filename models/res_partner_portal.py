from odoo import fields, models


class ResPartnerPortal(models.AbstractModel):
    """What a client's contacts see of the cases of their company."""

    _name = "res.partner.portal"
    _description = "Contact: client area"

    crm_firm_case_delegate = fields.Boolean(
        "Delegate",
        groups="base.group_user",
        help="Sees all cases of the company in the client area, not only the own ones.",
    )
    crm_firm_case_visibility = fields.Selection(
        [("private", "Each contact their own cases"), ("company", "All contacts all cases of the company")],
        string="Client Area",
        default="private",
        groups="base.group_user",
        help="Delegates see all cases in any way.",
    )

    def _sees_cases_of_company(self):
        """Return whether the person sees all cases of the company in the client area. Called by the record rule."""
        partner_sudo = self.sudo()  # about the person who asks
        return partner_sudo.crm_firm_case_delegate or partner_sudo.commercial_partner_id.crm_firm_case_visibility == "company"
