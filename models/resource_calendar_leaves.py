from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """A holiday that is added, moved or taken away moves the deadlines of open cases. Leaves of one person do not."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._replan_cases()
        return leaves

    def write(self, vals):
        if not vals.keys() & {"date_from", "date_to", "calendar_id", "resource_id", "company_id", "time_type"}:
            return super().write(vals)
        self._replan_cases()  # where it was
        result = super().write(vals)
        self._replan_cases()
        return result

    def unlink(self):
        self._replan_cases()
        return super().unlink()

    def _replan_cases(self):
        holidays = self.filtered(lambda leave: not leave.resource_id)
        if not holidays:
            return
        # A holiday without calendar is one of every calendar of its company; whoever keeps it need not see the cases.
        everywhere = holidays.filtered(lambda leave: not leave.calendar_id)
        domain = ["|", ("calendar_id", "in", holidays.calendar_id.ids), ("company_id", "in", everywhere.company_id.ids)]
        self.env["firm.case.deadline"]._mark_to_replan(domain)
