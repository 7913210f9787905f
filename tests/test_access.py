"""Who looked at what is recorded, without holes; and looking costs the same however much there is."""

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from casework.process import Actor, Role
from onebox.house import House
from onebox.wsgi import session

KAREN = Actor("karen", "Karen Lund", Role.CASEWORKER)
ULLA = Actor("ulla", "Ulla Berg", Role.LEADER)
PROVIDER = Actor("x", "X-Hus", Role.PROVIDER, provider_id="x")


@pytest.fixture
def town(tmp_path):
    house = House(tmp_path, names=("intake",))
    calls = session(house.apps)

    def call(who, method, path, **options):
        headers = house.headers(who) | options.pop("headers", {})
        return calls.request(method, f"http://intake{path}", headers=headers, **options)

    call.house = house
    yield call
    house.close()


def opened(town) -> str:
    case_id = town(KAREN, "POST", "/cases", json={"cpr_number": "1405821237"}).json()["case_id"]
    return str(case_id)


def test_every_look_at_a_case_is_recorded_with_who_and_as_what(town):
    case_id = opened(town)

    town(KAREN, "GET", f"/cases/{case_id}")
    town(ULLA, "GET", f"/cases/{case_id}/changes")

    looked = town(ULLA, "GET", f"/cases/{case_id}/access").json()["access"]
    assert [(a["name"], a["role"], a["what"]) for a in looked] == [
        ("Ulla Berg", "leader", "changes"),
        ("Karen Lund", "caseworker", "case"),
    ]


def test_a_caseworker_may_not_read_who_has_looked(town):
    assert town(KAREN, "GET", f"/cases/{opened(town)}/access").status_code == 403


def test_to_a_provider_the_opening_of_a_case_is_not_there(town):
    answer = town(PROVIDER, "GET", f"/cases/{opened(town)}")

    assert answer.status_code == 404
    assert "1405821237" not in answer.text


def test_a_case_with_a_long_history_costs_no_more_statements_than_a_short_one(town):
    short, long = opened(town), opened(town)
    for number in range(30):
        patch = {"agreements": {"next_step_agreements": f"Møde {number}"}}
        assert town(KAREN, "PATCH", f"/cases/{long}", json=patch, headers={"If-Match": "*"}).ok

    assert statements(town, short) == statements(town, long)


def statements(town, case_id: str) -> int:
    seen: list[str] = []
    engine: sa.Engine = town.house.services["intake"].database.engine

    def note(_c, _cursor, statement, *_):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert town(KAREN, "GET", f"/cases/{case_id}").ok
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)
