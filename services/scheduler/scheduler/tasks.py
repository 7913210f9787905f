"""Celery: beat says when to look, workers look. The tables are the truth; what Celery forgets the next look finds."""

from __future__ import annotations

from functools import cache
from typing import Any

from celery import Celery

from casework.configuration import Misconfigured
from scheduler.app import SchedulerService, create
from scheduler.settings import SchedulerSettings


def make_celery(settings: SchedulerSettings | None = None, **overrides: Any) -> Celery:
    """The Celery app. Raises Misconfigured where the messages' broker is none that Celery can use."""
    settings = settings or SchedulerSettings.from_env()
    broker = settings.tasks_broker or settings.broker
    if broker.startswith("direct"):
        raise Misconfigured("BROKER: i én proces passer `work` selv fristerne; Celery kræver amqp://…")
    queue, every = f"{settings.broker_prefix}.scheduler.tasks", settings.tick_seconds
    celery = Celery("scheduler", broker=broker)
    celery.conf.update(
        task_default_queue=queue,
        task_default_exchange="",  # the broker's own, so that the queue is all there is to remove
        task_default_routing_key=queue,
        task_default_queue_type="classic",  # a look that is lost is made again; quorum queues would bring 30 more
        worker_detect_quorum_queues=False,
        worker_enable_remote_control=False,  # nobody steers it, and its exchanges bear no prefix
        broker_transport_options={"confirm_publish": True} if broker.startswith("amqp") else {},
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,  # ours redacts
        beat_scheduler="celery.beat:Scheduler",  # keeps nothing on disk: a look too many finds nothing to do
        timezone="Europe/Copenhagen",
        beat_schedule={
            name: {"task": f"scheduler.{name}", "schedule": every, "options": {"expires": 2 * every}}
            for name in ("tick", "send_notifications")
        },
    )

    @cache  # one service per worker process, made after the fork: connections are not shared
    def service() -> SchedulerService:
        return create(settings, **overrides)

    @celery.task(name="scheduler.tick", shared=False)
    def tick() -> int:
        return service().tick()

    @celery.task(name="scheduler.send_notifications", shared=False)
    def send_notifications() -> int:
        return service().send_notifications()

    return celery
