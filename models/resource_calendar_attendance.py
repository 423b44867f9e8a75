from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    """Hours that are added, changed or taken away move what was planned, by whatever door they are changed."""

    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.calendar_id._replan()
        return lines

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        (calendars | self.calendar_id)._replan()
        return result

    def unlink(self):
        self.calendar_id._replan()
        return super().unlink()
