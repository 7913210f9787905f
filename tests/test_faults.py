"""Killed at random points while 200 cases run: nothing is lost, and nothing takes effect twice."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
import sqlalchemy as sa

from casework.contracts import SERVICES
from casework.messaging.tables import Incoming, Outgoing
from casework.phase.tables import JournalRow, RunRow
from casework.process import Actor, Role
from casework.service.auth import sign
from onebox.distributed import AmqpTown, free_ports

CASES = 200
KILLS = 6
WORKER = Actor("karen", "Karen Lund", Role.CASEWORKER)
DONE = (200, 201)

OPENING = {
    "enquiry": {"opening_reason": "Vil have hjælp i hjemmet", "enquiry_received_date": "2026-03-02"},
    "rights": {"informed_of_representation_right": True, "informed_of_electronic_registration": True},
    "guidance": {"guided_on_all_support": False},
}
Call = Callable[..., requests.Response]


def insist(call: Callable[[], requests.Response]) -> requests.Response:
    """As a person would: try again while nobody answers."""
    for _ in range(600):
        try:
            answer = call()
            if answer.status_code < 500:
                return answer
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError("nobody answered for a minute")


def run_a_case(call: Call, number: int) -> UUID:
    """Open a case, record in it, complete the opening. Every call may be repeated."""
    case_id, cpr_number = uuid4(), f"{number % 28 + 1:02}01{number // 28 + 10:02}{1000 + number}"
    body = {"id": str(case_id), "cpr_number": cpr_number}
    assert insist(lambda: call("POST", "intake", "/cases", json=body)).status_code in DONE
    patch = {"json": OPENING, "headers": {"If-Match": "*"}}
    assert insist(lambda: call("PATCH", "intake", f"/cases/{case_id}", **patch)).status_code in DONE
    completed = insist(lambda: call("POST", "intake", f"/cases/{case_id}/actions/complete", json={}))
    assert completed.status_code in (*DONE, 409)  # 409: the first answer was lost, the act was not
    return case_id


def run_cases(call: Call) -> list[UUID]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda n: run_a_case(call, n), range(CASES)))


def whole(engines: dict[str, sa.Engine], cases: list[UUID]) -> Iterator[str]:
    """What is lost, stuck or doubled, over all services."""
    arrived: Counter[tuple[Any, str]] = Counter()
    for name, engine in engines.items():
        with engine.connect() as db:
            for message_id, status in db.execute(sa.select(Incoming.id, Incoming.status)):
                arrived[message_id, name] += 1
                if status not in ("done", "waiting"):
                    yield f"{name}: {message_id} is {status}"
    for name, engine in engines.items():
        with engine.connect() as db:
            for message_id, kind, consumers, sent in db.execute(
                sa.select(Outgoing.id, Outgoing.type, Outgoing.consumers, Outgoing.sent_at)
            ):
                if sent is None:
                    yield f"{name}: {kind} was never sent"
                for consumer in consumers:
                    if arrived[message_id, consumer] != 1:
                        yield f"{kind} reached {consumer} {arrived[message_id, consumer]} times"
    with engines["assessment"].connect() as db:
        begun = Counter(db.scalars(sa.select(RunRow.case_id).where(RunRow.at == "recommend")))
        entered = Counter(db.scalars(sa.select(JournalRow.case_id).where(JournalRow.row == "ready")))
    for case_id in cases:
        if (begun[case_id], entered[case_id]) != (1, 1):
            yield f"case {case_id} began {begun[case_id]} times, and its journal says {entered[case_id]}"


class Onebox:
    """The house as a process that can be killed."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_ports(1)[0]
        self.private_key = ""
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "onebox.cli", "up", "--port", str(self.port), "--data", str(self.data / "d")]
        with (self.data / "onebox.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.data)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def call(self, method: str, service: str, path: str, **options: Any) -> requests.Response:
        key = self.private_key or (self.data / "d/key.pem").read_text("utf-8")
        headers = {"Authorization": f"Bearer {sign(WORKER, key)}", **options.pop("headers", {})}
        url = f"http://127.0.0.1:{self.port}/services/{service}{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    def quiet(self) -> bool:
        """Nothing under way."""
        who = Actor("op", "Drift", Role.OPERATOR)
        key = (self.data / "d/key.pem").read_text("utf-8")
        for name in (n for n in SERVICES if n != "portal"):
            headers = {"Authorization": f"Bearer {sign(who, key)}"}
            url = f"http://127.0.0.1:{self.port}/services/{name}/flow"
            flow = requests.get(url, headers=headers, timeout=10).json()
            if flow["unsent"] or flow["new"]:
                return False
        return True


def killing(kill: Callable[[], None], over: threading.Event, seed: int) -> threading.Thread:
    """Kill at random moments until the work is over."""
    dice = random.Random(seed)

    def reap() -> None:
        for _ in range(KILLS):
            if over.wait(dice.uniform(0.5, 3.0)):
                return
            kill()

    thread = threading.Thread(target=reap)
    thread.start()
    return thread


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_the_onebox_killed_again_and_again_loses_nothing_and_does_nothing_twice(tmp_path):
    house, over = Onebox(tmp_path), threading.Event()
    insist(lambda: requests.get(f"http://127.0.0.1:{house.port}/services/intake/health/ready", timeout=5))

    def kill_and_start() -> None:
        house.kill()
        house.start()

    reaper = killing(kill_and_start, over, seed=1)
    try:
        cases = run_cases(house.call)
    finally:
        over.set()
        reaper.join()
    ends = time.monotonic() + 300
    while time.monotonic() < ends:
        try:
            if house.quiet():
                break
        except requests.RequestException:
            pass
        time.sleep(0.2)
    house.kill()

    engines = {name: sa.create_engine(f"sqlite:///{tmp_path / 'd' / name}.db") for name in SERVICES}
    found = list(itertools.islice(whole(engines, cases), 10))
    for engine in engines.values():
        engine.dispose()

    assert found == []


@pytest.mark.slow
@pytest.mark.xdist_group("wire")
def test_consumers_and_relays_killed_again_and_again_lose_nothing_and_do_nothing_twice(
    tmp_path, postgres_server, rabbitmq
):
    town = AmqpTown(tmp_path, datetime(2026, 3, 2, 8, tzinfo=UTC), postgres=postgres_server, rabbitmq=rabbitmq)
    over, victims = threading.Event(), itertools.cycle(("intake-work", "assessment-work", "portal-work", "intake-work"))

    def kill_and_start() -> None:
        victim = next(victims)
        os.kill(town.processes[victim].pid, signal.SIGKILL)
        town.processes[victim].wait()
        town.spawn(*victim.split("-"))

    def call(method: str, service: str, path: str, **options: Any) -> requests.Response:
        return town.call(WORKER, method, service, path, **options)

    with closing(town):
        reaper = killing(kill_and_start, over, seed=2)
        try:
            cases = run_cases(call)
        finally:
            over.set()
            reaper.join()
        town.settle()
        engines = {name: sa.create_engine(town.database_url(name)) for name in SERVICES}

        found = list(itertools.islice(whole(engines, cases), 10))
        for engine in engines.values():
            engine.dispose()

    assert found == []
