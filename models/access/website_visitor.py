from odoo import api, models


class WebsiteVisitor(models.Model):
    _inherit = "website.visitor"

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_email_phone(self):
        """Show of a visitor's leads the address and number of those the user may read."""
        super()._compute_email_phone()
        for visitor in self:
            leads = visitor.lead_ids.sudo(False)
            closed = leads - leads._filtered_access("read")
            if not closed:
                continue
            closed_sudo = closed.sudo()  # compared with, not shown
            open_leads = leads - closed
            if visitor.email in closed_sudo.mapped("email_normalized") and not visitor.partner_id.email:
                visitor.email = next(filter(None, open_leads.mapped("email_normalized")), False)
            if visitor.mobile in closed_sudo.mapped("phone") and not visitor.partner_id.phone:
                visitor.mobile = next(filter(None, open_leads.mapped("phone")), False)
