"""A case lives through an upgrade, whichever service is upgraded first; nothing that is stored or said is lost.

Two phases in small, `visit` and `feedback`, in two releases. The second has version 2 of a message, of a process, of a
step and of a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.contracts import Message, contract
from casework.contracts.export import schema_of
from casework.contracts.intake import CaseOpened
from casework.fields import Step, entries, field, needed, step, value
from casework.messaging.tables import Incoming, Outgoing
from casework.phase.phase import Phase
from casework.phase.store import load
from casework.phase.tables import CaseRow, HeardRow, JournalRow, RecordRow, RunRow
from casework.process import CASEWORKER, Becomes, End, Node, Process, Situation, Start, UserTask, Wait
from casework.service.phase_api import PhaseService, create_phase_app
from casework.testing.cases import A_CASE, A_CASEWORKER, AN_OPERATOR, ANOTHER_CASEWORKER, OPENED, Office
from casework.testing.releases import a_phase, apart, release
from casework.testing.visits import Invite, Plan, Report, VisitAnswered
from casework.versions import Renamed, stored

Case = Situation[Any]


# the first release
with apart():

    @contract("talk.recorded", by="visit", to="feedback", tells={"visit.talk": "purpose conclusion"})
    class TalkRecorded1(Message):
        """What the talk was about."""

        purpose: str | None = field("Formål")
        conclusion: str | None = field("Konklusion")


@value
class Wish1:
    id: str = needed()
    text: str | None = field("Ønske")


@step("talk", "Samtale")
class Talk1(Step):
    """What was talked about."""

    purpose: str | None = field("Formål")
    conclusion: str | None = field("Konklusion")
    people: int | None = field("Hvor mange")
    wishes: tuple[Wish1, ...] = entries("Ønsker")


@dataclass(frozen=True)
class State1:
    comes: bool | None = None


# the second release
with apart():

    @contract(
        "talk.recorded", version=2, by="visit", to="feedback", tells={"visit.talk": "aim conclusion mood"},
        upcasts={1: Renamed({"purpose": "aim"})},
        downcasts={1: Renamed({"aim": "purpose", "mood": None})},
    )  # fmt: skip
    class TalkRecorded2(Message):
        """What the talk was about, and how it went."""

        aim: str | None = field("Mål")
        conclusion: str | None = field("Konklusion")
        mood: str | None = field("Stemning")


@value
class Wish2:
    id: str = needed()
    words: str | None = field("Ønske")


@step("talk", "Samtale", version=2, upcasts={1: Renamed({"purpose": "aim", "people": None, "wishes.text": "words"})})
class Talk2(Step):
    """What was talked about; how many there were is asked no more."""

    aim: str | None = field("Mål")
    conclusion: str | None = field("Konklusion")
    mood: str | None = field("Stemning")
    wishes: tuple[Wish2, ...] = entries("Ønsker")


def in_words(state: Any) -> Any:
    return {"answer": "ja" if state["comes"] else "nej"} if "comes" in state else {}


@stored("visit", version=2, upcasts={1: in_words})
@dataclass(frozen=True)
class State2:
    answer: str | None = None


# the phases
def plan(s: Case, trigger: object, today: date) -> Any:
    return ()


def rows(note: Callable[..., Any], *, invite: str, answer: str, held: str) -> tuple[Node, ...]:
    return (
        Start("planned", "Besøg planlagt", on=Plan, do=plan, then=invite, by=CASEWORKER),
        UserTask(invite, f"Indkald ({invite})", on=Invite, do=plan, then=answer, by=CASEWORKER),
        Wait(answer, f"Venter på svar ({answer})", on=VisitAnswered, do=note, then=held),
        UserTask(held, f"Afslut ({held})", on=Report, do=plan, then="over", by=CASEWORKER),
        End("over", "Besøget er forbi"),
    )


def note_1(s: Case, told: VisitAnswered, today: date) -> Any:
    yield Becomes(comes=told.comes)


def note_2(s: Case, told: VisitAnswered, today: date) -> Any:
    yield Becomes(answer="ja" if told.comes else "nej")


def visit(version: int, nodes: tuple[Node, ...], **more: Any) -> Process:
    return Process("visit", "Hjemmebesøg", version=version, number="visit", nodes=nodes, **more)


OLD_NAMES = {"invite": "invite", "answer": "answer", "held": "visit"}
NEW_NAMES = {"invite": "call", "answer": "reply", "held": "hold"}
FIRST_TABLE = visit(1, rows(note_2, **OLD_NAMES))  # as it stands in the second release, with the rules of that
KEEPING = visit(2, rows(note_2, **NEW_NAMES), earlier=(FIRST_TABLE,))
MOVING = visit(2, rows(note_2, **NEW_NAMES), moves={1: {"invite": "call", "answer": "reply", "visit": "hold"}})


@dataclass(frozen=True)
class Heard:
    aim: str | None = None
    mood: str | None = None


def feedback(on: type[Message], note: Callable[..., Any]) -> Phase:
    """Asks the citizen about every talk: a number for each that was told of."""
    nodes = (
        Start("told", "Samtale holdt", on=on, do=note, then="ask"),
        UserTask("ask", "Spørg borgeren", on=Report, do=plan, then="asked", by=CASEWORKER),
        End("asked", "Borgeren er spurgt"),
    )
    return Phase(Process("feedback", "Svar", version=1, number="talk", nodes=nodes), Heard, (), (Report,))


def hear_1(s: Case, told: TalkRecorded1, today: date) -> Any:
    yield Becomes(aim=told.purpose)


def hear_2(s: Case, told: TalkRecorded2, today: date) -> Any:
    yield Becomes(aim=told.aim, mood=told.mood)


@dataclass(frozen=True)
class Release:
    messages: tuple[type[Message], ...]
    visit: Phase
    feedback: Phase


COMMANDS = (Plan, Invite, Report)
ONE = Release(
    (TalkRecorded1, VisitAnswered),
    Phase(visit(1, rows(note_1, **OLD_NAMES)), State1, (Talk1,), COMMANDS),
    feedback(TalkRecorded1, hear_1),
)
TWO = Release(
    (TalkRecorded2, VisitAnswered), Phase(KEEPING, State2, (Talk2,), COMMANDS), feedback(TalkRecorded2, hear_2)
)
TWO_MOVING = replace(TWO, visit=replace(TWO.visit, process=MOVING))


class House:
    """The two services and their databases, which outlive every release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sent: set[UUID] = set()
        self._offices: dict[Any, Office] = {}

    @contextmanager
    def at_work(self, which: Release, name: str, **settings: Any) -> Iterator[Office]:
        """One service, in this release."""
        with ExitStack() as held:
            for one in ("visit", "feedback"):
                held.enter_context(a_phase(one))
            held.enter_context(release(*which.messages))
            at = (id(which), name, str(settings))
            self._offices[at] = self._offices.get(at) or self._office(getattr(which, name), name, settings)
            yield self._offices[at]

    def _office(self, phase: Phase, name: str, settings: dict[str, Any]) -> Office:
        module = SimpleNamespace(
            __name__=name,
            create=lambda shared, **given: PhaseService(phase, replace(shared, **settings), **given),
            create_app=create_phase_app,
        )
        return Office(module, url=f"sqlite:///{self.folder}/{name}.db")

    def close(self) -> None:
        for office in self._offices.values():
            office.service.close()

    def letters(self, sender: Office) -> list[dict[str, Any]]:
        """What the sender owes feedback and has not sent before."""
        with sender.database.reading() as session:
            owed = session.scalars(sa.select(Outgoing).order_by(Outgoing.position)).all()
        new = [row for row in owed if "feedback" in row.consumers and row.id not in self._sent]
        self._sent |= {row.id for row in new}
        return [row.envelope for row in new]

    def say(self, which: Release, *patches: dict[str, Any], case: UUID = A_CASE, **settings: Any) -> list[Any]:
        """What visit tells feedback when these are recorded, one after the other."""
        with self.at_work(which, "visit", **settings) as office:
            for patch in patches:
                answer = office.record({"talk": patch}, case)
                assert answer.status_code == 200, answer.text
            return self.letters(office)

    def open(self, which: Release, *cases: UUID) -> None:
        for name in ("visit", "feedback"):
            with self.at_work(which, name) as office:
                for case in cases:
                    office.hear(OPENED, subject=case)

    def hear(self, which: Release, letters: list[Any]) -> None:
        """Feedback, in this release, gets these, and does what is due."""
        with self.at_work(which, "feedback") as office:
            office.service.inbox.receive(letters)
            office.service.inbox.work_due()

    def heard(self, case: UUID = A_CASE) -> list[tuple[str | None, str | None]]:
        """What feedback knows of each talk of a case, in the newest release."""
        with self.at_work(TWO, "feedback") as office:
            return [(run.state.aim, run.state.mood) for run in situation(office, case).runs]

    def states(self) -> list[tuple[str, str | None]]:
        with self.at_work(TWO, "feedback") as office:
            return [(row.status, row.reason) for row in office.came() if row.type == "talk.recorded"]


def situation(office: Office, case: UUID = A_CASE) -> Any:
    with office.database.reading() as session:
        row = session.get_one(CaseRow, case)
        return load(session, office.service.phase, row, office.service.municipality, A_CASEWORKER, office.now)


def stored_rows(office: Office, table: Any) -> list[Any]:
    with office.database.reading() as session:
        return list(session.scalars(sa.select(table).order_by(*table.__table__.primary_key)))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.open(ONE, A_CASE)
    yield made
    made.close()


# a message, the receiver first
def test_a_receiver_that_is_upgraded_first_understands_the_older_sender(house):
    house.hear(TWO, house.say(ONE, {"purpose": "Bolig"}))
    house.hear(TWO, house.say(TWO, {"mood": "God"}))

    assert house.heard() == [("Bolig", None), ("Bolig", "God")]
    assert {status for status, _ in house.states()} == {"done"}


def test_what_was_heard_before_the_upgrade_is_read_after_it(house):
    house.hear(ONE, house.say(ONE, {"purpose": "Bolig", "conclusion": "Ja"}))
    with house.at_work(TWO, "feedback") as office:
        answer = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}")
        told = situation(office).told(TalkRecorded2)

    assert answer.status_code == 200
    assert told == TalkRecorded2(aim="Bolig", conclusion="Ja")


with apart():

    @contract("citizen.cheered", by="visit", to="feedback")
    class CitizenCheered(Message):
        """Something that nobody asks for any more."""


def test_what_was_heard_of_a_message_that_is_retired_disturbs_nobody(house):
    telling = replace(ONE, messages=(*ONE.messages, CitizenCheered))
    with house.at_work(telling, "feedback") as office:
        office.hear(CitizenCheered(), producer="visit")
        heard = [row.type for row in stored_rows(office, HeardRow)]
    with house.at_work(TWO, "feedback") as office:
        told = situation(office).heard

    assert sorted(heard) == ["case.opened", "citizen.cheered"]
    assert [one.kind for one in told] == [CaseOpened]


# a message, the sender first
def test_a_receiver_that_is_upgraded_last_keeps_what_it_does_not_know_and_takes_it_then_in_order(house):
    other = uuid4()
    house.open(ONE, other)
    elsewhere = house.say(ONE, {"purpose": "Job"}, case=other)
    letters = house.say(TWO, {"aim": "Bolig"}, {"mood": "God"})
    house.hear(ONE, [*letters, *elsewhere])
    before = house.states()

    house.hear(TWO, [])
    assert sorted(before) == [("done", None), ("new", None), ("unknown", "talk.recorded version 2 kendes ikke her")]
    assert house.heard() == [("Bolig", None), ("Bolig", "God")]
    assert house.heard(other) == [("Job", None)]
    assert {status for status, _ in house.states()} == {"done"}


def test_a_sender_that_is_upgraded_first_may_speak_the_older_version_until_all_understand_the_newer(house):
    letters = house.say(TWO, {"aim": "Bolig", "mood": "God"}, speaks={"talk.recorded": 1})
    house.hear(ONE, letters)
    understood = house.heard()
    house.hear(TWO, house.say(TWO, {"conclusion": "Ja"}))

    assert [(one["version"], one["body"]) for one in letters] == [(1, {"purpose": "Bolig"})]
    assert understood == [("Bolig", None)]
    assert house.heard() == [("Bolig", None), ("Bolig", "God")]


def test_what_the_older_version_could_not_say_is_told_at_the_next_change_without_the_setting(house):
    house.hear(TWO, house.say(TWO, {"aim": "Bolig", "mood": "God"}, speaks={"talk.recorded": 1}))
    (told,) = house.say(TWO, {"wishes": [{"id": "a", "words": "Hund"}]})

    assert (told["version"], told["body"]) == (2, {"aim": "Bolig", "mood": "God"})


# a process
def run_until_invited(house: House) -> None:
    with house.at_work(ONE, "visit") as office:
        assert office.act("visit.plan").status_code == 200


def positions(office: Office) -> list[tuple[int, str, str]]:
    return [(one["number"], one["at"], one["label"]) for one in office.read()["positions"]]


def test_a_number_that_stands_on_a_row_that_is_gone_ends_on_its_own_table(house):
    run_until_invited(house)
    with house.at_work(TWO, "visit") as office:
        begun = positions(office)
        office.act("visit.invite")
        office.act("visit.plan")
        office.hear(VisitAnswered(provider_id="x-hus", comes=True))
        office.act("visit.report")
        ended = positions(office)
        table = [(run.number, run.version) for run in stored_rows(office, RunRow)]

    assert begun == [(1, "invite", "Indkald (invite)")]
    assert ended == [(1, "over", "Besøget er forbi"), (2, "call", "Indkald (call)")]
    assert table == [(1, 1), (2, 2)]


def test_a_number_that_is_moved_by_declaration_goes_on_on_the_newest_table_and_its_move_is_told(house):
    run_until_invited(house)
    with house.at_work(TWO_MOVING, "visit") as office:
        moved = positions(office)
        office.act("visit.invite")
        told = [(body.get("begins"), body["arrives"]) for _, body in office.owed("position.changed")]
        (run,) = stored_rows(office, RunRow)
        journal = [(row.begins, row.arrives) for row in stored_rows(office, JournalRow)]

    assert moved == [(1, "call", "Indkald (call)")]
    assert told == [(None, "invite"), ("invite", "call"), ("call", "reply")]
    assert (run.at, run.version) == ("reply", 2)
    assert journal == told


def test_what_a_number_was_is_brought_up_with_it(house):
    run_until_invited(house)
    with house.at_work(ONE, "visit") as office:
        office.act("visit.invite")
        office.hear(VisitAnswered(provider_id="x-hus", comes=True))
    with house.at_work(TWO, "visit") as office:
        (before,) = situation(office).runs
        office.act("visit.report")
        (run,) = stored_rows(office, RunRow)

    assert before.state == State2(answer="ja")
    assert (run.state, run.state_version) == ({"answer": "ja"}, 2)


# a step
RECORDED = {"purpose": "Bolig", "people": 3, "wishes": [{"id": "a", "text": "Hund"}]}


def test_a_step_that_was_recorded_before_the_upgrade_reads_as_it_is_declared_now(house):
    house.say(ONE, RECORDED)
    with house.at_work(TWO, "visit") as office:
        (record,) = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/records?step=talk").get_json()["records"]
        marks = situation(office).marks["talk", ""]

    assert record["values"] == {"aim": "Bolig", "wishes": [{"id": "a", "words": "Hund"}]}
    assert {path: mark["by"] for path, mark in marks.items() if path != "talk.wishes[a].id"} == {
        "talk.aim": "Kim Dam", "talk.wishes[a].words": "Kim Dam",
    }  # fmt: skip


def test_what_is_recorded_after_the_upgrade_is_stored_as_the_newest_and_the_journal_keeps_both_names(house):
    house.say(ONE, RECORDED)
    house.say(TWO, {"aim": "Job", "wishes": [{"id": "a", "words": "Kat"}]})
    with house.at_work(TWO, "visit") as office:
        (row,) = stored_rows(office, RecordRow)
        paths = [change[0] for entry in stored_rows(office, JournalRow) for change in entry.changes]

    assert (row.version, row.data) == (2, {"aim": "Job", "wishes": [{"id": "a", "words": "Kat"}]})
    assert set(row.changed) == {"talk.aim", "talk.wishes[a]"}
    assert [path for path in paths if not path.endswith(".id")] == [
        "talk.purpose", "talk.people", "talk.wishes[a].text", "talk.aim", "talk.wishes[a].words",
    ]  # fmt: skip


def test_who_has_read_a_field_by_its_old_name_is_told_that_somebody_has_changed_it_since(house):
    with house.at_work(ONE, "visit") as office:
        seen = office.read()["revision"]
        office.record({"talk": {"purpose": "Bolig"}}, actor=ANOTHER_CASEWORKER)
    with house.at_work(TWO, "visit") as office:
        answer = office.record({"talk": {"aim": "Job"}}, seen=seen)

    assert (answer.status_code, answer.get_json()["field"]) == (412, "talk.aim")
    assert answer.get_json()["theirs"] == {"aim": "Bolig"}


# going back
def test_an_older_release_leaves_alone_what_a_newer_one_has_written_and_says_why(house):
    house.say(TWO, {"aim": "Bolig", "mood": "God"})
    with house.at_work(ONE, "visit") as office:
        looked = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}")
        wrote = office.record({"talk": {"purpose": "Job"}})
        office.hear(VisitAnswered(provider_id="x-hus", comes=True))
        told = office.call(AN_OPERATOR, "GET", "/parked").get_json()["parked"]
    with house.at_work(TWO, "visit") as office:
        office.service.inbox.work_due()
        (row,) = stored_rows(office, RecordRow)
        answered = [one.status for one in stored_rows(office, Incoming) if one.type == "visit.answered"]

    assert (looked.status_code, wrote.status_code) == (503, 503)
    assert looked.get_json()["title"] == "Det her er skrevet af en nyere udgave"
    assert [(one["status"], one["reason"]) for one in told] == [("unknown", "talk version 2 kendes ikke her")]
    assert row.data == {"aim": "Bolig", "mood": "God"}
    assert answered == ["waiting"]


def test_a_number_that_has_begun_on_a_newer_table_is_left_alone_too(house):
    with house.at_work(TWO, "visit") as office:
        office.act("visit.plan")
    with house.at_work(ONE, "visit") as office:
        answer = office.act("visit.invite")

    assert (answer.status_code, answer.get_json()["detail"]) == (503, "Hjemmebesøg version 2 kendes ikke her")


# the case itself
with apart():

    @contract(
        "case.opened", version=2, by="intake", to="visit feedback",
        upcasts={1: lambda body: {**body, "team": body.get("team") or "Voksenteam"}},
    )  # fmt: skip
    class CaseOpened2(CaseOpened):
        """A case exists, and has a team."""


def test_what_is_kept_of_the_case_itself_is_brought_up_and_written_as_the_newest(house):
    later = replace(TWO, messages=(*TWO.messages, CaseOpened2))
    with house.at_work(later, "visit") as office:
        team = situation(office).case.team
        office.hear(replace(OPENED, track="complex"), subject=(other := uuid4()))
        with office.database.reading() as session:
            kept = session.execute(sa.text('SELECT opened FROM "case" WHERE id = :id'), {"id": other.hex}).scalar()

    assert team == "Voksenteam"
    assert '"~version": 2' in kept


# what is published
def test_the_older_schema_says_what_the_older_version_still_reads_and_the_way_down_keeps_to_it():
    newest = TalkRecorded2.contract.versions
    down = newest.down(1, {"aim": "Bolig", "conclusion": "Ja", "mood": "God"})

    assert set(down) <= set(schema_of(TalkRecorded1.contract)["properties"])
    assert newest.up(1, down) == {"aim": "Bolig", "conclusion": "Ja"}


# going back where no version was raised
@value
class Wish3(Wish1):
    urgent: bool | None = field("Haster")


@step("talk", "Samtale")
class Talk3(Talk1):
    """As the next release has it: with a field more, also in the entries of a list."""

    mood: str | None = field("Stemning")
    wishes: tuple[Wish3, ...] = entries("Ønsker")  # type: ignore[assignment]


def test_what_a_newer_release_has_added_stays_where_an_older_one_writes_beside_it(house):
    adding = replace(ONE, visit=replace(ONE.visit, steps=(Talk3,)))
    house.say(adding, {"mood": "God", "wishes": [{"id": "a", "text": "Hund", "urgent": True}]})
    house.say(ONE, {"purpose": "Bolig", "wishes": [{"id": "a", "text": "Kat"}, {"id": "b", "text": "Have"}]})
    with house.at_work(adding, "visit") as office:
        talk = situation(office)[Talk3]

    assert (talk.purpose, talk.mood) == ("Bolig", "God")
    assert talk.wishes == (Wish3(id="a", text="Kat", urgent=True), Wish3(id="b", text="Have"))


@dataclass(frozen=True)
class State3(State1):
    mood: str | None = None


def note_3(s: Case, told: VisitAnswered, today: date) -> Any:
    yield Becomes(comes=told.comes, mood="God")


def test_what_a_newer_release_has_added_to_a_number_stays_where_an_older_one_moves_it(house):
    adding = replace(ONE, visit=replace(ONE.visit, state=State3, process=visit(1, rows(note_3, **OLD_NAMES))))
    run_until_invited(house)
    with house.at_work(adding, "visit") as office:
        office.act("visit.invite")
        office.hear(VisitAnswered(provider_id="x-hus", comes=True))
    with house.at_work(ONE, "visit") as office:
        office.act("visit.report")
        (run,) = stored_rows(office, RunRow)

    assert (run.at, run.state) == ("over", {"comes": True, "mood": "God"})
