from odoo import api, models
from odoo.exceptions import ValidationError


class HelpdeskTicketCase(models.AbstractModel):
    """What makes a ticket a case: the ticket's own values, number, owner and board."""

    _name = "helpdesk.ticket.case"
    _description = "Case"

    @api.depends("team_id.is_case_team")
    def _compute_is_case(self):
        for ticket in self:
            ticket.is_case = ticket.team_id.is_case_team

    @api.depends("practice_area_id")
    def _compute_analytic_account_id(self):
        for ticket in self:
            ticket.analytic_account_id = ticket.practice_area_id.analytic_account_id

    @api.constrains("stage_id", "team_id")
    def _check_case_stage(self):
        for ticket in self:
            if ticket.stage_id and bool(ticket.stage_id.case_state) != ticket.is_case:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” is not a stage of the team “%(team)s”.",
                        stage=ticket.stage_id.name,
                        team=ticket.team_id.name or self.env._("none"),
                    )
                )

    @api.model
    def default_get(self, fields):
        defaults = super().default_get(fields)
        if "team_id" in fields and not defaults.get("team_id") and self.env.context.get("crm_firm_new_case"):
            company = self.env["res.company"].browse(defaults.get("company_id")) or self.env.company
            defaults["team_id"] = self.env["helpdesk.ticket.team"]._get_default_case_team(company).id
        if self.env["helpdesk.ticket.team"].browse(defaults.get("team_id")).is_case_team:
            # Whoever registers a case need not be who answers it.
            defaults.pop("user_id", None)
            if self.env.context.get("default_user_id"):
                defaults["user_id"] = self.env.context["default_user_id"]
        return defaults

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._complete_case_values(vals) for vals in vals_list])

    def _complete_case_values(self, vals):
        """Return values with what a case of the team needs; those of other tickets as they are."""
        vals = dict(vals)
        team = self.env["helpdesk.ticket.team"].browse(
            vals.get("team_id") or (self.default_get(["team_id"]).get("team_id") if "team_id" not in vals else False)
        )
        if not team.is_case_team:
            return vals
        vals["team_id"] = team.id
        vals.setdefault("description", "")
        vals.setdefault("user_id", self.env.context.get("default_user_id", False))
        # By e-mail a client with portal access would become the owner of the own case.
        if vals["user_id"] and self.env["res.users"].sudo().browse(vals["user_id"]).share:
            vals["user_id"] = False
        if vals.get("partner_id"):
            # OCA fills them on the form only; the sender of a mail need not be allowed to read the contact.
            partner_sudo = self.env["res.partner"].sudo().browse(vals["partner_id"])
            for fname, value in (("partner_name", partner_sudo.name), ("partner_email", partner_sudo.email)):
                vals[fname] = vals.get(fname) or value
        return vals

    def _prepare_ticket_number(self, values):
        team = self.env["helpdesk.ticket.team"].browse(values.get("team_id"))
        if not team.is_case_team:
            return super()._prepare_ticket_number(values)
        # Whoever registers need not read sequences.
        company_id = team.company_id.id or values.get("company_id") or self.env.company.id
        return self.env["ir.sequence"].sudo().with_company(company_id).next_by_code("crm_firm.case") or "/"

    @api.depends("number", "is_case")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        for ticket in self:
            if ticket.is_case and not ticket._origin:
                ticket.display_name = self.env._("New case")
        return result

    def assign_to_me(self):
        """Cases are for specialists of their area, members of the team or not."""
        cases = self.filtered("is_case")
        if cases:
            cases.write({"user_id": self.env.uid})
        others = self - cases
        return super(HelpdeskTicketCase, others).assign_to_me() if others else True

    @api.depends("team_id")
    def _compute_user_id(self):
        """Who is in charge of a case need not be a member of its team: the area decides who may be."""
        cases = self.filtered(lambda ticket: ticket.team_id.is_case_team)
        for case in cases:
            case.user_id = case.user_id
        return super(HelpdeskTicketCase, self - cases)._compute_user_id()

    def copy(self, default=None):
        """Copy one after the other: OCA's copies one only."""
        copies = self.browse()
        for ticket in self:
            copies |= super(HelpdeskTicketCase, ticket).copy(dict(default or {}))
        return copies

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """On the board of cases the five states, on others none of them."""
        team = self.env["helpdesk.ticket.team"].browse(self.env.context.get("default_team_id"))
        if self.env.context.get("crm_firm_new_case") or team.is_case_team:
            return stages._get_case_stages()
        return super()._read_group_stage_ids(stages, domain).filtered(lambda stage: not stage.case_state or stage in stages)

    def _get_missing_documents(self):
        """Return what the documents of the case lack before it can be archived.

        Hook of the documents of a case. Here: nothing is said to be needless, and nothing is there.

        :return: list of sentences for the person who archives, empty when nothing is missing
        """
        self.ensure_one()
        return []
