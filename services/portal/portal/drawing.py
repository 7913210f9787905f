"""What a form looks like: each field becomes a widget, by what the phase says of it and what the form holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from werkzeug.datastructures import MultiDict

from portal.forms import CPR, NEW, Described, is_closed, is_group, is_list, is_pick, numbers, open_in


@dataclass
class Option:
    value: str
    label: str
    group: str = ""
    hint: str = ""


@dataclass
class Entry:
    """One entry of a list."""

    prefix: str
    title: Any  # the field and the value it goes by; empty for a new one
    widgets: list[Widget]
    hidden: list[tuple[str, str]] = field(default_factory=list)
    is_new: bool = False
    removable: bool = False
    is_open: bool = False


@dataclass
class Widget:
    """One field on the page. `kind` chooses the macro."""

    kind: str
    name: str
    label: str
    value: str = ""
    chosen: tuple[str, ...] = ()
    options: list[Option] = field(default_factory=list)
    origin: str = ""
    error: str = ""
    rule: str = ""
    hint: str = ""
    needed: bool = False
    needed_if: str = ""
    shown: Any = None
    described: Described = field(default_factory=dict)
    widgets: list[Widget] = field(default_factory=list)
    more: list[Widget] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def id(self) -> str:
        """An id that may stand in an address after #."""
        return "f-" + re.sub(r"[^\w-]+", "-", self.name).strip("-")

    @property
    def is_filled(self) -> bool:
        return bool(self.value or self.chosen or self.shown or self.entries or any(w.is_filled for w in self.widgets))


@dataclass(frozen=True)
class Drawing:
    """All that a form is drawn from."""

    fields: Sequence[Described]
    form: MultiDict[str, str]  # what stands in the inputs: as recorded, or as typed
    values: Mapping[str, Any]  # as recorded
    origins: Mapping[str, str]  # field -> phase.step.field
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # input name -> (message, rule)
    codes: Any = None  # (described) -> [Option]
    providers: Sequence[Option] = ()
    candidates: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)  # what may be chosen from
    describe: Any = None  # (described, entry) -> words
    read_only: bool = False

    def widgets(self) -> list[Widget]:
        return [self._widget(f, "", self.values.get(f["name"]), whole=False) for f in self.fields]

    def _widget(self, f: Described, prefix: str, value: Any, *, whole: bool) -> Widget:
        path = f"{prefix}{f['name']}"
        message, rule = self.errors.get(path, ("", ""))
        kind = kind_of(f)
        widget = Widget(
            kind, path, f["label"], error=message, rule=rule, described=f, shown=value,
            origin="" if prefix else self.origins.get(f["name"], ""),
            needed=f["required"] == "always", needed_if=f["required"],
        )  # fmt: skip
        if self.read_only:
            widget.kind = "shown"
        elif is_closed(f):
            widget.kind = "shown"
            if whole:
                widget.hidden = [(path, text) for text in self.form.getlist(path)]
        elif kind == "list":
            self._fill_list(widget, f, path, value or [])
        elif kind == "pick":
            widget.chosen = tuple(self.form.getlist(path))
            widget.options = [
                Option(c[f["key"]], self.describe(f, c)) for c in self.candidates.get(f["name"], value or [])
            ]
        elif kind == "group":
            self._fill_group(widget, f, path, value or {})
        elif kind == "cpr":
            widget.value = self.form.get(path, "")
        elif kind in ("choice", "select", "choices", "level"):
            widget.options, widget.chosen = self.codes(f), tuple(self.form.getlist(path))
        else:
            widget.value = self.form.get(path, "")
        return widget

    def _fill_group(self, widget: Widget, f: Described, path: str, value: Mapping[str, Any]) -> None:
        for inner in f["fields"]:
            part = self._widget(inner, f"{path}.", value.get(inner["name"]), whole=True)
            part.needed = part.needed and bool(value)
            if part.kind == "shown" or inner["name"] == "id":
                widget.hidden += part.hidden or [(part.name, t) for t in self.form.getlist(part.name)]
            elif f["type"] == "Party" and inner["name"] not in ("name", "role"):
                widget.more.append(part)
            else:
                widget.widgets.append(part)
        if f["type"] == "Party" and self.providers and "provider" in f["name"]:
            pick = f"{path}.~pick"
            widget.options, widget.chosen = list(self.providers), tuple(self.form.getlist(pick))

    def _fill_list(self, widget: Widget, f: Described, path: str, value: Sequence[Mapping[str, Any]]) -> None:
        key = f.get("key")
        whole = key is None
        known = numbers(self.form, path)
        for number in known:
            here = f"{path}[{number}]."
            entry = value[number] if number < len(value) else {}
            widget.entries.append(self._entry(f, here, entry, whole=whole, is_new=bool(self.form.get(f"{here}{NEW}"))))
        if f.get("writable") is None or key in (f.get("writable") or ()):
            here = f"{path}[{max(known, default=-1) + 1}]."
            widget.entries.append(self._entry(f, here, {}, whole=whole, is_new=True))

    def _entry(self, f: Described, here: str, value: Mapping[str, Any], *, whole: bool, is_new: bool) -> Entry:
        key, entry = f.get("key"), Entry(here, title_of(f, value), [], is_new=is_new, removable=whole and not is_new)
        open_names = {g["name"] for g in open_in(f)}
        for inner in f["fields"]:
            name = f"{here}{inner['name']}"
            if inner["name"] == key and (key == "id" or not is_new):
                entry.hidden.append((name, self.form.get(name) or str(uuid4())))
                continue
            part = self._widget(inner, here, value.get(inner["name"]), whole=whole)
            part.needed = part.needed and not is_new
            if inner["name"] not in open_names:
                part.kind, part.widgets, part.entries, part.hidden = "shown", [], [], []
            entry.hidden += part.hidden if part.kind == "shown" else []
            if part.kind != "shown" or part.shown not in (None, [], {}):
                entry.widgets.append(part)
        if is_new:
            entry.hidden.append((f"{here}{NEW}", "1"))
        entry.is_open = any(_has_error(w) for w in entry.widgets)
        return entry


def _has_error(widget: Widget) -> bool:
    inner = [*widget.widgets, *widget.more, *(w for entry in widget.entries for w in entry.widgets)]
    return bool(widget.error) or any(map(_has_error, inner))


_SHORT = (
    "name", "phone", "email", "number", "ean", "cvr", "id", "source", "title", "signature", "department", "heading",
    "diagnosis", "diagnosed_by", "reference", "rate", "journal_number", "cost_object", "subject",
)  # fmt: skip


def kind_of(f: Described) -> str:
    """Which control the field is drawn with."""
    if f["name"] == CPR:
        return "cpr"
    if is_list(f):
        return "pick" if is_pick(f) else "list"
    if is_group(f):
        return "group"
    if f["type"] == "code":
        return "choices" if f["many"] else "choice" if len(f["codes"] or ()) <= 7 else "select"
    if f["type"] == "int" and (f["name"].endswith("functioning_level") or f["name"] == "level"):
        return "level"
    if f["many"]:
        return "lines"
    if f["type"] == "str":
        return "line" if f["name"].endswith(_SHORT) else "text"
    return {"bool": "yesno", "date": "date", "Amount": "amount", "Decimal": "line", "int": "line"}.get(
        f["type"], "line"
    )


_TITLES = ("goal_statement", "theme", "subtheme", "category", "title", "diagnosis", "text", "name", "consent_party",
           "service", "offer", "subgoal_statement", "note_date")  # fmt: skip


def title_of(f: Described, value: Mapping[str, Any]) -> Any:
    """By which of its values an entry is known: the field and its value, to be named by whoever knows the codes."""
    by_name = {g["name"]: g for g in f.get("fields") or ()}
    for name in _TITLES:
        if value.get(name) and name in by_name:
            return by_name[name], value[name]
    return ""
