"""The provider register as a table: a line for each tariff of a provider, or one where it has none. Pure.

Semicolons, a header, UTF-8 with or without BOM. What a column would say that is left out stays as the register has it;
an empty cell empties. docs/providers-register.md tells of the columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from casework.contracts.values import ProviderTariff
from casework.errors import Invalid
from casework.fields import Field, fields_of
from casework.schema import Amount, dump, load
from casework.vocabularies import vocabulary
from casework.vocabularies.fields import CodeField
from ordering.model import ProviderEntry
from ordering.register import LONGEST, checked

ID, TARIFF = "id", "tariff_"
OWN = [name for name in fields_of(ProviderEntry) if name != "tariffs"]
TARIFFS = [f"{TARIFF}{name}" for name in fields_of(ProviderTariff)]
COLUMNS = [ID, *OWN, *TARIFFS]
NEEDED = (ID, "name")
MOST = 20_000  # lines
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of the file, by its number in it."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class Parsed:
    """The providers of a file that can be entered, and every fault of the others."""

    entries: Mapping[str, ProviderEntry]
    faults: tuple[Fault, ...]


# reading
def parsed(data: bytes, known: Mapping[str, ProviderEntry]) -> Parsed:
    """What the file says, laid over what the register has. Raises Invalid where it is no such table at all.

    A provider with a faulty line is not among the entries, whatever its other lines say.
    """
    by_id: dict[str, list[Line]] = {}
    faults: list[Fault] = []
    for line in _lines(_text(data)):
        if fault := _shape(line):
            faults.append(fault)
        by_id.setdefault(line.cells.get(ID, ""), []).append(line)
    unreadable = {fault.line for fault in faults}
    entries = {}
    for provider_id, lines in by_id.items():
        if not unreadable.isdisjoint(line.number for line in lines):
            continue
        found = _entry(lines, known.get(provider_id))
        if isinstance(found, ProviderEntry):
            entries[provider_id] = found
        else:
            faults += found
    return Parsed(entries, tuple(sorted(faults, key=lambda fault: fault.line)))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid({"body": ("Filen er ikke tekst i UTF-8. Gem den som »CSV UTF-8«", None)}) from error


def _lines(text: str) -> Iterator[Line]:
    """The lines that say something. Raises Invalid for a header that is not ours, and for what is no table."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _check(header)
        before = rows.line_num
        for count, row in enumerate(rows, 1):
            number, before = before + 1, rows.line_num
            if count > MOST:
                raise Invalid({"body": (f"Filen har mere end {MOST} linjer. Del den i flere", None)})
            if any(cell.strip() for cell in row):
                surplus = {"": "".join(row[len(header) :])} if len(row) != len(header) else {}
                cells = dict(zip(header, (_plain(cell) for cell in row), strict=False))
                yield Line(number, {**cells, **surplus})
    except csv.Error as error:
        raise Invalid({"body": (f"Linje {rows.line_num}: citationstegnene går ikke op", None)}) from error


def _check(header: list[str]) -> None:
    if len(header) == 1 and "," in header[0]:
        raise Invalid({"body": ("Kolonnerne skal skilles med semikolon", None)})
    wrong = {}
    for name in header:
        if name not in COLUMNS:
            wrong[f"header.{name}"] = (f"Kolonnen kendes ikke. De kendte er {', '.join(COLUMNS)}", None)
        elif header.count(name) > 1:
            wrong[f"header.{name}"] = ("Kolonnen står der mere end én gang", None)
    wrong |= {f"header.{name}": ("Kolonnen mangler", None) for name in NEEDED if name not in header}
    if wrong:
        raise Invalid(wrong)


def _plain(cell: str) -> str:
    """As it was before it was written so that no spreadsheet reckons it."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_STARTS_A_FORMULA) else cell


def _shape(line: Line) -> Fault | None:
    provider_id = line.cells.get(ID, "")
    if "" in line.cells:
        return Fault(line.number, "", "Linjen har ikke lige så mange felter som overskriften")
    if not provider_id:
        return Fault(line.number, ID, "Skriv udførerens id")
    if len(provider_id) > LONGEST or not provider_id.isprintable():
        return Fault(line.number, ID, "Id'et er for langt, eller har tegn, som ikke kan læses")
    return None


def _entry(lines: list[Line], known: ProviderEntry | None) -> ProviderEntry | list[Fault]:
    """One provider, from all its lines; or what is wrong with them."""
    first, *others = lines
    differ = [
        Fault(line.number, name, f"Der står noget andet i linje {first.number}")
        for line in others
        for name in OWN
        if line.cells.get(name) not in (None, "", first.cells.get(name))
    ]
    if differ:
        return differ
    given = dump(known) if known else {}
    given |= {name: _value(ProviderEntry, name, first.cells[name]) for name in OWN if name in first.cells}
    tariffs = [(line, tariff) for line in lines if (tariff := _tariff(line))]
    if any(name in first.cells for name in TARIFFS):
        given["tariffs"] = [tariff for _, tariff in tariffs]
    else:
        tariffs = []
    try:
        return checked(load(ProviderEntry, given))
    except Invalid as wrong:
        return [_fault(field, why, first, [line for line, _ in tariffs]) for field, (why, _) in wrong.errors.items()]


def _tariff(line: Line) -> Json:
    """The tariff of a line; nothing where it has none."""
    names = [name.removeprefix(TARIFF) for name in TARIFFS if line.cells.get(name)]
    return {name: _value(ProviderTariff, name, line.cells[f"{TARIFF}{name}"]) for name in names}


def _value(cls: type, name: str, cell: str) -> str | None:
    """A cell as the API would be sent it: a code also by its Danish name, an amount also with a comma."""
    declared = fields_of(cls)[name]
    if declared.type is Amount and "," in cell:
        return cell.replace(".", "").replace(",", ".")
    return _code(declared, cell) or None


def _code(declared: Field, cell: str) -> str:
    for one in declared.annotations:
        if isinstance(one, CodeField):
            codes = vocabulary(one.vocabulary.name)
            return next((c for c in one.codes if codes[c].da.casefold() == cell.casefold()), cell)
    return cell


def _fault(field: str, why: str, first: Line, tariffs: list[Line]) -> Fault:
    """A fault of the entry, at the line and by the column from which it comes."""
    if not field.startswith("tariffs["):
        return Fault(first.number, field, why)
    number, _, name = field.removeprefix("tariffs[").partition("]")
    line = tariffs[int(number)].number
    if not name:
        return Fault(line, "tariff", "Taksten gælder samtidig med en anden om det samme")
    return Fault(line, f"{TARIFF}{name.removeprefix('.')}", why)


# writing
def written(entries: Iterable[tuple[str, ProviderEntry]]) -> str:
    """The register as a table that can be read again, and in which no spreadsheet finds a formula."""
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, delimiter=";", restval="", lineterminator="\r\n")
    rows.writeheader()
    for provider_id, entry in entries:
        own = {ID: provider_id, **{name: value for name, value in dump(entry).items() if name in OWN}}
        for tariff in [dump(tariff) for tariff in entry.tariffs] or [{}]:
            cells = own | {f"{TARIFF}{name}": value for name, value in tariff.items()}
            rows.writerow({name: _harmless(value) for name, value in cells.items()})
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
