"""What one installation has decided for itself, and how its folder is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from casework.calendar import Calendar
from casework.configuration.accounts import Account, AccountsFile, account_for
from casework.configuration.delegation import Delegation, DelegationFile, decides
from casework.configuration.finance_layout import FileLayout, FinanceLayoutFile
from casework.configuration.follow_up import FollowUpFile, Interval, Months, months_for
from casework.configuration.kinds import Count, DayOfTheYear
from casework.configuration.laws import LawsFile, Promulgation, promulgation_of
from casework.configuration.notices import Notice, NoticesFile, mailing_time, may_mail
from casework.configuration.periods import Period, PeriodsFile, days_for, is_part
from casework.configuration.questions import Question, QuestionSet, QuestionsFile
from casework.configuration.reading import EXAMPLE, Part, Problems, Written, read
from casework.configuration.tariffs import Tariff, TariffsFile, tariff_for
from casework.configuration.tracks import Track, TracksFile, everything, unknown_fields, unknown_sets
from casework.errors import Misconfigured
from casework.vocabularies.codes import LegalBasis


@dataclass(frozen=True)
class Basics(Part):
    """municipality.yaml. Days are calendar days unless the name says working days."""

    name: str
    case_processing_days: Count = 56
    hearing_days: Count = 14
    written_decision_days: Count = 14
    complaint_weeks: Count = 4
    reassessment_weeks: Count = 4
    letter_working_days: Count = 6
    order_answer_working_days: Count = 5
    status_note_working_days: Count = 5
    extra_follow_up_days: Count = 45
    notice_weeks: Count = 14
    notice_paragraphs: tuple[LegalBasis, ...] = ("sel-95", "sel-96", "sel-98")
    car_replacement_years: Count = 8
    hearing_paragraphs: tuple[LegalBasis, ...] = (
        "sel-101", "sel-103", "sel-104", "sel-107", "sel-108", "sel-109", "sel-110",
    )  # fmt: skip
    time_limited_paragraphs: tuple[LegalBasis, ...] = ("sel-82a", "sel-82b", "sel-82d")
    not_appealable_paragraphs: tuple[LegalBasis, ...] = ("sel-82a", "sel-82b")
    free_choice_paragraphs: tuple[LegalBasis, ...] = ("sel-83", "sel-108", "abl-105")
    search_key: str = "sagsgang"  # keys the hash by which lists find a CPR number; each installation has its own
    closing_days: tuple[DayOfTheYear, ...] = ()
    closed: tuple[date, ...] = ()


FILES: Mapping[str, type[Part]] = {
    "municipality.yaml": Basics,
    "tracks.yaml": TracksFile,
    "questions.yaml": QuestionsFile,
    "case-processing.yaml": PeriodsFile,
    "follow-up.yaml": FollowUpFile,
    "delegation.yaml": DelegationFile,
    "laws.yaml": LawsFile,
    "tariffs.yaml": TariffsFile,
    "accounts.yaml": AccountsFile,
    "finance-layout.yaml": FinanceLayoutFile,
    "notices.yaml": NoticesFile,
}
NEEDED = "municipality.yaml"


@cache
def _shipped() -> Mapping[str, Any]:
    return {
        name: value for file, part in FILES.items() for name, value in read(EXAMPLE, file, part)[1].settings().items()
    }


def _as_shipped(setting: str) -> Any:
    return field(default_factory=lambda: _shipped()[setting], repr=False)


@dataclass(frozen=True)
class Municipality(Basics):
    """What one installation has decided for itself; what it does not say is as in the shipped example."""

    tracks: tuple[Track, ...] = _as_shipped("tracks")  # the smallest first
    question_sets: tuple[QuestionSet, ...] = _as_shipped("question_sets")
    periods: tuple[Period, ...] = _as_shipped("periods")
    intervals: tuple[Interval, ...] = _as_shipped("intervals")
    delegation: tuple[Delegation, ...] = _as_shipped("delegation")
    laws: tuple[Promulgation, ...] = _as_shipped("laws")
    tariffs: tuple[Tariff, ...] = _as_shipped("tariffs")
    accounts: tuple[Account, ...] = _as_shipped("accounts")
    commitment_file: FileLayout = _as_shipped("commitment_file")  # noqa: RUF009 - a field
    actuals_file: FileLayout = _as_shipped("actuals_file")  # noqa: RUF009 - a field
    mails_from: time = _as_shipped("mails_from")  # noqa: RUF009 - a field
    mails_until: time = _as_shipped("mails_until")  # noqa: RUF009 - a field
    notices: tuple[Notice, ...] = _as_shipped("notices")
    folder: Path | None = None  # None: it was not read from one, or from the shipped example
    written: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.of(self.closing_days, self.closed)

    def track(self, code: str | None) -> Track:
        """A case's track. One that is not known hides nothing."""
        return self._tracks.get(code or "") or everything(code, rank=len(self.tracks))

    @cached_property
    def _tracks(self) -> Mapping[str, Track]:
        return {track.code: track for track in self.tracks}

    def check_fields(self, known: Mapping[str, Collection[str]]) -> None:
        """Check what tracks show of the phases that are known: phase.step -> the names of its fields.

        Raises Misconfigured, naming file, line and field. Each phase does so at start, for what it has itself.
        """
        _refuse(_told(self.written, "tracks.yaml", unknown_fields(self.tracks, known)))

    def question(self, id: str) -> Question | None:
        return self._questions.get(id)

    @cached_property
    def _questions(self) -> Mapping[str, Question]:
        return {question.id: question for one in self.question_sets for question in one.questions}

    def questions_for(self, track_code: str | None, target_groups: Collection[str]) -> tuple[QuestionSet, ...]:
        """The sets that the track names; where target groups are known, only those that suit one of them."""
        named = self.track(track_code).question_sets
        sets = tuple(one for one in self.question_sets if named is None or one.id in named)
        return tuple(one for one in sets if one.suits(target_groups)) if target_groups else sets

    def case_processing_days_for(self, legal_bases: Iterable[str], on: date, track: str | None = None) -> int:
        """The days that a case begun on a day may take: the longest of its paragraphs' periods."""
        return days_for(self.periods, self.case_processing_days, legal_bases, on, track)

    def takes_notice(self, legal_bases: Iterable[str]) -> bool:
        """Is help under any of these taken away or reduced only after a notice (SEL § 3 a)?"""
        return _any_under(self.notice_paragraphs, legal_bases)

    def takes_hearing(self, legal_bases: Iterable[str]) -> bool:
        """Does a substantial change of help under any of these bring access, hearing, reasons, complaint (SEL § 3)?"""
        return _any_under(self.hearing_paragraphs, legal_bases)

    def follow_up_months(self, legal_bases: Iterable[str], offer: str | None, on: date) -> Months | None:
        """How often help that begins on a day is followed up; None where neither law nor municipality says (FUP-13)."""
        return months_for(self.intervals, legal_bases, offer, on)

    def promulgation(self, law: str, on: date) -> Promulgation | None:
        """The number and date of an act (a code of laws) as it is in force on a day."""
        return promulgation_of(self.laws, law, on)

    def decides(self, track: str | None, amount: Decimal | None, legal_bases: Collection[str], on: date) -> str:
        """The body that may decide (a code of decision-bodies). An amount that is not known keeps within no limit."""
        return decides(self.delegation, track, amount, legal_bases, on)

    def tariff(
        self, service: str, unit: str, on: date, offer: str | None = None, provider: str | None = None
    ) -> Tariff | None:
        """The normal prices of one service by one unit on a day; the provider (CVR) before the offer before all."""
        return tariff_for(self.tariffs, service, unit, on, offer, provider)

    def may_mail(self, now: datetime) -> bool:
        """Whether mails leave the house now."""
        return may_mail(now, self.calendar, self.mails_from, self.mails_until)

    def mailing_time(self, since: datetime, until: datetime) -> timedelta:
        """For how long of this time mails might leave the house."""
        return mailing_time(since, until, self.calendar, self.mails_from, self.mails_until)

    def account(
        self,
        legal_bases: Sequence[str],
        on: date,
        services: Collection[str],
        offer: str | None,
        typed: str | None = None,
    ) -> Account | None:
        """The account of help that begins on a day; of an account that is typed, the row with what belongs to it."""
        return account_for(self.accounts, legal_bases, on, services, offer, typed)


def load(folder: Path | None = None) -> Municipality:
    """Read the municipality's folder (the shipped example where none is given).

    Raises Misconfigured with everything that is wrong in it: file, line, field and what was expected.
    """
    problems = [*_misplaced(folder)] if folder else []
    settings: dict[str, Any] = {}
    written: dict[str, Written] = {}
    for file, part in FILES.items():
        own = folder and (file == NEEDED or (folder / file).exists())
        try:
            written[file], declared = read(folder if folder and own else EXAMPLE, file, part)
            settings |= declared.settings()
        except Misconfigured as wrong:
            problems.append(str(wrong))
    if {"tracks", "question_sets"} <= settings.keys():
        sets = {one.id for one in settings["question_sets"]}
        problems += _told(written, "tracks.yaml", unknown_sets(settings["tracks"], sets))
    _refuse(problems)
    return Municipality(**settings, folder=folder, written=written)


def _any_under(paragraphs: Collection[str], legal_bases: Iterable[str]) -> bool:
    return any(is_part(basis, paragraph) for basis in legal_bases for paragraph in paragraphs)


def _misplaced(folder: Path) -> Iterator[str]:
    """What lies in the folder as if it were settings; what is not YAML is left alone."""
    if not folder.is_dir():
        raise Misconfigured(f"{folder}: her ventes en mappe med filen {NEEDED}")
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml") and path.name not in FILES and not path.name.startswith("."):
            yield f"{path.name}: filen kendes ikke; kendte filer er {', '.join(FILES)}"


def _told(written: Mapping[str, Written], file: str, problems: Problems) -> Iterator[str]:
    for path, message in problems:
        yield f"{written[file].at(path) if file in written else f'{file}: {path}'}: {message}"


def _refuse(problems: Iterable[str]) -> None:
    if told := "\n".join(problems):
        raise Misconfigured(told)
