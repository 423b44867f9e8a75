"""What `test_two_companies.py` does and with what; where else elevated functions are tried with two companies."""

import ast
import base64
from pathlib import Path

from .access_common import OLGA, OTHER, get_name
from .document_common import PDF

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("controllers", "models", "report", "tools", "wizards")
REQUEST = {"contact_name": "Ana Ruiz", "phone": "+34 600 11 22 33", "consents": {"handling": "granted"}}


def get_elevated_functions():
    """Return the functions with a `sudo()` in them: list of (path, class or None, name)."""
    found = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            owner = node.name if isinstance(node, ast.ClassDef) else None
            for function in node.body if owner else [node]:
                if not isinstance(function, ast.FunctionDef) or not any(map(is_sudo, ast.walk(function))):
                    continue
                found.append((str(path.relative_to(ROOT)), owner, function.name))
    return found


def is_sudo(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sudo" and not node.args


# What is handed to a parameter, by name, or by method and name where the name alone does not say it.
ARGUMENTS = {
    "category": lambda case, _mark: case.category.id,
    "criteria": lambda case, mark: {"name": get_name(mark), "phone": "+34 600 11 22 33", "email": case.client.email},
    "content": "eA==",
    "date": "2026-03-02",
    "document_set": lambda case, _mark: case.env.ref("crm_firm.document_set_income_tax").id,
    "due": "2030-01-01",
    "email": lambda case, _mark: case.client.email,
    "field_names": ["phone"],
    "filename": "x.txt",
    "name": "x",
    "note": "x",
    "opportunity": {"name": "x"},
    "outcome": "no_answer",
    "partner": lambda case, mark: (case.client if mark == OLGA else case.other_contact).id,
    "person": "Ana Ruiz",
    "phone": "+34 600 11 22 33",
    "purpose": "commercial",
    "reason": "x",
    "sample": "{}",
    "scan": base64.b64encode(PDF).decode(),
    "signer": lambda case, mark: case.things[mark]["letter_signer"].id,
    "state": "withdrawn",
    "states": {},
    "successor": lambda case, _mark: case.nadia.id,
    "text": lambda case, mark: get_name(mark) if mark == OTHER else case.client.email,
    "user": lambda case, _mark: case.nadia.id,
    "values": {},
    "verdict": "clear",
    ("discard", "reason"): lambda case, _mark: case.reason_spam.id,
    ("leave_message", "values"): lambda case, mark: {
        "user_id": (case.olga if mark == OLGA else case.berta).id,
        "text": "x",
        "contact_name": "Ana Ruiz",
        "phone": "+34 600 11 22 33",
    },
    ("mark_ready_for_proposal", "values"): {"need_known": True},
    ("record_identification", "document"): "passport",
    ("record_identification", "number"): "X123",
    ("register_request", "values"): lambda case, _mark: (
        REQUEST | {"channel_id": case.channel_phone.id, "practice_area_id": case.area_tax.id}
    ),
}
# Public methods that are no door: why.
NOT_CALLED = {}


# === WHAT IS DONE BY HAND: function of the test, of what calls as RPC does, and of the record === #


def convert_to_case_and_undo(case, call, lead):
    result = call("crm.lead", "convert_request", lead.ids, contacts=[case.client.id], case={"name": "x"})
    return [result, call("crm.lead", "undo_conversion", lead.ids)]


def open_case(case, call, _record):
    values = {"name": "x", "description": "x", "partner_id": case.client.id, "team_id": case.team.id}
    values |= {"category_id": case.category.id, "channel_id": case.channel_phone.id}
    return call("helpdesk.ticket", "read", call("helpdesk.ticket", "create", [values]))


def reply(_case, call, record):
    said = {"body": "x", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    return call(record._name, "message_post", record.ids, **said)


def decline_and_restore(case, call, lead):
    return [
        call("crm.lead", "discard", lead.ids, case.reason_spam.id, decline=True),
        call("crm.lead", "restore_discarded", lead.ids),
        call("crm.lead", "action_archive", lead.ids),
        call("crm.lead", "action_unarchive", lead.ids),
    ]


def merge(case, call, lead):
    return call("crm.lead", "merge_opportunity", [*lead.ids, case.leads["NADIA"].id])


def meet(_case, call, lead):
    values = {"name": "x", "opportunity_id": lead.id, "start": "2030-03-04 09:00:00", "stop": "2030-03-04 10:00:00"}
    return call("calendar.event", "create", [values])


def delete(_case, call, record):
    return call(record._name, "unlink", record.ids)


def send_to_review(_case, call, lead):
    return call("crm.lead", "record_conflict_verdict", lead.ids, "to_review")


def change_setting(_case, call, company):
    return call("res.company", "write", company.ids, {"crm_firm_second_contact_hours": "48"})


def look_at_who_leaves(_case, call, user):
    dialog_ids = call("firm.user.archive", "create", [{"user_ids": [(6, 0, user.ids)]}])
    return call("firm.user.archive", "read", dialog_ids, ["open_work"])


def copy(_case, call, record):
    copied = call(record._name, "copy", record.ids)
    return copied if "refused" in copied else call(record._name, "read", copied)


SCENES = {
    "a case is opened": ("helpdesk.ticket", open_case),
    "a client is answered": ("helpdesk.ticket", reply),
    "a person is answered": ("crm.lead", reply),
    "a lead is declined, restored, archived and back": ("crm.lead", decline_and_restore),
    "a lead becomes a case and is a lead again": ("crm.lead", convert_to_case_and_undo),
    "leads are merged": ("crm.lead", merge),
    "a person is met": ("crm.lead", meet),
    "a lead is deleted": ("crm.lead", delete),
    "a case is deleted": ("helpdesk.ticket", delete),
    "a document is deleted": ("firm.document.request", delete),
    "a conflict is to be reviewed": ("crm.lead", send_to_review),
    "a setting is changed": ("res.company", change_setting),
    "somebody is to leave": ("res.users", look_at_who_leaves),
    "an area is copied": ("firm.practice.area", copy),
}
# What is written on although it is the other company's, and why that is right.
SHARED = "the client is both companies' contact: Odoo keeps its company and its phone on what is its"
ADMINISTRATORS = "administrators set up every company, as Odoo has it"
MOVES = {
    "a setting is changed on OTHER": ADMINISTRATORS,
    "crm.lead.convert_clear_requests on OLGA": SHARED,
    "crm.lead.convert_request on OLGA": SHARED,
    "crm.lead.take_over_differences on OLGA": SHARED,
}
# Functions that are elevated and do not run there -> the test that goes through them. What they read is the record they are
# given, which was checked, and what hangs on it; those that look for records have tests with two companies.
ELSEWHERE = {
    # Two companies
    "test_two_companies::test_whose_client_writes_is_looked_up_in_the_company_that_is_written_to": """
        _find_case_client""",
    "test_two_companies::test_requests_of_a_person_are_counted_for_the_company_they_are_sent_to": """
        _check_web_person _get_too_many_message""",
    "test_two_companies::test_a_team_of_both_companies_is_for_somebody_of_both": """
        _become_cases _check_no_tickets _link_case_stages""",
    "test_case::test_what_is_full_in_another_company_names_nothing_of_it": "_check_eight",
    "test_clock_calendars::test_a_holiday_of_another_company_does_not_move_what_is_open": """
        _mark_to_replan resource_calendar_leaves._replan""",
    "test_clock_calendars::test_a_calendar_taken_away_moves_what_counted_it": "resource_calendar._replan",
    "test_clock_days::test_documents_of_two_companies_are_late_each_on_its_day": "_get_day_domain",
    "test_portal_writing::test_client_chooses_no_category_team_or_company_that_is_not_offered": """
        render_new_case _get_client_categories _open_by_client
        _prepare_client_case""",
    "test_guarded_fields::test_a_case_goes_to_no_company_its_mover_cannot_enter": "_check_stays_case",
    "test_portal_files::test_files_of_the_chatter_are_as_big_as_the_firm_of_the_case_takes_them": """
        mail_attachment_upload _check_files_sent""",
    # What is read at once is what Odoo's assignment reads by itself, and is not shown
    "test_owner::test_lead_of_odoo_is_assigned_and_converted_as_ever": "_read_what_follows_company",
    # Clients: their own, whichever company it is with
    "test_portal_cases::test_contact_sees_own_cases_and_a_delegate_those_of_the_company": """
        portal_my_tickets _sees_cases_of_company""",
    "test_portal_cases::test_a_new_case_says_by_when_there_is_an_answer_and_keeps_it": "get_expected_days",
    "test_portal_cases::test_list_shows_first_what_waits_for_the_client": """
        _get_waiting_for_client_domain _is_waiting_for_client""",
    "test_portal_cases::test_case_page_shows_what_is_for_the_client_and_nothing_internal": """
        _render_case _get_client_history _can_be_closed_by_client
        _takes_messages_of_client""",
    "test_portal_files::test_files_are_given_to_those_who_see_the_case_and_the_trail_notes_it": """
        portal_case_file portal_case_attachment serve_version
        _get_client_attachment""",
    "test_portal_files::test_staff_take_files_by_a_route_that_notes_it_and_others_get_nothing": "staff_document",
    "test_portal_files::test_no_other_door_takes_what_the_chatter_refuses": """
        _check_content_of_guarded _filter_judged""",
    "test_portal_writing::test_client_opens_so_many_cases_an_hour_as_a_person_has_questions": """
        _check_pace_of_client""",
    "test_portal_writing::test_client_answers_with_a_message_and_a_file": "_reply_by_client",
    "test_portal_writing::test_client_sends_a_document_that_was_asked_for": "portal_case_document",
    "test_portal_writing::test_client_closes_an_own_case_with_a_reason": "_close_by_client",
    "test_portal_writing::test_old_closing_route_closes_no_case_and_no_foreign_ticket": """
        _close_ticket_by_client""",
    "test_portal_mail::test_client_is_told_of_the_states_that_the_settings_say": """
        _get_state_template _track_template""",
    "test_portal_link::test_document_is_sent_without_logging_in": "_find_by_link_token",
    "test_attack_doors::test_email_of_a_client_with_a_login_is_for_case_managers_to_change": """
        _check_may_change_email""",
    "test_attack_doors::test_a_login_that_shows_the_cases_of_a_client_is_for_case_managers_to_give": """
        _check_may_get_login _get_clients _has_or_sees_cases""",
    "test_guarded_fields::test_who_sees_the_cases_of_a_client_is_decided_by_case_managers": """
        _check_clients_moved""",
    "test_case_closing::test_what_somebody_else_writes_does_not": "_is_of_client",
    "test_case_closing::test_the_client_rates_by_one_click_of_the_closing_email": """
        _message_update_content""",
    # Visitors: the company of the website
    "test_web_page::test_frame_is_for_the_sites_in_the_settings_alone": "_set_frame_ancestors",
    "test_web_page::test_spanish_address_shows_spanish_whatever_the_browser_prefers": """
        _prepare_web_page_values is_of_site""",
    "test_web_intake::test_areas_that_are_not_offered_are_refused": """
        _read_web_form _read_web_post _get_web_areas""",
    "test_web_intake::test_who_shows_no_page_makes_no_request": "_read_web_token",
    "test_web_intake::test_request_stands_in_the_owners_queue_and_nothing_is_sent_meanwhile": """
        insert_record _complete_web_intake crm_firm_request_thanks""",
    "test_web_intake::test_banner_says_which_banner": "_prepare_web_utm_values",
    "test_web_repeats::test_form_sent_twice_is_one_lead_with_one_answer": "_find_by_idempotency_key",
    "test_web_acknowledgement::test_sender_is_told_in_the_language_of_the_page": "_get_web_contact_day",
    "test_strangers::test_one_visitor_causes_so_many_mails_an_hour_to_whomever": "_may_send_to_stranger",
    "test_phone_page::test_page_speaks_the_language_of_the_e_mail": "render_link_page",
    "test_phone_page::test_our_own_number_is_no_answer": "_get_own_numbers",
    "test_phone_page::test_call_at_the_time_asked_for": "_get_times_to_call",
    "test_phone_page::test_what_cannot_be_called_is_no_phone": "_get_phone_country",
    # The gateway: whose mail it is says its address, whatever company that belongs to
    "test_case_mail::test_a_clients_mail_to_an_address_for_leads_is_a_case_where_the_firm_says_so": """
        _crm_firm_choose_route message_route""",
    "test_case_mail::test_an_answer_to_a_case_or_a_lead_is_one_whichever_of_our_addresses_it_goes_to": """
        _crm_firm_get_other_recipients""",
    "test_mail_intake::test_every_mail_becomes_what_it_should_and_none_is_lost": """
        _crm_firm_find_reported _crm_firm_route_by_envelope
        _message_route_process _message_parse_extract_bounce _routing_handle_bounce
        _get_free_message_id _is_talkative""",
    "test_mail_intake::test_addresses_of_ours_are_not_answered": "_crm_firm_is_own",
    "test_mail_intake::test_employee_is_not_the_person": "_is_ours",
    "test_forwarded_mail::test_it_is_the_clients_whatever_program_forwards_it": "_crm_firm_find_forwarded",
    "test_mail_server::test_whole_corpus_is_read_from_a_mailbox_and_nothing_stays_or_is_lost": """
        _take_in_fetched""",
    "test_mail_quarantine::test_only_managers_reach_quarantine_and_log": "firm_mail_quarantine.unlink",
    # Letters: the letter and its order
    "test_letter_signing::test_sending_freezes_a_version_and_writes_to_each_signer": """
        _get_content firm_engagement_link._make _invite
        _queue _render_pdf _freeze
        _plan_reminder""",
    "test_letter_signing::test_undo_is_possible_until_somebody_has_looked": "firm_engagement_sending._take_back",
    "test_letter_signing::test_the_proposal_task_is_done_when_the_letter_is_out": "_close_proposal_task",
    "test_letter_signing::test_the_last_signature_does_everything_at_once": """
        _conclude _tell_owner""",
    "test_letter_ends::test_why_a_client_declined_is_why_the_opportunity_is_discarded": "_get_letter_reasons",
    "test_letter_page::test_wrong_ended_and_used_links_give_one_neutral_page": "firm_engagement_link._find",
    "test_letter_page::test_anybody_can_check_a_file_and_learns_only_of_that_file": "_find_by_pdf",
    "test_letter_seal::test_the_seal_of_the_firm_is_found_valid_by_an_independent_check_and_every_change_is_found": """
        _apply_certificate _seal""",
    "test_letters::test_a_letter_starts_with_the_services_of_the_area_their_scope_and_the_clauses": """
        _prepare_letter_order_values _prepare_letter_values""",
    "test_letters::test_letters_and_interviews_go_along_when_opportunities_are_merged": "_move_letters",
    "test_letters::test_the_scope_follows_the_services_of_the_order_and_keeps_what_was_changed": """
        _follow_services _get_letters""",
    "test_letter_order::test_managers_start_work_unsigned_where_the_firm_says_so": "_may_start_unsigned",
    "test_letter_code::test_the_page_asks_for_the_code_and_the_right_one_signs": """
        _get_hashing firm_engagement_code._find _forget firm_engagement_code._make""",
    "test_letter_ends::test_a_consumer_withdraws_within_fourteen_days": "_get_withdrawal_moment",
    "test_letter_identification::test_work_starts_when_the_document_is_recorded_and_the_history_says_who_saw_what_when": """
        _in_owners_name""",
    "test_letter_identification::test_an_identification_counts_for_its_own_firm": """
        _asks_identification _get_valid_identification _start_waiting_letters""",
    "test_letter_replacement::test_only_what_is_signed_is_replaced_by_who_may_write_on_it_and_by_one_letter": "replace_letter",
    "test_letter_seal::test_people_are_warned_once_before_a_certificate_expires": "_tell_of_crm_firm_certificate",
    # Follow-up: the lead and its tasks
    "test_follow_up_stops::test_answer_restarts_with_a_call_today_and_tells_the_owner": "_on_person_answered",
    "test_follow_up_stops::test_auto_reply_stops_nothing": "_on_auto_reply",
    "test_follow_up_stops::test_bounce_marks_the_address_and_makes_one_task": """
        _on_bounce _schedule_task""",
    "test_follow_up::test_attempt_taken_back_sends_nothing_and_can_be_logged_again": "firm_contact_attempt._move",
    "test_follow_up::test_retry_waits_longer_each_time_and_tells_the_owner_once": "_get_failure_tasks",
    "test_clock_calls::test_a_holiday_of_the_whole_company_and_other_hours_move_it_too": """
        _mark_calls_to_replan _get_planned_calls _move_call_tasks""",
    "test_clock_calls::test_the_next_try_moves_with_its_task": "_get_planned_try",
    "test_clock_calls::test_the_proposal_moves_with_the_calendar_unless_somebody_put_it_elsewhere": """
        _replan_proposals""",
    # Sources that hand requests over: the source of the address, whatever company it is of
    "test_intake::test_a_signed_message_becomes_a_request_like_those_of_the_web": """
        _find_source _get_secrets _receive_message""",
    "test_intake::test_a_secret_is_shown_once_and_read_by_nobody": "_set_secret",
    "test_intake::test_a_secret_that_is_typed_does_not_come_back": "_inverse_typed_token",
    "test_intake::test_while_a_secret_is_changed_the_one_before_counts_for_a_week": "action_forget_secret_before",
    "test_intake_fetching::test_an_expired_token_is_told_at_once_and_a_new_one_brings_what_waited": """
        _ask_network _get_parameter firm_intake_delivery.action_retry""",
    # The rest
    "test_my_day::test_a_meeting_about_a_closed_lead_names_the_meeting_only": "_compute_texts",
    "test_document_requests::test_trail_and_files_can_neither_be_changed_nor_deleted": """
        _unlink_except_with_files _unlink_if_nothing_received""",
    "test_start::test_who_has_no_role_in_the_firm_starts_as_without_it": "session_info",
    "test_mail_outbox::test_one_mail_for_a_cause": "_filter_new",
    "test_odoo_extras::test_a_contact_page_that_the_firm_has_made_stays": "contact_page",
    "test_stray_files::test_a_file_that_a_killed_upload_left_is_counted_and_deleted_and_no_other": """
        _cron_find_strays""",
    "test_spellings::test_an_update_stores_the_keys_of_before_anew": """
        _recompute_keys _renew_fingerprints""",
    "test_attack_doors::test_nobody_plants_anything_on_a_record_they_cannot_read": """
        _make_closed_error mail_message.write _complete_links""",
    "test_register::test_the_fee_told_is_on_record_and_confirmed_with_the_specialist_in_copy": "_get_fee_template",
    "test_who_works::test_the_front_desk_is_told_of_a_request_that_nobody_owns": "_get_front_desk_to_tell",
    "test_who_works::test_what_nobody_is_in_charge_of_is_told_to_the_front_desk_and_to_managers": """
        _tell_front_desk""",
    "test_who_works::test_every_way_to_leave_hands_over": "res_groups.write",
    "test_calls_back::test_subject_and_text_for_the_client_are_their_own": "_get_neutral_subject",
}
