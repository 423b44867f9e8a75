from odoo import api, fields, models


class HelpdeskTicketIntake(models.AbstractModel):
    """How a case comes in: what its category says goes for what nobody has said."""

    _name = "helpdesk.ticket.intake"
    _description = "Case: intake"

    is_channel_unusual = fields.Boolean(compute="_compute_is_channel_unusual", groups="base.group_user")
    allowed_channels = fields.Char(compute="_compute_is_channel_unusual", groups="base.group_user")

    @api.depends("is_case", "category_id", "channel_id", "urgency_reason_id")
    def _compute_is_channel_unusual(self):
        for case in self:
            reason_sudo = case.sudo().urgency_reason_id  # whoever reads the case
            case.is_channel_unusual = case.is_case and not case.category_id._is_channel_allowed(case.channel_id, reason_sudo)
            # Names of channels, whoever registers.
            case.allowed_channels = ", ".join(case.category_id.sudo().allowed_channel_ids.mapped("name"))

    @api.onchange("category_id")
    def _onchange_case_category(self):
        for fname, value in self._get_category_defaults(self.category_id, self.company_id).items():
            if fname != "team_id" or not self.team_id:
                self[fname] = value

    @api.model
    def _get_category_defaults(self, category, company):
        """Return what a category says of its cases: values as `create` takes them."""
        category_sudo = category.sudo()  # a client or the front desk chooses it, what follows is the firm's
        if not category_sudo:
            return {}
        area_sudo = category_sudo.practice_area_id
        values = {
            "practice_area_id": area_sudo.id if area_sudo.company_id in (company, area_sudo.company_id.browse()) else False,
            "specialist_id": category_sudo.specialist_id.filtered(lambda user: user.active and company in user.company_ids).id,
            "priority": category_sudo.default_priority,
            "team_id": category_sudo.team_id.filtered(
                lambda team: team.is_case_team and team.company_id in (company, team.company_id.browse())
            ).id,
        }
        return {fname: value for fname, value in values.items() if value}

    @api.model
    def _complete_case_values(self, vals):
        vals = dict(vals)
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        defaults = self._get_category_defaults(self.env["helpdesk.ticket.category"].browse(vals.get("category_id")), company)
        team_id = vals.get("team_id")
        if not team_id and (self.env.context.get("crm_firm_new_case") or self.env.context.get("default_team_id")):
            vals["team_id"] = defaults.get("team_id") or self.default_get(["team_id"]).get("team_id")
        vals = super()._complete_case_values(vals)
        if self.env["helpdesk.ticket.team"].browse(vals.get("team_id")).is_case_team:
            unclassified = self.env["firm.practice.area"]._get_unclassified()
            for fname, value in defaults.items():
                if fname == "practice_area_id" and vals.get(fname) == unclassified.id:
                    vals[fname] = value  # by its category somebody knows the area now
                if fname == "priority" and vals.get("urgency_reason_id"):
                    continue
                if not vals.get(fname) or (fname == "priority" and "priority" not in vals):
                    vals[fname] = value
        return vals

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases._log_channel()
        return cases

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"category_id", "channel_id"}:
            self._log_channel()
        return result

    def _log_channel(self):
        """Keep on the case that it came by another channel than its category has, or as an emergency."""
        bodies = {}
        for case_sudo in self.sudo().filtered("is_case"):  # the note is the system's
            category, channel = case_sudo.category_id, case_sudo.channel_id
            if category._is_channel_allowed(channel):
                continue
            allowed = ", ".join(category.allowed_channel_ids.mapped("name"))
            if category._is_channel_allowed(channel, case_sudo.urgency_reason_id):
                bodies[case_sudo.id] = self.env._(
                    "Emergency by phone: %(reason)s. Otherwise “%(category)s” arrives by: %(allowed)s.",
                    reason=case_sudo.urgency_reason_id.name,
                    category=category.name,
                    allowed=allowed,
                )
            else:
                bodies[case_sudo.id] = self.env._(
                    "Registered by “%(channel)s”, though “%(category)s” arrives by: %(allowed)s.",
                    channel=channel.name,
                    category=category.name,
                    allowed=allowed,
                )
        if bodies:
            self.sudo().browse(bodies)._message_log_batch(bodies=bodies)
