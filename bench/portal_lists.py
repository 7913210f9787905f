"""The portal's lists and searches with 10⁴ and with 10⁶ cases, each beside a bare page that lists as many.

Processor time of the page (this process and PostgreSQL), the median of turns, on a private PostgreSQL; the bare page
is Flask, SQLAlchemy and Jinja, and lists the same table. `--cases 10000` measures one size, `--only search` the pages
whose name begins so. `portal_page.py` asks for the list by many at once.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from common import Cost, Meter, Row, alternately, middle, tell
from flask import Flask
from flask.testing import FlaskClient
from many_cases import bare, filled
from private import CountingPostgres, private_servers

from portal.app import PortalService, create_app

SIZES = (10_000, 1_000_000)
GOAL = 50.0  # ms
PROMISED = ("search: Jonas", "search: Grethe", "waits for the leader", "my cases")


@dataclass(frozen=True)
class Page:
    """A page as somebody asks for it."""

    name: str
    who: str
    path: str
    typed: str = ""  # what is searched for
    team: str | None = None

    def ask(self, browser: FlaskClient) -> str:
        if not self.typed:
            return browser.get(self.path).text
        form = {"q": self.typed, "form_mark": getattr(browser.get_cookie("sg-form"), "decoded_value", "")}
        return browser.post(self.path, data=form, headers={"Accept": "text/html"}).text


PAGES = (
    Page("all cases", "caseworker", "/cases?filtered=1"),
    Page("my cases", "caseworker", "/cases"),
    Page("my cases of a phase", "caseworker", "/cases?filtered=1&mine=1&phase=decision"),
    Page("cases of a phase", "caseworker", "/cases?filtered=1&phase=decision"),
    Page("late", "caseworker", "/cases?filtered=1&overdue=1"),
    Page("waits for the leader", "leader", "/cases?filtered=1&waits=leader"),
    Page("waits for the leader, of a team", "leader", "/cases?filtered=1&waits=leader&phase=decision", team="team-7"),
    Page("search: Jonas", "caseworker", "/search", "Jonas"),
    Page("search: Grethe", "caseworker", "/search", "grethe"),
    Page("search: jonas holmgaard", "caseworker", "/search", "jonas holmgaard"),
    Page("search: Quirin", "caseworker", "/search", "quirin "),
    Page("search: nobody", "caseworker", "/search", "Xerxes"),
    Page("search: two letters", "caseworker", "/search", "qu"),
    Page("search: a case number", "caseworker", "/search", "2001-99999"),
    Page("my day", "caseworker", "/day"),
    Page("the team", "leader", "/team", team="team-7"),
    Page("all teams", "leader", "/team"),
)
NAMES = {"caseworker": "Karen Lund", "leader": "Ulla Berg"}


def signed_in(app: Flask, page: Page) -> FlaskClient:
    """The browser of whoever asks for the page, with the mark that a form needs."""
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["who"] = {"id": page.who, "name": NAMES[page.who], "role": page.who, "team": page.team}
    browser.get("/sign-in")
    return browser


def told(portal: PortalService, postgres: CountingPostgres, cases: int, only: str) -> None:
    """A row for each page: it and the bare one, in turn."""
    app, plain = create_app(portal), bare(portal.database.engine).test_client()
    for page in (page for page in PAGES if page.name.startswith(only)):
        asks: dict[str, Callable[[], object]] = {
            "ours": partial(page.ask, signed_in(app, page)),
            "bare": partial(plain.get, "/"),
        }
        begun = time.perf_counter()
        sent = statements(portal, asks["ours"])
        times = 1 if time.perf_counter() - begun > 1 else 20
        measures = {name: partial(cost, postgres, ask, times) for name, ask in asks.items()}
        costs = {name: middle(each) for name, each in alternately(measures, 3).items()}
        mine, other = costs["ours"], costs["bare"]
        goal = GOAL if cases == SIZES[-1] and page.name in PROMISED else None
        notes = {
            "statements": sent,
            "PostgreSQL's ms": round(1000 * mine.postgres, 1),
            "wall ms": round(1000 * mine.wall),
        }
        name = f"list-{cases}-{page.name.replace(' ', '-')}"
        what = f"{cases:,} cases, {page.name}"
        ms = 1000 * mine.both, "bare page", 1000 * other.both
        tell(Row(name, what, "ms CPU", *ms, goal, "value", notes=notes))


def cost(postgres: CountingPostgres, ask: Callable[[], object], times: int) -> Cost:
    """Of one call."""
    with Meter(postgres=postgres) as meter:
        for _ in range(times):
            ask()
    return Cost(meter.cost.wall / times, meter.cost.cpu / times, meter.cost.postgres / times)


def statements(portal: PortalService, ask: Callable[[], object]) -> int:
    ask()  # what is read once is read
    sent: list[str] = []
    note: Any = lambda connection, cursor, statement, *_: sent.append(statement)  # noqa: E731
    sa.event.listen(portal.database.engine, "before_cursor_execute", note)
    ask()
    sa.event.remove(portal.database.engine, "before_cursor_execute", note)
    return len(sent)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=int, action="append", help="10000 and 1000000 where none is given")
    asked.add_argument("--only", default="", help="pages whose name begins so")
    given = asked.parse_args()
    with private_servers(rabbitmq=False) as (postgres, _):
        for cases in given.cases or SIZES:
            with filled(postgres, cases) as portal:
                told(portal, postgres, cases, given.only)


if __name__ == "__main__":
    main()
