"""A newer release of FFB: what it would change, taking it in, and reading what was taken in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from casework import vocabularies
from casework.testing.ffb import Published, a_uuid
from casework.vocabularies import Malformed, imported, vocabulary
from casework.vocabularies.fields import CodeField
from casework.vocabularies.lists import Lists
from casework.vocabularies.news import News, compare, take_in
from casework.vocabularies.release import read

DAY_BEFORE, FIRST_DAY, LATER = date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 1)


@pytest.fixture
def release() -> Published:
    return Published()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "municipality").mkdir()
    return tmp_path / "municipality"


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    yield
    vocabularies.use(None)


def news(release: Published, folder: Path, *gone: str) -> News:
    path = release.to_json(folder.parent / "release.json")
    return compare(read(path), Lists(imported.read(folder)), gone)


def take(release: Published, folder: Path, *gone: str, first_day: date = FIRST_DAY) -> Lists:
    """Take the release in, and read the lists anew."""
    take_in(news(release, folder, *gone), Lists(imported.read(folder)), folder, first_day)
    return Lists(imported.read(folder))


def refusal(release: Published, folder: Path, *gone: str, first_day: date = FIRST_DAY) -> str:
    with pytest.raises(Malformed) as refused:
        take(release, folder, *gone, first_day=first_day)
    return str(refused.value)


def lines(release: Published, folder: Path) -> list[str]:
    return [str(change) for change in news(release, folder).changes]


# What is new


def test_the_release_that_is_in_force_changes_nothing(release: Published, folder: Path):
    assert news(release, folder) == News("20270101", imported.SHIPPED, (), ())


def test_a_csv_says_the_same_as_json_but_not_which_release_it_is(release: Published, tmp_path: Path):
    release.add(release.find("themes", "mobility"), "Køre i båd, så det gynger")
    path = release.to_csv(tmp_path / "release.csv")
    from_json = read(release.to_json(tmp_path / "release.json"))
    from_csv = read(path, "20270101")

    assert compare(from_csv, Lists()) == compare(from_json, Lists())
    assert any("--version" in problem for problem in read(path).problems)


def test_what_is_new_gone_moved_and_renamed_is_told_in_danish(release: Published, folder: Path):
    release.add(release.find("services", "support-health"), "Støtte til vinterbadning")
    release.end(release.find("services", "sheltered-internship"))
    moved = release.remove(release.find("services", "acute-stay"))
    release.find("services")["concept"].append(moved)
    release.find("themes", "cooking")["display"] = "Tilberede mad"

    assert sorted(lines(release, folder)) == [
        "navn   Tilberede mad (cooking), hos os fortsat Lave mad",
        "nyt    Støtte til vinterbadning (stoette-til-vinterbadning), under Støtte til sundhed",
        "plads  Akut ophold (acute-stay), øverst; hos os bliver det, hvor det er",
        "udgår  Praktikforløb (sheltered-internship)",
    ]


def test_what_is_new_under_what_is_new_is_told_with_its_name(release: Published, folder: Path):
    theme = release.add(release.find("themes", "activity-and-participation"), "Digitalt liv")
    release.add(theme, "Bruge apps")

    assert lines(release, folder)[1] == "nyt    Bruge apps (bruge-apps), under Digitalt liv"


def test_what_belongs_to_none_of_our_lists_is_no_news(release: Published, folder: Path):
    release.add(release.system["concept"][0], "Noget helt andet")

    assert lines(release, folder) == []


def test_what_is_new_but_already_gone_is_no_news(release: Published, folder: Path):
    release.end(release.add(release.find("themes", "mobility"), "Ride"))

    assert lines(release, folder) == []


# Taking it in


def test_what_is_new_can_be_chosen_from_the_first_day(release: Published, folder: Path):
    release.add(release.find("services", "support-health"), "Støtte til vinterbadning")
    services = take(release, folder)["services"]
    bathing = services["stoette-til-vinterbadning"]

    assert bathing.ffb == a_uuid("Støtte til vinterbadning")
    assert (bathing.parent, bathing.da, bathing.en) == ("support-health", bathing.da, bathing.da)
    assert bathing not in services.selectable(DAY_BEFORE)
    assert bathing in services.selectable(FIRST_DAY)


def test_what_is_new_stands_last_among_those_beside_it(release: Published, folder: Path):
    release.add(release.find("themes", "relations"), "Skrive sammen")
    themes = list(take(release, folder)["themes"])

    assert themes.index("skrive-sammen") == themes.index("network-relations") + 1


def test_what_is_new_has_the_facts_on_which_those_beside_it_agree(release: Published, folder: Path):
    release.add(release.find("themes", "mobility"), "Ride")
    release.add(release.find("services", "support-health"), "Støtte til vinterbadning")
    release.add(release.find("services"), "Fjernstøtte")
    lists = take(release, folder)

    assert [lists["themes"]["ride"][fact] for fact in ("level", "category", "scored", "look_alike")] == [
        "subtheme",
        "activity-and-participation",
        "true",
        "",
    ]
    assert lists["services"]["stoette-til-vinterbadning"]["paragraphs"] == "SEL § 85"
    assert lists["services"]["fjernstoette"]["paragraphs"] == ""


def test_what_is_new_under_a_new_theme_is_a_sub_theme_with_levels(release: Published, folder: Path):
    release.add(release.add(release.find("themes", "activity-and-participation"), "Digitalt liv"), "Bruge apps")
    themes = take(release, folder)["themes"]

    assert (themes["digitalt-liv"]["level"], themes["digitalt-liv"]["scored"]) == ("theme", "false")
    assert (themes["bruge-apps"]["level"], themes["bruge-apps"]["scored"]) == ("subtheme", "true")


def test_what_is_new_and_has_others_below_it_is_a_heading(release: Published, folder: Path):
    release.add(release.add(release.find("services"), "Fjernstøtte"), "Fjernstøtte om natten")
    chosen = {concept.code for concept in take(release, folder)["services"].selectable(FIRST_DAY)}

    assert {"fjernstoette", "fjernstoette-om-natten"} & chosen == {"fjernstoette-om-natten"}


def test_two_that_are_called_the_same_get_codes_of_their_own(release: Published, folder: Path):
    for other in ("Service", "Service "):
        release.find("services", "sheltered-employment")["concept"].append(
            {"code": a_uuid(other), "display": "Hjælp, på stedet"}
        )
    codes = take(release, folder)["services"]

    assert {"hjaelp-paa-stedet", "hjaelp-paa-stedet-2"} <= set(codes)


def test_what_is_gone_can_be_read_but_not_chosen_from_that_day(release: Published, folder: Path):
    release.end(release.find("services", "sheltered-internship"))
    services = take(release, folder)["services"]
    ended = services["sheltered-internship"]

    assert ended.valid_to == DAY_BEFORE
    assert ended in services.selectable(DAY_BEFORE)
    assert ended not in services.selectable(FIRST_DAY)


def test_a_status_or_a_property_says_that_it_is_gone(release: Published, folder: Path):
    ways: list[dict[str, Any]] = [
        {"code": "status", "valueCode": "deprecated"},
        {"code": "inactive", "valueBoolean": True},
    ]
    for code, said in zip(("cooking", "cleaning"), ways, strict=True):
        release.find("themes", code)["property"] = [said]

    assert [change.code for change in news(release, folder).changes] == ["cooking", "cleaning"]


def test_what_comes_back_is_in_force_again(release: Published, folder: Path):
    concept = release.find("services", "sheltered-internship")
    release.end(concept)
    take(release, folder)
    del concept["property"]

    assert lines(release, folder) == ["igen   Praktikforløb (sheltered-internship)"]
    assert take(release, folder, first_day=LATER)["services"]["sheltered-internship"].valid_to is None
    assert lines(release, folder) == []


def test_our_own_name_and_place_stay_whatever_ffb_has(release: Published, folder: Path):
    moved = release.remove(release.find("services", "acute-stay"))
    moved["display"] = "Natlogi"
    release.find("services", "preventive-support")["concept"].append(moved)
    services = take(release, folder)["services"]

    assert (services["acute-stay"].da, services["acute-stay"].parent) == ("Akut ophold", "stay")
    assert lines(release, folder) == []


def test_what_came_with_a_release_is_called_and_stands_as_ffb_has_it_now(release: Published, folder: Path):
    bathing = release.add(release.find("services", "support-health"), "Støtte til vinterbadning")
    take(release, folder)
    release.remove(bathing)["display"] = "Støtte til badning"
    release.find("services", "support-participation")["concept"].append(bathing)
    services = take(release, folder, first_day=LATER)["services"]

    assert services["stoette-til-vinterbadning"].da == "Støtte til badning"
    assert services.is_under("stoette-til-vinterbadning", "support-participation")
    assert services["stoette-til-vinterbadning"].valid_from == FIRST_DAY


def test_a_release_taken_in_twice_is_written_once(release: Published, folder: Path):
    release.add(release.find("themes", "mobility"), "Ride")
    release.end(release.find("themes", "shopping"))
    take(release, folder)
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    take(release, folder, first_day=LATER)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written


EDITS: list[Callable[[Published, dict[str, Any]], Any]] = [
    lambda release, concept: release.add(concept, f"Begreb nummer {len(release)}"),
    lambda release, concept: release.end(concept),
    lambda release, concept: concept.update(display=f"{concept['display']} m.m."),
    lambda release, concept: release.find("services", "stay")["concept"].append(release.remove(concept)),
]
CODES = st.sampled_from([code for code, one in vocabulary("services").items() if one.ffb and code != "stay"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.lists(st.tuples(st.integers(0, 3), CODES), max_size=4), min_size=1, max_size=3))
def test_whatever_releases_come_each_is_news_once_and_no_code_is_ever_lost(
    edits: list[list[tuple[int, str]]], tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("municipality")
    release, codes = Published(), set(vocabulary("services"))
    for n, some in enumerate(edits):
        release.system["version"] = f"2027010{n}"
        for which, code in some:
            EDITS[which](release, release.find("services", code))
        services = take(release, folder)["services"]

        assert news(release, folder).changes == ()
        assert codes <= set(services)
        codes = set(services)


def test_the_former_extract_is_kept_beside_the_new_one(release: Published, folder: Path):
    release.add(release.find("themes", "mobility"), "Ride")
    take(release, folder)
    former = (folder / "ffb.csv").read_bytes()
    release.system["version"] = "20280101"
    release.add(release.find("themes", "mobility"), "Sejle")
    lists = take(release, folder, first_day=LATER)

    assert sorted(path.name for path in folder.iterdir()) == ["ffb.20270101.csv", "ffb.csv"]
    assert (folder / "ffb.20270101.csv").read_bytes() == former
    assert [lists["themes"][code].valid_from for code in ("ride", "sejle")] == [FIRST_DAY, LATER]


def test_the_extract_holds_what_changed_and_no_more(release: Published, folder: Path):
    release.add(release.find("themes", "mobility"), "Ride")
    take(release, folder)

    assert (folder / "ffb.csv").read_text("utf-8").splitlines() == [
        "version,first_day,vocabulary,uuid,code,parent,label,inactive",
        f"20270101,2027-01-01,themes,{a_uuid('Ride')},ride,mobility,Ride,false",
    ]


# What is refused


def test_what_is_missing_must_be_said_to_be_gone(release: Published, folder: Path):
    cooking = release.remove(release.find("themes", "cooking"))["code"]

    assert refusal(release, folder) == (
        f"udredningstemaer: Lave mad mangler i filen. Er det udgået, så sig det: --gone {cooking}"
    )
    assert take(release, folder, cooking)["themes"]["cooking"].valid_to == DAY_BEFORE
    assert news(release, folder).changes == ()


def test_what_is_not_missing_cannot_be_said_to_be_gone(release: Published, folder: Path):
    assert "--gone" in refusal(release, folder, release.find("themes", "cooking")["code"])


def test_a_list_whose_root_is_missing_is_refused(release: Published, folder: Path):
    root = release.remove(release.find("goal-types"))["code"]

    assert refusal(release, folder) == f"måltyper: roden {root} mangler i filen, så ingen af dem kan kendes i den"


def test_what_moves_to_another_list_is_refused(release: Published, folder: Path):
    release.find("offers")["concept"].append(release.remove(release.find("services", "acute-stay")))

    assert "Akut ophold hører i FFB nu til en anden liste" in refusal(release, folder)


def test_a_release_cannot_hold_before_the_one_it_replaces(release: Published, folder: Path):
    release.add(release.find("themes", "mobility"), "Ride")
    take(release, folder)
    release.add(release.find("themes", "mobility"), "Sejle")

    assert "--from 2026-12-31" in refusal(release, folder, first_day=DAY_BEFORE)


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda r, c: c.update(code="fd4b8dd3"), "code skal være et UUID med små bogstaver, ikke 'fd4b8dd3'"),
        (lambda r, c: c.update(code=r.find("themes", "cleaning")["code"]), "står også i concept[0].concept["),
        (lambda r, c: c.update(display=" "), "har intet navn (display)"),
        (
            lambda r, c: c.update(property=[{"code": "status", "valueCode": "tvivlsom"}]),
            "status 'tvivlsom' kendes ikke",
        ),
        (lambda r, c: c.update(property=[{"code": "inactive", "valueBoolean": "nej"}]), "inactive skal være true"),
        (lambda r, c: c.update(property="retired"), ".property: her ventes en liste"),
        (lambda r, c: c.update(concept={}), ".concept: her ventes en liste af begreber"),
        (lambda r, c: c["concept"].append("Lave mad"), "].concept[0]: her ventes et begreb"),
        (
            lambda r, c: r.system["concept"].append(
                {"code": a_uuid("x"), "display": "x", "property": [{"code": "parent", "valueCode": a_uuid("y")}]}
            ),
            "som ikke findes i filen",
        ),
        (lambda r, c: r.system.update(version="../1"), "version: skriv udgavens navn"),
    ],
)
def test_a_wrong_element_is_named_and_nothing_is_written(
    release: Published, folder: Path, spoil: Callable[[Published, dict[str, Any]], Any], told: str
):
    spoil(release, release.find("themes", "cooking"))

    assert told in refusal(release, folder)
    assert list(folder.iterdir()) == []


def test_all_that_is_wrong_is_told_at_once(release: Published, folder: Path):
    release.find("themes", "cooking")["display"] = ""
    release.find("themes", "cleaning")["code"] = "?"
    release.remove(release.find("themes", "shopping"))
    told = refusal(release, folder)

    assert told.count("\n") == 3  # Gøre rent is both unreadable where it stands and missing
    assert all(word in told for word in ("release.json, concept[0]", "har intet navn", "UUID", "Købe ind", "Gøre rent"))


@pytest.mark.parametrize(
    "key, value",
    [("resourceType", "ValueSet"), ("url", "urn:oid:1.2.208.176.2.21"), ("content", "fragment"), ("status", "draft")],
)
def test_another_kind_of_resource_is_refused_as_a_whole(release: Published, folder: Path, key: str, value: str):
    release.system[key] = value

    assert refusal(release, folder).startswith(f"release.json, {key}: her ventes ")


@pytest.mark.parametrize(
    "content, told",
    [
        (b'{"resourceType": "CodeSystem",\n "concept": [}', "fil, linje 2, tegn 14: filen er ikke JSON"),
        (b'{"display": "\xe5"}', "fil: filen er ikke tekst i UTF-8"),
        (b"code;display_da;parent;depth\n", "fil, linje 1: code, display_da, parent, depth mangler"),
        (b"", "fil, linje 1: code, display_da, parent, depth mangler"),
        (b'{"concept": ' * 5000, "fil"),
    ],
)
def test_a_file_that_is_no_release_is_refused_with_its_line(tmp_path: Path, content: bytes, told: str):
    (tmp_path / "fil").write_bytes(content)

    with pytest.raises(Malformed, match=f"^{told}"):
        read(tmp_path / "fil")


@pytest.mark.parametrize(
    "row, told",
    [
        (f"{a_uuid('a')},Navn", "fil, linje 3: der er ikke lige så mange felter som kolonner"),
        (
            f"{a_uuid('a')},Navn,{a_uuid('b')},1",
            f"fil, linje 3: Navn står under {a_uuid('b')}, som ikke findes i filen",
        ),
        (f"{a_uuid('a')},Navn,{a_uuid('top')},2", "fil, linje 3: depth er 2, men begrebet står i dybde 1"),
        (f"{a_uuid('a')},Navn,{a_uuid('a')},1", "fil, linje 3: Navn står under sig selv"),
        (f"{a_uuid('top')},Navn,,0", f"fil, linje 3: {a_uuid('top')} står også i linje 2"),
    ],
)
def test_a_wrong_line_of_a_csv_is_named(tmp_path: Path, row: str, told: str):
    (tmp_path / "fil").write_text(f"code,display_da,parent,depth\n{a_uuid('top')},Top,,0\n{row}\n", "utf-8")

    assert read(tmp_path / "fil", "1").problems == (told,)


# Reading what was taken in


def test_a_field_takes_what_the_municipality_has_taken_in_and_lets_go_of_it_again(release: Published, folder: Path):
    field = CodeField("goal-types")
    release.add(release.find("goal-types"), "Afprøve funktionsevne")
    take(release, folder)
    vocabularies.use(folder)

    assert field.deserialize("afproeve-funktionsevne") == "afproeve-funktionsevne"
    assert field.metadata["enum"] == ["develop", "maintain", "limit-loss", "afproeve-funktionsevne"]
    vocabularies.use(None)
    with pytest.raises(ValidationError):
        field.deserialize("afproeve-funktionsevne")


def test_a_field_still_takes_what_is_gone(release: Published, folder: Path):
    release.end(release.find("goal-types", "limit-loss"))
    take(release, folder)
    vocabularies.use(folder)

    assert CodeField("goal-types").deserialize("limit-loss") == "limit-loss"
    assert "limit-loss" not in {concept.code for concept in vocabulary("goal-types").selectable(FIRST_DAY)}


def test_the_lists_are_read_once_however_many_services_begin(release: Published, folder: Path):
    release.add(release.find("goal-types"), "Afprøve funktionsevne")
    take(release, folder)
    vocabularies.use(folder)
    before = vocabulary("goal-types")
    vocabularies.use(folder)

    assert vocabulary("goal-types") is before


HEADER = "version,first_day,vocabulary,uuid,code,parent,label,inactive\n"
RIDE = f"1,2027-01-01,themes,{a_uuid('Ride')},ride,mobility,Ride,false\n"


@pytest.mark.parametrize(
    "text, told",
    [
        (RIDE, "linje 1: her ventes kolonnerne version,first_day"),
        (f"{HEADER}{RIDE}1,2027-01-01,themes\n", "linje 3: her ventes 8 felter, ikke 3"),
        (HEADER + RIDE.replace("2027-01-01", "1/1-27"), "linje 2: Invalid isoformat"),
        (HEADER + RIDE.replace("false", "nej"), "linje 2: .* inactive skal være true eller false"),
        (HEADER + RIDE.replace("themes", "laws"), "laws er ikke en af de lister, der følger FFB"),
        (HEADER + RIDE.replace("mobility", "flying"), "ride står under flying, som ikke findes i themes"),
        (HEADER + RIDE.replace(",ride", ",cooking"), "koden cooking i themes er i denne udgave et andet begreb"),
        (HEADER + RIDE + RIDE.replace("mobility", "ride"), "ride står under sig selv"),
    ],
)
def test_an_extract_that_does_not_fit_is_refused_and_the_lists_stay(folder: Path, text: str, told: str):
    (folder / "ffb.csv").write_text(text, "utf-8")
    before = vocabulary("themes")

    with pytest.raises(Malformed, match=told):
        vocabularies.use(folder)
    assert vocabulary("themes") is before


def test_what_has_since_been_shipped_under_another_code_can_still_be_read(folder: Path):
    cooking = vocabulary("themes")["cooking"].ffb
    (folder / "ffb.csv").write_text(f"{HEADER}1,2027-01-01,themes,{cooking},lave-mad,practical-tasks,Lave mad,false\n")
    themes = Lists(imported.read(folder))["themes"]

    assert themes["lave-mad"].ffb == cooking
    assert themes["lave-mad"] not in themes.selectable(FIRST_DAY)
    assert themes["cooking"] in themes.selectable(FIRST_DAY)


def test_a_folder_without_an_extract_has_the_lists_as_shipped(folder: Path):
    vocabularies.use(folder)

    assert Lists(imported.read(folder))["services"].keys() == vocabulary("services").keys()
    assert json.dumps(sorted(vocabulary("goal-types"))) == '["develop", "limit-loss", "maintain"]'
