"""Check what no linter knows: files that Odoo would pass over in silence.

Every XML file is well-formed, the manifest names every data file and no other, every test is imported; what README and
`docs/` link to, show, name or tell to run is there. A file of code that is too long to be of one subject says why.
"""

import ast
import re
import sys
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
DATA_FOLDERS = ("data", "report", "security", "views", "wizards")
MOST_LINES = 350
# A longer file has a reason: in its first lines, after this.
REASON = "Longer than others:"
HEAD = 12  # lines
# Those that are still to be split; an entry that is not needed any more is a fault, so that there are ever fewer.
TO_SPLIT = set()


def problems():
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    for path in sorted(ROOT.glob("[!.]*/**/*.xml")):
        try:
            etree.parse(path)
        except etree.XMLSyntaxError as error:
            yield f"{path.relative_to(ROOT)}: {error}"
    named = manifest.get("data", []) + manifest.get("demo", [])
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"__manifest__.py names {name} twice"
    for name in named:
        if not (ROOT / name).is_file():
            yield f"__manifest__.py names {name}, which is not there"
    for folder in (*DATA_FOLDERS, "demo"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix in (".xml", ".csv") and name not in named:
                yield f"{name} is not named in __manifest__.py"
    imported = set()
    for node in ast.walk(ast.parse((ROOT / "tests" / "__init__.py").read_text())):
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.name for alias in node.names}
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        if path.stem not in imported:
            yield f"tests/{path.name} is not imported in tests/__init__.py: Odoo's own runner would pass over it"
    yield from problems_of_length()
    for page in (ROOT / "README.rst", *sorted((ROOT / "docs").glob("*.rst"))):
        for name in sorted(read_names(page.read_text())):
            if not (page.parent / name).exists() and not (ROOT / name).exists():
                yield f"{page.relative_to(ROOT)} names {name}, which is not there"


def problems_of_length():
    long = set()
    for path in sorted(path for suffix in ("py", "xml", "js") for path in ROOT.glob(f"[!.]*/**/*.{suffix}")):
        lines = path.read_text().splitlines()
        if len(lines) > MOST_LINES and not any(REASON in line for line in lines[:HEAD]):
            long.add(str(path.relative_to(ROOT)))
    for name in sorted(long - TO_SPLIT):
        yield f"{name} is longer than {MOST_LINES} lines: split it by subject, or say why in its head (“{REASON} ...”)"
    for name in sorted(TO_SPLIT - long):
        yield f"scripts/check_files.py: {name} is short enough, take it out of TO_SPLIT"


def read_names(text):
    """Return the paths that a page links to, shows as a picture, writes as a file's name or tells to run."""
    links = re.findall(r"`[^`<]*<([^`>]+)>`_", text)
    pictures = re.findall(r"^\.\. (?:image|figure):: (\S+)", text, re.MULTILINE)
    files = re.findall(r"``([\w./-]+/[\w.-]+\.(?:py|xml|csv|rst|js|po|pot))``", text)
    commands = re.findall(r"(?:``|^    |\s)(scripts/[\w-]+(?:\.py)?|bench/run|\.ci/run)\b", text, re.MULTILINE)
    return {name.partition("#")[0] for name in (*links, *pictures, *files, *commands) if "://" not in name} - {""}


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found))
    sys.exit(bool(found))
