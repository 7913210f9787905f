"""sagsgang-delivery: run one role of the service."""

import sys

from casework.service.roles import main as run


def main() -> int:
    return run("delivery")


if __name__ == "__main__":
    sys.exit(main())
