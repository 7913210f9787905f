"""A message that is lost between two services: seen at the one, sent again by the other, and the case goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from casework.contracts.intake import EnquiryRecorded
from casework.messaging import Cause, put
from casework.messaging.tables import Incoming, Outgoing
from casework.testing.cases import A_CASE, AN_OPERATOR, NOON, OPENED
from onebox.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, names=("intake", "assessment"))
    yield made
    made.close()


def call(house: House, service: str, method: str, path: str, body: Any = None) -> Any:
    client = house.apps[service].test_client()
    answer = client.open(path, method=method, json=body, headers=house.headers(AN_OPERATOR))
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def tell_and_lose_the_first(house: House) -> None:
    """Intake tells three things; the first is marked as sent and never was."""
    with house.services["intake"].database.writing() as session:
        for message in (OPENED, EnquiryRecorded(opening_reason="Indkøb"), EnquiryRecorded(opening_reason="Rengøring")):
            put(session, "intake", str(A_CASE), message, Cause(NOON, "kim"))
        first = session.scalars(sa.select(Outgoing).order_by(Outgoing.position).limit(1)).one()
        first.sent_at = datetime.now(UTC)
    house.pump()


def states(house: House) -> list[str]:
    with house.services["assessment"].database.reading() as session:
        return list(session.scalars(sa.select(Incoming.status).order_by(Incoming.number)))


def test_a_message_that_was_lost_is_seen_and_sent_again_and_the_case_goes_on(house: House):
    tell_and_lose_the_first(house)
    inbox = house.services["assessment"].inbox
    at_first, inbox.clock = call(house, "assessment", "GET", "/missing"), lambda: datetime.now(UTC) + timedelta(hours=1)
    (gap,) = call(house, "assessment", "GET", "/missing")["missing"]
    before, counted = states(house), call(house, "assessment", "GET", "/flow")["missing"]

    asked = {name: gap[name] for name in ("consumer", "subject", "first", "last")}
    answer = call(house, gap["producer"], "POST", "/outbox/resend", asked)
    house.pump()

    assert (at_first, before, counted) == ({"missing": []}, ["new", "new"], 1)
    assert answer == {"again": [1], "gone": []}
    assert states(house) == ["done"] * 3
    assert call(house, "assessment", "GET", "/missing") == {"missing": []}
