"""sagsgang-followup: run one role of the service."""

import sys

from casework.service.roles import main as run
from followup.app import create, create_app


def main() -> int:
    return run("followup", create, create_app)


if __name__ == "__main__":
    sys.exit(main())
