from odoo import api, fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_crm_firm_odoo_extras = fields.Boolean(
        "Odoo's other tools", implied_group="crm_firm.crm_firm_group_odoo_extras", group="base.group_user"
    )
    crm_firm_calendar_id = fields.Many2one(related="company_id.crm_firm_calendar_id", readonly=False)
    crm_firm_first_contact_days = fields.Integer(related="company_id.crm_firm_first_contact_days", readonly=False)
    crm_firm_second_contact_hours = fields.Selection(related="company_id.crm_firm_second_contact_hours", readonly=False)
    crm_firm_undo_email_seconds = fields.Integer(related="company_id.crm_firm_undo_email_seconds", readonly=False)
    crm_firm_follow_up_plan_id = fields.Many2one(related="company_id.crm_firm_follow_up_plan_id", readonly=False)
    crm_firm_phone_link_days = fields.Integer(related="company_id.crm_firm_phone_link_days", readonly=False)
    crm_firm_tell_overdue_owner = fields.Boolean(related="company_id.crm_firm_tell_overdue_owner", readonly=False)
    crm_firm_tell_overdue_manager = fields.Boolean(related="company_id.crm_firm_tell_overdue_manager", readonly=False)
    crm_firm_escalation_hours = fields.Float(related="company_id.crm_firm_escalation_hours", readonly=False)
    crm_firm_manager_id = fields.Many2one(related="company_id.crm_firm_manager_id", readonly=False)
    crm_firm_proposal_days = fields.Integer(related="company_id.crm_firm_proposal_days", readonly=False)
    crm_firm_case_warning_hours = fields.Float(related="company_id.crm_firm_case_warning_hours", readonly=False)
    crm_firm_case_archive_days = fields.Integer(related="company_id.crm_firm_case_archive_days", readonly=False)
    crm_firm_case_reopen_days = fields.Integer(related="company_id.crm_firm_case_reopen_days", readonly=False)
    crm_firm_case_rating = fields.Boolean(related="company_id.crm_firm_case_rating", readonly=False)
    crm_firm_mail_makes_case = fields.Boolean(related="company_id.crm_firm_mail_makes_case", readonly=False)
    crm_firm_undo_days = fields.Integer(related="company_id.crm_firm_undo_days", readonly=False)
    crm_firm_notify_owner = fields.Boolean(related="company_id.crm_firm_notify_owner", readonly=False)
    crm_firm_acknowledge_request = fields.Boolean(related="company_id.crm_firm_acknowledge_request", readonly=False)
    crm_firm_web_requests_hour = fields.Integer(related="company_id.crm_firm_web_requests_hour", readonly=False)
    crm_firm_web_requests_person = fields.Integer(related="company_id.crm_firm_web_requests_person", readonly=False)
    crm_firm_client_cases_hour = fields.Integer(related="company_id.crm_firm_client_cases_hour", readonly=False)
    crm_firm_stranger_mails_day = fields.Integer(related="company_id.crm_firm_stranger_mails_day", readonly=False)
    crm_firm_stranger_mails_hour = fields.Integer(related="company_id.crm_firm_stranger_mails_hour", readonly=False)
    crm_firm_privacy_url = fields.Char(related="company_id.crm_firm_privacy_url", readonly=False, required=True)
    crm_firm_embed_origins = fields.Text(related="company_id.crm_firm_embed_origins", readonly=False)
    # Documents and client area
    crm_firm_document_max_mb = fields.Integer(related="company_id.crm_firm_document_max_mb", readonly=False)
    crm_firm_document_types = fields.Char(related="company_id.crm_firm_document_types", readonly=False)
    crm_firm_document_link_days = fields.Integer(related="company_id.crm_firm_document_link_days", readonly=False)
    crm_firm_document_reminders = fields.Char(related="company_id.crm_firm_document_reminders", readonly=False)
    crm_firm_tell_received = fields.Boolean(related="company_id.crm_firm_tell_received", readonly=False)
    crm_firm_tell_in_review = fields.Boolean(related="company_id.crm_firm_tell_in_review", readonly=False)
    crm_firm_tell_waiting_client = fields.Boolean(related="company_id.crm_firm_tell_waiting_client", readonly=False)
    crm_firm_tell_resolved = fields.Boolean(related="company_id.crm_firm_tell_resolved", readonly=False)
    crm_firm_tell_archived = fields.Boolean(related="company_id.crm_firm_tell_archived", readonly=False)
    # Engagement letters
    crm_firm_letter_days = fields.Integer(related="company_id.crm_firm_letter_days", readonly=False)
    crm_firm_letter_reminders = fields.Char(related="company_id.crm_firm_letter_reminders", readonly=False)
    crm_firm_letter_code = fields.Boolean(related="company_id.crm_firm_letter_code", readonly=False)
    crm_firm_letter_identification = fields.Boolean(related="company_id.crm_firm_letter_identification", readonly=False)
    crm_firm_letter_unsigned = fields.Boolean(related="company_id.crm_firm_letter_unsigned", readonly=False)
    crm_firm_letter_certificate = fields.Binary(related="company_id.crm_firm_letter_certificate", readonly=False)
    crm_firm_letter_certificate_until = fields.Date(related="company_id.crm_firm_letter_certificate_until")
    crm_firm_letter_certificate_password = fields.Char(related="company_id.crm_firm_letter_certificate_password", readonly=False)
    crm_firm_mail_responsible_id = fields.Many2one(related="company_id.crm_firm_mail_responsible_id", readonly=False)
    crm_firm_reply_address_per_lead = fields.Boolean(related="company_id.crm_firm_reply_address_per_lead", readonly=False)
    crm_firm_setup_issues = fields.Text(compute="_compute_crm_firm_setup_issues")

    def action_edit_mail(self):
        """Open the text of the e-mail that `crm_firm_template` in the context names: the button beside its switch."""
        name = self.env.context.get("crm_firm_template")
        template = self.env.ref(f"crm_firm.{name}", raise_if_not_found=False)
        stages = self.env["helpdesk.ticket.stage"]._get_case_stages()
        for stage in stages.filtered(lambda stage: name == f"mail_template_case_{stage.case_state}"):
            template = stage._get_told_template()
        if not template or template._name != "mail.template":
            raise UserError(self.env._("This e-mail has been deleted. Update the module to restore it."))
        return {
            "type": "ir.actions.act_window",
            "name": template.name,
            "res_model": template._name,
            "res_id": template.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.depends("company_id", "crm_firm_calendar_id")
    def _compute_crm_firm_setup_issues(self):
        for settings in self:
            settings.crm_firm_setup_issues = "\n".join(settings._get_crm_firm_setup_issues())

    def _get_crm_firm_setup_issues(self):
        """Return what would go wrong without anybody noticing: list of sentences that say what to do."""
        company = self.company_id
        issues = []
        if not company.email:
            issues.append(self.env._("%s has no e-mail address. Add one, or its e-mails will have no sender.", company.name))
        # Odoo deletes notifications for users without an address, and nobody is told.
        salespeople = self.env.ref("sales_team.group_sale_salesman").all_user_ids.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
        unreachable = salespeople.filtered(lambda user: not user.email)
        if unreachable:
            issues.append(
                self.env._(
                    "Not notified of their requests because they have no e-mail address: %s.",
                    ", ".join(unreachable.mapped("name")),
                )
            )
        issues += self._get_calendar_issues()
        unowned = self.env["firm.practice.area"].search([("owner_ids", "=", False), ("company_id", "in", [company.id, False])])
        if unowned:
            issues.append(
                self.env._(
                    "No owners are assigned to: %s. Their requests may wait in the unassigned pool.",
                    ", ".join(unowned.mapped("name")),
                )
            )
        return issues

    def _get_calendar_issues(self):
        """Return a sentence for each calendar that deadlines count and that does not say when the firm works."""
        company = self.company_id
        calendar = self.crm_firm_calendar_id or company.resource_calendar_id
        if not calendar:
            return [
                self.env._(
                    "%s has no working hours: deadlines count Monday to Friday, 9:00 to 17:00. Choose a calendar.", company.name
                )
            ]
        teams = self.env["helpdesk.ticket.team"].search([("company_id", "in", [company.id, False])])
        return [
            self.env._(
                "The calendar “%s” does not say when the firm works: deadlines count Monday to Friday, 9:00 to 17:00. "
                "Give it fixed hours.",
                vague.name,
            )
            for vague in calendar | teams.case_calendar_id
            if not vague._has_working_hours()
        ]
