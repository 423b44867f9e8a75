from werkzeug.exceptions import NotFound

from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """A colleague at work notices when the scheduled jobs stand still. Only when something is posted: to look writes."""
        result = super()._pre_dispatch(rule, args)
        if request.httprequest.method == "POST" and request.session.uid and request.env.user._is_internal():
            request.env["firm.job.standstill"]._look()
        return result

    def session_info(self):
        """Whoever chose no page to start with starts at their work."""
        info = super().session_info()
        if request.session.uid and not info.get("home_action_id"):
            # Which page a menu opens is read for the user, who sees it by the group that the role names.
            if action := self.env["ir.ui.menu"]._get_start_menu().sudo().action:
                info["home_action_id"] = action.id
        return info

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Public pages load the words of the scripts of these addons only."""
        return [*super()._get_translation_frontend_modules_name(), "crm_firm"]

    @classmethod
    def _serve_fallback(cls):
        """An address with a NUL byte is none. Odoo looks for a file of that name, and the database refuses the question."""
        if "\x00" in request.httprequest.path:
            raise NotFound()
        return super()._serve_fallback()
