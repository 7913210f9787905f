"""The decision letter: composed from the case section by section, mended by hand, and laid out as data. Pure.

Each section has a template; what a caseworker has written instead stands until it is taken out again (DEC-10).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from liquid.exceptions import LiquidError

from casework.contracts.values import Party
from casework.errors import Refused
from casework.process import Event, Records, Run, Situation, Warned
from casework.schema import dump
from decision import facts, rules, templates
from decision.addressee import citizen
from decision.kinds import NEEDED, group, heading, kind_of, sections_of
from decision.model import Decision, DecisionLetter, LetterSection, State
from decision.typeset import unprintable

Case = Situation[State]
AFTER_THE_SIGNATURE = ("enclosures",)
WRITTEN_AT = ("decide", "notify")  # where the letter of a number is still being written


@dataclass(frozen=True)
class Section:
    """One section as it reads now."""

    id: str
    heading: str
    group: str | None  # what it stands under
    text: str
    composed: str  # what stands there without the caseworker's hand
    is_edited: bool
    is_outdated: bool  # edited, and the composed text has become another since
    is_needed: bool


@dataclass(frozen=True)
class Letter:
    """The letter of one decision, its sections in order; those without text are not printed."""

    number: int
    kind: str
    sections: tuple[Section, ...]


def compose(s: Case, letter: DecisionLetter | None = None) -> Letter:
    """The letter of the number acted upon, else of the newest, as it would go out now; or with this letter's values.

    Raises Refused where a template cannot be used on this case.
    """
    case = s.of(rules.newest(s))
    letter = letter or case[DecisionLetter]
    kind = kind_of(case)
    known = facts.facts(case, kind, letter)
    edited = {entry.id: entry for entry in letter.sections if entry.text and entry.number in (None, case.number)}
    sections = tuple(_section(case, kind, id, known, edited.get(id)) for id in sections_of(kind))
    return Letter(case.number, kind, sections)


def _section(s: Case, kind: str, id: str, known: templates.Facts, entry: LetterSection | None) -> Section:
    composed = _rendered(s, id, known)
    return Section(
        id=id,
        heading=heading(id),
        group=group(id),
        text=entry.text or "" if entry else composed,
        composed=composed,
        is_edited=entry is not None,
        is_outdated=entry is not None and entry.replaces is not None and entry.replaces != fingerprint(composed),
        is_needed=id in NEEDED[kind],
    )


def _rendered(s: Case, id: str, known: templates.Facts) -> str:
    template = s.texts.get(id) or templates.shipped(id)
    try:
        return templates.render(template, known).strip()
    except LiquidError as error:
        why = f"Skabelonen for »{heading(id)}« kan ikke bruges. {templates.explained(error, template)}"
        raise Refused("DEC-08", f"decision_letter.sections[{id}]", why) from error


def fingerprint(text: str) -> str:
    """By which a text is known again."""
    return sha256(text.encode()).hexdigest()[:16]


def remember_what_was_edited(before: Case, after: Case) -> Iterable[Event]:
    """Beside an edited section is kept for which decision it was written, and which text it replaces."""
    case = after.of(rules.newest(after))
    own, old = case[DecisionLetter].sections, {e.id: e for e in before[DecisionLetter].sections}
    edited = {e.id for e in own if e.id not in old or e.text != old[e.id].text}
    if edited:
        composed = {section.id: section.composed for section in compose(case).sections}
        yield Records(
            DecisionLetter,
            sections=tuple(
                replace(e, number=case.number or None, replaces=fingerprint(composed.get(e.id, "")))
                if e.id in edited
                else e
                for e in own
            ),
        )


# what is printed
def paper(s: Case, letter: DecisionLetter | None = None) -> dict[str, Any]:
    """The letter as decision.typeset prints it. `letter` holds the values of one that has been sent."""
    case = s.of(rules.newest(s))
    letter = letter or case[DecisionLetter]
    composed = compose(case, letter)
    decision = case.state.decision or case[Decision]
    day = letter.letter_date or decision.decision_date or case.today
    name = letter.authority_name or case.municipality.name
    return {
        "title": letter.letter_heading or _TITLES.get(composed.kind, "Afgørelse om hjælp"),
        "municipality": name,
        "department": letter.department,
        "date": day.isoformat(),
        "case_number": f"Sag {case.case.case_number}" if case.case else "",
        "recipient": address(case, letter.recipient),
        "details": _details(case, letter, templates.day(day)),
        "sections": list(_printed(one for one in composed.sections if one.id not in AFTER_THE_SIGNATURE)),
        "after": list(_printed(one for one in composed.sections if one.id in AFTER_THE_SIGNATURE)),
        "signature": [line for line in (letter.signature, letter.department, name) if line],
        "copy_to": [party.name for party in copies(case, letter)],
    }


_TITLES: Mapping[str, str] = {
    "confirmed": "Den hjælp, du får",
    "refused": "Afslag på hjælp",
    "ended": "Din hjælp stopper",
    "continued": "Din hjælp fortsætter",
}


def copies(s: Case, letter: DecisionLetter) -> list[Party]:
    """Who else gets the letter: the citizen, where it is written to one who holds their rights (handbook 6.3.1)."""
    person = citizen(s)
    return [person] if person and letter.recipient and letter.recipient.role != "citizen" else []


def address(s: Case, to: Party | None) -> list[str]:
    """Name and address, line by line; the citizen's own where the letter says none."""
    if to is None:
        return []
    person = citizen(s)
    place = to.address or (person.address if person and to.role == "citizen" else None) or ""
    return [to.name, *(line.strip() for line in re.split(r",\s*(?=\d{4}\s)|\n", place) if line.strip())]


def _details(s: Case, letter: DecisionLetter, day: str) -> list[str]:
    """What stands at the side: day, case, whom it is about and whom to ask."""
    person, holder, worker = citizen(s), facts.holder_of_rights(s, letter), letter.caseworker
    told = {
        "Sag": s.case.case_number if s.case else None,
        "Borger": person.name if person and holder else None,
        holder: letter.recipient.name if letter.recipient and holder else None,
        "Sagsbehandler": worker.name if worker else None,
        "Telefon": worker.phone if worker else None,
        "E-mail": worker.email if worker else None,
    }
    return [day, *(f"{name}: {value}" for name, value in told.items() if value)]


def _printed(sections: Iterable[Section]) -> Iterator[dict[str, Any]]:
    above = None
    for section in sections:
        if section.text:
            begins = section.group if section.group != above else None
            above = section.group
            yield {
                "group": begins,
                "level": 3 if section.group else 2,
                "heading": section.heading,
                "blocks": blocks(section.text),
            }


def blocks(text: str) -> list[dict[str, Any]]:
    """Plain text as paragraphs and lists: a blank line ends a paragraph, »- « begins an entry of a list."""
    found: list[dict[str, Any]] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        for line in map(str.strip, part.splitlines()):
            is_entry = line.startswith("- ")
            last = found[-1] if found and found[-1]["open"] else None
            if is_entry and last and last["kind"] == "list":
                last["items"].append([line[2:].strip()])
            elif is_entry:
                found.append({"kind": "list", "items": [[line[2:].strip()]], "open": True})
            elif last and last["kind"] == "list":
                last["items"][-1].append(line)
            elif last:
                last["lines"].append(line)
            else:
                found.append({"kind": "paragraph", "lines": [line], "open": True})
        if found:
            found[-1]["open"] = False
    return [{name: value for name, value in block.items() if name != "open"} for block in found]


# warnings
def _being_written(s: Case) -> Run[State] | None:
    run = rules.newest(s)
    return run if run and run.at in WRITTEN_AT else None


def an_edited_section_still_fits(s: Case) -> Iterator[Warned]:
    """What a caseworker has written does not change with the case; they are told when the text beneath it does."""
    if not (_being_written(s) and s[DecisionLetter].sections):
        return
    try:
        sections = compose(s).sections
    except Refused as refused:
        yield Warned(refused.rule or "DEC-08", f"decision.{refused.field}", refused.message)
        return
    for section in sections:
        if section.is_outdated:
            yield Warned("DEC-10", f"decision.decision_letter.sections[{section.id}]",
                         f"Sagen er ændret, siden du rettede »{section.heading}«. Se, om teksten passer")  # fmt: skip


def every_character_can_be_printed(s: Case) -> Iterator[Warned]:
    if _being_written(s) is None:
        return
    for name, value in dump(s[DecisionLetter]).items():
        texts = {name: value} if isinstance(value, str) else {}
        if name == "sections":
            texts = {f"sections[{entry['id']}]": entry.get("text") or "" for entry in value}
        for path, text in texts.items():
            if found := unprintable(text):
                yield Warned("DEC-10", f"decision.decision_letter.{path}",
                             f"Brevet kan ikke vise {' '.join(found)}. Skriv det med ord")  # fmt: skip


def the_envelope_has_an_address(s: Case) -> Iterator[Warned]:
    to = s[DecisionLetter].recipient
    if _being_written(s) and to and not address(s, to)[1:]:
        yield Warned("DEC-08", "decision.decision_letter.recipient", "Modtagerens adresse mangler til et brev på papir")


WARNINGS = (an_edited_section_still_fits, every_character_can_be_printed, the_envelope_has_an_address)
