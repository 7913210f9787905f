"""Databases of earlier releases, as they were left: opened, read, acted on and finished by the code as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from casework.channels import ParcelRow
from casework.contracts import SERVICES
from casework.messaging.tables import Incoming, Outgoing
from casework.testing.servers import fresh_database

from .documents import differences
from .golden.copies import FOLDERS, HERE, Golden, parked, play_on
from .golden.make import restore, unpack

KINDS = [(folder, kind) for folder in FOLDERS for kind in ("sqlite", "sql") if list(folder.glob(f"*.{kind}.xz"))]
NAMES = [f"{folder.relative_to(HERE)}-{kind}" for folder, kind in KINDS]

pytestmark = pytest.mark.slow


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(one, id=name, marks=pytest.mark.xdist_group(f"golden-{name}"))
        for one, name in zip(KINDS, NAMES, strict=True)
    ],
)
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golden]:
    (folder, kind), data = request.param, tmp_path_factory.mktemp("golden")
    with ExitStack() as made:
        database = None
        if kind == "sqlite":
            unpack(folder, data)
        else:
            server = request.getfixturevalue("postgres_server")
            urls = {service: made.enter_context(fresh_database(server)) for service in SERVICES}
            restore(folder, urls)
            database = urls.__getitem__
        opened = Golden(folder, data, database)
        made.callback(opened.town.close)
        yield opened


# Each takes the database on from where the one before has left it.
def test_what_was_under_way_arrives_and_what_sat_fast_still_does(golden):
    golden.town.house.settle()

    for service in golden.town.house.services.values():
        with service.database.reading() as session:
            assert session.scalars(sa.select(Outgoing.type).where(Outgoing.sent_at.is_(None))).all() == []
            assert session.scalars(sa.select(Incoming.type).where(Incoming.status.in_(("new", "waiting")))).all() == []
            if service.name == "decision" and service.settings.letters:
                to_print = sa.select(ParcelRow.about).where(ParcelRow.channel == "letter", ParcelRow.status != "sent")
                assert session.scalars(to_print).all() == []
    assert parked(golden.town) == golden.parked


def test_every_case_is_the_same_as_it_was(golden):
    now = golden.documents()

    assert differences({"cases": golden.recorded()}, {"cases": now}) == []


def test_every_page_of_every_case_is_answered(golden):
    answers = list(golden.pages())

    assert [(one.url, one.text) for one in answers if one.status_code not in (200, 404)] == []


def test_every_case_goes_on_as_its_walk_says(golden):
    further = len if golden.is_sqlite else lambda left: min(2, len(left))  # to its end once; elsewhere it begins
    findings = play_on(golden.copies, {copy.name: copy.done + further(copy.left) for copy in golden.copies})

    assert findings == []


def test_every_case_can_be_closed(golden):
    golden.close_all()

    assert [name for name, one in golden.documents().items() if one["case"]["status"] != "closed"] == []
