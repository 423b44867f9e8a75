from odoo import api, fields, models

from ..models.verification.firm_party_verdict import VERDICTS


class CrmLeadCheckConflict(models.TransientModel):
    _name = "crm.lead.check.conflict"
    _description = "Check a Conflict of Interest"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True)
    conflict_state = fields.Selection(related="lead_id.conflict_state", related_sudo=False)
    # Stored on the lead with the decision; the search follows what is typed
    opposing_party_ids = fields.One2many(related="lead_id.opposing_party_ids", related_sudo=False, readonly=False)
    result = fields.Html("Matches", compute="_compute_result", sanitize=False)
    verdict = fields.Selection(VERDICTS, required=True)
    note = fields.Text("Reason")

    @api.depends("lead_id", "opposing_party_ids.name", "opposing_party_ids.vat")
    def _compute_result(self):
        for wizard in self:
            lead, parties = wizard.lead_id, wizard.opposing_party_ids.filtered(lambda party: party.name or party.vat)
            wizard.result = lead and self.env["ir.qweb"]._render(
                "crm_firm.conflict_result",
                {"parties": parties, "conflicts": lead._look_up_conflicts(parties)},
                minimal_qcontext=True,  # a part of the back end: nothing of the website's
            )

    def action_confirm(self):
        self.ensure_one()
        self.lead_id.record_conflict_verdict(self.verdict, self.note)
        return self.lead_id._get_notification(self.env._("The decision has been recorded."))
