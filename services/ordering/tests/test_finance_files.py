"""The finance system's files: what has no room in one is refused, and what is broken is named, with its line."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.configuration import FileLayout
from casework.configuration.finance_layout import COMMITMENT_FIELDS
from casework.errors import Invalid
from casework.schema import Amount
from ordering.finance import Actual, Booked, KnownOrder, Posting, match
from ordering.finance_files import LARGEST, MOST_LINES, Head, NotWhole, read, write

from .layouts import ACTUALS, CSV, FIXED, JSON, record

HEAD = Head(7, date(2026, 3, 2), "Prøveby Kommune")


def posting(number: int = 1, **more: Any) -> Posting:
    values = {
        "id": "l1", "intervention": "i1",
        "posted_on": date(2026, 3, 2), "cause": "made", "amount": Amount("26000.00"), "case_number": "2026-00417",
        "citizen_id": UUID(int=1), "provider_id": "x-hus", "version": 1, "order_number": "2026-00417-1",
        "provider_name": "Bosted Æblegården", "provider_ean": "5790000000005", "legal_bases": ("sel-85",),
        "services": ("support-daily-tasks-at-home",), "offer": "mobile-offer", "unit": "hour",
        "units_per_period": Decimal("2.5"), "repetitions": 26, "unit_price": Amount("400.00"),
        "begins_on": date(2026, 3, 2), "account_number": "5.38.85",
    }  # fmt: skip
    return Posting(number=number, **{**values, **more})


BACK = posting(2, amount=Amount("-26000.00"), cause="replaced", reverses=1)


# commitments
def test_csv_has_names_lines_accounts_and_totals():
    text = write(CSV, HEAD, [posting(), BACK, posting(3, amount=Amount("0.05"))]).decode("utf-8-sig")

    names, *lines, account, whole = text.split("\r\n")[:-1]
    assert names.split(";")[:5] == ["record", "line", "reference", "cause", "reverses"]
    first, second = (dict(zip(names.split(";"), line.split(";"), strict=True)) for line in lines[:2])
    assert (first["amount"], first["quantity"], first["unit_label"]) == ("26000,00", "65,00", "Time")
    assert (first["legal_bases_label"], first["provider_name"]) == ("SEL § 85", "Bosted Æblegården")
    assert (second["amount"], second["debit_credit"], second["reverses"]) == ("-26000,00", "K", "2026-00417/1")
    assert account == "K;5.38.85;3;26000,05;26000,00;0,05"
    assert whole == "T;7;3;26000,05;26000,00;0,05"


def test_json_has_its_totals_first():
    document = json.loads(write(JSON, HEAD, [posting(), BACK]))

    assert document["control"] == {
        "count": 2, "debit": "26000.00", "credit": "26000.00", "total": "0.00",
        "accounts": [
            {"account_number": "5.38.85", "count": 2, "debit": "26000.00", "credit": "26000.00", "total": "0.00"}
        ],
    }  # fmt: skip
    assert document["postings"][1]["reverses"] == "2026-00417/1"


def test_fixed_records_stand_as_they_are_declared():
    lines = write(FIXED, HEAD, [posting(), BACK]).decode("iso-8859-1").split("\r\n")

    assert lines == [
        "H00000000720260302Prøveby Kommune               ",
        "D2026-00417/1    2026-00417-1  5.38.85     D00000002600000579000000000502032026Bosted Æblegården   ",
        "D2026-00417/2    2026-00417-1  5.38.85     K00000002600000579000000000502032026Bosted Æblegården   ",
        "S00000000200000000026000000000000002600000",
        "",
    ]


def test_kroner_with_a_sign_stand_to_the_right():
    line = record(("account_number", 7), ("amount", 12, {"format": "kroner", "pad": " "}), ("amount", 10))
    layout = FileLayout(adapter="fixed", encoding="utf-8", line=line, trailer=FIXED.trailer)

    assert write(layout, HEAD, [BACK]).decode().split("\r\n")[0] == "5.38.85   -26000,00-002600000"


def test_a_record_for_each_account_has_its_totals():
    account = record(('"K"', 1), ("account_number", 8), ("count", 3, {"align": "right", "pad": "0"}), ("total", 9))
    layout = FileLayout(adapter="fixed", encoding="utf-8", line=FIXED.line, account=account, trailer=FIXED.trailer)
    text = write(layout, HEAD, [posting(), posting(2, account_number="5.38.59")]).decode()

    assert [one for one in text.split("\r\n") if one.startswith("K")] == [
        "K5.38.59 001002600000",
        "K5.38.85 001002600000",
    ]


@pytest.mark.parametrize(
    "layout,values,field,says",
    [
        (FIXED, {"provider_name": "Bosted Æblegården og Omegn"}, "provider_name", "der er plads til 20"),
        (FIXED, {"amount": Amount("999999999999.99"), "account_number": "5.38.85.001.001"}, "account_number", "12"),
        (FIXED, {"provider_name": "Bosted\nÆ"}, "provider_name", "linjeskift"),
        (FIXED, {"provider_name": "Bosted 🏠"}, "provider_name", "iso-8859-1"),
        (FileLayout(adapter="csv", encoding="cp1252"), {"provider_name": "Bosted 🏠"}, "provider_name", "cp1252"),
    ],
)
def test_what_has_no_room_is_refused_by_posting_and_field_and_never_cut_off(layout, values, field, says):
    with pytest.raises(Invalid, match=says) as caught:
        write(layout, HEAD, [posting(), posting(2, **values)])
    assert [*caught.value.errors] == [f"postings[2026-00417/2].{field}"]


def test_a_cpr_number_stands_only_where_the_layout_names_it():
    cpr = {"2026-00417": "1405821237"}
    asked = FileLayout(adapter="csv", encoding="utf-8", columns=("reference", "cpr_number", "amount"))

    assert b"1405821237" not in write(CSV, HEAD, [posting()], cpr) + write(JSON, HEAD, [posting()], cpr)
    assert b"L;2026-00417/1;1405821237;26000,00" in write(asked, HEAD, [posting()], cpr)


def test_every_field_that_a_layout_may_name_is_there():
    columns = COMMITMENT_FIELDS["line"]
    layout = FileLayout(adapter="csv", encoding="utf-8", columns=columns)

    assert write(layout, HEAD, [posting()]).decode().split("\r\n")[0].split(";") == ["record", *columns]


# actuals
NAMES = "record;line;case_number;order;account_number;amount;booked_on;reverses"
LINES = ("L;1001;;2026-00417-1;5.38.85;1.500,00;30.06.2026;", "L;1002;2026-00417;;5.38.85;250,50;2026-06-30;")


def in_csv(*lines: str, total: str = "1750,50", count: int | None = None, file: str = "F-1") -> bytes:
    rows = (NAMES, *lines, f"T;{file};{len(lines) if count is None else count};{total}")
    return "".join(f"{row}\r\n" for row in rows).encode("utf-8-sig")


def in_json(**more: Any) -> bytes:
    line = {
        "line": "1001", "order": "2026-00417-1", "account_number": "5.38.85", "amount": "1500.00",
        "booked_on": "2026-06-30",
    }  # fmt: skip
    return json.dumps({"file": "F-1", "control": {"count": 1, "total": "1500.00"}, "lines": [line | more]}).encode()


FIXED_LINES = (
    "HF-1       \n",
    "F000010012026-00417-1  5.38.85   00000015000020260630        \n",
    "F000010022026-00417-1  5.38.85   -0000005000020260630    1001\n",
    "S00000200000000100000\n",
)


def test_the_three_kinds_say_the_same():
    came = read(CSV, in_csv(LINES[0], total="1500,00"))

    assert (came.file, came.wrong, came.count) == ("F-1", (), 1)
    assert (
        came.lines[0][1]
        == read(JSON, in_json()).lines[0][1]
        == read(ACTUALS, "".join(FIXED_LINES).encode()).lines[0][1]
    )
    assert came.lines[0][1] == Actual(
        line="1001", order="2026-00417-1", account_number="5.38.85", amount=Amount(1500), booked_on=date(2026, 6, 30)
    )


def test_a_reversal_in_fixed_records_names_its_line():
    second = read(ACTUALS, "".join(FIXED_LINES).encode()).lines[1]

    assert (second[0], second[1].amount, second[1].reverses) == (3, Decimal(-500), "1001")


BOMB = gzip.compress(b"0" * 50_000_000, mtime=0)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("juni.csv", b"0" * 50_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "layout,data,says",
    [
        (CSV, b"", "tom"),
        (CSV, BOMB, "pakket"),
        (CSV, zipped(), "pakket"),
        (CSV, b"x" * (LARGEST + 1), "4 MB"),
        (CSV, in_csv(*LINES).decode("utf-8-sig").encode("utf-16"), "utf-8-sig"),
        (CSV, in_csv(*LINES).replace(b"2026-00417", b"B\xf8rn"), "Linje 2"),
        (CSV, in_csv(*LINES).replace(b"1001", b"10\x0001"), "ikke tekst"),
        (CSV, in_csv(*LINES)[:-40], "skåret over"),
        (CSV, in_csv(*LINES).replace(LINES[1].encode() + b"\r\n", b""), "siger 2 linjer; filen har 1"),
        (CSV, in_csv(*LINES, total="1750,51"), "siger 1750.51"),
        (CSV, in_csv(*LINES, file=""), "eget nummer"),
        (CSV, in_csv(*LINES).replace(b"booked_on", b"amount"), "kolonnernes navne"),
        (CSV, in_csv('L;"1001'), "CSV|skåret over"),
        (CSV, in_csv(*[LINES[0]] * (MOST_LINES + 1)), "Del den"),
        (JSON, in_json()[:-1], "JSON"),
        (JSON, b"[" * 100_000, "JSON"),
        (JSON, b"[]", "Her ventes"),
        (JSON, b'{"file": "F-1", "file": "F-2"}', "JSON"),
        (JSON, b'{"file": "F", "control": {"count": 1' + b"0" * 9000 + b', "total": "0.00"}, "lines": []}', "JSON"),
        (ACTUALS, "".join(FIXED_LINES[:-1]).encode(), "skåret over"),
        (ACTUALS, "".join(FIXED_LINES)[1:].encode(), "Første post"),
        (ACTUALS, "".join(FIXED_LINES[::3]).encode(), "siger 2 linjer; filen har 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_file_that_is_not_whole_is_refused_whole(layout, data, says):
    with pytest.raises(NotWhole, match=says) as caught:
        read(layout, data)
    assert caught.value.field
    assert caught.value.field.startswith("file")


@pytest.mark.parametrize(
    "line,field",
    [
        ("L;1003;;2026-00417-1;5.38.85;100.50;2026-06-30;", "amount"),
        ("L;1003;;2026-00417-1;5.38.85;100,5;2026-06-30;", "amount"),
        ("L;1003;;2026-00417-1;5.38.85;100,50;2026-06-31;", "booked_on"),
        ("L;1003;;2026-00417-1;;100,50;2026-06-30;", "account_number"),
        (f"L;{'1' * 300};;2026-00417-1;5.38.85;100,50;2026-06-30;", "line"),
        ("L;1003;2026-00417-1", "line"),
        ("X;1003;;2026-00417-1;5.38.85;100,50;2026-06-30;", "line"),
        ("", "line"),
    ],
)
def test_a_line_that_is_wrong_is_named_by_its_number_and_field(line, field):
    came = read(CSV, in_csv(LINES[0], line, total="1600,50"))

    assert [(one.line, one.field) for one in came.wrong] == [(3, field)]
    assert [number for number, _ in came.lines] == [2]


def test_a_record_of_another_width_is_named_by_its_number():
    broken = FIXED_LINES[1].replace("5.38.85 ", "5.38.85")
    came = read(ACTUALS, "".join((FIXED_LINES[0], broken, *FIXED_LINES[2:])).encode())

    assert [(one.line, one.message) for one in came.wrong] == [(2, "Posten er på 60 tegn; der skal være 61")]


WHOLE = (in_csv(*LINES), in_json(), "".join(FIXED_LINES).encode())
LAYOUTS = (CSV, JSON, ACTUALS)


@settings(max_examples=400, derandomize=True)
@given(kind=st.integers(0, 2), data=st.data())
def test_whatever_becomes_of_a_file_it_is_read_right_or_refused(kind: int, data: st.DataObject):
    """Cut, doubled, overwritten anywhere: never another error, and never other lines than those of the whole file."""
    whole, layout = WHOLE[kind], LAYOUTS[kind]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 60)))
    put = data.draw(st.one_of(st.just(b""), st.just(whole[start:end] * 2), st.binary(max_size=20)))
    try:
        came = read(layout, whole[:start] + put + whole[end:])
    except NotWhole:
        return
    assert came.count == read(layout, whole).count


@given(kind=st.integers(0, 2), data=st.binary(max_size=300))
def test_any_bytes_are_refused_as_a_file(kind: int, data: bytes):
    with pytest.raises(NotWhole):
        read(LAYOUTS[kind], data)


# whose line it is
ORDERS = [
    KnownOrder(UUID(int=1), "2026-00417", "2026-00417-1", "x-hus", {"5.38.85": "5.38.85", "44-85": "5.38.85"}),
    KnownOrder(UUID(int=1), "2026-00417", "2026-00417-2", "zeta", {"5.38.59": "5.38.59", "5.38.50": "5.38.50"}),
    KnownOrder(UUID(int=1), "2026-00417", "2026-00417-3", "bohaven", {"5.38.50": "5.38.50"}),
]
BOOKED = {"900": Booked("2026-00417-1", "5.38.85", Decimal(100))}


def line(id_: str = "1001", amount: str = "10.00", **more: Any) -> Actual:
    given: dict[str, Any] = {"order": "2026-00417-1", "account_number": "5.38.85", "booked_on": date(2026, 6, 30)}
    return Actual(line=id_, amount=Amount(amount), **{**given, **more})


@pytest.mark.parametrize(
    "one,order",
    [
        (line(), "2026-00417-1"),
        (line(order="x-hus", case_number="2026-00417"), "2026-00417-1"),
        (line(order=None, case_number="2026-00417"), "2026-00417-1"),
        (line(account_number="44-85"), "2026-00417-1"),
        (line(order=None, case_number="2026-00417", account_number="5.38.59"), "2026-00417-2"),
        (line(amount="-100.00", reverses="900"), "2026-00417-1"),
    ],
)
def test_a_line_finds_its_order(one, order):
    found, wrong = match([(2, one)], ORDERS, BOOKED)

    assert wrong == []
    assert [m.order_number for m in found] == [order]
    assert found[0].billed.account_number in ("5.38.85", "5.38.59")


@pytest.mark.parametrize(
    "ones,field",
    [
        ([line(order=None)], "order"),
        ([line(order="2026-00418-1")], "order"),
        ([line(order=None, case_number="2026-00418")], "case_number"),
        ([line(order=None, case_number="2026-00417", account_number="5.38.50")], "order"),
        ([line(account_number="5.38.59")], "account_number"),
        ([line(), line()], "line"),
        ([line("900")], "line"),
        ([line(amount="0.00")], "amount"),
        ([line(amount="-5.00")], "reverses"),
        ([line(reverses="900")], "reverses"),
        ([line(amount="-5.00", reverses="901")], "reverses"),
        ([line(amount="-5.00", reverses="900", order="2026-00417-2", account_number="5.38.59")], "reverses"),
        ([line(amount="-60.00", reverses="900"), line("1002", amount="-60.00", reverses="900")], "amount"),
    ],
)
def test_a_line_that_fits_nothing_says_why(ones, field):
    _, wrong = match(list(enumerate(ones, 2)), ORDERS, BOOKED)

    assert [(one.line, one.field) for one in wrong] == [(len(ones) + 1, field)]
