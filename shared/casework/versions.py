"""What is stored, or under way, outlives the code that wrote it: it has a version, and is brought up to today's.

One small pure function for each step, declared beside what it leads to: of messages, steps and the state of a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from casework.errors import TooNew

Body = Mapping[str, Any]
Cast = Callable[[Body], Body]
"""A body of one version as the version beside it has it. Changes nothing in what it is given."""

_NAMES = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])?)")


@dataclass(frozen=True)
class Versions:
    """The newest version of something, and the way to it from each older one.

    `upcasts[1]` makes version 2 of version 1; `downcasts[1]` makes version 1 of version 2, where the older one may
    still be asked for. Raises ValueError where an older version has no way up, or a cast is of no older version.
    """

    of: str
    newest: int = 1
    upcasts: Mapping[int, Cast] = field(default_factory=dict)
    downcasts: Mapping[int, Cast] = field(default_factory=dict)

    def __post_init__(self) -> None:
        older = set(range(1, self.newest))
        if missing := sorted(older - set(self.upcasts)):
            raise ValueError(f"{self.of} is version {self.newest}, and nothing brings version {missing[0]} up")
        if strange := sorted({*self.upcasts, *self.downcasts} - older):
            raise ValueError(f"{self.of} is version {self.newest}: there is no step between {strange[0]} and the next")

    def up(self, version: int, body: Body) -> Body:
        """The body as the newest version has it. Raises TooNew for a version that this release does not know."""
        if version == self.newest:
            return body
        self._known(version)
        for step in range(version, self.newest):
            body = self.upcasts[step](body)
        return body

    def goes_down_to(self, version: int) -> bool:
        """Whether there is a way from the newest to an older version."""
        return all(step in self.downcasts for step in range(version, self.newest))

    def down(self, version: int, body: Body) -> Body:
        """The newest body as an older version has it. Raises KeyError where there is no way down."""
        for step in reversed(range(version, self.newest)):
            body = self.downcasts[step](body)
        return body

    def paths(self, version: int, named: Mapping[str, Any], root: str) -> dict[str, Any]:
        """What stands by the paths of values (`root.goals[g1].goal_type`), by the paths that they have now."""
        self._known(version)
        for step in range(version, self.newest):
            cast = self.upcasts[step]
            if isinstance(cast, Renamed):
                moved = ((cast.path(path.removeprefix(f"{root}.")), value) for path, value in named.items())
                named = {f"{root}.{path}": value for path, value in moved if path}
        return dict(named)

    def _known(self, version: int) -> None:
        if not 1 <= version <= self.newest:
            raise TooNew(f"{self.of} version {version} kendes ikke her")


@dataclass(frozen=True)
class Renamed:
    """An upcast that gives fields another name, or takes out those that are retired.

    `Renamed({"reason": "purpose", "wishes.text": "words", "letters": None})`: a field of the entries of a list is named
    with a dot, its new name without. Whatever stands beside the values by their paths (who wrote them, when they
    changed) follows. `then` makes what else is other of the values.
    """

    names: Mapping[str, str | None]
    then: Cast | None = None

    def __call__(self, body: Body) -> Body:
        renamed: Body = self._walk(body, "")
        return self.then(renamed) if self.then else renamed

    def path(self, path: str) -> str | None:
        """The path as it is now; None where what it leads to is retired."""
        found, place = [], ""
        for name, entry in _NAMES.findall(path):
            place = f"{place}.{name}" if place else name
            now = self.names.get(place, name)
            if now is None:
                return None
            found.append(now + entry)
        return ".".join(found)

    def _walk(self, value: Any, at: str) -> Any:
        if isinstance(value, list | tuple):
            return [self._walk(one, at) for one in value]
        if not isinstance(value, Mapping):
            return value
        places = {name: f"{at}.{name}" if at else name for name in value}
        moved = ((self.names.get(places[name], name), self._walk(one, places[name])) for name, one in value.items())
        return {name: one for name, one in moved if name is not None}


T = TypeVar("T")


def stored(of: str, *, version: int = 1, upcasts: Mapping[int, Cast] | None = None) -> Callable[[type[T]], type[T]]:
    """Declare the version of a type that is kept as JSON, and the way to it from each older one."""

    def declare(cls: type[T]) -> type[T]:
        cls.versions = Versions(of, version, upcasts or {})  # type: ignore[attr-defined]
        return cls

    return declare


def versions_of(cls: type) -> Versions:
    """The versions of a type that is kept as JSON; the first where it has never been another."""
    return getattr(cls, "versions", _FIRST)


_FIRST = Versions("")
