"""Who sees what: every role at every door.

A door is a way to get at leads or at something of theirs, tried as RPC would; it returns the marks of the leads it gave
away. What each role is to get is written in the tables, so that one row more, or one less, fails a test.

Longer than others: one table of all doors.
"""

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .access_common import ALL, NADIA, OLGA, OTHER, POOL, AccessCast, get_name, marks_in

SILENT = (
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.mail.models.mail_render_mixin",
    "odoo.models.unlink",
)

# The leads that are each role's to see
SEES = {
    "marta": ALL,
    "adam": ALL,
    "berta": {OTHER},
    "olga": {OLGA},
    "oscar": set(),
    "sara": {OLGA},
    "nadia": {NADIA},
    "fran": {POOL},
    "elsa": set(),
    "paula": set(),
    "public": set(),
}
# Cases: those given to somebody; all of them for managers of cases; for the front desk what nobody has classified, and of
# the others their state, see `TestCaseRights`
CASES = SEES | {"adam": set()}
# The front desk reads them, and changes nothing in them but by classifying them
CASES_CHANGED = CASES | {"fran": set()}
NOBODY = {role: set() for role in SEES}
SALESPEOPLE = ("olga", "oscar", "sara", "nadia", "fran")

# What a dialog shows the name of, when it is put on one
TELLING = (
    *("crm.lead", "helpdesk.ticket", "firm.document.request", "firm.engagement.letter", "firm.engagement.signer"),
    "firm.mail.quarantine",
)
DOORS = {}


def door(expected=SEES, **exceptions):
    def register(method):
        DOORS[method.__name__.removeprefix("door_").replace("_", " ")] = (method, expected | exceptions)
        return method

    return register


@tagged("post_install", "-at_install")
class TestAccessRights(AccessCast, TransactionCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    @mute_logger(*SILENT)
    def test_each_role_gets_through_each_door_what_is_its_own(self):
        self.build_refusals_once()
        for name, (method, expected) in DOORS.items():
            for role, user in self.people.items():
                with self.subTest(door=name, role=role):
                    self.assertEqual(method(self, self.env_of(user)), expected[role])

    # === WAYS TO LOOK === #

    def looks_at(self, env, key):
        """Marks that searching, grouping and reading give away about the things of each lead."""
        ids, model = self.ids_of(key), self.things[OLGA][key]._name
        fields = [name for name, field in env.registry[model]._fields.items() if field.type in ("char", "text", "html")]
        context = {"active_test": False}
        found = self.rpc(env, model, "search", [["id", "in", ids]], context=context)
        groups = self.rpc(env, model, "formatted_read_group", [["id", "in", ids]], ["id"], ["__count"], context=context)
        grouped = [group["id"] if isinstance(group["id"], int) else group["id"][0] for group in groups if "id" in group]
        shown = [
            self.rpc(env, model, "web_search_read", [["id", "in", ids]], {"display_name": {}}),
            self.each(env, key, "read", fields),
        ]
        return self.marks_of(key, [*found, *grouped]) | marks_in([found, groups, shown])

    # === LEADS === #

    @door()
    def door_leads(self, env):
        return self.looks_at(env, "lead")

    @door()
    def door_counting(self, env):
        counts = {m: self.rpc(env, "crm.lead", "search_count", [["id", "=", lead.id]]) for m, lead in self.leads.items()}
        return {mark for mark, count in counts.items() if count == 1}

    @door()
    def door_reading_as_the_web_client_does(self, env):
        return marks_in(self.each(env, "lead", "web_read", {"name": {}, "display_name": {}, "partner_name": {}}))

    @door()
    def door_lead_of_a_forged_saving(self, env):
        spec = {"name": {}, "display_name": {}}
        return marks_in(self.each(env, "lead", "web_read", spec, context={"crm_firm_saving": True}))

    @door()
    def door_search_by_name(self, env):
        return marks_in(self.rpc(env, "crm.lead", "name_search", "zq7"))

    @door()
    def door_board_with_its_columns(self, env):
        domain, spec = [["id", "in", self.lead_ids]], {"name": {}}
        return marks_in(
            self.rpc(
                env,
                "crm.lead",
                "web_read_group",
                domain,
                ["stage_id"],
                ["__count"],
                auto_unfold=True,
                unfold_read_specification=spec,
            )
        ) | marks_in(self.rpc(env, "crm.lead", "formatted_read_group", domain, ["name"], ["__count"]))

    @door()
    def door_export_with_what_hangs_on_it(self, env):
        paths = [
            "name",
            "message_ids/body",
            "activity_ids/summary",
            "contact_attempt_ids/note",
            "consent_ids/note",
            "order_ids/client_order_ref",
        ]
        return marks_in(self.each(env, "lead", "export_data", paths))

    @door()
    def door_contact_in_common(self, env):
        spec = {
            "opportunity_ids": {"fields": {"display_name": {}}},
            "consent_ids": {"fields": {"display_name": {}, "note": {}}},
            "sale_order_ids": {"fields": {"client_order_ref": {}}},
        }
        return marks_in([self.rpc(env, "res.partner", "web_read", self.client.ids, {f: s}) for f, s in spec.items()])

    @door(elsa=set())
    def door_contacts_found_by_their_leads(self, env):
        """An oracle: whether a search by what is secret finds the contact all leads have in common."""
        paths = ("opportunity_ids.name", "consent_ids.note", "sale_order_ids.client_order_ref", "message_ids.body")
        return {
            mark
            for mark in self.leads
            for path in paths
            if isinstance(found := self.rpc(env, "res.partner", "search", [[path, "=", get_name(mark)]]), list) and found
        }

    @door()
    def door_visitor_in_common(self, env):
        spec = {"lead_ids": {"fields": {"display_name": {}}}, "email": {}, "mobile": {}}
        return marks_in([self.rpc(env, "website.visitor", "web_read", self.visitor.ids, {f: s}) for f, s in spec.items()])

    @door()
    def door_duplicates(self, env):
        """Every lead has the same contact: each lists the others, as far as they may be read."""
        return marks_in(self.each(env, "lead", "web_read", {"duplicate_lead_ids": {"fields": {"display_name": {}}}}))

    # === WHAT HANGS ON LEADS === #

    @door()
    def door_messages(self, env):
        return self.looks_at(env, "message")

    @door()
    def door_notifications(self, env):
        return self.looks_at(env, "notification")

    @door()
    def door_files(self, env):
        return self.looks_at(env, "file")

    @door()
    def door_activities(self, env):
        return self.looks_at(env, "activity")

    @door()
    def door_activity_view(self, env):
        data = self.rpc(env, "mail.activity", "get_activity_data", "crm.lead", [["id", "in", self.lead_ids]], fetch_done=True)
        return {mark for mark, lead in self.leads.items() if lead.id in data.get("activity_res_ids", ())} | marks_in(data)

    @door()
    def door_followers(self, env):
        return self.looks_at(env, "follower")

    @door()
    def door_followers_asked_of_the_lead(self, env):
        return marks_in(self.each(env, "lead", "message_get_followers"))

    @door()
    def door_attempts(self, env):
        return self.looks_at(env, "attempt")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_count_of_mails_to_strangers(self, env):
        return self.looks_at(env, "counted mail")

    @door(NOBODY)  # the administrator's
    def door_count_of_posts(self, env):
        return self.looks_at(env, "counted post")

    @door(NOBODY)  # the administrator's
    def door_standstills(self, env):
        return self.looks_at(env, "standstill")

    @door()
    def door_follow_up_steps(self, env):
        return self.looks_at(env, "step")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_outgoing_mails(self, env):
        return self.looks_at(env, "outgoing mail")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_outgoing_mails_of_cases(self, env):
        return self.looks_at(env, "case_outgoing_mail")

    @door()
    def door_opposing_parties(self, env):
        return self.looks_at(env, "party")

    @door()
    def door_verdicts(self, env):
        return self.looks_at(env, "verdict")

    @door()
    def door_conversions(self, env):
        return self.looks_at(env, "conversion")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_mails_in_quarantine(self, env):
        return self.looks_at(env, "quarantined mail")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_incoming_mails(self, env):
        return self.looks_at(env, "received mail")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_deliveries_of_other_systems(self, env):
        return self.looks_at(env, "delivery")

    @door()
    def door_verification(self, env):
        """All leads have the person and the phone in common: each finds the others. Contacts are everybody's."""
        criteria = {"phone": "+34 600 11 22 33", "email": self.client.email}
        found = [
            *self.each(env, "lead", "find_matches").values(),
            *self.each(env, "lead", "find_conflicts").values(),
            self.rpc(env, "crm.lead", "find_matches_for", criteria | {"name": get_name(NADIA)}),
            self.rpc(env, "crm.lead", "find_matches_for", {"name": get_name(OLGA), "company_name": get_name(POOL)}),
        ]
        matches = [match for part in found if isinstance(part, list) for match in part if match["model"] != "res.partner"]
        refusals = [part for part in found if isinstance(part, dict)]
        return marks_in([matches, refusals, self.each(env, "lead", "get_differences")])

    @door()
    def door_consents(self, env):
        return self.looks_at(env, "consent")

    @door()
    def door_quotations(self, env):
        return self.looks_at(env, "order")

    @door()
    def door_quotation_lines(self, env):
        return self.looks_at(env, "line")

    @door()
    def door_interviews(self, env):
        return self.looks_at(env, "interview")

    @door()
    def door_letters(self, env):
        return self.looks_at(env, "letter")

    @door()
    def door_scope_of_letters(self, env):
        return self.looks_at(env, "letter_scope")

    @door()
    def door_versions_of_letters(self, env):
        return self.looks_at(env, "letter_version")

    @door()
    def door_history_of_letters(self, env):
        return self.looks_at(env, "letter_event")

    @door()
    def door_signers_of_letters(self, env):
        return self.looks_at(env, "letter_signer")

    @door(NOBODY)
    def door_links_to_letters(self, env):
        return self.looks_at(env, "letter_link")

    @door(NOBODY)
    def door_codes_of_letters(self, env):
        return self.looks_at(env, "letter_code")

    @door()
    def door_identifications_of_clients(self, env):
        return self.looks_at(env, "letter_identification")

    @door(dict.fromkeys(SALESPEOPLE, ALL), marta=ALL, adam=ALL, berta={OTHER}, elsa=set(), paula=set(), public=set())
    def door_clauses_of_letters(self, env):
        """A salesperson reads the conditions of the company, not of another."""
        return self.looks_at(env, "letter_clause")

    @door(sara=set(), fran=set())
    def door_sales_analysis(self, env):
        return self.looks_at(env, "sale report")

    @door()
    def door_activity_analysis(self, env):
        return self.looks_at(env, "activity report")

    # === CASES === #

    @door(sara=set(), fran=set())
    def door_day_of_who_has_the_lead(self, env):
        return self.looks_at(env, "day item")

    @door(CASES, fran=set())
    def door_day_of_who_has_the_case(self, env):
        return self.looks_at(env, "case_day_item")

    @door(CASES)
    def door_cases(self, env):
        return self.looks_at(env, "case")

    @door(CASES)
    def door_cases_of_a_forged_saving(self, env):
        spec = {"name": {}, "display_name": {}}
        return marks_in(self.each(env, "case", "web_read", spec, context={"crm_firm_saving": True}))

    @door(CASES)
    def door_cases_with_what_hangs_on_them(self, env):
        paths = [
            "name",
            "message_ids/body",
            "activity_ids/summary",
            "rating_ids/feedback",
            "deadline_ids/ticket_id",
            "consent_ids/note",
        ]
        return marks_in(self.each(env, "case", "export_data", paths))

    @door(CASES)
    def door_messages_of_cases(self, env):
        return self.looks_at(env, "case_message")

    @door(CASES)
    def door_files_of_cases(self, env):
        return self.looks_at(env, "case_file")

    @door(CASES)
    def door_activities_of_cases(self, env):
        return self.looks_at(env, "case_activity")

    @door(CASES)
    def door_followers_of_cases(self, env):
        return self.looks_at(env, "case_follower")

    @door(CASES)
    def door_followers_asked_of_the_case(self, env):
        return marks_in(self.each(env, "case", "message_get_followers"))

    @door(CASES)
    def door_notifications_of_cases(self, env):
        return self.looks_at(env, "case_notification")

    @door(CASES)
    def door_deadlines_of_cases(self, env):
        return self.looks_at(env, "case_deadline")

    @door(CASES)
    def door_changes_of_deadlines(self, env):
        return self.looks_at(env, "case_deadline_change")

    @door(CASES, fran=set())
    def door_documents_of_cases(self, env):
        return self.looks_at(env, "case_document")

    @door(CASES, fran=set())
    def door_versions_of_documents(self, env):
        return self.looks_at(env, "case_document_version")

    @door(CASES, fran=set())
    def door_history_of_documents(self, env):
        return self.looks_at(env, "case_document_event")

    @door(CASES)
    def door_ratings_of_cases(self, env):
        return self.looks_at(env, "case_rating")

    @door(CASES, adam=ALL)  # whoever sees every lead sees every consent of the company
    def door_consents_of_cases(self, env):
        return self.looks_at(env, "case_consent")

    @door(NOBODY)
    def door_state_of_cases(self, env):
        fields = [
            name for name, field in env.registry["firm.case.desk"]._fields.items() if field.type in ("char", "text", "html")
        ]
        return marks_in(self.rpc(env, "firm.case.desk", "search_read", [], fields))

    # === MEETINGS: everybody sees when a colleague is busy, not with whom and why === #

    @door()
    def door_meetings(self, env):
        fields = ("name", "description", "location", "display_name", "opportunity_id", "partner_ids", "attendee_ids")
        spec = {f: {"fields": {"display_name": {}}} if f.endswith(("_id", "_ids")) else {} for f in fields}
        ids = self.ids_of("meeting")
        shown = [
            self.each(env, "meeting", "read", ["name", "description", "location", "opportunity_id"]),
            self.each(env, "meeting", "web_read", spec),
            self.each(env, "meeting", "read", ["display_name"]),
            self.each(env, "meeting", "export_data", list(fields)),
            self.rpc(env, "calendar.event", "web_search_read", [["id", "in", ids]], spec),
            self.rpc(env, "calendar.event", "name_search", "", [["id", "in", ids]]),
            self.rpc(env, "calendar.event", "formatted_read_group", [["id", "in", ids]], ["name"], ["__count"]),
            self.rpc(env, "calendar.event", "formatted_read_group", [["id", "in", ids]], ["opportunity_id"], ["__count"]),
        ]
        return marks_in(shown)

    @door()
    def door_meetings_searched_by_their_content(self, env):
        paths = ("name", "description", "location", "opportunity_id.name", "display_name", "message_ids.body")
        found = set()
        for mark in self.leads:
            for path in paths:
                result = self.rpc(env, "calendar.event", "search", [[path, "ilike", get_name(mark)]])
                found |= self.marks_of("meeting", result) if isinstance(result, list) else set()
        return found

    @door()
    def door_meetings_of_a_lead(self, env):
        found = {
            mark: self.rpc(env, "calendar.event", "search_count", [["opportunity_id", "=", lead.id]])
            for mark, lead in self.leads.items()
        }
        return {mark for mark, count in found.items() if isinstance(count, int) and count}

    @door()
    def door_attendees(self, env):
        return self.looks_at(env, "attendee")

    @door()
    def door_files_of_meetings(self, env):
        return self.looks_at(env, "meeting_file")

    # === WAYS TO CHANGE === #

    def changes(self, env, key, method, *args, **kwargs):
        """Marks whose things could be changed."""
        results = self.each(env, key, method, *args, **kwargs)
        return {mark for mark, result in results.items() if not (isinstance(result, dict) and "refused" in result)}

    @door()
    def door_change_a_lead(self, env):
        return self.changes(env, "lead", "write", {"name": "mine"})

    @door(CASES_CHANGED)
    def door_change_a_case(self, env):
        return self.changes(env, "case", "write", {"name": "mine"})

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_delete_a_case(self, env):
        return self.changes(env, "case", "unlink")

    @door(CASES_CHANGED)
    def door_take_a_case(self, env):
        return self.changes(env, "case", "assign_to_me")

    @door(CASES_CHANGED)
    def door_log_an_answer_on_a_case(self, env):
        return self.changes(env, "case", "log_answer", "mine")

    @door(CASES)
    def door_post_a_message_on_a_case(self, env):
        return self.changes(env, "case", "message_post", body="mine")

    @door(NOBODY, fran={POOL}, marta={POOL})
    def door_classify_a_case(self, env):
        return self.changes(env, "case", "classify_case", env.ref("crm_firm.category_vat").id)

    @door(NOBODY)
    def door_type_a_deadline(self, env):
        return self.changes(env, "case_deadline", "write", {"due_at": "2030-01-01"})

    @door()
    def door_change_a_letter(self, env):
        return self.changes(env, "letter", "write", {"subject": "mine"})

    @door()
    def door_change_the_scope_of_a_letter(self, env):
        return self.changes(env, "letter_scope", "write", {"text": "mine"})

    @door()
    def door_change_a_signer_of_a_letter(self, env):
        return self.changes(env, "letter_signer", "write", {"email": "mine@example.com"})

    @door(NOBODY)
    def door_change_the_evidence_of_a_letter(self, env):
        return (
            self.changes(env, "letter_version", "write", {"changes": "mine"})
            | self.changes(env, "letter_version", "unlink")
            | self.changes(env, "letter_event", "write", {"note": "mine"})
            | self.changes(env, "letter_event", "unlink")
            | self.changes(env, "letter", "write", {"state": "signed"})
            | self.changes(env, "letter_signer", "write", {"state": "signed"})
        )

    @door()
    def door_cancel_a_letter(self, env):
        return self.changes(env, "letter", "cancel_letter", "mine")

    @door()
    def door_prepare_a_letter(self, env):
        return {mark for mark, result in self.each(env, "lead", "prepare_letter").items() if "use “Convert” first" in str(result)}

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_delete_a_lead(self, env):
        return self.changes(env, "lead", "unlink")

    @door()
    def door_take_a_lead(self, env):
        return self.changes(env, "lead", "write", {"user_id": env.uid}) | self.changes(
            env, "lead", "write", {"specialist_id": env.uid}
        )

    @door()
    def door_log_an_attempt(self, env):
        return self.changes(env, "lead", "log_contact_attempt", "reached")

    @door()
    def door_mark_ready(self, env):
        return self.changes(env, "lead", "mark_ready_for_proposal", {"need_known": True})

    @door()
    def door_discard(self, env):
        return self.changes(env, "lead", "discard", self.reason_spam.id)

    @door()
    def door_record_a_consent(self, env):
        return self.changes(env, "lead", "record_consent", "commercial", "withdrawn")

    @door()
    def door_post_a_message(self, env):
        return self.changes(env, "lead", "message_post", body="mine")

    @door()
    def door_plan_an_activity(self, env):
        model_id = self.env["ir.model"]._get_id("crm.lead")
        done = {
            mark: self.try_rpc(env, "mail.activity", "create", {"res_model_id": model_id, "res_id": lead.id, "summary": "mine"})
            for mark, lead in self.leads.items()
        }
        return {mark for mark, result in done.items() if isinstance(result, int)}

    @door()
    def door_change_an_activity(self, env):
        return self.changes(env, "activity", "write", {"summary": "mine"})

    @door()
    def door_finish_an_activity(self, env):
        done = {
            mark: self.try_rpc(env, "mail.activity", "action_feedback", things["activity"].filtered("active").ids)
            for mark, things in self.things.items()
        }
        return {mark for mark, result in done.items() if not (isinstance(result, dict) and "refused" in result)}

    @door()
    def door_attach_a_file(self, env):
        done = {
            mark: self.try_rpc(
                env, "ir.attachment", "create", {"name": "x", "raw": "x", "res_model": "crm.lead", "res_id": lead.id}
            )
            for mark, lead in self.leads.items()
        }
        return {mark for mark, result in done.items() if isinstance(result, int)}

    @door()
    def door_delete_a_file(self, env):
        return self.changes(env, "file", "unlink")

    @door()
    def door_follow(self, env):
        results = self.each(env, "lead", "message_subscribe", [env.user.partner_id.id])
        return {mark for mark, result in results.items() if result is True}

    @door()
    def door_change_a_meeting(self, env):
        return self.changes(env, "meeting", "write", {"location": "mine"}) | self.changes(
            env, "meeting", "write", {"start": "2026-03-02 08:00:00"}
        )

    @door(olga={OLGA}, sara={OLGA})
    def door_delete_a_meeting(self, env):
        return self.changes(env, "meeting", "unlink") | self.changes(env, "meeting", "write", {"active": False})

    @door()
    def door_remove_an_attendee(self, env):
        return self.changes(env, "attendee", "unlink")

    @door()
    def door_change_a_quotation(self, env):
        return self.changes(env, "order", "write", {"client_order_ref": "mine"})

    @door(NOBODY)
    def door_change_an_attempt(self, env):
        return self.changes(env, "attempt", "write", {"note": "mine"}) | self.changes(env, "attempt", "unlink")

    @door(NOBODY)
    def door_change_an_outgoing_mail(self, env):
        keys = ("outgoing mail", "case_outgoing_mail")
        return set().union(
            *(self.changes(env, key, "write", {"state": "sent"}) | self.changes(env, key, "unlink") for key in keys)
        )

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_retry_an_outgoing_mail(self, env):
        return self.changes(env, "outgoing mail", "action_retry") | self.changes(env, "outgoing mail", "action_give_up")

    @door(NOBODY)
    def door_change_a_follow_up_step(self, env):
        return self.changes(env, "step", "write", {"state": "sent"}) | self.changes(env, "step", "unlink")

    @door()
    def door_restart_the_follow_up(self, env):
        return self.changes(env, "lead", "restart_follow_up", "because")

    @door()
    def door_send_a_failed_email_again(self, env):
        return self.changes(env, "step", "action_retry")

    @door()
    def door_convert(self, env):
        return self.changes(env, "lead", "convert_request", opportunity={"name": "mine"})

    @door()
    def door_name_an_opposing_party(self, env):
        done = {
            mark: self.try_rpc(env, "firm.opposing.party", "create", {"lead_id": lead.id, "name": "mine"})
            for mark, lead in self.leads.items()
        }
        return {mark for mark, result in done.items() if isinstance(result, int)}

    @door()
    def door_change_an_opposing_party(self, env):
        return self.changes(env, "party", "write", {"name": "mine"})

    @door()
    def door_give_a_verdict(self, env):
        return self.changes(env, "lead", "record_conflict_verdict", "refused", "because")

    @door(NOBODY)
    def door_change_a_verdict_or_a_conversion(self, env):
        return (
            self.changes(env, "verdict", "write", {"verdict": "refused"})
            | self.changes(env, "verdict", "unlink")
            | self.changes(env, "conversion", "write", {"kept": "mine"})
            | self.changes(env, "conversion", "unlink")
        )

    @door(NOBODY)
    def door_change_what_became_of_a_mail(self, env):
        return self.changes(env, "received mail", "write", {"subject": "mine"}) | self.changes(env, "received mail", "unlink")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_make_a_lead_of_a_mail_in_quarantine(self, env):
        return self.changes(env, "quarantined mail", "action_make_lead")

    # === REGISTERING A REQUEST === #

    @door()
    def door_matches_while_typing(self, env):
        """Contacts are everybody's; of leads only what may be read, by name, phone or address."""
        texts = [*map(get_name, self.leads), "+34 600 11 22 33", self.client.email]
        found = [match for text in texts for match in self.matches_of(env, text) if match["model"] == "crm.lead"]
        return marks_in(found) | {mark for mark, lead in self.leads.items() if lead.id in [match["id"] for match in found]}

    def matches_of(self, env, text):
        matches = self.rpc(env, "crm.lead", "find_callers", text)
        return matches if isinstance(matches, list) else []

    @door(NOBODY)
    def door_key_of_another_registration(self, env):
        """Whoever knew the key of a request would get its answer."""
        told = []
        for number, lead in enumerate(self.leads.values()):
            lead.idempotency_key = f"known-to-attackers-{number}"
            self.env.flush_all()
            values = {
                "channel_id": self.channel_phone.id,
                "contact_name": "Attacker",
                "phone": "600112233",
                "consents": {"handling": "granted"},
                "idempotency_key": lead.idempotency_key,
            }
            told.append(self.try_rpc(env, "crm.lead", "register_request", values))
        return marks_in(told) | {mark for mark, lead in self.leads.items() if f"'lead': {lead.id}" in str(told)}

    @door(NOBODY)
    def door_what_was_registered_for_another(self, env):
        """The answer tells who calls and when; the lead itself is gone, and so is what was typed."""
        values = {
            "channel_id": self.channel_phone.id,
            "practice_area_id": self.area_tax.id,
            "contact_name": get_name(OLGA),
            "phone": "600112233",
            "consents": {"handling": "granted"},
        }
        with self.env.cr.savepoint() as savepoint:
            result = self.rpc(env, "crm.lead", "register_request", values)
            lead = self.env["crm.lead"].browse(result.get("lead"))
            is_theirs = env.user.id == lead.user_id.id or env.user.has_group("sales_team.group_sale_salesman_all_leads")
            shown = self.rpc(env, "crm.lead", "web_read", lead.ids, {"name": {}, "contact_name": {}, "description": {}})
            savepoint.rollback()
        env.invalidate_all()
        return set() if is_theirs else marks_in([result, shown])

    # === DIALOGS: a number typed into them is not to show a name === #

    def telling_fields(self, env, model):
        """Fields that can hold a name, as far as the user may read them."""
        fields = env.registry[model]._fields
        return {
            name: {"fields": {"display_name": {}}} if fields[name].relational else {}
            for name in env[model].sudo().fields_get(attributes=["type"])
            if fields[name].type in ("char", "text", "html") or fields[name].comodel_name in TELLING
        }

    def create_and_read(self, env, model, values):
        """Fill in a dialog, keep what it shows, and take it back."""
        try:
            with self.env.cr.savepoint() as savepoint:
                record = env[model].create(values)
                env.flush_all()
                env.invalidate_all()
                spec = self.telling_fields(env, model)
                shown = [self.rpc(env, model, "web_read", record.ids, spec), self.rpc(env, model, "read", record.ids, list(spec))]
                if any("refused" in part for part in shown):  # one by one: one that is refused does not hide the others
                    shown += [self.rpc(env, model, "web_read", record.ids, {name: part}) for name, part in spec.items()]
                    shown += [self.rpc(env, model, "read", record.ids, [name]) for name in spec]
                savepoint.rollback()
                return shown
        except (AccessError, UserError, ValueError) as error:
            return str(error)
        finally:
            env.invalidate_all()

    def dialog_shows(self, env, model, values, link, key="lead"):
        """Marks that a dialog shows of the leads it is put on: created, before it is created, and by its defaults."""
        shown = []
        spec = self.telling_fields(env, model)
        for things in self.things.values():
            record = things[key]
            linked = record.id if env.registry[model]._fields[link].type == "many2one" else [[6, 0, record.ids]]
            context = {
                f"default_{link}": linked, "active_model": record._name, "active_id": record.id, "active_ids": record.ids,
            }  # fmt: skip
            shown += [
                self.rpc(env, model, "onchange", [], {link: linked}, [link], spec),
                self.rpc(env, model, "onchange", [], {}, [], spec, context=context),
                self.create_and_read(env, model, (values(things) if callable(values) else values) | {link: linked}),
            ]
        return marks_in(shown)

    @door()
    def door_dialog_to_convert(self, env):
        values = {
            "name": "convert",
            "action": "create",
            "duplicated_lead_ids": [],
            "commercial_partner_id": False,
            "partner_id": False,
            "user_id": False,
            "team_id": False,
        }
        return self.dialog_shows(env, "crm.lead2opportunity.partner", values, "lead_id")

    @door()
    def door_dialog_to_convert_many(self, env):
        values = {
            "name": "convert",
            "action": "create",
            "duplicated_lead_ids": [],
            "lead_id": False,
            "commercial_partner_id": False,
            "partner_id": False,
            "user_id": False,
            "team_id": False,
        }
        return self.dialog_shows(env, "crm.lead2opportunity.partner.mass", values, "lead_tomerge_ids")

    @door()
    def door_dialog_to_log_an_attempt(self, env):
        return self.dialog_shows(env, "crm.lead.attempt", {"outcome": "no_answer"}, "lead_id")

    @door()
    def door_dialog_to_note(self, env):
        return self.dialog_shows(env, "crm.lead.note", {"note": "x"}, "lead_id")

    @door()
    def door_dialog_to_mark_ready(self, env):
        return self.dialog_shows(env, "crm.lead.ready", {}, "lead_id")

    @door()
    def door_dialog_to_verify(self, env):
        return self.dialog_shows(env, "crm.lead.verify", {}, "lead_id")

    @door()
    def door_dialog_to_check_conflicts(self, env):
        return self.dialog_shows(env, "crm.lead.check.conflict", {"verdict": "clear"}, "lead_id")

    @door()
    def door_dialog_to_record_a_consent(self, env):
        return self.dialog_shows(
            env, "firm.consent.register", {"channel_id": self.channel_phone.id, "state": "granted"}, "lead_id"
        )

    @door()
    def door_dialog_to_restart(self, env):
        return self.dialog_shows(env, "crm.lead.restart", {"reason": "x"}, "lead_ids")

    @door()
    def door_dialog_to_assign(self, env):
        return self.dialog_shows(env, "crm.lead.assign", {}, "lead_ids")

    @door()
    def door_dialog_to_merge(self, env):
        return self.dialog_shows(env, "crm.merge.opportunity", {}, "opportunity_ids")

    @door()
    def door_dialog_to_discard(self, env):
        return self.dialog_shows(env, "crm.lead.lost", {}, "lead_ids")

    @door()
    def door_dialog_to_quote(self, env):
        return self.dialog_shows(env, "crm.quotation.partner", {"action": "nothing"}, "lead_id")

    @door()
    def door_dialog_to_revise_a_letter(self, env):
        return self.dialog_shows(env, "firm.engagement.revise", {"reason": "x"}, "letter_id", "letter")

    @door()
    def door_dialog_to_identify_a_client(self, env):
        return self.dialog_shows(env, "firm.engagement.identify", {"number": "x"}, "letter_id", "letter")

    @door()
    def door_dialog_for_a_signature_on_paper(self, env):
        def values(things):
            return {"date": "2026-03-02", "scan": "eA==", "signer_id": things["letter_signer"].id}

        return self.dialog_shows(env, "firm.engagement.paper", values, "letter_id", "letter")

    @door(NOBODY, marta=ALL, berta={OTHER})
    def door_dialog_to_ignore_a_mail(self, env):
        return self.dialog_shows(env, "firm.mail.quarantine.ignore", {"reason": "x"}, "quarantine_ids", "quarantined mail")

    @door(CASES, fran=set())
    def door_dialog_to_log_an_answer(self, env):
        return self.dialog_shows(env, "helpdesk.ticket.answer", {"note": "x"}, "ticket_id", "case")

    @door(CASES, fran=set())
    def door_dialog_to_archive_a_case(self, env):
        return self.dialog_shows(env, "helpdesk.ticket.archive", {}, "ticket_id", "case")

    @door(CASES)
    def door_dialog_to_classify_a_case(self, env):
        category = self.env.ref("crm_firm.category_vat")
        return self.dialog_shows(env, "helpdesk.ticket.classify", {"category_id": category.id}, "ticket_id", "case")

    @door(CASES)
    def door_dialog_to_ask_for_documents(self, env):
        return self.dialog_shows(env, "firm.document.ask", {}, "ticket_id", "case")

    @door(CASES)
    def door_dialog_to_add_a_file(self, env):
        return self.dialog_shows(env, "firm.document.upload", {"content": "eA=="}, "ticket_id", "case")

    @door(CASES, fran=set())
    def door_dialog_to_decide_on_a_document(self, env):
        return self.dialog_shows(env, "firm.document.decide", {"reason": "x"}, "request_ids", "case_document")

    @door()
    def door_screen_of_the_front_desk(self, env):
        return self.dialog_shows(env, "firm.request.register", {"lang": "en_US"}, "source_lead_id")

    @door()
    def door_new_quotation(self, env):
        return self.dialog_shows(
            env, "sale.order", {"partner_id": self.client.id, "company_id": env.company.id}, "opportunity_id"
        )

    @door()
    def door_new_meeting(self, env):
        values = {"name": "x", "start": "2026-03-02 09:00:00", "stop": "2026-03-02 10:00:00", "user_id": env.uid}
        return self.dialog_shows(env, "calendar.event", values, "opportunity_id")

    @door()
    def door_dialog_to_write_an_email(self, env):
        shown = []
        for lead in self.leads.values():
            values = {"model": "crm.lead", "res_ids": str(lead.ids), "composition_mode": "comment"}
            shown.append(self.create_and_read(env, "mail.compose.message", values))
        return marks_in(shown)

    @door()
    def door_dialog_to_write_a_text_message(self, env):
        """It shows the number."""
        shown = set()
        for mark, lead in self.leads.items():
            values = {"res_model": "crm.lead", "res_id": lead.id, "composition_mode": "comment", "body": "x"}
            if "112233" in str(self.create_and_read(env, "sms.composer", values)).replace(" ", ""):
                shown.add(mark)
        return shown

    @door()
    def door_preview_of_an_email(self, env):
        template = self.env.ref("crm_firm.mail_template_owner_request")
        shown = [
            self.create_and_read(
                env, "mail.template.preview", {"mail_template_id": template.id, "resource_ref": f"crm.lead,{lead.id}"}
            )
            for lead in self.leads.values()
        ]
        return marks_in(shown)
