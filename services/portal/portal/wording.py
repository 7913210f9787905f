"""How things are said: phases, acts, deadlines, days. Danish in the code, English in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from casework.calendar import DENMARK, Calendar
from casework.configuration import Track
from casework.contracts.deadlines import KINDS
from casework.vocabularies import Concept, level_guidance, vocabulary
from portal import reading
from portal.drawing import Option
from portal.forms import Described, is_group, is_list
from portal.language import gettext, language, lazy_gettext, ngettext

PHASES = {
    "intake": lazy_gettext("Sagsåbning"),
    "assessment": lazy_gettext("Udredning"),
    "decision": lazy_gettext("Afgørelse"),
    "ordering": lazy_gettext("Bestilling"),
    "delivery": lazy_gettext("Levering"),
    "followup": lazy_gettext("Opfølgning"),
    "scheduler": lazy_gettext("Frister"),
}

ROLES = {
    "caseworker": lazy_gettext("Sagsbehandler"),
    "leader": lazy_gettext("Leder"),
    "finance": lazy_gettext("Økonomi"),
    "analyst": lazy_gettext("Analytiker"),
    "operator": lazy_gettext("Drift"),
    "provider": lazy_gettext("Udfører"),
    "citizen": lazy_gettext("Borger"),
    "system": lazy_gettext("Systemet"),
}

ACTIONS = {
    "intake.open": lazy_gettext("Åbn sagen"),
    "intake.complete": lazy_gettext("Gør sagsåbningen færdig"),
    "intake.close": lazy_gettext("Luk sagen"),
    "intake.withdraw_consent": lazy_gettext("Træk samtykke tilbage"),
    "intake.request_information": lazy_gettext("Indhent oplysninger"),
    "intake.record_information": lazy_gettext("Registrér svar på det, der er indhentet"),
    "intake.announce_new_date": lazy_gettext("Giv borgeren en ny dato"),
    "assessment.start": lazy_gettext("Begynd udredningen"),
    "assessment.recommend": lazy_gettext("Send indstilling"),
    "assessment.approve": lazy_gettext("Godkend indstillingen"),
    "assessment.change": lazy_gettext("Godkend med ændringer"),
    "assessment.return": lazy_gettext("Send tilbage med en kommentar"),
    "assessment.send_hearing": lazy_gettext("Send partshøring"),
    "assessment.record_hearing_answer": lazy_gettext("Registrér høringssvar"),
    "assessment.pause": lazy_gettext("Sæt på pause"),
    "assessment.resume": lazy_gettext("Genoptag"),
    "assessment.send_copy": lazy_gettext("Send borgeren en kopi"),
    "assessment.reuse": lazy_gettext("Genbrug fra en tidligere sag"),
    "assessment.confirm_reused": lazy_gettext("Bekræft det genbrugte"),
    "assessment.reopen_themes": lazy_gettext("Genåbn temaer"),
    "assessment.offer_plan": lazy_gettext("Tilbyd handleplan"),
    "assessment.complete_plan": lazy_gettext("Gør handleplanen færdig"),
    "decision.decide": lazy_gettext("Træf afgørelse"),
    "decision.notify": lazy_gettext("Giv borgeren besked"),
    "decision.demand_written": lazy_gettext("Borgeren vil have den på skrift"),
    "decision.register_complaint": lazy_gettext("Registrér klage"),
    "decision.reassess": lazy_gettext("Genvurder afgørelsen"),
    "decision.record_appeal_outcome": lazy_gettext("Registrér Ankestyrelsens afgørelse"),
    "ordering.send": lazy_gettext("Send bestilling"),
    "ordering.revise": lazy_gettext("Send en ny version"),
    "ordering.cancel": lazy_gettext("Afbestil"),
    "delivery.accept": lazy_gettext("Tag imod bestillingen"),
    "delivery.reject": lazy_gettext("Sig nej – skriv hvorfor"),
    "delivery.submit_status_note": lazy_gettext("Send statusnotat"),
    "delivery.report_change": lazy_gettext("Meld nye forhold"),
    "followup.open": lazy_gettext("Begynd en opfølgning"),
    "followup.conclude": lazy_gettext("Afslut opfølgningen"),
    "followup.record_inspection": lazy_gettext("Tilsynet er gennemført"),
}

LEAVES_THE_HOUSE = {
    "intake.close": lazy_gettext("Sagen lukkes, og alt, der er i gang i den, stopper."),
    "intake.withdraw_consent": lazy_gettext("Samtykket gælder ikke fra nu af. Det, der er sendt, forbliver sendt."),
    "intake.request_information": lazy_gettext(
        "Sagen venter på svar fra kilden. Det kræver borgerens samtykke, eller at loven giver adgang uden."
    ),
    "intake.announce_new_date": lazy_gettext(
        "Beskeden til borgeren bliver skrevet på sagen, og fristen flyttes til den nye dag."
    ),
    "assessment.recommend": lazy_gettext(
        "Indstillingen går til den, der har kompetencen. Må du selv afgøre sagen, er den dermed godkendt."
    ),
    "assessment.approve": lazy_gettext("Indstillingen er godkendt, og der kan træffes afgørelse."),
    "assessment.change": lazy_gettext(
        "Ret først Sagsvurderingen. Det, der står der nu, er det, du godkender. Skriv, hvad du har ændret, og hvorfor."
    ),
    "assessment.return": lazy_gettext("Indstillingen går tilbage til sagsbehandleren med din kommentar."),
    "assessment.send_hearing": lazy_gettext(
        "Borgeren eller den, der repræsenterer borgeren, får høringen og en frist til at svare."
    ),
    "assessment.send_copy": lazy_gettext("Sagen husker, at borgeren har fået udredning og vurdering i dag."),
    "decision.decide": lazy_gettext("Afgørelsen er truffet. Borgeren får først besked, når du giver den."),
    "decision.notify": lazy_gettext("Borgeren får besked. Er den skriftlig, sendes brevet, og klagefristen løber."),
    "decision.reassess": lazy_gettext("Genvurderingen er slut. Fastholdes afgørelsen, går klagen til Ankestyrelsen."),
    "decision.record_appeal_outcome": lazy_gettext(
        "Ankestyrelsens afgørelse står på sagen. Ændres eller hjemvises den, skal der træffes en ny afgørelse."
    ),
    "ordering.send": lazy_gettext("Udføreren får bestillingen og en frist til at svare."),
    "ordering.revise": lazy_gettext("Udføreren får en ny version af bestillingen."),
    "ordering.cancel": lazy_gettext("Udføreren får besked om, at bestillingen er afbestilt."),
    "delivery.accept": lazy_gettext("Kommunen får jeres ja. Indsatsen begynder som bestilt."),
    "delivery.reject": lazy_gettext("Kommunen får jeres nej og skal finde en anden."),
    "delivery.submit_status_note": lazy_gettext("Kommunen får statusnotatet. Det kan ikke rettes bagefter."),
    "delivery.report_change": lazy_gettext("Sagsbehandleren får besked om de nye forhold."),
    "followup.conclude": lazy_gettext(
        "Opfølgningen er slut. Ny afgørelse, nye frister og besked til udføreren følger af den."
    ),
}  # fmt: skip
"""What happens when it is done: shown on the page that asks once more."""


def consequence(action: str, parts: Mapping[str, Any]) -> str:
    """What happens when it is done; of a version that waits, also what becomes of the one that runs."""
    waits = next((one for one in parts.get("deliveries", ()) if one.get("waiting")), None)
    if waits and action == "delivery.accept":
        version = waits["waiting"]["version"]
        return gettext("Kommunen får jeres ja. Version %(n)d gælder fra nu af.", n=version)
    if waits and action == "delivery.reject":
        return gettext("Kommunen får jeres nej. Version %(n)d gælder fortsat.", n=waits["version"])
    return str(LEAVES_THE_HOUSE.get(action, ""))


ANSWERS = ("assessment.approve", "assessment.change", "assessment.return")
"""A leader's answers to a recommendation: they stand on one page, and are offered as one."""

ON_REUSE_PAGE = ("assessment.reuse", "assessment.confirm_reused", "assessment.reopen_themes")
"""What is done on the page of earlier cases, where one sees of what."""

KIND_OF_NEWS = {
    "order.answered": lazy_gettext("En udfører har svaret på en bestilling"),
    "status_note.submitted": lazy_gettext("En udfører har sendt et statusnotat"),
    "change.reported": lazy_gettext("En udfører har meldt nye forhold"),
    "case.changed": lazy_gettext("Du har fået en sag"),
    "intake.new_date_owed": lazy_gettext("Borgeren skal have en ny dato skriftligt"),
}

ORDER_STATUS = {
    "sent": lazy_gettext("Venter på svar"),
    "accepted": lazy_gettext("Taget imod"),
    "rejected": lazy_gettext("Udføreren sagde nej"),
    "changed": lazy_gettext("Afløst af en ny version"),
    "cancelled": lazy_gettext("Afbestilt"),
    "ended": lazy_gettext("Indsatsen er slut"),
}

ORDER_MESSAGES = {
    "order.sent": lazy_gettext("Ny bestilling"),
    "order.changed": lazy_gettext("Ændring"),
    "order.cancelled": lazy_gettext("Afbestilling"),
    "order.ended": lazy_gettext("Indsatsen er slut"),
}

_WEEKDAYS = ("man.", "tir.", "ons.", "tor.", "fre.", "lør.", "søn.")
_MONTHS = ("januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
           "december")  # fmt: skip


def said(text: Any) -> str:
    """A sentence that came from a service, in the reader's language where the catalogue knows it."""
    return gettext(str(text)) if text else ""


def phase(name: str) -> str:
    return str(PHASES.get(name, name))


def action(name: str, described: str = "") -> str:
    return str(ACTIONS[name]) if name in ACTIONS else said(described) or name


def offered(actions: Iterable[str]) -> list[str]:
    """What is offered of what may be done: the answers as one, and what stands on a page of its own by that page."""
    hidden = (*ANSWERS[1:], *ON_REUSE_PAGE[1:])
    return [action for action in actions if action not in hidden]


def offer(name: str) -> str:
    """What the button says."""
    return gettext("Svar på indstillingen") if name in ANSWERS else action(name)


def act_of(name: str) -> str:
    """What a person did; empty for a message."""
    return str(ACTIONS[name]) if name in ACTIONS else ""


def deadline(kind: str) -> str:
    kinds = vocabulary("deadline-kinds")
    return kinds[kind].label(language()) if kind in kinds else said(KINDS[kind].label) if kind in KINDS else kind


def news(kind: str) -> str:
    """What a notification is about."""
    if kind in KIND_OF_NEWS:
        return str(KIND_OF_NEWS[kind])
    if kind in KINDS or kind.removeprefix("deadline.") in KINDS:
        return gettext("Frist: %(frist)s", frist=deadline(kind.removeprefix("deadline.")))
    return gettext("Der er noget nyt i sagen")


def track(known: Track) -> str:
    """What a case's track is called in this municipality."""
    return known.label if language() == "da" else known.label_en


# whose word it is
def mark(told: Mapping[str, Any]) -> str:
    """Skrevet af Kim Dam 3. maj 2025 · fra sag 2025-00077 · ifølge Pædagog Lone, Hjemmebesøg 2026-0311."""
    if not told:
        return ""
    on = day(datetime.fromisoformat(told["at"]).astimezone(DENMARK).date())
    if told.get("by"):
        parts = [gettext("Skrevet af %(navn)s %(dag)s", navn=told["by"], dag=on)]
    else:
        parts = [gettext("Fra %(fase)s %(dag)s", fase=phase(told["phase"]), dag=on)]
    if told.get("case"):
        parts.append(gettext("fra sag %(nummer)s", nummer=told["case"]))
    if told.get("source"):
        parts.append(gettext("ifølge %(hvem)s", hvem=source(told["source"])))
    return " · ".join(parts)


def source(told: Mapping[str, Any]) -> str:
    """Pædagog Lone, Hjemmebesøg 2026-0311."""
    document = told.get("document", {})
    who = told.get("name") or code("source-kinds", told.get("kind")).lower()
    found = " ".join(filter(None, (document.get("title"), document.get("journal_number"))))
    return ", ".join(filter(None, (who, found, day(document.get("date")))))


# days
def day(value: date | str | None) -> str:
    """27. marts 2026."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if language() == "da":
        return f"{value.day}. {_MONTHS[value.month - 1]} {value.year}"
    return f"{value.day} {value:%B} {value.year}"


def short_day(value: date) -> str:
    """fre. 27. marts."""
    if language() == "da":
        return f"{_WEEKDAYS[value.weekday()]} {value.day}. {_MONTHS[value.month - 1]}"
    return f"{value:%a} {value.day} {value:%B}"


def moment(value: datetime | str) -> str:
    """24. marts 2026 kl. 10.42, Danish time."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(DENMARK)
    clock = f"{local:%H.%M}" if language() == "da" else f"{local:%H:%M}"
    return gettext("%(dag)s kl. %(tid)s", dag=day(local.date()), tid=clock)


def due(value: date | str, today: date, calendar: Calendar) -> str:
    """In the caseworker's measure, always with the day: om 3 arbejdsdage (fre. 27. marts)."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return f"{_how_long(value, today, calendar)} ({short_day(value)})"


def _how_long(value: date, today: date, calendar: Calendar) -> str:
    if value == today:
        return gettext("i dag")
    if value < today:
        late = max(calendar.working_days_between(value, today), 1)
        return ngettext("%(num)d arbejdsdag over fristen", "%(num)d arbejdsdage over fristen", late)
    if (value - today).days == 1:
        return gettext("i morgen")
    if (value - today).days > 14:
        weeks = round((value - today).days / 7)
        return ngettext("om %(num)d uge", "om %(num)d uger", weeks)
    return ngettext("om %(num)d arbejdsdag", "om %(num)d arbejdsdage", calendar.working_days_between(today, value))


# codes
def code(name: str | None, value: Any) -> str:
    """What a code is called."""
    if not name:
        return str(value)
    concepts = vocabulary(name)
    return concepts[value].label(language()) if value in concepts else str(value)


def level(value: Any) -> str:
    """3 – Svært nedsat funktionsevne."""
    concept = next((c for c in vocabulary("functioning-levels").values() if c["value"] == str(value)), None)
    return f"{value} – {concept.label(language())}" if concept else str(value)


def options(f: Described, about: str, today: date) -> list[Option]:
    """What may be chosen in a field, grouped as the list is, with what helps to choose; a level as it is in a theme."""
    if f["type"] == "int":
        levels = [c for c in vocabulary("functioning-levels").values() if c["value"]]
        return [Option(c["value"], level(c["value"]), hint=_what_it_means(c, about)) for c in levels]
    concepts = vocabulary(f["vocabulary"])
    listed = [concepts[c] for c in f["codes"] or concepts if c in concepts]
    return [
        Option(c.code, c.label(language()), _group(concepts, c), c.help(language()), c.is_valid(today)) for c in listed
    ]


def _what_it_means(concept: Concept, about: str) -> str:
    told = level_guidance(about, int(concept["value"]), language()) if about in vocabulary("themes") else ""
    return told or concept.help(language())


def _group(concepts: Mapping[str, Concept], concept: Concept) -> str:
    return concepts[concept.parent].label(language()) if concept.parent in concepts else ""


def title(found: Any) -> str:
    """By what an entry of a list is known."""
    if not found:
        return ""
    described, value = found
    return shorten(show(described, value))


def shorten(text: str, length: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def show(f: Described, value: Any) -> str:
    """One value in words, on a line. CPR numbers are masked whoever asks."""
    if value in (None, "", [], {}):
        return ""
    if f["name"] == "cpr_number":
        return reading.mask_cpr(value)
    if is_list(f):
        return "; ".join(filter(None, (_show_group(f, entry) for entry in value)))
    if is_group(f):
        return _show_group(f, value)
    if f["many"]:
        return ", ".join(_show_one(f, item) for item in value)
    return _show_one(f, value)


def _show_group(f: Described, value: Mapping[str, Any]) -> str:
    if f["type"] == "Party":
        role = code("party-roles", value.get("role"))
        return f"{value.get('name', '')} ({role.lower()})" if value.get("role") else str(value.get("name", ""))
    parts = [show(g, value[g["name"]]) for g in f["fields"] if g["name"] in value and g["name"] != "id"]
    return " · ".join(filter(None, parts))


def _show_one(f: Described, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Ja") if value else gettext("Nej")
    if f["type"] == "code":
        return code(f.get("vocabulary"), value)
    if f["type"] == "date":
        return day(value)
    if f["type"] == "Amount":
        return f"{reading.write_amount(str(value))} kr."
    if f["type"] == "int" and f["name"].endswith("functioning_level"):
        return level(value)
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",")
    return str(value)
