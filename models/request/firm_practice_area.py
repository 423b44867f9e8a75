from odoo import api, fields, models
from odoo.exceptions import UserError


class FirmPracticeArea(models.Model):
    """A field of work of the firm. One level only: there is no parent, on purpose."""

    _name = "firm.practice.area"
    _description = "Practice Area"
    _inherit = ["firm.guarded.fields", "mail.thread", "firm.turns", "firm.practice.area.letters"]
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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_unclassified(self):
        if self._get_unclassified() in self:
            raise UserError(
                self.env._(
                    "Requests whose area is not known yet wait in “%s”. It can be renamed but not deleted.",
                    self._get_unclassified().name,
                )
            )

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

    def _get_available_owners(self, company):
        """Return the owners who can take a request of the company."""
        self.ensure_one()
        return self.owner_ids._filter_working_on("crm.lead", company)

    def _take_turns(self, company, count=1):
        """Give the next turns of the area away.

        :param company: `res.company` the owners must have access to
        :param int count: how many requests are to be given away
        :return: list of `count` `res.users`, an empty list when nobody is available
        """
        return self._take_turns_of(self._get_available_owners(company), count)

    # === ACTIONS === #

    def action_view_leads(self):
        """Open the requests of the area that the user may see."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm.crm_lead_all_leads")
        return action | {"domain": [("practice_area_id", "=", self.id)], "context": {"default_type": "lead"}}
