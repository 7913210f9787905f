"""One message never stops a service: what cannot be read, stored or handled is parked alone, and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from casework import storable
from casework.contracts.intake import EnquiryRecorded
from casework.database import Base
from casework.messaging.arrivals import LARGEST
from casework.messaging.inbox import DELAYS
from casework.testing import visits
from casework.testing.cases import AN_OPERATOR, OPENED, Office
from casework.testing.desk import Clock, Desk, Hook, a_case

Kind = Callable[[dict[str, Any]], Any]
SAID = {"opening_reason": "Borgeren kan ikke selv klare indkøb"}
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def nested(levels: int) -> Any:
    deep: Any = {}
    for _ in range(levels - 1):
        deep = {"a": deep}
    return deep


def with_(**changed: Any) -> Kind:
    """The envelope with these changed, as it travels."""
    return lambda envelope: json.dumps(envelope | changed).encode()


def saying(value: Any) -> Kind:
    return with_(body={"opening_reason": value})


def written(old: bytes, new: bytes) -> Kind:
    """The envelope with some of its bytes changed, which no JSON library would write."""
    return lambda envelope: json.dumps(envelope).encode().replace(old, new)


UNREADABLE: dict[str, Kind] = {
    "no JSON": lambda envelope: b"{",
    "bytes that are no text": written(b"Borgeren", b"\xff\xfe"),
    "another encoding": lambda envelope: json.dumps(envelope).encode("utf-16"),
    "no envelope": lambda envelope: b'["intake"]',
    "brackets without end": lambda envelope: b"[" * 100_000,
    "a body nested 960 levels": written(b'"body": {', b'"body": {"n": ' + b'{"a": ' * 959 + b"1" + b"}" * 959 + b", "),
    "a body nested 960 levels, within the process": lambda envelope: envelope | {"body": nested(960)},
    "a body nested 51 levels": with_(body=nested(51)),
    "a body nested deeper than can be written": lambda envelope: envelope | {"body": nested(100_000)},
    "a body that is none": with_(body="tom"),
    "NUL deep in the body": saying({"a": [{"b": "x\0y"}]}),
    "NUL in a name in the body": with_(body={"x\0y": 1}),
    "half a character": saying("x\ud800y"),
    "half a character, within the process": lambda envelope: envelope | {"body": {"opening_reason": "\ud800"}},
    "NaN": saying(float("nan")),
    "NaN, within the process": lambda envelope: envelope | {"body": {"opening_reason": float("nan")}},
    "no end": saying(float("-inf")),
    "a number beyond all numbers": written(b'"body": {', b'"body": {"n": 1e999, '),
    "a number of 300 digits": saying(10**300),
    "a number of 5,000 digits": written(b'"body": {', b'"body": {"n": ' + b"9" * 5000 + b", "),
    "what is no JSON at all, within the process": lambda envelope: envelope | {"body": {"n": {1, 2}}},
    "nothing, within the process": lambda envelope: None,
    "a subject of 3 kB": with_(subject="æ" * 3000),
    "no subject": with_(subject=""),
    "a subject that is a list": with_(subject=["x"]),
    "NUL in the subject": with_(subject="x\0y"),
    "a type of 10 kB": with_(type="x" * 10_000),
    "a producer of 3 kB": with_(producer="y" * 3000),
    "a producer that is a number": with_(producer=7),
    "half a character in the producer": with_(producer="\udfff"),
    "an actor of 10 kB": with_(actor="z" * 10_000),
    "an id that is none": with_(id="den første"),
    "the year 1": with_(time="0001-01-01T00:00:00+02:00"),
    "the year 9999": with_(time="9999-12-31T23:59:59-12:00"),
    "a time without a zone": with_(time="2026-03-02T08:00:00"),
    "a huge version": with_(version=10**30),
    "a version that is a word": with_(version="ny"),
    "a number in the line that is a word": with_(numbers={"visit": "first"}),
    "a negative number in the line": with_(numbers={"visit": -1}),
    "a huge number in the line": with_(numbers={"visit": 10**30}),
    "a fraction in the line": with_(numbers={"visit": 1.0}),
    "yes in the line": with_(numbers={"visit": True}),
    "a huge number in another's line": with_(numbers={"portal": 2**31}),
    "numbers that are a list": with_(numbers=[1]),
    "more than 16 MB": saying("x" * LARGEST),
}

WRONG: dict[str, Kind] = {
    "a body of the wrong form": saying({"a": 1}),
    "a body of the wrong length": saying(["x"] * 1000),
}
"""Read and stored, and not as its contract says."""


@pytest.fixture(scope="module", params=DATABASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with visits.contracts():
        if request.param == "sqlite":
            office = Office(visits, tmp_path_factory.mktemp("poison"))
        else:
            office = Office(visits, url=request.getfixturevalue("poisoned_url"))
        yield office
        office.close()


@pytest.fixture(scope="module")
def poisoned_url(postgres_server: str) -> Iterator[str]:
    from casework.testing.servers import fresh_database

    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def office(made: Office) -> Office:
    made._numbers.clear()
    with made.database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    return made


def poison(kind: Kind) -> Any:
    """An enquiry that would be the first in its line, made into this."""
    return kind(
        {
            "id": str(uuid4()), "type": "enquiry.recorded", "version": 1, "subject": str(a_case()), "body": SAID,
            "numbers": {"visit": 1}, "time": "2026-03-02T08:00:00+00:00", "producer": "intake",
        }
    )  # fmt: skip


def gauge(office: Office, name: str) -> int:
    lines = office.call(None, "GET", "/metrics").text.splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"sagsgang_messages_{name} ")))


def parked(office: Office) -> list[dict[str, Any]]:
    return list(office.call(AN_OPERATOR, "GET", "/parked").get_json()["parked"])


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_parked_alone(office: Office, kind: str):
    case, another = a_case(), a_case()
    good = [office.envelope(OPENED, subject=subject, producer="intake") for subject in (case, another)]
    bad = poison(UNREADABLE[kind])

    office.service.inbox.receive([json.dumps(good[0]).encode(), bad, json.dumps(good[1]).encode(), bad])

    (row,) = parked(office)
    assert row["reason"].startswith("Kan ikke gemmes: " if "no JSON at all" in kind else "Kan ikke læses: ")
    assert (row["status"], row["producer"]) == ("parked", "?")
    assert {str(r.id): r.status for r in office.came() if r.producer != "?"} == {e["id"]: "done" for e in good}
    assert office.call(None, "GET", "/health/ready").status_code == 200
    assert (gauge(office, "parked"), gauge(office, "new")) == (1, 0)


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_understood_is_parked_alone(office: Office, kind: str):
    good = office.envelope(OPENED, subject=a_case())

    office.service.inbox.receive([poison(WRONG[kind]), json.dumps(good).encode()])

    assert [row["status"] for row in parked(office)] == ["parked"]
    assert [row.status for row in office.came() if str(row.id) == good["id"]] == ["done"]
    assert gauge(office, "parked") == 1


@pytest.mark.parametrize(
    "kind",
    [
        with_(producer="visit"),
        with_(actor=""),
        with_(body=SAID | {"n": -0.0, "m": storable.LARGEST}),
        with_(body=SAID | {"n": nested(20)}),
    ],
    ids=["our own name", "an empty actor", "odd numbers", "some depth"],
)
def test_what_is_merely_odd_is_taken(office: Office, kind: Kind):
    office.service.inbox.receive([poison(kind)])

    assert [row.status for row in office.came()] == ["done"]


def test_an_operator_reads_what_it_says_it_is_and_from_whom(office: Office):
    office.service.inbox.receive([poison(with_(subject="sag\0" + "x" * 3000, time="0001-01-01T00:00:00+02:00"))])

    (row,) = parked(office)
    assert (row["type"], row["subject"][:8]) == ("enquiry.recorded", r"sag\x00x")
    assert "(fra intake)" in row["reason"]
    assert "time" in row["reason"] or "subject" in row["reason"]


@pytest.fixture
def picky(office: Office) -> Iterator[Office]:
    """A database that will not have one type of message, for a reason of its own."""
    make_picky(office, "RAISE 'ikke den'")
    yield office
    appease(office)


def make_picky(office: Office, does: str) -> None:
    these = "WHEN (new.type = 'visit.answered' AND new.producer <> '?')"
    refuse = {
        "sqlite": f"CREATE TRIGGER picky BEFORE INSERT ON inbox {these} BEGIN SELECT RAISE(ABORT, 'ikke den'); END",
        "postgresql": f"CREATE FUNCTION picky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does}; END $$; "
        f"CREATE TRIGGER picky BEFORE INSERT ON inbox FOR EACH ROW {these} EXECUTE FUNCTION picky()",
    }
    with office.database.writing() as session:
        session.execute(sa.text(refuse[office.database.engine.dialect.name]))


def appease(office: Office) -> None:
    kind = "TRIGGER" if office.database.engine.dialect.name == "sqlite" else "FUNCTION"
    with office.database.writing() as session:
        session.execute(sa.text(f"DROP {kind} IF EXISTS picky" + (" CASCADE" if kind == "FUNCTION" else "")))


AN_ANSWER = visits.VisitAnswered(provider_id="x-hus", comes=True)


def test_what_the_database_will_not_have_is_parked_alone(picky: Office):
    answer = picky.envelope(AN_ANSWER, subject=a_case())

    picky.service.inbox.receive([picky.envelope(OPENED, subject=a_case()), answer, picky.envelope(OPENED)])

    (row,) = parked(picky)
    assert (row["type"], row["subject"]) == ("visit.answered", answer["subject"])
    assert row["reason"].startswith("Kan ikke gemmes: ")
    assert "ikke den" in row["reason"]
    assert [row.status for row in picky.came()].count("done") == 2


def test_what_could_not_be_stored_takes_effect_when_it_is_sent_again(picky: Office):
    picky.service.inbox.receive([picky.envelope(OPENED), picky.envelope(AN_ANSWER)])
    (row,) = parked(picky)
    still = picky.call(AN_OPERATOR, "POST", f"/parked/{row['id']}/replay").get_json()
    appease(picky)

    again = picky.call(AN_OPERATOR, "POST", f"/parked/{row['id']}/replay").get_json()

    assert still["status"] == "parked"
    assert "ikke den" in still["reason"]
    assert again["status"] == "waiting"  # for a step of the case that has not come
    assert [row.status for row in picky.came()] == ["done", "waiting"]


def test_what_still_cannot_be_read_stays_parked_when_it_is_sent_again(office: Office):
    office.service.inbox.receive([b"{\\x\xff\0"])
    (row,) = parked(office)

    again = office.call(AN_OPERATOR, "POST", f"/parked/{row['id']}/replay").get_json()

    assert again == {"id": row["id"], "status": "parked", "reason": row["reason"]}


def rename(office: Office, old: str, new: str) -> None:
    with office.database.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_while_the_database_has_no_room_nothing_is_parked_and_nothing_is_taken(office: Office):
    told = office.envelope(OPENED)
    rename(office, "inbox", "away")

    with pytest.raises(sa.exc.SQLAlchemyError):
        office.service.inbox.receive([told, b"{"])
    rename(office, "away", "inbox")
    office.service.inbox.receive([told])

    assert [row.status for row in office.came()] == ["done"]


@pytest.mark.parametrize("made", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_connection_that_is_lost_while_a_message_is_stored_parks_nothing(office: Office):
    told = office.envelope(AN_ANSWER)
    make_picky(office, "PERFORM pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(sa.exc.SQLAlchemyError):
        office.service.inbox.receive([told])
    appease(office)
    office.service.inbox.receive([told])

    assert [row.status for row in office.came()] == ["waiting"]


# What handlers raise


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("ingen ord")


class NoException(BaseException):
    """Such as a library's own time limit."""


def too_deep(*_: Any) -> None:
    too_deep()


@pytest.mark.parametrize(
    "error",
    [
        Speechless(),
        NoException("alligevel"),
        SystemExit(1),
        MemoryError(),
        RuntimeError("x\0y"),
        RuntimeError("x\ud800y"),
        RuntimeError("æ" * 100_000),
        KeyError("\0"),
        None,
    ],
    ids=["speechless", "no exception", "exit", "memory", "nul", "surrogate", "long", "key", "recursion"],
)
@pytest.mark.parametrize("kind", DATABASES)
def test_whatever_a_handler_raises_its_message_is_parked_in_the_end_and_holds_no_other(
    kind: str, error: BaseException | None, request: pytest.FixtureRequest, tmp_path: Path
):
    clock = Clock()
    intake = Desk("intake", f"sqlite:///{tmp_path}/intake.db", clock)
    url = f"sqlite:///{tmp_path}/assessment.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    assessment = Desk("assessment", url, clock)
    case, another = a_case(), a_case()
    assessment.before = raises_at(case, error)

    told = [*intake.tell(case, EnquiryRecorded(**SAID)), *intake.tell(another, EnquiryRecorded(**SAID))]
    assessment.inbox.receive([envelope.to_json() for envelope in told])
    at_once = assessment.states(another)
    for delay in DELAYS:
        clock.let_pass(delay.total_seconds())
        assessment.inbox.work_due()

    (row,) = [row for row in assessment.came() if row.subject == str(case)]
    assert at_once == ["done"]
    assert row.status == "parked"
    assert (row.reason or "").startswith(type(error or RecursionError()).__name__)
    intake.close()
    assessment.close()


def raises_at(case: UUID, error: BaseException | None) -> Hook:
    def hook(session: Any, envelope: Any, message: Any) -> None:
        if envelope.subject == str(case):
            if error is None:
                too_deep()
            else:
                raise error

    return hook


# What can be kept


@given(st.binary())
def test_any_bytes_are_kept_as_text_and_given_back(raw: bytes):
    kept = storable.escaped(raw)

    assert storable.is_text(kept)
    assert storable.unescaped(kept) == raw


def test_what_is_kept_as_text_can_be_read():
    assert storable.escaped("Åse sagde: ja\0".encode() + b"\xff") == r"Åse sagde: ja\x00\xff"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-storable.LARGEST, storable.LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON.filter(lambda value: storable.is_text(repr(value)) and "\\x00" not in repr(value)))
def test_ordinary_json_is_read_as_it_was_written(value: Any):
    storable.check(value)

    assert storable.parsed(json.dumps(value).encode()) == value


@given(st.text(st.characters()), st.integers(0, 300))
def test_a_text_is_made_legible_and_no_longer_than_asked(text: str, longest: int):
    shown = storable.legible(text, longest)

    assert storable.is_text(shown)
    assert len(shown) <= longest
