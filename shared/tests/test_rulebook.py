"""The catalogue of rules is whole."""

from __future__ import annotations

from itertools import groupby

from casework.rulebook import rule, rules

KINDS = {"refuse", "warn", "permit", "carry", "compute", "deadline", "notify", "privacy"}


def test_every_rule_says_what_it_is_in_both_languages():
    assert [r.id for r in rules().values() if not (r.title.endswith(".") and r.title_da.endswith("."))] == []
    assert {r.kind for r in rules().values()} == KINDS


def test_rules_are_numbered_without_a_gap():
    for prefix, ids in groupby(rules(), key=lambda known: known[:3]):
        numbered = [*ids]

        assert numbered == [f"{prefix}-{n:02}" for n in range(1, len(numbered) + 1)]


def test_a_rule_that_is_none_is_not_found():
    assert rule("GEN-99") is rule(None) is None
