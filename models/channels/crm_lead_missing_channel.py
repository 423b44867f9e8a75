import threading
from urllib.parse import urlsplit

from odoo import api, models

# What other addons write on the leads that they make, and the channel it speaks of. Leads that a service abroad has found
# (`lead_mining_request_id`, `reveal_rule_id`) are no requests: nobody asked for anything.
ORIGINS = {
    "origin_channel_id": "chat",
    "event_lead_rule_id": "event",
    "registration_ids": "event",
    "origin_survey_id": "survey",
}
# Where programs call, and no person
API_PATHS = ("/xmlrpc/", "/jsonrpc", "/json/2/")


class CrmLeadMissingChannel(models.AbstractModel):
    """Requests that come in through other addons, or by a program of somebody's, without a channel."""

    _name = "crm.lead.missing.channel"
    _description = "Origin of a Lead"

    @api.model
    def _prepare_origin_values(self, vals):
        """Return the channel of a lead that comes without one and is a request; and that it is a lead, which a survey denies.

        :param dict vals: of `create`
        :return: dict, empty for what is no request: an import of old data, an opportunity, what a person types
        """
        if self._is_import():
            return {}
        code = next((code for fname, code in ORIGINS.items() if vals.get(fname)), None)
        if not code and self._is_called_by_program():
            # A program that says opportunity, or that it is closed, brings something that was worked on already.
            is_request = vals.get("type", "lead") == "lead" and vals.get("active", True) and not vals.get("lost_reason_id")
            code = "api" if is_request else None
        channel = self.env["helpdesk.ticket.channel"]._get_by_code(code) if code else None
        return {"channel_id": channel.id, "type": "lead"} if channel else {}

    @api.model
    def _is_import(self):
        """Tell whether Odoo's import, or `load`, brings data of another system."""
        return bool(self.env.context.get("import_file") or "_import_current_module" in self.env.context)

    @api.model
    def _is_called_by_program(self):
        # Odoo takes the request away from who calls by RPC; its thread knows the address.
        return urlsplit(getattr(threading.current_thread(), "url", None) or "").path.startswith(API_PATHS)
