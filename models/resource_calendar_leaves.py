from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """A holiday that is added, moved or taken away moves what was planned. Leaves of one person do not."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._replan()
        return leaves

    def write(self, vals):
        if not vals.keys() & {"date_from", "date_to", "calendar_id", "resource_id", "company_id", "time_type"}:
            return super().write(vals)
        self._replan()  # where it was
        result = super().write(vals)
        self._replan()
        return result

    def unlink(self):
        self._replan()
        return super().unlink()

    def _replan(self):
        holidays = self.filtered(lambda leave: not leave.resource_id)
        if not holidays:
            return
        # A holiday without calendar is one of every calendar of its company, without company of every company.
        everywhere = holidays.filtered(lambda leave: not leave.calendar_id)
        companies = everywhere.company_id
        if everywhere.filtered(lambda leave: not leave.company_id):
            companies = self.env["res.company"].sudo().search([])  # pylint: disable=no-search-all
        holidays.calendar_id._replan()
        self.env["firm.case.deadline"]._mark_to_replan([("company_id", "in", companies.ids)])
        self.env["crm.lead"]._mark_calls_to_replan(companies)
