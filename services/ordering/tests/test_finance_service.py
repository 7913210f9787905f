"""Finance at work: postings in the commit of their cause, files that go out once, files that come in once."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.configuration import FileLayout, Municipality
from casework.contracts.delivery import OrderAnswered
from casework.contracts.intake import CaseChanged, CitizenChanged
from casework.database import Database
from casework.phase.tables import AccessRow
from casework.process import Actor, Role
from casework.testing.cases import wrong
from ordering.ledger import ActualRow, Base, PostingRow

from .conftest import ECONOMY, KIM, World, assessed, at, goal, help_from, made
from .layouts import FIXED, record
from .test_finance_files import BOMB, LAYOUTS, NAMES, WHOLE


@dataclass
class Desk:
    """The finance department's."""

    world: World

    def make(self) -> Any:
        return self.world.call("post", "/finance/files", ECONOMY)

    def get(self, path: str, by: Actor = ECONOMY) -> Any:
        return self.world.call("get", f"/finance/{path}", by)

    def bring(self, *lines: str, total: str, file: str = "F-1", query: str = "") -> Any:
        rows = (NAMES, *lines, f"T;{file};{len(lines)};{total}")
        return self.bring_bytes("\r\n".join(rows).encode("utf-8-sig"), query)

    def bring_bytes(self, data: bytes, query: str = "") -> Any:
        return self.world.call("post", f"/finance/actuals{query}", ECONOMY, data=data, content_type="text/csv")

    def rows(self, table: Any) -> list[Any]:
        with self.world.service.database.reading() as session:
            return list(session.scalars(sa.select(table).order_by(table.case_id, table.number)))

    def amounts(self, table: Any) -> list[str]:
        return [str(row.amount) for row in self.rows(table)]

    def billed(self) -> str:
        return str(self.world.part()["parts"]["finance"]["total_billed"])


@pytest.fixture
def desk(world: World) -> Desk:
    """Two orders are sent: X-Hus on 5.38.85 and Bohaven on 5.38.59, 26,000 kr. each."""
    world.hear(assessed(1, goal("g1")), by="assessment")
    world.hear(made(help_from("x-hus"), help_from("bohaven", "i2", account="5.38.59")), by="decision")
    assert world.do("send").status_code == 200
    return Desk(world)


def answered(desk: Desk, *, accepted: bool) -> None:
    desk.world.hear(
        OrderAnswered(provider_id="x-hus", version=1, accepted=accepted, answered_on=at("2026-02-10").date()),
        by="delivery",
    )


ONE = "L;1001;;2026-00417-1;5.38.85;1.500,00;30.06.2026;"
TWO = "L;1002;2026-00417;;5.38.59;250,50;2026-07-31;"
ODD = "L;1003;2026-00999;;5.38.59;10,00;2026-07-31;"


# files out
@pytest.mark.rule("ORD-10")
def test_what_is_committed_goes_into_a_file_and_into_no_other(desk: Desk):
    first = desk.make()
    answered(desk, accepted=False)
    second = desk.make()

    assert (first.status_code, first.json["number"], first.json["control"]["total"]) == (201, 1, "52000.00")
    assert [a["account_number"] for a in first.json["control"]["accounts"]] == ["5.38.59", "5.38.85"]
    assert (second.json["number"], second.json["control"]["count"], second.json["control"]["credit"]) == (
        2, 1, "26000.00",
    )  # fmt: skip
    assert wrong(desk.make(), 409) == (None, None)
    assert [(row.file, row.file_line) for row in desk.rows(PostingRow)] == [(1, 1), (1, 2), (2, 1)]
    assert [file["number"] for file in desk.get("files").json["files"]] == [2, 1]


def test_a_file_has_the_same_bytes_for_ever(desk: Desk):
    made_ = desk.make().json
    before = desk.get("files/1")
    answered(desk, accepted=False)

    after = desk.get("files/1")
    assert before.data == after.data
    assert sha256(after.data).hexdigest() == made_["sha256"] == after.get_etag()[0]
    assert "filename=disponeringer-1.csv" in after.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(after.data.decode("utf-8-sig")), delimiter=";"))
    assert [row["amount"] for row in rows if row["record"] == "L"] == ["26000,00", "26000,00"]


def test_a_layout_that_asks_for_it_gets_the_cpr_number_of_the_order(desk: Desk):
    desk.world.hear(CitizenChanged(citizen_name="Bo", cpr_number="1405821237"), by="intake")
    assert desk.world.do("revise", order="x-hus").status_code == 200
    layout = FileLayout(adapter="csv", encoding="utf-8", columns=("order_number", "version", "cpr_number"))
    desk.world.service.municipality = Municipality(name="Prøveby", commitment_file=layout)
    desk.make()

    assert b"L;2026-00417-1;2;1405821237" in desk.get("files/1").data


def test_who_fetches_a_file_has_looked_at_its_cases(desk: Desk):
    desk.make()
    desk.get("files/1")

    with desk.world.service.database.reading() as session:
        seen = [(row.name, row.what) for row in session.scalars(sa.select(AccessRow))]
    assert ("Fia Lind", "finance file") in seen


def test_a_file_that_there_is_not_is_not_found(desk: Desk):
    assert wrong(desk.get("files/9"), 404) == (None, None)


def test_a_posting_without_room_is_named_and_waits(desk: Desk):
    layout = replace(FIXED, line=record(("account_number", 12), ("provider_name", 3), ("amount", 12)))
    desk.world.service.municipality = Municipality(name="Prøveby", commitment_file=layout)

    assert wrong(desk.make()) == (None, "postings[2026-00417/1].provider_name")
    assert {row.file for row in desk.rows(PostingRow)} == {None}
    assert desk.get("files").json == {"files": [], "next": None}


CALLS = [("post", "files"), ("get", "files"), ("get", "files/1"), ("post", "actuals"), ("get", "overview")]


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.PROVIDER, Role.ANALYST, Role.OPERATOR])
def test_only_finance_has_to_do_with_it(world: World, role):
    who = Actor("nn", "N.N.", role, "x-hus" if role is Role.PROVIDER else None)

    answers = [wrong(world.call(method, f"/finance/{path}", who), 403) for method, path in CALLS]
    assert answers == [("GEN-14" if role is Role.PROVIDER else None, None)] * len(CALLS)


def test_the_sum_of_an_orders_postings_is_what_is_committed(desk: Desk):
    answered(desk, accepted=False)

    left = sum((row.amount for row in desk.rows(PostingRow)), Decimal(0))
    assert f"{left:.2f}" == desk.world.part()["parts"]["finance"]["total_expected_price"] == "26000.00"
    assert {row.body["number"] for row in desk.rows(PostingRow)} == {1, 2, 3}


# files in
def test_a_file_is_booked_line_by_line_through_the_cases_rules(desk: Desk):
    answer = desk.bring(ONE, TWO, total="1750,50")

    assert answer.json == {"number": 1, "file": "F-1", "booked": 2, "total": "1750.50", "left_out": []}
    assert desk.amounts(ActualRow) == ["1500.00", "250.50"]
    assert desk.billed() == "1750.50"
    assert [(one["provider_id"], one["line"]) for one in desk.world.said("actuals.imported")] == [
        ("x-hus", "1001"), ("bohaven", "1002"),
    ]  # fmt: skip


def test_the_same_file_again_is_answered_as_the_first_time_and_books_nothing(desk: Desk):
    first, second = desk.bring(ONE, total="1500,00"), desk.bring(ONE, total="1500,00")

    assert (second.status_code, second.json) == (200, first.json)
    assert desk.billed() == "1500.00"


def test_another_file_of_the_same_number_is_refused(desk: Desk):
    desk.bring(ONE, total="1500,00")

    assert wrong(desk.bring(TWO, total="250,50"), 409) == (None, "file")
    assert desk.billed() == "1500.00"


def test_a_line_that_came_in_another_file_is_booked_once(desk: Desk):
    desk.bring(ONE, total="1500,00")

    assert wrong(desk.bring(ONE, TWO, total="1750,50", file="F-2")) == (None, "lines[2].line")
    assert desk.billed() == "1500.00"


def test_lines_that_are_wrong_are_all_named_and_nothing_is_booked(desk: Desk):
    answer = desk.bring(ODD, ONE, ONE.replace("1.500,00", "1500.00"), total="1520,00")

    assert wrong(answer) == (None, "lines[2].case_number")
    assert [one["field"] for one in answer.json["errors"]] == ["lines[2].case_number", "lines[4].amount"]
    assert (desk.billed(), desk.rows(ActualRow)) == ("0.00", [])
    assert desk.get("actuals").json["files"] == []


def test_the_good_lines_are_booked_where_that_is_asked_for(desk: Desk):
    answer = desk.bring(ODD, ONE, total="1510,00", query="?good_lines=true")

    left_out = [{"line": 2, "field": "case_number", "message": "Der er intet disponeret på sagen 2026-00999"}]
    assert answer.json == {"number": 1, "file": "F-1", "booked": 1, "total": "1500.00", "left_out": left_out}
    assert desk.get("actuals").json["files"] == [answer.json]
    assert desk.billed() == "1500.00"


def test_a_file_with_no_good_line_is_refused(desk: Desk):
    assert wrong(desk.bring(ODD, total="10,00", query="?good_lines=true")) == (None, "lines[2].case_number")
    assert wrong(desk.bring(total="0,00")) == (None, "lines")
    assert wrong(desk.bring(ONE, total="1500,00", query="?good_lines=ja")) == (None, "good_lines")


def test_what_is_taken_back_is_a_line_of_its_own(desk: Desk):
    desk.bring(ONE, total="1500,00")
    back = "L;1004;;2026-00417-1;5.38.85;-500,00;31.07.2026;1001"
    too_much = back.replace("1004", "1005").replace("-500", "-1500")

    assert desk.bring(back, total="-500,00", file="F-2").status_code == 200
    assert desk.billed() == "1000.00"
    assert wrong(desk.bring(too_much, total="-1500,00", file="F-3")) == (None, "lines[2].amount")


def test_a_packed_file_is_refused_however_large_it_would_be(desk: Desk):
    assert wrong(desk.bring_bytes(BOMB)) == (None, "file")
    assert wrong(desk.bring_bytes(b"x" * 5_000_000), 413) == (None, None)


@settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_files_are_refused_with_a_field_and_book_nothing(desk: Desk, data: st.DataObject):
    whole = WHOLE[data.draw(st.integers(0, len(LAYOUTS) - 1))]
    cut = data.draw(st.integers(0, len(whole) - 1))
    sent = whole[:cut] + data.draw(st.binary(max_size=40))

    answer = desk.bring_bytes(sent, data.draw(st.sampled_from(["", "?good_lines=true"])))
    rule, field = wrong(answer)
    assert rule is None
    assert field
    assert re.match(r"file|lines", field)
    assert desk.rows(ActualRow) == []


# granted against billed
def overview(desk: Desk, by: str) -> list[tuple[str, ...]]:
    rows = desk.get(f"overview?by={by}").json["rows"]
    return [(row[by], row["granted"], row["committed"], row["billed"], row["remaining"]) for row in rows]


@pytest.mark.rule("ORD-10")
def test_the_overview_compares_by_order_case_provider_account_and_month(desk: Desk):
    desk.bring(ONE, TWO, total="1750,50")
    answered(desk, accepted=False)

    assert overview(desk, "order") == [
        ("2026-00417-1", "0.00", "0.00", "1500.00", "-1500.00"),
        ("2026-00417-2", "26000.00", "26000.00", "250.50", "25749.50"),
    ]
    assert overview(desk, "case") == [("2026-00417", "26000.00", "26000.00", "1750.50", "24249.50")]
    assert [row[0] for row in overview(desk, "provider")] == ["bohaven", "x-hus"]
    assert overview(desk, "account")[0] == ("5.38.59", "26000.00", "26000.00", "250.50", "25749.50")
    assert overview(desk, "month") == [
        ("2026-02", "26000.00", "26000.00", "0.00", "26000.00"),
        ("2026-06", "0.00", "0.00", "1500.00", "-1500.00"),
        ("2026-07", "0.00", "0.00", "250.50", "-250.50"),
    ]
    assert wrong(desk.get("overview?by=citizen")) == (None, "by")


def test_a_line_of_a_confidential_case_is_not_there_for_the_leader_of_another_team_and_sums_count_it(desk: Desk):
    kept = CaseChanged(
        case_number="2026-00417",
        citizen_id=uuid4(),
        entry_phase="intake",
        track="small",
        team="nord",
        is_confidential=True,
    )
    desk.world.hear(kept, by="intake")
    north, south = (Actor("ulla", "Ulla Berg", Role.LEADER, team=team) for team in ("nord", "syd"))

    def lines(by: str, who: Actor) -> int:
        return len(desk.get(f"overview?by={by}", who).json["rows"])

    assert [lines(by, south) for by in ("order", "case", "provider")] == [0, 0, 2]
    assert [lines(by, north) for by in ("order", "case", "provider")] == [2, 1, 2]
    assert lines("case", ECONOMY) == 1


def test_the_overview_is_paged_by_key_with_the_same_statements_whatever_its_size(desk: Desk):
    (few, _), once = pages(desk)
    with desk.world.service.database.writing() as session:
        example = session.scalars(sa.select(PostingRow)).first()
        session.add_all(
            PostingRow(
                case_id=example.case_id, number=10 + n, posted_at=example.posted_at, case_number="2026-00417",
                order_number=f"2026-00500-{n:03}", provider_id="x-hus", account_number="5.38.85", month="2026-02",
                cause="made", amount=Decimal("1.05"), body=example.body,
            )
            for n in range(120)
        )  # fmt: skip

    (many, all_), each = pages(desk)
    assert (few, many, len({*all_})) == (1, 3, 122)
    assert once == each


def pages(desk: Desk) -> tuple[tuple[int, list[str]], int]:
    """How many pages there are, the keys on them, and the statements that a page took at the most."""
    statements: list[int] = []
    keys: list[str] = []
    after: str | None = ""
    engine = desk.world.service.database.engine
    while after is not None:
        sent: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *_: Any, sent: list[str] = sent) -> None:
            sent.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        answer = desk.get(f"overview?after={after}").json
        sa.event.remove(engine, "before_cursor_execute", note)
        statements.append(len(sent))
        keys += [row["order"] for row in answer["rows"]]
        after = answer["next"]
    return (len(statements), keys), max(statements)


def test_a_caseworker_sees_the_comparison_in_the_case(desk: Desk):
    desk.bring(ONE, total="1500,00")

    compared = desk.world.call("get", f"/cases/{desk.rows(PostingRow)[0].case_id}", KIM).json["parts"]["finance"]
    assert compared["overview"]["orders"][1] == {
        "order": "x-hus", "granted": "26000.00", "billed": "1500.00", "remaining": "24500.00",
    }  # fmt: skip


@pytest.mark.postgres
def test_amounts_are_exact_in_postgresql_too(postgres_url: str):
    database = Database(postgres_url)
    Base.metadata.create_all(database.engine)
    with database.writing() as session:
        session.add_all(
            PostingRow(
                case_id=UUID(int=n), number=1, posted_at=at("2026-02-09"), case_number="a", order_number="a",
                provider_id="a", account_number="a", month="2026-02", cause="made", amount=Decimal("0.10"), body={},
            )
            for n in range(1000)
        )  # fmt: skip
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.sum(PostingRow.amount))) == Decimal(100)
    database.close()
