"""`sagsgang ffb` as an operator meets it, and a service that starts with what was taken in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casework import vocabularies
from casework.configuration import EXAMPLE
from casework.migrations import upgrade
from casework.process import Actor, Role
from casework.service import auth
from casework.service.settings import Settings
from casework.testing.ffb import Published
from intake.app import create, create_app
from onebox.cli import main

CASE = "0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001"
KIM = Actor("kim", "Kim Dam", Role.CASEWORKER)
KEY = auth.new_key()
FIRST_DAY = date(2027, 1, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A municipality's folder, with settings as shipped."""
    (tmp_path / "municipality").mkdir()
    for path in EXAMPLE.glob("*.yaml"):
        (tmp_path / "municipality" / path.name).write_bytes(path.read_bytes())
    yield tmp_path / "municipality"
    vocabularies.use(None)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Bathing comes, the internship goes."""
    published = Published()
    published.add(published.find("services", "support-health"), "Støtte til vinterbadning")
    published.end(published.find("services", "sheltered-internship"))
    return published.to_json(tmp_path / "release.json")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["ffb", *map(str, arguments)])


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_show_tells_list_by_list_what_would_change_and_changes_nothing(folder: Path, release: Path):
    before = files_in(folder)
    shown = run("show", release, "--settings", folder)

    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        "FFB 20270101, holdt op mod 20240530",
        "ydelser",
        "  udgår  Praktikforløb (sheltered-internship)",
        "  nyt    Støtte til vinterbadning (stoette-til-vinterbadning), under Støtte til sundhed",
    ]
    assert files_in(folder) == before


def test_show_needs_no_folder(release: Path):
    assert "Støtte til vinterbadning" in run("show", release).output


def test_import_writes_once_and_says_what_to_do(folder: Path, release: Path):
    first = run("import", release, "--settings", folder, "--from", FIRST_DAY.isoformat())
    written = files_in(folder)
    again = run("import", release, "--settings", folder, "--from", FIRST_DAY.isoformat())

    assert f"Skrevet i {folder / 'ffb.csv'}; gælder fra 2027-01-01. Start tjenesterne igen" in first.output
    assert again.output.splitlines() == ["FFB 20270101, holdt op mod 20270101", "Intet ændrer sig"]
    assert files_in(folder) == written


def test_what_stands_in_the_way_is_told_by_both_and_nothing_is_written(folder: Path, tmp_path: Path):
    published = Published()
    cooking = published.remove(published.find("themes", "cooking"))["code"]
    release, before = published.to_csv(tmp_path / "release.csv"), files_in(folder)
    shown = run("show", release, "--settings", folder, "--version", "20270101")
    refused = run("import", release, "--settings", folder, "--version", "20270101", "--from", "2027-01-01")

    assert (shown.exit_code, refused.exit_code) == (1, 1)
    assert (
        f"Error: udredningstemaer: Lave mad mangler i filen. Er det udgået, så sig det: --gone {cooking}"
        in shown.output
    )
    assert "Lave mad mangler i filen" in refused.output
    assert files_in(folder) == before


def test_a_service_takes_what_is_new_and_still_reads_what_is_gone(folder: Path, release: Path, tmp_path: Path):
    run("import", release, "--settings", folder, "--from", FIRST_DAY.isoformat())
    service = create(
        Settings(database=f"sqlite:///{tmp_path}/intake.db", token_key=auth.public_key(KEY), municipality=folder)
    )
    upgrade(service)
    client = create_app(service).test_client()
    headers = {"Authorization": f"Bearer {auth.sign(KIM, KEY)}", "If-Match": "*"}

    client.post("/cases", json={"id": CASE, "cpr_number": "1405821237"}, headers=headers)

    def record(*services: str) -> Any:
        given = {"clear_case": {"is_clear_case": True, "clear_case_services": services}}
        return client.patch(f"/cases/{CASE}", json=given, headers=headers)

    assert record("stoette-til-vinterbadning", "sheltered-internship").status_code == 200
    assert record("stoette-til-sommerbadning").status_code == 422
    offered = {concept.code for concept in vocabularies.vocabulary("services").selectable(FIRST_DAY)}
    assert {"stoette-til-vinterbadning", "sheltered-internship"} & offered == {"stoette-til-vinterbadning"}
    service.close()


def test_settings_may_name_what_was_taken_in(folder: Path, release: Path):
    run("import", release, "--settings", folder, "--from", FIRST_DAY.isoformat())
    (folder / "tariffs.yaml").write_text(
        "tariffs:\n  - {service: stoette-til-vinterbadning, unit: hour, lowest: '200.00', highest: '300.00'}\n", "utf-8"
    )
    checked = CliRunner().invoke(main, ["settings", "check", str(folder), "--on", "2027-01-01"])

    assert checked.exit_code == 0, checked.output
