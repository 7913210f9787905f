"""sagsgang-ordering: run one role of the service."""

import sys

from casework.service.roles import main as run
from ordering.app import create, create_app


def main() -> int:
    return run("ordering", create, create_app)


if __name__ == "__main__":
    sys.exit(main())
