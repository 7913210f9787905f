"""From whom something is known: read from the inputs beside a text, and sent with it. Pure.

The inputs beside a text are `citizen_wishes.~source.kind` and so on. A source goes by the path of its value, in which
entries are known by their keys: `theme_entries[relations].other_information`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from casework.vocabularies import vocabulary
from portal import forms
from portal.forms import Described, Parsed, Seen, Values
from portal.language import gettext, lazy_gettext

PART = ".~source."
_DOCUMENT = ("title", "journal_number", "date")
_SEEN = "~source"

Sources = dict[str, Values]


def fields() -> list[Described]:
    """What is asked of a source."""
    kinds = vocabulary("source-kinds")
    return [
        _field("kind", lazy_gettext("Hvem det kommer fra"), "code", vocabulary=kinds.name, codes=list(kinds)),
        _field("name", lazy_gettext("Navn")),
        _field("title", lazy_gettext("Dokument eller samtale")),
        _field("journal_number", lazy_gettext("Journalnummer")),
        _field("date", lazy_gettext("Dato"), "date"),
    ]


def _field(name: str, label: Any, kind: str = "str", **more: Any) -> Described:
    return {"name": name, "label": label, "type": kind, "many": False, "required": "never", **more}


def of(marks: Mapping[str, Any]) -> Sources:
    """The sources that are recorded, by the path of their value."""
    return {path: mark["source"] for path, mark in marks.items() if mark.get("source")}


def seen(sources: Mapping[str, Values]) -> Seen:
    """A mark of each source as it was shown."""
    return {f"{path}{_SEEN}": forms.mark_of(source) for path, source in sources.items()}


def write(described: Sequence[Described], form: MultiDict[str, str], sources: Mapping[str, Values], step: str) -> None:
    """Fill the inputs in, each beside its text; what is not on the page is left out."""
    for path, source in sources.items():
        name = forms.input_of(f"{step}.{path}", "", step, form)
        if name and forms.keyed(described, form, name) == path:
            flat = {**source, **source.get("document", {})}
            for f in fields():
                if flat.get(f["name"]):
                    form[f"{name}{PART}{f['name']}"] = forms.write(f, flat[f["name"]])


def read(described: Sequence[Described], form: MultiDict[str, str]) -> Parsed:
    """What a posted form says of sources, by the path of the value; and what is wrong, by input."""
    read = Parsed({})
    for name in dict.fromkeys(n.partition(PART)[0] for n in form if PART in n):
        parsed = forms.parse(fields(), form, f"{name}{PART}")
        read.problems |= parsed.problems
        path = forms.keyed(described, form, name)
        if not parsed.values or not path:
            continue
        if "kind" not in parsed.values:
            read.problems[f"{name}{PART}kind"] = gettext("Vælg, hvem det kommer fra")
        document = {n: parsed.values.pop(n) for n in _DOCUMENT if n in parsed.values}
        read.values[path] = parsed.values | ({"document": document} if document else {})
    return read


def changed(described: Sequence[Described], sources: Mapping[str, Values], seen: Seen, patch: Values) -> Sources:
    """Those that are other than they were shown; a text that is written anew takes its source along."""
    touched = set(_paths(described, patch))
    return {
        path: source
        for path, source in sources.items()
        if path in touched or forms.mark_of(source) != seen.get(f"{path}{_SEEN}")
    }


def _paths(described: Sequence[Described], patch: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for f in described:
        value, path = patch.get(f["name"]), f"{at}{f['name']}"
        if forms.is_list(f) and f.get("key"):
            for entry in value or ():
                yield from _paths(f["fields"], entry, f"{path}[{entry.get(f['key'])}].")
        elif value is not None:
            yield path


def input_of(path: str, sent: Mapping[str, Values], step: str, form: Mapping[str, Any]) -> str:
    """The input that a problem with a source speaks of: `sources.enquiry.opening_reason.document.title`."""
    for known in sent:
        lead = f"sources.{step}.{known}"
        if path == lead or path.startswith(f"{lead}."):
            part = path.removeprefix(lead).rpartition(".")[2] or "kind"
            return f"{forms.input_of(f'{step}.{known}', '', step, form)}{PART}{part}"
    return ""
