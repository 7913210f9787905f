"""Taking over what still holds from an earlier case, item by item, with the citizen's consent. Pure.

What is taken keeps its own date and author; it is marked until somebody has said that it is still current and relevant
(GEN-06, GEN-08), or has written it anew. Themes that are not chosen stand as they were (ASM-19).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from assessment.commands import ConfirmReused, ReopenThemes, Reuse
from assessment.model import CaseAssessment, CaseInformation, Ledger, Reopened, Reused, State
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import ConsentChanged
from casework.contracts.values import LevelEntry
from casework.errors import Refused
from casework.fields import Field, Step, fields_of
from casework.process import Event, Records, Situation
from casework.records import Json, changes, overlay
from casework.schema import dump, read
from casework.vocabularies import vocabulary

Case = Situation[State]
Events = Iterable[Event]

SOURCES: tuple[type[Step], ...] = (CaseInformation, CaseAssessment)
"""The steps that can be drawn upon: what is known, and what was judged."""


def items_of(earlier: Case) -> dict[str, Json]:
    """What an earlier case has to give: path of a field, or of an entry of a keyed list -> its values."""
    found: dict[str, Json] = {}
    for step in SOURCES:
        shown = dump(earlier[step])
        for name, declared in fields_of(step).items():
            if declared.info.computed or name not in shown:
                continue
            if declared.entry and declared.info.key:
                for entry in shown[name]:
                    found[f"{step.step}.{name}[{entry[declared.info.key]}]"] = {name: [_written(declared, entry)]}
            else:
                found[f"{step.step}.{name}"] = {name: shown[name]}
    return found


def _written(declared: Field, entry: Json) -> Json:
    """An entry without what is reckoned in it."""
    assert declared.entry is not None
    known = fields_of(declared.entry)
    return {name: value for name, value in entry.items() if not known[name].info.computed}


def reuse(s: Case, command: Reuse, today: date) -> Events:
    """Take over the chosen items; what is recorded here already stays. The citizen is asked first (GEN-06)."""
    _the_citizen_agrees(s, command)
    assert s.earlier is not None
    offered = items_of(s.earlier)
    chosen = list(dict.fromkeys([*command.items, *_of_themes(offered, command.themes)]))
    for path in chosen:
        if path not in offered:
            raise Refused("GEN-06", f"items[{path}]", "Oplysningen findes ikke i den tidligere sag")
    if not chosen:
        raise Refused("GEN-06", "items", "Vælg mindst ét tema eller én oplysning at genbruge")
    yield from _take(s, s.earlier, offered, chosen, today)


def go_on_from_before(s: Case, consent: ConsentChanged, today: date) -> Events:
    """A case that a follow-up opened goes on from what was known, once the citizen agrees: unconfirmed (ASM-19).

    Where only the offer was wrong, purpose and goals come along (FUP-22).
    """
    if consent.reused_information_consent and s.earlier and not s[Ledger].reused:
        offered = items_of(s.earlier)
        known = [path for path in offered if path.startswith(_KNOWN)]
        yield from _take(s, s.earlier, offered, [*known, *_kept_with_another_offer(s.earlier, offered)], today)


_KNOWN = ("case_information.theme_entries[", "case_information.functioning_scores[")


def _kept_with_another_offer(earlier: Case, offered: Iterable[str]) -> list[str]:
    """The purpose, and the goals that the follow-up has not closed, where it changes the offer (handbook 9.6)."""
    followed_up = earlier.told(FollowupConcluded)
    if followed_up is None or followed_up.action_option != "change-offer":
        return []
    closed = {f"{_GOALS}{goal.id}]" for goal in followed_up.goals if goal.goal_outcome == "close"}
    return [p for p in offered if p == _PURPOSE or (p.startswith(_GOALS) and p not in closed)]


_GOALS, _PURPOSE = "case_assessment.goals[", "case_assessment.intervention_purpose"


def _take(s: Case, earlier: Case, offered: Mapping[str, Json], chosen: list[str], today: date) -> Events:
    for step in SOURCES:
        paths = [path for path in chosen if path.partition(".")[0] == step.step]
        if paths:
            yield from _taken(s, step, paths, offered, earlier)
    number = earlier.case.case_number if earlier.case else None
    already = {r.id for r in s[Ledger].reused}
    new = tuple(
        Reused(id=path, case_number=number, outcome=_outcome(earlier), recorded_at=_when(earlier, path), taken_on=today)
        for path in chosen
        if path not in already
    )
    yield Records(Ledger, reused=(*s[Ledger].reused, *new), levels=(*s[Ledger].levels, *_levels(s, earlier, chosen)))


def _the_citizen_agrees(s: Case, command: Reuse) -> None:
    told = s.told(ConsentChanged)
    consents = told.reused_information_consent if told else None
    if consents or (command.exception or "").strip():
        return
    message = "Spørg borgeren først" if consents is None else "Borgeren har sagt nej til, at oplysninger genbruges"
    raise Refused("GEN-06", "consent.reused_information_consent", f"{message}, eller skriv hjemlen")


def _of_themes(offered: Mapping[str, Json], themes: Iterable[str]) -> Iterator[str]:
    """All that is known of whole themes: the entry, and the levels of its sub-themes."""
    under = vocabulary("themes")
    for theme in themes:
        for path in offered:
            name, _, key = path.partition("[")
            code = key.rstrip("]")
            if name == "case_information.theme_entries" and code == theme:
                yield path
            if name == "case_information.functioning_scores" and under.is_under(code, theme):
                yield path


def _taken(s: Case, step: type[Step], paths: list[str], offered: Mapping[str, Json], earlier: Case) -> Iterator[Event]:
    own = s.own.get((step.step, ""), {})
    gathered: Json = {}
    for path in paths:
        for name, value in offered[path].items():
            gathered[name] = [*gathered.get(name, []), *value] if "[" in path else value
    kept = {name: value for name, value in own.items() if name in gathered and value}
    laid = overlay(step, overlay(step, kept, gathered), kept)  # what is here comes first, and stays as it is
    there = overlay(step, s.carried(step), own)
    marks = {c.path: _mark(earlier, c.path) for c in changes(step, there, overlay(step, there, laid), step.step)}
    filled = read(step, laid)
    yield Records(step, marks=marks, **{name: getattr(filled, name) for name in gathered})


def _mark(earlier: Case, path: str) -> Json:
    """Whose word it is: as it was written in the earlier case, and which case that is."""
    step = path.partition(".")[0]
    mark = earlier.marks.get((step, ""), {}).get(path) or {"at": earlier.now.isoformat()}
    number = earlier.case.case_number if earlier.case else None
    return {**mark, "phase": earlier.phase, "case": number}


def _when(earlier: Case, path: str) -> datetime | None:
    """When the newest part of an item was written."""
    step = path.partition(".")[0]
    times = [m["at"] for p, m in earlier.marks.get((step, ""), {}).items() if p == path or p.startswith(f"{path}.")]
    return datetime.fromisoformat(max(times)) if times else None


def _levels(s: Case, earlier: Case, chosen: Iterable[str]) -> tuple[LevelEntry, ...]:
    """The levels taken over, with their own dates; one that is known here already is not repeated."""
    wanted = {p.partition("[")[2].rstrip("]") for p in chosen if p.startswith("case_information.functioning_scores[")}
    known = {entry.subtheme for entry in s[Ledger].levels}
    number = earlier.case.case_number if earlier.case else "?"
    return tuple(
        replace(entry, origin=f"case {number}")
        for entry in earlier[Ledger].levels
        if entry.subtheme in wanted and entry.subtheme not in known
    )


def _outcome(earlier: Case) -> str | None:
    """What came of the earlier case: its newest decision, else what was recommended."""
    made = earlier.told(DecisionMade)
    if made:
        return made.decision_outcome
    return next((run.state.recommended_outcome for run in reversed(earlier.runs) if run.state.recommended_on), None)


def confirm_reused(s: Case, command: ConfirmReused, today: date) -> Events:
    """Still current, and relevant to this decision: said for each item by itself (GEN-08)."""
    known = {r.id for r in s[Ledger].reused}
    for path in command.items:
        if path not in known:
            raise Refused("GEN-08", f"items[{path}]", "Oplysningen er ikke genbrugt fra en tidligere sag")
    yield Records(Ledger, reused=_confirmed(s, set(command.items), today))


def confirmed_by_writing(before: Case, after: Case) -> Events:
    """What is written anew is this case's own from then on."""
    waiting = [r.id for r in after[Ledger].reused if not r.confirmed_on]
    if not waiting:
        return
    now, was = items_of(after), items_of(before)
    if written := {path for path in waiting if now.get(path) != was.get(path)}:
        yield Records(Ledger, reused=_confirmed(after, written, after.today))


def _confirmed(s: Case, paths: set[str], today: date) -> tuple[Reused, ...]:
    return tuple(
        replace(r, confirmed_on=today) if r.id in paths and r.confirmed_on is None else r for r in s[Ledger].reused
    )


def reopen_themes(s: Case, command: ReopenThemes, today: date) -> Events:
    """A new round looks at the chosen themes only; the others stand with their own dates (ASM-19)."""
    if not command.themes:
        raise Refused("ASM-19", "themes", "Vælg mindst ét tema at genåbne")
    kept = [r for r in s[Ledger].reopened if r.theme not in command.themes]
    chosen = [Reopened(theme=theme, reopened_on=today) for theme in dict.fromkeys(command.themes)]
    yield Records(Ledger, reopened=(*kept, *chosen))
