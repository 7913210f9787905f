"""The municipality's own settings: what is wrong in the file is named by file, line and field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from casework.configuration import Misconfigured, Municipality, load


def written(folder: Path, text: str) -> Path:
    (folder / "municipality.yaml").write_text(text, "utf-8")
    return folder


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        load(written(folder, text))
    return str(refused.value)


def test_the_shipped_example_is_a_municipality():
    assert load().name == "Prøveby Kommune"


def test_a_line_that_is_left_out_keeps_its_default(tmp_path):
    assert load(written(tmp_path, "name: Ærø Kommune\n")) == Municipality(name="Ærø Kommune", folder=tmp_path)


def test_closing_days_move_the_deadlines(tmp_path):
    text = 'name: Ærø\nclosing_days: ["12-24"]\nclosed: [2026-05-15]\n'
    calendar = load(written(tmp_path, text)).calendar

    assert calendar.on_or_after(date(2026, 5, 15)) == date(2026, 5, 18)
    assert not calendar.is_working_day(date(2027, 12, 24))


def test_a_name_that_is_none_is_named_with_its_line_and_what_is_known(tmp_path):
    message = wrong(tmp_path, "name: Ærø\nhearing_dais: 14\n")

    assert "municipality.yaml, linje 2" in message
    assert "hearing_dais" in message
    assert "hearing_days" in message


@pytest.mark.parametrize(
    "line",
    [
        "hearing_days: fjorten",
        "hearing_days: 14.5",
        "hearing_days: true",
        "hearing_days:",
        "hearing_days: -1",
        "name: 7",
        "closing_days: 12-24",
        "closing_days: [24]",
        'closing_days: ["24-12"]',
        'closing_days: ["juleaften"]',
        "closed: [i morgen]",
        "notice_paragraphs: [95]",
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_line(tmp_path, line):
    text = f"# vores egne\n{line}\n" if line.startswith("name") else f"name: Ærø\n{line}\n"
    message = wrong(tmp_path, text)

    assert "municipality.yaml, linje 2" in message
    assert line.partition(":")[0] in message


def test_a_setting_that_is_written_twice_is_named(tmp_path):
    message = wrong(tmp_path, "name: Ærø\nhearing_days: 14\nhearing_days: 21\n")

    assert "linje 3" in message
    assert "hearing_days" in message


def test_a_municipality_without_a_name_is_refused(tmp_path):
    assert "name" in wrong(tmp_path, "hearing_days: 14\n")


def test_broken_yaml_is_named_by_its_line(tmp_path):
    message = wrong(tmp_path, "name: Ærø\nclosing_days: [12-24\nhearing_days: 14\n")

    assert "municipality.yaml, linje 3" in message


@pytest.mark.parametrize("text", ["", "- name\n", "Ærø\n"])
def test_a_file_without_names_and_values_is_refused(tmp_path, text):
    assert "municipality.yaml" in wrong(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misconfigured, match=r"borte\.yaml"):
        load(tmp_path / "borte.yaml")


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "municipality.yaml").write_bytes(b"name: \xe6r\xf8\n")
    with pytest.raises(Misconfigured, match=r"municipality\.yaml"):
        load(tmp_path)
