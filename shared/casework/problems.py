"""What is wrong with one value, in words a person understands, with the rule that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(str):
    """A message in Danish that remembers what it was made of: so a rule's id, and another language, survive it.

    `template` is the msgid for gettext; `params` are codes and values, not labels, and so the same in every language.
    """

    rule: str | None
    template: str
    params: Mapping[str, Any]

    def __new__(
        cls, text: str, *, rule: str | None = None, template: str | None = None, params: Mapping[str, Any] | None = None
    ) -> Problem:
        problem = super().__new__(cls, text)
        problem.rule, problem.template, problem.params = rule, text if template is None else template, params or {}
        return problem
