from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class FirmPracticeArea(models.Model):
    """A field of work of the firm. One level only: there is no parent, on purpose."""

    _name = "firm.practice.area"
    _description = "Practice Area"
    _inherit = ["firm.guarded.fields", "mail.thread"]
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="Short and unique; imports and web addresses use it.")
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: the area applies to all companies.")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")

    # Who takes a request of this area
    owner_ids = fields.Many2many(
        "res.users",
        "firm_practice_area_owner_rel",
        "area_id",
        "user_id",
        string="Intake Owners",
        domain="[('share', '=', False)]",
        help="They receive new requests for this area in strict turn, by name. If empty, the sales team decides; "
        "otherwise the request waits in the unassigned pool.",
    )
    specialist_ids = fields.Many2many(
        "res.users",
        "firm_practice_area_specialist_rel",
        "area_id",
        "user_id",
        string="Specialists",
        domain="[('share', '=', False)]",
        help="The experts to whom requests in this area are assigned.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True, ondelete="set null")

    follow_up_plan_id = fields.Many2one(
        "mail.activity.plan",
        string="Follow-up Plan",
        ondelete="restrict",
        domain="[('res_model', '=', 'crm.lead')]",
        help="Steps until someone answers. Empty, or another company's plan: the company's plan.",
    )

    client_request = fields.Selection(
        [("opportunity", "An opportunity"), ("case", "A case")],
        string="Client Request",
        default="opportunity",
        required=True,
        help="What a request from an existing contact becomes at the front desk, unless changed when registering it.",
    )

    # Before it becomes an engagement
    conflict_check_required = fields.Boolean(
        "Check Conflicts of Interest",
        help="A decision on conflicts of interest is required before a request is ready for proposal.",
    )

    # Money
    analytic_account_id = fields.Many2one(
        "account.analytic.account", string="Billing Area", check_company=True, ondelete="restrict"
    )
    consultation_fee = fields.Monetary(help="Communicated to the person before the first consultation, excluding taxes.")

    lead_count = fields.Integer("Open Requests", compute="_compute_lead_count")

    _code_uniq = models.UniqueIndex("(lower(code))", "Another practice area already has this code. Codes must be unique.")
    _consultation_fee_positive = models.Constraint("CHECK(consultation_fee >= 0)", "A consultation fee cannot be negative.")

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for area in self:
            area.currency_id = (area.company_id or self.env.company).currency_id

    def _compute_lead_count(self):
        counts = dict(self.env["crm.lead"]._read_group([("practice_area_id", "in", self.ids)], ["practice_area_id"], ["__count"]))
        for area in self:
            area.lead_count = counts.get(area._origin, 0)

    @api.model_create_multi
    def create(self, vals_list):
        areas = super().create(vals_list)
        for area in areas:
            self.env.cr.execute(
                SQL(
                    "CREATE SEQUENCE %s MINVALUE 0 START 0 OWNED BY %s",
                    area._get_turn(),
                    SQL.identifier(self._table, "id"),
                )
            )
        return areas

    @api.ondelete(at_uninstall=False)
    def _unlink_except_unclassified(self):
        if self._get_unclassified() in self:
            raise UserError(
                self.env._(
                    "Requests whose area is not known yet wait in “%s”. It can be renamed but not deleted.",
                    self._get_unclassified().name,
                )
            )

    def unlink(self):
        turns = [area._get_turn() for area in self]
        result = super().unlink()
        for turn in turns:
            self.env.cr.execute(SQL("DROP SEQUENCE IF EXISTS %s", turn))
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for area, vals in zip(self, vals_list, strict=True):
            if "code" not in (default or {}):
                vals["code"] = area._get_free_code()
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", area.name)
        return vals_list

    def _get_free_code(self):
        """Return a code for a copy of the area that no area has, archived ones and other companies' included."""
        base = f"{self.code}-copy"
        # Codes are unique across companies, whatever the user may see of them.
        areas_sudo = self.sudo().with_context(active_test=False).search([("code", "=ilike", f"{base}%")])
        taken = {code.lower() for code in areas_sudo.mapped("code")}
        return next(code for code in (f"{base}{i or ''}" for i in range(len(taken) + 1)) if code.lower() not in taken)

    @api.model
    def _get_unclassified(self):
        """Return the area of requests whose area nobody knows yet (an empty recordset if a person deleted it by SQL)."""
        return self.env.ref("crm_firm.practice_area_unclassified", raise_if_not_found=False) or self.browse()

    # === WHOSE TURN IT IS === #

    def _get_turn(self):
        """Name of the PostgreSQL sequence that holds the id of the owner who had the last turn.

        A sequence and not a column: two requests of the same moment would both write the column, and the one
        that comes second would have to be done again from its start. The price: a request that fails after its
        owner was chosen has used up the turn.
        """
        self.ensure_one()
        return SQL.identifier(f"firm_practice_area_turn_{self.id}")

    def _get_available_owners(self, company):
        """Return the owners who can take a request of the company, in the order of their turn."""
        self.ensure_one()
        # The web visitor and the front desk may not read users' companies, the choice must not depend on who asks.
        owners_sudo = self.sudo().owner_ids
        return owners_sudo.filtered(
            lambda owner: owner.active and not owner.share and (not company or company in owner.company_ids)
        ).sorted(_get_turn_key)

    def _take_turns(self, company, count=1):
        """Give the next turns of the area away.

        Strict and safe with requests that arrive at the same moment in several processes: the lock lasts for the
        choice only, not for the rest of the transaction.

        :param company: `res.company` the owners must have access to
        :param int count: how many requests are to be given away
        :return: list of `count` `res.users`, an empty list when nobody is available
        """
        self.ensure_one()
        owners = self._get_available_owners(company)
        if not owners:
            return []
        turn = self._get_turn()
        lock = SQL("hashtext(%s), %s", "firm.practice.area", self.id)
        self.env.cr.execute(SQL("SELECT pg_advisory_lock(%s)", lock))
        try:
            # With a savepoint the lock can be given back whatever goes wrong in between.
            with self.env.cr.savepoint(flush=False):
                [[last_id]] = self.env.execute_query(SQL("SELECT last_value FROM %s", turn))
                # Who had the last turn may have left the area or the firm since: it goes on after that name.
                last_sudo = self.env["res.users"].sudo().browse(last_id).exists()
                last_key = _get_turn_key(last_sudo) if last_sudo else ("", 0)
                first = next((i for i, owner in enumerate(owners) if _get_turn_key(owner) > last_key), 0)
                taken = [owners[(first + i) % len(owners)] for i in range(count)]
                self.env.execute_query(SQL("SELECT setval(%s, %s)", f"firm_practice_area_turn_{self.id}", taken[-1].id))
        finally:
            self.env.cr.execute(SQL("SELECT pg_advisory_unlock(%s)", lock))
        return [owner.with_env(self.env) for owner in taken]

    # === ACTIONS === #

    def action_view_leads(self):
        """Open the requests of the area that the user may see."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm.crm_lead_all_leads")
        return action | {"domain": [("practice_area_id", "=", self.id)], "context": {"default_type": "lead"}}


def _get_turn_key(owner):
    """Where an owner stands in the order of turns."""
    return owner.name.casefold(), owner.id
