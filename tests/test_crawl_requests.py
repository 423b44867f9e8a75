"""Every door of requests is opened in a real Chromium, in Spanish, by everybody it is offered to."""

from odoo.tests import HttpCase, tagged

from .browser_common import DESK, PHONE
from .crawl_common import CrawlCase

MAIL = (
    "From: Ana Prueba <ana%s@prueba.example>\nTo: nadie@firm.example.com\nSubject: Una pregunta\nMessage-ID: <%s@prueba>\n\nHola"
)
# Doors that nobody opens here, and why; on a phone these as well
SHUT = {
    "button firm.request.register action_leave_message": "for a caller who is found: tests/test_calls_back.py",
    "button firm.request.register action_open": "for a caller who is found: tests/test_register_tour.py",
    "button firm.user.archive action_archive_users": "behind Odoo's Archive on users: tests/test_archive_tour.py",
    "tab crm.lead internal_notes": "its only field stands at the top of the form",
    "view crm_firm.firm_channel_action form": "the list is edited in place",
    "view crm_firm.firm_contact_attempt_action form": "the list is edited in place",
    "view crm_firm.firm_user_archive_action form": "behind Odoo's Archive on users: tests/test_archive_tour.py",
}
IN_MENU = "its dialog comes out of the menu for ticked rows, where the crawl does not get at its buttons: opened at a desk"
SHUT_BY_PHONE = {
    "button crm.lead.lost action_lost_reason_apply": IN_MENU,
    "button crm.lead.restart action_restart": IN_MENU,
    "button firm.mail.quarantine.ignore action_ignore": IN_MENU,
    "key alt+shift+r": "a phone has no keys",
    "palette firm_finder": "a phone has no keys",
}


@tagged("post_install", "-at_install")
class TestCrawlRequests(CrawlCase, HttpCase):
    subject = "requests"
    menus = {"administrator": {"crm.crm_config_settings_menu"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people["manager"].group_ids += cls.env.ref("base.group_multi_company")
        # What the firm of the demo is spared: mails that nobody could read or deliver
        Quarantine = cls.env["firm.mail.quarantine"]
        for state in ("new", "new", "ignored", "lead"):
            name = f"{state}{Quarantine.search_count([])}"
            kept = Quarantine._keep((MAIL % (name, name)).encode(), "error", "Error de prueba")
            if state == "lead":
                kept.action_make_lead()
            else:
                kept.state = state
        cls.env["mail.thread"].message_process("crm.lead", (MAIL % ("received", "received")).encode())
        lead = cls.env["crm.lead"].search([("contact_status", "=", "to_contact"), ("email_from", "!=", False)], limit=1)
        cls.fail_acknowledgement(lead)
        # A contact with a request, and a letter that did not go out
        letter = cls.make_letter("sent")
        cls.env["firm.outgoing.mail"].search([("res_model", "=", letter.signer_ids._name)]).state = "failed"
        # What became of requests: lost, a case, converted just now; the youngest of its kind is opened
        common = {"partner_id": letter.partner_id.id, "user_id": letter.user_id.id}
        cls.fail_acknowledgement(cls.env["crm.lead"].create({"name": "Otra pregunta", "type": "lead", **common}))
        cls.env["crm.lead"].create({"name": "Perdida", "type": "opportunity", **common}).action_set_lost()
        requests = cls.env["crm.lead"].create([{"name": name, "type": "lead", **common} for name in ("Un caso", "Convertida")])
        requests[0].convert_request(contacts=letter.partner_id.ids, case={})
        requests[1].convert_request(contacts=letter.partner_id.ids)
        cls.env.flush_all()

    @classmethod
    def fail_acknowledgement(cls, lead):
        lead._acknowledge_request()
        cls.env["firm.outgoing.mail"].search([("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)]).state = "failed"

    def test_screens_of_requests_open_at_a_desk(self):
        """Without the specialist, who has the screens of an owner; the rest of the administrator's menus are a manager's."""
        self.people = {role: user for role, user in self.people.items() if role != "specialist"}
        self.crawl_everybody(DESK, "", SHUT)

    def test_screens_of_requests_open_on_a_phone(self):
        self.menus = {}
        self.crawl_everybody(PHONE, " by phone", SHUT | SHUT_BY_PHONE)
