"""The municipality's settings as they are in force on one day, in lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from importlib import import_module

from casework.configuration import (
    Account,
    Delegation,
    FileLayout,
    Interval,
    Municipality,
    Notice,
    Period,
    Tariff,
    Track,
)
from casework.configuration.municipality import Basics
from casework.configuration.notices import terms_of
from casework.contracts import PHASES
from casework.contracts.deadlines import KINDS, DeadlineKind
from casework.fields import fields_of
from casework.process import Role
from casework.vocabularies import vocabulary

Fields = Mapping[str, tuple[str, ...]]
"""phase.step -> its fields."""


def fields_of_phases() -> Fields:
    """Every step of every phase, with its fields."""
    return {
        f"{phase}.{step.step}": tuple(fields_of(step))
        for phase in PHASES
        for step in import_module(f"{phase}.model").STEPS
    }


def describe(municipality: Municipality, known: Fields, day: date) -> Iterator[str]:
    """What holds on that day, file by file. The search key is a secret, and not told."""
    yield "municipality.yaml"
    for setting in fields(Basics):
        if setting.name != "search_key":
            yield f"  {setting.name}: {_plain(getattr(municipality, setting.name))}"
    yield _file(municipality, "tracks.yaml")
    for track in municipality.tracks:
        yield from _track(track, known)
    yield _file(municipality, "questions.yaml")
    for one in municipality.question_sets:
        tracks = [t.code for t in municipality.tracks if t.question_sets is None or one.id in t.question_sets]
        groups = _plain(one.target_groups) if one.target_groups else "alle målgrupper"
        yield f"  {one.id}: {len(one.questions)} spørgsmål til {groups}, på spor {_plain(tracks)}"
    yield _file(municipality, "case-processing.yaml")
    yield from (_period(row) for row in municipality.periods if row.holds_on(day))
    yield f"  ellers {municipality.case_processing_days} dage"
    yield _file(municipality, "follow-up.yaml")
    yield from [_interval(row) for row in municipality.intervals if row.holds_on(day)] or ["  ingen"]
    yield _file(municipality, "delegation.yaml")
    yield from (_delegation(row) for row in municipality.delegation if row.holds_on(day))
    yield _file(municipality, "laws.yaml")
    yield from [
        f"  {row.law}: {row.cite(row.issued_on.isoformat())}" for row in municipality.laws if row.holds_on(day)
    ] or ["  ingen"]
    yield _file(municipality, "tariffs.yaml")
    yield from [_tariff(row) for row in municipality.tariffs if row.holds_on(day)] or ["  ingen"]
    yield _file(municipality, "accounts.yaml")
    yield from [_account(row) for row in municipality.accounts if row.holds_on(day)] or ["  ingen"]
    yield _file(municipality, "finance-layout.yaml")
    yield f"  disponeringer: {_layout(municipality.commitment_file)}"
    yield f"  forbrug: {_layout(municipality.actuals_file)}"
    yield _file(municipality, "notices.yaml")
    yield f"  mails sendes på arbejdsdage fra {municipality.mails_from:%H.%M} til {municipality.mails_until:%H.%M}"
    yield from (_notice(municipality.notices, kind, day) for kind in KINDS.values() if not kind.silent)


def _file(municipality: Municipality, name: str) -> str:
    own = municipality.folder and (municipality.folder / name).exists()
    return name if own else f"{name} (som leveret)"


def _track(track: Track, known: Fields) -> Iterator[str]:
    hidden = {step: [name for name in names if not _shows(track, step, name)] for step, names in known.items()}
    count = sum(map(len, hidden.values()))
    yield f"  {track.code} ({track.label}): skjuler {count or 'intet'}{' felter' if count else ''}"
    for step, names in hidden.items():
        if names:
            yield f"    {step}: {'hele trinnet' if len(names) == len(known[step]) else _plain(names)}"


def _shows(track: Track, step: str, name: str) -> bool:
    phase, _, rest = step.partition(".")
    return track.shows(phase, rest, name)


def _period(row: Period) -> str:
    on_track = f" på spor {row.track}" if row.track else ""
    return f"  {_label('legal-bases', row.legal_basis)}{on_track}: {row.days} dage"


def _interval(row: Interval) -> str:
    help_ = [
        _label("legal-bases", row.legal_basis) if row.legal_basis else "",
        _label("offers", row.offer) if row.offer else "",
    ]
    first, between = row.months_until_first, row.months_between
    return f"  {'; '.join(filter(None, help_))}: første gang efter {first} mdr., siden hver {between}. måned"


def _delegation(row: Delegation) -> str:
    limits = [
        f"spor {_plain(row.tracks)}" if row.tracks else "",
        f"til og med {row.up_to} kr." if row.up_to is not None else "",
        _plain([_label("legal-bases", basis) for basis in row.legal_bases]) if row.legal_bases else "",
    ]
    return f"  {_label('decision-bodies', row.body)}: {'; '.join(filter(None, limits)) or 'alt andet'}"


def _tariff(row: Tariff) -> str:
    where = f" fra {row.provider}" if row.provider else ""
    where += f" i {_label('offers', row.offer)}" if row.offer else ""
    price = f"{row.price} kr., " if row.price is not None else ""
    service, unit = _label("services", row.service), _label("billing-units", row.unit)
    return f"  {service} pr. {unit.lower()}{where}: {price}fra {row.lowest} til {row.highest} kr."


def _account(row: Account) -> str:
    particular = [
        _label("services", row.service) if row.service else "",
        _label("offers", row.offer) if row.offer else "",
    ]
    help_ = "; ".join(filter(None, [_label("legal-bases", row.legal_basis), *particular]))
    also = ", ".join(filter(None, [row.account_string, row.cost_object]))
    return f"  {help_}: {row.account_number}{f' ({also})' if also else ''}"


def _notice(notices: Sequence[Notice], kind: DeadlineKind, day: date) -> str:
    terms = terms_of(notices, kind, day)
    before = _plain(sorted({*terms.thresholds, 0}, reverse=True))
    after = "".join(f"; {Role(role).label} {days} arbejdsdage efter" for role, days in terms.escalation)
    return f"  {kind.label}: {_plain([Role(role).label for role in terms.notify])} {before} arbejdsdage før{after}"


def _layout(layout: FileLayout) -> str:
    width = f", {layout.line.width} tegn i hver post" if layout.line else ""
    return f"{layout.adapter}{width}, {layout.encoding}"


def _label(name: str, code: str) -> str:
    return vocabulary(name)[code].da


def _plain(setting: object) -> str:
    return (", ".join(map(str, setting)) or "ingen") if isinstance(setting, list | tuple) else str(setting)
