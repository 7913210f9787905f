"""Every business rule of the catalogue has tests that prove it; docs/rules.md says which. Read, not imported."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from casework.contracts import SERVICES
from casework.rulebook import Rule, rules

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "rules.md"
RULE = re.compile(r"\b[A-Z]{3}-\d\d\b")
SIDES = ("refuses", "permits", "rule")
GROUPS = {
    "GEN": "All phases",
    "INT": "Opening (sagsåbning)",
    "ASM": "Investigation (sagsoplysning)",
    "EVA": "Evaluation (sagsvurdering)",
    "GOL": "Evaluation: goals (indsatsmål)",
    "PRI": "Evaluation: help and its price (indsatser)",
    "PLN": "Action plan (handleplan)",
    "DEC": "Decision (afgørelse)",
    "ORD": "Order (bestilling)",
    "DEL": "Delivery (levering)",
    "FUP": "Follow-up (opfølgning)",
    "DAT": "Figures (ledelsesinformation)",
}
DEMANDED = ("GEN", "INT", "ASM", "EVA", "GOL", "PRI", "PLN", "DEC", "ORD", "DEL", "FUP")
"""Of these groups every rule must have its tests."""

OWED = [rule for rule in rules().values() if rule.id[:3] in DEMANDED]


# reading the tests
@dataclass(frozen=True)
class Proof:
    """A test that is marked with a rule."""

    rule: str
    side: str
    test: str
    path: str
    looks: bool = True  # a refusing test: does it look at rule, field and words?

    @property
    def sentence(self) -> str:
        return self.test.removeprefix("test_").replace("_", " ")


def proofs_in(source: str, path: str = "") -> Iterator[Proof]:
    """What the markers of one file say, test by test."""
    tree = ast.parse(source)
    for test, decorators in _tests(tree):
        marks = list(_marks(_reached(tree, decorators)))
        refused = {rule for side, rule in marks if side == "refuses"}
        looks = not refused or looks_at_the_refusal(tree, test, refused)
        yield from (Proof(rule, side, test.name, path, looks) for side, rule in dict.fromkeys(marks))


def _tests(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, list[ast.expr]]]:
    """Each test, and what decorates it: itself, its class, its module (`pytestmark`)."""
    around = [node.value for node in tree.body if isinstance(node, ast.Assign) and _is_named(node, "pytestmark")]
    for node in tree.body:
        outer = [*around, *node.decorator_list] if isinstance(node, ast.ClassDef) else around
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, ast.FunctionDef) and one.name.startswith("test"):
                yield one, [*outer, *one.decorator_list]


def _is_named(node: ast.Assign | ast.AnnAssign, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _reached(tree: ast.Module, nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """All that stands in these nodes, and in what the module has assigned to names that they use."""
    found = [inner for node in nodes for inner in ast.walk(node)]
    names = {node.id for node in found if isinstance(node, ast.Name)}
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value]
    used = [node for node in assigned if any(_is_named(node, name) for name in names)]
    return found + [inner for node in used for inner in ast.walk(node)]


def _marks(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """`pytest.mark.refuses("INT-09")`: the side, and the rule."""
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=mark, attr=side)) if side in SIDES and _is_mark(mark):
                yield from ((side, a.value if isinstance(a, ast.Constant) else ast.unparse(a)) for a in node.args)


def _is_mark(node: ast.expr) -> bool:
    return ast.unparse(node) == "pytest.mark"


def looks_at_the_refusal(tree: ast.Module, test: ast.FunctionDef, refused: set[str]) -> bool:
    """Does the test see one of these rules refuse, the field that is named, and that it is said why?

    With `refused(rule, field)` or `wrong(answer) == (rule, field)` of casework.testing.cases, or by reading all three.
    """
    nodes = _without_markers(_reached(tree, [test]))
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    read = words | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for rule in _rules_seen(tree, test):
        if rule.value in (None, *refused) if isinstance(rule, ast.Constant) else refused & words:
            return True
    return bool(refused & words) and {"rule", "field"} <= read and not read.isdisjoint({"detail", "message"})


def _without_markers(nodes: list[ast.AST]) -> list[ast.AST]:
    markers = {id(inner) for node in nodes if [*_marks([node])] for inner in ast.walk(node)}
    return [node for node in nodes if id(node) not in markers]


def _rules_seen(tree: ast.Module, test: ast.FunctionDef) -> Iterator[ast.expr]:
    """The rules in `refused(rule, field)` and in `wrong(answer) == (rule, field)`, where these are the shared ones."""
    imports = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "casework.testing.cases"]
    shared = {one.name for node in imports for one in node.names}
    for node in ast.walk(test):
        match node:
            case ast.Call(func=ast.Name(id="refused" as name), args=[rule, _]) if name in shared:
                yield rule
            case ast.Compare(left=ast.Call(func=ast.Name(id="wrong" as name)), comparators=[ast.Tuple(elts=[rule, _])]):
                if name in shared:
                    yield rule


@cache
def proofs() -> tuple[Proof, ...]:
    folders = [ROOT / "shared", *sorted(ROOT.glob("services/*")), ROOT / "deploy" / "onebox", ROOT]
    files = [path for folder in folders for path in sorted((folder / "tests").glob("test_*.py"))]
    return tuple(
        proof for path in files for proof in proofs_in(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())
    )


def proven(rule: str, *sides: str) -> list[Proof]:
    return [proof for proof in proofs() if proof.rule == rule and proof.side in (sides or SIDES)]


# reading the code
@cache
def places() -> dict[str, list[str]]:
    """Where the id of a rule stands in the code: `decision.rules:make_decision`."""
    found: dict[str, list[str]] = {}
    for package in ("casework", *SERVICES):
        home = ROOT / ("shared" if package == "casework" else f"services/{package}") / package
        for path in sorted(home.rglob("*.py")):
            inside = path.relative_to(home)
            if not {"testing", "migrations"} & {*inside.parts}:
                module = ".".join([package, *inside.with_suffix("").parts])
                for rule, name in _places_in(path.read_text("utf-8")):
                    found.setdefault(rule, []).append(f"{module}:{name}" if name else module)
    return {rule: [*dict.fromkeys(names)] for rule, names in found.items()}


def _places_in(source: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse(source)
    for number, line in enumerate(source.splitlines(), 1):
        for rule in RULE.findall(line):
            yield rule, _around(tree.body, number)


def _around(body: list[ast.stmt], line: int) -> str:
    """The name of what stands around a line: a function, a method, a constant; nothing for the module itself."""
    for node in body:
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            if isinstance(node, ast.ClassDef):
                return f"{node.name}.{inner}" if (inner := _around(node.body, line)) else node.name
            if isinstance(node, ast.FunctionDef):
                return node.name
            if isinstance(node, ast.Assign | ast.AnnAssign):
                return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
    return ""


# the report
def report() -> str:
    catalogue = rules().values()
    lines = [
        "# Rules and their tests",
        "",
        "Made by `make test` from the [catalogue](../shared/casework/rules.csv), the code and the tests' markers.",
        "",
        f"{len(catalogue)} rules. {sum(bool(proven(rule.id)) for rule in catalogue)} have a test; those of "
        f"{', '.join(DEMANDED)} must. A rule that refuses must be seen from both sides: what it forbids is refused, "
        "with the field and the reason, and what stands next to it is permitted.",
    ]
    for prefix, group in groupby(catalogue, key=lambda rule: rule.id[:3]):
        lines += ["", f"## {prefix} · {GROUPS[prefix]}", "", "| id | kind | rule | in the code | proven by |"]
        lines += ["|---|---|---|---|---|", *(_row(rule) for rule in group)]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    tests = [_said(proof) for side in SIDES for proof in proven(rule.id, side)]
    code = [f"`{place}`" for place in places().get(rule.id, ())]
    missing = "**no test**" if rule in OWED else "no test"
    return f"| {rule.id} | {rule.kind} | {rule.title} | {'<br>'.join(code)} | {'<br>'.join(tests) or missing} |"


def _said(proof: Proof) -> str:
    side = "" if proof.side == "rule" else f"{proof.side}: "
    return f"{side}[{proof.sentence}](../{proof.path})"


# what is demanded
def test_a_marker_names_a_rule_of_the_catalogue():
    strange = [f"{proof.path}: {proof.test} {proof.rule}" for proof in proofs() if proof.rule not in rules()]

    assert strange == []


def test_the_code_names_rules_of_the_catalogue():
    strange = {rule: places for rule, places in places().items() if rule not in rules()}

    assert strange == {}


@pytest.mark.parametrize("rule", OWED, ids=[rule.id for rule in OWED])
def test_a_rule_has_a_test(rule):
    assert proven(rule.id), rule.title


FORBIDDING = [rule for rule in OWED if rule.kind == "refuse"]


@pytest.mark.parametrize("rule", FORBIDDING, ids=[rule.id for rule in FORBIDDING])
def test_a_rule_that_refuses_is_seen_from_both_sides(rule):
    missing = [side for side in ("refuses", "permits") if not proven(rule.id, side)]

    assert missing == [], rule.title


def test_a_refusal_is_looked_at():
    blind = {f"{proof.path}: {proof.test}" for proof in proofs() if proof.side == "refuses" and not proof.looks}

    assert blind == set(), "see `refused` and `wrong` in casework.testing.cases"


def test_the_report_says_what_the_tests_prove():
    text = report()
    if not os.environ.get("CI"):
        REPORT.write_text(text, "utf-8")

    assert REPORT.read_text("utf-8") == text, "make test writes docs/rules.md anew"


# the reader itself
IMPORTED = "from casework.testing.cases import refused, wrong\n"


@pytest.mark.parametrize(
    "body, looks",
    [
        ('    with refused("INT-09", "a.b"): act()', True),
        ('    with refused(None, "a.b"): act()', True),
        ('    with refused("INT-02", "a.b"): act()', False),
        ('    with refused("INT-09"): act()', False),
        ('    assert wrong(answer) == ("INT-09", "a.b")', True),
        ('    assert wrong(answer) == (None, "a.b")', True),
        ('    assert wrong(answer)[0] == "INT-09"', False),
        ('    assert (answer["rule"], answer["field"]) == ("INT-09", "a.b") and answer["detail"]', True),
        ('    assert (caught.rule, caught.field) == ("INT-09", "a.b") and caught.message', True),
        ('    assert answer["rule"] == "INT-09"', False),
        ("    with pytest.raises(Refused): act()", False),
    ],
)
def test_a_refusing_test_looks_at_rule_field_and_words(body, looks):
    source = f'{IMPORTED}@pytest.mark.refuses("INT-09")\ndef test_it(answer):\n{body}\n'

    assert [proof.looks for proof in proofs_in(source)] == [looks]


def test_a_helper_of_the_same_name_is_not_the_shared_one():
    source = '@pytest.mark.refuses("INT-09")\ndef test_it():\n    with refused("INT-09", "a.b"): act()\n'

    assert [proof.looks for proof in proofs_in(source)] == [False]


@pytest.mark.parametrize("rule, looks", [("INT-09", True), ("INT-02", False)])
def test_a_rule_that_is_given_by_a_parameter_is_found(rule, looks):
    source = f"""{IMPORTED}
GIVEN = [("{rule}", "a.b")]

@pytest.mark.refuses("INT-09")
@pytest.mark.parametrize("rule, field", GIVEN)
def test_it(rule, field):
    with refused(rule, field): act()
"""

    assert [proof.looks for proof in proofs_in(source)] == [looks]


def test_markers_are_found_wherever_pytest_finds_them():
    source = """
pytestmark = pytest.mark.rule("GEN-01")

@pytest.mark.rule("GEN-02")
class TestIt:
    @pytest.mark.permits("GEN-07", "GEN-10")
    @pytest.mark.parametrize("one", [pytest.param(1, marks=pytest.mark.rule("GEN-03"))])
    def test_a_case_goes_on(self, one): ...
"""

    found = [(proof.side, proof.rule, proof.sentence) for proof in proofs_in(source)]
    assert sorted(found) == [
        ("permits", "GEN-07", "a case goes on"),
        ("permits", "GEN-10", "a case goes on"),
        ("rule", "GEN-01", "a case goes on"),
        ("rule", "GEN-02", "a case goes on"),
        ("rule", "GEN-03", "a case goes on"),
    ]


def test_the_code_is_named_by_what_stands_around_an_id():
    source = '''"""GEN-01"""
A = code("INT-01")

class Step:
    """GEN-02"""
    a: str = field(rule="GEN-03")

    def check(self):
        raise Refused("GEN-04", "a", "b")

def act():
    raise Refused("GEN-05", "a", "b")
'''

    assert dict(_places_in(source)) == {
        "GEN-01": "", "INT-01": "A", "GEN-02": "Step", "GEN-03": "Step.a", "GEN-04": "Step.check", "GEN-05": "act",
    }  # fmt: skip
