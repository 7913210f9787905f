"""Intake at work, empty or with one open case."""

from __future__ import annotations

from typing import Any

import pytest

from casework.testing.cases import A_CASE, A_CASEWORKER, Office
from intake import app


@pytest.fixture
def office() -> Office:
    return Office(app)


@pytest.fixture
def a_case(office: Office) -> Office:
    """Intake with one open case."""
    body: dict[str, Any] = {"id": str(A_CASE), "cpr_number": "1405821237"}
    assert office.call(A_CASEWORKER, "POST", "/cases", json=body).status_code == 201
    return office
