"""The register of providers: what is entered, what is refused, and who is told."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from casework.testing.cases import wrong

from .conftest import ECONOMY, KIM, LONE, World

X_HUS = {"name": "X-Hus", "cvr": "12345674", "p_number": "1001234567", "ean": "5790000000005", "offer": "mobile-offer"}
BY_THE_HOUR = {"service": "support-daily-tasks-at-home", "unit": "hour", "price": "450.00"}


def put(world: World, id_: str = "x-hus", by: Any = ECONOMY, **entry: Any) -> Any:
    return world.register(id_, by, **{**X_HUS, **entry})


def test_a_provider_that_is_registered_is_told_of(world: World):
    assert put(world).status_code == 200

    assert world.said("provider.changed") == [{"provider_id": "x-hus", **X_HUS, "channel": "portal"}]
    assert world.call("get", "/providers/x-hus").json["name"] == "X-Hus"


def test_the_same_twice_is_told_once(world: World):
    put(world, price_from="425.00")
    put(world, price_from="425.00")

    assert len(world.said("provider.changed")) == 1


@pytest.mark.parametrize(
    "slip",
    [
        {"cvr": "12345675"},
        {"ean": "5790000000006"},
        {"p_number": "100"},
        {"price_from": "2.00", "price_to": "1.00"},
        {"name": " "},
        {"webhook_url": "http://x-hus.example/orders"},
        {"webhook_url": "https://kim:secret@x-hus.example/orders"},
        {"webhook_url": "https://"},
        {"channel": "webhook", "webhook_url": None},
    ],
    ids=str,
)
def test_a_wrong_number_is_refused_and_named(world: World, slip):
    assert wrong(put(world, **slip)) == (None, [*slip][-1])
    assert world.call("get", "/providers/x-hus").status_code == 404


def test_two_who_mend_a_provider_the_second_is_told_and_loses_nothing(world: World):
    put(world)
    read = world.call("get", "/providers/x-hus").headers["ETag"]

    def mend(seen: str, **entry: str) -> Any:
        return world.call("put", "/providers/x-hus", ECONOMY, json={**X_HUS, **entry}, headers={"If-Match": seen})

    first, second = mend(read, phone="70000011"), mend(read, phone="70000099", name="X")
    told = second.json
    assert (first.status_code, second.status_code, told["fields"]) == (200, 412, ["name", "phone"])
    assert (told["yours"]["phone"], told["theirs"]["phone"]) == ("70000099", "70000011")
    assert first.headers["ETag"] == f'"{told["etag"]}"'
    assert world.call("get", "/providers/x-hus").json["phone"] == "70000011"
    assert mend(f'"{told["etag"]}"', phone="70000099").status_code == 200


def test_a_provider_that_is_new_is_not_written_over_one_that_is_there(world: World):
    def enter() -> Any:
        return world.call("put", "/providers/x-hus", ECONOMY, json=X_HUS, headers={"If-None-Match": "*"})

    assert [enter().status_code, wrong(enter(), 412)] == [200, (None, "If-None-Match")]


def test_who_has_not_read_the_entry_does_not_change_it_nor_one_that_is_gone(world: World):
    def mend(**headers: str) -> tuple[str | None, str | None]:
        status = 412 if headers else 428
        return wrong(world.call("put", "/providers/x-hus", ECONOMY, json=X_HUS, headers=headers), status)

    assert [mend(), mend(**{"If-Match": '"abc"'})] == [(None, "If-Match")] * 2
    assert world.call("get", "/providers/x-hus").status_code == 404


def test_a_provider_writes_nothing_in_the_register(world: World):
    assert put(world, by=LONE).status_code == 403


def test_the_register_is_read_page_by_page(world: World):
    for number in range(52):
        put(world, f"p{number:02}")

    first = world.call("get", "/providers").json
    assert (len(first["providers"]), first["next"]) == (50, "p49")
    assert [p["id"] for p in world.call("get", "/providers?after=p49").json["providers"]] == ["p50", "p51"]


@pytest.mark.parametrize("url", ["https://x-hus.example/orders", "http://127.0.0.1:8099/orders", "http://[::1]/"])
def test_a_webhook_is_encrypted_or_on_this_machine(world: World, url: str):
    assert put(world, channel="webhook", webhook_url=url).json["webhook_url"] == url
    assert "webhook_url" not in world.said("provider.changed")[0]


def test_what_is_not_said_of_the_channel_is_the_portal_and_json(world: World):
    entry = put(world).json

    assert (entry["channel"], entry["message_format"]) == ("portal", "json")


# approval
@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize(
    "offer, needs",
    [("ordinary-long-term-residential", True), ("outpatient-treatment-101", True), ("mobile-offer", False)],
)
def test_the_kind_of_offer_says_whether_socialtilsynet_must_approve_it(world: World, offer: str, needs: bool):
    entry = put(world, offer=offer, approved_until="2027-06-30").json

    assert (entry["needs_approval"], entry["approved_until"]) == (needs, "2027-06-30")


# tariffs
def test_tariffs_are_kept_by_date_to_the_last_oere(world: World):
    tariffs = [
        {**BY_THE_HOUR, "valid_to": "2026-12-31"},
        {**BY_THE_HOUR, "price": "460.05", "valid_from": "2027-01-01"},
        {"unit": "day", "price_from": "1200.00", "price_to": "1350.10", "offer": "mobile-offer"},
    ]
    put(world, tariffs=tariffs)

    assert world.call("get", "/providers/x-hus").json["tariffs"] == tariffs
    assert world.said("provider.changed")[0]["tariffs"] == tariffs


@pytest.mark.parametrize(
    "tariffs, field",
    [
        ([BY_THE_HOUR, {**BY_THE_HOUR, "valid_from": "2027-01-01"}], "tariffs[1]"),
        ([{**BY_THE_HOUR, "valid_from": "2027-01-01", "valid_to": "2026-12-31"}], "tariffs[0].valid_to"),
        ([{**BY_THE_HOUR, "price": None}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price": None, "price_from": "1.00"}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price": "-1.00"}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price_from": "1.00"}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price": None, "price_from": "2.00", "price_to": "1.00"}], "tariffs[0].price_to"),
        ([{**BY_THE_HOUR, "price": 450}], "tariffs[0].price"),
        ([{"price": "450.00"}], "tariffs[0].unit"),
    ],
    ids=lambda given: str(given) if isinstance(given, str) else "",
)
def test_a_tariff_that_cannot_hold_is_refused_and_named(world: World, tariffs: Any, field: str):
    assert wrong(put(world, tariffs=tariffs)) == (None, field)
    assert world.call("get", "/providers/x-hus").status_code == 404


def test_the_same_service_may_be_charged_by_another_unit_or_at_another_offer(world: World):
    tariffs = [BY_THE_HOUR, {**BY_THE_HOUR, "unit": "day"}, {**BY_THE_HOUR, "offer": "acute-offer"}]

    assert put(world, tariffs=tariffs).status_code == 200


# the register as a file
HEADER = "id;name;cvr;offer;approved_until;tariff_service;tariff_unit;tariff_price;tariff_valid_from;tariff_valid_to"
X_LINE = "x-hus;X-Hus;12345674;mobile-offer;30.6.2027;support-daily-tasks-at-home;hour;450,00;;31.12.2026"


def load(
    world: World, *lines: str, header: str = HEADER, by: Any = ECONOMY, good: bool = False, raw: Any = None
) -> Any:
    data = raw if raw is not None else "\r\n".join([header, *lines]).encode()
    query = "?good_lines=true" if good else ""
    return world.call("post", f"/providers/import{query}", by, data=data, content_type="text/csv")


def known(world: World, id_: str = "x-hus") -> dict[str, Any]:
    return dict(world.call("get", f"/providers/{id_}").json)


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["without BOM", "with BOM"])
def test_a_file_enters_providers_and_their_tariffs(world: World, bom: str):
    again = "x-hus;;;;;Støtte til daglige opgaver i hjemmet;Time;1.460,50;2027-01-01;"
    answer = load(world, raw=f"{bom}{HEADER}\n{X_LINE}\n\n{again}\nø-hus;Ø-Hus;;Mobilt tilbud;;;;;;\n".encode())

    assert (answer.status_code, answer.json) == (200, {"changed": ["x-hus", "ø-hus"], "unchanged": 0, "faults": []})
    entry = known(world)
    assert (entry["cvr"], entry["approved_until"], entry["channel"]) == ("12345674", "2027-06-30", "portal")
    assert [(t["price"], t.get("valid_from"), t.get("valid_to")) for t in entry["tariffs"]] == [
        ("450.00", None, "2026-12-31"),
        ("1460.50", "2027-01-01", None),
    ]
    assert known(world, "ø-hus")["offer"] == "mobile-offer"
    assert len(world.said("provider.changed")) == 2


def test_the_same_file_twice_changes_nothing(world: World):
    load(world, X_LINE)

    assert load(world, X_LINE).json == {"changed": [], "unchanged": 1, "faults": []}
    assert len(world.said("provider.changed")) == 1


def test_nobody_is_deleted_and_what_the_file_does_not_speak_of_stays(world: World):
    put(world, "bohaven")
    put(world, tariffs=[BY_THE_HOUR], email="post@x-hus.example")
    load(world, "x-hus;X-Huset;", header="id;name;cvr")

    entry = known(world)
    assert (entry["name"], entry["email"], entry["tariffs"]) == ("X-Huset", "post@x-hus.example", [BY_THE_HOUR])
    assert "cvr" not in entry
    assert known(world, "bohaven")["name"] == "X-Hus"


def test_every_line_that_is_wrong_is_named_and_none_is_entered(world: World):
    answer = load(
        world,
        X_LINE,
        "a;A;12345675;;;;;;;",
        "b;B;;rumskib;;;;;;",
        "c;C",
        ";D;;;;;;;;",
        "e;E;;;;;hour;450.00;2027-01-01;2026-01-01",
        "f;F;;;;;hour;1,00;;",
        "f;F2;;;;;hour;2,00;;",
        "g;G;;;;;hour;1,00;;",
        "g;;;;;;hour;2,00;2026-01-01;",
        "h;;;;;;;;;",
        "i;I;;;32.1.2026;;;;;",
    )

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["errors"]] == [
        "lines[3].cvr",
        "lines[4].offer",
        "lines[5]",
        "lines[6].id",
        "lines[7].tariff_valid_to",
        "lines[9].name",
        "lines[11].tariff",
        "lines[12].name",
        "lines[13].approved_until",
    ]
    assert all(one["message"] for one in answer.json["errors"])
    assert world.call("get", "/providers").json["providers"] == []


def test_the_good_lines_alone_are_entered_where_that_is_asked_for(world: World):
    answer = load(world, X_LINE, "a;A;12345675;;;;;;;", "b;B;;;;;hour;1,00;;", "b;;;;;;uge;1,00;;", good=True)

    assert answer.json["changed"] == ["x-hus"]
    assert [(fault["line"], fault["field"]) for fault in answer.json["faults"]] == [(3, "cvr"), (5, "tariff_unit")]
    assert [p["id"] for p in world.call("get", "/providers").json["providers"]] == ["x-hus"]


@pytest.mark.parametrize(
    "raw, field",
    [
        (f"{HEADER}\nx-hus;Ærø\n".encode("latin-1"), "body"),
        (f"{HEADER}\n".encode("utf-16"), "body"),
        (b"id,name\nx-hus,X-Hus\n", "body"),
        (b'id;name\nx-hus;"X-Hus\n', "body"),
        (b"", "header.id"),
        (b"id;navn\n", "header.navn"),
        (b"id;name;name\n", "header.name"),
        (b"name\nX-Hus\n", "header.id"),
        (b"id;name\n" + b"x;X\n" * 20_001, "body"),
    ],
    ids=["latin-1", "utf-16", "commas", "quotes", "empty", "unknown column", "twice", "no id", "too long"],
)
def test_what_is_no_such_table_is_refused_as_a_whole(world: World, raw: bytes, field: str):
    assert wrong(load(world, raw=raw)) == (None, field)


def test_a_file_that_is_too_large_is_refused(world: World):
    assert load(world, raw=b"x" * (4 * 1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("who", [KIM, LONE], ids=["caseworker", "provider"])
def test_only_those_who_keep_the_register_import(world: World, who: Any):
    assert load(world, X_LINE, by=who).status_code == 403
    assert world.said("provider.changed") == []


def test_a_provider_does_not_read_the_register(world: World):
    paths = ("/providers", "/providers/x-hus", "/providers.csv")

    assert {world.call("get", path, LONE).status_code for path in paths} == {403}


def test_what_is_exported_can_be_imported_unchanged_and_no_cell_is_a_formula(world: World):
    tariffs = [BY_THE_HOUR, {"unit": "day", "price_from": "1.00", "price_to": "2.00", "offer": "mobile-offer"}]
    put(world, tariffs=tariffs, phone="+45 86123456", contact='=HYPERLINK("http://x")', address="Vej 7; 2.\nÅby")
    put(world, "bohaven", name="@Bohaven", contact="-1+1")

    table = world.call("get", "/providers.csv")
    assert table.mimetype == "text/csv"
    cells = [cell for row in csv.reader(io.StringIO(table.text), delimiter=";") for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert "'+45 86123456" in cells
    before = known(world)
    assert load(world, raw=table.data).json == {"changed": [], "unchanged": 2, "faults": []}
    assert known(world) == before
