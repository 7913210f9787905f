"""sagsgang-decision: run one role of the service."""

import sys

from casework.service.roles import main as run
from decision.app import create, create_app


def main() -> int:
    return run("decision", create, create_app)


if __name__ == "__main__":
    sys.exit(main())
