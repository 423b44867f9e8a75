"""What the crawl looks for: English on Spanish screens, and the doors there are. No test in here."""

import re
from pathlib import Path

import polib
from lxml import etree, html

ADDON = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\{.*?\}\}|\$\{.*?\}")
# No Spanish sentence has them; an English one of any length hardly does without.
ENGLISH_WORDS = r"(?<!\p{L})(the|and|with|without|your|you|this|that|from|not|are|was|which|who|have|been|of|is|it)(?!\p{L})"
# Models whose screens are opened by a test of their own: what their names start with
SUBJECTS = {
    "cases": ("helpdesk.team", "helpdesk.ticket", "firm.case", "firm.day", "firm.document", "firm.urgency"),
    "letters": ("firm.engagement", "firm.interview", "product.", "sale."),
}


# === WHAT IS ENGLISH === #


def get_fragments(term):
    """Return the texts that a term shows, each by itself as a page holds them: those between its tags."""
    if "<" not in term:
        return [" ".join(term.split())]
    return [" ".join(text.split()) for text in html.fragment_fromstring(term, create_parent=True).itertext() if text.strip()]


def load_english():
    """Return what must not be on a Spanish screen: `exact` texts and `patterns`, each with its English term."""
    entries = [
        (source, translated)
        for entry in polib.pofile(str(ADDON / "i18n" / "es.po"))
        for source, translated in ((entry.msgid, entry.msgstr), *[(entry.msgid_plural, s) for s in entry.msgstr_plural.values()])
        if source and translated and source != translated
    ]
    spanish = {text for _source, translated in entries for text in get_fragments(translated)}
    exact, patterns = {}, {}
    for source, _translated in entries:
        for text in get_fragments(source):
            words = PLACEHOLDER.split(text)
            if text in spanish or len(re.findall("[A-Za-z]", "".join(words))) < 4:
                continue
            if len(words) == 1:
                exact[text] = source
            elif len(re.findall("[A-Za-z]{2,}", " ".join(words))) > 1:
                patterns["^" + ".+".join(map(re.escape, words)) + "$"] = source
    # `re.escape` and a browser agree on what both understand.
    return {
        "exact": list(exact.items()),
        "patterns": [(re.sub(r"\\([ '\"<>@&%#~=!:;,`-])", r"\1", p), s) for p, s in patterns.items()],
        "words": ENGLISH_WORDS,
    }


# === WHAT THERE IS TO OPEN === #


def find_doors(env, names):
    """Return the doors of the addon's screens: sets of texts by the model they belong to."""
    doors = {}

    def add(model, *parts):
        doors.setdefault(model, set()).add(" ".join(parts))

    # What answers to keys says so in its code only.
    for path in (ADDON / "static" / "src").rglob("*.js"):
        code = path.read_text()
        for kind, pattern in (("palette", r'"command_provider"\)\.add\("(\w+)"'), ("key", r'\bhotkey: "([\w+]+)"')):
            for name in re.findall(pattern, code):
                add("crm.lead", kind, name)

    def get_ours(model):
        data = env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", model)])
        return env[model].browse(data.mapped("res_id")).exists()

    for menu in get_ours("ir.ui.menu").filtered("action"):
        add(getattr(menu.action, "res_model", False) or "crm.lead", "menu", menu.get_external_id()[menu.id])
    for action in get_ours("ir.actions.act_window"):
        for mode in action.view_mode.split(","):
            add(action.res_model, "view", names[action.id], mode)
    for view in get_ours("ir.ui.view").filtered("model"):
        root = view
        while root.mode == "extension" and root.inherit_id:
            root = root.inherit_id
        for node in etree.fromstring(view.arch_db).iter("button", "a", "filter", "page"):
            name = node.get("name")
            if node.get("position") == "replace" and not len(node):
                continue  # taken away
            if node.tag == "filter":
                add(view.model, "filter", root.get_external_id()[root.id], name)
            elif name and node.tag == "page":
                add(view.model, "tab", view.model, name)
            elif name:
                model = get_model_of_node(env, view.model, node)
                add(model, "button", model, names.get(int(name), name) if name.isdecimal() else name)
    return doors


def get_model_of_node(env, model, node):
    """Return the model of the records a node of a view stands on: that of the list it is in, or the view's."""
    fields = [parent.get("name") for parent in node.iterancestors("field")]
    fields += [
        name for parent in node.iterancestors("xpath") for name in re.findall(r"field\[@name='(\w+)'\]/", parent.get("expr"))
    ]
    for name in reversed(fields):
        field = env[model]._fields.get(name)
        if field is not None and field.comodel_name:
            model = field.comodel_name
    return model


def get_subject(model):
    """Return which test opens the screens of a model."""
    if model == "helpdesk.ticket.channel":  # requests come by it as well
        return "requests"
    return next((subject for subject, names in SUBJECTS.items() if model.startswith(names)), "requests")
