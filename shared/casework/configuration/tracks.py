"""Which steps and fields each track (sagsspor) shows. What is recorded stays recorded, whatever a track hides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from marshmallow import ValidationError
from marshmallow import fields as mf

from casework.configuration.reading import Part, Problems
from casework.contracts import PHASES
from casework.fields import needed, value
from casework.vocabularies.codes import Track as TrackCode

ALL = "all"

Shown = Mapping[str, frozenset[str] | None]
"""phase.step -> the names of the fields that show; None: all of them."""

LAWFUL: Shown = {
    "intake.rights": None,
    "intake.consent": None,
    "intake.guidance": None,
    "assessment.case_information": frozenset(
        ("omitted_information", "party_hearing_needed", "party_hearing_sent_date", "party_hearing_response")
    ),
    "assessment.case_assessment": frozenset(
        (
            "support_need_assessment",
            "is_entitled",
            "other_legislation_checked",
            "decision_reasoning",
            "earlier_result_explanation",
            "action_plan_offered",
            "action_plan_not_offered_reason",
            "action_plan_wanted",
            "action_plan_status",
        )
    ),
    "decision.decision": None,
    "decision.decision_letter": None,
    "decision.complaint": None,
    "followup.inspection": None,
}
"""What the law asks for in every case, and so no track hides: guidance and consent, hearing, reasons, the offer of an
action plan (SEL § 141), supervision of each person's help (SEL § 148)."""


class ShowsField(mf.Field[Shown | None]):
    """`all`, or for each phase.step `all` or a list of field names."""

    def with_options(self, **options: Any) -> Self:
        return type(self)(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Shown | None:
        if value == ALL:
            return None
        if not isinstance(value, dict) or not value:
            raise ValidationError("Skriv all, eller trin og felter som intake.enquiry: [opening_reason]")
        wrong = {step: [message] for step, names in value.items() if (message := _wrong(step, names))}
        if wrong:
            raise ValidationError(wrong)
        return {step: None if names == ALL else frozenset(names) for step, names in value.items()}


class SetsField(mf.Field[frozenset[str] | None]):
    """`all`, or a list of ids."""

    def with_options(self, **options: Any) -> Self:
        return type(self)(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> frozenset[str] | None:
        if value == ALL:
            return None
        if not _is_names(value):
            raise ValidationError("Skriv all eller en liste af id'er fra questions.yaml, [] for ingen")
        return frozenset(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _wrong(step: str, names: Any) -> str | None:
    phase, _, rest = step.partition(".")
    if phase not in PHASES or not rest.isidentifier():
        return f"Skriv fase.trin, hvor fasen er en af {', '.join(PHASES)}"
    if names != ALL and not (_is_names(names) and names):
        return "Skriv all eller en liste af feltnavne"
    return None


@value
class TrackRow:
    """A track, as it is written."""

    code: TrackCode = needed("Spor")
    label: str = needed("Navn")
    label_en: str = needed("Navn på engelsk")
    shows: Annotated[Shown | None, ShowsField()] = needed("Viser")
    question_sets: Annotated[frozenset[str] | None, SetsField()] = needed("Spørgsmålssæt")


@dataclass(frozen=True, kw_only=True)
class Track:
    """One way through the phases."""

    code: str
    label: str
    label_en: str
    rank: int  # its place among the tracks: a larger one has a higher rank
    shown: Shown | None = field(default=None, hash=False)  # None: everything
    question_sets: frozenset[str] | None = None  # ids; None: all

    def shows(self, phase: str, step: str, field: str | None = None) -> bool:
        """Whether a step shows at all, or one field of it; a list shows with all that its entries hold."""
        return any(_covers(shown, f"{phase}.{step}", field) for shown in (self.shown, LAWFUL))


def _covers(shown: Shown | None, step: str, field: str | None) -> bool:
    if shown is None:
        return True
    fields = shown.get(step, frozenset())
    return fields is None or (field in fields if field else step in shown)


@value
class TracksFile(Part):
    """tracks.yaml"""

    tracks: tuple[TrackRow, ...] = needed("Spor, de mindste først")

    def problems(self) -> Problems:
        """A track is there once."""
        seen: set[str] = set()
        for n, row in enumerate(self.tracks):
            if row.code in seen:
                yield f"tracks[{n}].code", f"Sporet {row.code} står der allerede"
            seen.add(row.code)
        if not self.tracks:
            yield "tracks", "Skriv mindst ét spor"

    def settings(self) -> Mapping[str, Any]:
        """The tracks with their ranks."""
        return {
            "tracks": tuple(
                Track(
                    code=row.code,
                    label=row.label,
                    label_en=row.label_en,
                    rank=rank,
                    shown=row.shows,
                    question_sets=row.question_sets,
                )
                for rank, row in enumerate(self.tracks)
            )
        }


def everything(code: str | None, rank: int) -> Track:
    """The track of a case whose own is not known: it shows everything, and counts as larger than all."""
    return Track(code=code or "", label=code or "", label_en=code or "", rank=rank)


def unknown_sets(tracks: tuple[Track, ...], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """The question sets that a track names and questions.yaml does not have."""
    for track in tracks:
        for name in sorted((track.question_sets or frozenset()).difference(known)):
            yield f"tracks[{track.rank}].question_sets", f'"{name}" findes ikke i questions.yaml'


def unknown_fields(tracks: tuple[Track, ...], known: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str]]:
    """What a track shows and the phases that are known do not have. `known`: phase.step -> its fields."""
    phases = {step.partition(".")[0] for step in known}
    for track in tracks:
        for step, names in (track.shown or {}).items():
            path = f"tracks[{track.rank}].shows.{step}"
            if step.partition(".")[0] not in phases:
                continue
            if step not in known:
                yield path, f"Trinnet findes ikke; kendte trin er {', '.join(known)}"
            else:
                for name in sorted((names or frozenset()).difference(known[step])):
                    yield path, f"{name} findes ikke i trinnet; dets felter er {', '.join(known[step])}"
