"""A confidential case is there for its own caseworker, the deputy and the leader of its team, at every API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from casework.confidential import Confidential
from casework.phase.tables import AccessRow
from casework.process import Actor, Covered, Role
from onebox.house import House
from onebox.wsgi import session

CASE, NO_CASE = UUID(int=0xC), UUID(int=0xD)
KAREN = Actor("karen", "Karen Lund", Role.CASEWORKER, team="nord")
ALI = Actor("ali", "Ali Demir", Role.CASEWORKER, team="nord")
DEPUTY = Actor("ali", "Ali Demir", Role.CASEWORKER, team="nord", covers=(Covered("karen", "Karen Lund", "nord"),))
ULLA = Actor("ulla", "Ulla Berg", Role.LEADER, team="nord")
SOREN = Actor("soren", "Søren Friis", Role.LEADER, team="syd")
STANDING_IN = Actor("soren", "Søren Friis", Role.LEADER, team="syd", covers=(Covered("ulla", "Ulla Berg", "nord"),))
CHIEF = Actor("chief", "Pia Dahl", Role.LEADER)
THEIRS, OTHERS = (KAREN, DEPUTY, ULLA, STANDING_IN, CHIEF), (ALI, SOREN)
PHASES = ("intake", "assessment", "decision", "ordering", "delivery", "followup")


class Town:
    """A house of services, with one case; and everybody's calls."""

    def __init__(self, house: House) -> None:
        self.house, self.session = house, session(house.apps)

    def call(self, who: Actor, method: str, service: str, path: str, **options: Any) -> Any:
        headers = self.house.headers(who) | options.pop("headers", {})
        return self.session.request(method, f"http://{service}{path}", headers=headers, **options)

    def change(self, **values: Any) -> None:
        answer = self.call(KAREN, "PATCH", "intake", f"/cases/{CASE}", json={"case": values}, headers={"If-Match": "*"})
        assert answer.ok, answer.text
        self.house.settle()

    def routes(self) -> Iterator[tuple[str, str, Rule]]:
        """Every route of a case, of every service but the portal."""
        for name, app in self.house.apps.items():
            for rule in app.url_map.iter_rules():
                if "case_id" in rule.arguments:
                    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                        yield name, method, rule

    def ask(self, who: Actor, name: str, method: str, rule: Rule, case: UUID = CASE) -> Any:
        others = {"section": "result", "letter_id": UUID(int=1), "provider_id": "x", "version": 1, "number": 1}
        values = {argument: others.get(argument, "1") for argument in rule.arguments} | {"case_id": case}
        adapter = self.house.apps[name].url_map.bind("")
        given = {} if method == "GET" else {"json": {}}
        return self.call(who, method, name, adapter.build(rule.endpoint, values, method), **given)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(House(Path(tmp_path_factory.mktemp("town")), names=(*PHASES, "scheduler")))
    caseworker = {"id": "karen", "name": "Karen Lund", "role": "caseworker"}
    whose = {"caseworker": caseworker, "team": "nord", "is_confidential": True}
    opened = {"id": str(CASE), "cpr_number": "1405821237", **whose}
    assert made.call(KAREN, "POST", "intake", "/cases", json=opened).status_code == 201
    made.house.settle()
    yield made
    made.house.close()


def test_at_no_route_is_it_there_for_others_and_it_reads_as_a_case_that_does_not_exist(town: Town) -> None:
    reached = []
    for name, method, rule in town.routes():
        for who in OTHERS:
            answer = town.ask(who, name, method, rule)
            told = (answer.status_code, answer.json().get("detail"), answer.json().get("rule"))
            if told != (404, "Sagen findes ikke, eller du har ikke adgang til den", None):
                reached.append((name, method, rule.rule, who.name, told))

    assert reached == []
    assert {name for name, _, _ in town.routes()} == {*PHASES, "scheduler"}


@pytest.mark.parametrize("name", PHASES)
def test_who_writes_to_it_or_to_no_case_is_told_the_same(town: Town, name: str) -> None:
    def told(case: UUID) -> Any:
        return town.call(ALI, "PATCH", name, f"/cases/{case}", json={}, headers={"If-Match": "*"})

    assert (told(CASE).status_code, told(CASE).json()) == (told(NO_CASE).status_code, told(NO_CASE).json())


@pytest.mark.parametrize("who", THEIRS, ids=lambda who: f"{who.name}, {len(who.covers)}")
@pytest.mark.parametrize("name", [*PHASES, "scheduler"])
def test_it_is_there_for_those_whose_it_is(town: Town, name: str, who: Actor) -> None:
    assert town.call(who, "GET", name, f"/cases/{CASE}").status_code == 200


@pytest.mark.parametrize("name", PHASES)
def test_a_look_that_is_refused_is_on_record(town: Town, name: str) -> None:
    with town.house.services[name].database.writing() as db:
        db.execute(sa.delete(AccessRow))

    town.call(ALI, "GET", name, f"/cases/{CASE}")

    looked = town.call(ULLA, "GET", name, f"/cases/{CASE}/access").json()["access"]
    assert [(one["name"], one["what"]) for one in looked] == [("Ali Demir", "refused")]


def test_it_opens_and_closes_with_what_intake_tells(town: Town) -> None:
    def seen() -> set[int]:
        return {town.call(ALI, "GET", name, f"/cases/{CASE}").status_code for name in (*PHASES, "scheduler")}

    town.change(is_confidential=False)
    assert seen() == {200}
    town.change(is_confidential=True)
    assert seen() == {404}


# whose
@pytest.mark.parametrize("case, who, there", [
    (Confidential(team="nord", caseworker_id="karen"), KAREN, True),
    (Confidential(team="nord", caseworker_id="karen", caseworker_name="Ali Demir"), ALI, False),
    (Confidential(caseworker_name="Karen Lund"), KAREN, True),
    (Confidential(), KAREN, False),
    (Confidential(), SOREN, True),
    (Confidential(team="nord"), SOREN, False),
    (Confidential(team="nord"), STANDING_IN, True),
    (Confidential(team="nord", caseworker_id="karen"), Actor("karen", "Karen Lund", Role.FINANCE), False),
])  # fmt: skip
def test_whose_a_confidential_case_is(case: Confidential, who: Actor, there: bool) -> None:
    assert case.is_for(who) is there
