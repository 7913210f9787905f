"""Assessment at work, with one case whose opening is finished."""

from __future__ import annotations

import pytest

from assessment import app
from casework.contracts.intake import IntakeCompleted
from casework.testing.cases import OPENED, TODAY, Office


@pytest.fixture
def office() -> Office:
    made = Office(app)
    made.hear(OPENED, IntakeCompleted(completed_on=TODAY))
    return made
