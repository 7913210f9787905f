"""The municipality's folder: what it leaves out is as shipped, and what is wrong is named by file, line and field."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from casework.configuration import EXAMPLE, Misconfigured, Municipality, load
from casework.configuration.municipality import FILES

MINE = "name: Ærø Kommune\n"


def written(folder: Path, text: str = MINE, **others: str) -> Path:
    """A folder with municipality.yaml, and others by their names (case_processing: case-processing.yaml)."""
    for name, content in {"municipality": text, **others}.items():
        (folder / f"{name.replace('_', '-')}.yaml").write_text(content, "utf-8")
    return folder


def wrong(folder: Path, text: str = MINE, **others: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        load(written(folder, text, **others))
    return str(refused.value)


# the folder


def test_the_shipped_example_is_a_municipality():
    assert load().name == "Prøveby Kommune"


def test_the_shipped_example_has_every_file():
    assert {path.name for path in EXAMPLE.iterdir()} == set(FILES)


def test_the_shipped_example_can_be_copied_and_read(tmp_path):
    copied = load(Path(shutil.copytree(EXAMPLE, tmp_path / "mine")))

    assert copied == Municipality(name="Prøveby Kommune", folder=tmp_path / "mine")


def test_a_file_that_is_left_out_is_as_shipped(tmp_path):
    assert load(written(tmp_path)) == Municipality(name="Ærø Kommune", folder=tmp_path)


def test_a_file_of_ones_own_goes_before_the_shipped_one(tmp_path):
    folder = written(tmp_path, case_processing="periods:\n  - {legal_basis: sel-97, days: 28}\n")

    assert load(folder).case_processing_days_for(["sel-97"], date(2026, 3, 2)) == 28


def test_only_the_municipality_itself_must_be_there(tmp_path):
    with pytest.raises(Misconfigured, match=r"municipality\.yaml"):
        load(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="borte: her ventes en mappe"):
        load(tmp_path / "borte")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="her ventes en mappe"):
        load(written(tmp_path) / "municipality.yaml")


@pytest.mark.parametrize("name", ["takster.yaml", "tariffs.yml"])
def test_a_yaml_file_that_is_not_known_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text("tariffs: []\n", "utf-8")

    assert name in wrong(tmp_path)


@pytest.mark.parametrize("name", ["ffb.csv", "README.md", ".tracks.yaml.swp", ".#tracks.yaml"])
def test_what_is_not_yaml_may_lie_there_too(tmp_path, name):
    (tmp_path / name).write_text("hvad som helst", "utf-8")

    assert load(written(tmp_path)).folder == tmp_path


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_lines(tmp_path):
    message = wrong(
        tmp_path,
        "hearing_days: 14.5\nname: Ærø\nnotice_weeks: -1\n",
        delegation='delegation:\n  - body: manager\n    up_to: 10.5\n  - {body: boss, upto: "1.00"}\n',
        tariffs="tariffs: 7\n",
    )

    told = [line.partition(": ")[0] + ": " + line.split(": ")[1] for line in message.splitlines()]
    assert told == [
        "municipality.yaml, linje 1: hearing_days",
        "municipality.yaml, linje 3: notice_weeks",
        "delegation.yaml, linje 3: delegation[0].up_to",
        "delegation.yaml, linje 4: delegation[1].body",
        "delegation.yaml, linje 4: delegation[1].upto",
        "tariffs.yaml, linje 1: tariffs",
    ]


# one setting


def test_a_line_that_is_left_out_keeps_its_default(tmp_path):
    assert load(written(tmp_path, "name: Ærø\nhearing_days: 21\n")).complaint_weeks == 4


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


def test_a_name_that_is_none_in_a_row_is_told_with_those_of_a_row(tmp_path):
    message = wrong(tmp_path, case_processing="periods:\n  - {legal_basis: sel-97, dage: 28}\n")

    assert "periods[0].dage: Navnet kendes ikke; kendte navne er valid_from, valid_to, legal_basis, days" in message


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
        "closed: [2026-02-30]",
        "notice_paragraphs: [95]",
        "notice_paragraphs: [sel-9999]",
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_line(tmp_path, line):
    text = f"# vores egne\n{line}\n" if line.startswith("name") else f"name: Ærø\n{line}\n"
    message = wrong(tmp_path, text)

    assert message.startswith(f"municipality.yaml, linje 2: {line.partition(':')[0]}")
    assert message.count("\n") == 0


def test_a_setting_that_is_written_twice_is_named(tmp_path):
    message = wrong(tmp_path, "name: Ærø\nhearing_days: 14\nhearing_days: 21\n")

    assert "linje 3" in message
    assert "hearing_days" in message


def test_a_municipality_without_a_name_is_refused(tmp_path):
    assert "name: Feltet skal udfyldes" in wrong(tmp_path, "hearing_days: 14\n")


@pytest.mark.parametrize(
    "text",
    [
        "name: Ærø\nclosing_days: [12-24\nhearing_days: 14\n",
        "name: Ærø\nclosed: &mine [2026-05-15]\nother: *mine\n",
        "name: Ærø\nclosed: []\n? [hearing_days]\n: 14\n",
        "name: Ærø\nclosed: []\nhearing_days: !dage 14\n",
    ],
)
def test_yaml_that_cannot_be_used_is_named_by_its_line(tmp_path, text):
    assert "municipality.yaml, linje 3" in wrong(tmp_path, text)


@pytest.mark.parametrize("text", ["", "- name\n", "Ærø\n"])
def test_a_file_without_names_and_values_is_refused(tmp_path, text):
    assert "municipality.yaml" in wrong(tmp_path, text)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "municipality.yaml").write_bytes(b"name: \xe6r\xf8\n")
    with pytest.raises(Misconfigured, match=r"municipality\.yaml"):
        load(tmp_path)
