"""sagsgang-scheduler: run one role of the service."""

import sys
from typing import Any

from casework.service.roles import main as run
from scheduler.app import create, create_app
from scheduler.tasks import make_celery


def tasks(service: Any) -> None:
    """Celery's beat and workers. Several may run: a look too many finds nothing to do."""
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")  # workers need not know of each other
    make_celery(service.settings).worker_main(["worker", "--beat", *alone, f"--loglevel={service.settings.log_level}"])


def main() -> int:
    return run("scheduler", create, create_app, tasks)


if __name__ == "__main__":
    sys.exit(main())
