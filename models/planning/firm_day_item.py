from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

KINDS = [
    ("call", "Call"),
    ("decision", "To decide"),
    ("meeting", "Meeting"),
    ("proposal", "Proposal"),
    ("document", "Document"),
    ("case", "Case"),
    ("task", "Task"),
]

# By what the one whom an item is about is found: what the row shows of it
SEARCHED = {
    "lead_id": ("contact_name", "partner_name", "name"),
    "ticket_id": ("partner_name", "number", "name"),
}

# Each arm: what makes an item, when (`moment`, or `on_day` without an hour), for whom, and where it opens. Ids of items are
# those of their records with the number of the arm.
QUERY = """
    SELECT id, kind, user_id, company_id, res_model, res_id, lead_id, ticket_id, document_id, activity_id, event_id,
           moment IS NOT NULL AS has_hour,
           COALESCE(on_day, (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date) AS day,
           COALESCE(moment, (on_day + 1)::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC' - interval '1 second') AS due_at
    FROM (
        SELECT id::bigint * 10 AS id, 'call' AS kind, user_id, company_id, 'crm.lead' AS res_model, id AS res_id,
               id AS lead_id, NULL::int AS ticket_id, NULL::int AS document_id, NULL::int AS activity_id,
               NULL::int AS event_id, call_due_on AS moment, NULL::date AS on_day
        FROM crm_lead
        WHERE active AND type = 'lead' AND call_due_on IS NOT NULL AND user_id IS NOT NULL

        -- Somebody was reached and nothing is planned: on that day it is decided what becomes of the request.
        UNION ALL
        SELECT lead.id::bigint * 10 + 7, 'decision', lead.user_id, lead.company_id, 'crm.lead', lead.id, lead.id, NULL, NULL,
               NULL, NULL, NULL,
               (GREATEST(COALESCE(lead.first_contact_on, lead.received_on, lead.create_date), lead.last_answer_on,
                    (SELECT max(date) FROM firm_contact_attempt WHERE lead_id = lead.id AND outcome = 'reached'),
                    (SELECT max(stop) FROM calendar_event WHERE active AND lead_of_meeting_id = lead.id)
                ) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
        FROM crm_lead lead
        WHERE lead.active AND lead.type = 'lead' AND lead.contact_status = 'contacted' AND lead.user_id IS NOT NULL
          AND lead.call_due_on IS NULL
          AND NOT EXISTS (SELECT FROM mail_activity WHERE active AND res_model = 'crm.lead' AND res_id = lead.id)
          AND NOT EXISTS (SELECT FROM calendar_event
                          WHERE active AND lead_of_meeting_id = lead.id AND stop >= %(now)s)

        -- The call of a lead has its hour on the lead, for its owner alone; a meeting has its own. A task about nothing opens
        -- itself.
        UNION ALL
        SELECT task.id::bigint * 10 + 1,
               CASE WHEN task.activity_type_id = %(proposal)s THEN 'proposal'
                    WHEN kind.category = 'phonecall' THEN 'call' ELSE 'task' END,
               task.user_id, NULL, COALESCE(task.res_model, 'mail.activity'), COALESCE(task.res_id, task.id),
               CASE WHEN task.res_model = 'crm.lead' THEN task.res_id END,
               CASE WHEN task.res_model = 'helpdesk.ticket' THEN task.res_id END,
               NULL, task.id, NULL, NULL, task.date_deadline
        FROM mail_activity task LEFT JOIN mail_activity_type kind ON kind.id = task.activity_type_id
        WHERE task.active AND task.user_id IS NOT NULL AND task.calendar_event_id IS NULL
          AND NOT (task.res_model = 'crm.lead' AND kind.category IS NOT DISTINCT FROM 'phonecall' AND EXISTS (
              SELECT FROM crm_lead WHERE crm_lead.id = task.res_id AND type = 'lead' AND call_due_on IS NOT NULL
                AND crm_lead.active AND crm_lead.user_id = task.user_id))

        UNION ALL
        SELECT guest.id::bigint * 10 + 2, 'meeting', person.id, NULL, 'calendar.event', event.id, NULL, NULL, NULL, NULL,
               event.id, CASE WHEN event.allday THEN NULL ELSE event.start END, CASE WHEN event.allday THEN event.start_date END
        FROM res_users person
        JOIN calendar_attendee guest ON guest.partner_id = person.partner_id
        JOIN calendar_event event ON event.id = guest.event_id
        WHERE event.active AND guest.state IS DISTINCT FROM 'declined'

        -- Who is in charge of a case and its specialist both have it in their day; a document is reviewed when it came.
        UNION ALL
        SELECT document.id::bigint * 10 + 3 + person.number, 'document', person.user_id, ticket.company_id, 'helpdesk.ticket',
               ticket.id, NULL, ticket.id, document.id, NULL, NULL, NULL,
               (SELECT (max(uploaded_on) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                FROM firm_document_version WHERE request_id = document.id)
        FROM helpdesk_ticket ticket
        JOIN firm_document_request document ON document.ticket_id = ticket.id
        JOIN LATERAL (VALUES (0, ticket.user_id), (1, NULLIF(ticket.specialist_id, ticket.user_id))) AS person (number, user_id)
             ON person.user_id IS NOT NULL
        WHERE ticket.active AND ticket.is_case AND ticket.case_state != 'archived'
          AND document.state = 'received' AND document.origin != 'firm'

        UNION ALL
        SELECT ticket.id::bigint * 10 + 5 + person.number, 'case', person.user_id, ticket.company_id, 'helpdesk.ticket',
               ticket.id, NULL, ticket.id, NULL, NULL, NULL, ticket.next_due_at, NULL
        FROM helpdesk_ticket ticket
        JOIN LATERAL (VALUES (0, ticket.user_id), (1, NULLIF(ticket.specialist_id, ticket.user_id))) AS person (number, user_id)
             ON person.user_id IS NOT NULL
        WHERE ticket.active AND ticket.is_case AND ticket.next_due_at IS NOT NULL
    ) item
"""


class FirmDayItem(models.Model):
    """What somebody has to do, by day and hour: calls, meetings, proposals, documents to review, cases, other tasks.

    No table: each item is a lead, a task, a meeting, a document or a case as it is now. Rules (`ir.rule`) ask whether the
    user may read that record; names are read with the user's own rights.
    """

    _name = "firm.day.item"
    _description = "To Do of a Day"
    _auto = False
    _order = "due_at, id"
    _rec_name = "subject"
    _depends = {
        "calendar.attendee": ["event_id", "partner_id", "state"],
        "calendar.event": ["active", "allday", "lead_of_meeting_id", "start", "start_date", "stop"],
        "crm.lead": [
            *("active", "call_due_on", "company_id", "contact_status", "first_contact_on", "last_answer_on", "received_on"),
            *("type", "user_id"),
        ],
        "firm.contact.attempt": ["date", "lead_id", "outcome"],
        "firm.document.request": ["origin", "state", "ticket_id"],
        "firm.document.version": ["request_id", "uploaded_on"],
        "helpdesk.ticket": ["active", "case_state", "company_id", "is_case", "next_due_at", "specialist_id", "user_id"],
        "mail.activity": ["active", "activity_type_id", "calendar_event_id", "date_deadline", "res_id", "res_model", "user_id"],
        "mail.activity.type": ["category"],
        "res.users": ["partner_id"],
    }

    kind = fields.Selection(KINDS, readonly=True)
    user_id = fields.Many2one("res.users", "Whose", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    due_at = fields.Datetime("Due", readonly=True, help="What has a day but no hour is due at the end of that day.")
    has_hour = fields.Boolean(readonly=True)
    day = fields.Date(readonly=True, help="Where the firm is.")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    lead_id = fields.Many2one("crm.lead", readonly=True)
    ticket_id = fields.Many2one("helpdesk.ticket", "Case", readonly=True)
    document_id = fields.Many2one("firm.document.request", readonly=True)
    activity_id = fields.Many2one("mail.activity", readonly=True)
    event_id = fields.Many2one("calendar.event", readonly=True)

    is_late = fields.Boolean("Late", compute="_compute_is_due", search="_search_is_late")
    is_due = fields.Boolean(
        "By the End of Today", compute="_compute_is_due", search="_search_is_due", help="Of meetings, those of today only."
    )
    subject = fields.Char("What", compute="_compute_texts")
    who = fields.Char(compute="_compute_texts", search="_search_who")
    who_else = fields.Char("Company or Number", compute="_compute_texts")
    phone = fields.Char(compute="_compute_texts")
    opens_letter = fields.Boolean(compute="_compute_texts")
    asks_outcome = fields.Boolean(compute="_compute_asks_outcome", help="A call of a request: it is asked how it went.")

    # === WHAT THERE IS TO DO === #

    @property
    def _table_query(self):
        proposal = self.env.ref("crm_firm.mail_activity_type_send_proposal", raise_if_not_found=False)
        zone = self.env.company._get_crm_firm_zone().zone
        return SQL(QUERY, zone=zone, now=fields.Datetime.now(), proposal=proposal.id if proposal else None)

    @api.model
    def _get_my_day_domain(self):
        """Return the domain of what the user has to do by the end of today."""
        return [("user_id", "=", self.env.uid), ("is_due", "=", True)]

    # === WHAT IS SHOWN === #

    @api.depends("due_at", "day", "kind")
    def _compute_is_due(self):
        now, today = fields.Datetime.now(), self.env.company._get_crm_firm_today()
        for item in self:
            item.is_due = bool(item.day) and (item.day == today or (item.day < today and item.kind != "meeting"))
            item.is_late = item.kind != "meeting" and bool(item.due_at) and item.due_at < now

    @api.depends("kind", "activity_id")
    def _compute_asks_outcome(self):
        for item in self:
            item.asks_outcome = item.kind == "call" and not item.activity_id

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("kind", "!=", "meeting"), ("due_at", "<", fields.Datetime.now())]

    def _search_is_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_crm_firm_today()
        return [("day", "<=", today), "|", ("kind", "!=", "meeting"), ("day", "=", today)]

    def _search_who(self, operator, value):
        if operator not in ("ilike", "=ilike", "like", "=like"):
            return NotImplemented
        # Who works on cases only may not even search leads, and the other way round.
        return Domain.OR(
            Domain(link, "any", Domain.OR(Domain(fname, operator, value) for fname in fnames))
            for link, fnames in SEARCHED.items()
            if self.env[self._fields[link].comodel_name].has_access("read")
        )

    @api.model
    def search_panel_select_range(self, field_name, **kwargs):
        """Offer every colleague, also who has nothing to do: a view that opens at the user's own day finds it there. The client
        takes no domain of its own for such a list."""
        if field_name == "user_id":
            colleagues = [("share", "=", False), ("company_ids", "in", self.env.companies.ids)]
            kwargs["comodel_domain"] = colleagues
        return super().search_panel_select_range(field_name, **kwargs)

    @api.depends_context("uid", "lang", "allowed_company_ids")
    @api.depends("kind", "lead_id", "ticket_id", "document_id", "activity_id", "event_id", "res_model", "res_id")
    def _compute_texts(self):
        """Name what is to be done and for whom, as far as the user may read it."""
        readable = self._get_readable()
        names = self._get_other_names(readable)
        for item in self:
            lead = item.lead_id if item.lead_id in readable["crm.lead"] else item.lead_id.browse()
            case = item.ticket_id if item.ticket_id in readable["helpdesk.ticket"] else item.ticket_id.browse()
            texts = {"who": False, "who_else": False, "phone": False, "subject": False}
            if lead:
                texts |= {
                    "who": lead.contact_name or lead.partner_name or lead.name,
                    "who_else": lead.partner_name if lead.contact_name else False,
                    "phone": lead.phone,
                    "subject": lead.remarks_excerpt or lead.name,
                }
            elif case:
                texts |= {"who": case.partner_name, "who_else": case.number, "phone": case.partner_phone}
                texts["subject"] = case.name
            if item.document_id and case:
                texts["subject"] = item.document_id.name
            if item.activity_id:
                task = item.activity_id
                # of whom the task is, and who sees it, rules have said
                texts["subject"] = task.summary or task.activity_type_id.sudo().name
                texts["who"] = texts["who"] or names.get((item.res_model, item.res_id), False)
                if task.crm_firm_caller or task.crm_firm_caller_phone:  # who called need not be the client
                    texts["who_else"] = ", ".join(filter(None, (texts["who"], texts["who_else"])))
                    texts |= {"who": task.crm_firm_caller or texts["who"], "phone": task.crm_firm_caller_phone}
            if item.event_id in readable["calendar.event"]:
                texts["subject"] = item.event_id.name
                texts["who"] = names.get(("calendar.event", item.event_id.id), False)
            item.update(texts)
            item.opens_letter = item.kind == "proposal" and bool(lead) and lead.type == "opportunity"

    def _get_readable(self):
        """Return, for leads, cases and meetings, those of these items that the user may read."""
        readable = {}
        for fname in ("lead_id", "ticket_id", "event_id"):
            records = self[fname]
            readable[records._name] = set(records._filtered_access("read"))
        return readable

    def _get_other_names(self, readable):
        """Return {(model, id): name} of what neither is a lead nor a case: of records tasks hang on, and guests of meetings."""
        names = {}
        others = defaultdict(set)
        for item in self.filtered("activity_id"):
            if item.res_model != "mail.activity" and not (item.lead_id or item.ticket_id):
                others[item.res_model].add(item.res_id)
        for model, ids in others.items():
            if model in self.env:
                records = self.env[model].browse(ids).exists()._filtered_access("read")
                names |= {(model, record.id): record.display_name for record in records}
        for event in readable["calendar.event"]:
            guests = event.partner_ids - self.env.user.partner_id
            names["calendar.event", event.id] = ", ".join(guest.name for guest in guests[:3] if guest.name) or False
        return names

    # === OPEN === #

    def action_open(self):
        """Open the record: the lead, the case, the document, the meeting, or what the task hangs on, if anything.

        :return: action
        """
        self.ensure_one()
        self.check_access("read")
        record = self.document_id or self.env[self.res_model].browse(self.res_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.subject or record._description,
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new" if record._name == "mail.activity" else "current",
        }
