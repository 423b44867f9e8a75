"""Every function that reads or writes with elevated rights says why: a comment beside one of its `sudo()`, or its docstring."""

import ast
import io
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("controllers", "models", "report", "tools", "wizards")
# A docstring gives the reason with one of these.
WORDS = ("elevated", "whoever", "superuser", "may not", "nobody")


def iterate_elevations(node, statement=None):
    """Yield the innermost statement and the call of each `sudo()`, without those of functions within."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            continue
        inner = child if isinstance(child, ast.stmt) else statement
        is_sudo = isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr == "sudo"
        if is_sudo and not child.args:
            yield inner, child
        yield from iterate_elevations(child, inner)


def problems():
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text()
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
        for function in ast.walk(ast.parse(text)):
            if not isinstance(function, ast.FunctionDef):
                continue
            elevations = list(iterate_elevations(function))
            docstring = (ast.get_docstring(function) or "").lower()
            if not elevations or any(word in docstring for word in WORDS):
                continue
            for statement, call in elevations:
                last = call.end_lineno if hasattr(statement, "body") else statement.end_lineno
                if comments & set(range(statement.lineno - 2, last + 2)):
                    break
            else:
                yield f"{path.relative_to(ROOT)}:{elevations[0][1].lineno}: {function.name} elevates without a reason beside it"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found))
    sys.exit(bool(found))
