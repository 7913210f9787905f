"""The chart of accounts and the layouts of the finance files: what is wrong is named by file, line and field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from casework.configuration import Account, Misconfigured, Municipality, load
from casework.schema import Amount

CHART = (
    Account(legal_basis="sel-95", account_number="5.38.38", valid_to=date(2026, 12, 31)),
    Account(legal_basis="sel-95", account_number="5.38.40", valid_from=date(2027, 1, 1)),
    Account(legal_basis="sel-95-1", account_number="5.38.41"),
    Account(legal_basis="sel-85", account_number="5.38.42", offer="mobile-offer"),
    Account(legal_basis="sel-85", account_number="5.38.43", service="support-administration"),
)
MUNICIPALITY = Municipality(name="Prøveby", accounts=CHART)


# whose account
@pytest.mark.parametrize(
    "bases,day,services,offer,account",
    [
        (["sel-95-2"], date(2026, 12, 31), [], None, "5.38.38"),
        (["sel-95-2"], date(2027, 1, 1), [], None, "5.38.40"),
        (["sel-95-1"], date(2027, 1, 1), [], None, "5.38.41"),
        (["sel-85"], date(2026, 3, 2), [], "mobile-offer", "5.38.42"),
        (["sel-85"], date(2026, 3, 2), ["support-administration"], "mobile-offer", "5.38.43"),
        (["sel-107", "sel-95"], date(2026, 3, 2), [], None, "5.38.38"),
        (["sel-85"], date(2026, 3, 2), [], None, None),
        ([], date(2026, 3, 2), [], None, None),
    ],
)
def test_the_most_particular_row_of_the_first_paragraph_with_one_counts(bases, day, services, offer, account):
    row = MUNICIPALITY.account(bases, day, services, offer)

    assert (row.account_number if row else None) == account


def test_of_an_account_that_is_typed_only_its_own_rows_count():
    assert MUNICIPALITY.account(["sel-95"], date(2026, 3, 2), [], None, typed="5.38.40") is None
    assert MUNICIPALITY.account(["sel-95"], date(2027, 3, 2), [], None, typed="5.38.40") == CHART[1]


def wrong(folder: Path, name: str, text: str) -> list[str]:
    (folder / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as refused:
        load(folder)
    return str(refused.value).splitlines()


@pytest.mark.parametrize(
    "row,says",
    [
        ('legal_basis: sel-108, account_number: "5.38"', "accounts[0].account_number: Skriv kontonummeret"),
        ("legal_basis: sel-108, account_number: 5.3850", "accounts[0].account_number: Her skal stå tekst"),
        ('legal_basis: sel-9999, account_number: "5.38.50"', "accounts[0].legal_basis"),
        ("legal_basis: sel-108", "accounts[0].account_number"),
        ('legal_basis: sel-108, account_number: "5.38.50", konto: 1', "accounts[0].konto: Navnet kendes ikke"),
        ('legal_basis: sel-108, account_number: "5.38.50", cost_object: "  "', "accounts[0].cost_object"),
        ('legal_basis: sel-108, account_number: "5.38.50", valid_from: 2027-01-01, valid_to: 2026-01-01', "valid_to"),
    ],
)
def test_a_row_of_the_chart_that_is_wrong_is_named(tmp_path, row, says):
    (told,) = wrong(tmp_path, "accounts.yaml", f"accounts:\n  - {{{row}}}\n")

    assert told.startswith("accounts.yaml, linje 2: ")
    assert says in told


def test_two_accounts_for_the_same_on_one_day_are_refused(tmp_path):
    row = '  - {legal_basis: sel-108, account_number: "5.38.50"}\n'

    assert wrong(tmp_path, "accounts.yaml", f"accounts:\n{row}{row}") == [
        "accounts.yaml, linje 3: accounts[1]: Rækken gælder samtidig med accounts[0] om det samme"
    ]


# layouts
OUT = """commitments:
  adapter: fixed
  encoding: utf-8
  line:
    width: 20
    slots:
      - {name: account_number, at: 1, width: 8}
      - {name: amount, at: 9, width: 12}
  trailer:
    width: 20
    slots:
      - {name: count, at: 1, width: 8}
      - {name: total, at: 9, width: 12}
actuals: {adapter: csv, encoding: utf-8}
"""


def test_a_layout_that_fits_is_read(tmp_path):
    (tmp_path / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (tmp_path / "finance-layout.yaml").write_text(OUT, "utf-8")

    line = load(tmp_path).commitment_file.line
    assert line
    assert [(slot.name, slot.is_right, slot.filler) for slot in line.slots] == [
        ("account_number", False, " "),
        ("amount", True, "0"),
    ]


@pytest.mark.parametrize(
    "old,new,says",
    [
        ("amount, at: 9, width: 12}", "amount, at: 8, width: 13}", "linje 8: commitments.line.slots[1].at: Position 8"),
        ("amount, at: 9, width: 12}", "amount, at: 11, width: 10}", "slots[1].at: Position 9 til 10 er ikke beskrevet"),
        ("line:\n    width: 20", "line:\n    width: 21", "linje 5: commitments.line.width: Posterne fylder 20"),
        ("name: account_number,", "name: konto,", "slots[0].name: Feltet kendes ikke; kendte felter er line"),
        ("name: account_number,", 'name: account_number, constant: "D",', "slots[0]: Skriv enten et felt"),
        ("{name: account_number,", '{constant: "D12345678",', "slots[0].constant: Den faste tekst"),
        ("width: 8}\n      - {name: amount", 'width: 8, pad: "0"}\n      - {name: amount', "slots[0].pad: Tekst"),
        ("name: amount, ", "name: amount, pad: x, ", "slots[1].pad: Beløb og datoer"),
        ("name: amount, ", "name: amount, format: yyyymmdd, ", "slots[1].format: Feltet kan skrives som oere, kroner"),
        ("name: amount, ", "name: amount_unsigned, ", "commitments.line: Et beløb uden fortegn"),
        ("name: total, ", "name: file, ", "commitments.trailer: Posten mangler feltet total eller debit"),
        ("adapter: fixed", "adapter: excel", "linje 2: commitments.adapter: Skriv csv, json eller fixed"),
        ("encoding: utf-8\n", "encoding: utf-9\n", "linje 3: commitments.encoding: Skriv utf-8-sig"),
        ("adapter: fixed", "adapter: csv", "commitments.line: Poster har kun en fil med faste bredder"),
        ("{adapter: csv,", "{adapter: fixed,", "actuals.line: En fil med faste bredder skal have poster"),
        ("{adapter: csv,", "{adapter: csv, columns: [amount],", "actuals.columns: Kolonnerne læses"),
    ],
)  # fmt: skip
def test_a_layout_that_does_not_fit_is_named_by_line_and_field(tmp_path, old, new, says):
    assert old in OUT
    told = wrong(tmp_path, "finance-layout.yaml", OUT.replace(old, new))

    assert any(says in one for one in told), told
    assert all(one.startswith("finance-layout.yaml, linje ") for one in told)


# amounts
@pytest.mark.parametrize("number", [0.1, 26000.0, float("nan")])
def test_an_amount_is_never_made_of_a_float(number):
    with pytest.raises(TypeError, match="float"):
        Amount(number)
