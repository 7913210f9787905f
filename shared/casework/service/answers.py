"""What the API of a phase answers, as its OpenAPI text says it; refusals are problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import marshmallow as ma
from flask_smorest import Blueprint
from marshmallow import fields as mf

PROBLEM_JSON = "application/problem+json"
ETAG = {"ETag": {"description": "Goes back as If-Match with a change", "schema": {"type": "string"}}}

REFUSALS = {
    400: "Not JSON",
    401: "No token, or one that does not hold",
    403: "Not for this role",
    404: "No such case, or none of this person's business; or no such thing in it",
    409: "The case does not wait for this",
    412: "Somebody else changed the same; nothing is saved, and both versions come back",
    413: "More than 4 MB at once",
    422: "A value is wrong, or a rule says no; nothing is changed",
    428: "If-Match is missing",
}


def refusals(blp: Blueprint, *codes: int) -> Callable[[Any], Any]:
    """Say of a route how it may refuse; without codes, as any route of a case that only reads and wants a role."""

    def document(answer: Any) -> Any:
        for code in codes or (401, 403, 404):
            described = {"schema": Problem, "description": REFUSALS[code], "content_type": PROBLEM_JSON}
            answer = blp.alt_response(code, **described)(answer)
        return answer

    return document


class Wrong(ma.Schema):
    """One field that is wrong."""

    field = mf.String(required=True, metadata={"description": "Its path, as it was sent"})
    message = mf.String(required=True)
    rule = mf.String(required=True, allow_none=True)


class Problem(ma.Schema):
    """What is wrong, where, and which rule says so (RFC 9457)."""

    type = mf.String(required=True)
    status = mf.Integer(required=True)
    title = mf.String(required=True)
    detail = mf.String(required=True, metadata={"description": "In Danish, for a person"})
    rule = mf.String(metadata={"description": "The id of the rule that refuses"})
    field = mf.String(metadata={"description": "The path of the field that is spoken of"})
    errors = mf.List(mf.Nested(Wrong), metadata={"description": "Every field that is wrong"})
    yours = mf.Dict(metadata={"description": "412: what was sent of these"})
    theirs = mf.Dict(metadata={"description": "412: the step as it is stored"})
    etag = mf.String(allow_none=True, metadata={"description": "412: of what stands there now, where it has one"})
    revision = mf.Integer(metadata={"description": "412: what the case has come to"})

    class Meta:
        include: ClassVar = {"fields": mf.List(mf.String(), metadata={"description": "412: what both changed"})}


class Recorded(ma.Schema):
    """The case has changed, or was so already."""

    case_id = mf.UUID(required=True)
    revision = mf.Integer(required=True)


class Record(ma.Schema):
    """One step as it reads now."""

    step = mf.String(required=True)
    key = mf.String(required=True, metadata={"description": "Whose it is, where there is one per provider or number"})
    values = mf.Dict(required=True)
    origins = mf.Dict(mf.String(), mf.String(), required=True, metadata={"description": "Field -> phase.step.field"})
    marks = mf.Dict(mf.String(), mf.Dict(), required=True, metadata={"description": "Path -> whose word it is"})


class Records(Recorded):
    """The steps of a case."""

    records = mf.List(mf.Nested(Record), required=True)


class Position(ma.Schema):
    """Where one number of the process stands."""

    number = mf.Integer(required=True)
    key = mf.String(required=True)
    at = mf.String(required=True)
    label = mf.String(required=True)
    over = mf.Boolean(required=True)


class Remark(ma.Schema):
    """What is missing or odd. It stops nobody."""

    rule = mf.String(required=True)
    field = mf.String(required=True)
    message = mf.String(required=True)


class Missing(ma.Schema):
    """An empty field that is needed."""

    field = mf.String(required=True)
    label = mf.String(required=True)
    costs = mf.String()


class Completeness(ma.Schema):
    """How much of a step is there."""

    step = mf.String(required=True)
    asked = mf.Integer(required=True)
    missing = mf.List(mf.Nested(Missing), required=True)


class CasePart(Recorded):
    """The case, as one phase has it."""

    phase = mf.String(required=True)
    parts = mf.Dict(required=True, metadata={"description": "Its keys of the case document"})
    positions = mf.List(mf.Nested(Position), required=True)
    actions = mf.List(mf.String(), required=True, metadata={"description": "What may be done where it stands"})
    warnings = mf.List(mf.Nested(Remark), required=True)
    completeness = mf.List(mf.Nested(Completeness), required=True)
    origins = mf.Dict(mf.String(), mf.String(), required=True)
    history = mf.List(mf.Dict(), required=True)


class Change(ma.Schema):
    """One recording or act."""

    id = mf.Integer(required=True)
    at = mf.DateTime(required=True)
    by = mf.String(required=True)
    action = mf.String(required=True)
    reason = mf.String(required=True, allow_none=True)
    changes = mf.List(mf.List(mf.Raw()), required=True, allow_none=True, metadata={"description": "path, from, to"})


class Changes(ma.Schema):
    """A page, newest first."""

    changes = mf.List(mf.Nested(Change), required=True)
    next = mf.Integer(required=True, allow_none=True, metadata={"description": "`before` of the next page"})


class Look(ma.Schema):
    """Somebody has looked at the case."""

    id = mf.Integer(required=True)
    at = mf.DateTime(required=True)
    name = mf.String(required=True)
    role = mf.String(required=True)
    what = mf.String(required=True)


class Access(ma.Schema):
    """A page, newest first."""

    access = mf.List(mf.Nested(Look), required=True)
    next = mf.Integer(required=True, allow_none=True, metadata={"description": "`before` of the next page"})
