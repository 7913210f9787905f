"""A service may be told to speak the older version of a message, and is told what it cannot speak when it starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from casework.configuration import Misconfigured
from casework.contracts import contract
from casework.contracts.intake import EnquiryRecorded
from casework.messaging.spoken import IN_SESSION, speaks
from casework.service.settings import Settings
from casework.testing.desk import Clock, Desk, a_case
from casework.testing.releases import apart, release

with apart():

    @contract(
        "enquiry.recorded", version=3, by="intake", to="assessment",
        upcasts={1: dict, 2: dict}, downcasts={2: lambda body: {**body, "in": "version 2"}},
    )  # fmt: skip
    class Enquiry(EnquiryRecorded):
        """As a later release tells it."""


@pytest.fixture(autouse=True)
def later() -> Iterator[None]:
    with release(Enquiry):
        yield


def test_nothing_is_set_and_every_message_is_spoken_as_it_is_newest():
    assert Settings.from_env("intake").speaks == {}


def test_what_is_set_for_a_service_is_read_from_its_environment(monkeypatch):
    monkeypatch.setenv("INTAKE_SPEAKS", "enquiry.recorded:2, case.opened:1")

    assert Settings.from_env("intake").speaks == {"enquiry.recorded": 2, "case.opened": 1}


@pytest.mark.parametrize(
    "text, why",
    [
        ("enquiry.recorded", r"INTAKE_SPEAKS: her skal stå besked:version"),
        ("enquiry.recorded:en", r"INTAKE_SPEAKS: her skal stå besked:version"),
        ("decision.made:1", r"INTAKE_SPEAKS: decision\.made er ingen besked, som intake sender"),
        ("enquiry.lost:1", r"INTAKE_SPEAKS: enquiry\.lost er ingen besked, som intake sender"),
        ("enquiry.recorded:4", r"INTAKE_SPEAKS: enquiry\.recorded findes i version 1 til 3, og ikke i 4"),
        ("enquiry.recorded:0", r"INTAKE_SPEAKS: enquiry\.recorded findes i version 1 til 3, og ikke i 0"),
        ("enquiry.recorded:1", r"INTAKE_SPEAKS: enquiry\.recorded kan ikke sendes i version 1"),
    ],
)
def test_what_a_service_cannot_speak_is_named_with_its_variable(text, why):
    with pytest.raises(Misconfigured, match=why):
        speaks("intake", text)


def test_a_message_leaves_in_the_version_that_is_asked_for(tmp_path):
    intake = Desk("intake", f"sqlite:///{tmp_path}/intake.db", Clock(), {IN_SESSION: {"enquiry.recorded": 2}})
    (envelope,) = intake.tell(a_case(), Enquiry(opening_reason="Bolig"))
    (row,) = intake.unsent()
    intake.close()

    assert (envelope.version, envelope.body) == (2, {"opening_reason": "Bolig", "in": "version 2"})
    assert row.envelope["version"] == 2
