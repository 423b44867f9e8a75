from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from . import crm_lead_access
from .crm_lead_access import GUARDED


class MailActivity(models.Model):
    """Tasks of a lead or a case are for those who see it.

    Odoo shows a task to whoever it is assigned to, with the record's name, done ones for ever: also to the owner
    of the day before.
    """

    _name = "mail.activity"
    _inherit = ["firm.guarded.reference", "mail.activity"]

    crm_firm_asks_outcome = fields.Boolean(
        compute="_compute_crm_firm_asks_outcome", help="Whether “Mark done” asks how the call went."
    )

    # Of a message that somebody has left: who called need not be whom the record is about.
    crm_firm_caller = fields.Char("Who Called")
    crm_firm_caller_phone = fields.Char("Number to Call Back")

    def _compute_crm_firm_asks_outcome(self):
        calls = self.filtered(
            lambda activity: activity.res_model == "crm.lead" and activity.activity_type_id.category == "phonecall"
        )
        # The outcome is logged with the rights of the user; whether it is a lead is no secret.
        leads_sudo = self.env["crm.lead"].sudo().search(Domain("id", "in", calls.mapped("res_id")) & Domain("type", "=", "lead"))
        lead_ids = set(leads_sudo.ids)
        for activity in self:
            activity.crm_firm_asks_outcome = activity in calls and activity.res_id in lead_ids

    @api.model
    def _make_closed_error(self, operation, forbidden, closed):
        return forbidden._make_access_error(operation)

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._check_assignees_see_record()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"user_id", "res_id", "res_model_id"}:
            self._check_assignees_see_record()
        return result

    def action_notify(self):
        """Tell each of those assigned in their own language: Odoo says the kind of task and its day in that of who assigns."""
        for lang, activities in self.grouped(lambda activity: activity.user_id.lang).items():
            super(MailActivity, activities.with_context(lang=lang or self.env.lang)).action_notify()

    def _check_assignees_see_record(self):
        """Refuse to give a task to somebody who would never see it."""
        if self.env.su:
            return
        guarded = self.filtered(lambda activity: activity.res_model in GUARDED and activity.user_id != self.env.user)
        for (model, user), activities in guarded.grouped(lambda activity: (activity.res_model, activity.user_id)).items():
            records = self.env[model].browse(set(activities.mapped("res_id")))
            closed = records - crm_lead_access.filter_readable_by(records, user) if user else records.browse()
            if closed:
                raise UserError(
                    self.env._(
                        "%(user)s cannot see “%(lead)s”. Make them its owner or specialist first, or assign the task to "
                        "someone who can see it.",
                        user=user.name,
                        lead=closed[0].display_name,
                    )
                )

    def _filtered_visible_to(self, user):
        """Return those whose record the user may see, or that hang on none of ours."""
        guarded = self.filtered(lambda activity: activity.res_model in GUARDED)
        visible = self - guarded
        for model, activities in guarded.grouped("res_model").items():
            seen = crm_lead_access.filter_readable_by(self.env[model].browse(set(activities.mapped("res_id"))).exists(), user)
            visible |= activities.filtered(lambda activity, ids=set(seen.ids): activity.res_id in ids)
        return visible

    # === OUTCOME OF A CALL === #

    def _to_store_defaults(self, target):
        return [*super()._to_store_defaults(target), "crm_firm_asks_outcome"]

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
            raise UserError(self.env._("You can only log the outcome of an open call on a lead."))
        lead = self.env["crm.lead"].browse(self.res_id)
        return lead.log_contact_attempt(outcome, note=note or None, next_contact_on=next_contact_on or None).id
