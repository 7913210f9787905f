"""A phase of a case: its task list, its forms, and what can be done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from casework.contracts import PHASES
from casework.errors import NotFound
from casework.process import CASEWORKER, LEADER, Actor, Role
from portal import forms, guidance, recording, sources, wording
from portal.changes import new_in
from portal.descriptions import Away
from portal.drawing import Asked, Drawing, Option
from portal.forms import Seen, Values
from portal.identity import only, who
from portal.language import gettext
from portal.model import Provider
from portal.overview import NEXT
from portal.pages.here import call, clock, descriptions, header, note, phases, problem, service, today, track_of
from portal.recording import Complaint, Conflict, Typed

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
    everything: bool = False  # also what the case's track leaves out

    @property
    def is_provider(self) -> bool:
        return self.me.role is Role.PROVIDER

    @property
    def address(self) -> str:
        query: dict[str, Any] = {"all": "1"} if self.everything else {}
        if self.is_provider:
            return url_for("provider.form", case_id=self.case_id, step=self.step, **query)
        query |= {"key": self.key} if self.key else {}
        return url_for("record.form", case_id=self.case_id, phase=self.phase, step=self.step, **query)

    def showing(self, *, everything: bool) -> Place:
        return replace(self, everything=everything)

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
    marks: Mapping[str, Any] = field(default_factory=dict)  # path -> whose word it is

    @classmethod
    def of(cls, place: Place) -> Record:
        """Raises Away, NotFound."""
        path = f"/cases/{place.case_id}/records"
        answer = call(place.me, "GET", place.phase, path, params={"step": place.step, **place.query})
        told = answer.json()
        empty: dict[str, Any] = {"values": {}, "origins": {}}
        found = next((r for r in told["records"] if r["step"] == place.step), empty)
        return cls(found["values"], found["origins"], str(told["revision"]), found.get("marks", {}))


# the task list
@blp.get(f"/<uuid:case_id>/{PHASE}")
@only(CASEWORKER, LEADER)
def tasks(case_id: UUID, phase: str) -> Any:
    """Every form of the phase, with what is still missing, and what can be done."""
    me, head = who(), header(case_id)
    track = track_of(head)
    described = descriptions().of(phases(), me, phase)
    records = call(me, "GET", phase, f"/cases/{case_id}/records").json()["records"]
    part = call(me, "GET", phase, f"/cases/{case_id}").json()
    note(case_id, me, "read")
    rows = [row for step in described["steps"] for row in _rows(step, records, part, track)]
    shown = [row for row in rows if row["belongs"] or row["status"] != "untouched" or wants_everything()]
    return render_template(
        "phase.html",
        head=head,
        phase=phase,
        rows=shown,
        left_out=len(rows) - len(shown),
        everything=wants_everything(),
        part=part,
        tab=phase,
        actions=[(a, straight(a, described)) for a in _in_order(part["actions"]) if may(me, a, described)],
        carries_on=NEXT,
        new_in=new_in,
    )


def _in_order(actions: Sequence[str]) -> list[str]:
    """What carries the case on first."""
    return sorted(wording.offered(actions), key=lambda action: NEXT.index(action) if action in NEXT else len(NEXT))


def _rows(
    step: Mapping[str, Any], records: Sequence[Mapping[str, Any]], part: Mapping[str, Any], track: str | None
) -> list[dict[str, Any]]:
    """One row per record of a step; a step that nobody writes in has none."""
    if is_closed(step):
        return []
    warned = [w for w in part["warnings"] if w["field"].startswith(f"{part['phase']}.{step['step']}")]
    picture = next((c for c in part.get("completeness", []) if c["step"] == step["step"]), None)
    names = _names_of_keys(part)
    return [
        {
            "step": step["step"],
            "label": step["label"],
            "key": r["key"],
            "which": names.get(r["key"], r["key"]),
            "belongs": forms.is_in_track(step, track),
            "status": _status(step, r, picture, track),
            "asked": picture["asked"] if picture else 0,
            "there": picture["asked"] - len(picture["missing"]) if picture else 0,
            "warnings": len(warned),
        }
        for r in records
        if r["step"] == step["step"]
    ]


def _status(
    step: Mapping[str, Any], record: Mapping[str, Any], picture: Mapping[str, Any] | None, track: str | None
) -> str:
    """As the phase tells it of a step with one record; else by what is always needed of what the track shows."""
    values, origins = record["values"], record["origins"]
    status = forms.status_of(forms.shown_on(track, step["fields"], values, origins), values, origins)
    if picture and status != "untouched":
        return "unfinished" if picture["missing"] else "filled"
    return status


def is_closed(step: Mapping[str, Any]) -> bool:
    """Whether nobody writes in the step: the house keeps it."""
    return all(forms.is_closed(f) for f in step["fields"])


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
    return show(_place(case_id, phase, step))


@blp.post(f"/<uuid:case_id>/{PHASE}/<string:step>")
@only(CASEWORKER, LEADER)
def save(case_id: UUID, phase: str, step: str) -> Any:
    return keep(_place(case_id, phase, step))


def _place(case_id: UUID, phase: str, step: str) -> Place:
    return Place(who(), case_id, phase, step, request.args.get("key", ""), wants_everything())


def wants_everything() -> bool:
    """Whether also what the case's track leaves out is asked for."""
    return request.args.get("all") == "1"


def show(place: Place) -> Any:
    """The form as it is recorded."""
    described, record = place.described(), Record.of(place)
    note(place.case_id, place.me, "read")
    page = Page(place, described, record, MultiDict())
    page.fill(record.values, sources.of(record.marks))
    page.seen = page.marks
    return page.render()


@dataclass
class Page:
    """A form on its way to the screen."""

    place: Place
    described: Mapping[str, Any]
    record: Record
    form: MultiDict[str, str]
    seen: Seen = field(default_factory=dict)
    kept: Collection[str] = ()  # the fields that the person has on the page
    behind: Sequence[str] = ()
    complaints: Sequence[Complaint] = ()
    conflicts: Sequence[Conflict] = ()
    notice: str = ""

    def fill(self, values: Mapping[str, Any], known: Mapping[str, Values]) -> None:
        """Let these values stand in the inputs, and from whom they are known."""
        self.form = forms.to_inputs(self.described["fields"], values)
        sources.write(self.described["fields"], self.form, known, self.place.step)

    @property
    def marks(self) -> Seen:
        """A mark of each value that stands in the inputs."""
        fields = self.described["fields"]
        return forms.marks(fields, forms.parse(fields, self.form).values) | sources.seen(
            sources.read(fields, self.form).values
        )

    def render(self) -> str:
        place, head = self.place, header(self.place.case_id)
        track = track_of(head)
        belongs = forms.is_in_track(self.described, track)
        drawing = Drawing(
            fields=self.described["fields"],
            form=self.form,
            values=self.record.values,
            origins=self.record.origins,
            marks=self.record.marks,
            codes=options,
            beside=guidance.beside,
            before=guidance.before,
            providers=_providers()[0],
            candidates=self._candidates(),
            describe=_in_words,
            questions=self._questions(),
            track=track if belongs else None,
            kept=[f["name"] for f in self.described["fields"]] if place.everything else self.kept,
            asks_sources=not place.is_provider,
            read_only=self.read_only,
        )
        found = recording.settle_on(drawing.widgets(), self.complaints)
        drawing = replace(drawing, errors={c.input: (c.message, c.rule) for c in found if c.input})
        return render_template(
            "form.html",
            head=head,
            place=place,
            phase=place.phase,
            tab=place.phase,
            step=self.described,
            belongs=belongs,
            left_out=drawing.left_out,
            widgets=drawing.widgets(),
            complaints=found,
            conflicts=self.conflicts,
            notice=self.notice,
            read_only=self.read_only,
            etag=self.record.revision,
            seen=json.dumps(self.seen, separators=(",", ":")),
            behind=",".join(self.behind),
            next_step=self._next(track),
        )

    @property
    def read_only(self) -> bool:
        """What others write is shown, and not to be mended here."""
        return str(self.place.me.role) not in self.described["by"]

    def _next(self, track: str | None) -> str:
        """The form after this one, of those that the track shows, where the phase has one per case."""
        place = self.place
        if place.is_provider or place.key:
            return ""
        steps = [s for s in descriptions().of(phases(), place.me, place.phase)["steps"] if not is_closed(s)]
        after = steps[next((n + 1 for n, s in enumerate(steps) if s["step"] == place.step), len(steps)) :]
        return next((s["step"] for s in after if place.everything or forms.is_in_track(s, track)), "")

    def _questions(self) -> list[Asked]:
        """The specialist questions of the track and the target groups, and those that were answered before."""
        if not any(f["type"] == "SpecialistAnswer" for f in self.described["fields"]):
            return []
        path = f"/cases/{self.place.case_id}/questions"
        sets = call(self.place.me, "GET", self.place.phase, path).json()["question_sets"]
        answered = [entry["question"] for entry in self.record.values.get("answers", [])]
        return guidance.questions(sets, filter(None, map(service().municipality.question, answered)))

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


def options(f: Mapping[str, Any], about: str) -> list[Option]:
    given: list[Option] | None = f.get("options")
    return wording.options(f, about, today()) if given is None else given


def keep(place: Place) -> Any:
    """Record what was typed. Whatever the answer, what was typed stays on the page."""
    form: MultiDict[str, str] = MultiDict(request.form)
    try:
        described = place.described()
    except Away as away:
        return lost(form, away, place.address)
    fields = described["fields"]
    recording.fill_providers(form, _providers()[1])
    parsed, named = forms.parse(fields, form), sources.read(fields, form)
    seen, older = recording.read_seen(form.get("seen", "")), [n for n in form.get("behind", "").split(",") if n]
    patch = forms.patch(fields, parsed.values, seen)
    typed = Typed(place.step, patch, sources.changed(fields, named.values, seen, patch))
    kept = {re.split(r"[.\[]", name)[0] for name in form}
    page = Page(place, described, Record({}, {}, form.get("etag", "")), form, seen, kept, older)
    if problems := parsed.problems | named.problems:
        return _refuse(page, [Complaint(message, name) for name, message in problems.items()], 422)
    left, open_ones = _choices(form)
    typed = typed.without(left, fields)
    if open_ones:
        page.notice = gettext("Vælg, hvad der skal stå, hvor I har rettet det samme")
    touched = [u for u in recording.units_of(typed.patch, fields) if u.partition("[")[0] in older]
    if touched and not left and not form.getlist("conflict"):
        return _conflict(page, typed, touched)
    if open_ones:
        return _conflict(page, typed, open_ones)
    if typed:
        try:
            answer = _send(place, typed, form.get("etag", ""))
        except Away as away:
            return _not_now(page, away)
        if answer.status_code == 412:
            lead = f"{place.step}."
            return _conflict(page, typed, [u.removeprefix(lead) for u in problem(answer).get("fields", [])])
        if not answer.ok:
            found = recording.complaints(problem(answer), place.phase, form, typed)
            return _refuse(page, found, answer.status_code)
        note(place.case_id, place.me, "record")
    return _saved(page)


def _send(place: Place, typed: Typed, revision: str) -> Any:
    """Record it, on top of what the person has read. Raises Away."""
    return call(
        place.me,
        "PATCH",
        place.phase,
        f"/cases/{place.case_id}",
        json=typed.body,
        params=place.query,
        headers={"If-Match": f'"{revision}"'},
    )


def _choices(form: MultiDict[str, str]) -> tuple[list[str], list[str]]:
    """Of what two people wrote: what is left to the other, and what is not chosen yet."""
    units = form.getlist("conflict")
    theirs = [u for u in units if form.get(f"choose:{u}") == "theirs"]
    return theirs, [u for u in units if form.get(f"choose:{u}") not in ("mine", "theirs")]


def _is_autosave() -> bool:
    return bool(request.headers.get("HX-Request"))


def _saved(page: Page) -> Any:
    place, fields = page.place, page.described["fields"]
    if not _is_autosave():
        flash(gettext("Gemt kl. %(tid)s", tid=clock()))
        return redirect(_after(place, request.form.get("then", "")))
    values = forms.parse(fields, page.form).values
    try:
        now = Record.of(place)
    except Away:
        return render_template("parts/saved.html", time=clock(), etag=page.record.revision, seen=None, behind="")
    older = sorted({*page.behind, *recording.behind(fields, values, now.values)})
    labels = [f["label"] for f in fields if f["name"] in older]
    return render_template(
        "parts/saved.html",
        time=clock(),
        etag=now.revision,
        behind=",".join(older),
        labels=labels,
        seen=json.dumps(page.marks, separators=(",", ":")),
    )


def _after(place: Place, then: str) -> str:
    """Where a person goes on once it is saved."""
    if then == "close":
        return place.above
    if then in ("all", "fewer"):
        return place.showing(everything=then == "all").address
    return replace(place, step=then, key="").address if then else place.address


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


def _conflict(page: Page, typed: Typed, units: Sequence[str]) -> Any:
    """Somebody else has saved the same: both versions, and the person chooses. Nothing is chosen beforehand."""
    place, fields = page.place, page.described["fields"]
    now = Record.of(place)
    by_name = {f["name"]: f for f in fields}
    known = [u for u in units if u.partition("[")[0] in by_name]
    mine, gone = recording.merged(fields, now.values, typed.patch), set(recording.removed(fields, typed.patch))
    changed = _changes(place)
    conflicts = []
    for unit in known:
        f = by_name[unit.partition("[")[0]]
        texts = [wording.show(f, recording.unit_values(f, unit, values)) for values in (mine, now.values)]
        if unit in gone:
            texts[0] = gettext("(fjernet)") if texts[1] else ""
        by, at = next(((b, t) for path, b, t in changed if path.startswith(f"{place.step}.{unit}")), ("", ""))
        if texts[0] != texts[1]:
            conflicts.append(Conflict(unit, f["label"], texts[0], texts[1], by, at))
    # Without a conflict both wrote the same, or it is this page's own earlier save: nothing stands against it.
    if not conflicts and _send(place, typed, now.revision).ok:
        return _saved(page)
    if _is_autosave():
        names = ", ".join(c.by for c in conflicts[:1] if c.by)
        return render_template("parts/conflict.html", by=names), 412
    page.record, page.conflicts, page.behind = now, conflicts, ()
    page.fill(now.values, sources.of(now.marks))
    page.seen = page.marks
    page.fill(mine, sources.of(now.marks) | typed.sources)
    recording.tick_removed(fields, page.form, gone)
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
    if action in wording.ON_REUSE_PAGE:
        return redirect(url_for("reuse.page", case_id=case_id))
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
        "answer.html" if action in wording.ANSWERS else "check.html",
        head=header(place.case_id),
        place=place,
        phase=place.phase,
        tab=place.phase,
        action=action,
        described=described,
        widgets=drawing.widgets(),
        complaints=placed,
        part=part,
        consequence=wording.consequence(action, part["parts"]),
        version=(request.args if form is None else form).get("version", ""),
        consequences=wording.LEAVES_THE_HOUSE,
        answers=wording.ANSWERS,
        steps={s["step"]: s for s in descriptions().of(phases(), place.me, place.phase)["steps"]},
    )


def _asked(place: Place, fields: Sequence[Mapping[str, Any]], part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The act's fields; which order is meant is chosen by the provider's name, and a provider has but one."""
    names = _names_of_keys(part)
    keys = dict.fromkeys(p["key"] for p in part.get("positions", []) if p.get("key"))
    orders = [Option(key, names.get(key, key)) for key in keys]
    asked: list[Mapping[str, Any]] = []
    for f in fields:
        if f["name"] == "version":  # of an order: the one that was on the page
            continue
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
