"""What decision offers beside the routes of every phase: the letter and its templates."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint

from casework.errors import NOBODYS_BUSINESS, NotFound
from casework.fields import needed, value
from casework.process import Actor, Role
from casework.schema import load, schema_class
from casework.service.answers import ETAG
from casework.service.auth import actor, only
from casework.service.phase_api import (
    PhaseService,
    body,
    found,
    note_access,
    refusals,
)
from casework.service.preconditions import MATCH, unchanged
from decision import letter, templates
from decision.facts import VARIABLES
from decision.handlers import DecisionHandlers
from decision.kinds import SECTIONS, heading
from decision.model import TemplateRow
from decision.typeset import typeset

PDF = "application/pdf"
_WRITERS = (Role.LEADER, Role.OPERATOR)


@value
class LetterTemplate:
    """A template for one section of the letter, in Liquid."""

    text: str = needed("Skabelon")


def blueprints(service: PhaseService) -> tuple[Blueprint, Blueprint]:
    handlers = service.handlers
    assert isinstance(handlers, DecisionHandlers)
    return _letters(service, handlers), _templates(service, handlers)


def _letters(service: PhaseService, handlers: DecisionHandlers) -> Blueprint:
    blp = Blueprint("letters", __name__, url_prefix="/cases/<uuid:case_id>", description="Afgørelsesbreve")
    reading = refusals(blp, 401, 404, 422)

    def reader() -> Actor:
        who = actor()
        if who.role not in service.phase.readers:
            raise NotFound(NOBODYS_BUSINESS)
        return who

    @blp.get("/letter")
    @blp.response(200, description="Its sections in order; those without text are not printed")
    @reading
    def read_letter(case_id: UUID) -> Response:
        """The letter as it would go out now, and what is edited by hand in it."""
        who = reader()
        with service.database.reading() as session:
            _, situation = found(service, session, case_id, who)
            composed = letter.compose(situation)
        note_access(service, who, "letter", case_id)
        return jsonify(number=composed.number, kind=composed.kind, sections=[vars(s) for s in composed.sections])

    @blp.get("/letter/preview.pdf")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF, description="Marked as a draft")
    @reading
    def preview(case_id: UUID) -> Response:
        """The letter as it would be printed now, marked as a draft."""
        who = reader()
        with service.database.reading() as session:
            _, situation = found(service, session, case_id, who)
            content = letter.paper(situation)
        note_access(service, who, "letter", case_id)
        return Response(typeset(content, draft=True), mimetype=PDF)

    @blp.get("/letters/<int:number>.pdf")
    @blp.response(
        200,
        {"type": "string", "format": "binary"},
        content_type=PDF,
        description="As it was last sent",
        headers={"ETag": {"description": "Its SHA-256", "schema": {"type": "string"}}},
    )
    @refusals(blp, 401, 404)
    def sent(case_id: UUID, number: int) -> Response:
        """The letter on a decision, as it was sent."""
        who = reader()
        with service.database.reading() as session:
            found(service, session, case_id, who)
            row = handlers.letter(session, case_id, number)
        note_access(service, who, "letter", case_id)
        answer = Response(row.pdf, mimetype=PDF)
        answer.set_etag(row.sha256)
        return answer

    return blp


def _templates(service: PhaseService, handlers: DecisionHandlers) -> Blueprint:
    blp = Blueprint("letter-templates", __name__, url_prefix="/letter-templates", description="Brevskabeloner")
    refused = refusals(blp, 401, 403, 404)
    etag = {**MATCH, "required": True}

    @blp.get("")
    @blp.response(200, description="The sections, and the variables, filters and tags of a template")
    @refusals(blp, 401, 403)
    @only(*_WRITERS)
    def listed() -> Response:
        """The templates in force, and what a template may say."""
        with service.database.reading() as session:
            shown = [_shown(section, handlers.template(session, section)) for section in SECTIONS]
        return jsonify(
            templates=shown, variables=dict(VARIABLES), filters=dict(templates.FILTERS), tags=list(templates.TAGS)
        )

    @blp.get("/<section>")
    @blp.response(200, description="The template in force, and every version there has been", headers=ETAG)
    @refused
    @only(*_WRITERS)
    def one(section: str) -> Response:
        """The template of one section."""
        with service.database.reading() as session:
            versions = handlers.template(session, section)
        answer = jsonify(**_shown(section, versions), versions=[_version(row) for row in versions])
        answer.set_etag(_tag(versions))
        return answer

    @blp.put("/<section>")
    @blp.doc(
        parameters=[etag],
        requestBody={"content": {"application/json": {"schema": schema_class(LetterTemplate)}}, "required": True},
    )
    @blp.response(200, description="In force; the same twice changes nothing", headers=ETAG)
    @refusals(blp, 400, 401, 403, 404, 412, 413, 422, 428)
    @only(*_WRITERS)
    def put(section: str) -> Response:
        """Take a template of one's own into use. One that cannot be used is refused with line and reason."""
        return change(section, load(LetterTemplate, body()).text)

    @blp.delete("/<section>")
    @blp.doc(parameters=[etag])
    @blp.response(200, description="The shipped template is in force", headers=ETAG)
    @refusals(blp, 401, 403, 404, 412, 428)
    @only(*_WRITERS)
    def delete(section: str) -> Response:
        """Go back to the template that comes with the house. The versions before are kept."""
        return change(section, None)

    def change(section: str, text: str | None) -> Response:
        def seen(versions: list[TemplateRow]) -> None:
            unchanged(_tag(versions), {"text": text}, {"text": _shown(section, versions)["text"]})

        with service.database.writing() as session:
            handlers.put_template(session, section, text, actor(), service.clock(), seen=seen)
            versions = handlers.template(session, section)
        answer = jsonify(_shown(section, versions))
        answer.set_etag(_tag(versions))
        return answer

    return blp


def _shown(section: str, versions: list[TemplateRow]) -> dict[str, Any]:
    own = versions[0].text if versions else None
    return {
        "section": section,
        "heading": heading(section),
        "text": templates.shipped(section) if own is None else own,
        "is_own": own is not None,
        "version": versions[0].version if versions else 0,
    }


def _tag(versions: list[TemplateRow]) -> str:
    """The number of the version in force; 0 where none of its own has been."""
    return str(versions[0].version if versions else 0)


def _version(row: TemplateRow) -> dict[str, Any]:
    return {"version": row.version, "text": row.text, "by": row.by, "at": row.at.isoformat()}
