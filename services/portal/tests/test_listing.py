"""Lists and searches: the same cases as by the plain conditions, page by page, and an index that fits each of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from casework.migrations import upgrade
from casework.process import Actor, Role
from portal import listing
from portal.app import create
from portal.model import NEVER, Citizen, ListedCase, Person
from portal.settings import PortalSettings
from portal.whose import WAITS_FOR_A_LEADER, Desk, nobodys

from .conftest import CASE, NOW, Browser

BOTH = pytest.mark.parametrize("url", [pytest.param("sqlite", id="sqlite"), pytest.param("postgres", id="postgres")])
KAREN = Desk(Actor("karen", "Karen Lund", Role.CASEWORKER), (Person(id="ali", name="Ali Demir", role="caseworker"),))
LEADER_TASK = {"name": "assessment.approve", "label": "Godkend", "roles": ["leader"]}


@contextmanager
def portal(url: str, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session on the portal's tables, as its migrations make them."""
    path = f"sqlite:///{request.getfixturevalue('tmp_path') / 'portal.db'}"
    service = create(PortalSettings(database=path if url == "sqlite" else request.getfixturevalue("postgres_url")))
    upgrade(service)
    with service.database.writing() as session:
        yield session
    service.close()


def many(session: Session, cases: int) -> None:
    """Cases of Karen, of Ali, of a namesake, of others and of nobody; by id or by name alone; some confidential."""
    choose = random.Random(4)
    whose = [("karen", "Karen Lund"), ("ali", "Ali Demir"), (None, "Karen Lund"), (None, None),
             ("karen-2", "Karen Lund"), (None, "Zoe Dam"), ("zoe", "Zoe Dam")]  # fmt: skip
    for number in range(cases):
        who, name = choose.choice(whose)
        citizen = Citizen(id=uuid4(), name=f"Jonas {choose.choice(('Holm', 'Bo', 'Ibo'))}", stamp="1")
        due = choose.choice((NEVER, *(date(2026, 3, 1) + timedelta(days=n) for n in range(6))))
        session.add_all([citizen, ListedCase(
            id=uuid4(), number=f"2026-{number:05d}", citizen_id=citizen.id, caseworker_id=who, caseworker_name=name,
            is_confidential=choose.random() < 0.3, updated_at=NOW, due_sort=due,
            tasks=[LEADER_TASK] if choose.random() < 0.2 else [],
        )])  # fmt: skip
    session.flush()


def plain(session: Session, *where: Any) -> list[UUID]:
    """What the conditions say, without a page or an index in mind."""
    return list(session.scalars(sa.select(ListedCase.id).where(*where).order_by(ListedCase.due_sort, ListedCase.id)))


def paged(session: Session, where: Any, whose: Any = ()) -> list[UUID]:
    """Page after page, as somebody turns them."""
    found: list[UUID] = []
    after = ""
    while True:
        rows = session.execute(listing.page(where, whose, after)).all()
        found += [row[0].id for row in rows[: listing.PAGE]]
        if len(rows) <= listing.PAGE:
            return found
        after = listing.place_of(rows[listing.PAGE - 1][0])


@BOTH
def test_the_pages_hold_the_same_cases_as_the_plain_conditions_each_once(
    url: str, request: pytest.FixtureRequest
) -> None:
    with portal(url, request) as session:
        many(session, 300)
        mine = paged(session, [KAREN.findable()], KAREN.mine())
        everybodys = paged(session, [KAREN.findable()])
        leaders = paged(session, [WAITS_FOR_A_LEADER])

        assert mine == plain(session, KAREN.findable(), sa.or_(KAREN.own(), nobodys()))
        assert everybodys == plain(session, KAREN.findable())
        assert leaders == plain(session, sa.cast(ListedCase.tasks, sa.String).contains('"leader"'))
        assert 300 > len(everybodys) > len(mine) > len(leaders) > listing.PAGE


# searching
def names(session: Session, text: str) -> set[str]:
    return {name for _, name in session.execute(listing.named(text))}


@BOTH
def test_a_name_is_found_by_any_part_of_it_and_by_one_or_two_letters_where_a_word_begins(
    url: str, request: pytest.FixtureRequest
) -> None:
    with portal(url, request) as session:
        many(session, 60)

        assert names(session, "nas ib") == {"Jonas Ibo"}
        assert names(session, "bo") == {"Jonas Bo"}
        assert names(session, "J%o") == names(session, "___") == names(session, "\\") == set()


def test_of_very_many_namesakes_some_are_looked_at_and_the_page_says_so(
    caseworker: Browser, service: Any, known: None
) -> None:
    with service.database.writing() as session:
        many(session, 300)

    page = caseworker.post("/search", {"q": "jonas"}).text

    assert "De første 25 sager. Skriv mere af navnet" in page
    assert page.count('href="/cases/') - page.count('href="/cases/new') == 25


# the indexes
def plan(session: Session, query: Any) -> str:
    """How PostgreSQL would find it if it had so many rows that it would not read all."""
    for said in ("ANALYZE", "SET LOCAL enable_seqscan = off", "SET LOCAL enable_sort = off"):
        session.execute(sa.text(said))
    words = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    return "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {words}").scalars())


@pytest.mark.postgres
def test_each_list_and_search_has_its_index(request: pytest.FixtureRequest) -> None:
    with portal("postgres", request) as session:
        many(session, 60)

        assert "listed_case_due" in plan(session, listing.page([KAREN.findable()]))
        assert "listed_case_awaits_leader" in plan(session, listing.page([WAITS_FOR_A_LEADER]))
        mine = plan(session, listing.page([KAREN.findable()], KAREN.mine()))
        assert "listed_case_own" in mine
        assert "listed_case_named" in mine
        assert "citizen_name_trigram" in plan(session, listing.named("jonas"))
        assert plan(session, listing.named("bo")).count("citizen_name_trigram") == 2


@pytest.mark.postgres
def test_a_role_that_may_create_no_extension_migrates_and_searches_all_the_same(postgres_url: str) -> None:
    role, url = f"portal_{uuid4().hex}", make_url(postgres_url)
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {role} LOGIN".encode())
        administrator.execute(f"GRANT CREATE ON SCHEMA public TO {role}".encode())
        service = create(PortalSettings(database=url.set(username=role).render_as_string(False)))
        upgrade(service)
        with service.database.writing() as session:
            session.add(Citizen(id=CASE, name="Bente Holm", stamp="1"))
            session.add(ListedCase(id=CASE, number="1", citizen_id=CASE, updated_at=NOW, tasks=[]))
            session.flush()
            found = names(session, "ente")
            indexes = {index["name"] for index in sa.inspect(session.connection()).get_indexes("citizen")}
        service.close()
        administrator.execute(f"DROP OWNED BY {role} CASCADE".encode())
        administrator.execute(f"DROP ROLE {role}".encode())

    assert found == {"Bente Holm"}
    assert indexes == {"ix_citizen_cpr_hash", "ix_citizen_name"}
