"""What a letter says: which sections, from which facts, in whose words; and what a template may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.configuration import Promulgation
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CitizenChanged, EnquiryRecorded, RepresentationChanged
from casework.contracts.values import Intervention, Party, ServiceLine
from casework.errors import Invalid
from decision import letter, rules, templates
from decision.commands import MakeDecision, NotifyCitizen
from decision.examples import EXAMPLES
from decision.facts import VARIABLES
from decision.kinds import NEEDED, SECTIONS

POST = NotifyCitizen(channel="digital-post")
HOURS = ServiceLine(
    id="l1", service="support-education", unit="hour", units_per_period=Decimal("4.5"), service_frequency="week",
    unit_price=Decimal("1412.50"), service_start_date=date(2026, 4, 1),
)  # fmt: skip
REFUSAL = {
    "decision_outcome": "refused", "fully_upheld": False, "granted_interventions": None,
    "refused_interventions": [{"id": "i1"}],
}  # fmt: skip
BENTE = CitizenChanged(citizen_name="Bente Hansen", citizen_address="Skovvej 3, 2. tv., 8000 Prøveby")
EVA = Party(name="Eva Riis", role="guardian", address="Torvet 1, 8000 Prøveby")
INCAPABLE = RepresentationChanged(
    has_guardian=True, guardianship_form="guardianship-without-capacity", guardian_contact=EVA
)


def told(desk: Any) -> letter.Letter:
    """The letter as it was sent."""
    case = desk.situation.of(rules.newest(desk.situation))
    return letter.compose(case, case.state.letter)


def text(desk: Any, section: str) -> str:
    return next(s.text for s in told(desk).sections if s.id == section)


def partly(desk: Any) -> Any:
    return desk.fill(decision_outcome="partly-refused", fully_upheld=False, refused_interventions=[{"id": "i2"}])


# kinds
@pytest.fixture
def of_kind(drafted: Any, approve: Any) -> Any:
    """A letter of each kind, sent."""

    def send(kind: str) -> Any:
        match kind:
            case "adjusted":
                drafted.fill(fully_upheld=False)
            case "partly-refused":
                partly(drafted)
            case "refused":
                drafted.fill(**REFUSAL)
            case "repayment":
                drafted.fill(**REFUSAL | {"decision_outcome": "repayment", "refused_interventions": None})
            case "confirmed":
                drafted.fill(decision_channel="verbal")
            case "reduced":
                drafted.fill(legal_bases=["sel-96"]).do(MakeDecision()).do(POST).hear(approve(2, 1)).fill(**REFUSAL)
            case "ended" | "continued":
                drafted.do(MakeDecision()).do(POST)
        if kind in ("ended", "continued"):
            outcome = {"ended": "end", "continued": "continue"}[kind]
            return drafted.hear(
                FollowupConcluded(
                    number=1, follow_up_held_on=date(2026, 6, 1), follow_up_outcome=outcome, citizen_agrees=False
                )
            ).do(POST)
        return drafted.do(MakeDecision()).do(POST)

    return send


@pytest.mark.rule("DEC-08")
@pytest.mark.parametrize("kind", NEEDED)
def test_each_kind_has_its_sections_in_order(of_kind, kind):
    composed = told(of_kind(kind))

    printed = [s.id for s in composed.sections if s.text]
    assert composed.kind == kind
    assert printed == [id for id in SECTIONS if id in printed]
    assert set(NEEDED[kind]) <= set(printed)


def test_an_oral_grant_is_confirmed_without_reasons_and_guidance(of_kind):
    printed = {s.id for s in told(of_kind("confirmed")).sections if s.text}
    assert printed.isdisjoint({"specific-assessment", "complaint"})


@pytest.mark.rule("DEC-10", "DEC-18")
def test_what_is_granted_stands_with_amount_and_price_beside_what_is_refused(drafted, assessed, approve):
    help_given = Intervention(id="i1", services=("support-education",), offer="mobile-offer", service_lines=(HOURS,))
    stay = Intervention(id="i2", services=("long-term-stay",), offer="ordinary-long-term-residential")
    drafted.hear(assessed(2, help_given, stay), approve(2, 2))
    partly(drafted).do(MakeDecision()).do(POST)
    result = text(drafted, "result")
    assert "4,5 timer om ugen (1.412,50 kr. pr. time)" in result
    assert "Den begynder den 1. april 2026." in result
    assert result.index("Du får:") < result.index("Du får ikke:") < result.index("Længerevarende ophold")


@pytest.mark.rule("DEC-14")
@pytest.mark.parametrize(
    "channel, last", [("digital-post", "30. marts 2026"), ("letter", "7. april 2026")], ids=["digital", "on paper"]
)
def test_the_last_day_to_complain_stands_in_the_letter_as_reckoned_for_its_channel(partly, channel, last):
    partly.do(NotifyCitizen(channel=channel))
    guidance = text(partly, "complaint")
    assert f"senest den {last}" in guidance
    assert "23.59" in guidance
    assert "Ankestyrelsen" in guidance


@pytest.mark.rule("DEC-14")
def test_where_no_board_hears_complaints_the_letter_says_so(drafted):
    drafted.fill(**REFUSAL, legal_bases=["sel-82b"]).do(MakeDecision()).do(POST)
    guidance = text(drafted, "complaint")
    assert "kan ikke påklages" in guidance
    assert "23.59" not in guidance


@pytest.fixture
def promulgated(drafted: Any) -> Any:
    """A town that keeps under which number and date the Social Services Act is in force."""
    row = Promulgation(law="sel", number=170, issued_on=date(2022, 1, 24), valid_to=date(2026, 3, 2))
    town = replace(drafted.situation.municipality, laws=(row,))
    drafted.situation = replace(drafted.situation, municipality=town, _views={})
    return drafted


@pytest.mark.rule("DEC-13")
def test_an_act_is_named_with_number_and_date(promulgated):
    promulgated.do(MakeDecision()).do(POST)
    assert "Serviceloven § 85 (lovbekendtgørelse nr. 170 af 24. januar 2022)" in text(promulgated, "rules")


@pytest.mark.rule("DEC-13")
def test_an_act_whose_number_is_not_known_on_the_day_is_warned_of(promulgated):
    assert "DEC-13" not in promulgated.warnings
    promulgated.fill(decision_date="2026-03-03")
    assert "Serviceloven" in promulgated.warnings["DEC-13"].message


@pytest.mark.rule("FUP-11")
def test_help_that_is_taken_away_under_notice_goes_on_until_a_day_that_the_letter_names(of_kind):
    assert "gælder fra den 8. juni 2026" in text(of_kind("reduced"), "result")


@pytest.mark.rule("DEC-12")
def test_own_payment_stands_as_an_amount(drafted):
    drafted.fill(granted_interventions=[{"id": "i1"}, {"id": "i2"}]).do(MakeDecision())
    drafted.fill("decision_letter", has_own_payment=True, own_payment_amount="12345.50").do(POST)
    assert "12.345,50 kr." in text(drafted, "own-payment")


# to whom
@pytest.mark.rule("DEC-09", "DEC-10")
def test_the_letter_is_written_to_the_citizen_where_nobody_has_taken_over_the_rights(empty):
    empty.hear(BENTE)
    assert empty.letter.recipient == Party(name="Bente Hansen", role="citizen", address=BENTE.citizen_address)


@pytest.mark.rule("DEC-09")
@pytest.mark.parametrize(
    "rights, name",
    [
        ({"has_guardian": True, "guardianship_form": "guardianship", "guardian_contact": EVA}, "Bente Hansen"),
        ({"has_guardian": True, "guardianship_form": "co-guardianship", "guardian_contact": EVA}, "Bente Hansen"),
        (vars(INCAPABLE), "Eva Riis"),
        (vars(INCAPABLE) | {"guardianship_valid_to": date(2026, 3, 1)}, "Bente Hansen"),
        ({"is_represented": True, "representation_form": "companion", "representative_contact": EVA}, "Bente Hansen"),
        ({"is_represented": True, "representation_form": "party-representative", "representative_contact": EVA},
         "Eva Riis"),
    ],
)  # fmt: skip
def test_one_who_holds_the_rights_that_day_is_written_to(empty, rights, name):
    empty.hear(BENTE, RepresentationChanged(**{n: v for n, v in rights.items() if n != "action"}))
    assert empty.letter.recipient.name == name


@pytest.mark.rule("DEC-09")
def test_a_guardian_is_told_whom_the_letter_is_about_and_the_citizen_gets_a_copy(granted):
    granted.fill("decision_letter", recipient={"name": "Eva Riis", "role": "guardian"}).hear(BENTE, INCAPABLE).do(POST)
    printed = letter.paper(granted.situation)
    assert {"Borger: Bente Hansen", "Værge: Eva Riis"} <= set(printed["details"])
    assert printed["copy_to"] == ["Bente Hansen"]
    assert "på vegne af Bente Hansen" in text(granted, "opening")


def test_an_address_is_broken_before_the_town_and_not_within_the_street(empty):
    empty.hear(BENTE)
    printed = letter.paper(empty.situation)
    assert printed["recipient"] == ["Bente Hansen", "Skovvej 3, 2. tv.", "8000 Prøveby"]


@pytest.mark.rule("DEC-08")
def test_one_without_an_address_is_told_of_before_the_letter_is_printed(granted):
    granted.hear(replace(BENTE, citizen_address=None))
    assert warned(granted)["DEC-08"].field == "decision.decision_letter.recipient"
    assert "DEC-08" not in warned(granted.hear(BENTE))


# by hand
def edit(desk: Any, section: str, words: str) -> Any:
    before = desk.situation
    desk.fill("decision_letter", sections=[{"id": section, "text": words}])
    for event in letter.remember_what_was_edited(before, desk.situation):
        desk.situation = desk.situation.after(event)
    return desk


@pytest.mark.rule("DEC-10")
def test_a_section_mended_by_hand_stands_while_the_others_follow_the_case(granted):
    edit(granted, "result", "Du får, hvad du bad om.").fill("decision_letter", expected_follow_up="August 2026")
    assert text(granted, "result") == "Du får, hvad du bad om."
    assert "August 2026" in text(granted, "purpose")
    assert "DEC-10" not in warned(granted)


@pytest.mark.rule("DEC-10")
def test_when_the_text_beneath_a_mended_section_changes_one_is_told_and_nothing_is_overwritten(granted):
    edit(granted, "purpose", "Vi ses i juni.").fill("decision_letter", expected_follow_up="August 2026")
    assert text(granted, "purpose") == "Vi ses i juni."
    assert warned(granted)["DEC-10"].field == "decision.decision_letter.sections[purpose]"


@pytest.mark.rule("DEC-10")
def test_a_mended_section_that_is_taken_out_goes_back_to_the_composed_text(granted):
    composed = text(granted, "purpose")
    edit(granted, "purpose", "Vi ses i juni.")
    granted.fill("decision_letter", sections=[{"id": "purpose", "removed": True}])
    assert text(granted, "purpose") == composed


def test_what_was_mended_in_one_letter_is_not_in_the_next(granted, approve):
    edit(granted, "result", "Du får, hvad du bad om.").do(POST).hear(approve(2, 1))
    granted.fill(**REFUSAL).do(MakeDecision())
    assert text(granted, "result").startswith("Bevilling") is False
    assert "hvad du bad om" not in text(granted, "result")


def test_whom_a_mended_section_is_for_and_what_it_replaces_is_not_typed(granted):
    with pytest.raises(Invalid):
        granted.fill("decision_letter", sections=[{"id": "result", "text": "x", "replaces": "abc"}])


def test_a_sign_that_cannot_be_printed_is_told(granted):
    assert "😀" in warned(granted.fill("decision_letter", consequences="Godt gået 😀"))["DEC-10"].message


def warned(desk: Any) -> dict[str, Any]:
    return {w.rule: w for warn in letter.WARNINGS for w in warn(desk.situation)}


# plain text
@given(st.text(max_size=300))
def test_no_word_is_lost_on_the_way_to_paragraphs_and_lists(words):
    printed = letter.blocks(words)
    said = " ".join(" ".join(line) if isinstance(line, list) else line
                    for block in printed for line in (block.get("lines") or block.get("items")))  # fmt: skip
    kept = [line.strip() for line in words.splitlines() if line.strip()]
    assert said.split() == " ".join(line.removeprefix("- ") for line in kept).split()


def test_a_dash_begins_an_entry_and_a_blank_line_a_paragraph():
    assert letter.blocks("Du får:\n- mad\n- støtte\n\nHilsen\nos") == [
        {"kind": "paragraph", "lines": ["Du får:"]},
        {"kind": "list", "items": [["mad"], ["støtte"]]},
        {"kind": "paragraph", "lines": ["Hilsen", "os"]},
    ]


# templates
def test_every_variable_is_explained_and_shown_in_the_examples(granted):
    known = letter.facts.facts(granted.situation, "granted", granted.letter)
    assert known.keys() == VARIABLES.keys()
    assert {frozenset(example) for example in EXAMPLES.values()} == {frozenset(VARIABLES)}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_shipped_templates_can_be_used(section):
    assert templates.fault(templates.shipped(section), EXAMPLES) is None


@pytest.mark.parametrize(
    "template, line, reason",
    [
        ("Hej\n{% if granted %}", 2, "endif"),
        ("Hej\n{{ granted", 2, "}}"),
        ("Hej\n\n{{ complaint_dedline | day }}", 3, "complaint_deadline"),
        ("{% if kind == 'nothing' %}\n{{ recipient.nane }}{% endif %}", 2, "recipient.nane"),
        ("{% for help in granted %}\n{{ help.prize }}\n{% endfor %}", 2, "help.prize"),
        ("{{ complaint_deadline | date: '%Y' }}", 1, "date"),
        ("{{ result | day }}", 1, "Filteret passer ikke"),
        ("x" * 8_001, None, "for lang"),
    ],
)
def test_a_broken_template_is_told_with_line_and_reason(template, line, reason):
    found = templates.fault(template, EXAMPLES)
    assert found is not None
    assert found.line == line
    assert reason in found.reason


@pytest.mark.parametrize(
    "template",
    [
        "{% include '/etc/passwd' %}",
        "{% render 'result' %}",
        "{% extends 'x' %}",
        "{{ result.__class__.__mro__ }}",
        "{{ granted.__len__ }}",
        "{{ self }}",
        "{% for i in (1..1000000000) %}a{% endfor %}",
        "{% for i in (1..400) %}{% for j in (1..400) %}{% if j %}{% endif %}{% endfor %}{% endfor %}",
        "{% assign a = '" + "x" * 1000 + "' %}" + "{% assign a = a | append: a %}" * 40,
        "{{ (1..100000000) | map: 'x' }}",
        "{% tablerow i in granted %}{% endtablerow %}",
        "{% capture x %}{% endcapture %}",
        "{{ 'x' | url_decode }}",
    ],
)
def test_a_template_reaches_nothing_and_goes_on_for_no_time(template):
    assert templates.fault(template, EXAMPLES) is not None


def test_a_range_is_never_written_out():
    assert templates.render("{{ (1..100000000) | join }}", {}) == ""


def test_text_of_a_case_is_not_a_template(granted):
    granted.fill("decision_letter", consequences="{{ result }} {% include 'x' %} <b> & #image(\"/etc/passwd\")")
    assert "{{ result }} {% include 'x' %} <b> &" in text(granted, "result")


@pytest.mark.parametrize(
    "value, shown", [("1234.50", "1.234,50 kr."), ("0.00", "0,00 kr."), ("1000000.05", "1.000.000,05 kr."), (None, "")]
)
def test_amounts_are_written_as_danes_do(value, shown):
    assert templates.kroner(value) == shown


def test_dates_are_written_as_danes_do():
    assert templates.day("2026-03-02") == "2. marts 2026"


def test_the_municipality_s_own_template_is_the_one_that_composes(granted):
    granted.situation = replace(granted.situation, texts={"contact": "Skriv til {{ municipality }}."}, _views={})
    assert text(granted, "contact") == "Skriv til Prøveby Kommune."


def test_what_the_case_began_with_opens_the_letter(granted):
    granted.hear(EnquiryRecorded(opening_reason="Du vil bo selv.", enquiry_received_date=date(2026, 1, 12)))
    opening = text(granted, "opening")
    assert "den 12. januar 2026" in opening
    assert "Du vil bo selv." in opening
