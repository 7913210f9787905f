"""Money is never a float: no float by name or as a literal, and no `/`, where amounts live. Part of `make lint`.

`/` of two whole numbers is a float; what is divided there is divided by `divmod`, `//` or `Decimal.scaleb`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

WHOLE = (
    "services/ordering/ordering",
    "services/decision/decision",
    "shared/casework/contracts",
    "shared/casework/pricing.py",
    "shared/casework/configuration/accounts.py",
    "shared/casework/configuration/delegation.py",
    "shared/casework/configuration/finance_layout.py",
    "shared/casework/configuration/kinds.py",
    "shared/casework/configuration/tariffs.py",
)
"""Packages and modules that hold amounts; with the rules of every service."""
PARTS = {"shared/casework/schema.py": ("Money", "Amount")}
"""Modules of which some classes do: a quantity is a JSON number, and so may be a float on the wire."""
EXCEPT = ("shared/casework/contracts/export.py", "shared/casework/contracts/compatibility.py")
"""They write and compare schemas, and hold no amount."""


def modules(root: Path = ROOT) -> Iterator[Path]:
    for name in WHOLE:
        place = root / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]
    yield from sorted(root.glob("services/*/*/rules.py"))


def floats(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What is or may become a float, by its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the literal {node.value}"
        elif isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "/"


def found(root: Path = ROOT) -> list[str]:
    """Every place where money may be a float."""
    wrong = []
    for name in dict.fromkeys(path.relative_to(root).as_posix() for path in modules(root)):
        if name not in EXCEPT:
            wrong += [f"{name}:{line}: {what}" for line, what in floats(ast.parse((root / name).read_text("utf-8")))]
    for name, classes in PARTS.items():
        tree = ast.parse((root / name).read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name in classes:
                wrong += [f"{name}:{line}: {what}" for line, what in floats(node) if not _guards(node, line)]
    return wrong


def _guards(node: ast.ClassDef, line: int) -> bool:
    """Is it where the type itself refuses a float?"""
    return any(
        isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "isinstance" and inner.lineno == line
        for inner in ast.walk(node)
    )


if __name__ == "__main__":
    wrong = found()
    sys.stdout.write("".join(f"{one} where amounts live\n" for one in wrong))
    sys.exit(bool(wrong))
