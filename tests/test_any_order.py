"""Any order, late and repeated: the messages under way end in the same case, at every step of a walk."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.messaging.relay import Parcel
from onebox import walk as walks
from onebox.towns import DirectTown
from portal.model import ListedCase
from reporting.model import Archived

WALK = Path(__file__).parents[1] / "deploy/onebox/onebox/walks/1-jonas.yaml"
SALT = UUID(int=7)


class Disorder:
    """Stands between relay and inboxes: keeps what is sent and hands it over shuffled, late, and often twice."""

    def __init__(self, town: DirectTown, seed: int) -> None:
        self.house, self.random = town.house, random.Random(seed)
        self.receivers = dict(self.house.transport.receivers)
        self.under_way: list[tuple[str, dict[str, Any]]] = []
        self.house.transport.publish = self.publish
        self.house.settle = self.settle

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        for parcel in parcels:
            self.under_way += [(name, parcel.envelope) for name in parcel.consumers]
            if "archive" in self.receivers:
                self.under_way.append(("archive", parcel.envelope))
        return {}

    def settle(self) -> None:
        while self.house.pump() or self.under_way:
            self.random.shuffle(self.under_way)
            late = self.random.randint(0, len(self.under_way) // 2)
            now, self.under_way = self.under_way[late:], self.under_way[:late]
            for name, envelope in now:
                self.receivers[name]([envelope] * self.random.choice((1, 1, 2)))
                if self.random.random() < 0.1:
                    self.under_way.append((name, envelope))


def played(folder: Path, seed: int | None) -> list[Any]:
    """The case document after every step, and in the end what the portal lists."""
    data = walks.read_walk(WALK)
    town = DirectTown(folder, walks.moment(datetime.now(UTC), data["steps"][0]["at"]))
    if seed is not None:
        Disorder(town, seed)
    walk = walks.Walk(data, town, salt=SALT)
    states: list[Any] = []
    try:
        walk.play(lambda _: states.append(walk.document()))
        states.append(listed(town))
    finally:
        town.close()
    return states


def listed(town: DirectTown) -> Any:
    """The portal's read model and a figure made of the archive, without what differs from play to play."""
    with town.house.services["portal"].database.reading() as session:
        rows = session.execute(sa.select(ListedCase.__table__)).mappings().all()
    with town.house.services["reporting"].database.reading() as session:
        archived = session.scalar(sa.select(sa.func.count()).select_from(Archived))
    own = ("id", "citizen_id")
    return [{name: value for name, value in row.items() if name not in own} for row in rows], archived


@pytest.fixture(scope="module")
def in_order(tmp_path_factory):
    return played(tmp_path_factory.mktemp("in-order"), None)


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_messages_in_any_order_late_and_repeated_end_in_the_same_case(seed, in_order, tmp_path_factory):
    shuffled = played(tmp_path_factory.mktemp("shuffled"), seed)

    for number, (expected, found) in enumerate(zip(in_order, shuffled, strict=True), 1):
        assert found == expected, f"after step {number}"
