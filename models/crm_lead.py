from odoo import api, fields, models

from ..tools.mail_in_hand import get_mail
from .request.crm_team import ASSIGN_ONLY

# An object: RPC can put no such thing into the context.
_KEEP_CONTACT = object()


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = [
        "firm.guarded.fields",
        "crm.lead.access",
        "crm.lead.followers",
        "firm.odoo.extras",
        "crm.lead.duplicate.search",
        "crm.lead",
        "firm.service.request",
        "crm.lead.missing.channel",
        "crm.lead.arrival",
        "crm.lead.owner",
        "crm.lead.acknowledgement",
        "crm.lead.contact.status",
        "crm.lead.call.outcome",
        "crm.lead.first.contact",
        "crm.lead.ready.for.proposal",
        "crm.lead.discard",
        "crm.lead.follow.up.cycle",
        "crm.lead.next.step",
        "crm.lead.answer",
        "crm.lead.email.obstacle",
        "crm.lead.bounce",
        "crm.lead.replan",
        "crm.lead.phone.request",
        "crm.lead.escalation",
        "crm.lead.follow.up.record",
        "crm.lead.queue",
        "crm.lead.verification",
        "crm.lead.differences",
        "crm.lead.conflict",
        "crm.lead.conversion.prefill",
        "crm.lead.conversion.case",
        "crm.lead.conversion",
        "crm.lead.conversion.undo",
        "crm.lead.utm",
        "crm.lead.web.page",
        "crm.lead.web.intake",
        "crm.lead.mail.intake",
        "crm.lead.mail.reply",
        "crm.lead.caller",
        "crm.lead.register.input",
        "crm.lead.register",
        "crm.lead.fee",
        "crm.lead.letters",
    ]

    _consent_link_field = "lead_id"
    _consent_name_fields = ("contact_name", "partner_name")
    _consent_email_field = "email_from"

    # Besides what is read only
    _firm_protected_fields = {
        **dict.fromkeys(("contact_status", "next_contact_on", "first_contact_deadline"), "contact"),
        **dict.fromkeys(("first_contact_on", "first_contact_hours", "ready_on", "call_due_on", "call_planned_from"), "contact"),
        **dict.fromkeys(("data_verified_on", "data_verified_by_id"), "verify"),
        "received_on": "received",
        "conflict_state": "conflict",
        "case_id": "convert",
    }
    _firm_protected_later = frozenset({"received_on"})
    _firm_fields_of_old_data = {"first_contact_on": "sales_team.group_sale_manager"}

    consent_ids = fields.One2many("firm.consent", "lead_id", string="Consents")

    _idempotency_key_uniq = models.UniqueIndex(
        "(idempotency_key) WHERE idempotency_key IS NOT NULL", "This request has already been received."
    )
    # The queue: one status, newest first. What the rules ask for (owner, specialist, company) goes along, so that a
    # salesperson's rows are found and counted among 100,000 in the index alone.
    _queue_idx = models.Index(
        "(contact_status, received_on DESC, id DESC) INCLUDE (user_id, specialist_id, company_id)"
        " WHERE active IS TRUE AND type = 'lead'"
    )
    # Keys of verification
    _name_tokens_idx = models.Index("USING gin (string_to_array(name_tokens, ' '))")
    _other_phones_idx = models.Index("USING gin (string_to_array(crm_firm_other_phones, ' '))")
    _email_normalized_exact_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    _owner_untold_idx = models.Index("(user_id) WHERE owner_untold IS TRUE")

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = self._complete_request_values(vals_list)
        leads = super().create(vals_list)
        leads_sudo = leads.sudo()  # the front desk registers for an owner what it may not open afterwards
        requests_sudo = leads_sudo.filtered(lambda lead: lead.type == "lead" and lead.won_status == "pending")
        requests_sudo._set_first_contact_deadline()
        to_handle_sudo = requests_sudo.filtered("channel_id")
        (to_handle_sudo - to_handle_sudo._request_missing_phones())._ensure_call_planned()
        if self.env.context.get("import_file"):
            # Data of another CRM: nobody is told of it. What is imported with a channel is a request like any other.
            leads_sudo = leads_sudo.filtered("channel_id")
        leads_sudo._note_owners_to_tell()
        return leads

    def write(self, vals):
        if vals.get("type") == "opportunity" and not self.env.su:
            self._check_becomes_opportunity()
        owners = {lead: lead.user_id for lead in self} if "user_id" in vals else {}
        result = super().write(vals)
        # What follows is the system's doing: whoever gave a request away, or classified it, may not see it any more.
        leads_sudo = self.sudo()
        if vals.get("practice_area_id"):
            leads_sudo.filtered(lambda lead: lead.channel_id and lead._is_waiting_for_contact())._assign_owners()
        changed_sudo = leads_sudo.filtered(lambda lead: lead in owners and lead.user_id != owners[lead])
        if changed_sudo:
            changed_sudo._on_owner_changed({lead: owners[lead] for lead in changed_sudo})
        leads_sudo._on_follow_up_written(vals)
        return result

    def _on_owner_changed(self, old_owners):
        self._move_open_activities(old_owners)
        # A lead that leaves the pool gets the call that nobody could be given on arrival.
        self.filtered(
            lambda lead: not old_owners[lead] and lead.channel_id and lead._is_waiting_for_contact()
        )._ensure_call_planned()
        self._note_owners_to_tell()

    def _is_waiting_for_contact(self):
        return self.type == "lead" and self.active and self.contact_status in ("to_contact", "second_contact")

    def _get_firm_company(self):
        return self.company_id or self.env.company

    @api.model
    def _get_firm_doors(self):
        return super()._get_firm_doors() | {
            "contact": self.env._("Use “Log contact”, “Ready for proposal”, “Discard” or “Restart the follow-up”."),
            "verify": self.env._("Use “Verify the data”."),
            "received": self.env._("When the request arrived is said when it is registered."),
            "conflict": self.env._("Use “Conflict of interest” to record the verdict."),
            "convert": self.env._("Use “Convert”."),
        }

    def _get_zone_name(self):
        """Return the zone in which moments are said: the reader's, else the firm's (a visitor and a job have none)."""
        return self.env.user.tz or self._get_firm_company()._get_crm_firm_zone().zone

    # === OVERRIDES OF CORE === #

    @api.depends("case_id")
    def _compute_won_status(self):
        """What became a case was not lost, although it left the list."""
        super()._compute_won_status()
        for lead in self:
            if lead.won_status == "lost" and lead.case_id:
                lead.won_status = "pending"

    def action_set_lost(self, **additional_values):
        """Keep on the contact why the request came to nothing: the next one shows it."""
        result = super().action_set_lost(**additional_values)
        self._keep_discard_on_contact()
        return result

    def action_unarchive(self):
        """Forget on the contact what was restored, and stop the e-mail that would turn them down."""
        discarded = self.filtered(lambda lead: lead.won_status == "lost")
        result = super().action_unarchive()
        discarded._forget_discard_on_contact()
        discarded._withdraw_decline()
        discarded.sudo()._release_from_who_cannot()  # an owner who left meanwhile; who restores need not see the next one's
        return result

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Our own e-mail tells the owner, with what is needed to call; Odoo's would be the second one."""
        if template != "mail.message_user_assigned":
            return super()._message_auto_subscribe_notify(partner_ids, template)
        return None

    def _mail_track(self, tracked_fields, initial_values):
        """“Won” and “Lost” say already what their status says again; every other change of status is on the record."""
        if "won_status" in initial_values and initial_values["won_status"] != self.won_status:
            tracked_fields = {fname: field for fname, field in tracked_fields.items() if fname != "contact_status"}
        return super()._mail_track(tracked_fields, initial_values)

    def website_form_input_filter(self, request, values):
        """Let the website's settings speak only where the firm has no rule of its own."""
        return self._complete_web_intake(request.website, super().website_form_input_filter(request, values))

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A mail makes a request like any other: channel, area, owner, acknowledgement."""
        mail = get_mail(self.env)
        values = self._prepare_mail_request_values(msg_dict, custom_values, mail)
        lead = super().message_new(msg_dict, custom_values=values)
        if mail:
            mail.created.add(lead.id)
            lead._acknowledge_request(mail)
        return lead

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        self._notice_message(message)
        return result

    def _notify_get_reply_to(self, default=None, author_id=False):
        addresses = super()._notify_get_reply_to(default=default, author_id=author_id)
        return {lead.id: lead._get_own_reply_to(addresses.get(lead.id)) for lead in self}

    def convert_opportunity(self, partner, user_ids=False, team_id=False):
        """Conflicts of interest are looked at first, whoever converts: also a job, which writes as superuser.

        Odoo's automatic assignment converts what it assigns (see `crm.team`). A request is called first, and one with a
        conflict stays a request: it is assigned only.
        """
        if self.env.context.get("crm_firm_assign_only") is ASSIGN_ONLY:
            self._read_what_follows_company()
            kept = self.filtered(
                lambda lead: (
                    lead.type == "lead"
                    and ((lead.channel_id and lead._is_waiting_for_contact()) or lead._get_conflict_obstacle())
                )
            )
            if kept:
                kept._handle_salesmen_assignment(user_ids=user_ids, team_id=team_id)
                self -= kept  # not by a difference with nothing: what is read for these is read for all of Odoo's loop
            if not self:
                return True
        else:
            self._check_becomes_opportunity()
        # Checked, so that `write` need not look again.
        return super(CrmLead, self._open_fields(["type"])).convert_opportunity(partner, user_ids=user_ids, team_id=team_id)

    def _read_what_follows_company(self):
        """Odoo assigns lead by lead, and the lines of each take its company along: read those of all its leads at once."""
        for fname in ("contact_attempt_ids", "follow_up_step_ids", "interview_ids", "letter_ids"):
            self.sudo().mapped(fname)  # as Odoo reads them there

    def _convert_opportunity_data(self, customer, team_id=False):
        """Whom a proposal is written for is qualified already: their opportunity does not begin among the new ones."""
        values = super()._convert_opportunity_data(customer, team_id=team_id)
        stage = self._get_stage_of_ready(team_id or self.team_id.id)
        return values | {"stage_id": stage.id} if stage else values

    def _create_customer(self, with_parent=None):
        """Odoo's way to make the contact: what it makes while the lead is being converted is noted for undoing."""
        known = self.partner_id | (with_parent or self.partner_id)
        partner = super()._create_customer(with_parent=with_parent)
        self._note_created((partner | partner.parent_id) - known)
        return partner

    def _keeping_contact(self, keeps=True):
        """Return the leads with what is written on them left out of their contact, or, `keeps=False`, as Odoo has it."""
        return self.with_context(crm_firm_keep_contact=_KEEP_CONTACT if keeps else None)

    def _inverse_email_from(self):
        """Odoo writes a lead's e-mail to its contact; what a caller says does not change the contact by itself."""
        return None if self.env.context.get("crm_firm_keep_contact") is _KEEP_CONTACT else super()._inverse_email_from()

    def _inverse_phone(self):
        return None if self.env.context.get("crm_firm_keep_contact") is _KEEP_CONTACT else super()._inverse_phone()

    def _merge_get_fields(self):
        return [
            *super()._merge_get_fields(),
            "channel_id",
            "practice_area_id",
            "specialist_id",
            "vat",
            "accounting_software",
            "need_known",
            "ready_on",
            "fee_informed_on",
            "fee_informed_by_id",
            "fee_informed_amount",
            "fee_currency_id",
        ]

    def _merge_get_fields_specific(self):
        return super()._merge_get_fields_specific() | {
            # The first moment and the largest figure known of what turned out to be one request
            "received_on": lambda fname, leads: min(filter(None, leads.mapped("received_on")), default=False),
            "first_contact_on": lambda fname, leads: min(filter(None, leads.mapped("first_contact_on")), default=False),
            "employee_count": lambda fname, leads: max(leads.mapped("employee_count")),
        }

    def _merge_dependences(self, opportunities):
        """Take attempts and consents along: they belong to the person, not to the duplicate."""
        super()._merge_dependences(opportunities)
        # Odoo has checked the right to merge.
        opportunities.sudo().contact_attempt_ids._move(self)
        opportunities.sudo().follow_up_step_ids._cancel("merged")
        opportunities.sudo().consent_ids._move({"lead_id": self.id})
        opportunities.sudo().opposing_party_ids.write({"lead_id": self.id})
        opportunities.sudo().party_verdict_ids.write({"lead_id": self.id})
        opportunities.sudo()._move_letters(self)
        # One person is called once: by the earliest date that somebody was to call on.
        self.invalidate_recordset(["activity_ids"])
        activities_sudo = self.sudo().activity_ids
        if len(activities_sudo) > 1:  # else no query for the plan: Odoo's assignment merges many
            types = self._get_contact_activity_types()
            calls_sudo = activities_sudo.filtered(lambda activity: activity.activity_type_id in types)
            calls_sudo.sorted("date_deadline")[1:].unlink()
