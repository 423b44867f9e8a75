from odoo import models
from odoo.addons.base.models.ir_actions_report import _wkhtml

OURS = {"crm_firm.engagement_letter_page", "crm_firm.engagement_evidence_page"}


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        """Letters and their evidence say what is stored, and nothing that the address of the report adds to it."""
        if report.report_name in OURS:
            data = {"report_type": "pdf" if (data or {}).get("report_type") == "pdf" else "html"}
        values = super()._get_rendering_context(report, docids, data)
        values["draws_web_fonts"] = values.get("report_type") == "pdf" and not _wkhtml().is_patched_qt
        return values
