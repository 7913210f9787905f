"""From a YAML file to a declared type: every error with its file, line and field, and all errors of a file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from casework import schema
from casework.errors import Invalid, Misconfigured
from casework.fields import fields_of

EXAMPLE = Path(__file__).parent / "example"
"""The folder that is shipped, and holds where a municipality's own leaves a file out."""

Problems = Iterable[tuple[str, str]]
"""What is wrong with a file: (path of the field, what was expected)."""

EMPTY = "Der står ingenting. Skriv en værdi ([] for en tom liste), eller slet linjen"


@dataclass(frozen=True)
class Written:
    """A file as it was written: what it says, and on which line each field stands."""

    name: str
    data: Any
    lines: Mapping[str, int]

    def line(self, path: str) -> int:
        """Where a field stands; what is left out is looked for around it."""
        while path and path not in self.lines:
            path = re.sub(r"(\[\d+\]|(^|\.)[^.\[]*)$", "", path)
        return self.lines.get(path, 1)

    def at(self, path: str) -> str:
        """`delegation.yaml, linje 7: delegation[2].up_to`"""
        return f"{self.name}, linje {self.line(path)}: {path}"


class Part:
    """What one file of the folder declares; its fields are the names at the left margin."""

    def problems(self) -> Problems:
        """What cannot be seen in one field alone."""
        return ()

    def settings(self) -> Mapping[str, Any]:
        """What it gives the municipality."""
        return vars(self)


P = TypeVar("P", bound=Part)


def read(folder: Path, name: str, part: type[P]) -> tuple[Written, P]:
    """A file as it was written, and what it declares. Raises Misconfigured."""
    written, wrong = _parse(name, _text(folder / name))
    problems = [*wrong.items()]
    try:
        declared = schema.load(part, written.data)
        problems += () if problems else declared.problems()
    except Invalid as invalid:
        told = invalid.errors.items()
        problems += [(path, _in_full(part, path, message)) for path, (message, _) in told if path not in wrong]
    if problems:
        problems.sort(key=lambda problem: written.line(problem[0]))
        raise Misconfigured("\n".join(f"{written.at(path)}: {message}" for path, message in problems))
    return written, declared


def _in_full(part: type[Any], path: str, message: str) -> str:
    """A name that is none is answered with those that are."""
    if message != schema.Base.error_messages["unknown"]:
        return message
    for name in re.sub(r"\[\d+\]", "", path).split(".")[:-1]:
        part = entry if (field := fields_of(part).get(name)) and (entry := field.entry) else part
    return f"Navnet kendes ikke; kendte navne er {', '.join(fields_of(part))}"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: kan ikke læses som tekst i UTF-8 ({error})") from error


def _parse(name: str, text: str) -> tuple[Written, dict[str, str]]:
    """What stands in a file, and what is wrong with it already as YAML. Raises Misconfigured where it is none."""
    lines: dict[str, int] = {}
    problems: dict[str, str] = {}

    def plain(loader: _Loader, node: yaml.Node, path: str) -> Any:
        lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [plain(loader, inner, f"{path}[{n}]") for n, inner in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            data = {}
            for key, inner in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.MarkedYAMLError(problem="her ventes et navn", problem_mark=key.start_mark)
                here = f"{path}.{key.value}".removeprefix(".")
                if key.value in data:
                    problems[here] = "Navnet står der to gange"
                lines[here] = key.start_mark.line + 1
                data[key.value] = plain(loader, inner, here)
            return data
        value = loader.construct_object(node)
        if value is None:
            problems[path] = EMPTY
        return value

    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise Misconfigured(f"{name}: her ventes navne og værdier")
        return Written(name, plain(loader, node, ""), lines), problems
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Misconfigured(f"{name}, linje {line}: kan ikke læses som YAML ({error.problem})") from error
    except (yaml.YAMLError, ValueError) as error:
        raise Misconfigured(f"{name}: kan ikke læses som YAML ({error})") from error


class _Loader(yaml.SafeLoader):
    """Reads a date as it is written, as the wire has it. Without references: one field stands on one line."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - so the library keeps them
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="henvisninger (*) kan ikke bruges", problem_mark=mark)
        return super().compose_node(parent, index)
