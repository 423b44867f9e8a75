from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.rpc_input import get_record
from .helpdesk_ticket_stage import OPEN_STATES

FRONT_DESK = "crm_firm.crm_firm_group_front_desk"


class HelpdeskTicketClassification(models.AbstractModel):
    """A case of which nobody knows yet what it is about, such as an e-mail: the front desk reads it, says so, hands it over.

    Who may read such a case is said in the rule `case_rule_strict`, by the same conditions as here.
    """

    _name = "helpdesk.ticket.classification"
    _description = "Case: what it is about"

    is_unclassified = fields.Boolean(compute="_compute_is_unclassified", groups="base.group_user")

    @api.depends("is_case", "case_state", "category_id", "practice_area_id", "user_id")
    def _compute_is_unclassified(self):
        unclassified = self.env["firm.practice.area"]._get_unclassified()
        for case in self:
            is_area_unknown = case.practice_area_id in (unclassified, unclassified.browse())
            # Of a known area without anybody for cases, too, somebody has to say who takes it.
            is_unknown = not case.category_id and (is_area_unknown or not case.user_id)
            case.is_unclassified = case.is_case and case.case_state in OPEN_STATES and is_unknown

    def classify_case(self, category, area=None, owner=None, specialist=None):
        """Say what an unclassified case is about, and hand it over.

        :param category: `helpdesk.ticket.category` of cases or its id; what it says goes for what is not given
        :param area: `firm.practice.area` or its id
        :param owner: `res.users` who is in charge, or its id; None: whoever is already, else the next one in turn
        :param specialist: `res.users` or its id
        :raise UserError: it is classified already, the category is none of the case's company, or somebody cannot work on it
        :raise AccessError: the user may not read it, or neither change it nor classify it
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(FRONT_DESK):
            self.check_access("write")
        if not self.is_unclassified:
            raise UserError(self.env._("“%s” is classified already.", self.display_name))
        category_sudo = get_record(self.env, "helpdesk.ticket.category", category).sudo()  # what it says is the firm's
        if not category_sudo.for_cases or (category_sudo.company_id and category_sudo.company_id != self.sudo().company_id):
            raise UserError(self.env._("Choose the category of the case."))
        defaults = self._get_category_defaults(category_sudo, self.company_id)
        values = {fname: defaults[fname] for fname in ("practice_area_id", "specialist_id") if fname in defaults}
        values["category_id"] = category_sudo.id
        area = get_record(self.env, "firm.practice.area", area)
        if area:
            values["practice_area_id"] = area.id
        for fname, user in (("user_id", owner), ("specialist_id", specialist)):
            user = get_record(self.env, "res.users", user)
            if user and not user._filter_able_to_work_on("helpdesk.ticket", self.company_id):
                raise UserError(self.env._("%s cannot work on cases of this company: choose another person.", user.name))
            if user:
                values[fname] = user.id
        self.sudo().write(values)  # checked above: the front desk classifies, and changes nothing else

    def action_classify(self):
        self.ensure_one()
        return self._open_dialog("helpdesk.ticket.classify", self.env._("Classify the case"))
