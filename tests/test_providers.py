"""A decision with three providers, each with a system of its own: the right messages, in their order, once each.

One says no, one is given another goal later while its system is down, and one stops by itself.
"""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from kombu import Connection

from casework.channels import LineRow, ParcelRow
from casework.contracts import SERVICES
from casework.process import Actor, Role
from casework.service.auth import public_key
from casework.service.settings import Settings
from casework.testing.servers import ManagedRabbitmq, free_port
from onebox import walk as walks
from onebox.broker import Broker, provide, provide_sender
from onebox.distributed import AmqpTown
from onebox.towns import DirectTown
from onebox.wsgi import session
from ordering.settings import OrderingSettings
from portal.casefile import Phases
from scheduler.model import Notification

from .receivers import Receiver

KARL = Path(__file__).parent / "walks/karl.yaml"
LEADER = Actor("leader", "Ulla Berg", Role.LEADER)
FINANCE = Actor("fia", "Fia Lind", Role.FINANCE)

TO_BIRKEN = [
    (1, "order.sent", 1), (2, "order.changed", 2), *((n, "order.notice", 2) for n in range(3, 14)),
    (14, "order.cancelled", 2),
]  # fmt: skip
TO_HAVNEN = [(1, "order.sent", 1)]
TO_MENTOR = [(1, "order.sent", 1), *((n, "order.notice", 1) for n in range(2, 7)), (7, "order.ended", 1)]
OF_STATUS_NOTE = [
    ("delivery.status_note", None, None),
    ("status-note", "near", "2026-05-22"),
    ("status-note", "near", "2026-05-22"),
    ("status-note", "due", "2026-05-22"),
    ("status-note", "missed", "2026-05-22"),
]
"""The notices of one status note that never comes."""


class Connected(walks.Walk):
    """The walk, played with providers who have systems."""

    def __init__(self, town: walks.Town, folder: Path) -> None:
        super().__init__(walks.read_walk(KARL), town)
        self.receivers = {name: Receiver(_made(folder / name)) for name in ("birken", "havnen", "mentor")}
        self.channels = dict.fromkeys(self.receivers, "webhook")

    def id_of(self, name: str) -> str:
        return str(self.people[name]["id"])

    def _register_providers(self) -> None:
        super()._register_providers()
        for name, channel in self.channels.items():
            entry = {"name": self.people[name]["name"], "email": self.people[name]["email"], "channel": channel}
            if channel == "webhook":
                entry["webhook_url"] = self.receivers[name].url
            whatever = {"If-Match": "*"}
            self._call(FINANCE, "PUT", f"/providers/{self.id_of(name)}", json=entry, headers=whatever)
            if channel == "webhook":
                made = self._call(LEADER, "POST", f"/providers/{self.id_of(name)}/secrets")
                self.receivers[name].secrets = [made.json()["secret"]]
                self.receivers[name].start()

    def _call(self, who: Actor, method: str, path: str, **options: Any) -> requests.Response:
        answer = self.town.call(who, method, "ordering", path, **options)
        assert answer.ok, answer.text
        return answer

    def play_with(self, after: dict[str, Callable[[], None]]) -> None:
        """To its end; after these acts something is done beside."""
        outcomes = self.play(lambda outcome: next((do for act, do in after.items() if act in outcome.text), _nothing)())
        assert [f.text for o in outcomes for f in o.findings] == []

    def delivery(self) -> dict[str, list[tuple[str, str, str]]]:
        """What the case document says of it."""
        return {
            order["provider"]["name"]: [(d["channel"], d["kind"], d["status"]) for d in order["delivery"]]
            for order in self.document()["orders"]
        }

    def close(self) -> None:
        for receiver in self.receivers.values():
            receiver.stop()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _nothing() -> None: ...


def begins() -> datetime:
    return walks.moment(datetime.now(UTC), walks.read_walk(KARL)["steps"][0]["at"])


def hasten(engine: sa.Engine) -> None:
    """As if every pause were over."""
    with engine.begin() as db:
        db.execute(sa.update(LineRow).where(LineRow.try_at.is_not(None)).values(try_at=datetime.now(UTC)))


class Mailbox:
    """Takes all mails."""

    def __init__(self) -> None:
        self.to: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.to += envelope.rcpt_tos
        return "250 OK"


# in one process
@pytest.mark.rule("ORD-01", "ORD-03", "FUP-01")
def test_three_providers_are_told_what_is_theirs_in_order_and_once(tmp_path, monkeypatch):
    """The system of one of them knows no notices yet, so that its people are mailed these."""
    mails = Mailbox()
    server = Controller(mails, hostname="127.0.0.1", port=free_port())
    server.start()
    monkeypatch.setenv("SCHEDULER_SMTP", f"127.0.0.1:{server.port}")
    monkeypatch.setenv("ORDERING_PRIVATE_RECEIVERS", "true")  # the receivers are on this machine
    town = DirectTown(tmp_path / "town", begins())
    ordering = town.house.services["ordering"]
    walk = Connected(town, tmp_path)
    walk.receivers["mentor"].grow_old()

    def deliver() -> None:
        while ordering.send_parcels():
            pass

    def go_down() -> None:
        deliver()
        walk.receivers["birken"].stop()

    def come_back() -> None:
        deliver()  # in vain: nobody is there
        walk.receivers["birken"].start()
        hasten(ordering.database.engine)
        deliver()

    try:
        walk.play_with({"ordering.send": go_down, "ordering.revise": deliver, "ordering.cancel": come_back})
        town.settle()

        assert walk.receivers["birken"].taken() == TO_BIRKEN
        assert walk.receivers["havnen"].taken() == TO_HAVNEN
        assert walk.receivers["mentor"].taken() == [TO_MENTOR[0], TO_MENTOR[-1]]
        assert [told for told in notices(walk, "birken") if "status" in told[0]] == OF_STATUS_NOTE
        assert walk.delivery() == {
            "Bostøtten Birken": [("webhook", kind, "sent") for _, kind, _ in TO_BIRKEN if kind != "order.notice"],
            "Værkstedet Havnen": [("webhook", "order.sent", "sent")],
            "Mentorerne": [("webhook", "order.sent", "sent"), ("webhook", "order.ended", "sent")],
        }
        assert {*mails.to} == {"post@mentorerne.example"}
        assert recorded(walk, "birken") == {("webhook", "HTTP 202", None)}
        assert recorded(walk, "mentor") == {
            ("webhook", "HTTP 202", None), ("webhook", None, "HTTP 422"), ("mail", "SMTP 250", None),
        }  # fmt: skip
        assert goals_and_changes(walk) == {
            "birken": (["Jeg åbner min post"], ["goals[g1].goal_statement"]),
            "havnen": (["Jeg er på værkstedet"], []),
            "mentor": (["Jeg ringer til min bror"], []),
        }
    finally:
        walk.close()
        town.close()
        server.stop()


def notices(walk: Connected, name: str) -> list[tuple[str, str | None, str | None]]:
    """What its system was told of deadlines, and of what is asked of it."""
    told = [json.loads(body) for body in walk.receivers[name].bodies()]
    return [(one["about"], one.get("stage"), one.get("due")) for one in told if one["kind"] == "order.notice"]


def recorded(walk: Connected, name: str) -> set[tuple[str, str | None, str | None]]:
    """How the scheduler has it that a provider was told beside the portal; what was dropped before it left is none."""
    wanted = sa.select(Notification.channel, Notification.receipt, Notification.failure).where(
        Notification.provider_id == walk.id_of(name), Notification.channel != "portal", Notification.status != "dropped"
    )
    with walk.town.house.services["scheduler"].database.reading() as session:
        return {(channel, receipt, failure) for channel, receipt, failure in session.execute(wanted)}


def goals_and_changes(walk: Connected) -> dict[str, tuple[list[str], list[str]]]:
    """Of each provider the goals it was ordered, and what was told to be new later."""
    found = {}
    for name, receiver in walk.receivers.items():
        messages = [json.loads(body) for body in receiver.bodies()]
        new = [c["path"] for m in messages if "changes" in m for c in m["changes"]["changed"]]
        goals = [goal["goal_statement"] for goal in messages[0]["order"]["goals"]]
        found[name] = (goals, [_with_words(walk, path) for path in new])
    return found


def _with_words(walk: Connected, path: str) -> str:
    """The walk's own short words for ids."""
    for known, word in walk.words.items():
        path = path.replace(known, word)
    return path


# over the wire
class Wire(AmqpTown):
    """PostgreSQL and RabbitMQ, but the services are threads of this process: twenty processes are another test's."""

    def __init__(self, data: Path, begins: datetime, *, providers: str, **servers: str) -> None:
        self.providers = providers
        self.stop = threading.Event()
        self.threads: list[threading.Thread] = []
        self.services: dict[str, Any] = {}
        super().__init__(data, begins, **servers)

    def _begin(self) -> None:
        apps: dict[str, Any] = {}
        self.session = session(apps)
        for name in SERVICES:
            module: Any = importlib.import_module(f"{name}.app")
            service = self.services[name] = module.create(self._settings(name, module))
            if name == "portal":
                service.enter(Phases({n: f"http://{n}" for n in SERVICES}, self.private_key, self.session))
            apps[name] = module.create_app(service)
            for job in (partial(service.run, self.stop), *service.rounds(self.stop)):
                self.threads.append(threading.Thread(target=job, daemon=True))
        for thread in self.threads:
            thread.start()

    def _settings(self, name: str, module: Any) -> Settings:
        given: dict[str, Any] = {
            "database": self.database_url(name), "broker": self.rabbitmq, "broker_prefix": self.prefix,
            "clock": f"file:{self.clock.path}", "token_key": public_key(self.private_key), "tick_seconds": 0.2,
        }  # fmt: skip
        if name == "ordering":
            return OrderingSettings(**given, provider_broker=self.providers, private_receivers=True)
        settings: Settings = getattr(module, "SETTINGS", Settings)(**given)
        return settings

    def _url(self, name: str) -> str:
        return f"http://{name}"

    def close(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(15)
        for service in self.services.values():
            service.close()
        super().close()


@pytest.mark.slow
@pytest.mark.xdist_group("wire")
def test_the_same_over_the_wire_and_one_of_them_by_queue(
    tmp_path: Path, postgres_server: str, managed_rabbitmq: ManagedRabbitmq
):
    broker = Broker(managed_rabbitmq.api, "guest", "guest", "providers")
    password = provide_sender(broker, "sagsgang-ordering", rotate=True)
    at = f"127.0.0.1:{managed_rabbitmq.port}/providers"
    town = Wire(
        tmp_path / "town", begins(), providers=f"amqp://sagsgang-ordering:{password}@{at}",
        postgres=postgres_server, rabbitmq=managed_rabbitmq.url,
    )  # fmt: skip
    walk = Connected(town, tmp_path)
    walk.channels["mentor"] = "queue"
    mentor = walk.id_of("mentor")
    url = f"amqp://orders.{mentor}:{provide(broker, mentor)}@{at}"
    engine = sa.create_engine(town.database_url("ordering"))

    def sent_to_birken() -> int:
        with engine.connect() as db:
            mine = sa.select(sa.func.count()).where(
                ParcelRow.receiver == walk.id_of("birken"), ParcelRow.status == "sent"
            )
            return int(db.scalar(mine) or 0)

    def go_down() -> None:
        wait_for(lambda: sent_to_birken() == 1)
        walk.receivers["birken"].stop()

    def come_back() -> None:
        walk.receivers["birken"].start()
        hasten(engine)
        wait_for(lambda: sent_to_birken() == len(TO_BIRKEN))

    try:
        walk.play_with({"ordering.send": go_down, "ordering.cancel": come_back})

        assert walk.receivers["birken"].taken() == TO_BIRKEN
        assert walk.receivers["havnen"].taken() == TO_HAVNEN
        assert in_queue(url, f"orders.{mentor}") == TO_MENTOR
    finally:
        walk.close()
        engine.dispose()
        town.close()


def in_queue(url: str, queue: str) -> list[tuple[int, str, int]]:
    """All that a provider finds in its queue."""
    with Connection(url) as connection:
        channel, found = connection.channel(), []
        while message := channel.basic_get(queue):
            told = json.loads(message.body)
            found.append((told["sequence"], told["kind"], told["version"]))
            channel.basic_ack(message.delivery_tag)
        return found


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)
