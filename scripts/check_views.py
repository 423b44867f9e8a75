"""Refuse what Odoo passes over in silence in a view until somebody opens it: `options` and `context` no code asks for.

    scripts/check_views.py FOLDER...    the addons folders with the code that may ask

A widget's options are those its own JavaScript, and the fields it is made of, reads or declares; declared choices are the
only values. A context key is one that some Python or JavaScript reads. What starts with `default_` or `search_default_`
needs the registry: tests/test_views.py looks at it.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [Path(folder) for folder in sys.argv[1:]]
# Widgets of fields that name none
DEFAULT_WIDGETS = (
    *("char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection"),
    *("many2one", "many2many", "one2many", "binary", "reference", "many2one_reference", "json"),
)
# Asked for by names that are put together
COMPOSED_CONTEXT = re.compile(r"(search_|searchpanel_)?default_\w+|(list|form|kanban|search)_view_ref")
REGISTERED = re.compile(r"""\.add\(\s*["'](?:\w+\.)?(\w+)["']""")
IMPORTED = re.compile(r"""from\s+["'](@?[\w./-]+)["']""")
OPTION_READ = re.compile(r"""options\??(?:\.|\[["'])(\w+)""")
OPTION_DECLARED = re.compile(r"""\bname:\s*["'](\w+)["']""")
OPTION_CONSTANT = re.compile(r"""_OPTION\s*=\s*["'](\w+)["']""")
CHOICES = re.compile(r"""\bname:\s*["'](\w+)["'],((?:(?!\bname:).)*?)choices:\s*\[(.*?)\]""", re.S)
CHOICE = re.compile(r"""value:\s*(?:["'](\w+)["']|(true|false))""")
CONTEXT_READ = re.compile(r"""[cC]ontext\??(?:\.get\(|\.|\[)\s*["']?(\w+)""")
QWEB_OPTION_READ = re.compile(r"""options(?:\.get\(|\[)["'](\w+)""")


def scripts():
    for folder in FOLDERS:
        yield from folder.glob("*/static/src/**/*.js")
    yield from ROOT.glob("static/src/**/*.js")


@cache
def read(path):
    return path.read_text(errors="replace")


@cache
def widget_files():
    """Return the file that registers each widget, by its name."""
    files = {}
    for path in scripts():
        if 'category("fields")' in read(path):
            for name in REGISTERED.findall(read(path)):
                files.setdefault(name, set()).add(path)
    return files


@cache
def patch_files():
    """Return the files that patch what another holds, by that other file."""
    files = {}
    for path in scripts():
        if "patch(" in read(path):
            for name in IMPORTED.findall(read(path)):
                files.setdefault(find_import(path, name), set()).add(path)
    return files


@cache
def find_import(path, name):
    if name.startswith("."):
        target = (path.parent / name).resolve()
    elif match := re.match(r"@(\w+)/(.+)", name):
        folders = (folder / match[1] / "static" / "src" / match[2] for folder in FOLDERS)
        target = next((folder for folder in folders if folder.with_suffix(".js").is_file()), None)
    else:
        target = None
    target = target and (target if target.suffix == ".js" else target.with_name(target.name + ".js"))
    return target if target and target.is_file() else None


@cache
def get_widget(name):
    """Return the options of a widget: dict of names to the values they may have, None for any."""
    options, seen, todo = {}, set(), list(widget_files().get(name, ()))
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        text = read(path)
        for found in (OPTION_READ, OPTION_DECLARED, OPTION_CONSTANT):
            for option in found.findall(text):
                options.setdefault(option, None)
        for option, _between, choices in CHOICES.findall(text):
            values = {word or word_of_json == "true" for word, word_of_json in CHOICE.findall(choices)}
            options[option] = (options[option] or set()) | values if values else options[option]
        todo += patch_files().get(path, ())
        imports = (find_import(path, name) for name in IMPORTED.findall(text))
        todo += [path for path in imports if path and ("/fields/" in str(path) or "field" in path.name)]
    return options if seen else None


@cache
def get_context_keys():
    """Return the keys that Python or JavaScript of the folders and of ours reads from a context."""
    keys = set()
    sources = [*scripts(), *(path for folder in FOLDERS for path in folder.glob("*/*/**/*.py") if "/tests/" not in str(path))]
    sources += [path for folder in ("models", "wizards", "controllers") for path in (ROOT / folder).glob("**/*.py")]
    for path in sources:
        keys.update(CONTEXT_READ.findall(read(path)))
    return keys


@cache
def get_qweb_options():
    return {
        option
        for folder in FOLDERS
        for pattern in ("*/models/*qweb*.py", "*/models/ir_qweb_fields.py")
        for path in folder.glob(pattern)
        for option in QWEB_OPTION_READ.findall(read(path))
    }


def read_dict(text):
    """Return the keys of a dictionary of a view and their values, None for those that are no constants."""
    text = re.sub(r"%\([\w.]+\)d", "0", text.strip())
    text = re.sub(r"\btrue\b", "True", re.sub(r"\bfalse\b", "False", re.sub(r"\bnull\b", "None", text)))
    node = ast.parse(text, mode="eval").body
    if not isinstance(node, ast.Dict):
        return {}
    return {
        key.value: value.value if isinstance(value, ast.Constant) else None
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def check_options(node, text):
    if node.tag == "field":
        names = [node.get("widget")] if node.get("widget") else DEFAULT_WIDGETS
    else:  # changes a field of another view: its widget is set beside, else any
        names = node.xpath("attribute[@name='widget']/text()") or widget_files()
    widgets = [widget for widget in map(get_widget, names) if widget is not None]
    if not widgets:
        yield f"widget {node.get('widget')} is unknown"
        return
    for option, value in read_dict(text).items():
        known = [widget[option] for widget in widgets if option in widget]
        if not known:
            yield f"option {option} is unknown to {node.get('widget') or 'any field'}"
        elif value is not None and all(values and value not in values for values in known):
            yield f"option {option} takes {sorted(map(str, set().union(*known)))}, not {value!r}"


def check_context(text):
    for key in read_dict(text):
        if not COMPOSED_CONTEXT.fullmatch(key) and key not in get_context_keys():
            yield f"context key {key} is read by nobody"


def problems():
    for path in sorted([*ROOT.glob("views/*.xml"), *ROOT.glob("wizards/*.xml"), *ROOT.glob("report/*.xml")]):
        for node in etree.parse(path).iter(etree.Element):
            found = []
            if node.tag == "field" and node.get("name") == "context" and node.text:
                found += check_context(node.text)
            if node.tag == "field" and node.get("options"):
                found += check_options(node, node.get("options"))
            if node.tag == "attribute" and node.get("name") == "options" and node.text:
                found += check_options(node.getparent(), node.text)
            if node.get("context"):
                found += check_context(node.get("context"))
            if node.get("t-options"):
                unknown = read_dict(node.get("t-options")).keys() - get_qweb_options() - {"widget"}
                found += [f"t-options {option} is unknown" for option in sorted(unknown)]
            for problem in found:
                yield f"{path.relative_to(ROOT)}:{node.sourceline}: {problem}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found))
    sys.exit(bool(found))
