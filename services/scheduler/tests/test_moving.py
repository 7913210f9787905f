"""A case that gets another caseworker: from then on that one is told of its deadlines, and the former is not."""

from dataclasses import replace

from casework.contracts.intake import CaseChanged
from casework.contracts.values import Party
from casework.vocabularies.codes import PartyRole

from .conftest import OPENED, World, asked

OTTO = Party(id="otto", name="Otto Holm", role=PartyRole("caseworker"))


def test_later_notices_go_to_the_new_caseworker_only(world: World) -> None:
    world.hear(asked("follow-up", "2026-03-16", notify=("caseworker",)), by="followup")
    world.tick("2026-02-16 08:00")
    moved = CaseChanged(**{**vars(replace(OPENED, caseworker=OTTO)), "team": "øst"})
    world.hear(moved, by="intake", when="2026-02-17 10:00", actor="otto")

    world.tick("2026-02-23 08:00")
    world.tick("2026-03-16 08:00")

    told = [(stage, name) for stage, name, _ in world.told()]
    assert [stage for stage, name in told if name == "Karen Lund"] == ["near-20"]
    assert [stage for stage, name in told if name == "Otto Holm"] == ["due", "near-15"]
