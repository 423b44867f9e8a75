"""The firm and its people as the tests of the crawl open them, and what these tests fail for. No test in here.

docs/developers.rst says what is a door and how to give a reason for one that stays shut.
"""

import logging
import re
from contextlib import contextmanager

from odoo.modules.module import Manifest
from odoo.tests.common import _registry_test_lock
from odoo.tools import convert_file

from .browser_common import BrowserCase
from .crawl_doors import find_doors, get_subject, load_english
from .crawler import READY, Crawler

# What stands on screens and is not ours to mend (patterns), and why
NOT_OURS = {
    r"English: This lead has been stuck in this stage for \d+ days\.": "Odoo's words, which its Spanish has not translated",
    r"English: Logo of .*": "the header of Odoo's website",
    r"English: Mobile": "the header of Odoo's website",
    r"o_kanban_record .*row g-0.* is \d+ wide and has \d+.*": "the cards of an order's lines, on a phone",
}


class LogWatch(logging.Handler):
    """Keeps what the log says of errors and what it prints with a traceback."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.found = []

    def emit(self, record):
        if record.levelno >= logging.ERROR or record.exc_info:
            self.found.append(f"{record.name}: {record.getMessage()}")


class CrawlCase(BrowserCase):
    """Joins a class that adds `HttpCase`. The firm of the demo lends its data and its people, in Spanish.

    `people` are users by their role, those with the fewest rights first: a button is pressed by the first who is offered it.
    A class says whose screens are its own.
    """

    subject = None  # as `get_subject` of crawl_doors names them
    menus = {}  # by role: what is opened of the menus, where it is not all that is ours

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for filename in Manifest.for_addon("crm_firm")["demo"]:
            convert_file(cls.env, "crm_firm", filename, {}, mode="init", noupdate=True)
        (cls.env.ref("base.user_admin") | cls.env.ref("base.public_user")).write({"lang": "es_ES", "tz": "Europe/Madrid"})
        people = {"owner": "beatriz", "front desk": "rocio", "specialist": "teresa", "manager": "elena"}
        cls.people = {role: cls.env.ref(f"crm_firm.demo_user_{name}") for role, name in people.items()}
        cls.people["administrator"] = cls.env.ref("base.user_admin")
        actions = cls.env["ir.model.data"].search([("model", "=like", "ir.actions%")])
        cls.names = {data.res_id: data.complete_name for data in actions}
        doors = find_doors(cls.env, cls.names)
        cls.all_doors = set().union(*doors.values())
        cls.doors = set().union(*(found for model, found in doors.items() if get_subject(model) == cls.subject))
        cls.english = load_english()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.watch = LogWatch()
        logging.getLogger().addHandler(self.watch)
        self.addCleanup(logging.getLogger().removeHandler, self.watch)

    @classmethod
    def make_letter(cls, state):
        """Return the letter of an opportunity of its own: a draft, one that is ready, sent or signed by a consumer."""
        owner = cls.env.ref("crm_firm.demo_user_beatriz")
        client = cls.env["res.partner"].create({"name": "Ana Prueba", "email": "ana@prueba.example", "lang": "es_ES"})
        opportunity = cls.env["crm.lead"].create(
            {
                "name": "Declaración de la renta",
                "type": "opportunity",
                "partner_id": client.id,
                "user_id": owner.id,
                "practice_area_id": cls.env.ref("crm_firm.practice_area_tax").id,
            }
        )
        letter = opportunity.with_user(owner).prepare_letter()
        if state != "draft":
            client.write({"vat": "12345678Z", "street": "Calle Menor 2", "city": "Madrid"})
        if state in ("sent", "signed"):
            letter.send_for_signature()
        letter_sudo = letter.sudo()
        if state == "signed":
            said = {"content_sha256": letter_sudo.current_version_id.content_sha256, "name": client.name, "capacity": "self"}
            letter_sudo._sign(letter_sudo.signer_ids, said, {"ip_address": "192.0.2.7", "user_agent": "Prueba"})
        return letter_sudo

    @contextmanager
    def isolate(self):
        """Take back what is done in the block, so that the doors that follow find everything as it was."""
        # The lock: the browser goes on asking for images and the like, with the same cursor.
        with _registry_test_lock:
            savepoint = self.env.cr.savepoint()
        yield
        with _registry_test_lock:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def get_search_view(self, state):
        """Return the external id of the search view of a screen."""
        with _registry_test_lock:
            view_id = state["search"] or self.env[state["model"]].get_view(False, "search")["id"]
            return self.env["ir.ui.view"].browse(view_id).get_external_id()[view_id]

    def count_views(self, action_id):
        with _registry_test_lock:
            return len(self.env["ir.actions.act_window"].browse(action_id).view_mode.split(","))

    def find_kinds(self, model, fields, user):
        """Return one record of each kind that the user sees, as `Crawler.visit_kinds` takes them."""
        kinds = {}
        with _registry_test_lock:
            records = self.env[model].with_user(user).with_context(active_test=False)
            for field in fields if records.has_access("read") else ():
                for kind, record_id in records._read_group([], [field], ["id:max"]):
                    kinds.setdefault(record_id, []).append(f"{field} {kind.id if hasattr(kind, 'id') else kind}")
        return kinds

    def crawl_everybody(self, device, how, shut):
        """Open everything as each of the people, one after the other, and check it.

        :param str how: what the log adds to the name of a role
        :param shut: as `check` takes it
        """
        done, crawlers = set(), []
        for role, user in self.people.items():
            crawlers.append(self.crawl_as(user, f"{role}{how}", device, done, self.menus.get(role)))
        self.check(crawlers, shut)

    def crawl_as(self, user, role, device, done, menus=None):
        user.write({"lang": "es_ES", "tz": "Europe/Madrid", "tour_enabled": False, "odoobot_state": "disabled"})
        user.password = user.login
        session = self.authenticate(user.login, user.login)
        with self.browse(device, "about://blank", session=session, locale="es-ES", reduced_motion="reduce") as page:
            crawler = Crawler(page, role, self, done)
            crawler.load("/odoo", READY)
            crawler.crawl(user, menus)
            page.goto("about:blank")
        return crawler

    def check(self, crawlers, shut):
        """Print how many doors were opened by whom; fail for what is wrong behind them and for those that stayed shut.

        :param dict shut: doors that nobody opens, with the reason
        """
        logger = logging.getLogger("odoo.addons.crm_firm.tests.crawl")
        logger.setLevel(logging.INFO)  # scripts/opened_doors.py reads it, however quiet the run is
        for crawler in crawlers:
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(crawler.counts.items()))
            logger.info("%s: %s doors (%s)", crawler.role, crawler.counts.total(), counts)
        faults = [fault for crawler in crawlers for fault in crawler.faults]
        not_ours = re.compile(f": ({'|'.join(NOT_OURS)})$")
        faults = [fault for fault in faults if not not_ours.search(fault)]
        faults += self.watch.found
        opened = set().union(*(crawler.opened for crawler in crawlers))
        faults += [f"not opened, and no reason is given: {door}" for door in sorted(self.doors - opened - set(shut))]
        faults += [f"opened, against the reason given: {door}" for door in sorted(set(shut) & opened)]
        faults += [f"a reason for what is no door: {door}" for door in sorted(set(shut) - self.doors)]
        self.assertFalse(faults, "\n".join(faults))
