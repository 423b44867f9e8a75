from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# Whose followers, tasks and notifications are seen by whoever sees them, and by nobody else
GUARDED = ("crm.lead", "helpdesk.ticket")


def filter_readable_by(records, user):
    """Return those of the records that another user may read, in any of the user's companies."""
    user_sudo = user.sudo()  # companies of a colleague
    allowed = records.with_user(user_sudo).with_context(allowed_company_ids=user_sudo.company_ids.ids)._filtered_access("read")
    return records.browse(allowed.ids)


class CrmLeadAccess(models.AbstractModel):
    """Who sees what of leads, where rules do not reach: references without foreign key, computed lists, saving.

    Comes before `crm.lead` in the order of inheritance, so that `super()` is Odoo's own.
    """

    _name = "crm.lead.access"
    _inherit = ["firm.handed.over", "firm.guarded.files"]
    _description = "Access to Leads"

    @api.model
    def _registers_for_anyone(self):
        """Return whether the user may register a lead that becomes somebody else's; who may not keeps it."""
        return (
            self.env.su
            or self.env.user.has_group("crm_firm.crm_firm_group_front_desk")
            or self.env.user.has_group("sales_team.group_sale_salesman_all_leads")
        )

    # === REFERENCES BY MODEL AND ID === #

    @api.model
    def _get_open_reference_domain(self):
        """Return the domain, on a model with `res_model` and `res_id`, that leaves out leads and cases the user may not read."""

        def is_open(model, alias, query):
            res_model, res_id = (model._field_to_sql(alias, fname, query) for fname in ("res_model", "res_id"))
            return self._get_open_reference_sql(res_model, res_id)

        return Domain.custom(to_sql=is_open)

    @api.model
    def _get_open_reference_sql(self, res_model, res_id):
        """Return the condition that a reference, given as SQL of its model's name and its id, is to nothing closed."""
        return SQL("(%s)", SQL(" AND ").join(self._get_open_sql_of(model, res_model, res_id) for model in GUARDED))

    @api.model
    def _get_open_sql_of(self, guarded, res_model, res_id):
        records = self.env[guarded].with_context(active_test=False)
        is_other = SQL("%s IS DISTINCT FROM %s", res_model, guarded)
        if not records.has_access("read"):
            return is_other
        # Correlated: only the leads of the rows at hand are looked at, never all that a manager may read.
        readable = records._search([])
        readable.add_where(SQL("%s = %s", SQL.identifier(readable.table, "id"), res_id))
        return SQL("(%s OR EXISTS (%s))", is_other, readable.select(SQL("1")))

    @api.model
    def _get_closed_references(self, records):
        """Return those of the records, of a model with `res_model` and `res_id`, that belong to a lead or a case closed to
        the user."""
        closed = []
        for guarded in GUARDED:
            # Whose they are decides who may see them.
            of_model_sudo = records.sudo().filtered(lambda record, model=guarded: record.res_model == model)
            if of_model_sudo:
                targets = self.env[guarded].browse(of_model_sudo.mapped("res_id")).exists()
                readable_ids = set(targets._filtered_access("read").ids)
                closed += [record.id for record in of_model_sudo if record.res_id not in readable_ids]
        return records.browse(closed)

    # === WHAT ODOO SHOWS OF OTHERS' LEADS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_potential_lead_duplicates(self):
        """Count every duplicate of the companies the user is at work in, list those the user may read."""
        super()._compute_potential_lead_duplicates()
        readable = self.duplicate_lead_ids.sudo(False)._filtered_access("read").sudo(self.env.su)
        for lead in self:
            lead.duplicate_lead_ids = (lead.duplicate_lead_ids - lead) & readable | lead

    def action_show_potential_duplicates(self):
        self.check_access("read")
        return super().action_show_potential_duplicates()

    def _merge_opportunity(self, *args, **kwargs):
        """Odoo deletes what was merged as superuser: first make sure that the user may change all of it."""
        self.check_access("write")
        if "opportunity" in self.mapped("type"):
            self._check_becomes_opportunity()
        # What the merged lead takes over of the others is theirs, not the user's.
        leads = self._open_fields(self._merge_get_fields())
        return super(CrmLeadAccess, leads)._merge_opportunity(*args, **kwargs).with_env(self.env)

    def unlink(self):
        """Close the meetings of the leads: without their lead every employee would read them."""
        self.check_access("unlink")
        # Meetings of the lead, whoever attends them.
        meetings_sudo = self.env["calendar.event"].sudo().search([("lead_of_meeting_id", "in", self.ids)])
        if meetings_sudo:
            meetings_sudo.with_context(dont_notify=True, skip_attendee_notification=True).write({"privacy": "private"})
        return super().unlink()
