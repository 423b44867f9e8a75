from odoo import models


class ResourceCalendarAttendance(models.Model):
    """Hours move what was planned."""

    _name = "resource.calendar.attendance"
    _inherit = ["firm.replanning", "resource.calendar.attendance"]

    def _replan(self):
        self.calendar_id._replan()
