"""A case's orders: what each provider was asked and answered, how it got there, on which ground, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from casework.errors import NotFound
from casework.process import CASEWORKER, LEADER, Actor
from portal.changes import Change, in_words, new_in
from portal.descriptions import Away
from portal.identity import only, who
from portal.overview import NEXT
from portal.pages.here import call, descriptions, header, note, phases
from portal.pages.record import may, straight

blp = Blueprint("orders", __name__, url_prefix="/cases")

HANDED_OVER = ("goals", "interventions", "attachments", "diagnoses", "special_information", "total_expected_price")
ACTS = ("ordering.send", "ordering.revise", "ordering.cancel")


@blp.get("/<uuid:case_id>/ordering/orders")
@only(CASEWORKER, LEADER)
def page(case_id: UUID) -> Any:
    """Every provider's order, its versions the newest first."""
    me = who()
    part = call(me, "GET", "ordering", f"/cases/{case_id}").json()
    note(case_id, me, "read")
    described = descriptions().of(phases(), me, "ordering")
    steps = {step["step"]: step for step in described["steps"]}
    fields = {f["name"]: f for f in steps.get("order", {}).get("fields", ())}
    return render_template(
        "orders.html",
        head=header(case_id),
        tab="ordering",
        orders=part["parts"].get("orders", []),
        drafts=part["parts"].get("drafts", []),
        handed_over=[fields[name] for name in HANDED_OVER if name in fields],
        deliveries=_deliveries(me, case_id),
        changed=lambda version: list(_changed(version, steps)),
        new_in=new_in,
        actions=[(a, straight(a, described)) for a in ACTS if a in part["actions"] and may(me, a, described)],
        carries_on=NEXT,
    )


def _deliveries(me: Actor, case_id: UUID) -> dict[str, Any] | None:
    """What delivery knows of each provider's order; None where it does not answer."""
    try:
        part = call(me, "GET", "delivery", f"/cases/{case_id}").json()
    except NotFound:
        return {}
    except Away:
        return None
    return {one["order"]: one for one in part["parts"].get("deliveries", [])}


def _changed(version: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    """What is new in a version, in words."""
    changes = [(f"order.{path}", before, after) for path, before, after in version.get("changes", ())]
    return in_words([{"at": version["sent_on"], "by": "", "changes": changes}], steps)
