from odoo import Command, api, fields
from odoo.exceptions import UserError, ValidationError
from odoo.sql_db import db_connect
from odoo.tests import HttpCase, freeze_time, tagged

from ..models.verification.firm_matcher_count import MOST_A_MINUTE
from .at_once_common import AtOnceCase
from .common import FirmCast

NOW = "2026-03-02 09:00:10"
TOLD = "An error that tells something"


@tagged("post_install", "-at_install")
class TestLookUpsOfStoredRequests(FirmCast, HttpCase):
    """What somebody types on their own request, and asks for by a button, is looked up as what is typed into a box."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.known = cls.env["res.partner"].create({"name": "Construcciones Gómez, S.L.", "is_company": True})

    def setUp(self):
        super().setUp()
        self.lead = self.receive_request(
            contact_name="Teresa Tortosa", user_id=self.olga.id, opposing_party_ids=[Command.create({"name": self.known.name})]
        )
        self.clean = self.receive_request(
            contact_name="Rosalía Quesada", email_from="r.quesada@other.example.com", user_id=self.olga.id
        )
        self.env.flush_all()

    def ask(self, lead, method, *args, **kwargs):
        """Call a method as Olga's browser does, and return what it answers or the error it shows."""
        args = args if method == "load" else [lead.ids, *args]
        params = {"model": "crm.lead", "method": method, "args": args, "kwargs": kwargs}
        response = self.opener.post(
            f"{self.base_url()}/web/dataset/call_kw", json={"jsonrpc": "2.0", "method": "call", "params": params}, timeout=60
        ).json()
        self.env.invalidate_all()
        return response["error"]["data"]["message"] if "error" in response else response.get("result")

    def set_count(self, number):
        self.env["firm.matcher.count"].search([]).unlink()
        if number:
            minute = fields.Datetime.to_datetime(NOW).replace(second=0)
            self.env["firm.matcher.count"].create({"user_id": self.olga.id, "minute": minute, "count": number})
        self.env.flush_all()

    @freeze_time(NOW)
    def test_whatever_tells_that_somebody_is_known_is_counted_and_ends(self):
        doors = (
            ("record_conflict_verdict", ["clear"], "explain why"),
            ("mark_ready_for_proposal", [{"need_known": True}], "may be a conflict"),
            ("convert_request", [], "may be a conflict"),
            ("write", [{"type": "opportunity"}], "may be a conflict"),
            ("load", [[".id", "type"], [[str(self.lead.id), "opportunity"]]], "may be a conflict"),
            ("convert_clear_requests", [], None),
            ("find_conflicts", [], None),
            ("find_matches", [], None),
        )
        self.authenticate(self.olga.login, self.olga.login)
        for method, args, told in doors:
            with self.subTest(method=method):
                self.set_count(0)
                answer = self.ask(self.lead, method, *args)
                if told:
                    self.assertIn(told, str(answer))
                self.assertGreaterEqual(sum(self.env["firm.matcher.count"].search([]).mapped("count")), 1)
                self.set_count(MOST_A_MINUTE)
                self.assertIn("Too many look-ups", str(self.ask(self.lead, method, *args)))
        self.assertEqual(self.lead.type, "lead")

    @freeze_time(NOW)
    def test_what_is_left_takes_back_nothing_that_was_converted(self):
        left = self.lead
        for number in range(8):
            left |= self.receive_request(
                contact_name=f"Person {number}",
                email_from=f"person{number}@other.example.com",
                user_id=self.olga.id,
                opposing_party_ids=[Command.create({"name": self.known.name})],
            )
        self.env.flush_all()
        self.set_count(MOST_A_MINUTE - 6)
        converted, excluded = (self.clean | left).with_user(self.olga).convert_clear_requests()
        self.assertEqual((converted, set(excluded)), (self.clean, set(left)))
        self.assertGreater(self.env["firm.matcher.count"].search([]).count, MOST_A_MINUTE)

    @freeze_time(NOW)
    def test_the_panel_of_a_request_waits_and_the_rest_of_it_is_shown(self):
        self.authenticate(self.olga.login, self.olga.login)
        specification = {"contact_name": {}, "verification_panel": {}}
        self.set_count(MOST_A_MINUTE - 1)
        [shown] = self.ask(self.clean, "web_read", specification=specification)
        self.assertNotIn("Too many", shown["verification_panel"])
        leads = self.clean | self.lead
        shown = self.ask(leads, "web_read", specification=specification)
        self.assertEqual([of_lead["contact_name"] for of_lead in shown], leads.mapped("contact_name"))
        self.assertEqual(["Too many" in of_lead["verification_panel"] for of_lead in shown], [False, True])


@tagged("post_install", "-at_install", "crm_firm_concurrency")
class TestLookUpsOfATransaction(AtOnceCase):
    """Real transactions: one that only reads (of a copy of the database) and one that is taken back."""

    def setUp(self):
        super().setUp()
        # As with a copy of the database for those who only read
        self.patch(self.registry, "_db_readonly", db_connect(self.registry.db_name, readonly=True))
        self.user_id = self.env.ref("base.user_admin").id

    def forget(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM firm_matcher_count WHERE user_id = %s", [self.user_id])

    def look_up(self, times, readonly=False, failing=False):
        with self.registry.cursor(readonly=readonly) as cr:
            self.assertEqual(cr.readonly, readonly)
            for _time in range(times):
                api.Environment(cr, self.user_id, {})["firm.matcher.count"]._note_look_up()
            if failing:
                raise ValidationError(TOLD)

    def get_count(self):
        with self.registry.cursor() as cr:
            cr.execute("SELECT count FROM firm_matcher_count WHERE user_id = %s", [self.user_id])
            return cr.fetchone()[0]

    @freeze_time(NOW)
    def test_what_was_looked_up_stays_counted(self):
        self.look_up(1)
        self.assertEqual(self.get_count(), 1)
        self.look_up(2, readonly=True)
        self.assertEqual(self.get_count(), 3)
        for readonly in (False, True):
            with self.assertRaisesRegex(UserError, "tells something"):
                self.look_up(4, readonly, failing=True)
        self.assertEqual(self.get_count(), 11)
        for readonly in (True, False):
            with self.assertRaisesRegex(UserError, "Too many"):
                self.look_up(MOST_A_MINUTE, readonly)
            self.assertEqual(self.get_count(), MOST_A_MINUTE, "as many as were answered")
