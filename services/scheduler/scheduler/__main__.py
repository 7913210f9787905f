"""sagsgang-scheduler: run one role of the service."""

import sys

from casework.service.roles import main as run
from scheduler.app import create, create_app


def main() -> int:
    return run("scheduler", create, create_app)


if __name__ == "__main__":
    sys.exit(main())
