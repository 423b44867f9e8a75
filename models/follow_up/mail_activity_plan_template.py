from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MailActivityPlan(models.Model):
    _inherit = "mail.activity.plan"

    name = fields.Char(translate=True)


class MailActivityPlanTemplate(models.Model):
    """A step of a plan. In the follow-up of a lead the steps come one after another, see `crm.lead.follow.up.cycle`."""

    _inherit = "mail.activity.plan.template"

    summary = fields.Char(translate=True)  # shipped steps, and tasks made of them, are in the owner's language
    crm_firm_mail_template_id = fields.Many2one(
        "mail.template",
        string="E-mail If Unanswered",
        domain="[('model', '=', 'crm.lead')]",
        ondelete="restrict",
        help="Sent when the call of this step is logged as unanswered. Empty: no e-mail.",
    )
    crm_firm_working_days = fields.Boolean(
        "Working Days",
        default=True,
        help="Count the days on the working calendar of the firm. Otherwise every day counts, and what would fall on "
        "a day off is done on the next working day.",
    )

    @api.constrains("crm_firm_mail_template_id")
    def _check_crm_firm_mail_template_id(self):
        for step in self:
            if step.crm_firm_mail_template_id and step.crm_firm_mail_template_id.model != "crm.lead":
                raise ValidationError(
                    self.env._(
                        "“%s” is not an e-mail template for leads: choose another one.", step.crm_firm_mail_template_id.name
                    )
                )

    @api.model
    def default_get(self, fields):
        """Count from the arrival on for plans of leads: nothing happens before a request is there."""
        values = super().default_get(fields)
        if "delay_from" in fields and self.env.context.get("default_res_model") == "crm.lead":
            values["delay_from"] = "after_plan_date"
        return values

    def _get_follow_up_day(self, company, start_day):
        """Return the day of this step in the follow-up of a lead.

        :param company: `res.company` whose calendar counts
        :param date start_day: day of arrival, or of the restart
        :return: ``(date, is_plain)``; `is_plain` says that no day off moved it
        """
        self.ensure_one()
        calendar = company._get_crm_firm_calendar()
        plain_day = start_day + relativedelta(**{self.delay_unit: abs(self.delay_count)})
        if self.crm_firm_working_days and self.delay_unit == "days":
            day = calendar._get_working_day(company, start_day, abs(self.delay_count))
        else:
            day = calendar._get_working_day(company, plain_day)
        return day, day == plain_day
