"""The case page of the portal, with 10⁴ and with 10⁶ other cases, beside a bare page that shows the same document.

The worked case of two rounds (1-jonas); the phases in this process on SQLite, the portal in it too, on a private
PostgreSQL with so many cases. Told: processor time of the page, phases and PostgreSQL included.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bare import Bare
from common import Cost, Meter, Row, alternately, middle, tell
from flask.testing import FlaskClient
from many_cases import filled
from private import CountingPostgres, private_servers
from worked import Worked, profiled

from casework.contracts import SERVICES
from casework.service.auth import public_key
from casework.service.clock import FileClock
from onebox.house import House
from onebox.towns import DirectTown
from onebox.wsgi import session
from portal.app import create, create_app
from portal.settings import PortalSettings

SIZES = (10_000, 1_000_000)
CALLS = 10


class Town(DirectTown):
    """As ever, but the portal's database is given."""

    def __init__(self, database: str, data: Path, begins: datetime) -> None:
        self.clock = FileClock(data / "clock")
        self.clock.set(begins)
        clock = f"file:{data / 'clock'}"
        self.house = House(data, clock=clock, names=[name for name in SERVICES if name != "portal"])
        house = self.house
        settings = PortalSettings(database=database, clock=clock, token_key=public_key(house.private_key), demo=True)
        portal = create(settings, transport=house.transport)
        house.services["portal"], house.apps["portal"] = portal, create_app(portal)
        portal.enter(house.phases(), demo=True)
        self.session = session(house.apps)


def browser(case: Worked) -> FlaskClient:
    client = case.town.house.apps["portal"].test_client()
    with client.session_transaction() as told:
        told["who"] = {"id": "caseworker", "name": "Karen Lund", "role": "caseworker", "team": None}
    return client


def cost(postgres: CountingPostgres, ask: Callable[[], object]) -> Cost:
    with Meter(postgres=postgres) as meter:
        for _ in range(CALLS):
            ask()
    return Cost(meter.cost.wall / CALLS, meter.cost.cpu / CALLS, meter.cost.postgres / CALLS)


def measure(postgres: CountingPostgres, cases: int, folder: Path) -> None:
    with filled(postgres, cases) as made:
        database = made.database.url
    case = Worked(folder, partial(Town, database)).play()
    bare = Bare(folder)
    bare.keep("case", case.ask("GET", "portal", "/document").json())
    client, path = browser(case), f"/cases/{case.walk.case}"
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    with case.counted() as counted:
        client.get(path)
    measures = {
        "ours": partial(cost, postgres, partial(client.get, path)),
        "bare": partial(cost, postgres, partial(bare.show, "case")),
    }
    with profiled():
        costs = alternately(measures, 5)
    mine, other = middle(costs["ours"]), middle(costs["bare"])
    notes = {"statements": counted.statements, "wall ms": round(1000 * mine.wall)}
    what = f"case page, {cases:,} cases"
    tell(Row(f"case-page-{cases}", what, "ms CPU", 1000 * mine.both, "bare page", 1000 * other.both, notes=notes))
    case.town.close()


def main() -> None:
    with private_servers(rabbitmq=False) as (postgres, _):
        for cases in SIZES[:1] if "--short" in sys.argv else SIZES:
            with TemporaryDirectory() as folder:
                measure(postgres, cases, Path(folder))


if __name__ == "__main__":
    main()
