"""What is recorded, as JSON: merging what somebody fills in, laying it over what is carried, telling what changed.

All pure. A keyed list (goals by `id`, scores by `subtheme`) is merged entry by entry; every other value replaces.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from casework.errors import Invalid
from casework.fields import Field, fields_of
from casework.wording import reckoned

Json = dict[str, Any]

CLOSED = "Det her er overført, og kan kun rettes, hvor det er skrevet"
REMOVED = "removed"
"""`{"id": "g1", "removed": true}` takes an entry out of a keyed list; of a carried list it is then hidden here."""


def merge(cls: type, own: Mapping[str, Any], patch: Any, at: str = "", *, carried: bool = False) -> Json:
    """`own` with `patch` filled in. Null empties. Raises Invalid for a field that does not exist or is reckoned."""
    known = fields_of(cls)
    if not isinstance(patch, Mapping):
        raise Invalid({at or cls.__name__: ("Her skal stå en gruppe af felter", None)})
    merged = dict(own)
    for name, given in patch.items():
        path = f"{at}.{name}" if at else str(name)
        if name not in known:
            raise Invalid({path: ("Feltet findes ikke", None)})
        declared = known[name]
        _may_write(declared, cls, path)
        if given is None:
            _may_empty(declared, path)
            merged[name] = None
        elif not _is_keyed(declared):
            merged[name] = given
        elif not isinstance(given, list):
            raise Invalid({path: ("Her skal stå en liste", None)})
        elif given or name in merged:  # no entries: nothing is filled in
            shows_through = carried or bool(declared.info.carried_from)
            merged[name] = _merge_entries(declared, merged.get(name) or [], given, path, carried=shows_through)
    return merged


def _may_empty(declared: Field, path: str) -> None:
    """What is carried here with some fields open cannot be emptied; a mere choice among what is carried can."""
    if declared.info.writable:
        raise Invalid({path: (CLOSED, declared.info.rule)})


def _may_write(declared: Field, cls: type, path: str) -> None:
    if declared.info.computed:
        raise Invalid({path: (f"Feltet {reckoned(declared, cls)} og kan ikke skrives", declared.info.rule)})


def _merge_entries(declared: Field, own: list[Json], given: list[Any], path: str, *, carried: bool) -> list[Json]:
    assert declared.entry is not None
    assert declared.info.key is not None
    by = declared.info.key
    entries = {entry[by]: entry for entry in own}
    for number, patch in enumerate(given):
        here = f"{path}[{number}]"
        if not isinstance(patch, Mapping):
            raise Invalid({here: ("Her skal stå en gruppe af felter", None)})
        known = patch.get(by) or (str(uuid4()) if by == "id" else None)
        if not isinstance(known, str):
            raise Invalid({f"{here}.{by}": ("Feltet skal udfyldes", None)})
        closed = [
            n for n in patch if n != by and declared.info.writable is not None and n not in declared.info.writable
        ]
        if closed:
            raise Invalid({f"{here}.{closed[0]}": (CLOSED, declared.info.rule)})
        if patch.get(REMOVED) is True:
            entries.pop(known, None)
            if carried:
                entries[known] = {by: known, REMOVED: True}
            continue
        kept = {n: v for n, v in entries.get(known, {}).items() if n != REMOVED}
        entries[known] = merge(declared.entry, kept, {**patch, by: known}, here, carried=carried)
    return list(entries.values())


def standing(cls: type, merged: Mapping[str, Any]) -> Json:
    """A merged step without what is emptied or taken out, or added by a newer release: what its type can read."""
    known = fields_of(cls)
    data = {name: value for name, value in merged.items() if value is not None and name in known}
    for name, declared in known.items():
        if _is_keyed(declared) and data.get(name):
            assert declared.entry is not None
            data[name] = [standing(declared.entry, entry) for entry in data[name] if not entry.get(REMOVED)]
    return data


def as_given(cls: type, merged: Any, given: Any, path: str) -> str:
    """Where a value of the merged record stands in what was given: the entries of a list are numbered as they came."""
    found = re.fullmatch(r"(\w+)\[(\d+)\](?:\.(.*))?", path)
    declared = fields_of(cls).get(found[1]) if found else None
    if found is None or declared is None or declared.entry is None or not _is_keyed(declared):
        return path
    entries = [entry for entry in merged[declared.name] if not entry.get(REMOVED)]
    sent, by = given.get(declared.name) or [], declared.info.key
    places = {entry.get(by): place for place, entry in enumerate(sent) if entry.get(by)}
    nameless = [place for place, entry in enumerate(sent) if not entry.get(by)]
    made = [n for n, entry in enumerate(entries) if entry[by] not in places][-len(nameless) :] if nameless else []
    number = int(found[2])
    place = places.get(entries[number][by], dict(zip(made, nameless, strict=False)).get(number))
    if place is None:
        return path
    rest = as_given(declared.entry, entries[number], sent[place], found[3]) if found[3] else ""
    return f"{declared.name}[{place}]" + (f".{rest}" if rest else "")


def only(cls: type, given: Mapping[str, Any], units: Collection[str], at: str) -> Json:
    """Of what was given those fields, and those entries of keyed lists, that are among the units."""
    chosen: Json = {}
    for name, value in given.items():
        path, declared = f"{at}.{name}", fields_of(cls)[name]
        empties_entries = value is None and any(unit.startswith(f"{path}[") for unit in units)
        if path in units or empties_entries:
            chosen[name] = value
        elif _is_keyed(declared) and value:
            entries = [entry for entry in value if f"{path}[{entry.get(declared.info.key)}]" in units]
            chosen |= {name: entries} if entries else {}
    return chosen


def _is_keyed(declared: Field) -> bool:
    return bool(declared.many and declared.entry and declared.info.key)


def keep_emptied(
    cls: type, merged: Mapping[str, Any], stored: Json, *, within: bool = False, nulls: bool = True
) -> Json:
    """`stored`, with a null for all that `merged` empties on purpose: what is carried does not show through there.

    What a newer release has added stays too; it is neither read nor lost here.
    """
    known = fields_of(cls)
    kept = {**stored, **{name: value for name, value in merged.items() if name not in known}}
    kept |= {name: None for name, value in merged.items() if nulls and _is_empty(value)}
    for name, declared in known.items():
        if _is_keyed(declared) and merged.get(name):
            assert declared.entry is not None
            by, carried = declared.info.key, within or bool(declared.info.carried_from)
            stood = {entry[by]: entry for entry in stored.get(name) or []}
            kept[name] = [
                entry
                if entry.get(REMOVED)
                else keep_emptied(declared.entry, entry, stood[entry[by]], within=carried, nulls=carried)
                for entry in merged[name]
            ]
    return kept


def overlay(cls: type, base: Mapping[str, Any], own: Mapping[str, Any]) -> Json:
    """`own` laid over `base`: what is recorded here wins, entries meet by their key, the rest shows through."""
    laid = dict(base)
    for name, declared in fields_of(cls).items():
        if name not in own:
            continue
        mine = own[name]
        if mine and _is_keyed(declared):
            assert declared.entry is not None
            by = declared.info.key
            entries = {entry[by]: entry for entry in laid.get(name) or []}
            for entry in mine:
                if entry.get(REMOVED):
                    entries.pop(entry[by], None)
                else:
                    entries[entry[by]] = overlay(declared.entry, entries.get(entry[by], {}), entry)
            laid[name] = list(entries.values())
        else:
            laid[name] = mine
    return laid


@dataclass(frozen=True)
class Change:
    """One value that is other than it was. `unit` is what two people may not change at once: a field or an entry."""

    unit: str
    path: str
    before: Any
    after: Any


def changes(
    cls: type, before: Mapping[str, Any], after: Mapping[str, Any], at: str = "", unit: str = ""
) -> Iterator[Change]:
    """What differs, value by value: (`case_assessment.goals[g1]`, `case_assessment.goals[g1].goal_type`, from, to)."""
    for name, declared in fields_of(cls).items():
        old, new = before.get(name), after.get(name)
        path = f"{at}.{name}" if at else name
        if old == new or (_is_empty(old) and _is_empty(new)):
            continue
        if _is_keyed(declared):
            assert declared.entry is not None
            by = declared.info.key
            olds, news = ({entry[by]: entry for entry in entries or []} for entries in (old, new))
            for known in dict.fromkeys([*olds, *news]):
                here = f"{path}[{known}]"
                yield from changes(declared.entry, olds.get(known, {}), news.get(known, {}), here, unit or here)
        else:
            yield Change(unit or path, path, old, new)


def recorded(cls: type, carried: Json, before: Json, after: Json, at: str) -> Iterator[Change]:
    """What a recording changes, as it read before and as it reads after; also what it confirms as it was carried."""
    told = set()
    for change in changes(cls, overlay(cls, carried, before), overlay(cls, carried, after), at):
        told.add(change.path)
        yield change
    for name, declared in fields_of(cls).items():
        path, now = f"{at}.{name}", after.get(name)
        if name not in before and path not in told and not _is_keyed(declared) and not _is_empty(now):
            yield Change(path, path, now, now)


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or value == ()
