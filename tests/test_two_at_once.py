"""Two caseworkers write in one case at the same time: on different themes both stand, on the same one is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from assessment import app
from casework.testing.cases import A_CASE, A_CASEWORKER, ANOTHER_CASEWORKER, OPENED, Office

ROUNDS = range(20)
WHO = {"Kim": A_CASEWORKER, "Bo": ANOTHER_CASEWORKER}
Json = dict[str, Any]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else f"sqlite:///{tmp_path}/a.db"
    made = Office(app, url=url)
    made.hear(OPENED)
    yield made
    made.close()


def at_once(office: Office, patches: dict[str, Json]) -> dict[str, Any]:
    """Both have read the same; both save in the same moment. What each is answered."""
    seen = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}").headers["ETag"]
    ready = Barrier(len(patches))

    def save(name: str) -> Any:
        ready.wait()
        return office.record(patches[name], actor=WHO[name], seen=seen)

    with ThreadPoolExecutor(len(patches)) as threads:
        return dict(zip(patches, threads.map(save, patches), strict=True))


def on(theme: str, text: str) -> Json:
    return {"case_information": {"theme_entries": [{"theme": theme, "caseworker_remarks": text}]}}


def remarks(office: Office) -> dict[str, str]:
    entries = office.read()["parts"]["assessment"]["case_information"]["theme_entries"]
    return {entry["theme"]: entry["caseworker_remarks"] for entry in entries}


def test_who_write_on_different_themes_at_once_both_keep_what_they_wrote(office):
    for number in ROUNDS:
        texts = {"relations": f"Ser sin søster ({number})", "mobility": f"Går med stok ({number})"}
        answers = at_once(office, {"Kim": on("relations", texts["relations"]), "Bo": on("mobility", texts["mobility"])})

        assert [answer.status_code for answer in answers.values()] == [200, 200]
        assert remarks(office) == texts


def test_of_two_who_write_on_the_same_theme_at_once_the_second_is_told_and_shown_both_versions(office):
    for number in ROUNDS:
        patches = {name: on("relations", f"{name} skriver ({number})") for name in WHO}
        answers = at_once(office, patches)

        assert sorted(answer.status_code for answer in answers.values()) == [200, 412]
        first, second = sorted(WHO, key=lambda name: answers[name].status_code)
        told = answers[second].get_json()
        assert (told["field"], told["fields"]) == (at := "case_information.theme_entries[relations]", [at])
        assert told["yours"] == patches[second]["case_information"]
        assert told["theirs"] == patches[first]["case_information"]
        assert remarks(office) == {"relations": f"{first} skriver ({number})"}


def test_who_is_told_saves_anew_with_what_the_other_has_written_in_sight(office):
    answers = at_once(office, {name: on("relations", f"{name} skriver") for name in WHO})
    (second,) = [name for name in WHO if answers[name].status_code == 412]
    told = answers[second].get_json()

    both = f"{told['theirs']['theme_entries'][0]['caseworker_remarks']}; {second} også"
    again = office.record(on("relations", both), actor=WHO[second], seen=told["revision"])
    assert again.status_code == 200
    assert remarks(office) == {"relations": both}
