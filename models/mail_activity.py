from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class MailActivity(models.Model):
    _inherit = "mail.activity"

    crm_firm_asks_outcome = fields.Boolean(
        compute="_compute_crm_firm_asks_outcome", help="Whether “Mark done” asks how the call went."
    )

    def _compute_crm_firm_asks_outcome(self):
        calls = self.filtered(
            lambda activity: activity.res_model == "crm.lead" and activity.activity_type_id.category == "phonecall"
        )
        # The outcome is logged with the rights of the user; whether it is a lead is no secret.
        leads_sudo = self.env["crm.lead"].sudo().search(Domain("id", "in", calls.mapped("res_id")) & Domain("type", "=", "lead"))
        lead_ids = set(leads_sudo.ids)
        for activity in self:
            activity.crm_firm_asks_outcome = activity in calls and activity.res_id in lead_ids

    def _to_store_defaults(self, target):
        return super()._to_store_defaults(target) + ["crm_firm_asks_outcome"]

    def action_log_outcome(self, outcome, note=None, next_contact_on=None):
        """Mark the call of a lead done with its outcome.

        Marking it done in any other way (`action_done`, `action_feedback`) says nothing about the person: it closes
        the task, logs no attempt and sends no e-mail.

        :param str outcome: see `crm.lead.log_contact_attempt`
        :param str note: plain text
        :param next_contact_on: naive UTC datetime or its string
        :return: id of the new `firm.contact.attempt`
        :raise UserError: the activity is no call of a lead
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        if not self.crm_firm_asks_outcome or not self.active:
            raise UserError(self.env._("Only an open call of a lead has an outcome to log."))
        lead = self.env["crm.lead"].browse(self.res_id)
        return lead.log_contact_attempt(outcome, note=note or None, next_contact_on=next_contact_on or None).id
