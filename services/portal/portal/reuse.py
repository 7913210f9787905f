"""What a citizen's earlier cases have to give: single items, laid out under the theme of which they speak. Pure.

An item goes by its path in assessment: `case_information.theme_entries[relations]`, `case_assessment.citizen_wishes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.vocabularies import vocabulary
from portal.drawing import title_of
from portal.forms import Described

Steps = Mapping[str, Mapping[str, Any]]  # phase.step -> its description


@dataclass(frozen=True)
class Item:
    """One thing that is known from an earlier case."""

    path: str
    described: Described  # the field; of an entry, the field of the list
    value: Any  # the field's value, or the entry alone
    mark: Mapping[str, Any] = field(default_factory=dict)  # whose word it is, the newest of it
    is_reused: bool = False
    case: str = ""  # the number of the case it comes from

    @property
    def theme(self) -> str:
        """The theme of which it speaks; empty where it speaks of none."""
        themes = vocabulary("themes")
        entry = self.value if isinstance(self.value, Mapping) else {}
        code = next(filter(None, map(entry.get, ("theme", "subtheme", "primary_subtheme"))), "")
        if code not in themes:
            return ""
        return code if themes[code]["level"] == "theme" else themes[code].parent

    @property
    def title(self) -> Any:
        """By what the entry is known; empty for a field."""
        return title_of(self.described, self.value) if isinstance(self.value, Mapping) else ""

    @property
    def one(self) -> Described:
        """The field; of an entry, what there is beside its title."""
        if not isinstance(self.value, Mapping) or not self.described.get("key"):
            return self.described
        known = {self.described["key"], self.title[0]["name"] if self.title else ""}
        fields = [f for f in self.described["fields"] if f["name"] not in known]
        return {**self.described, "many": False, "fields": fields}


def offered(told: Mapping[str, Any], steps: Steps) -> list[tuple[str, list[Item]]]:
    """The items of one earlier case, by theme in the order of the method; last what speaks of no theme."""
    items = [item for one in told["items"] if (item := _item(one, told, steps))]
    themes = [code for code, theme in vocabulary("themes").items() if theme["level"] == "theme"]
    grouped = [(theme, [item for item in items if item.theme == theme]) for theme in [*themes, ""]]
    return [(theme, found) for theme, found in grouped if found]


def _item(one: Mapping[str, Any], told: Mapping[str, Any], steps: Steps) -> Item | None:
    described = _described(one["path"], steps)
    if described is None or (not one["marks"] and described.get("carried_from", "").startswith("assessment.")):
        return None  # what is only repeated there is offered where it was written
    value = one["values"][described["name"]]
    newest: Mapping[str, Any] = max(one["marks"].values(), key=lambda mark: str(mark["at"]), default={})
    value = value[0] if "[" in one["path"] else value
    return Item(one["path"], described, value, newest, one["is_reused"], told.get("case_number") or "")


def held(told: Mapping[str, Any], steps: Steps, document: Mapping[str, Any]) -> Item:
    """An item that was taken over, as it stands in this case now."""
    path = told["id"]
    step, name, key = _parts(path)
    described = _described(path, steps) or {"name": name, "label": path, "type": "str", "many": False}
    value: Any = document.get("assessment", {}).get(step, {}).get(name)
    if key:
        value = next((entry for entry in value or () if entry.get(described.get("key")) == key), {})
    return Item(path, described, value, case=told.get("case_number") or "")


def _described(path: str, steps: Steps) -> Described | None:
    step, name, _ = _parts(path)
    fields: Iterable[Described] = steps.get(f"assessment.{step}", {}).get("fields", ())
    return next((f for f in fields if f["name"] == name), None)


def _parts(path: str) -> tuple[str, str, str]:
    """Step, field and the key of the entry."""
    step, _, rest = path.partition(".")
    name, _, key = rest.partition("[")
    return step, name, key.rstrip("]")
