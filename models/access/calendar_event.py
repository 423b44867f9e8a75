from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import OrderedSet


class CalendarEvent(models.Model):
    """Meetings about a lead: everybody sees that a colleague is busy, who sees the lead sees with whom and why.

    Odoo's own private meetings work like this; here the lead decides. Organizer and attendees keep their meetings.
    Changing and deleting is narrowed in `ir.rule`.
    """

    _name = "calendar.event"
    _inherit = ["firm.guarded.fields", "calendar.event"]

    # Out of reach of the hiding below and of everybody's reading: rules and `_is_of_closed_lead` rely on it.
    lead_of_meeting_id = fields.Many2one(
        "crm.lead",
        compute="_compute_lead_of_meeting_id",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_system",
        export_string_translation=False,
    )

    @api.depends("opportunity_id", "res_model", "res_id")
    def _compute_lead_of_meeting_id(self):
        leads = self.env["crm.lead"].browse({event.res_id for event in self if event.res_model == "crm.lead" and event.res_id})
        existing = leads.exists()
        for event in self:
            by_reference = existing.browse(event.res_id) if event.res_model == "crm.lead" else existing.browse()
            event.lead_of_meeting_id = event.opportunity_id or (by_reference & existing)

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._stop_follow_up_of_leads()
        return events

    def write(self, vals):
        result = super().write(vals)
        if vals.get("opportunity_id"):
            self._stop_follow_up_of_leads()
        return result

    def _stop_follow_up_of_leads(self):
        for event in self.filtered("opportunity_id"):
            # A meeting somebody else books with the person counts as well.
            event.opportunity_id.sudo()._on_meeting_booked(event)

    # === WHAT IS HIDDEN === #

    def _is_of_closed_lead(self):
        self.ensure_one()
        lead_sudo = self.sudo().lead_of_meeting_id  # the user may not read it; that is the question
        return (
            bool(lead_sudo)
            and self.user_id.id != self.env.uid
            and self.env.user.partner_id not in self.partner_ids
            and not lead_sudo.sudo(False).has_access("read")
        )

    def _check_private_event_conditions(self):
        return super()._check_private_event_conditions() or self._is_of_closed_lead()

    def _get_default_privacy_domain(self):
        return Domain(super()._get_default_privacy_domain()) & self._get_open_domain()

    def _get_open_domain(self):
        """Return the domain of the meetings that no closed lead hides from the user."""
        rules = self.env["ir.rule"]
        # The field is for nobody to read, the domain needs it.
        return Domain("id", "in", self.sudo().with_context(active_test=False)._search(rules._get_open_meeting_domain("")))

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        """Find nothing by what is hidden: a search for a client's name would tell of the meeting, and so would its place in
        the order of names."""
        if not (self.env.su or bypass_access) and (self._asks_for_details(domain) or self._sorts_by_details(order)):
            domain = Domain(domain) & self._get_open_domain()
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _sorts_by_details(self, order):
        terms = (term.split() for term in (order or self._order).split(","))
        return any(term and term[0].split(".")[0] not in self._get_public_fields() for term in terms)

    def _asks_for_details(self, domain):
        seen_by_all = self._get_public_fields()
        return any(
            condition.field_expr.split(".")[0] not in seen_by_all and not self._asks_for_colleagues(condition)
            for condition in Domain(domain).iter_conditions()
        )

    def _asks_for_colleagues(self, condition):
        """Tell whether a condition asks for meetings of colleagues, as their calendars do; with which client is a detail."""
        if condition.field_expr != "partner_ids" or condition.operator not in ("in", "not in", "=", "!="):
            return False
        values = condition.value if isinstance(condition.value, (list, tuple, set, OrderedSet)) else [condition.value]
        if not all(isinstance(value, int) for value in values):
            return False
        guests_sudo = self.env["res.partner"].sudo().browse([value for value in values if value])  # who is a colleague
        return not any(guests_sudo.exists().mapped("partner_share"))

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        closed = self.filtered(lambda event: event._is_of_closed_lead())
        result = super(CalendarEvent, self - closed)._mail_get_operation_for_mail_message_operation(message_operation)
        return result | dict.fromkeys(closed, "write")
