"""What assessment offers beside the routes of every phase: earlier cases to draw upon, and specialist questions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint

from assessment.handlers import AssessmentHandlers
from assessment.model import CaseAssessment, Ledger, QuestionSets
from assessment.reuse import items_of
from casework.process import CASEWORKER, LEADER, Situation
from casework.schema import dump
from casework.service.auth import actor, only
from casework.service.phase_api import PhaseService, found, note_access, refusals


def blueprint(service: PhaseService) -> Blueprint:
    blp = Blueprint("earlier", __name__, url_prefix="/cases", description="Tidligere sager")
    handlers = service.handlers
    assert isinstance(handlers, AssessmentHandlers)

    @blp.get("/<uuid:case_id>/questions")
    @blp.response(200, description="The question sets of the track that suit the target groups, with the answers given")
    @refusals(blp)
    @only(CASEWORKER, LEADER)
    def questions(case_id: UUID) -> Response:
        """What the municipality asks in this case beside the themes. That it was looked at is recorded."""
        with service.database.reading() as session:
            _, here = found(service, session, case_id, actor())
        note_access(service, actor(), "questions", case_id)
        return jsonify(case_id=str(case_id), question_sets=_asked(here))

    @blp.get("/<uuid:case_id>/earlier")
    @blp.response(200, description="Oldest first; each item by its path, with who wrote it and when")
    @refusals(blp)
    @only(CASEWORKER, LEADER)
    def earlier_cases(case_id: UUID) -> Response:
        """The citizen's other cases, and what in them can be used again. That it was looked at is recorded."""
        with service.database.reading() as session:
            _, here = found(service, session, case_id, actor())
            earlier = handlers.earlier(session, here)
        note_access(service, actor(), "earlier", *(one.case_id for one in earlier))
        return jsonify(case_id=str(case_id), earlier=[_told(one, here) for one in earlier])

    return blp


def _asked(s: Situation[Any]) -> list[dict[str, Any]]:
    assessment, answers = s[CaseAssessment], {a.question: a.answer for a in s[QuestionSets].answers}
    groups = [group for group in (assessment.primary_target_group, *assessment.other_target_groups) if group]
    sets = s.municipality.questions_for(s.case.track if s.case else None, groups)
    return [
        {
            "id": one.id,
            "label": one.label,
            "label_en": one.label_en,
            "questions": [{**dump(question), "answer": answers.get(question.id)} for question in one.questions],
        }
        for one in sets
    ]


def _told(earlier: Situation[Any], here: Situation[Any]) -> dict[str, Any]:
    reused = {item.id: item for item in here[Ledger].reused}
    return {
        "case_id": str(earlier.case_id),
        "case_number": earlier.case.case_number if earlier.case else None,
        "items": [
            {"path": path, "values": values, "marks": _marks(earlier, path), "is_reused": path in reused}
            for path, values in items_of(earlier).items()
        ],
    }


def _marks(earlier: Situation[Any], path: str) -> dict[str, Any]:
    """Who wrote each value of the item, by the value's path."""
    marks = earlier.marks.get((path.partition(".")[0], ""), {})
    return {p: mark for p, mark in marks.items() if p == path or p.startswith(f"{path}.")}
