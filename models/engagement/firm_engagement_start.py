import base64
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.rpc_input import get_day, get_text, is_choice
from .firm_engagement_identification import DOCUMENTS

IDENTIFY = "crm_firm.mail_activity_type_identify"
MAY_IDENTIFY = ("draft", "sent", "partly_signed", "signed")


class FirmEngagementStart(models.AbstractModel):
    """Work starts: with the last signature or, for firms bound by the law on money laundering, once the client is identified."""

    _name = "firm.engagement.start"
    _description = "Start of Work of an Engagement Letter"

    identification_ids = fields.One2many("firm.engagement.identification", "letter_id")
    needs_identification = fields.Boolean(compute="_compute_needs_identification")
    awaits_identification = fields.Boolean(
        "Waits for Identification", readonly=True, copy=False, help="It is signed; work starts when the client is identified."
    )

    @api.depends("partner_id", "company_id", "identification_ids")
    def _compute_needs_identification(self):
        for letter in self:
            letter.needs_identification = (
                letter._asks_identification() and bool(letter.partner_id) and not letter._get_valid_identification()
            )

    def _asks_identification(self):
        return self.company_id.sudo().crm_firm_letter_identification  # a setting

    def _get_valid_identification(self):
        """Return the last identification of the client by the firm whose document is valid today, elevated."""
        self.ensure_one()
        today = self.company_id._get_crm_firm_today()
        of_client = Domain("partner_id", "=", self.partner_id.commercial_partner_id.id) & Domain(
            "company_id", "=", self.company_id.id
        )
        valid = Domain("valid_until", "=", False) | Domain("valid_until", ">=", today)
        # Whoever sees this letter may know that the client is identified, also by another letter.
        return self.env["firm.engagement.identification"].sudo().search(of_client & valid, limit=1)

    def _check_identified(self):
        """:raise UserError: the firm identifies its clients before work starts, and one of these is not identified"""
        if waiting := self.filtered("needs_identification"):
            raise UserError(
                self.env._(
                    "Work does not start before %(client)s is identified: record it on the engagement letter %(letter)s.",
                    client=waiting[0].partner_id.commercial_partner_id.name,
                    letter=waiting[0].name,
                )
            )

    def record_identification(self, person, document, number, date=None, valid_until=None, beneficial_owners=None, scan=None):
        """Record in which document the client was identified. Letters of the client that are signed and wait for it start.

        :param str person: who was identified
        :param str document: one of `DOCUMENTS`
        :param str number: of the document
        :param date: the day it was seen: date or its string; None: today
        :param valid_until: the last day on which the document is valid; None: it does not expire
        :param str beneficial_owners: of a company, who owns or controls more than 25 %
        :param scan: copy of the document: bytes, or base64 text as RPC sends it
        :return: the new `firm.engagement.identification`
        :raise UserError: something is missing or cannot be, or the letter is over
        :raise AccessError: the user may not write on the letter
        """
        self.ensure_one()
        self.check_access("write")
        values = self._read_identification(person, document, number, date, valid_until, beneficial_owners)
        content = self._read_scan(scan)
        self._lock()
        if self.state not in MAY_IDENTIFY:
            raise UserError(self.env._("The letter %s is over: record it on the next one.", self.name))
        client = self.partner_id.commercial_partner_id
        values |= {"letter_id": self.id, "partner_id": client.id, "user_id": self.env.uid}
        values["scan"] = base64.b64encode(content) if content else False
        identification_sudo = self.env["firm.engagement.identification"]._add([values])
        facts = identification_sudo._get_facts()
        self.env["firm.engagement.event"]._log(self, "identified", actor={"user_id": self.env.uid}, facts=facts)
        # A document seen while it was valid, and recorded after that, is kept and starts nothing.
        if not self._asks_identification() or self._get_valid_identification():
            self._start_waiting_letters()
        return identification_sudo.sudo(self.env.su)

    def _read_identification(self, person, document, number, date, valid_until, beneficial_owners):
        today = self.company_id._get_crm_firm_today()
        values = {
            "person": get_text(self.env, person, self.env._("The person"), 200),
            "number": get_text(self.env, number, self.env._("The number of the document"), 100),
            "beneficial_owners": get_text(self.env, beneficial_owners, self.env._("The beneficial owners")),
            "document": document,
            "date": get_day(self.env, date) or today,
            "valid_until": get_day(self.env, valid_until),
        }
        if not values["person"] or not values["number"] or not is_choice(document, dict(DOCUMENTS)):
            raise UserError(self.env._("Enter who was identified, by which document, and its number."))
        if values["date"] > today:
            raise UserError(self.env._("The document cannot have been seen in the future."))
        if values["valid_until"] and values["valid_until"] < values["date"]:
            raise UserError(self.env._("This document had expired when it was seen: ask for one that is valid."))
        if self.partner_id.commercial_partner_id.is_company and not values["beneficial_owners"]:
            raise UserError(self.env._("Of a company, enter who owns or controls more than 25 %, or that nobody does."))
        return values

    def _start_waiting_letters(self):
        """Start all that the client has signed and the firm has not begun. The user may write on one of the letters."""
        # All that waits for the same client: who may write on one letter has what they wait for.
        waiting_sudo = self.sudo().search(
            [
                ("awaits_identification", "=", True),
                ("company_id", "=", self.company_id.id),
                ("partner_id", "child_of", self.partner_id.commercial_partner_id.id),
            ]
        )
        for letter_sudo in waiting_sudo:
            letter_sudo._lock()
            letter_sudo._start_work({"user_id": self.env.uid})

    def action_start_work(self):
        """Start what waits only because identification was asked for when it was signed."""
        self.ensure_one()
        self.check_access("write")
        self._check_identified()
        self._start_waiting_letters()
        return True

    def _in_owners_name(self):
        """Return the letter for what the firm does in its owner's name: the client, or whoever records it, only causes it."""
        self.ensure_one()
        owner = self.user_id if self.user_id.active else self.env["res.users"].browse(SUPERUSER_ID)
        return self.with_user(owner).sudo()

    def _start_or_wait(self):
        """Start work on a letter that all have signed, or have its owner identify the client first."""
        if not self.needs_identification:
            self._start_work()
            return
        self.awaits_identification = True
        lead = self.lead_id
        if lead and not lead.activity_ids.filtered(lambda task: task.activity_type_id == self.env.ref(IDENTIFY)):
            told = lead._for_colleagues()
            told.with_context(mail_activity_quick_update=True).activity_schedule(
                IDENTIFY,
                date_deadline=self.company_id._get_crm_firm_today() + timedelta(days=1),
                summary=told.env._("Identify %s: work starts then", self.partner_id.commercial_partner_id.name),
                user_id=(lead._get_task_owner() or self.env.user).id,
            )

    def _start_work(self, actor=None):
        """Confirm the order, open the case and ask for the first documents, in this transaction.

        :param dict actor: as of the history; None: it follows from the last signature
        """
        self._log_start(actor)
        letter_sudo = self._in_owners_name()
        letter_sudo.awaits_identification = False
        if letter_sudo.order_id.state != "sale":  # begun unsigned
            letter_sudo.order_id._by_letter().action_confirm()
        letter_sudo._request_first_documents()
        task_type = self.env.ref(IDENTIFY, raise_if_not_found=False)
        tasks = letter_sudo.lead_id.activity_ids.filtered(lambda task: task.activity_type_id == task_type)
        if task_type and tasks:
            tasks.action_feedback(feedback=self.env._("Identified."))

    def _has_begun(self):
        """Return whether work was begun by this letter or by one that it replaces."""
        return self.order_id.state == "sale" or bool(self.replaces_id and self.replaces_id._has_begun())

    def _log_start(self, actor=None):
        """Keep in the history that work starts, and by which identification: whoever names the hash of its entry came after it.

        The caller holds the lock.
        """
        asked = self._asks_identification()
        facts = {"identification_asked": asked, "awaited_identification": self.awaits_identification}
        if asked and (seen_sudo := self._get_valid_identification()):
            event_sudo = seen_sudo._get_event()
            facts |= {"identification": seen_sudo.id, "identified": event_sudo.hash, "identified_on": event_sudo.letter_id.name}
        self.env["firm.engagement.event"]._log(self, "started", actor=actor, facts=facts)

    def _request_first_documents(self):
        """Open the case of the new client and ask for what the practice area needs first."""
        document_set = self.practice_area_id.letter_document_set_id
        if not document_set or (self.replaces_id and self.replaces_id._has_begun()):  # the firm has them
            return
        lang = self._get_lang()
        in_language = self.with_context(lang=lang)
        case = (
            self.env["helpdesk.ticket"]
            ._without_state_mail()
            .create(
                {
                    "name": in_language.env._("First documents: %s", in_language.practice_area_id.name),
                    "description": in_language.env._("Engagement letter %s", self.name),
                    "partner_id": self.partner_id.id,
                    "team_id": self.env["helpdesk.ticket.team"]._get_default_case_team(self.company_id).id,
                    "practice_area_id": self.practice_area_id.id,
                    "specialist_id": self.lead_id.specialist_id.id,
                    "company_id": self.company_id.id,
                }
            )
        )
        case._request_documents(document_set.with_context(lang=lang)._prepare_documents(self.company_id))

    def _find_identification_faults(self):
        told = [event._get_facts() for event in self.event_ids if event.kind == "identified"]
        if [identification._get_facts() for identification in self.identification_ids.sorted("id")] != told:
            yield self.env._("%s: the history tells another identification of the client.", self.name)

    def _find_start_faults(self):
        """Work has started when the history says so and, where the firm asks for it, after the client was identified."""
        started = self.event_ids.filtered(lambda event: event.kind == "started")
        for event in started:
            if event._get_facts().get("identification_asked") and not self._was_identified_before(event):
                yield self.env._("%s: work started without the identification of the client that the firm asks for.", self.name)
        sent, finished = ([event for event in self.event_ids if event.kind == kind] for kind in ("sent", "finished"))
        # Earlier versions kept no start of work: what was sent or signed then cannot be compared.
        # What was begun unsigned before it was sent says so itself.
        told = [event._get_facts() for event in sent]
        if self.order_id.state == "sale" and not started and told and all(facts and not facts.get("begun") for facts in told):
            yield self.env._("%s: the order is confirmed, and the history knows of no start of work.", self.name)
        facts = finished[-1]._get_facts() if finished else {}
        awaits = facts.get("awaits_identification") and self.state == "signed" and started[-1:].id < finished[-1].id
        if facts and self.awaits_identification != bool(awaits):
            yield self.env._("%s: the history says otherwise about waiting for the identification of the client.", self.name)

    def _was_identified_before(self, start):
        """Return whether what a start of work names was there, is as it was written, and held on that day."""
        facts = start._get_facts()
        seen = self.env["firm.engagement.identification"].browse(facts.get("identification")).exists()
        event = seen.letter_id.event_ids.filtered(lambda event: event.kind == "identified" and event.hash == facts["identified"])
        if not event or not event._is_as_written() or event._get_facts() != seen._get_facts():
            return False
        until = event._get_facts()["valid_until"]
        day = fields.Date.to_string(self.company_id._get_crm_firm_local_date(start.date))
        return event.id < start.id and (not until or until >= day)
