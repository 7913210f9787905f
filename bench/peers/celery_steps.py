"""Celery: seven tasks, each of which commits and sends the next; acknowledged late, so that none is lost."""

from __future__ import annotations

import os
import threading
import time

import psycopg
from celery import Celery
from celery.signals import worker_ready
from peer import STEPS, asked, run, step

A = asked()
app = Celery("bench", broker=A.rabbitmq)
app.conf.update(
    task_acks_late=True,
    task_default_queue="bench",
    task_default_queue_type="quorum",
    task_ignore_result=True,
    worker_prefetch_multiplier=100,
    worker_detect_quorum_queues=True,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_transport_options={"confirm_publish": True},
)
db = psycopg.connect(A.database)


@app.task(name="take")
def take(subject: str, number: int) -> None:
    with db.transaction():
        step(db, subject)
    if number < STEPS:
        take.delay(subject, number + 1)


def work() -> None:
    for subject in A.subjects():
        take.delay(subject, 1)
    done = "SELECT count(*) FROM state WHERE subject LIKE %s AND (body->>'heard')::int >= %s"
    with psycopg.connect(A.database, autocommit=True) as asking:
        while asking.execute(done, (f"{A.number}-%", STEPS)).fetchone()[0] < A.cases:  # type: ignore[index]
            time.sleep(0.05)


def answer() -> None:
    run(work)
    threading.Event().wait()  # the other's tasks may be with us still


worker_ready.connect(lambda **_: threading.Thread(target=answer, daemon=True).start(), weak=False)
app.worker_main(["worker", "--pool", "solo", "--loglevel", "ERROR", "--without-gossip", "--without-mingle",
                 "--without-heartbeat", "--hostname", f"{A.number}-{os.getpid()}@bench"])  # fmt: skip
