"""A step's form: from the values a phase has to inputs, and from what is posted to a patch. Pure.

The description is what a phase's API says of a step. An input's name is the field's path (`goals[0].goal_type`), so a
problem that names a field finds its input. A page carries a short mark of each value it showed (`Seen`): only what
somebody has since changed is sent, and what is carried stays carried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any

from werkzeug.datastructures import MultiDict

from portal import reading
from portal.reading import Unreadable

Described = Mapping[str, Any]
Values = dict[str, Any]
Seen = dict[str, str]

GONE, NEW = "~gone", "~new"
GIVEN = "given"  # of a new entry: its key stands on the page already, so the key alone is nothing that anybody wrote
REMOVED = "removed"
_READ = {
    "bool": reading.read_yes_no,
    "date": reading.read_date,
    "Amount": reading.read_amount,
    "Decimal": reading.read_quantity,
    "int": reading.read_whole,
}
_CLOSED = ("UUID", "datetime", "dict", "Any")
CPR = "cpr_number"


def is_list(f: Described) -> bool:
    """A list of groups, as opposed to several codes or lines."""
    return bool(f["many"] and f.get("fields"))


def is_pick(f: Described) -> bool:
    """A list whose entries are chosen from another phase's, and not written here."""
    return is_list(f) and f.get("writable") == [] and bool(f.get("key"))


def is_group(f: Described) -> bool:
    return bool(f.get("fields") and not f["many"])


def is_closed(f: Described) -> bool:
    """Shown, and not to be written."""
    return bool(f.get("computed")) or f["type"] in _CLOSED


def is_in_track(f: Described, track: str | None) -> bool:
    """Whether a step or field shows on the track; on a track that is not known, everything does."""
    return track is None or track in f.get("tracks", (track,))


def is_held(f: Described, values: Mapping[str, Any], origins: Mapping[str, str]) -> bool:
    """Whether a value is recorded in this very step, neither carried nor reckoned."""
    name = f["name"]
    return values.get(name) not in (None, [], {}, "") and name not in origins and not f.get("computed")


def shown_on(
    track: str | None, fields: Sequence[Described], values: Mapping[str, Any], origins: Mapping[str, str]
) -> list[Described]:
    """The fields of a step on this track; what holds a value shows all the same."""
    return [f for f in fields if is_in_track(f, track) or is_held(f, values, origins)]


def open_in(f: Described) -> list[Described]:
    """The fields of an entry that may be written: all, or those that the list names."""
    writable, key = f.get("writable"), f.get("key")
    return [g for g in f["fields"] if writable is None or g["name"] in writable or g["name"] == key]


# values to inputs
def to_inputs(fields: Sequence[Described], values: Mapping[str, Any], prefix: str = "") -> MultiDict[str, str]:
    """The form as it would be posted if nobody changed anything."""
    inputs: MultiDict[str, str] = MultiDict()
    for name, text in _inputs(fields, values, prefix):
        inputs.add(name, text)
    return inputs


def _inputs(fields: Sequence[Described], values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for f in fields:
        path, value = f"{prefix}{f['name']}", values.get(f["name"])
        if value is None or (f["name"] == CPR and not prefix):
            continue
        if is_pick(f):
            yield from ((path, entry[f["key"]]) for entry in value)
        elif is_list(f):
            for number, entry in enumerate(value):
                yield from _inputs(f["fields"], entry, f"{path}[{number}].")
        elif is_group(f):
            yield from _inputs(f["fields"], value, f"{path}.")
        elif f["many"]:
            yield from ((path, code) for code in value) if f["type"] == "code" else [(path, "\n".join(map(str, value)))]
        else:
            yield path, write(f, value)


def write(f: Described, value: Any) -> str:
    """One value as it stands in its input."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if f["type"] == "date":
        return reading.write_date(str(value))
    if f["type"] == "Amount":
        return reading.write_amount(str(value))
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",")
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict) else str(value)


# inputs to values
@dataclass
class Parsed:
    """What a form says: the values that could be read, and why others could not."""

    values: Values
    problems: dict[str, str] = field(default_factory=dict)


def parse(fields: Sequence[Described], form: MultiDict[str, str], prefix: str = "") -> Parsed:
    """Read a posted form. Nothing is refused here but what cannot be read at all."""
    parsed = Parsed({})
    parsed.values = _parse(fields, form, prefix, parsed.problems, whole=False)
    return parsed


def _parse(
    fields: Sequence[Described], form: MultiDict[str, str], prefix: str, problems: dict[str, str], *, whole: bool
) -> Values:
    """`whole`: the group replaces what was there, so that also what is closed goes back as it was."""
    values: Values = {}
    for f in fields:
        path = f"{prefix}{f['name']}"
        if is_closed(f) and not whole:
            continue
        value: Any = _parse_one(f, form, path, problems, whole=whole)
        if value not in (None, [], {}):
            values[f["name"]] = value
    return values


def _parse_one(f: Described, form: MultiDict[str, str], path: str, problems: dict[str, str], *, whole: bool) -> Any:
    if is_pick(f):
        return [{f["key"]: known} for known in form.getlist(path) if known]
    if is_list(f):
        keyed = f.get("key") is not None and not whole
        entries = []
        for number in numbers(form, path):
            here = f"{path}[{number}]."
            if form.get(f"{here}{GONE}"):
                if keyed and (known := form.get(f"{here}{f['key']}")):
                    entries.append({f["key"]: known, REMOVED: True})
                continue
            inner = _parse(open_in(f) if keyed else f["fields"], form, here, problems, whole=not keyed)
            if set(inner) - ({f["key"]} if form.get(f"{here}{NEW}") == GIVEN else set()):
                entries.append(inner)
        return entries
    if is_group(f):
        return _parse(f["fields"], form, f"{path}.", problems, whole=True)
    if f["many"]:
        given = form.getlist(path)
        if f["type"] == "code":
            return [code for code in given if code]
        return [line.strip() for line in "".join(given).splitlines() if line.strip()]
    text = form.get(path, "").replace("\r\n", "\n")
    if not text.strip():
        return None
    if f["name"] == CPR:
        return reading.read_cpr(text)
    if f["type"] in ("dict", "Any"):
        return json.loads(text)
    read = _READ.get(f["type"])
    if read is None:
        return text
    try:
        return read(text)
    except Unreadable as wrong:
        problems[path] = str(wrong)
        return text


def keyed(fields: Sequence[Described], form: Mapping[str, Any], name: str) -> str:
    """The path of an input's value: `goals[0].price` as `goals[g1].price`. Empty where there is no such field."""
    path = at = ""
    for part in name.split("."):
        called, _, number = part.partition("[")
        f = next((f for f in fields if f["name"] == called), None)
        if f is None:
            return ""
        at, path = f"{at}{part}", f"{path}{called}"
        if number:
            path += f"[{form.get(f'{at}.' + str(f.get('key')))}]"
        at, path, fields = f"{at}.", f"{path}.", f.get("fields") or ()
    return path.removesuffix(".")


def numbers(form: Mapping[str, Any], path: str) -> list[int]:
    """Which entries of a list the form has, in their order."""
    begins = re.compile(rf"{re.escape(path)}\[(\d{{1,4}})\]\.")
    return sorted({int(found[1]) for name in form if (found := begins.match(name))})


# what has changed
def see(fields: Sequence[Described], values: Mapping[str, Any]) -> Seen:
    """A mark of each value as it was shown. It goes through the form and back, so that only people change anything."""
    return marks(fields, parse(fields, to_inputs(fields, values)).values)


def marks(fields: Sequence[Described], parsed: Mapping[str, Any]) -> Seen:
    """The marks of values that have come from a form."""
    return dict(_marks(fields, parsed, ""))


def _marks(fields: Sequence[Described], values: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for f in fields:
        value = values.get(f["name"])
        if value is None:
            continue
        path = f"{at}{f['name']}"
        if is_list(f) and f.get("key"):
            for entry in value:
                if not entry.get(REMOVED):
                    yield from _marks(f["fields"], entry, f"{path}[{entry.get(f['key'])}].")
        else:
            yield path, mark_of(value)


def mark_of(value: Any) -> str:
    """A short mark, by which a value is known again."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return blake2s(text.encode(), digest_size=5).hexdigest()


def patch(fields: Sequence[Described], values: Mapping[str, Any], seen: Seen, at: str = "") -> Values:
    """Only what is other than it was shown.

    What was emptied is null; of a keyed list there are only the entries that changed, or are to go.
    """
    changed: Values = {}
    for f in fields:
        name, path = f["name"], f"{at}{f['name']}"
        if is_closed(f):
            continue
        value = values.get(name)
        if is_list(f) and f.get("key"):
            entries = list(_entries(f, value or [], seen, path))
            if entries:
                changed[name] = entries
        elif (mark_of(value) if value is not None else None) != seen.get(path) and (name != CPR or value):
            changed[name] = value
    return changed


def _entries(f: Described, entries: Sequence[Values], seen: Seen, path: str) -> Iterator[Values]:
    key = f["key"]
    for entry in entries:
        known = entry.get(key)
        if entry.get(REMOVED):
            yield {key: known, REMOVED: True}
            continue
        inner = patch([g for g in open_in(f) if g["name"] != key], entry, seen, f"{path}[{known}].")
        is_new = not any(mark.startswith(f"{path}[{known}].") for mark in seen)
        if inner or is_new:
            yield {**({key: known} if known else {}), **inner}


def status_of(fields: Sequence[Described], values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """`untouched`, `unfinished` or `filled`, by what is always needed. What is carried is nobody's work here."""
    mine = [f for f in fields if not is_closed(f)]
    if not any(f["name"] in values and f["name"] not in origins for f in mine):
        return "untouched"
    missing = [f for f in mine if f["required"] == "always" and values.get(f["name"]) in (None, [], "")]
    return "unfinished" if missing else "filled"


# problems to inputs
def input_of(path: str, phase: str, step: str, form: Mapping[str, Any], sent: Mapping[str, Any] | None = None) -> str:
    """The name of the input a problem's field speaks of; empty where there is none on this page.

    `assessment.case_assessment.goals[g1].goal_type` names an entry by its key, `case_assessment.goals[0].goal_type`
    by its place in what was sent.
    """
    for lead in (f"{phase}.{step}.", f"{step}."):
        if path.startswith(lead):
            path = path.removeprefix(lead)
            break
    else:
        if path in (step, f"{phase}.{step}") or path.split(".")[0] not in {n.split(".")[0].split("[")[0] for n in form}:
            return ""
    found = ""
    for part in path.split("."):
        name, _, inner = part.partition("[")
        found = f"{found}.{name}" if found else name
        if inner:
            found = f"{found}[{_place(found, inner.rstrip(']'), form, sent)}]"
            sent = None
    return found


_KEYS = ("id", "theme", "subtheme", "category", "question")


def _place(path: str, known: str, form: Mapping[str, Any], sent: Mapping[str, Any] | None) -> int:
    listed = (sent or {}).get(path)
    if known.isdecimal():
        entry = listed[int(known)] if isinstance(listed, list) and int(known) < len(listed) else None
        key = next((entry[k] for k in _KEYS if entry and k in entry), None)
        if key is None or not isinstance(entry, dict):
            return int(known)
        known = key
    for number in numbers(form, path):
        if any(form.get(f"{path}[{number}].{k}") == known for k in _KEYS):
            return number
    return 0
