"""What review forgets: every message has its sender and readers, processes stay readable, money is never a float."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from casework.contracts import PHASES, SERVICES, load_all
from casework.contracts.export import examples
from casework.fields import fields_of, walk

from . import money_lint

ROOT = Path(__file__).parents[1]
CONTRACTS = load_all()
BY_CLASS = {contract.message.__name__: contract for contract in CONTRACTS.values()}
PREFIXES = ("GEN", "INT", "ASM", "EVA", "GOL", "PLN", "DEC", "ORD", "DEL", "FUP", "PRI", "DAT")
RULE = re.compile(rf"({'|'.join(PREFIXES)})-\d\d")

SHARED = {"position.changed", "overview.changed", "notification.requested"}
"""Told for every phase by casework.phase."""
KNOWN = {"case.opened", "case.changed"}
"""Read for every phase by casework.phase."""
MISSED = "deadline.missed"
"""Read by the engine for every process with a row that waits `until` a day."""
KEEPS_ALL = {"reporting"}
"""Keeps whatever comes, as it came."""


# reading the code
@cache
def trees(package: str) -> dict[Path, ast.Module]:
    """The modules of a service (or of casework), without what is there for tests."""
    home = ROOT / ("shared" if package == "casework" else f"services/{package}") / package
    paths = [path for path in sorted(home.rglob("*.py")) if home / "testing" not in path.parents]
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


def nodes(package: str) -> Iterator[ast.AST]:
    return (node for tree in trees(package).values() for node in ast.walk(tree))


def names_of(package: str) -> Iterator[tuple[str, ast.AST, bool]]:
    """Every message that the code names: its class's name, the node, and whether the message is made there."""
    for tree in trees(package).values():
        imports = [one for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in node.names]
        classes = {one.asname or one.name: one.name for one in imports if one.name in BY_CLASS}
        calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call) and (n.args or n.keywords)]
        # X(…) and X.of(…) are made; X() says nothing: it stands for a message that has not come
        makers = {id(f.value if isinstance(f, ast.Attribute) else f) for f in calls}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in classes:
                yield BY_CLASS[classes[node.id]].name, node, id(node) in makers


@cache
def built(service: str) -> frozenset[str]:
    """The messages that the service's code makes: `DecisionMade(…)` or `LevelRecorded.of(…)`."""
    return frozenset(name for name, _, made in names_of(service) if made)


@cache
def read(service: str) -> frozenset[str]:
    """The messages that the service's code names otherwise: `on=X`, `told(X)`, `HANDLERS[X]`, "decision.made"."""
    texts = {n.value for n in nodes(service) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return frozenset({name for name, _, made in names_of(service) if not made} | texts & CONTRACTS.keys())


def phase_of(service: str) -> Any:
    """The phase that the service runs; None for a service that runs none."""
    return importlib.import_module(f"{service}.app").PHASE if service in PHASES else None


@cache
def facts(service: str) -> frozenset[str]:
    """What the phase tells whenever it changes. Raises ValueError where a fact names a field that its step lacks."""
    phase = phase_of(service)
    return frozenset(terms.name for terms, _ in phase.facts) if phase else frozenset()


@cache
def carried(service: str) -> Mapping[str, bool]:
    """The fields of other phases that show in this one (`intake.enquiry.opening_reason`); does a rule fetch them?"""
    phase = phase_of(service)
    shown = [(name, field.info) for step in phase.steps for name, field in walk(step)] if phase else []
    code = [node for path, tree in trees(service).items() if path.name != "model.py" for node in ast.walk(tree)]
    used = {getattr(node, "attr", None) or getattr(node, "arg", None) for node in code}
    return {
        info.carried_from: info.computed is not None or name in used
        for name, info in shown
        if info.carried_from and not info.carried_from.startswith(f"{service}.")
    }


def tellers(path: str, service: str, fetched: bool) -> list[str]:
    """The messages that bring a field of another phase to this service.

    What is shown without a rule must be a fact's, or nobody finds it; a rule may fetch it from any message.
    """
    phase, step, name = path.split(".")
    return [
        contract.name
        for contract in CONTRACTS.values()
        if service in contract.consumers and phase in contract.producers
        if name in (contract.tells or {}).get(f"{phase}.{step}", ())
        or (fetched and name in fields_of(contract.message))
    ]


# messages
SENT = [(name, sender) for name, contract in CONTRACTS.items() for sender in contract.producers]
HEARD = [(name, reader) for name, contract in CONTRACTS.items() for reader in contract.consumers]


@pytest.mark.parametrize("name,sender", SENT, ids=map("-".join, SENT))
def test_a_message_is_sent_by_whom_the_contract_names(name, sender):
    ours = sender in PHASES and name in SHARED and name in built("casework")

    assert ours or name in built(sender) | facts(sender), f"{sender} never sends {name}"


@pytest.mark.parametrize("name,reader", HEARD, ids=map("-".join, HEARD))
def test_a_message_is_read_by_whom_the_contract_names(name, reader):
    ours = reader in PHASES and (name in KNOWN or (name == MISSED and any(r.until for r in phase_of(reader).process)))
    shows = {teller for path, fetched in carried(reader).items() for teller in tellers(path, reader, fetched)}

    assert ours or reader in KEEPS_ALL or name in read(reader) | shows, f"{reader} gets {name} and does nothing with it"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_makes_only_messages_that_it_may_send(service):
    assert {name for name in built(service) if service not in CONTRACTS[name].producers} == set()


@pytest.mark.parametrize("service", PHASES)
def test_a_phase_reads_only_messages_that_it_gets(service):
    strange = {n for n in read(service) if not {service} & {*CONTRACTS[n].producers, *CONTRACTS[n].consumers}}

    assert strange == set(), "no contract names it as a consumer"


@pytest.mark.parametrize("service", PHASES)
def test_what_a_phase_shows_of_another_is_told_to_it(service):
    untold = {path for path, fetched in carried(service).items() if not tellers(path, service, fetched)}

    assert untold == set(), "no fact brings it here"


def test_the_examples_of_a_position_name_rows_that_there_are():
    for body in examples("position.changed", CONTRACTS["position.changed"].version).values():
        rows = phase_of(body["process"]).process.rows
        assert {body["begins"], body["arrives"]} <= rows.keys()


def test_every_message_has_somebody_to_read_it():
    assert [c.name for c in CONTRACTS.values() if not set(c.consumers)] == []


# processes
@pytest.mark.parametrize("service", [*PHASES, "scheduler"])
def test_a_process_stays_on_one_screen(service):
    lines = (ROOT / "services" / service / service / "process.py").read_text("utf-8").splitlines()

    assert len(lines) <= 70


@pytest.mark.parametrize("service", PHASES)
def test_every_act_of_a_phase_has_a_row_and_every_row_an_act(service):
    phase = phase_of(service)
    acts = set(phase.commands)
    rows = {trigger for trigger in phase.process.triggers() if hasattr(trigger, "actions")}

    assert acts - rows == set(), "no row answers it"
    assert {act.__name__ for act in rows - acts} <= {"OpenCase"}, "no API offers it"


# files
def files(*endings: str) -> list[Path]:
    """The files of the repository, also those not added yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and (not endings or path.suffix in endings)]


def test_migrations_are_numbered_without_a_gap():
    folders = [f for f in ROOT.glob("**/migrations") if f.is_dir() and ".venv" not in f.parts]
    numbered = {f: sorted(p.name for p in f.rglob("*.py") if re.match(r"\d", p.name)) for f in folders}
    if not any(numbered.values()):
        pytest.skip("there are no migrations yet")

    for folder, names in numbered.items():
        assert [name[:5] for name in names] == [f"{n:04d}_" for n in range(1, len(names) + 1)], folder


def test_no_file_names_a_place_on_one_machine():
    place = re.compile(rb"(?<![\w.$}-])/(?:work|opt|root|home/[a-z]+)/")
    ours = [path for path in files() if not path.name.startswith("Dockerfile")]  # inside an image every place is ours
    found = [str(path.relative_to(ROOT)) for path in ours if place.search(path.read_bytes())]

    assert found == []


def test_money_is_never_a_float():
    assert money_lint.found() == []


@pytest.mark.parametrize("line", ["price = 0.5", "price = float(amount)", "price = total / 2", "price /= 2"])
def test_a_float_among_amounts_is_found(line):
    assert [number for number, _ in money_lint.floats(ast.parse(f"import math\n{line}"))] == [2]


SPEAKS = {"Refused": 0, "Warned": 0}
"""Which argument of a call is the id of a rule."""


def rule_ids(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every id of a rule that code gives: of a refusal or warning, or as `rule=`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [k.value for k in node.keywords if k.arg == "rule"]
            if isinstance(node.func, ast.Name) and node.func.id in SPEAKS and node.args:
                given.append(node.args[SPEAKS[node.func.id]])
            yield from ((one.lineno, one.value) for one in given if isinstance(one, ast.Constant) and one.value)


@pytest.mark.parametrize("package", ["casework", *SERVICES])
def test_a_rule_is_named_by_its_id(package):
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {rule}"
        for path, tree in trees(package).items()
        for line, rule in rule_ids(tree)
        if not RULE.fullmatch(rule)
    ]

    assert wrong == []
