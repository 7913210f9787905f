"""The bare loops for what is measured in one process: the least that does as much for the asker, without any rule.

A page in Flask over SQLAlchemy on SQLite, set up as the services set theirs up. GET reads one row and notes who looked
(as JSON, or as a page with every value of it).
PATCH reads the row, writes it, and puts one message into an outbox. `heard` stores one message and what it changes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
import sqlalchemy as sa
from flask import Flask, Response, jsonify, request
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from onebox.wsgi import session as straight


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: sa.JSON}  # noqa: RUF012


class Document(Base):
    __tablename__ = "document"
    id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]


class Look(Base):
    __tablename__ = "look"
    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]


class Sent(Base):
    __tablename__ = "sent"
    id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]


PAGE = """<!doctype html><html><body>{% macro told(value) %}{% if value is mapping %}<dl>
{% for key, one in value.items() %}<dt>{{ key }}<dd>{{ told(one) }}{% endfor %}</dl>
{% elif value is iterable and value is not string %}<ul>
{% for one in value %}<li>{{ told(one) }}{% endfor %}</ul>{% else %}{{ value }}{% endif %}{% endmacro %}
{{ told(body) }}</body></html>"""


class Bare:
    """The page, called as ours is: straight into the app, by `requests`."""

    def __init__(self, folder: Path) -> None:
        self.engine = sa.create_engine(f"sqlite:///{folder / 'bare.db'}")
        sa.event.listen(self.engine, "connect", _set_up)
        Base.metadata.create_all(self.engine)
        self.session: requests.Session = straight({"bare": self.app()})

    def app(self) -> Flask:
        app = Flask("bare")
        page = app.jinja_env.from_string(PAGE)

        @app.get("/<name>")
        def read(name: str) -> Response:
            with Session(self.engine) as db, db.begin():
                body = db.get_one(Document, name).body
                db.add(Look(document=name))
            return jsonify(body)

        @app.get("/pages/<name>")
        def show(name: str) -> str:
            with Session(self.engine) as db, db.begin():
                body = db.get_one(Document, name).body
                db.add(Look(document=name))
            return page.render(body=body)

        @app.patch("/<name>")
        def write(name: str) -> Response:
            with Session(self.engine) as db, db.begin():
                row = db.get_one(Document, name)
                row.body = row.body | request.get_json()
                db.add(Sent(id=str(uuid4()), body=request.get_json()))
            return jsonify(done=True)

        return app

    def keep(self, name: str, body: dict[str, Any]) -> None:
        with Session(self.engine) as db, db.begin():
            db.merge(Document(id=name, body=body))

    def read(self, name: str) -> None:
        self.session.get(f"http://bare/{name}").raise_for_status()

    def show(self, name: str) -> None:
        self.session.get(f"http://bare/pages/{name}").raise_for_status()

    def write(self, name: str, patch: dict[str, Any]) -> None:
        self.session.patch(f"http://bare/{name}", json=patch).raise_for_status()

    def heard(self, name: str, body: dict[str, Any]) -> None:
        """One message: three statements, one commit."""
        with Session(self.engine) as db, db.begin():
            row = db.get_one(Document, name)
            row.body = {**row.body, "heard": str(uuid4())}
            db.add(Sent(id=str(uuid4()), body=body))


def api() -> Flask:
    """For a server of its own: only its start and its size are looked at."""
    return Bare(Path(os.environ["BENCH_FOLDER"])).app()


def _set_up(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
