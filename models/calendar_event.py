from odoo import api, models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._stop_follow_up_of_leads()
        return events

    def write(self, vals):
        result = super().write(vals)
        if vals.get("opportunity_id"):
            self._stop_follow_up_of_leads()
        return result

    def _stop_follow_up_of_leads(self):
        for event in self.filtered("opportunity_id"):
            # A meeting somebody else books with the person counts as well.
            event.opportunity_id.sudo()._on_meeting_booked(event)
