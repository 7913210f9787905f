"""The command `sagsgang` as an operator meets it: a case on the screen, a service that is down, Ctrl-C."""

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from casework.process import Actor, Role
from onebox import walk as walks
from onebox.cli import main
from onebox.towns import DirectTown
from onebox.wsgi import session

AMIRA = Path(__file__).parents[1] / "deploy/onebox/onebox/walks/2-amira.yaml"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A folder with a case in it, and the case's id."""
    folder = tmp_path_factory.mktemp("house")
    data = walks.read_walk(AMIRA)
    town = DirectTown(folder, walks.moment(datetime.now(UTC), data["steps"][0]["at"]))
    walk = walks.Walk(data, town)
    walk.play(lambda _: None)
    town.close()
    return folder, walk.case


def run(*arguments: str):
    return CliRunner().invoke(main, arguments)


def test_case_show_prints_the_case_document(played):
    folder, case_id = played

    shown = run("case", "show", str(case_id), "--data", str(folder), "--json")

    document = json.loads(shown.output)
    assert document["citizen"]["citizen_name"] == "Amira Saleh"
    assert document["case"]["phase"] == "assessment"
    assert "missing" not in document


def test_case_show_tells_on_a_screen_what_is_lacking(played):
    folder, case_id = played

    shown = run("case", "show", str(case_id), "--data", str(folder))

    assert "Amira Saleh" in shown.output
    assert "GOL-12" in shown.output


def test_a_case_that_does_not_exist_is_told_so(played):
    shown = run("case", "show", "00000000-0000-4000-8000-000000000000", "--data", str(played[0]))

    assert shown.exit_code == 1
    assert "findes ikke" in shown.output


def test_with_one_service_down_the_case_still_shows_and_names_what_is_missing(played):
    folder, case_id = played
    town = DirectTown(folder, datetime(2026, 8, 17, 9, tzinfo=UTC))
    del town.house.apps["decision"]
    who = Actor("karen", "Karen Lund", Role.CASEWORKER)
    calls = session(town.house.apps)

    answer = calls.get(f"http://portal/cases/{case_id}/document", headers=town.house.headers(who))

    town.close()
    assert answer.status_code == 200
    assert answer.json()["missing"] == ["decision"]
    assert answer.json()["citizen"]["citizen_name"] == "Amira Saleh"


def test_a_walk_that_is_not_as_it_says_ends_with_1_and_says_which_step(tmp_path):
    text = AMIRA.read_text("utf-8").replace("is: assessment", "is: decision")
    (tmp_path / "2-amira.yaml").write_text(text, "utf-8")

    shown = run("walk", str(tmp_path / "2-amira.yaml"))

    assert shown.exit_code == 1
    assert "case.phase is 'decision': er 'assessment'" in shown.output


def test_a_walk_that_is_no_walk_is_refused_with_what_is_missing(tmp_path):
    (tmp_path / "x.yaml").write_text("walk: x\n", "utf-8")

    shown = run("walk", str(tmp_path / "x.yaml"))

    assert shown.exit_code == 1
    assert "steps mangler" in shown.output


def test_every_command_has_help_with_an_example():
    for path in (["up"], ["walk"], ["case", "show"], ["processes", "export"], ["contracts", "export"], ["doctor"]):
        assert "Example: sagsgang" in run(*path, "--help").output


def test_doctor_finds_nothing_wrong_where_nothing_is(tmp_path):
    shown = run("doctor", "--data", str(tmp_path))

    assert shown.exit_code == 0, shown.output


@pytest.mark.slow
def test_the_house_tells_its_address_and_stops_cleanly_on_ctrl_c(tmp_path):
    command = [sys.executable, "-m", "onebox.cli", "up", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path) as house:
        assert house.stdout is not None
        line = house.stdout.readline().decode()
        house.send_signal(signal.SIGINT)

        assert re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert house.wait(30) == 0


# the register of providers
TABLE = "id;name;cvr;approved_until\nx-hus;X-Hus;12345674;30.6.2027\n"


def test_providers_are_imported_from_a_file_and_exported_again(tmp_path):
    (tmp_path / "in.csv").write_text(TABLE, "utf-8")
    (tmp_path / "data").mkdir()
    at = ["--data", str(tmp_path / "data")]

    first, second = (run("providers", "import", str(tmp_path / "in.csv"), *at) for _ in range(2))
    assert (first.exit_code, first.output) == (0, "1 udførere er nye eller rettet, 0 er, som de var\n")
    assert (second.exit_code, second.output) == (0, "0 udførere er nye eller rettet, 1 er, som de var\n")
    assert run("providers", "export", str(tmp_path / "out.csv"), *at).exit_code == 0
    assert "x-hus;X-Hus;12345674;" in (tmp_path / "out.csv").read_text("utf-8")


def test_a_file_with_a_wrong_line_is_not_imported_unless_its_good_lines_are_asked_for(tmp_path):
    (tmp_path / "in.csv").write_text(f"{TABLE}bo;Bohaven;12345675;\n", "utf-8")
    (tmp_path / "data").mkdir()
    arguments = ["providers", "import", str(tmp_path / "in.csv"), "--data", str(tmp_path / "data")]

    refused = run(*arguments)
    assert (refused.exit_code, "lines[3].cvr: Det er ikke et CVR-nummer" in refused.output) == (1, True)
    left_out = run(*arguments, "--good-lines")
    assert left_out.exit_code == 1
    assert "1 udførere er nye eller rettet" in left_out.output
    assert "linje 3, cvr: Det er ikke et CVR-nummer" in left_out.output
