"""What people tried to learn, forge or plant by doors that are open to them for something else."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..models.verification.firm_matcher_count import MOST_A_MINUTE
from .access_common import NADIA, OLGA, AccessCast, get_name, marks_in
from .test_access_rights import SILENT


@tagged("post_install", "-at_install")
class TestAttackDoors(AccessCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.lead = cls.leads[OLGA]
        cls.case = cls.things[OLGA]["case"]
        cls.own_case = cls.env["helpdesk.ticket"].create(
            {
                "name": "Paula's",
                "description": "x",
                "partner_id": cls.paula.partner_id.id,
                "team_id": cls.env.ref("crm_firm.team_client_requests").id,
            }
        )
        cls.env.flush_all()

    def as_user(self, user, record):
        return self.env_of(user)[record._name].browse(record.ids)

    # === WHAT IS OPEN FOR A CLIENT === #

    def test_what_is_open_for_a_client_is_told_to_sales_and_cases_only(self):
        specialist = self.elsa.copy({"login": "only.cases", "email": "only.cases@firm.example.com"})
        specialist.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        for user, knows in ((self.elsa, False), (self.olga, True), (self.fran, True), (specialist, True)):
            client = self.as_user(user, self.client)
            for method in ("get_open_business_counts", "get_open_business"):
                with self.subTest(user=user.login, method=method):
                    if knows:
                        self.assertTrue(getattr(client, method)())
                    else:
                        with self.assertRaises(AccessError):
                            getattr(client, method)()

    def test_what_is_open_in_another_company_names_nobody_of_it(self):
        env = self.env_of(self.berta)
        told = str([self.client.with_env(env).get_open_business_counts(), self.client.with_env(env).get_open_business()])
        for user in (self.olga, self.nadia, self.marta):
            self.assertNotIn(user.name, told)
        told = str(self.as_user(self.oscar, self.client).get_open_business_counts())
        self.assertNotIn(self.berta.name, told)
        self.assertIn(self.olga.name, told, "In the own company there is somebody to ask.")

    def test_why_a_request_was_discarded_is_for_sales(self):
        names = ["crm_firm_discard_reason_id", "crm_firm_discarded_on"]
        for user in (self.elsa, self.paula):
            with self.subTest(user=user.login):
                self.assertFalse(set(names) & set(self.env_of(user)["res.partner"].fields_get()))
                with self.assertRaises(AccessError):
                    self.as_user(user, user.partner_id).read(names)
                with self.assertRaises(AccessError):
                    self.env_of(user)["res.partner"].search([("crm_firm_discard_reason_id", "!=", False)])
        self.assertTrue(self.as_user(self.olga, self.client).read(names))

    # === THE MATCHER === #

    def test_matcher_tells_of_the_own_companies_only(self):
        secret = "Zoraida Quiroga"
        self.env["res.partner"].create(
            {"name": secret, "phone": "+34 699 88 77 66", "company_id": self.other_company.id, "user_id": self.berta.id}
        )
        self.env["crm.lead"].create(
            {"name": "x", "contact_name": secret, "company_id": self.other_company.id, "user_id": self.berta.id}
        )
        self.env.flush_all()
        criteria = {"name": secret, "phone": "+34 699 88 77 66"}
        for user, expected in ((self.olga, 0), (self.fran, 0), (self.marta, 0), (self.berta, 2)):
            leads = self.env_of(user)["crm.lead"]
            with self.subTest(user=user.login):
                self.assertEqual(len(leads.find_matches_for(criteria)), expected)
                self.assertEqual(len(leads.find_callers(secret)), expected)
                self.assertEqual(len(leads.find_callers("+34 699 88 77 66")), min(expected, 1))

    def test_matcher_names_nobody_of_another_company_to_ask(self):
        self.client.user_id = self.berta
        self.leads[NADIA].user_id = self.nadia
        self.nadia.write({"company_ids": [Command.set(self.other_company.ids)], "company_id": self.other_company.id})
        self.env.flush_all()
        for match in self.env_of(self.oscar)["crm.lead"].find_matches_for({"email": self.client.email}):
            if match["ask"]:
                self.assertNotIn(match["ask"]["id"], (self.nadia | self.berta).ids)

    def test_matcher_cannot_be_used_to_read_out_the_list_of_clients(self):
        with freeze_time("2026-03-02 09:00:10"):
            leads = self.env_of(self.fran)["crm.lead"]
            for number in range(MOST_A_MINUTE // 2):
                leads.find_callers(f"client {number}")
                leads.find_matches_for({"name": f"client {number}"})
            for look_up in (lambda: leads.find_callers("one more"), lambda: leads.find_matches_for({"name": "one more"})):
                with self.assertRaisesRegex(UserError, "Too many"):
                    look_up()
            # Colleagues go on, and so does the person a minute later.
            self.assertIsInstance(self.env_of(self.olga)["crm.lead"].find_callers("Ana"), list)
        with freeze_time("2026-03-02 09:01:00"):
            self.assertIsInstance(self.env_of(self.fran)["crm.lead"].find_callers("Ana"), list)
        count = self.env["firm.matcher.count"].search([("user_id", "=", self.fran.id)])
        self.assertEqual(count.count, 1, "It is kept in the database, where all workers count, one row for each user.")

    def test_opposing_parties_are_looked_up_no_faster_than_people_type(self):
        with freeze_time("2026-03-02 09:00:10"):
            lead = self.leads[OLGA].with_env(self.env_of(self.olga))
            values = {"lead_id": lead.id, "opposing_party_ids": [Command.create({"name": "Somebody"})]}
            spec = {"lead_id": {}, "opposing_party_ids": {"fields": {"name": {}, "vat": {}}}, "result": {}}
            # One by RPC, as many as remain by typing; none of them is stored.
            lead.find_conflicts()
            count = self.env["firm.matcher.count"].search([("user_id", "=", self.olga.id)])
            self.assertEqual(count.count, 1)
            lead.env["crm.lead.check.conflict"].onchange(values, ["opposing_party_ids"], spec)
            count.invalidate_recordset()
            self.assertGreater(count.count, 1)
            count.count = MOST_A_MINUTE
            count.flush_recordset()
            # A decision tells how many were found, so it is a look-up as well.
            for look_up in (
                lambda: lead.env["crm.lead.check.conflict"].onchange(values, ["opposing_party_ids"], spec),
                lead.find_conflicts,
                lambda: lead.record_conflict_verdict("to_review"),
            ):
                with self.assertRaisesRegex(UserError, "Too many"):
                    look_up()
        with freeze_time("2026-03-02 09:01:10"):
            lead.record_conflict_verdict("to_review")
            lead.opposing_party_ids = [Command.create({"name": f"Somebody {number}"}) for number in range(5)]
            lead.find_conflicts()
            count.invalidate_recordset()
            self.assertEqual(count.count, 1 + len(lead.opposing_party_ids), "each party is somebody who is looked up")

    # === MESSAGES OF CLIENTS === #

    @mute_logger(*SILENT)
    def test_client_forges_nothing_on_the_own_case(self):
        messages = self.env_of(self.paula)["mail.message"]
        said = {
            "model": "helpdesk.ticket",
            "res_id": self.own_case.id,
            "body": "Hello",
            "message_type": "comment",
            "subtype_id": self.env.ref("mail.mt_comment").id,
        }
        honest = messages.create(said)
        self.assertEqual(honest.sudo().author_id, self.paula.partner_id)
        forged = {
            "date": "2020-01-01 09:00:00",
            "create_date": "2020-01-01 09:00:00",
            "message_type": "email",
            "message_id": "<forged@firm.example.com>",
            "is_internal": True,
            "incoming_email_to": "boss@firm.example.com",
            "outgoing_email_to": "victim@elsewhere.example.com",
            "tracking_value_ids": [Command.create({"old_value_char": "x", "new_value_char": "y"})],
            "email_layout_xmlid": "mail.mail_notification_light",
            "mail_activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
        }
        for name, value in forged.items():
            with self.subTest(field=name):
                with self.assertRaises(AccessError):
                    messages.create(said | {name: value})
                if name not in ("tracking_value_ids", "create_date"):
                    with self.assertRaises(AccessError):
                        honest.with_env(messages.env).write({name: value})
        quiet = messages.with_context(default_date="2020-01-01 09:00:00", default_author_id=self.olga.partner_id.id).create(
            said | {"author_id": self.olga.partner_id.id, "reply_to": "thief@elsewhere.example.com"}
        )
        quiet_sudo = quiet.sudo()
        self.assertNotEqual(quiet_sudo.date.year, 2020)
        self.assertEqual(quiet_sudo.author_id, self.paula.partner_id)
        self.assertNotIn("thief", quiet_sudo.reply_to)
        with self.assertRaises(AccessError):
            messages.browse(quiet.id).write({"res_id": self.case.id})
        posted = self.as_user(self.paula, self.own_case).message_post(body="Hi", date="2020-01-01", message_type="email")
        self.assertEqual((posted.sudo().message_type, posted.sudo().date.year == 2020), ("comment", False))

    def test_clients_have_no_form_of_messages(self):
        values = {"model": "helpdesk.ticket", "res_id": self.own_case.id}
        with self.assertRaises(AccessError):
            self.env_of(self.paula)["mail.message"].onchange(values, ["res_id"], {"record_name": {}})
        shown = self.env_of(self.marta)["mail.message"].onchange(values, ["res_id"], {"record_name": {}})
        self.assertEqual(shown["value"]["record_name"], self.own_case.display_name)

    # === PLANTING ON RECORDS OF OTHERS === #

    @mute_logger(*SILENT)
    def test_nobody_plants_anything_on_a_record_they_cannot_read(self):
        """Something of one's own lead, or of nothing, is moved onto another's."""
        env = self.env_of(self.nadia)
        own = self.leads[NADIA].id
        types = {model: self.env["ir.model"]._get_id(model) for model in ("crm.lead", "helpdesk.ticket")}
        meeting = {"name": "x", "start": "2026-03-02 09:00:00", "stop": "2026-03-02 10:00:00"}
        things = {
            "task": env["mail.activity"].create({"res_model_id": types["crm.lead"], "res_id": own, "summary": "x"}),
            "free task": env["mail.activity"].create({"summary": "x", "user_id": self.nadia.id}),
            "file": env["ir.attachment"].create({"name": "x", "raw": b"x", "res_model": "crm.lead", "res_id": own}),
            "free file": env["ir.attachment"].create({"name": "x", "raw": b"x"}),
            "message": env["crm.lead"].browse(own).message_post(body="x"),
            "meeting": env["calendar.event"].create(meeting),
        }
        for target in (self.lead, self.case):
            for what, thing in things.items():
                values = {"res_id": target.id}
                if what == "message":
                    values["model"] = target._name
                elif "file" in what:
                    values["res_model"] = target._name
                else:
                    values["res_model_id"] = types[target._name]
                with self.subTest(what=what, target=target._name), self.assertRaises(AccessError):
                    thing.write(values)
                with self.subTest(what=what, target=target._name, how="one after the other"), self.assertRaises(AccessError):
                    for name, value in values.items():
                        thing.write({name: value})
            for model, values in (
                ("mail.followers", {"res_model": target._name, "res_id": target.id, "partner_id": self.nadia.partner_id.id}),
                ("rating.rating", {"res_model_id": types[target._name], "res_id": target.id, "rating": 1}),
                ("calendar.event", meeting | {"res_model_id": types[target._name], "res_id": target.id}),
                ("mail.message", {"model": target._name, "res_id": target.id, "body": "x"}),
                ("mail.scheduled.message", {"model": target._name, "res_id": target.id, "scheduled_date": "2030-01-01"}),
            ):
                with self.subTest(model=model, target=target._name), self.assertRaises(AccessError):
                    env[model].create(values)
        # To another record of one's own everything moves as before.
        second = env["crm.lead"].create({"name": "Second"})
        for what in ("task", "file", "meeting"):
            things[what].write(
                {"res_id": second.id, "res_model_id": types["crm.lead"]} if what != "file" else {"res_id": second.id}
            )

    # === MEETINGS === #

    def test_meetings_of_a_client_are_found_by_those_who_see_them(self):
        """By the name, the address, the number of a guest, through the contact and through what counts on it."""
        meeting = self.things[OLGA]["meeting"]
        guest = meeting.partner_ids
        domains = [
            [("partner_ids.name", "ilike", get_name(OLGA))],
            [("partner_ids.email", "ilike", get_name(OLGA))],
            [("partner_ids", "ilike", get_name(OLGA))],
            [("partner_ids", "any", [("name", "=", guest.name)])],
            [("partner_ids", "in", guest.ids)],
            [("partner_ids", "=", guest.id)],
            [("attendee_ids.partner_id.name", "ilike", get_name(OLGA))],
            [("attendee_ids.email", "ilike", get_name(OLGA))],
            [("attendee_ids", "in", meeting.attendee_ids.ids)],
        ]
        for user, expected in ((self.olga, meeting), (self.sara, meeting), (self.elsa, meeting.browse())):
            env = self.env_of(user)
            for domain in domains:
                with self.subTest(user=user.login, domain=domain):
                    self.assertEqual(env["calendar.event"].search([("id", "in", meeting.ids), *domain]).ids, expected.ids)
            without = env["calendar.event"].search([("id", "in", meeting.ids), ("partner_ids", "not in", guest.ids)])
            self.assertFalse(without, "Nor is it told by what is left out.")
            self.assertEqual(guest.with_env(env).meeting_count, len(expected))
            self.assertEqual(guest.with_env(env).schedule_meeting()["domain"][1][2], expected.ids)
            with self.assertRaises(AccessError):
                env["res.partner"].search([("meeting_ids.start", "=", meeting.start), ("id", "in", guest.ids)])

    def test_calendars_of_colleagues_show_when_they_are_busy(self):
        meeting = self.things[OLGA]["meeting"]
        meeting.partner_ids += self.olga.partner_id
        self.env.flush_all()
        found = self.env_of(self.elsa)["calendar.event"].search([("partner_ids", "in", self.olga.partner_id.ids)])
        self.assertEqual(found, meeting)
        self.assertFalse(marks_in(found.read(["name", "display_name"])))

    def test_meetings_of_a_client_are_not_told_by_their_place_in_an_order(self):
        """Own meetings with names before and after a guess would tell whether it is right."""
        meeting = self.things[OLGA]["meeting"]
        for order in ("name", "start, location desc", "opportunity_id"):
            for user, found in ((self.olga, meeting), (self.elsa, meeting.browse())):
                events = self.env_of(user)["calendar.event"]
                with self.subTest(order=order, user=user.login):
                    self.assertEqual(events.search([("id", "in", meeting.ids)], order=order).ids, found.ids)
        self.assertTrue(self.env_of(self.elsa)["calendar.event"].search([("id", "in", meeting.ids)], order="start desc, id"))

    # === OTHER COMPANIES, OTHER CONTACTS === #

    @mute_logger(*SILENT)
    def test_a_lead_takes_no_address_from_a_contact_one_may_not_read(self):
        secret = self.env["res.partner"].create(
            {"name": "Zoraida Quiroga", "email": "zoraida@other.example.com", "company_id": self.other_company.id}
        )
        spec = {name: {} for name in ("email_from", "phone", "contact_name")}
        for value in (secret.id, {"id": secret.id}):
            with self.subTest(value=value), self.assertRaises(AccessError):
                self.env_of(self.olga)["crm.lead"].onchange({"partner_id": value}, ["partner_id"], spec)
        with self.assertRaises(AccessError):
            self.env_of(self.olga)["crm.lead"].with_context(default_partner_id=secret.id).onchange({}, [], spec)
        with self.assertRaises(AccessError):
            self.env_of(self.olga)["crm.lead"].create({"name": "x", "partner_id": secret.id})
        with self.assertRaises(AccessError):
            self.as_user(self.olga, self.lead).write({"partner_id": secret.id})
        shown = self.env_of(self.berta)["crm.lead"].onchange({"partner_id": secret.id}, ["partner_id"], spec)
        self.assertEqual(shown["value"]["email_from"], secret.email)

    def test_whose_request_a_number_is_cannot_be_read_out(self):
        with freeze_time("2026-03-02 09:00:10"):
            leads = self.env_of(self.fran)["crm.lead"]
            with self.assertRaisesRegex(UserError, "Too many"):
                for number in range(MOST_A_MINUTE + 1):
                    leads.find_message_takers(phone=f"+34 600 11 {number // 100:02} {number % 100:02}")

    def test_email_of_a_client_with_a_login_is_for_case_managers_to_change(self):
        """Who reads its e-mails gets a new password of the client, and with it the cases."""
        client, stranger = self.paula.partner_id, self.client
        for user in (self.olga, self.fran, self.adam):
            user.group_ids += self.env.ref("base.group_partner_manager")
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.as_user(user, client).write({"email": "mine@firm.example.com"})
                self.as_user(user, client).write({"email": client.email, "phone": "+34 600 11 22 33"})
                self.as_user(user, stranger).write({"email": "new@client.example.com"})
        self.as_user(self.marta, client).write({"email": "new.paula@client.example.com"})
        self.assertEqual(client.email, "new.paula@client.example.com")

    def test_a_login_that_shows_the_cases_of_a_client_is_for_case_managers_to_give(self):
        self.oscar.group_ids = self.env.ref("sales_team.group_sale_salesman") | self.env.ref("base.group_partner_manager")
        company = self.env["res.partner"].create(
            {"name": "Client Ltd", "is_company": True, "crm_firm_case_visibility": "company"}
        )
        of_company = {"parent_id": company.id}
        person, friend = self.env["res.partner"].create(
            [{"name": name, "email": f"{name}@new.example.com"} | of_company for name in ("boss", "friend")]
        )
        team = self.env.ref("crm_firm.team_client_requests")
        self.env["helpdesk.ticket"].create({"name": "Secret", "description": "x", "partner_id": person.id, "team_id": team.id})
        self.env.flush_all()
        self.marta.group_ids += self.env.ref("base.group_partner_manager")
        for user, is_given in ((self.oscar, False), (self.marta, True)):
            # Its lines are made when they are first read: here as in a request, by the user.
            lines = self.env_of(user)["portal.wizard"].create({"partner_ids": [Command.set(friend.ids)]}).user_ids
            if is_given:
                lines.action_grant_access()
            else:
                with self.assertRaises(AccessError):
                    lines.action_grant_access()
            self.assertEqual(bool(friend.user_ids), is_given)
