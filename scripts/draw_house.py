"""Draw the rooms of `models/` and who refers to whom, as the code says it.

    draw_house.py            writes docs/house.svg
    draw_house.py --check    complains if docs/house.svg shows another house than the code has

A room is a package of `models/`. An arrow goes from a room to one whose models it names: by an import, in `_inherit`, as a
comodel or in `env[...]`. Rooms that refer to each other are joined by a line without a head.
"""

import ast
import math
import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "house.svg"
WIDTH, HEIGHT, ROOM = 920, 690, (170, 48)


def read_rooms():
    """Return {room: ({names of its models}, [parsed files])}."""
    rooms = {}
    for folder in sorted(path.parent for path in (ROOT / "models").glob("*/__init__.py")):
        trees = [ast.parse(path.read_text()) for path in sorted(folder.glob("*.py"))]
        names = set()
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_name":
                    names.add(ast.literal_eval(node.value))
        rooms[folder.name] = (names, trees)
    return rooms


def read_arrows(rooms):
    """Return the set of (room, other room) where the first names a model or a file of the second."""
    home = {name: room for room, (names, _trees) in rooms.items() for name in names}
    arrows = set()
    for room, (_names, trees) in rooms.items():
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module:
                    arrows.add((room, node.module.partition(".")[0]))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    arrows.add((room, home.get(node.value)))
    return {(room, other) for room, other in arrows if other in rooms and other != room}


def draw(rooms, arrows):
    centre = (WIDTH / 2, HEIGHT / 2)
    places = {}
    for index, room in enumerate(rooms):
        angle = 2 * math.pi * index / len(rooms) - math.pi / 2
        places[room] = (centre[0] + 340 * math.cos(angle), centre[1] + 290 * math.sin(angle))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" role="img">',
        "<title>Rooms of models/ and what they refer to</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for room, other in sorted(arrows):
        both = (other, room) in arrows
        if both and other < room:
            continue
        x1, y1, x2, y2 = *places[room], *places[other]
        x1, y1 = _edge(x1, y1, x2, y2)
        x2, y2 = _edge(x2, y2, x1, y1)
        head = "" if both else ' marker-end="url(#head)"'
        lines.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#99a" stroke-width="1.2"{head}/>')
    for room, (x, y) in places.items():
        lines += [
            f'<rect x="{x - ROOM[0] / 2:.0f}" y="{y - ROOM[1] / 2:.0f}" width="{ROOM[0]}" height="{ROOM[1]}" rx="8"'
            ' fill="#eef3f8" stroke="#356"/>',
            f'<text x="{x:.0f}" y="{y + 6:.0f}" text-anchor="middle" font-size="17" fill="#123">{escape(room)}/</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def _edge(x, y, to_x, to_y):
    """Return where the line from the middle of a room to a point leaves the room."""
    dx, dy = to_x - x, to_y - y
    scale = min(ROOM[0] / 2 / abs(dx) if dx else math.inf, ROOM[1] / 2 / abs(dy) if dy else math.inf)
    return x + dx * scale, y + dy * scale


if __name__ == "__main__":
    rooms = read_rooms()
    picture = draw(rooms, read_arrows(rooms))
    if sys.argv[1:] == ["--check"]:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            sys.exit("docs/house.svg shows another house than the code has: run scripts/draw_house.py")
    else:
        PICTURE.write_text(picture)
