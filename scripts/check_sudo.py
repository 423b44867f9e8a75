"""Every function that reads or writes with elevated rights says why: a comment beside one of its `sudo()`, or its docstring.

What Odoo itself runs elevated, stored or `compute_sudo` fields and constraints, does not ask which companies the user is at work
in: as superuser Odoo takes any company that the context names. `self.sudo(False).env.companies` asks as the user.
"""

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


def get_keywords(call):
    return {keyword.arg: keyword.value.value for keyword in call.keywords if isinstance(keyword.value, ast.Constant)}


def iterate_run_elevated(tree):
    """Yield the functions of a module that Odoo runs as superuser: of computed fields and constraints."""
    computed = set()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            keywords = get_keywords(call)
            if "compute" in keywords and keywords.get("compute_sudo", keywords.get("store", False)):
                computed.add(keywords["compute"])
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            is_constraint = any("api.constrains" in ast.unparse(decorator) for decorator in function.decorator_list)
            if is_constraint or function.name in computed:
                yield function


def problems_of_companies():
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for function in iterate_run_elevated(ast.parse(path.read_text())):
            if any(ast.unparse(node) == "self.env.companies" for node in ast.walk(function)):
                yield f"{path.relative_to(ROOT)}:{function.lineno}: {function.name} runs elevated and asks for self.env.companies"


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
    found = [*problems(), *problems_of_companies()]
    print("\n".join(found))
    sys.exit(bool(found))
