"""Marshmallow fields for coded values: what is no known code is refused, with the rule and the nearest known codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from marshmallow import ValidationError, fields

from casework.problems import Problem
from casework.vocabularies import Vocabulary, vocabulary

NOT_TEXT = "Vælg en kode fra {vocabulary}"
UNKNOWN = '"{value}" findes ikke i {vocabulary}. Mener du: {nearest}?'
HEADING = "{concept} er en overskrift. Vælg en under den: {nearest}"
ELSEWHERE = "{concept} kan ikke vælges her"
NO_LEVEL = "Vælg et helt tal fra {lowest} til {highest}"

ENGLISH = {
    NOT_TEXT: "Choose a code from {vocabulary}",
    UNKNOWN: '"{value}" is not found in {vocabulary}. Do you mean: {nearest}?',
    HEADING: "{concept} is a heading. Choose one below it: {nearest}",
    ELSEWHERE: "{concept} cannot be chosen here",
    NO_LEVEL: "Choose a whole number from {lowest} to {highest}",
}

_WRONG: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "Feltet skal udfyldes",
    "null": "Feltet må ikke være tomt",
}
_SHOWN = 40  # an OpenAPI enum longer than this hides more than it shows


def say(template: str, params: Mapping[str, Any], language: str = "da") -> str:
    """Fill in a template; the codes among the parameters are named by their labels in that language."""
    words = dict(params)
    if name := params.get("vocabulary"):
        codes = vocabulary(name)
        words["vocabulary"] = vocabulary("vocabularies")[name].label(language)
        for word, listed in ("concept", [params.get("value", "")]), ("nearest", params.get("nearest", ())):
            words[word] = ", ".join(f"{c} ({codes[c].label(language)})" for c in listed if c in codes)
    return template.format(**words)


def in_english(problem: Problem) -> str:
    """The same in English; a message that is not from here stays as it is."""
    english = ENGLISH.get(problem.template)
    return say(english, problem.params, "en") if english else str(problem)


def _refuse(template: str, rule: str, **params: Any) -> ValidationError:
    return ValidationError([Problem(say(template, params), rule=rule, template=template, params=params)])


class CodeField(fields.String):
    """A code of a vocabulary, of those that may be recorded and whose facts are as `where` says.

    The day does not matter here: a case may be read and mended long after one of its codes went out of force.
    The list is looked up when it is used, for a municipality may take in a newer release of it.
    """

    default_error_messages = _WRONG

    def __init__(
        self,
        name: str,
        *,
        where: Mapping[str, str] | None = None,
        rule: str = "DAT-03",
        heading: str | None = None,
        **options: Any,
    ) -> None:
        self._list, self.where, self.rule = name, where or {}, rule
        self.heading = heading or rule  # the rule that a heading breaks, where it is another
        if not self.codes:
            raise LookupError(f"No code of {name} has {self.where}")
        super().__init__(**options)

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary(self._list)

    @property
    def codes(self) -> tuple[str, ...]:
        """All that is taken, in printed order."""
        return self.vocabulary.recordable(self.where)

    @property
    def metadata(self) -> Mapping[str, Any]:
        return {"x-vocabulary": self._list, **self._enum(), **self._metadata}

    @metadata.setter
    def metadata(self, given: Mapping[str, Any]) -> None:
        self._metadata = given

    def _enum(self) -> dict[str, list[str | None]]:
        if len(self.codes) > _SHOWN:
            return {}
        return {"enum": [*self.codes, None] if self.allow_none else [*self.codes]}

    def with_options(self, **options: Any) -> Self:
        """The same field with marshmallow's options (required, allow_none, metadata …)."""
        return type(self)(self._list, where=self.where, rule=self.rule, heading=self.heading, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and value in self.codes:
            return value
        raise self._refusal(value)

    def _refusal(self, value: Any) -> ValidationError:
        name = self._list
        if not isinstance(value, str):
            return _refuse(NOT_TEXT, self.rule, vocabulary=name)
        if value not in self.vocabulary:
            near = [concept.code for concept in self.vocabulary.nearest(value, among=self.codes)]
            return _refuse(UNKNOWN, self.rule, vocabulary=name, value=value[:60], nearest=near)
        below = [code for code in self.codes if self.vocabulary.is_under(code, value)]
        if below:
            return _refuse(HEADING, self.heading, vocabulary=name, value=value, nearest=below[:3])
        return _refuse(ELSEWHERE, self.rule, vocabulary=name, value=value)


class LevelField(fields.Integer):
    """A functioning level: one of the whole numbers 0–4, a lower one is better (handbook 4.3.4)."""

    default_error_messages = _WRONG
    lowest, highest, rule = 0, 4, "ASM-05"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.metadata = {"minimum": self.lowest, "maximum": self.highest, **self.metadata}

    def with_options(self, **options: Any) -> Self:
        """The same field with marshmallow's options."""
        return type(self)(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is int and self.lowest <= value <= self.highest:  # not isinstance: True is an int
            return value
        raise _refuse(NO_LEVEL, self.rule, lowest=self.lowest, highest=self.highest)


def code(
    name: str, *, where: Mapping[str, str] | None = None, rule: str = "DAT-03", heading: str | None = None
) -> CodeField:
    """For annotations: `GoalType = Annotated[str, code("goal-types")]`."""
    return CodeField(name, where=where, rule=rule, heading=heading)
