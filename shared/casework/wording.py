"""What is said of a declared field, in Danish: in the OpenAPI text, and where a computed one is refused. Pure.

All of it follows from the declaration: label, help, when it is needed, what it costs where it is missing, from where
it comes. Other fields are named by their labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from casework.fields import ALWAYS, CONDITION, NEVER, Field, fields_of, walk, without_default
from casework.vocabularies.fields import CodeField

CONDITIONS: Mapping[str, str] = {
    "a grant under SEL § 83 or § 85 is communicated verbally":
        "en bevilling efter SEL § 83 eller § 85 meddeles mundtligt",
    "a power of attorney is given": "der er givet fuldmagt",
    "a provider delivers": "en udfører leverer indsatsen",
    "a provider is chosen": "der er valgt en udfører",
    "a service line is priced": "ydelseslinjen får en pris",
    "an activity-and-participation sub-theme is relevant": "et undertema under Aktivitet og deltagelse er relevant",
    "goal statement or expected level changes": "målet eller det forventede niveau ændres",
    "goals or interventions change": "mål eller indsatser ændres",
    "help is refused with reference to other legislation": "hjælp afslås med henvisning til anden lovgivning",
    "help under SEL §§ 95, 96, 98 (or § 114 before renewal) is withdrawn or reduced":
        "hjælp efter SEL §§ 95, 96 eller 98 (eller § 114 før fornyelse) frakendes eller nedsættes",
    "information from an earlier case is reused": "oplysninger fra en tidligere sag genbruges",
    "information the citizen wanted included is left out": "noget, borgeren ønskede med, er udeladt",
    "it is another municipality": "det er en anden kommune",
    "not fully_upheld": "borgeren ikke får fuldt medhold",
    "origin of enquiry_source is enquiry": "sagen begynder med en henvendelse",
    "other departments deliver interventions to coordinate": "andre afdelinger giver indsatser, der skal koordineres",
    "party_hearing_needed": "partshøring er nødvendig",
    "service or target group changes": "ydelse eller målgruppe ændres",
    "something is granted": "noget er bevilget",
    "something is refused": "noget er afslået",
    "support is proposed": "der foreslås støtte",
    "the case began with an enquiry": "sagen begyndte med en henvendelse",
    "the citizen refuses consent": "borgeren ikke giver samtykke",
    "the citizen's views go against the decision": "borgeren er uenig i afgørelsen",
    "the enquiry_source asks for contact details": "henvendelsens art kræver kontaktoplysninger",
    "the goal is due": "målet skal følges op",
    "the intervention continues": "indsatsen fortsætter",
    "the plan is handed to a provider": "planen udleveres til en udfører",
    "the theme is relevant to the decision": "temaet er relevant for afgørelsen",
    "there are any": "der er nogen",
}  # fmt: skip
"""Those that no field of the same form answers: in the declaration's words -> in Danish, after »når«."""

SOURCES: Mapping[str, str] = {
    "a counter": "en tæller",
    "follow-ups": "opfølgninger",
    "functioning_scores": "funktionsevneniveauer",
    "the composed text": "brevets egen tekst",
    "orders": "bestillinger",
    "the order": "bestillingen",
    "the plan of dates": "datoplanen",
    "the year": "årstallet",
}
"""What a field is reckoned from, where it is no field: in the declaration's words -> in Danish."""


def described(declared: Field, cls: type) -> str:
    """A field of this step, value type or command, in sentences."""
    return " ".join(f"{sentence[0].upper()}{sentence[1:].rstrip('.')}." for sentence in _sentences(declared, cls))


def _sentences(declared: Field, cls: type) -> Iterator[str]:
    info = declared.info
    yield info.label
    if info.help:
        yield info.help
    if info.computed:
        yield f"{reckoned(declared, cls)} og kan ikke skrives"
        return
    if declared.many:
        key = info.key if declared.entry else None
        yield f"en liste, hvis poster kendes på {key}; removed: true tager en ud" if key else "en liste, der sendes hel"
    if info.carried_from:
        yield f"vises fra {info.carried_from}, indtil der skrives noget her"
    if info.writable:
        yield f"her kan kun {_listed(_label(name, declared.entry) for name in info.writable)} skrives"
    yield _need(declared, cls)
    if info.costs:
        yield f"mangler det: {info.costs}"


def _need(declared: Field, cls: type) -> str:
    """Only a field without a default must be there; what else is needed is missed, and stops nobody."""
    words = needed_when(declared.info.required, cls)
    if declared.name in without_default(cls):
        return "skal udfyldes"
    if words is None:
        return "kan stå tomt"
    return "bør altid udfyldes" if words == "altid" else f"bør udfyldes{',' * words.startswith('når')} {words}"


def needed_when(words: str, cls: type) -> str | None:
    """Under which condition a field is needed (`altid`, `når …`, `for hver …`); None for one that never is.

    Raises LookupError for words that no Danish is known for.
    """
    if words in (ALWAYS, NEVER):
        return "altid" if words == ALWAYS else None
    found = CONDITION.fullmatch(words)
    if found and found["entry"]:
        return "for hver, der tilføjes"
    if found and found["name"] in fields_of(cls):
        return f"når {_says(fields_of(cls)[found['name']], found)}"
    if words not in CONDITIONS:
        raise LookupError(f"{cls.__name__}: what is »{words}« in Danish?")
    return f"når {CONDITIONS[words]}"


def _says(asked: Field, found: re.Match[str]) -> str:
    label = f"»{asked.info.label}«"
    if found["codes"]:
        codes = " eller ".join(f"»{_code(asked, code)}«" for code in found["codes"].split(" or "))
        return f"{label} er {'andet end ' if found['isnt'] else ''}{codes}"
    if asked.type is bool:
        return f"{label} er {'nej' if found['not'] else 'ja'}"
    return f"{label} {'står tomt' if found['not'] else 'er udfyldt'}"


def _code(asked: Field, code: str) -> str:
    coded = next(one for one in asked.annotations if isinstance(one, CodeField))
    return coded.vocabulary[code].label()


def reckoned(declared: Field, cls: type) -> str:
    """Of a computed field: `regnes ud af »Antal« og »Enhedspris«`, `følger af intake.withdraw_consent`."""
    assert declared.info.computed
    sources = re.split(r", | and ", declared.info.computed)
    labels = [_label(source, cls) for source in sources]
    are_fields = all(label.startswith("»") for label in labels)
    return f"{'regnes ud af' if are_fields else 'følger af'} {_listed(labels)}"


def _label(path: str, cls: type | None) -> str:
    """A field of the type, by its label; what stands elsewhere by its path."""
    known = dict(walk(cls)) if cls else {}
    parts = path.split(".")
    above = list(takewhile(known.__contains__, (".".join(parts[: n + 1]) for n in range(len(parts)))))
    found = f"»{' – '.join(known[one].info.label for one in above)}«" if len(above) == len(parts) else path
    return SOURCES.get(path, found)


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} og {last}" if first else last
