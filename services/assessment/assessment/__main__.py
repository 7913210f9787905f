"""sagsgang-assessment: run one role of the service."""

import sys

from assessment.app import create, create_app
from casework.service.roles import main as run


def main() -> int:
    return run("assessment", create, create_app)


if __name__ == "__main__":
    sys.exit(main())
