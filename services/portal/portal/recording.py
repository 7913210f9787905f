"""What becomes of a posted form: saved, refused, in somebody's way, or kept on the page, as nobody answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from portal import forms, sources
from portal.drawing import Widget
from portal.forms import REMOVED, Described, Seen, Values
from portal.sources import Sources


@dataclass(frozen=True)
class Typed:
    """What somebody has written in one step: values, and from whom they are known."""

    step: str
    patch: Values
    sources: Sources

    def __bool__(self) -> bool:
        return bool(self.patch or self.sources)

    @property
    def body(self) -> dict[str, Any]:
        """As the phase takes it."""
        told = {f"{self.step}.{path}": source for path, source in self.sources.items()}
        return ({self.step: self.patch} if self.patch else {}) | ({"sources": told} if told else {})

    def without(self, units: Sequence[str], fields: Sequence[Described]) -> Typed:
        """The same without what is left to somebody else."""
        kept = {p: s for p, s in self.sources.items() if not any(p == u or p.startswith(f"{u}.") for u in units)}
        return Typed(self.step, without(self.patch, units, fields), kept)


@dataclass(frozen=True)
class Complaint:
    """One line above the form: what is wrong, where, and by which rule."""

    message: str
    input: str = ""  # the name of the input; empty where it is not on this page
    rule: str = ""
    field: str = ""  # the path, as the phase names it

    @property
    def anchor(self) -> str:
        return Widget("", self.input, "").id if self.input else ""


@dataclass(frozen=True)
class Conflict:
    """What two people wrote of the same."""

    unit: str  # the path of the field or entry, within the step
    label: str
    mine: str
    theirs: str
    by: str = ""
    at: str = ""


def complaints(told: Mapping[str, Any], phase: str, form: Mapping[str, Any], typed: Typed) -> list[Complaint]:
    """A phase's problem document, line by line."""

    def place(path: str) -> str:
        named = sources.input_of(path, typed.sources, typed.step, form)
        return named or forms.input_of(path, phase, typed.step, form, typed.patch)

    listed = told.get("errors") or [
        {"field": told.get("field", ""), "message": told.get("detail", ""), "rule": told.get("rule")}
    ]
    return [
        Complaint(e.get("message", ""), place(e.get("field") or ""), e.get("rule") or "", e.get("field") or "")
        for e in listed
    ]


def settle_on(widgets: Sequence[Widget], found: Iterable[Complaint]) -> list[Complaint]:
    """The same, each led to an input that is on the page: the field itself, or the first within it."""
    names = [w.name for w in flat(widgets)]
    placed = []
    for one in found:
        inside = (n for n in names if n.startswith((f"{one.input}.", f"{one.input}[")))
        name = one.input if one.input in names else next(inside, "") if one.input else ""
        placed.append(Complaint(one.message, name, one.rule, one.field))
    return placed


def flat(widgets: Iterable[Widget]) -> Iterable[Widget]:
    """Every widget of the page, from the top."""
    for widget in widgets:
        yield widget
        yield from flat([*widget.widgets, *widget.more, *widget.source])
        for entry in widget.entries:
            yield from flat(entry.widgets)


def read_seen(text: str) -> Seen:
    """The marks that the page carried; a page without them shows nothing as unchanged."""
    try:
        given = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(n): str(v) for n, v in given.items()} if isinstance(given, dict) else {}


def fill_providers(form: MultiDict[str, str], providers: Mapping[str, Mapping[str, str]]) -> None:
    """Where somebody has chosen from the register, write out who that is."""
    for name in [n for n in form if n.endswith(".~pick")]:
        base, chosen = name.removesuffix("~pick"), form.get(name, "")
        if chosen in providers and form.get(f"{base}id") != chosen:
            for part, value in providers[chosen].items():
                form[f"{base}{part}"] = value


def merged(fields: Sequence[Described], fresh: Mapping[str, Any], patch: Mapping[str, Any]) -> Values:
    """What the page shows after a conflict: how it stands now, with what was typed laid over it."""
    laid = dict(fresh)
    by_name = {f["name"]: f for f in fields}
    for name, value in patch.items():
        f = by_name.get(name)
        if f and forms.is_list(f) and f.get("key") and isinstance(value, list):
            entries = {entry.get(f["key"]): entry for entry in fresh.get(name) or []}
            for entry in value:
                known = entry.get(f["key"])
                if not entry.get(REMOVED):  # what is to go stays on the page until it is gone
                    entries[known] = merged(f["fields"], entries.get(known, {}), entry)
            laid[name] = list(entries.values())
        else:
            laid[name] = value
    return laid


def removed(fields: Sequence[Described], patch: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """The entries that are to go: `goals[g1]`, `interventions[i1].service_lines[l2]`."""
    for f in fields:
        for entry in patch.get(f["name"]) or () if f.get("key") else ():
            path = f"{at}{f['name']}[{entry.get(f['key'])}]"
            if entry.get(REMOVED):
                yield path
            else:
                yield from removed(f["fields"], entry, f"{path}.")


def tick_removed(fields: Sequence[Described], form: MultiDict[str, str], gone: Collection[str]) -> None:
    """Mark on the page again which entries somebody has asked to take out."""
    for entry in {name.rpartition(".")[0] for name in form if gone}:
        if forms.keyed(fields, form, entry) in gone:
            form[f"{entry}.{forms.GONE}"] = "1"


def unit_values(f: Described, unit: str, values: Mapping[str, Any]) -> Any:
    """What a unit (`goals[g1]`, or a whole field) is, in these values."""
    value = values.get(f["name"])
    if "[" not in unit or not isinstance(value, list):
        return value
    known = unit.partition("[")[2].rstrip("]")
    return [entry for entry in value if entry.get(f.get("key")) == known]


def without(patch: Mapping[str, Any], units: Iterable[str], fields: Sequence[Described]) -> Values:
    """The patch without what is left to the other."""
    left = dict(patch)
    keys = {f["name"]: f.get("key") for f in fields}
    for unit in units:
        name, _, rest = unit.partition("[")
        if not rest:
            left.pop(name, None)
        elif isinstance(left.get(name), list):
            left[name] = [entry for entry in left[name] if entry.get(keys.get(name)) != rest.rstrip("]")]
            if not left[name]:
                del left[name]
    return left


def units_of(patch: Mapping[str, Any], fields: Sequence[Described]) -> list[str]:
    """What a patch touches: fields, and entries of keyed lists."""
    keys = {f["name"]: f.get("key") for f in fields if forms.is_list(f)}
    found = []
    for name, value in patch.items():
        if keys.get(name) and isinstance(value, list):
            found += [f"{name}[{entry.get(keys[name])}]" for entry in value]
        else:
            found.append(name)
    return found


def behind(fields: Sequence[Described], page: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Which fields stand otherwise now than on the page: somebody else has changed them, and the page must say so."""
    mine, theirs = forms.marks(fields, page), forms.see(fields, now)
    names = {path.partition("[")[0] for path in {*mine, *theirs} if mine.get(path) != theirs.get(path)}
    return sorted(n for n in names if n != forms.CPR)
