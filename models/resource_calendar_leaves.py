from odoo import models


class ResourceCalendarLeaves(models.Model):
    """A holiday moves what was planned. Leaves of one person do not."""

    _name = "resource.calendar.leaves"
    _inherit = ["firm.replanning", "resource.calendar.leaves"]

    _replan_fields = frozenset({"date_from", "date_to", "calendar_id", "resource_id", "company_id", "time_type"})

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
