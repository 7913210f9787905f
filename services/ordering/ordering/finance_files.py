"""The files to and from the finance system, by the municipality's layout: CSV, JSON, or records of a fixed width. Pure.

What does not fit its place is refused, never cut off; a file that is not whole is refused whole (docs/finance.md).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from casework.configuration import FileLayout
from casework.configuration.finance_layout import ACTUALS_FIELDS, AMOUNTS, COMMITMENT_FIELDS, DAYS, PERSONAL, Slot
from casework.configuration.finance_layout import Record as RecordLayout
from casework.errors import Invalid
from casework.schema import load
from casework.vocabularies import vocabulary
from ordering.finance import Actual, Posting, Wrong, reference

LARGEST = 4 * 1024 * 1024
MOST_LINES = 10_000
_LONGEST = 200  # of a text in a line


# control totals
@dataclass(frozen=True)
class Totals:
    """How many lines, what is set aside and what is taken back; both sums are positive."""

    count: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.debit - self.credit

    def shown(self) -> dict[str, Any]:
        sums = {name: f"{getattr(self, name):.2f}" for name in ("debit", "credit", "total")}
        return {"count": self.count, **sums}


def totals(postings: Iterable[Posting]) -> Totals:
    amounts = [posting.amount for posting in postings]
    return Totals(
        len(amounts),
        sum((a for a in amounts if a > 0), Decimal(0)),
        -sum((a for a in amounts if a < 0), Decimal(0)),
    )


def by_account(postings: Iterable[Posting]) -> dict[str, Totals]:
    accounts: dict[str, list[Posting]] = {}
    for posting in postings:
        accounts.setdefault(posting.account_number or "", []).append(posting)
    return {account: totals(ones) for account, ones in sorted(accounts.items())}


# a file of commitments
@dataclass(frozen=True)
class Head:
    """What a file says of itself."""

    file: int
    made_on: date
    municipality: str


def write(
    layout: FileLayout, head: Head, postings: Sequence[Posting], cpr_numbers: Mapping[str, str] | None = None
) -> bytes:
    """The postings as a file. `cpr_numbers` is by case number, and used only where the layout names it.

    Raises Invalid with every value that has no room or no letters there, by posting and field.
    """
    cpr = cpr_numbers or {}
    lines = [_values(one, n, cpr.get(one.case_number)) for n, one in enumerate(postings, 1)]
    wrong: dict[str, tuple[str, str | None]] = {}
    text = _WRITERS[layout.adapter](layout, head, lines, postings, wrong)
    _check_letters(layout, postings, lines, wrong)
    if wrong:
        raise Invalid(wrong)
    try:
        return text.encode(layout.encoding)
    except UnicodeEncodeError as error:
        raise Invalid({"file": (f"Filens hoved kan ikke skrives i {layout.encoding}", None)}) from error


def names_cpr(layout: FileLayout) -> bool:
    """Does the municipality's layout ask for CPR numbers?"""
    return bool(PERSONAL & {*_columns(layout), *(layout.line.names() if layout.line else ())})


def _values(one: Posting, line: int, cpr: str | None) -> dict[str, Any]:
    """A posting by the names that a layout knows: text, amounts and days; None where there is nothing."""
    labels = {
        "legal_bases_label": _labels("legal-bases", one.legal_bases),
        "services_label": _labels("services", one.services),
        "offer_label": _labels("offers", (one.offer,) if one.offer else ()),
        "unit_label": _labels("billing-units", (one.unit,) if one.unit else ()),
    }
    quantity = None
    if one.units_per_period is not None and one.repetitions is not None:
        quantity = one.units_per_period * one.repetitions
    special = {
        "line": str(line),
        "reference": one.reference,
        "reverses": reference(one.case_number, one.reverses) if one.reverses else None,
        "citizen_id": str(one.citizen_id),
        "cpr_number": cpr,
        "version": str(one.version),
        "legal_bases": " ".join(one.legal_bases),
        "services": " ".join(one.services),
        "debit_credit": "D" if one.amount >= 0 else "K",
        "amount_unsigned": abs(one.amount),
        "quantity": quantity,
        "has_own_payment": None if one.has_own_payment is None else "ja" if one.has_own_payment else "nej",
    }
    return {
        name: special[name] if name in special else labels[name] if name in labels else getattr(one, name)
        for name in COMMITMENT_FIELDS["line"]
    }


def _labels(name: str, codes: Sequence[str]) -> str:
    known = vocabulary(name)
    return ", ".join(known[code].da for code in codes)


Found = dict[str, tuple[str, str | None]]
Writer = Callable[[FileLayout, Head, list[dict[str, Any]], Sequence[Posting], Found], str]


def _columns(layout: FileLayout) -> tuple[str, ...]:
    """The columns of a CSV or JSON file; where none are named, all but what is personal."""
    return layout.columns or tuple(name for name in COMMITMENT_FIELDS["line"] if name not in PERSONAL)


def _check_letters(
    layout: FileLayout, postings: Sequence[Posting], lines: Sequence[Mapping[str, Any]], wrong: Found
) -> None:
    names = layout.line.names() if layout.line else _columns(layout)
    for posting, line in zip(postings, lines, strict=True):
        for name in names:
            value, path = line[name], f"postings[{posting.reference}].{name}"
            if not isinstance(value, str) or path in wrong:
                continue
            if layout.adapter == "fixed" and not value.isprintable():
                wrong[path] = ("Der må ikke være linjeskift eller styretegn", None)
            elif not _can_be_written(value, layout.encoding):
                wrong[path] = (f"Der er tegn, som ikke findes i {layout.encoding}", None)


def _can_be_written(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> str:
    """Kroner with a decimal comma, days as ISO, and text as it is."""
    if value is None:
        return ""
    return f"{value:.2f}".replace(".", ",") if isinstance(value, Decimal) else str(value)


def _write_csv(
    layout: FileLayout, head: Head, lines: list[dict[str, Any]], postings: Sequence[Posting], wrong: Found
) -> str:
    """Rows L with the postings, K with the totals of each account, T with those of the file."""
    columns, out = _columns(layout), io.StringIO(newline="")
    rows = csv.writer(out, delimiter=";", lineterminator=layout.end)
    rows.writerow(("record", *columns))
    rows.writerows(("L", *(_plain(line[name]) for name in columns)) for line in lines)
    for account, sums in by_account(postings).items():
        rows.writerow(("K", account, sums.count, _plain(sums.debit), _plain(sums.credit), _plain(sums.total)))
    whole = totals(postings)
    rows.writerow(("T", head.file, whole.count, _plain(whole.debit), _plain(whole.credit), _plain(whole.total)))
    return out.getvalue()


def _write_json(
    layout: FileLayout, head: Head, lines: list[dict[str, Any]], postings: Sequence[Posting], wrong: Found
) -> str:
    columns = _columns(layout)
    accounts = [{"account_number": name, **sums.shown()} for name, sums in by_account(postings).items()]
    document = {
        "file": head.file,
        "made_on": head.made_on.isoformat(),
        "municipality": head.municipality,
        "control": {**totals(postings).shown(), "accounts": accounts},
        "postings": [{name: _in_json(line[name]) for name in columns if line[name] is not None} for line in lines],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _in_json(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _write_fixed(
    layout: FileLayout, head: Head, lines: list[dict[str, Any]], postings: Sequence[Posting], wrong: Found
) -> str:
    assert layout.line
    assert layout.trailer
    whole = totals(postings)
    about = {"file": str(head.file), "made_on": head.made_on, "municipality": head.municipality}
    sums = {"count": str(whole.count), "debit": whole.debit, "credit": whole.credit, "total": whole.total}
    out = [_record(layout.header, about, "header", wrong)] if layout.header else []
    for posting, line in zip(postings, lines, strict=True):
        out.append(_record(layout.line, line, f"postings[{posting.reference}]", wrong))
    if layout.account:
        for account, of_it in by_account(postings).items():
            values = {**vars(of_it), "total": of_it.total, "count": str(of_it.count), "account_number": account}
            out.append(_record(layout.account, values, f"accounts[{account}]", wrong))
    out.append(_record(layout.trailer, {**about, **sums}, "trailer", wrong))
    return "".join(f"{record}{layout.end}" for record in out)


def _record(record: RecordLayout, values: Mapping[str, Any], path: str, wrong: Found) -> str:
    text = ""
    for slot in sorted(record.slots, key=lambda slot: slot.at):
        value = slot.constant if slot.constant is not None else _formatted(values[slot.name or ""], slot)
        if len(value) > slot.width:
            wrong[f"{path}.{slot.name}"] = (f"»{value}« fylder {len(value)} tegn; der er plads til {slot.width}", None)
        text += _filled(value, slot)
    return text


def _formatted(value: Any, slot: Slot) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return str(int(value * 100)) if slot.written_as == "oere" else _plain(value)
    if isinstance(value, date):
        return value.strftime(_DAYS[slot.written_as or ""])
    return str(value)


_DAYS = {"yyyymmdd": "%Y%m%d", "ddmmyyyy": "%d%m%Y", "yyyy-mm-dd": "%Y-%m-%d"}


def _filled(value: str, slot: Slot) -> str:
    if not slot.is_right:
        return value.ljust(slot.width, slot.filler)
    sign, digits = ("-", value[1:]) if slot.filler == "0" and value.startswith("-") else ("", value)
    return sign + digits.rjust(slot.width - len(sign), slot.filler)


_WRITERS: Mapping[str, Writer] = {"csv": _write_csv, "json": _write_json, "fixed": _write_fixed}


# a file of actuals
@dataclass(frozen=True)
class Came:
    """A whole file of actuals: its own id, its lines by their number in it, and those that cannot be read."""

    file: str
    lines: tuple[tuple[int, Actual], ...]
    wrong: tuple[Wrong, ...]
    count: int


_PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!")


class NotWhole(Invalid):
    """The file itself is at fault, not one of its lines; nothing of it can be booked."""

    title = "Filen kan ikke indlæses"

    def __init__(self, message: str, line: int | None = None) -> None:
        where = f"file[{line}]" if line else "file"
        super().__init__({where: (f"Linje {line}: {message}" if line else message, None)})


def read(layout: FileLayout, data: bytes) -> Came:
    """Read a file of actuals. Raises NotWhole where it is not one, is cut off, or its control totals do not agree."""
    if not data:
        raise NotWhole("Filen er tom")
    if len(data) > LARGEST:
        raise NotWhole("Filen er større end 4 MB")
    if data.startswith(_PACKED):
        raise NotWhole("Filen er pakket. Send den udpakket")
    try:
        text = data.decode(layout.encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotWhole(f"Filen er ikke skrevet i {layout.encoding}", line) from error
    if "\x00" in text:
        raise NotWhole("Filen er ikke tekst")
    file, given, control = _READERS[layout.adapter](layout, text)
    if not (file.strip() and file.isprintable() and len(file) <= _LONGEST):
        raise NotWhole("Filens eget nummer mangler eller er for langt")
    if len(given) > MOST_LINES:
        raise NotWhole(f"Filen har flere end {MOST_LINES} linjer. Del den")
    return _checked(file, given, control)


Given = tuple[int, dict[str, Any] | str]
"""A line's number in the file, and what stands in it; or why it cannot be taken apart."""


@dataclass(frozen=True)
class _Control:
    count: str
    total: str


def _checked(file: str, given: Sequence[Given], control: _Control) -> Came:
    """Read each line, and see that all are there."""
    lines, wrong, amounts = list[tuple[int, Actual]](), list[Wrong](), list[Decimal | None]()
    for number, one in given:
        if isinstance(one, str):
            wrong.append(Wrong(number, "line", one))
            amounts.append(None)
            continue
        try:
            line = load(Actual, one)
            found = [Wrong(number, name, "Teksten er for lang eller har styretegn") for name in _odd(line)]
            amounts.append(line.amount)
        except Invalid as invalid:
            found = [Wrong(number, path, message) for path, (message, _) in invalid.errors.items()]
            amounts.append(_amount_of(one))
        wrong += found
        if not found:
            lines.append((number, line))
    if not re.fullmatch("[0-9]{1,9}", control.count) or int(control.count) != len(given):
        raise NotWhole(f"Kontroltallet siger {control.count[:20]} linjer; filen har {len(given)}")
    if None not in amounts:
        total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        if not _KRONER.fullmatch(control.total) or Decimal(control.total) != total:
            raise NotWhole(f"Kontroltallet siger {control.total[:30]} kr.; linjerne giver {total:.2f}")
    return Came(file, tuple(lines), tuple(wrong), len(given))


_KRONER = re.compile(r"-?[0-9]{1,15}\.[0-9]{2}")


def _amount_of(given: Mapping[str, Any]) -> Decimal | None:
    amount = given.get("amount")
    return Decimal(amount) if isinstance(amount, str) and _KRONER.fullmatch(amount) else None


def _odd(line: Actual) -> Iterator[str]:
    for name, text in vars(line).items():
        if isinstance(text, str) and (len(text) > _LONGEST or not text.isprintable() or not text.strip()):
            yield name


Reader = Callable[[FileLayout, str], tuple[str, list[Given], _Control]]
_CUT = "Filen mangler sin sidste post med kontroltal. Den er nok skåret over"


def _read_csv(layout: FileLayout, text: str) -> tuple[str, list[Given], _Control]:
    """A row of names, rows L with the lines, and last a row T with the file's id, count and total."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            rows.append((reader.line_num, row))
            if len(rows) > MOST_LINES + 2:
                raise NotWhole(f"Filen har flere end {MOST_LINES} linjer. Del den")
    except csv.Error as error:
        raise NotWhole("Filen er ikke CSV med semikolon", reader.line_num) from error
    while rows and not rows[-1][1]:
        rows.pop()
    if len(rows) < 2 or not rows[-1][1] or rows[-1][1][0] != "T" or len(rows[-1][1]) != 4:
        raise NotWhole(_CUT)
    names = rows[0][1][1:]
    if rows[0][1][:1] != ["record"] or len({*names}) != len(names) or not {*names} <= {*ACTUALS_FIELDS["line"]}:
        raise NotWhole(f"Skriv kolonnernes navne: record, og af {', '.join(ACTUALS_FIELDS['line'])}", 1)
    given: list[Given] = [(number, _named(names, row)) for number, row in rows[1:-1]]
    _, file, count, total = rows[-1][1]
    return file, given, _Control(count, _danish(total))


def _named(names: Sequence[str], row: Sequence[str]) -> dict[str, Any] | str:
    if row[:1] != ["L"]:
        return "Linjen skal begynde med L"
    if len(row) != len(names) + 1:
        return f"Linjen har {len(row)} felter; der skal være {len(names) + 1}"
    values = {name: text for name, text in zip(names, row[1:], strict=True) if text}
    return values | ({"amount": _danish(values["amount"])} if "amount" in values else {})


_DANISH = re.compile(r"-?([0-9]{1,12}|[0-9]{1,3}(\.[0-9]{3}){1,3}),[0-9]{2}")


def _danish(text: str) -> str:
    """1.234,50 as 1234.50; what is written otherwise is no amount here, and left for the reader to name."""
    return text.replace(".", "").replace(",", ".") if _DANISH.fullmatch(text) else f"»{text}«"


def _read_json(layout: FileLayout, text: str) -> tuple[str, list[Given], _Control]:
    """An object with file, control (count and total) and lines; a line's number is its place in the list."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise NotWhole("Filen er ikke JSON, eller den er skåret over", line) from error
    match document:
        case {"file": str(file), "control": {"count": int(count), "total": str(total)}, "lines": list(lines)}:
            given = [(n, one if isinstance(one, dict) else "Her skal stå et objekt") for n, one in enumerate(lines, 1)]
            return file, given, _Control(str(count), total)
    raise NotWhole("Her ventes et objekt med file, control (count og total) og lines")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _read_fixed(layout: FileLayout, text: str) -> tuple[str, list[Given], _Control]:
    """Records in the declared order: header, lines, trailer; a line's number is that of the record in the file."""
    assert layout.line
    assert layout.trailer
    records = text.removesuffix("\n").removesuffix("\r").split("\n")
    records = [record.removesuffix("\r") for record in records]
    about: dict[str, Any] = {}
    if layout.header:
        header = _taken_apart(layout.header, records[0])
        if isinstance(header, str):
            raise NotWhole(f"Første post passer ikke: {header}", 1)
        about |= header
    trailer = _taken_apart(layout.trailer, records[-1])
    first = 1 if layout.header else 0
    if isinstance(trailer, str) or len(records) <= first:
        raise NotWhole(_CUT, len(records))
    about |= trailer
    given: list[Given] = [
        (number, _taken_apart(layout.line, record)) for number, record in enumerate(records[first:-1], first + 1)
    ]
    return about.get("file", ""), given, _Control(about.get("count", ""), about.get("total", ""))


def _taken_apart(record: RecordLayout, text: str) -> dict[str, Any] | str:
    """The fields of a record as they are written elsewhere; or why it is none."""
    if len(text) != record.width:
        return f"Posten er på {len(text)} tegn; der skal være {record.width}"
    values: dict[str, Any] = {}
    for slot in record.slots:
        part = text[slot.at - 1 : slot.at - 1 + slot.width]
        if slot.name is None:
            if part != _filled(slot.constant or "", slot):
                return f"På position {slot.at} skal stå »{slot.constant}«"
        elif plain := _emptied(part, slot):
            values[slot.name] = _unformatted(plain, slot)
    return values


def _emptied(part: str, slot: Slot) -> str:
    if slot.name in AMOUNTS | DAYS:
        return part.strip()
    if not slot.is_right:
        return part.rstrip(" ")
    return part.strip(" ").lstrip(slot.filler) or ("0" if slot.filler == "0" and slot.name == "count" else "")


def _unformatted(text: str, slot: Slot) -> str:
    if slot.name in AMOUNTS:
        if slot.written_as == "kroner":
            return _danish(re.sub(r"^(-?)0+(?=[0-9])", r"\1", text))
        digits = re.fullmatch(r"(-?)0*([0-9]{1,14})", text)
        return f"{digits[1]}{digits[2][:-2] or '0'}.{digits[2][-2:]:0>2}" if digits else f"»{text}«"
    if slot.name in DAYS:
        try:
            return datetime.strptime(text, _DAYS[slot.written_as or ""]).date().isoformat()  # noqa: DTZ007 - a day
        except ValueError:
            return f"»{text}«"
    return text


_READERS: Mapping[str, Reader] = {"csv": _read_csv, "json": _read_json, "fixed": _read_fixed}
