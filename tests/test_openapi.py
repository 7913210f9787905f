"""Whatever is sent to intake and assessment is answered as the OpenAPI text says, and never with a failure of ours."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from casework.database import Base
from casework.fields import walk
from casework.service.auth import sign
from casework.testing.cases import A_CASE, A_CASEWORKER, A_LEADER, OPENED, Office
from casework.testing.values import forms
from casework.vocabularies import vocabulary
from onebox.fields import phase

PHASES = ("intake", "assessment")
REQUESTS = 1_000
"""At least so many are made of each service."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
AS_IT_IS = settings(
    derandomize=True, database=None, phases=[Stage.generate], suppress_health_check=[*HealthCheck], deadline=None
)
"""The same requests each time; what fails is shown as it was sent."""


def office_of(name: str) -> Office:
    """A service with one case, in which all that can be written is written."""
    office = Office(import_module(f"{name}.app"))
    if name == "intake":
        assert office.call(A_CASEWORKER, "POST", "/cases", json={"id": str(A_CASE)}).status_code == 201
    else:
        office.hear(OPENED)
    (first, *others) = phase(name).steps
    for steps in ((first, *others[:2]), others[2:]):
        assert office.record(forms(steps)).status_code == 200
    return office


# generated from the text itself
@dataclass
class Asked:
    """What has been asked, and how it was answered."""

    token: dict[str, str]
    answers: Counter[int] = field(default_factory=Counter)

    def ask(self, case: Any, case_id: str, seen: str | None) -> None:
        """Send a generated request, of the known case most of the time. Fails where the answer is not as it is told."""
        if "case_id" in case.path_parameters:
            case.path_parameters["case_id"] = case_id
        if case.method in ("PATCH", "PUT", "DELETE") and seen is not None:
            case.headers["If-Match"] = seen
        answer = case.call(headers=self.token)
        self.answers[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)


CASES = st.sampled_from([*[str(A_CASE)] * 8, "7b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0009", "en-sag"])
SEEN = st.sampled_from([*["*"] * 6, '"0"', '"9"', "æ".encode().decode("latin-1"), None])


@pytest.mark.slow
@pytest.mark.parametrize("name", PHASES)
def test_whatever_is_generated_is_answered_as_the_openapi_text_says(name, capsys):
    office = office_of(name)
    asked = Asked({"Authorization": f"Bearer {sign(A_LEADER, office.private_key, timedelta(hours=1))}"})
    operations = [
        found.ok() for found in schemathesis.openapi.from_wsgi("/api/openapi.json", office.app).get_all_operations()
    ]
    for operation in operations:
        office = office_of(name)
        times = max(REQUESTS // 2 // len(operations), 30) * (4 if operation.method == "patch" else 1)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.POSITIVE or operation.body or "case_id" in operation.path:
                cases = operation.as_strategy(generation_mode=mode)
                settings(AS_IT_IS, max_examples=times)(given(cases, CASES, SEEN)(asked.ask))()

    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {asked.answers.total()} requests, {dict(sorted(asked.answers.items()))}\n")
    assert asked.answers.total() >= REQUESTS


# anything at all
FIELDS = {name: {step.step: [path for path, _ in walk(step)] for step in phase(name).steps} for name in PHASES}
PATHS = [path for steps in FIELDS.values() for paths in steps.values() for path in paths]
WORDS = sorted({word for path in PATHS for word in path.split(".")})
CODES = [*vocabulary("themes"), *vocabulary("goal-types"), *vocabulary("party-roles")]
TEXTS = [
    "",
    "\0",
    "a\0b",
    "\ud83d",
    "\U0001f9af",
    "x" * 70_000,
    "2026-02-30",
    "0001-01-01",
    "1e400",
    "-0.00",
    "'; DROP",
]
NUMBERS = [0, -1, 2**31, -(2**63), 10**400, 0.1, -0.0, 1e308, float("nan"), float("inf")]

KEYS = st.sampled_from(WORDS) | st.sampled_from(["sources", "removed", "id", "__proto__", "\0", ""])
ATOMS = st.sampled_from([None, True, False, *NUMBERS, *TEXTS, *CODES]) | st.integers() | st.text(max_size=20)


def within(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)


@st.composite
def deep(draw: Any) -> Any:
    """One thing within another, many times over."""
    value = draw(ATOMS)
    for _ in range(draw(st.integers(50, 400))):
        value = draw(st.sampled_from([[value], {"id": value}, {"a": value}]))
    return value


ANYTHING = st.recursive(ATOMS, within, max_leaves=15) | deep()


@st.composite
def spoiled(draw: Any, name: str) -> Any:
    """Some fields of a form as they should be, or with one thing somewhere in them that is anything at all."""
    step, form = draw(st.sampled_from(sorted(forms(phase(name).steps).items())))
    recording = {
        step: {one: form[one] for one in draw(st.lists(st.sampled_from(sorted(form)), min_size=1, max_size=2))}
    }
    recording = json.loads(json.dumps(recording))  # the form itself stays as it is
    inside, place = recording, step
    while isinstance(inside[place], dict | list) and inside[place] and draw(st.booleans()):
        inside = inside[place]
        place = draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
    if draw(st.booleans()):
        inside[place] = draw(ANYTHING)
    return recording


def recordings(name: str) -> st.SearchStrategy[Any]:
    """What is nearly right, what has the right names, and what has nothing right in it."""
    steps = {
        step: st.dictionaries(st.sampled_from([p for p in paths if "." not in p]), ANYTHING, min_size=1, max_size=2)
        for step, paths in FIELDS[name].items()
    }
    named = st.one_of([st.fixed_dictionaries({step: fields}) for step, fields in steps.items()])
    return (
        spoiled(name) | spoiled(name) | named | st.fixed_dictionaries({"sources": ANYTHING}, optional=steps) | ANYTHING
    )


def stored(office: Office) -> list[Any]:
    """All that the service has stored, but for who has looked."""
    tables = [t for base in (Base, *office.service.bases) for t in base.metadata.sorted_tables if t.name != "access"]
    with office.database.reading() as session:
        return [session.execute(sa.select(table).order_by(*table.primary_key)).all() for table in tables]


@pytest.mark.slow
@pytest.mark.parametrize("name", PHASES)
def test_a_recording_of_anything_at_all_is_kept_and_read_again_or_refused_and_changes_nothing(name):
    office = office_of(name)
    met = Counter[int]()

    @settings(AS_IT_IS, max_examples=300)
    @given(recordings(name))
    def record(patch):
        before, body = stored(office), json.dumps(patch)
        answer = office.call(
            A_CASEWORKER, "PATCH", f"/cases/{A_CASE}", data=body, content_type="application/json", seen="*"
        )
        met[answer.status_code] += 1

        assert answer.status_code in (200, 400, 422), answer.text
        if answer.status_code == 200:
            assert office.read()
        else:
            assert "field" in answer.get_json()
            assert stored(office) == before

    record()
    assert (met[200] > 20, met[422] > 100) == (True, True)
