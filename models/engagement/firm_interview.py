from odoo import api, fields, models


class FirmInterview(models.Model):
    """Notes of a conversation before a proposal: who was there, what they need, what was said.

    Whoever sees the opportunity reads them; they are changed by whoever was there, and by who leads them (`ir.rule`).
    """

    _name = "firm.interview"
    _inherit = ["firm.guarded.fields"]
    _description = "Interview"
    _order = "date desc, id desc"
    _rec_name = "need"

    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="lead_id.company_id", related_sudo=False, store=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="Interviewed By", default=lambda self: self.env.user, ondelete="restrict")
    may_change = fields.Boolean(compute="_compute_may_change")
    attendees = fields.Char("Who Was There", required=True)
    need = fields.Char("What They Need", required=True)
    notes = fields.Text("What Was Said")

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("user_id", "lead_id")
    def _compute_may_change(self):
        changeable = set(self._origin._filtered_access("write").ids)
        for interview in self:
            interview.may_change = not interview._origin or interview._origin.id in changeable
