from odoo import api, fields, models
from odoo.tools import SQL, drop_view_if_exists

from .helpdesk_ticket_stage import CASE_STATES


class FirmCaseDesk(models.Model):
    """What the front desk tells a client who calls: that the case is there, who has it, how far it is.

    Its content is not in here: no title, text, message, file or task. There is a way to it for those who may read the case,
    which the front desk may as long as nobody has classified or taken it.
    """

    _name = "firm.case.desk"
    _description = "State of a Case"
    _auto = False
    _order = "received_on desc, id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "partner_id"]

    number = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", "Client", readonly=True)
    category_id = fields.Many2one("helpdesk.ticket.category", readonly=True)
    practice_area_id = fields.Many2one("firm.practice.area", readonly=True)
    case_state = fields.Selection(CASE_STATES, "State", readonly=True)
    user_id = fields.Many2one("res.users", "In Charge", readonly=True)
    specialist_id = fields.Many2one("res.users", readonly=True)
    channel_id = fields.Many2one("helpdesk.ticket.channel", readonly=True)
    received_on = fields.Datetime(readonly=True)
    expected_on = fields.Datetime(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    can_open = fields.Boolean(compute="_compute_can_open")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open(self):
        readable = set(self.env["helpdesk.ticket"].browse(self.ids)._filtered_access("read").ids)
        for case in self:
            case.can_open = case.id in readable

    def action_open_case(self):
        """Open the case, for those who may read it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.number,
            "res_model": "helpdesk.ticket",
            "res_id": self.id,
            "view_mode": "form",
        }

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        columns = SQL(", ").join(
            SQL.identifier(fname) for fname, field in self._fields.items() if field.store and fname not in ("display_name",)
        )
        self.env.cr.execute(
            SQL(
                "CREATE VIEW %s AS (SELECT %s FROM helpdesk_ticket WHERE is_case IS TRUE AND active IS TRUE)",
                SQL.identifier(self._table),
                columns,
            )
        )
