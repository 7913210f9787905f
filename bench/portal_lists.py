"""The portal's lists and searches with very many cases, each beside a bare page that asks the same.

`python bench/portal_lists.py --cases 1000000 --dsn postgresql+psycopg://…` fills an empty database (one that holds
cases already is taken as it is) and prints a line per page: CPU of this process in ms, wall clock in ms (the database
at work too), statements, and the ratio of CPU to the bare page. Without `--dsn` a database is made, and dropped.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from casework.migrations import upgrade
from casework.testing import servers
from portal import people
from portal.app import PortalService, create, create_app
from portal.model import Citizen, ListedCase
from portal.settings import PortalSettings

# Every tenth citizen is a Jonas, every twentieth a Grethe, whose cases are all closed; half of the cases are closed, a
# caseworker has about 400 cases, one case in 500 is nobody's, one in 250 waits for a leader, 1 in 50 is confidential.
SEED = (
    """INSERT INTO citizen (id, name, born_on, cpr_hash, stamp)
    SELECT md5('citizen' || n)::uuid,
        CASE WHEN n = 7 THEN 'Quirin' WHEN n % 10 = 0 THEN 'Jonas'
             WHEN n % 20 = 5 THEN 'Grethe' ELSE
             (array['Karen','Bente','Søren','Ali','Zara','Mads','Klara','Ida','Åse','Peter'])[1 + n / 10 % 10] END
        || ' ' || (array['Holm','Lund','Berg','Dam','Krogh','Friis','Juhl','Bach','Toft','Vang'])[1 + n / 100 % 10]
        || (array['','gaard','sen','borg','skov','dal','strøm'])[1 + n / 7 % 7],
        date '1930-01-01' + n % 30000, md5('cpr' || n), '1'
    FROM generate_series(1, :cases) n""",
    """INSERT INTO listed_case (id, known, number, citizen_id, track, team, caseworker_id, caseworker_name,
        is_confidential, closed_on, submitted_at, updated_at, phase, next_due, next_kind, due_sort, warnings, tasks)
    SELECT md5('case' || n)::uuid, '1', (2000 + n / 50000) || '-' || lpad((n % 50000)::text, 5, '0'),
        md5('citizen' || n)::uuid, 'standard', 'team-' || hash / 7 % 200,
        CASE WHEN n % 500 = 4 THEN NULL WHEN worker = 0 THEN 'caseworker' ELSE 'worker-' || worker END,
        CASE WHEN n % 500 = 4 THEN NULL WHEN worker = 0 THEN 'Karen Lund' ELSE 'Worker ' || worker END,
        n % 50 = 6, CASE WHEN closed THEN current_date - n % 3000 END, now() - interval '1 minute' * (n % 40000), now(),
        (array['intake','assessment','decision','ordering','delivery','followup'])[1 + hash % 6],
        due, CASE WHEN due IS NOT NULL THEN 'case-processing' END, coalesce(due, '9999-12-31'), hash % 3,
        CASE WHEN closed THEN '[]'::jsonb WHEN n % 250 = 2 THEN
            '[{"name": "assessment.approve", "label": "Godkend indstillingen", "roles": ["leader"]}]'::jsonb
        ELSE '[{"name": "assessment.recommend", "label": "Send indstilling", "roles": ["caseworker"]}]'::jsonb END
    FROM (SELECT n, hash, hash % greatest(:cases / 400, 1) AS worker, n % 2 = 1 AS closed,
            CASE WHEN n % 2 = 0 AND hash % 5 > 0 THEN current_date - 300 + hash % 600 END AS due
        FROM generate_series(1, :cases) n, abs(hashint4(n)) hash) made""",
    """INSERT INTO deadline (case_id, kind, key, due, due_stamp, state, state_stamp, raised_stamp)
    SELECT id, next_kind, '1', next_due, '1', 'open', '1', '' FROM listed_case WHERE next_due IS NOT NULL""",
    "ANALYZE",
)

BARE = """<!doctype html><html><body><table>{% for case, name in rows %}<tr>
<td><a href="/cases/{{ case.id }}"><strong>{{ name }}</strong> {{ case.number }}</a>
<td>{{ case.phase }}{% if case.closed_on %} lukket{% endif %}<td>{{ case.next_due }} {{ case.next_kind }}
<td>{% for task in case.tasks %}{{ task.label }}{% endfor %}<td>{{ case.caseworker_name }}</tr>
{% endfor %}</table></body></html>"""


def seed(service: PortalService, cases: int) -> None:
    """Fill the portal's tables, unless there are cases already."""
    with service.database.engine.begin() as connection:
        if connection.scalar(sa.select(sa.exists().select_from(ListedCase))):
            return
        for statement in SEED:
            connection.execute(
                sa.text(statement).bindparams(cases=cases) if ":cases" in statement else sa.text(statement)
            )


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
        mark = browser.get_cookie("sg-form")
        assert mark
        form = {"q": self.typed, "form_mark": mark.decoded_value}
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


def bare(service: PortalService) -> FlaskClient:
    """Flask, SQLAlchemy and Jinja, and nothing else: the list of all open cases."""
    app = Flask(__name__)

    @app.get("/")
    def listed() -> str:
        query = sa.select(ListedCase, Citizen.name).outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
        query = query.where(ListedCase.number.is_not(None), ListedCase.closed_on.is_(None))
        with service.database.reading() as session:
            rows = session.execute(query.order_by(ListedCase.due_sort, ListedCase.id).limit(26)).all()
        return render_template_string(BARE, rows=rows[:25])

    return app.test_client()


@dataclass
class Cost:
    """What a page costs: CPU of this process and wall clock in ms, and statements."""

    cpu: float
    wall: float
    statements: float


def cost(service: PortalService, ask: Callable[[], Any], times: int) -> Cost:
    """The mean of some calls."""
    sent: list[str] = []
    note: Any = lambda connection, cursor, statement, *_: sent.append(statement)  # noqa: E731
    sa.event.listen(service.database.engine, "before_cursor_execute", note)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        ask()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    sa.event.remove(service.database.engine, "before_cursor_execute", note)
    return Cost(cpu / times * 1000, wall / times * 1000, len(sent) / times)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--dsn", help="an empty PostgreSQL database, or one filled before")
    asked.add_argument("--rounds", type=int, default=5, help="each page and the bare page in turn, so many times")
    asked.add_argument("--times", type=int, default=10, help="calls in a round")
    asked.add_argument("--only", default="", help="pages whose name begins so")
    given = asked.parse_args()
    with ExitStack() as stack:
        dsn = given.dsn or stack.enter_context(servers.fresh_database(servers.LOCAL_POSTGRES))
        service = create(PortalSettings(database=dsn, demo=True))
        stack.callback(service.close)
        upgrade(service)
        with service.database.writing() as session:
            people.introduce(session, service.clock())
        seed(service, given.cases)
        table(service, given)


def table(service: PortalService, given: argparse.Namespace) -> None:
    """Each page beside the bare one, in turn; medians of the rounds."""
    app, plain = create_app(service), bare(service)
    _write("page", "CPU ms", "wall ms", "statements", "bare CPU ms", "ratio")
    _write(*["---"] * 6)
    for page in (page for page in PAGES if page.name.startswith(given.only)):
        asks = partial(page.ask, signed_in(app, page)), partial(plain.get, "/")
        begun = time.perf_counter()
        for ask in asks:
            ask()
        times = 1 if time.perf_counter() - begun > 2 else given.times
        rounds = [[cost(service, ask, times) for ask in asks] for _ in range(given.rounds)]
        mine, other = zip(*rounds, strict=True)
        cpu, anchor = (statistics.median(one.cpu for one in costs) for costs in (mine, other))
        wall, statements = statistics.median(one.wall for one in mine), mine[0].statements
        _write(
            page.name, *(f"{n:.1f}" for n in (cpu, wall)), f"{statements:.0f}", f"{anchor:.1f}", f"{cpu / anchor:.1f}"
        )


def _write(*cells: str) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
