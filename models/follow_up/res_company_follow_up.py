from odoo import fields, models


class ResCompanyFollowUp(models.AbstractModel):
    """Settings of the follow-up: its plan, the second contact after 24, 48 or 72 hours."""

    _name = "res.company.follow.up"
    _description = "Company: follow-up"

    crm_firm_follow_up_plan_id = fields.Many2one(
        "mail.activity.plan",
        string="Follow-up Plan",
        domain="[('res_model', '=', 'crm.lead')]",
        ondelete="restrict",
        help="Steps until someone answers: successive calls and the e-mails between them. Empty: the plan “No answer”.",
    )
    crm_firm_second_contact_hours = fields.Selection(
        [("24", "24 hours"), ("48", "48 hours"), ("72", "72 hours")],
        string="Second Contact After",
        compute="_compute_crm_firm_second_contact_hours",
        inverse="_inverse_crm_firm_second_contact_hours",
        help="The delay of the second step of the follow-up plan. Empty: the plan has another delay.",
    )
    crm_firm_phone_link_days = fields.Integer(
        "Phone Link Valid For", default=14, help="Days after which the link to request a phone number expires."
    )
    crm_firm_undo_email_seconds = fields.Integer(
        "E-mail of a Call Leaves After",
        default=60,
        help="Seconds during which an unanswered call can be undone without any e-mail having left. 0: it leaves at once.",
    )

    _crm_firm_phone_link_days_positive = models.Constraint(
        "CHECK(crm_firm_phone_link_days > 0)", "The link to request a phone number must be valid for at least one day."
    )
    _crm_firm_undo_email_seconds_range = models.Constraint(
        "CHECK(crm_firm_undo_email_seconds BETWEEN 0 AND 1800)",
        "The e-mail of a call can wait up to 1,800 seconds (half an hour).",
    )

    def _compute_crm_firm_second_contact_hours(self):
        for company in self:
            step_sudo = company.sudo()._get_crm_firm_second_step()  # part of the settings, whoever reads them
            hours = str(24 * step_sudo.delay_count) if step_sudo.delay_unit == "days" else False
            known = dict(self._fields["crm_firm_second_contact_hours"].selection)
            company.crm_firm_second_contact_hours = hours if hours in known else False

    def _inverse_crm_firm_second_contact_hours(self):
        for company in self.filtered("crm_firm_second_contact_hours"):
            hours = company.crm_firm_second_contact_hours
            company_sudo = company.sudo()  # the plan is part of the settings; the right to write on them was checked
            plan_sudo = company_sudo._get_crm_firm_follow_up_plan()
            step_sudo = company_sudo._get_crm_firm_second_step()
            days = int(hours) // 24
            if not step_sudo or (step_sudo.delay_unit, step_sudo.delay_count) == ("days", days):
                continue
            others_sudo = (
                self.sudo()
                .search([("id", "!=", company.id)])
                .filtered(lambda other, plan=plan_sudo: other._get_crm_firm_follow_up_plan() == plan)
            )
            if others_sudo:
                # The others keep their delay: this company gets a plan of its own.
                company_sudo.crm_firm_follow_up_plan_id = plan_sudo.copy({"name": plan_sudo.name, "company_id": company.id})
                step_sudo = company_sudo._get_crm_firm_second_step()
            step_sudo.write({"delay_unit": "days", "delay_count": days})

    def _get_crm_firm_follow_up_plan(self):
        """Return the plan followed while nobody answers (empty when the firm deleted it)."""
        self.ensure_one()
        shipped = self.env.ref("crm_firm.follow_up_plan", raise_if_not_found=False)
        return self.crm_firm_follow_up_plan_id or shipped or self.env["mail.activity.plan"]

    def _get_crm_firm_second_step(self):
        return self._get_crm_firm_follow_up_plan().template_ids.sorted(lambda step: (step.sequence, step.id))[1:2]
