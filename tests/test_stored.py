"""What is stored keeps its shape under its version, and what an earlier release has stored stays known."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from casework.contracts import PHASES
from casework.contracts.compatibility import BreakingChange
from casework.versions import versions_of
from onebox import exports, stored

STORED = Path(__file__).parents[1] / "docs" / "stored"


def spoilt(folder: Path, name: str, change: Any) -> list[str]:
    """What is found wrong once the folder says something else of one file."""
    published = json.loads((STORED / name).read_text("utf-8"))
    change(published)
    (folder / name).write_text(json.dumps(published), "utf-8")
    return stored.changed(folder).get(name, [])


def test_nothing_stored_is_other_than_what_is_published_under_its_version():
    assert stored.changed(STORED) == {}


def test_every_earlier_version_of_a_step_or_state_stays_published():
    kept = {path.name for path in STORED.iterdir()}
    for service in PHASES:
        phase = importlib.import_module(f"{service}.app").PHASE
        known = {step.step: step.versions.newest for step in phase.steps} | {"state": versions_of(phase.state).newest}
        earlier = {f"{service}.{name}.v{v}.schema.json" for name, newest in known.items() for v in range(1, newest)}

        assert earlier <= kept


def test_a_field_that_is_gone_without_a_new_version_is_found(tmp_path):
    def had_one_more(shape: Any) -> None:
        shape["properties"]["old_name"] = {"type": "string"}

    assert spoilt(tmp_path, "decision.complaint.v1.schema.json", had_one_more) == ["old_name is no longer sent"]


def test_a_field_of_another_type_is_found(tmp_path):
    def was_a_number(shape: Any) -> None:
        shape["properties"]["text"] = {"type": "integer"}

    (first, *_) = spoilt(tmp_path, "decision.complaint.v1.schema.json", was_a_number)
    assert first == "an old reader refuses text: string instead of integer"


def test_a_field_more_needs_no_new_version(tmp_path):
    def had_one_less(shape: Any) -> None:
        del shape["properties"]["text"]

    assert spoilt(tmp_path, "decision.complaint.v1.schema.json", had_one_less) == []


@pytest.mark.parametrize("name", ["delivery.rows.v1.schema.json", "scheduler.rows.v1.schema.json"])
def test_a_row_that_is_gone_without_a_new_version_is_found_and_one_more_is_not(tmp_path, name):
    def had_another(shape: Any) -> None:
        shape["enum"] = [*shape["enum"][1:], "old-row"]

    assert spoilt(tmp_path, name, had_another) == ["the message: old-row"]


def test_a_code_that_is_taken_out_is_found(tmp_path):
    def had_another(shape: Any) -> None:
        shape["properties"]["tracks"]["enum"].append("old-track")

    assert spoilt(tmp_path, "codes.schema.json", had_another) == ["tracks: old-track"]


def test_nothing_is_written_over_what_it_would_break(tmp_path):
    spoilt(tmp_path, "delivery.rows.v1.schema.json", lambda shape: shape["enum"].append("old-row"))

    with pytest.raises(BreakingChange, match="or what is stored gets the next version, with an upcast"):
        exports.export_stored(tmp_path)
    assert len([*tmp_path.iterdir()]) == 1
