"""A phase of a case: its task list, its forms, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from casework.calendar import DENMARK
from casework.contracts import PHASES
from casework.errors import NotFound
from casework.process import CASEWORKER, LEADER, Actor, Role
from portal import forms, recording, wording
from portal.descriptions import Away
from portal.drawing import Drawing, Option
from portal.forms import Values
from portal.identity import only, who
from portal.model import Provider
from portal.pages.here import call, descriptions, header, note, phases, problem, service
from portal.recording import Complaint, Conflict

blp = Blueprint("record", __name__, url_prefix="/cases")

PHASE = f"<any({', '.join(PHASES)}):phase>"


# where we are
@dataclass(frozen=True)
class Place:
    """One record that is filled in: whose, by whom, and where its pages are."""

    me: Actor
    case_id: UUID
    phase: str
    step: str
    key: str = ""

    @property
    def is_provider(self) -> bool:
        return self.me.role is Role.PROVIDER

    @property
    def address(self) -> str:
        if self.is_provider:
            return url_for("provider.form", case_id=self.case_id, step=self.step)
        return url_for("record.form", case_id=self.case_id, phase=self.phase, step=self.step, key=self.key or None)

    @property
    def above(self) -> str:
        if self.is_provider:
            return url_for("provider.order", case_id=self.case_id)
        return url_for("record.tasks", case_id=self.case_id, phase=self.phase)

    @property
    def query(self) -> dict[str, str]:
        return {"key": self.key} if self.key else {}

    def described(self) -> Mapping[str, Any]:
        """What the phase says of the step. Raises Away, NotFound."""
        steps = descriptions().of(phases(), self.me, self.phase)["steps"]
        found = next((s for s in steps if s["step"] == self.step), None)
        if found is None:
            raise NotFound("Siden findes ikke, eller du har ikke adgang til den")
        return dict(found)


@dataclass(frozen=True)
class Record:
    """One record as it reads now."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    revision: str

    @classmethod
    def of(cls, place: Place) -> Record:
        """Raises Away, NotFound."""
        path = f"/cases/{place.case_id}/records"
        answer = call(place.me, "GET", place.phase, path, params={"step": place.step, **place.query})
        told = answer.json()
        empty: dict[str, Any] = {"values": {}, "origins": {}}
        found = next((r for r in told["records"] if r["step"] == place.step), empty)
        return cls(found["values"], found["origins"], str(told["revision"]))


# the task list
@blp.get(f"/<uuid:case_id>/{PHASE}")
@only(CASEWORKER, LEADER)
def tasks(case_id: UUID, phase: str) -> Any:
    """Every form of the phase, with what is still missing, and what can be done."""
    me = who()
    described = descriptions().of(phases(), me, phase)
    records = call(me, "GET", phase, f"/cases/{case_id}/records").json()["records"]
    part = call(me, "GET", phase, f"/cases/{case_id}").json()
    note(case_id, me, "read")
    rows = [row for step in described["steps"] for row in _rows(step, records, part)]
    return render_template(
        "phase.html",
        head=header(case_id),
        phase=phase,
        rows=rows,
        part=part,
        tab=phase,
        actions=[(a, straight(a, described)) for a in part["actions"] if may(me, a, described)],
    )


def _rows(
    step: Mapping[str, Any], records: Sequence[Mapping[str, Any]], part: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One row per record of a step; a step that nobody writes in has none."""
    if all(forms.is_closed(f) for f in step["fields"]):
        return []
    mine = [r for r in records if r["step"] == step["step"]]
    warned = [w for w in part["warnings"] if w["field"].startswith(f"{part['phase']}.{step['step']}")]
    names = _names_of_keys(part)
    return [
        {
            "step": step["step"],
            "label": step["label"],
            "key": r["key"],
            "which": names.get(r["key"], r["key"]),
            "status": forms.status_of(step["fields"], r["values"], r["origins"]),
            "warnings": len(warned),
        }
        for r in mine
    ]


def _names_of_keys(part: Mapping[str, Any]) -> dict[str, str]:
    """What the providers of orders are called; a follow-up goes by its number."""
    drafts = [*part["parts"].get("drafts", []), *part["parts"].get("deliveries", [])]
    named = [draft.get("provider") or {} for draft in [*drafts, *part["parts"].get("orders", [])]]
    return {party["id"]: party["name"] for party in named if party.get("id") and party.get("name")}


def may(me: Actor, action: str, described: Mapping[str, Any]) -> bool:
    """Whether the phase offers the act to this role."""
    known = next((a for a in described["actions"] if a["action"] == action), None)
    return known is not None and str(me.role) in known["by"]


def straight(action: str, described: Mapping[str, Any]) -> bool:
    """Whether a button does it at once: nothing to fill in, and nothing leaves the house."""
    known = next((a for a in described["actions"] if a["action"] == action), None)
    return known is not None and not known["fields"] and action not in wording.LEAVES_THE_HOUSE


# forms
@blp.get(f"/<uuid:case_id>/{PHASE}/<string:step>")
@only(CASEWORKER, LEADER)
def form(case_id: UUID, phase: str, step: str) -> Any:
    return show(Place(who(), case_id, phase, step, request.args.get("key", "")))


@blp.post(f"/<uuid:case_id>/{PHASE}/<string:step>")
@only(CASEWORKER, LEADER)
def save(case_id: UUID, phase: str, step: str) -> Any:
    return keep(Place(who(), case_id, phase, step, request.args.get("key", "")))


def show(place: Place) -> Any:
    """The form as it is recorded."""
    described, record = place.described(), Record.of(place)
    note(place.case_id, place.me, "read")
    page = Page(place, described, record, forms.to_inputs(described["fields"], record.values))
    page.seen = forms.see(described["fields"], record.values)
    return page.render()


@dataclass
class Page:
    """A form on its way to the screen."""

    place: Place
    described: Mapping[str, Any]
    record: Record
    form: MultiDict[str, str]
    seen: Mapping[str, str] | None = None
    behind: Sequence[str] = ()
    complaints: Sequence[Complaint] = ()
    conflicts: Sequence[Conflict] = ()
    notice: str = ""

    def render(self) -> str:
        drawing = Drawing(
            fields=self.described["fields"],
            form=self.form,
            values=self.record.values,
            origins=self.record.origins,
            codes=options,
            providers=_providers()[0],
            candidates=self._candidates(),
            describe=_in_words,
            read_only=self.read_only,
        )
        found = recording.settle_on(drawing.widgets(), self.complaints)
        drawing = replace(drawing, errors={c.input: (c.message, c.rule) for c in found if c.input})
        return render_template(
            "form.html",
            head=header(self.place.case_id),
            place=self.place,
            phase=self.place.phase,
            tab=self.place.phase,
            step=self.described,
            widgets=drawing.widgets(),
            complaints=found,
            conflicts=self.conflicts,
            notice=self.notice,
            read_only=self.read_only,
            etag=self.record.revision,
            seen=json.dumps(self.seen or {}, separators=(",", ":")),
            behind=",".join(self.behind),
            next_step=self._next(),
        )

    @property
    def read_only(self) -> bool:
        """What others write is shown, and not to be mended here."""
        return str(self.place.me.role) not in self.described["by"]

    def _next(self) -> str:
        """The form after this one, where the phase has one per case."""
        if self.place.is_provider or self.place.key:
            return ""
        steps = descriptions().of(phases(), self.place.me, self.place.phase)["steps"]
        open_ones = [s["step"] for s in steps if not all(forms.is_closed(f) for f in s["fields"])]
        after = open_ones[open_ones.index(self.place.step) + 1 :] if self.place.step in open_ones else []
        return after[0] if after else ""

    def _candidates(self) -> dict[str, Any]:
        """What may be chosen from where only the choice is made here: the entries of the field it is carried from."""
        found: dict[str, Any] = {}
        for f in self.described["fields"]:
            if forms.is_pick(f) and f.get("carried_from"):
                phase, step, name = f["carried_from"].split(".")
                try:
                    found[f["name"]] = Record.of(replace(self.place, phase=phase, step=step, key="")).values.get(
                        name, []
                    )
                except (Away, NotFound):
                    found[f["name"]] = self.record.values.get(f["name"], [])
        return found


def _in_words(f: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    wanted = [
        g for g in f["fields"] if g["name"] in ("services", "offer", "provider", "goal_statement", "expected_price")
    ]
    return " · ".join(filter(None, (wording.show(g, entry.get(g["name"])) for g in wanted)))


def options(f: Mapping[str, Any]) -> list[Option]:
    given: list[Option] | None = f.get("options")
    return wording.options(f) if given is None else given


def keep(place: Place) -> Any:
    """Record what was typed. Whatever the answer, what was typed stays on the page."""
    form: MultiDict[str, str] = MultiDict(request.form)
    try:
        described = place.described()
    except Away as away:
        return lost(form, away, place.address)
    recording.fill_providers(form, _providers()[1])
    parsed = forms.parse(described["fields"], form)
    seen, older = recording.read_seen(form.get("seen", "")), [n for n in form.get("behind", "").split(",") if n]
    patch = forms.patch(described["fields"], parsed.values, seen)
    page = Page(place, described, Record({}, {}, form.get("etag", "")), form, seen, older)
    if parsed.problems:
        return _refuse(page, [Complaint(message, name) for name, message in parsed.problems.items()], 422)
    left, open_ones = _choices(form)
    patch = recording.without(patch, left, described["fields"])
    if open_ones:
        page.notice = gettext("Vælg, hvad der skal stå, hvor I har rettet det samme")
    touched = [u for u in recording.units_of(patch, described["fields"]) if u.partition("[")[0] in older]
    if touched and not left and not form.getlist("conflict"):
        return _conflict(page, patch, touched)
    if open_ones:
        return _conflict(page, patch, open_ones)
    if patch:
        try:
            answer = call(
                place.me,
                "PATCH",
                place.phase,
                f"/cases/{place.case_id}",
                json={place.step: patch},
                params=place.query,
                headers={"If-Match": f'"{form.get("etag", "")}"'},
            )
        except Away as away:
            return _not_now(page, away)
        if answer.status_code == 412:
            lead = f"{place.step}."
            return _conflict(page, patch, [u.removeprefix(lead) for u in problem(answer).get("fields", [])])
        if not answer.ok:
            told = problem(answer)
            found = recording.complaints(told, place.phase, place.step, form, patch)
            return _refuse(page, found, answer.status_code)
        note(place.case_id, place.me, "record")
    return _saved(page, parsed.values)


def _choices(form: MultiDict[str, str]) -> tuple[list[str], list[str]]:
    """Of what two people wrote: what is left to the other, and what is not chosen yet."""
    units = form.getlist("conflict")
    theirs = [u for u in units if form.get(f"choose:{u}") == "theirs"]
    return theirs, [u for u in units if form.get(f"choose:{u}") not in ("mine", "theirs")]


def _is_autosave() -> bool:
    return bool(request.headers.get("HX-Request"))


def _clock() -> str:
    return f"{service().clock().astimezone(DENMARK):%H.%M}"


def _saved(page: Page, values: Values) -> Any:
    place, fields = page.place, page.described["fields"]
    if not _is_autosave():
        flash(gettext("Gemt kl. %(tid)s", tid=_clock()))
        after = request.form.get("then", "")
        return redirect(place.above if after == "close" else _at(place, after) if after else place.address)
    try:
        now = Record.of(place)
    except Away:
        return render_template("parts/saved.html", time=_clock(), etag=page.record.revision, seen=None, behind="")
    older = sorted({*page.behind, *recording.behind(fields, values, now.values)})
    labels = [f["label"] for f in fields if f["name"] in older]
    return render_template(
        "parts/saved.html",
        time=_clock(),
        etag=now.revision,
        behind=",".join(older),
        labels=labels,
        seen=json.dumps(forms.marks(fields, values), separators=(",", ":")),
    )


def _at(place: Place, step: str) -> str:
    return replace(place, step=step, key="").address


def _refuse(page: Page, found: Sequence[Complaint], status: int) -> Any:
    """A rule or a shape says no: why, above the form and at the field."""
    if _is_autosave():
        return render_template("parts/not_saved.html", words=wording.said(found[0].message)), status
    page.complaints = found
    try:
        now = Record.of(page.place)
        page.record = replace(now, revision=page.record.revision)
    except Away:
        pass
    return page.render(), status


def _not_now(page: Page, away: Away) -> Any:
    words = gettext(
        "Vi kan ikke få fat i %(phase)s lige nu. Det, du skrev, står her stadig. Prøv at gemme igen om lidt.",
        phase=wording.phase(str(away)),
    )
    if _is_autosave():
        return render_template("parts/not_saved.html", words=words), 503
    page.notice = words
    return page.render(), 503


def _conflict(page: Page, patch: Values, units: Sequence[str]) -> Any:
    """Somebody else has saved the same: both versions, and the person chooses. Nothing is chosen beforehand."""
    place, fields = page.place, page.described["fields"]
    now = Record.of(place)
    by_name = {f["name"]: f for f in fields}
    known = [u for u in units if u.partition("[")[0] in by_name]
    mine = recording.merged(fields, now.values, patch)
    changed = _changes(place)
    conflicts = []
    for unit in known:
        f = by_name[unit.partition("[")[0]]
        texts = [wording.show(f, recording.unit_values(f, unit, values)) for values in (mine, now.values)]
        by, at = next(((b, t) for path, b, t in changed if path.startswith(f"{place.step}.{unit}")), ("", ""))
        if texts[0] != texts[1]:
            conflicts.append(Conflict(unit, f["label"], texts[0], texts[1], by, at))
    if not conflicts:  # both wrote the same, or it is this page's own earlier save: nothing stands against it
        answer = call(
            place.me,
            "PATCH",
            place.phase,
            f"/cases/{place.case_id}",
            json={place.step: patch},
            params=place.query,
            headers={"If-Match": f'"{now.revision}"'},
        )
        if answer.ok:
            return _saved(page, forms.parse(fields, page.form).values)
    if _is_autosave():
        names = ", ".join(c.by for c in conflicts[:1] if c.by)
        return render_template("parts/conflict.html", by=names), 412
    page.record, page.conflicts, page.behind = now, conflicts, ()
    page.form, page.seen = forms.to_inputs(fields, mine), forms.see(fields, now.values)
    return page.render(), 412


def _changes(place: Place) -> list[tuple[str, str, str]]:
    """What was changed last, by whom and when: (path, name, time), the newest first."""
    if place.is_provider:
        return []
    try:
        told = call(place.me, "GET", place.phase, f"/cases/{place.case_id}/changes").json()["changes"]
    except (Away, NotFound):
        return []
    return [(change[0], entry["by"], entry["at"]) for entry in told for change in entry["changes"] or []]


def lost(form: MultiDict[str, str], away: Away, address: str) -> Any:
    """The phase is down and has never told what its form looks like: what was typed, plain, to be sent again."""
    typed = [(name, value) for name, value in form.items(multi=True) if name != "form_mark"]
    return render_template("lost.html", typed=typed, address=address, away=wording.phase(str(away))), 503


def _providers() -> tuple[list[Option], dict[str, dict[str, str]]]:
    """The register, to choose from, and as a party is written."""
    with service().database.reading() as session:
        rows = session.scalars(sa.select(Provider).order_by(Provider.name, Provider.id)).all()
    parties = {}
    for row in rows:
        party = {
            "id": row.id,
            "name": row.name,
            "role": "provider",
            "cvr": row.cvr,
            "p_number": row.p_number,
            "ean": row.ean,
            "offer": row.offer,
            "email": row.email,
        }
        parties[row.id] = {name: value for name, value in party.items() if value}
    return [Option(row.id, row.name) for row in rows], parties


# acting
@blp.get(f"/<uuid:case_id>/{PHASE}/actions/<string:action>")
@only(CASEWORKER, LEADER)
def ask(case_id: UUID, phase: str, action: str) -> Any:
    return check(Place(who(), case_id, phase, ""), action)


@blp.post(f"/<uuid:case_id>/{PHASE}/actions/<string:action>")
@only(CASEWORKER, LEADER)
def act(case_id: UUID, phase: str, action: str) -> Any:
    return do(Place(who(), case_id, phase, ""), action, lambda: url_for("cases.one", case_id=case_id))


def _action(place: Place, action: str) -> dict[str, Any]:
    """What the phase says of the act. Raises Away, NotFound."""
    described = descriptions().of(phases(), place.me, place.phase)
    found = next((a for a in described["actions"] if a["action"] == action), None)
    if found is None:
        raise NotFound("Siden findes ikke, eller du har ikke adgang til den")
    return dict(found)


def check(place: Place, action: str, form: MultiDict[str, str] | None = None, found: Sequence[Complaint] = ()) -> str:
    """*Tjek, før du sender*: what is filled in, what is missing, and what happens then."""
    described = _action(place, action)
    part = call(place.me, "GET", place.phase, f"/cases/{place.case_id}").json()
    fields = _asked(place, described["fields"], part)
    drawing = Drawing(fields=fields, form=form or MultiDict(), values={}, origins={}, codes=options)
    placed = recording.settle_on(drawing.widgets(), [replace(c, input=c.input or c.field) for c in found])
    drawing = replace(drawing, errors={c.input: (c.message, c.rule) for c in placed if c.input})
    return render_template(
        "check.html",
        head=header(place.case_id),
        place=place,
        phase=place.phase,
        tab=place.phase,
        action=action,
        described=described,
        widgets=drawing.widgets(),
        complaints=placed,
        part=part,
        consequence=wording.LEAVES_THE_HOUSE.get(action, ""),
        steps=_steps(place),
    )


def _steps(place: Place) -> list[str]:
    return [s["step"] for s in descriptions().of(phases(), place.me, place.phase)["steps"]]


def _asked(place: Place, fields: Sequence[Mapping[str, Any]], part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The act's fields; which order is meant is chosen by the provider's name, and a provider has but one."""
    names = _names_of_keys(part)
    keys = dict.fromkeys(p["key"] for p in part.get("positions", []) if p.get("key"))
    orders = [Option(key, names.get(key, key)) for key in keys]
    asked: list[Mapping[str, Any]] = []
    for f in fields:
        if f["name"] != "order":
            asked.append(f)
        elif not place.is_provider and orders:
            asked.append({**f, "type": "code", "codes": list(keys), "options": orders})
    return asked


def do(place: Place, action: str, then: Callable[[], str]) -> Any:
    """Do it, and say so; or say why not, with what was typed still there."""
    described = _action(place, action)
    form: MultiDict[str, str] = MultiDict(request.form)
    parsed = forms.parse(described["fields"], form)
    if parsed.problems:
        found = [Complaint(message, name) for name, message in parsed.problems.items()]
        return check(place, action, form, found), 422
    if place.is_provider and any(f["name"] == "order" for f in described["fields"]):
        parsed.values["order"] = place.key
    path = f"/cases/{place.case_id}/actions/{action.partition('.')[2].replace('_', '-')}"
    answer = call(place.me, "POST", place.phase, path, json=parsed.values)
    if answer.ok:
        note(place.case_id, place.me, "act")
        flash(gettext("Gjort: %(what)s", what=wording.action(action, described["label"])))
        return redirect(then())
    told = problem(answer)
    listed = told.get("errors") or [told]
    found = [
        Complaint(e.get("message") or e.get("detail", ""), "", e.get("rule") or "", e.get("field") or "")
        for e in listed
    ]
    return check(place, action, form, found), answer.status_code
