"""A portal with very many cases, on PostgreSQL, and the bare page that lists as many of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask
from private import CountingPostgres
from sqlalchemy.orm import Session

from casework.migrations import upgrade
from portal import people
from portal.app import PortalService, create
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


@contextmanager
def filled(postgres: CountingPostgres, cases: int) -> Iterator[PortalService]:
    """A portal with so many cases."""
    portal = create(PortalSettings(database=postgres.database(f"portal_{cases}"), demo=True))
    upgrade(portal)
    with portal.database.writing() as session:
        people.introduce(session, portal.clock())
    seed(portal, cases)
    try:
        yield portal
    finally:
        portal.close()


def bare(database: sa.Engine) -> Flask:
    """Flask, SQLAlchemy and Jinja, and nothing else: the list of all open cases."""
    app = Flask(__name__)
    page = app.jinja_env.from_string(BARE)
    query = sa.select(ListedCase, Citizen.name).outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
    query = query.where(ListedCase.number.is_not(None), ListedCase.closed_on.is_(None))
    query = query.order_by(ListedCase.due_sort, ListedCase.id).limit(26)

    @app.get("/")
    def listed() -> str:
        with Session(database) as session:
            return page.render(rows=session.execute(query).all()[:25])

    return app


def bare_app() -> Flask:
    """For a server: on the database of BENCH_DATABASE."""
    return bare(sa.create_engine(os.environ["BENCH_DATABASE"]))
