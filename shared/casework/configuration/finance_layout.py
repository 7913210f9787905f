"""How the files to and from the municipality's finance system are laid out. Each vendor has its own. Pure.

A file is CSV, JSON, or records of a fixed width; of the last, every position of every record is declared here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from casework.configuration.kinds import Count, WordField
from casework.configuration.reading import Part, Problems
from casework.fields import entries, field, needed, value

COMMITMENT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "header": ("file", "made_on", "municipality"),
    "line": (
        "line",
        "reference",
        "cause",
        "reverses",
        "posted_on",
        "case_number",
        "citizen_id",
        "cpr_number",
        "personal_reference",
        "order_number",
        "version",
        "provider_id",
        "provider_name",
        "provider_cvr",
        "provider_p_number",
        "provider_ean",
        "legal_bases",
        "legal_bases_label",
        "services",
        "services_label",
        "offer",
        "offer_label",
        "debit_credit",
        "amount",
        "amount_unsigned",
        "quantity",
        "unit",
        "unit_label",
        "unit_price",
        "begins_on",
        "ends_on",
        "account_number",
        "account_string",
        "account_origin",
        "cost_object",
        "acting_municipality",
        "paying_municipality",
        "has_own_payment",
        "own_payment_rate",
        "own_payment_amount",
    ),
    "account": ("account_number", "count", "debit", "credit", "total"),
    "trailer": ("file", "count", "debit", "credit", "total"),
}
"""What a file of commitments can hold, by record."""

ACTUALS_FIELDS: Mapping[str, tuple[str, ...]] = {
    "header": ("file",),
    "line": ("line", "case_number", "order", "account_number", "amount", "booked_on", "reverses"),
    "account": (),
    "trailer": ("file", "count", "total"),
}
"""What a file of actuals can hold, by record."""

AMOUNTS = frozenset(
    ("amount", "amount_unsigned", "unit_price", "own_payment_amount", "debit", "credit", "total", "quantity")
)
DAYS = frozenset(("made_on", "posted_on", "begins_on", "ends_on", "booked_on"))
PERSONAL = frozenset(("cpr_number",))
"""Goes into a file only where the layout names it."""


class AdapterField(WordField):
    words: ClassVar = ("csv", "json", "fixed")


class EncodingField(WordField):
    words: ClassVar = ("utf-8-sig", "utf-8", "iso-8859-1", "iso-8859-15", "cp1252", "cp850", "cp865")


class LineEndField(WordField):
    words: ClassVar = ("crlf", "lf")


class AlignField(WordField):
    words: ClassVar = ("left", "right")


class FormatField(WordField):
    words: ClassVar = ("oere", "kroner", "yyyymmdd", "ddmmyyyy", "yyyy-mm-dd")


AMOUNT_FORMATS, DAY_FORMATS = FormatField.words[:2], FormatField.words[2:]


@value
class Slot:
    """Some positions of a record, and what stands there: a field, or always the same text."""

    name: str | None = field("Felt")
    at: Count = needed("Første position, fra 1")
    width: Count = needed("Antal tegn")
    constant: str | None = field("Fast tekst")
    align: Annotated[str | None, AlignField()] = field("Stilles til")
    pad: str | None = field("Fyldes op med")
    format: Annotated[str | None, FormatField()] = field("Skrives som")

    @property
    def is_right(self) -> bool:
        return (self.align or ("right" if self.name in AMOUNTS else "left")) == "right"

    @property
    def filler(self) -> str:
        return self.pad or ("0" if self.name in AMOUNTS and self.is_right else " ")

    @property
    def written_as(self) -> str | None:
        """The format of an amount or day; None for text."""
        usual = "oere" if self.name in AMOUNTS else "yyyymmdd" if self.name in DAYS else None
        return self.format or usual


@value
class Record:
    """A line of a file of fixed width."""

    width: Count = needed("Antal tegn")
    slots: tuple[Slot, ...] = entries("Positioner", key=None)

    def names(self) -> set[str]:
        return {slot.name for slot in self.slots if slot.name}


_RECORDS = ("header", "line", "account", "trailer")


@value
class FileLayout:
    """One file."""

    adapter: Annotated[str, AdapterField()] = needed("Filens form")
    encoding: Annotated[str, EncodingField()] = needed("Tegnsæt")
    line_end: Annotated[str | None, LineEndField()] = field("Linjeskift")
    columns: tuple[str, ...] = entries("Kolonner", key=None)
    header: Record | None = field("Første post")
    line: Record | None = field("En post for hver linje")
    account: Record | None = field("En post for hver konto")
    trailer: Record | None = field("Sidste post")

    @property
    def end(self) -> str:
        return "\n" if self.line_end == "lf" else "\r\n"

    def records(self) -> Iterator[tuple[str, Record]]:
        yield from ((name, record) for name in _RECORDS if (record := getattr(self, name)))


_COMMITMENTS_NEED = {
    "line": ("amount|amount_unsigned", "account_number|account_string"),
    "trailer": ("count", "total|debit"),
}
_ACTUALS_NEED = {
    "line": ("line", "order|case_number", "account_number", "amount", "booked_on"),
    "trailer": ("count", "total"),
}
"""The fields without which a file says too little; `a|b` asks for one of them."""


@value
class FinanceLayoutFile(Part):
    """finance-layout.yaml"""

    commitments: FileLayout = needed("Filen til økonomisystemet")
    actuals: FileLayout = needed("Filen fra økonomisystemet")

    def problems(self) -> Problems:
        yield from _of_file(self.commitments, "commitments", COMMITMENT_FIELDS)
        yield from _of_file(self.actuals, "actuals", ACTUALS_FIELDS)
        yield from _needs(self.commitments, "commitments", _COMMITMENTS_NEED)
        yield from _needs(self.actuals, "actuals", _ACTUALS_NEED)
        line = self.commitments.line
        if line and line.names() & {"amount", "amount_unsigned", "debit_credit"} == {"amount_unsigned"}:
            yield "commitments.line", "Et beløb uden fortegn kræver feltet debit_credit ved siden af"
        ends = [record for name, record in self.actuals.records() if name != "line"]
        if ends and not any("file" in record.names() for record in ends):
            yield "actuals.trailer", "Filens eget nummer (file) skal stå i første eller sidste post"
        if self.actuals.columns:
            yield "actuals.columns", "Kolonnerne læses i filens første linje, og skal ikke skrives her"

    def settings(self) -> Mapping[str, Any]:
        return {"commitment_file": self.commitments, "actuals_file": self.actuals}


def _of_file(layout: FileLayout, path: str, known: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for n, name in enumerate(layout.columns):
        if name not in known["line"]:
            yield f"{path}.columns[{n}]", _unknown(known["line"])
    if layout.adapter != "fixed":
        for name, _ in layout.records():
            yield f"{path}.{name}", "Poster har kun en fil med faste bredder (adapter: fixed)"
        return
    if layout.columns:
        yield f"{path}.columns", "En fil med faste bredder har poster, ikke kolonner"
    for name in ("line", "trailer"):
        if getattr(layout, name) is None:
            yield f"{path}.{name}", "En fil med faste bredder skal have poster for linjer og for kontroltal"
    for name, record in layout.records():
        yield from _of_record(record, f"{path}.{name}", known[name])


def _of_record(record: Record, path: str, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every position is declared, and only once."""
    free = 1
    placed = sorted(enumerate(record.slots), key=lambda numbered: numbered[1].at)
    for n, slot in placed:
        here = f"{path}.slots[{n}]"
        yield from _of_slot(slot, here, known)
        if slot.at < free:
            yield f"{here}.at", f"Position {slot.at} er optaget; den næste frie er {free}"
        elif slot.at > free:
            yield f"{here}.at", f"Position {free} til {slot.at - 1} er ikke beskrevet. Skriv en fast tekst dér"
        free = max(free, slot.at + slot.width)
    if free - 1 != record.width:
        yield f"{path}.width", f"Posterne fylder {free - 1} tegn, og ikke {record.width}"


def _of_slot(slot: Slot, path: str, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if (slot.name is None) == (slot.constant is None):
        yield path, "Skriv enten et felt (name) eller en fast tekst (constant)"
    if slot.width < 1:
        yield f"{path}.width", "Skriv mindst 1"
    if slot.constant is not None and (len(slot.constant) > slot.width or not slot.constant.isprintable()):
        yield f"{path}.constant", f"Den faste tekst skal kunne stå på {slot.width} tegn"
    if slot.name is not None and slot.name not in known:
        yield f"{path}.name", _unknown(known)
    if slot.pad is not None and not (len(slot.pad) == 1 and slot.pad.isprintable()):
        yield f"{path}.pad", "Skriv ét tegn"
    elif slot.pad is not None and slot.pad != " " and not slot.is_right:
        yield f"{path}.pad", "Tekst, der stilles til venstre, kan kun fyldes op med mellemrum"
    elif slot.pad not in (None, " ", "0") and slot.name in AMOUNTS | DAYS:
        yield f"{path}.pad", "Beløb og datoer kan kun fyldes op med 0 eller mellemrum"
    formats = AMOUNT_FORMATS if slot.name in AMOUNTS else DAY_FORMATS if slot.name in DAYS else ()
    if slot.format is not None and slot.format not in formats:
        yield f"{path}.format", f"Feltet kan skrives som {', '.join(formats) or 'tekst, uden format'}"


def _needs(layout: FileLayout, path: str, wanted: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, record in layout.records():
        for alternatives in wanted.get(name, ()):
            if not record.names() & {*alternatives.split("|")}:
                yield f"{path}.{name}", f"Posten mangler feltet {alternatives.replace('|', ' eller ')}"


def _unknown(known: tuple[str, ...]) -> str:
    return f"Feltet kendes ikke; kendte felter er {', '.join(known)}"
