"""sagsgang-reporting: run one role of the service."""

import sys

from casework.service.roles import main as run
from reporting.app import create, create_app


def main() -> int:
    return run("reporting", create, create_app)


if __name__ == "__main__":
    sys.exit(main())
