"""The municipality's settings fit the phases: a track shows fields that there are, and those that its cases need."""

import re
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from casework.configuration import EXAMPLE, load
from casework.configuration.finance_layout import ACTUALS_FIELDS, COMMITMENT_FIELDS
from casework.configuration.municipality import FILES
from casework.configuration.tracks import LAWFUL
from casework.fields import ALWAYS, fields_of
from casework.vocabularies import vocabulary
from onebox.cli import main
from onebox.settings import fields_of_phases
from onebox.walk import read_walk

ROOT = Path(__file__).parents[1]
KNOWN = fields_of_phases()
MUNICIPALITY = load()

CLEAR = {
    "intake.enquiry": "enquiry_source enquiry_received_date opening_reason",
    "intake.wishes_and_purpose": "citizen_wishes assessment_purpose",
    "intake.clear_case": "is_clear_case clear_case_services clear_case_offer clear_case_legal_bases",
    "intake.rights": "has_guardian is_represented informed_of_representation_right informed_of_electronic_registration",
    "intake.consent": "consent_relevant consent_form consents_to_obtain consents_to_share",
    "intake.guidance": "guided_on_all_support guidance_given",
    "assessment.case_information": "party_hearing_needed theme_entries functioning_scores",
    "assessment.case_assessment": "situation_assessment intervention_purpose goals interventions "
    "support_need_assessment is_entitled primary_target_group current_support_need action_plan_offered "
    "action_plan_not_offered_reason decision_reasoning",
    "decision.decision": "decision_body decision_date decision_outcome fully_upheld decision_channel legal_bases "
    "granted_interventions refused_interventions primary_target_group",
    "decision.decision_letter": "result specific_assessment weighted_facts citizen_views complaint_guidance",
    "ordering.order": "coordination_needed coordinator interventions finance_notified",
    "delivery.status_note": "goals",
    "followup.follow_up": "participants follow_up_form follow_up_held_on overall_conclusion follow_up_outcome "
    "next_follow_up_date current_support_need goals",
    "followup.next_steps": "action_option new_assessment_needed",
}
"""What an escort (SEL § 97) for one who sees badly takes, from the enquiry to one hour less and the letter about it."""


def shown(track: str) -> set[tuple[str, str]]:
    one = MUNICIPALITY.track(track)
    return {(step, name) for step, names in KNOWN.items() for name in names if one.shows(*step.split("."), name)}


def test_what_the_shipped_tracks_show_is_there():
    MUNICIPALITY.check_fields(KNOWN)


def test_what_the_law_asks_for_is_there():
    for step, names in LAWFUL.items():
        assert set(names or ()) <= set(KNOWN[step]), step


def test_a_larger_track_shows_all_that_a_smaller_one_does_and_more():
    tracks = [shown(code) for code in vocabulary("tracks")]

    assert all(smaller < larger for smaller, larger in pairwise(tracks))


def test_the_largest_track_shows_everything():
    assert shown("complex") == {(step, name) for step, names in KNOWN.items() for name in names}


def test_the_clear_track_shows_what_a_clear_case_needs():
    needed = {(step, name) for step, names in CLEAR.items() for name in names.split()}

    assert needed <= shown("clear")


@pytest.mark.parametrize("walk", ["1-jonas", "2-amira"])
def test_the_standard_track_shows_what_a_worked_case_fills_in(walk):
    steps = read_walk(ROOT / f"deploy/onebox/onebox/walks/{walk}.yaml")["steps"]
    filled = {(step, name) for one in steps for step, names in one.get("fill", {}).items() for name in names}

    assert {(step, name) for step, name in filled if step in KNOWN} <= shown("standard")


def test_a_field_that_every_case_needs_is_hidden_nowhere_but_where_it_was_recorded_before():
    """A carried field shows where it comes from; hidden further on it is read there all the same."""
    for phase in ("intake", "assessment"):
        for step in import_module(f"{phase}.model").STEPS:
            for name, field in fields_of(step).items():
                if field.info.required == ALWAYS and not field.info.carried_from:
                    assert (f"{phase}.{step.step}", name) in shown("clear")


def run(*arguments: str):
    return CliRunner().invoke(main, ["settings", "check", *arguments])


def test_settings_check_says_what_is_in_force():
    done = run(str(EXAMPLE))

    assert done.exit_code == 0
    assert "clear (Klar sag): skjuler" in done.output
    assert "complex (Kompleks sag): skjuler intet" in done.output
    assert "ellers 56 dage" in done.output
    assert "Sagsbehandler: spor clear, small" in done.output
    assert "sagsgang" not in done.output  # the search key


def test_settings_check_says_what_is_in_force_on_another_day(tmp_path):
    (tmp_path / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (tmp_path / "case-processing.yaml").write_text(
        "periods:\n  - {legal_basis: sel-97, days: 28, valid_from: 2027-01-01}\n", "utf-8"
    )

    assert "SEL § 97" not in run(str(tmp_path), "--on", "2026-12-31").output
    assert "SEL § 97: 28 dage" in run(str(tmp_path), "--on", "2027-01-01").output


def test_settings_check_says_everything_that_is_wrong(tmp_path):
    (tmp_path / "municipality.yaml").write_text("hearing_days: 14\n", "utf-8")
    (tmp_path / "delegation.yaml").write_text("delegation: []\n", "utf-8")

    done = run(str(tmp_path))

    assert done.exit_code == 1
    assert "municipality.yaml, linje 1: name" in done.output
    assert "delegation.yaml, linje 1: delegation" in done.output


def test_settings_check_knows_the_fields_of_every_phase(tmp_path):
    (tmp_path / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (tmp_path / "tracks.yaml").write_text(
        "tracks:\n  - code: small\n    label: Lille\n    label_en: Small\n    question_sets: []\n"
        "    shows:\n      intake.enquiry: [diagnosis]\n      followup.extra: all\n",
        "utf-8",
    )

    done = run(str(tmp_path))

    assert done.exit_code == 1
    assert "tracks.yaml, linje 7: tracks[0].shows.intake.enquiry: diagnosis findes ikke" in done.output
    assert "tracks.yaml, linje 8: tracks[0].shows.followup.extra" in done.output


# docs/configuration.md
def section(name: str) -> str:
    return (ROOT / "docs/configuration.md").read_text("utf-8").partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", FILES)
def test_every_setting_is_told_to_the_operator(name):
    declared = fields_of(FILES[name])
    inner = [fields_of(field.entry) for field in declared.values() if field.entry]
    told = set(re.findall(r"^\| `(\w+)`(?:, `(\w+)`)?", section(name), re.MULTILINE))

    assert {*declared, *(setting for fields in inner for setting in fields)} <= {word for two in told for word in two}


def test_the_examples_that_an_operator_reads_may_be_used(tmp_path):
    for name in FILES:
        (example,) = re.findall(r"```yaml\n(.*?)```", section(name), re.DOTALL)
        (tmp_path / name).write_text(example, "utf-8")

    assert run(str(tmp_path)).exit_code == 0


def test_settings_check_says_on_which_accounts_help_is_booked_and_how_files_are_laid_out(tmp_path):
    (tmp_path / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (tmp_path / "accounts.yaml").write_text(
        'accounts:\n  - {legal_basis: sel-108, account_number: "5.38.50", account_string: 44-1,'
        " valid_from: 2027-01-01}\n",
        "utf-8",
    )

    assert "SEL § 108: 5.38.50 (44-1)" in run(str(tmp_path), "--on", "2027-01-01").output
    before = run(str(tmp_path), "--on", "2026-12-31").output
    assert "accounts.yaml\n  ingen\nfinance-layout.yaml (som leveret)\n  disponeringer: csv, utf-8-sig" in before


def test_settings_check_says_how_often_help_is_followed_up(tmp_path):
    (tmp_path / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (tmp_path / "follow-up.yaml").write_text(
        "intervals:\n  - {legal_basis: sel-107, offer: temporary-residential, months_until_first: 3, months_between: 6,"
        " valid_from: 2027-01-01}\n",
        "utf-8",
    )

    told = "SEL § 107; Midlertidigt botilbud: første gang efter 3 mdr., siden hver 6. måned"
    assert told in run(str(tmp_path), "--on", "2027-01-01").output
    assert "follow-up.yaml\n  ingen\ndelegation.yaml" in run(str(tmp_path), "--on", "2026-12-31").output


def test_every_field_of_the_finance_files_is_told_to_the_operator():
    told = section("finance-layout.yaml")

    for records in (COMMITMENT_FIELDS, ACTUALS_FIELDS):
        assert [name for names in records.values() for name in names if f"`{name}`" not in told] == []
