"""The API of a phase: read a case, record in it, act on it. Derived from the phase, so that all six are alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import marshmallow as ma
import sqlalchemy as sa
from flask import Flask, Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import fields as mf
from sqlalchemy.orm import Session, aliased
from werkzeug.exceptions import HTTPException

from casework.confidential import Confidential, of_opened
from casework.configuration import Municipality
from casework.contracts import Command
from casework.contracts.values import Source
from casework.errors import NOBODYS_BUSINESS, Invalid, NotFound, Refusal, Stale
from casework.fields import Field, Step, fields_of
from casework.phase.document import journal_seen, part
from casework.phase.handlers import AUTHORITY
from casework.phase.phase import Phase
from casework.phase.provenance import SOURCES
from casework.phase.store import admit, load, looked_at
from casework.phase.tables import AccessRow, CaseRow, JournalRow
from casework.process import Actor, Role, Situation
from casework.process import Process as ProcessType
from casework.process.bpmn import to_bpmn
from casework.process.engine import forbid
from casework.schema import dump, schema_class
from casework.schema import load as load_typed
from casework.service.answers import ETAG, Access, CasePart, Changes, Recorded, Records
from casework.service.answers import Problem as Problem
from casework.service.answers import refusals as refusals
from casework.service.app import PAGE, create_app
from casework.service.auth import actor, keep_confidential, only
from casework.service.phase_service import PhaseService as PhaseService
from casework.service.preconditions import MATCH, if_match
from casework.vocabularies.fields import CodeField


class Unreadable(Refusal):
    status = 400
    title = "Det er ikke JSON"


def create_phase_app(service: PhaseService) -> Flask:
    """The app of a phase: what all services have, and the routes of its cases."""
    app = create_app(service)
    keep_confidential(app, service.database, _confidential, lambda who, case: note_refusal(service, who, case))
    app.extensions["api"].register_blueprint(_cases(service))

    @app.get("/process")
    def process() -> Response:
        """The phase's process as BPMN 2.0, with its picture; no case is in it."""
        actor()
        return Response(to_bpmn(service.phase.process), mimetype="application/xml")

    return app


def _cases(service: PhaseService) -> Blueprint:
    phase, handlers = service.phase, service.handlers
    blp = Blueprint("cases", phase.name, url_prefix="/cases", description=phase.process.label)
    reading = refusals(blp, 401, 404)
    listing = refusals(blp, 401, 404, 422)

    @blp.get("/<uuid:case_id>")
    @blp.response(200, CasePart, description=f"The case in {phase.name}", headers=ETAG)
    @reading
    def read_case(case_id: UUID) -> Response:
        """The case, as this phase has it. That it was looked at is recorded before the answer is given."""
        who = reader(phase)
        with service.database.reading() as session:
            row, situation = found(service, session, case_id, who)
            revision = handlers.revision(session, row, who)
            answer = jsonify(part(session, phase, situation, revision))
        note_access(service, who, "case", case_id)
        answer.set_etag(str(revision))
        return answer

    @blp.patch("/<uuid:case_id>")
    @blp.doc(
        parameters=[
            {**MATCH, "required": True},
            _KEY,
        ],
        requestBody=_in_json(_patch_schema(phase)),
    )
    @blp.response(200, Recorded, description="Recorded", headers=ETAG)
    @refusals(blp, 400, 401, 403, 404, 409, 412, 413, 422, 428)
    def record(case_id: UUID) -> Response:
        """Fill in fields of one or several steps, all or nothing. Null empties a field."""
        who, patch = actor(), body()
        key = _key(phase, who)
        with service.database.writing() as session:
            handlers.record(session, case_id, patch, who, service.clock(), key=key, seen=_seen())
            revision = handlers.revision(session, session.get_one(CaseRow, case_id), who)
        service.changed(str(case_id))
        answer = jsonify(case_id=str(case_id), revision=revision)
        answer.set_etag(str(revision))
        return answer

    @blp.get("/<uuid:case_id>/records")
    @blp.doc(parameters=[_parameter("step", "This one only", type="string", enum=[*phase.by_step]), _KEY])
    @blp.response(200, Records, description="Every record, or those asked for", headers=ETAG)
    @listing
    def read_records(case_id: UUID) -> Response:
        """The steps as they read now, each with its key and the origins of what is carried: what a form shows."""
        who, wanted = reader(phase), _wanted(phase)
        with service.database.reading() as session:
            row, situation = found(service, session, case_id, who)
            revision = handlers.revision(session, row, who)
            steps = [s for s in phase.steps if wanted in (None, s.step) and _may_see(phase, s.step, who)]
            listed = [record for step in steps for record in _records(step, situation, _key(phase, who))]
        if not listed and (wanted or who.role is Role.PROVIDER):
            raise NotFound(NOBODYS_BUSINESS)
        note_access(service, who, wanted or "records", case_id)
        answer = jsonify(case_id=str(case_id), revision=revision, records=listed)
        answer.set_etag(str(revision))
        return answer

    for command in phase.commands:
        for name in command.actions:
            _action(blp, service, command, name)

    @blp.get("/<uuid:case_id>/changes")
    @blp.doc(parameters=[_PAGED])
    @blp.response(200, Changes, description="Newest first; keyset-paged by `before`")
    @listing
    def changes(case_id: UUID) -> Response:
        """Who changed what, from what, to what."""
        who = reader(phase)
        seen = journal_seen(case_id, who).subquery()
        row, place = aliased(JournalRow, seen), seen.c.place
        query = sa.select(row, place).order_by(place.desc()).limit(PAGE)
        if before := _before():
            query = query.where(place < before)
        with service.database.reading() as session:
            admit(session, case_id, who)
            if session.get(CaseRow, case_id) is None:
                raise NotFound(NOBODYS_BUSINESS)
            rows = session.execute(query).all()
        note_access(service, who, "changes", case_id)
        listed = [
            {
                "id": number,
                "at": r.at.isoformat(),
                "by": r.by,
                "action": r.action,
                "reason": r.reason,
                "changes": r.changes,
            }
            for r, number in rows
        ]
        return jsonify(changes=listed, next=listed[-1]["id"] if len(listed) == PAGE else None)

    @blp.get("/<uuid:case_id>/access")
    @blp.doc(parameters=[_PAGED])
    @blp.response(200, Access, description="Newest first; keyset-paged by `before`")
    @refusals(blp, 401, 403, 404, 422)
    @only(Role.LEADER, Role.OPERATOR)
    def access(case_id: UUID) -> Response:
        """Who has looked at the case."""
        query = sa.select(AccessRow).where(AccessRow.case_id == case_id).order_by(AccessRow.id.desc()).limit(PAGE)
        if before := _before():
            query = query.where(AccessRow.id < before)
        with service.database.reading() as session:
            rows = session.scalars(query).all()
        listed = [{"id": r.id, "at": r.at.isoformat(), "name": r.name, "role": r.role, "what": r.what} for r in rows]
        return jsonify(access=listed, next=listed[-1]["id"] if len(listed) == PAGE else None)

    @blp.get("/steps")
    @blp.doc(security=[])
    @blp.response(200, {"type": "object"}, description="Fields, labels, codes and actions: enough to draw the forms")
    def steps() -> Response:
        """What can be recorded in this phase, and what can be done."""
        return jsonify(describe(phase, service.municipality))

    return blp


def _action(blp: Blueprint, service: PhaseService, command: type[Command], name: str) -> None:
    short = name.split(".")[1]

    def act(case_id: UUID) -> Response:
        who, given_body = actor(), body()
        forbid(service.phase.process, who.role, command, name)
        given = asked(command, name, given_body)
        with service.database.writing() as session:
            service.handlers.act(session, case_id, given, who, service.clock())
            revision = service.handlers.revision(session, session.get_one(CaseRow, case_id), who)
        service.changed(str(case_id))
        answer = jsonify(case_id=str(case_id), revision=revision)
        answer.set_etag(str(revision))
        return answer

    act.__name__ = short
    act.__doc__ = command.__doc__
    given = schema_class(command)(exclude=("action",))
    act = blp.doc(requestBody=_in_json(given, required=any(one.required for one in given.fields.values())))(act)
    act = refusals(blp, 400, 401, 403, 404, 409, 413, 422)(act)
    act = blp.response(200, Recorded, description="Done", headers=ETAG)(act)
    blp.route(f"/<uuid:case_id>/actions/{short.replace('_', '-')}", methods=["POST"])(act)


def asked(command: type[Command], name: str, given: Mapping[str, Any]) -> Command:
    """The command of that name, as it is given. Raises Invalid."""
    if "action" in given:
        raise Invalid({"action": ("Handlingen står ikke blandt felterne", None)})
    return load_typed(command, {**given, "action": name})


def body() -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object. Raises Unreadable or Invalid for anything else."""
    data = request.get_data()
    try:
        given = request.get_json() if data else {}
    except (HTTPException, ValueError, RecursionError) as error:
        raise Unreadable("Her ventes JSON (application/json)", field="body") from error
    if not isinstance(given, dict):
        raise Invalid({"body": ("Her ventes et JSON-objekt", None)})
    return given


def _seen() -> int | None:
    """The revision in If-Match; None for `*`. Raises PreconditionRequired where it is missing."""
    number = if_match()
    if number is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", number):
        raise Stale("If-Match er ikke et ETag herfra", field="If-Match")
    return int(number)


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "description": description, "schema": schema or {"type": "string"}}


def _in_json(schema: Any, *, required: bool = True) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}, "required": required}


_LONGEST = 200
_KEY = _parameter("key", "Which provider's or number's record", type="string", maxLength=_LONGEST)
_PAGED = _parameter(
    "before", "Where the page before ended: its `next`", type="integer", minimum=1, exclusiveMaximum=10**18
)


def _before() -> int | None:
    """Where a page begins. Raises Invalid for what is no number of ours."""
    given = request.args.get("before")
    if given is None:
        return None
    if not re.fullmatch("[1-9][0-9]{0,17}", given):
        raise Invalid({"before": ("Her skal stå det tal, som siden før sluttede med", None)})
    return int(given)


def _wanted(phase: Phase) -> str | None:
    """The one step that is asked for. Raises Invalid where there is none of that name."""
    step = request.args.get("step")
    if step is not None and step not in phase.by_step:
        raise Invalid({"step": (f"Trinnet findes ikke. Kendte trin: {', '.join(phase.by_step)}", None)})
    return step


def reader(phase: Phase) -> Actor:
    """Who asks, if it is one of those who may read this phase; to all others there is no such case."""
    who = actor()
    if who.role not in phase.readers:
        raise NotFound(NOBODYS_BUSINESS)
    return who


def note_access(service: PhaseService, who: Actor, what: str, *cases: UUID) -> None:
    """Who looked at the cases, and as what: written before the answer is given."""
    now = service.clock()
    with service.database.writing() as session:
        looked_at(session, cases, who, what, now)
        for case_id in cases:
            service.handlers.shown(session, case_id, who, what, now)


def _confidential(session: Session, case_id: UUID) -> Confidential | None:
    return of_opened(session.scalar(sa.select(CaseRow.opened).where(CaseRow.id == case_id)))


def note_refusal(service: PhaseService, who: Actor, case_id: UUID) -> None:
    """Somebody looked for a case that is none of their business."""
    with service.database.writing() as session:
        looked_at(session, [case_id], who, "refused", service.clock())


def found(service: PhaseService, session: Session, case_id: UUID, who: Actor) -> tuple[CaseRow, Situation[Any]]:
    """The case and what the phase knows of it. Raises NotFound where it is not known here, or not opened yet."""
    admit(session, case_id, who)
    row = session.get(CaseRow, case_id)
    if row is None or row.opened is None:
        raise NotFound(NOBODYS_BUSINESS)
    return row, load(session, service.phase, row, service.municipality, who, service.clock())


def _key(phase: Phase, who: Actor) -> str:
    """Which record is meant. A provider's people reach their own only."""
    key = request.args.get("key", "")
    if len(key) > _LONGEST or not key.isprintable():
        raise Invalid({"key": ("Nøglen er ikke en udfører eller et nummer", None)})
    if who.role is Role.PROVIDER:
        if not who.provider_id or (key and key != who.provider_id):
            raise NotFound(NOBODYS_BUSINESS)
        return who.provider_id
    return key


def _patch_schema(phase: Phase) -> type[ma.Schema]:
    body: dict[str, Any] = {
        step.step: mf.Nested(schema_class(step), metadata={"description": step.label}) for step in phase.steps
    }
    body[SOURCES] = mf.Dict(
        keys=mf.String(),
        values=mf.Nested(schema_class(Source)),
        metadata={"description": "From whom a value is known, by its path: `wishes_and_purpose.citizen_wishes`"},
    )
    body["Meta"] = type("Meta", (), {"unknown": ma.RAISE})
    return type(f"{phase.name.capitalize()}Record", (ma.Schema,), body)


def _may_see(phase: Phase, step: str, who: Actor) -> bool:
    """A provider sees the steps that it may record itself, and no other (GEN-14, DEL-08)."""
    return who.role is not Role.PROVIDER or Role.PROVIDER in phase.record_roles.get(step, ())


def _records(step: type[Step], s: Situation[Any], wanted: str) -> list[dict[str, Any]]:
    """What there is of one step: one record per case, or one per provider or number; `wanted` names a single one."""
    keys, runs = {""}, {}
    if step.per not in (None, "citizen"):
        runs = {str(run.number) if step.per == "number" else run.key: run for run in s.runs}
        keys = {*runs, *(key for name, key in s.own if name == step.step)}
        if wanted:
            keys = keys & {wanted} if s.actor.role is Role.PROVIDER else {wanted}
    views = [(key, s.of(runs.get(key))) for key in sorted(keys)]
    return [
        {
            "step": step.step,
            "key": key,
            "values": dump(at.view(step, key)),
            "origins": at.origins(step, key),
            "marks": _marks(step, at, key),
        }
        for key, at in views
    ]


def _marks(step: type[Step], s: Situation[Any], key: str) -> dict[str, Any]:
    """Whose word each value is, by its path in the step: what is written here, and what is carried from elsewhere."""
    own = s.marks.get((step.step, key), {})
    carried = {name: mark for name, origin in s.origins(step, key).items() if (mark := s.mark_of(origin))}
    return carried | {path.partition(".")[2]: mark for path, mark in own.items()}


def describe(phase: Phase, municipality: Municipality) -> dict[str, Any]:
    """The phase's steps and actions, for whoever draws forms; and in which tracks each step and field is shown."""
    return {
        "phase": phase.name,
        "label": phase.process.label,
        "tracks": [track.code for track in municipality.tracks],
        "steps": [
            {
                "step": s.step,
                "label": s.label,
                "per": s.per,
                "by": _recorders(phase, s),
                "tracks": [track.code for track in municipality.tracks if track.shows(phase.name, s.step)],
                "fields": [
                    {**one, "tracks": _tracks(municipality, phase.name, s.step, one["name"])} for one in described(s)
                ],
            }
            for s in phase.steps
        ],
        "actions": [
            {
                "action": name,
                "label": _label(phase.process, command),
                "by": _actors(phase.process, command),
                "fields": described(command, skip=("action",)),
            }
            for command in phase.commands
            for name in command.actions
        ],
    }


def _tracks(municipality: Municipality, phase: str, step: str, name: str) -> list[str]:
    return [track.code for track in municipality.tracks if track.shows(phase, step, name)]


def _recorders(phase: Phase, step: type[Step]) -> list[str]:
    return [str(role) for role in phase.record_roles.get(step.step, AUTHORITY)]


def _actors(process: ProcessType, command: type[Command]) -> list[str]:
    """The roles of its rows; where a caseworker may, so may their leader."""
    roles = {str(role) for row in process.answers(command) for role in row.roles}
    return sorted(roles | ({str(Role.LEADER)} if str(Role.CASEWORKER) in roles else set()))


def _label(process: ProcessType, command: type[Command]) -> str:
    return next((row.label for row in process.answers(command)), command.wire)


def described(cls: type, skip: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The fields of a step, a command or a message, for whoever shows them or draws a form of them."""
    return [_field(name, declared) for name, declared in fields_of(cls).items() if name not in skip]


def _field(name: str, declared: Field) -> dict[str, Any]:
    coded = next((a for a in declared.annotations if isinstance(a, CodeField)), None)
    info = declared.info
    told = {
        "name": name,
        "label": info.label,
        "help": info.help,
        "type": "code" if coded else declared.type.__name__,
        "many": declared.many,
        "required": info.required,
        "carried_from": info.carried_from,
        "computed": info.computed,
        "writable": info.writable,
        "key": info.key if declared.many and declared.entry else None,
        "vocabulary": coded.vocabulary.name if coded else None,
        "codes": list(coded.codes) if coded else None,
        "fields": described(declared.entry) if declared.entry else None,
    }
    return {k: v for k, v in told.items() if v is not None}
