"""Acts with number and date: what is wrong is named by file, line and field; a day has one text in force."""

from __future__ import annotations

from datetime import date

import pytest

from casework.configuration import Misconfigured, load


def town(folder, rows: str):
    (folder / "municipality.yaml").write_text("name: Prøveby\n", "utf-8")
    (folder / "laws.yaml").write_text(f"laws:\n{rows}", "utf-8")
    return load(folder)


@pytest.mark.parametrize(
    "row, told",
    [
        ("law: sel, number: 170", "laws[0].issued_on"),
        ("law: xyz, number: 170, issued_on: 2022-01-24", "laws[0].law"),
        ("law: sel, number: 170, issued_on: 2022-01-24, kind: brev", "laws[0].kind: Skriv en af: lov"),
        ("law: sel, number: 1, issued_on: 2022-01-24, valid_from: 2022-02-01, valid_to: 2022-01-01", "valid_to"),
    ],
)
def test_what_is_wrong_with_an_act_is_named_by_line_and_field(tmp_path, row, told):
    with pytest.raises(Misconfigured) as wrong:
        town(tmp_path, f"  - {{{row}}}\n")

    assert str(wrong.value).startswith("laws.yaml, linje 2: ")
    assert told in str(wrong.value)


def test_two_texts_of_one_act_on_one_day_are_refused(tmp_path):
    row = "  - {law: sel, number: 170, issued_on: 2022-01-24}\n"
    with pytest.raises(Misconfigured, match=r"laws\[1\]"):
        town(tmp_path, row + row)


def test_the_text_in_force_changes_from_one_day_to_the_next(tmp_path):
    rows = (
        "  - {law: sel, number: 170, issued_on: 2022-01-24, valid_to: 2023-12-31}\n"
        "  - {law: sel, number: 9, issued_on: 2023-12-01, kind: lov, valid_from: 2024-01-01}\n"
    )
    municipality = town(tmp_path, rows)
    before, after = (
        municipality.promulgation("sel", date(2023, 12, 31)),
        municipality.promulgation("sel", date(2024, 1, 1)),
    )

    assert (before and before.number, after and after.cite("1. december 2023")) == (
        170,
        "lov nr. 9 af 1. december 2023",
    )
    assert municipality.promulgation("fvl", date(2024, 1, 1)) is None
