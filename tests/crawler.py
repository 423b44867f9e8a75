"""A person who opens everything: walks through the screens of the firm and notes what is wrong on them. No test in here."""

import re
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from .crawl_doors import get_subject

SCRIPT = Path(__file__).resolve().parent / "crawl.js"
READY = ".o_action_manager > *"
# Samples that stand where there is nothing yet are no records.
RECORD = ":is(.o_data_row .o_data_cell:not(.o_list_button), .o_kanban_record:not(.o_kanban_ghost)):not(.o_view_sample_data *)"
# Opens what is shown beside its list
BESIDE = ".o_firm_preview [data-decision=open]"
# A question before a button does what it says
CONFIRM = ".o_dialog .modal:not(:has(.o_form_view)) .modal-footer .btn-primary"
# What a record's screen depends on: one record of each is opened
KINDS = {
    "crm.lead": ("type", "contact_status", "won_status", "case_id"),
    "helpdesk.ticket": ("stage_id",),
    "helpdesk.ticket.team": ("is_case_team",),
    "firm.document.request": ("state",),
    "firm.engagement.letter": ("state",),
    "firm.intake.source": ("kind",),
    "firm.mail.quarantine": ("state",),
    "res.partner": ("type",),
    "sale.order": ("state",),
}
# Menus of others whose screens show what is ours, with what they show
OTHERS = {
    "crm.crm_menu_leads": "crm.lead",
    "crm.menu_crm_opportunities": "crm.lead",
    "crm.crm_config_settings_menu": "res.config.settings",
}


class Crawler:
    """Opens what one person is offered.

    :param page: the page of the browser, logged in
    :param case: the test: its `names` of actions by id, `doors`, `english`, `isolate`, which takes back what is done inside
    :param set done: what was pressed and searched by others already and is left out
    """

    def __init__(self, page, role, case, done):
        self.page = page
        self.role = role
        self.case = case
        self.done = done
        self.own = set()
        self.counts = Counter()
        self.opened = set()
        self.faults = []
        self.place = role
        self.script = SCRIPT.read_text()
        page.set_default_timeout(300_000)  # a machine with other work is slow, which is no fault
        page.on("console", self._note_console)
        # Pages that open beside this one are visited by those they are for.
        page.add_init_script("window.open = () => ({})")

    def _note_console(self, message):
        # Refusals are answered with 4xx and shown; what they mean is looked at on the page.
        if message.type == "error" and not re.search("WebSocket|status of 4", message.text):
            self.faults.append(f"{self.place}: console: {message.text[:1500]}")

    def ask(self, method, *arguments):
        return self.page.evaluate(f"(args) => crawl.{method}(...args)", list(arguments))

    def load(self, path, ready=None):
        self.page.goto(self.case.base_url() + path)
        if ready:
            self.page.wait_for_selector(ready)
        self.page.evaluate(self.script, self.case.english)

    @contextmanager
    def open(self, *door):
        """Count a door, open it in the block and look at what is behind.

        :param door: its kind and what else tells it from others
        """
        self.counts[door[0]] += 1
        self.opened.add(" ".join(door))
        self.place = f"{self.role}: {' '.join(door)}"
        try:
            yield
            self.faults += [f"{self.place}: {fault}" for fault in self.ask("look")]
        except Exception as error:  # every door is tried, whatever the one before does
            self.faults.append(f"{self.place}: {type(error).__name__}: {str(error)[:600]}")

    @staticmethod
    def is_new(tried, *door):
        """Note that a door is tried and return whether it was not before."""
        is_new = door not in tried
        tried.add(door)
        return is_new

    # === SCREENS === #

    def crawl(self, user, menus=None):
        """Open the menus of the addon, or those only that are named, and one record of each kind."""
        with self.open("start"):
            self.ask("idle")
        if not menus and not self.ask("isPhone"):  # which has no keys
            self.try_keys()
        for menu in self.ask("menus"):
            name = menu["xmlid"]
            is_mine = f"menu {name}" in self.case.doors or (name in OTHERS and get_subject(OTHERS[name]) == self.case.subject)
            if name in menus if menus else is_mine:
                with self.open("menu", name):
                    self.ask("openMenu", menu["id"])
                # What looks as it did for somebody else has nothing new behind it.
                if self.is_new(self.done, "screen", self.ask("describe", RECORD)):
                    self.visit_screen()
        for model, fields in KINDS.items():
            if not menus and get_subject(model) == self.case.subject:
                self.visit_kinds(model, self.case.find_kinds(model, fields, user))

    def try_keys(self):
        """Press the keys that are ours; look for somebody in the palette of commands, and once open who is found first."""
        home = self.ask("state")
        for kind, name in (door.split() for door in sorted(self.case.doors) if door.startswith(("key ", "palette "))):
            if kind == "key":
                self.page.keyboard.press("+".join(map(str.capitalize, name.split("+"))))
                self.ask("idle")
                if not self.is_at(home):  # else it is not for this person
                    with self.open(kind, name):
                        self.ask("idle")
            else:
                with self.open(kind, name):
                    self.page.keyboard.press("Control+K")
                    self.page.fill(".o_command_palette_search input", "Ana")
                    self.page.wait_for_selector(".o_firm_found")
                if self.is_new(self.done, "found", name):
                    with self.open("found", name):
                        self.ask("click", ".o_firm_found")
            self.ask("closeDialogs")
            self.go_back(home)

    def visit_screen(self):
        """Look at every view of the screen that is open, its filters, its first record."""
        home = self.ask("state")
        if not home["view"]:
            self.visit_counters(home)
            return
        action = self.case.names.get(home["action"], str(home["action"]))
        self.note_view(action, home)
        self.try_searches(action, home)
        self.try_buttons(home)
        switches = ".o_cp_switch_buttons :is(.o_switch_view:not(.active), .o-dropdown-item:not(.selected))"
        menu = ".o_cp_switch_buttons > .o-dropdown"
        for index in range(self.case.count_views(home["action"]) - 1):
            if self.ask("count", menu):
                self.ask("click", menu)
            if index >= self.ask("count", switches):
                self.ask("closeMenus")
                break
            if not self.is_new(self.done, "switch", action, index):
                self.ask("closeMenus")
                continue
            with self.open("switch", action, str(index)):
                self.ask("click", switches, index)
            state = self.ask("state")
            self.note_view(action, state)
            if state["view"] != home["view"]:
                self.try_buttons(state)
                # Figures have no records to open; their list has.
                if state["view"] == "list" and home["view"] not in ("list", "kanban", "form"):
                    self.visit_record(state, action)
        self.visit_record(home, action)

    def note_view(self, action, state):
        self.opened.add(f"view {action} {state['view']}")

    def visit_counters(self, home):
        """Press what a board of counters offers; of each column of its table, the head and a figure."""
        for name, selector in self.ask("counters"):
            if self.is_new(self.done, "counter", name):
                with self.open("counter", name):
                    self.ask("click", selector)
                self.go_back(home)

    def try_searches(self, action, home):
        """Open the menu of searches; press every filter and every group, one after the other."""
        items = self.ask("searchItems")
        if not items:
            return
        toggler = ".o_control_panel_navigation .fa-search"
        if self.ask("count", toggler):
            self.ask("click", toggler)
        if self.ask("count", ".o_searchview_dropdown_toggler"):
            with self.open("search", action):
                self.ask("click", ".o_searchview_dropdown_toggler")
            self.ask("closeMenus")
        view = self.case.get_search_view(home)
        shown = None
        for item in items:
            if f"filter {view} {item['name']}" in self.case.all_doors and self.is_new(self.done, "filter", view, item["name"]):
                with self.open("filter", view, item["name"]):
                    self.ask("search", item, shown)
                shown = item
        if shown:
            self.ask("search", None, shown)

    def try_buttons(self, home):
        """Press what is ours on the screen and was not pressed on this model; on a list, with a row ticked as well."""
        self.press_all(home)
        if home["view"] == "list":
            self.press_all(home, "tick", True)
            self.ask("tick", False)

    def press_all(self, home, *step):
        """Press what is new on the screen, each after a step that shows it again."""
        if step:
            self.ask(*step)
        for button in self.ask("listButtons", step[:1] != ("click",)):
            model, name = button["model"], self.get_name(button)
            if self.is_ours(model, name) and ("button", model, name) not in self.done:
                self.press(home, model, name, button, step)

    def is_ours(self, model, name):
        return f"button {model} {name}" in self.case.all_doors

    def get_name(self, button):
        name = button["name"]
        return self.case.names.get(int(name), name) if name.isdecimal() else name

    def press(self, home, model, name, button, step):
        """Press a button; in the dialog it opens go through the fields, and press what the dialog offers.

        A dialog with several buttons is opened once for each.
        """
        is_left = True
        while is_left:
            with self.case.isolate():
                with self.open("button", model, name):
                    if step:
                        self.ask(*step)
                    self.ask("press", button)
                self.done.add(("button", model, name))
                if is_left := self.ask("isDialog"):
                    self.opened.add(f"view {name} form")
                    is_left = self.visit_dialog()
                has_called = self.ask("hasCalled")
                state = self.ask("state")
                self.note_view(self.case.names.get(state["action"], ""), state)
                self.ask("closeDialogs")
            if has_called or not self.is_at(home):
                self.go_back(home)

    def visit_dialog(self):
        """Go through the fields of the dialog on top, answer what it asks and press the first button that is new.

        :return: whether it has more of them
        """
        title = " ".join(self.ask("texts", ".o_dialog .modal-title")[-1:])
        with self.open("dialog", title):
            self.counts["field"] += self.ask("focusFields")
        buttons = [(button["model"], self.get_name(button), button) for button in self.ask("listButtons", True)]
        new = [found for found in buttons if self.is_ours(*found[:2]) and ("button", *found[:2]) not in self.done]
        if not buttons and self.ask("count", CONFIRM):
            with self.open("confirmation", title):
                self.ask("click", CONFIRM)
        if not new:
            return False
        model, name, button = new[0]
        self.done.add(("button", model, name))
        self.ask("fillRequired")
        with self.open("button", model, name):
            self.ask("press", button)
        return len(new) > 1

    def is_at(self, home):
        state = self.ask("state")
        return state == {key: home[key] for key in state}

    def go_back(self, home):
        """Show a screen again; when a form does not let go, by loading the page."""
        if not self.ask("reopen", home):
            place = f"action-{home['action']}" if home["action"] else home["model"]
            self.load(f"/odoo/{place}/{home['id'] or ''}".rstrip("/"), READY)
            self.ask("idle")

    # === RECORDS === #

    def visit_record(self, home, action):
        """Open the first record, its tabs and its buttons."""
        if not self.is_at(home):
            self.go_back(home)
        if home["view"] == "form":
            self.visit_form(home)
            return
        if not self.ask("count", RECORD):
            return
        with self.open("record", action):
            self.ask("click", RECORD)
        if self.ask("count", BESIDE):
            with self.open("record", action, "beside"):
                self.ask("click", BESIDE)
        if self.ask("isDialog"):
            self.visit_dialog()
            self.ask("closeDialogs")
            return
        state = self.ask("state")
        if state["view"] == "form":
            self.note_view(action, state)
            # What else a list leads to is gone through where it belongs.
            if get_subject(state["model"]) == self.case.subject:
                self.visit_form(state)

    def visit_form(self, home, kinds=()):
        """Open the tabs of a form and press its buttons.

        :param kinds: what tells the record from others of its model; of one that just stands first each tab is opened once
        """
        tabs = ".o_action_manager .o_notebook_headers .nav-link[name]"
        self.try_buttons(home)
        for index, name in enumerate(self.ask("names", tabs)):
            tab = ("tab", home["model"], name)
            new = [kind for kind in kinds if self.is_new(self.done, *tab, kind)]
            if new or (not kinds and self.is_new(self.own, *tab)):
                with self.open(*tab):
                    self.ask("click", tabs, index)
                self.press_all(home, "click", tabs, index)

    def visit_kinds(self, model, kinds):
        """Open one record of each kind, and each record once.

        :param dict kinds: ids of records, each with the kinds that it stands for
        """
        for record_id, names in kinds.items():
            action = {"type": "ir.actions.act_window", "res_model": model, "views": [[False, "form"]], "res_id": record_id}
            with self.open("kind", model, ", ".join(names)):
                self.ask("reopen", {"target": action, "view": "form", "id": record_id})
            self.visit_form({**self.ask("state"), "target": action}, names)
