"""What a form looks like: each field becomes a widget, by what the phase says of it and what the form holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from werkzeug.datastructures import MultiDict

from portal import sources
from portal.forms import (
    CPR,
    GIVEN,
    GONE,
    NEW,
    Described,
    is_closed,
    is_group,
    is_held,
    is_in_track,
    is_list,
    is_pick,
    numbers,
    open_in,
)


@dataclass
class Option:
    value: str
    label: str
    group: str = ""
    hint: str = ""  # what helps to choose it
    is_in_force: bool = True  # what is not shows only where it is chosen already


@dataclass(frozen=True)
class Guide:
    """What to know before an entry is written; the rows lie folded under the question."""

    hint: str = ""
    question: str = ""
    rows: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Asked:
    """A specialist question, as it is put."""

    id: str
    text: str
    help: str = ""
    heading: str = ""  # the set that it belongs to


@dataclass
class Entry:
    """One entry of a list."""

    prefix: str
    title: Any  # the field and the value it goes by; empty for a new one
    widgets: list[Widget]
    hidden: list[tuple[str, str]] = field(default_factory=list)
    is_new: bool = False
    removable: bool = False
    is_gone: bool = False  # somebody has asked to take it out
    is_open: bool = False
    guide: Guide = field(default_factory=Guide)
    heading: str = ""
    mark: Mapping[str, Any] = field(default_factory=dict)  # whose word all of it is; empty where that differs


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
    mark: Mapping[str, Any] = field(default_factory=dict)  # whose word it is, and since when
    source: list[Widget] = field(default_factory=list)  # from whom it is known; empty where nobody asks
    outside: bool = False  # shown, although the case's track leaves it out
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
    origins: Mapping[str, str] = field(default_factory=dict)  # field -> phase.step.field
    marks: Mapping[str, Any] = field(default_factory=dict)  # path, entries by their keys -> whose word it is
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # input name -> (message, rule)
    codes: Any = None  # (described, what it is about) -> [Option]
    beside: Any = None  # (described, what it is about) -> what to know before writing
    before: Any = None  # (type of an entry, what it is about) -> Guide
    providers: Sequence[Option] = ()
    candidates: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)  # what may be chosen from
    describe: Any = None  # (described, entry) -> words
    questions: Sequence[Asked] = ()
    track: str | None = None  # None: everything shows
    kept: Collection[str] = ()  # fields that show whatever the track: somebody has them on the page
    asks_sources: bool = False
    read_only: bool = False

    def widgets(self) -> list[Widget]:
        shown = [f for f in self.fields if self._shows(f)]
        return [self._widget(f, "", self.values.get(f["name"]), at="", whole=False) for f in shown]

    @property
    def left_out(self) -> int:
        """How many fields the track hides."""
        return sum(not self._shows(f) for f in self.fields)

    def _shows(self, f: Described) -> bool:
        return f["name"] in self.kept or is_in_track(f, self.track) or is_held(f, self.values, self.origins)

    def _widget(self, f: Described, prefix: str, value: Any, *, at: str | None, whole: bool) -> Widget:
        """`at` is the prefix with entries known by their keys; None where a value has no mark of its own."""
        path = f"{prefix}{f['name']}"
        message, rule = self.errors.get(path, ("", ""))
        kind, about = kind_of(f), self._about(prefix)
        filled = value not in (None, [], {}, "")
        widget = Widget(
            kind, path, f["label"], error=message, rule=rule, described=f, shown=value,
            origin="" if prefix else self.origins.get(f["name"], ""),
            mark={} if at is None or not filled else self.marks.get(f"{at}{f['name']}", {}),
            hint=self.beside(f, about) if self.beside else f.get("help", ""),
            outside=not prefix and not is_in_track(f, self.track),
            needed=f["required"] == "always", needed_if=f["required"],
        )  # fmt: skip
        if self.read_only:
            widget.kind = "shown"
        elif is_closed(f):
            widget.kind = "shown"
            if whole:
                widget.hidden = [(path, text) for text in self.form.getlist(path)]
        elif kind == "list":
            self._fill_list(widget, f, path, value or [], at)
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
            widget.chosen = tuple(self.form.getlist(path))
            widget.options = [o for o in self.codes(f, about) if o.is_in_force or o.value in widget.chosen]
        else:
            widget.value = self.form.get(path, "")
        if widget.kind == "text" and self.asks_sources and at is not None:
            asked = f"{path}{sources.PART}"
            widget.source = [self._widget(s, asked, None, at=None, whole=False) for s in sources.fields()]
        return widget

    def _about(self, prefix: str) -> str:
        """The theme or sub-theme of which an entry speaks."""
        return next(filter(None, (self.form.get(f"{prefix}{name}") for name in _SUBJECTS)), "") if prefix else ""

    def _fill_group(self, widget: Widget, f: Described, path: str, value: Mapping[str, Any]) -> None:
        for inner in f["fields"]:
            part = self._widget(inner, f"{path}.", value.get(inner["name"]), at=None, whole=True)
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

    def _fill_list(
        self, widget: Widget, f: Described, path: str, value: Sequence[Mapping[str, Any]], at: str | None
    ) -> None:
        known = numbers(self.form, path)
        if f["type"] == "SpecialistAnswer":
            widget.kind, widget.entries = "questions", self._questions(f, path, value, known)
            return
        for number in known:
            here = f"{path}[{number}]."
            entry = value[number] if number < len(value) else {}
            widget.entries.append(self._entry(f, here, entry, at, is_new=bool(self.form.get(f"{here}{NEW}"))))
        if f.get("writable") is None or f.get("key") in (f.get("writable") or ()):
            here = f"{path}[{max(known, default=-1) + 1}]."
            widget.entries.append(self._entry(f, here, {}, at, is_new=True))

    def _entry(self, f: Described, here: str, value: Mapping[str, Any], at: str | None, *, is_new: bool) -> Entry:
        key, known = f.get("key"), value.get(f.get("key") or "")
        entry = Entry(here, title_of(f, value), [], is_new=is_new)
        entry.removable, entry.is_gone = not is_new and f.get("writable") is None, bool(self.form.get(f"{here}{GONE}"))
        entry.guide = self.before(f["type"], self._about(here)) if self.before else entry.guide
        within = None if key is None or at is None else f"{at}{f['name']}[{known}]."
        open_names = {g["name"] for g in open_in(f)}
        for inner in f["fields"]:
            name = f"{here}{inner['name']}"
            if inner["name"] == key and (key == "id" or not is_new):
                entry.hidden.append((name, self.form.get(name) or str(uuid4())))
                continue
            part = self._widget(inner, here, value.get(inner["name"]), at=within, whole=key is None)
            part.needed = part.needed and not is_new
            if inner["name"] not in open_names:
                part.kind, part.widgets, part.entries, part.hidden = "shown", [], [], []
            entry.hidden += part.hidden if part.kind == "shown" else []
            if part.kind != "shown" or part.shown not in (None, [], {}):
                entry.widgets.append(part)
        if is_new:
            entry.hidden.append((f"{here}{NEW}", GIVEN if key == "id" else "1"))
        entry.is_open = any(_has_error(w) for w in entry.widgets)
        _say_once(entry)
        return entry

    def _questions(
        self, f: Described, path: str, value: Sequence[Mapping[str, Any]], known: Sequence[int]
    ) -> list[Entry]:
        """Every question that is put, and those that were answered although nobody puts them any more."""
        numbered = {self.form.get(f"{path}[{n}].{f['key']}", ""): n for n in known}
        answered = {entry[f["key"]]: entry for entry in value}
        put = {asked.id: asked for asked in self.questions}
        free = max(known, default=-1) + 1
        answer = next(g for g in f["fields"] if g["name"] != f["key"])
        entries = []
        for one in dict.fromkeys([*put, *numbered]):
            asked, number = put.get(one) or Asked(one, one), numbered.get(one, free)
            free += one not in numbered
            here, is_new = f"{path}[{number}].", one not in answered
            mine = answered.get(one, {}).get(answer["name"])
            part = self._widget(answer, here, mine, at=f"{path}[{one}].", whole=False)
            part.label, part.hint = asked.text, asked.help
            part.needed = False
            hidden = [(f"{here}{f['key']}", one), *([(f"{here}{NEW}", GIVEN)] if is_new else [])]
            entries.append(Entry(here, "", [part], hidden, is_new, heading=asked.heading))
        return entries


_SUBJECTS = ("subtheme", "theme", "primary_subtheme")


def _say_once(entry: Entry) -> None:
    """Where all values of an entry are one person's word of one day, that is said of the entry, and not of each."""
    marked = [w for w in entry.widgets if w.mark]
    told = {(w.mark.get("by"), w.mark["at"][:10], w.mark.get("case"), bool(w.mark.get("source"))) for w in marked}
    if len(told) == 1 and not marked[0].mark.get("source"):
        entry.mark = marked[0].mark
        for widget in marked:
            widget.mark = {}


def _has_error(widget: Widget) -> bool:
    inner = [*widget.widgets, *widget.more, *(w for entry in widget.entries for w in entry.widgets)]
    return bool(widget.error) or any(map(_has_error, inner))


_SHORT = (
    "name", "phone", "email", "number", "ean", "cvr", "id", "source", "title", "signature", "department", "heading",
    "diagnosis", "diagnosed_by", "reference", "rate", "journal_number", "cost_object", "subject", "url",
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
