"""Letters over the API: looked at, mended, sent, frozen and handed over; and templates taken into use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from casework.channels import ParcelRow, Post
from casework.contracts.assessment import CaseInformationRecorded, ReasoningRecorded
from casework.contracts.intake import CitizenChanged, RepresentationChanged
from casework.contracts.values import Party
from casework.phase.tables import RunRow
from casework.testing.cases import (
    A_CASE,
    A_CASEWORKER,
    A_CITIZEN,
    A_LEADER,
    A_PROVIDER,
    AN_OPERATOR,
    OPENED,
    Office,
    wrong,
)
from decision import app
from decision.delivery import DigitalPost, Print
from decision.memo import NAMESPACE
from decision.model import LetterRow, TemplateRow

from .conftest import DRAFT, LETTER

CPR = "0101701234"
MEMO = {"m": NAMESPACE}


@pytest.fixture
def decided(assessed: Any, approve: Any) -> Iterator[Callable[..., Office]]:
    """A case in which Bente is granted help (or what the draft says), decided and not yet told."""
    offices = []

    def decide(**draft: Any) -> Office:
        office = Office(app)
        offices.append(office)
        office.hear(OPENED, producer="intake")
        office.hear(
            CitizenChanged(citizen_name="Bente Hansen", citizen_address="Skovvej 3, 8000 Prøveby", cpr_number=CPR),
            subject=A_CITIZEN,
        )
        office.hear(
            CaseInformationRecorded(themes=("mental-functions",), party_hearing_needed=False),
            assessed(1),
            ReasoningRecorded(decision_reasoning="Du kan miste din bolig.", is_entitled=True),
            approve(),
        )
        written = {name: value for name, value in LETTER.items() if name != "recipient"}
        assert office.record({"decision": DRAFT | draft, "decision_letter": written}).status_code == 200
        assert office.act("decision.decide").status_code == 200
        return office

    yield decide
    for office in offices:
        office.close()


@pytest.fixture
def office(decided: Callable[..., Office]) -> Office:
    return decided()


def sections(office: Office) -> dict[str, dict[str, Any]]:
    return {s["id"]: s for s in office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letter").get_json()["sections"]}


def parcels(office: Office) -> list[tuple[str, dict[str, Any]]]:
    with office.database.reading() as session:
        rows = session.execute(sa.select(ParcelRow.channel, ParcelRow.body).order_by(ParcelRow.position))
        return [(channel, json.loads(body)) for channel, body in rows]


def handed_over(office: Office, folder: Path) -> list[Path]:
    """What a post with both adapters lays in the folder."""
    ways = {"letter": Print(folder), "digital-post": DigitalPost(folder, "12345674")}
    post = Post(office.database, ways, office.service.clock)
    while post.send():
        pass
    post.close()
    return sorted(folder.iterdir())


# looking
def test_the_letter_is_shown_section_by_section_and_that_it_was_looked_at_is_noted(office):
    shown = sections(office)
    looks = office.call(A_LEADER, "GET", f"/cases/{A_CASE}/access").get_json()["access"]
    assert shown["result"]["is_needed"]
    assert not shown["result"]["is_edited"]
    assert "letter" in [look["what"] for look in looks]


def test_a_preview_is_a_pdf_and_freezes_nothing(office):
    preview = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letter/preview.pdf")
    assert preview.data.startswith(b"%PDF-1.7")
    assert wrong(office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letters/1.pdf"), 404) == (None, None)


@pytest.mark.parametrize("path", ["letter", "letter/preview.pdf", "letters/1.pdf"])
@pytest.mark.parametrize("who", [A_PROVIDER, AN_OPERATOR], ids=["provider", "operator"])
def test_to_those_who_may_not_read_the_case_there_is_no_letter(office, path, who):
    assert office.call(who, "GET", f"/cases/{A_CASE}/{path}").status_code == 404


# mending
@pytest.mark.rule("DEC-10")
def test_a_section_is_mended_by_an_ordinary_recording_and_stays_mended(office):
    before = sections(office)["purpose"]["text"]
    edited = {"sections": [{"id": "purpose", "text": "Vi ses i juni."}]}
    assert office.record({"decision_letter": edited}).status_code == 200
    assert sections(office)["purpose"] | {"text": "Vi ses i juni.", "composed": before} == sections(office)["purpose"]
    office.record({"decision_letter": {"expected_follow_up": "August 2026"}})
    assert sections(office)["purpose"]["is_outdated"]
    assert "DEC-10" in [w["rule"] for w in office.read()["warnings"]]
    office.record({"decision_letter": {"sections": [{"id": "purpose", "removed": True}]}})
    assert "August 2026" in sections(office)["purpose"]["text"]


def test_a_section_that_no_letter_has_is_refused(office):
    answer = office.record({"decision_letter": {"sections": [{"id": "poem", "text": "x"}]}})
    assert wrong(answer)[1] == "decision_letter.sections[0].id"


# sending
def test_what_is_sent_is_frozen_with_its_checksum(office):
    office.act("decision.notify", channel="digital-post")
    sent = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letters/1.pdf")
    with office.database.reading() as session:
        row = session.scalars(sa.select(LetterRow)).one()
    assert sent.mimetype == "application/pdf"
    assert sent.get_etag() == (sha256(sent.data).hexdigest(), False) == (row.sha256, False)
    assert state(office)["letter_sha256"] == row.sha256


def state(office: Office) -> dict[str, Any]:
    with office.database.reading() as session:
        return dict(session.scalars(sa.select(RunRow.state)).one())


def test_a_later_mend_or_template_does_not_touch_a_letter_that_was_sent(office):
    office.act("decision.notify", channel="digital-post")
    before = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letters/1.pdf").data
    office.record({"decision_letter": {"letter_heading": "Noget andet"}})
    office.call(A_LEADER, "PUT", "/letter-templates/contact", seen="*", json={"text": "Ring."})
    assert office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letters/1.pdf").data == before


def test_a_decision_told_by_word_of_mouth_has_no_letter(office):
    office.act("decision.notify", channel="verbal")
    assert office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/letters/1.pdf").status_code == 404
    assert parcels(office) == []


def test_where_the_letter_cannot_be_printed_nothing_is_sent(office):
    with office.database.writing() as session:  # as an older release could have left it
        session.add(TemplateRow(section="result", version=1, text="{{ gone }}", by="", actor="", at=office.now))
    answer = office.act("decision.notify", channel="letter")
    assert wrong(answer) == ("DEC-08", "decision_letter.sections[result]")
    assert [p["at"] for p in office.read()["positions"]] == ["notify"]
    assert parcels(office) == []


# handing over
@pytest.mark.rule("DEC-14")
@pytest.mark.parametrize("channel, received", [("letter", "2026-03-10"), ("digital-post", "2026-03-02")])
def test_each_channel_has_its_day_of_receipt(office, channel, received):
    office.act("decision.notify", channel=channel)
    told = [body for _, body in office.owed("decision.notified")]
    assert [body["received_on"] for body in told] == [received]


def test_a_letter_for_print_is_a_pdf_with_a_cover_that_holds_no_cpr_number(office, tmp_path):
    office.act("decision.notify", channel="letter")
    cover, page = handed_over(office, tmp_path)
    told = json.loads(cover.read_text("utf-8"))
    assert (told["file"], told["address"]) == (page.name, ["Bente Hansen", "Skovvej 3", "8000 Prøveby"])
    assert sha256(page.read_bytes()).hexdigest() == told["sha256"]
    assert CPR not in cover.read_text("utf-8") + cover.name + page.name


def test_digital_post_is_a_memo_message_with_the_letter_in_it(office, tmp_path):
    office.act("decision.notify", channel="digital-post")
    (file,) = handed_over(office, tmp_path)
    root = ET.fromstring(file.read_bytes())
    assert root.tag == f"{{{NAMESPACE}}}Message"
    assert root.findtext(".//m:Recipient/m:recipientID", namespaces=MEMO) == CPR
    assert root.findtext(".//m:Sender/m:senderID", namespaces=MEMO) == "12345674"
    assert root.findtext(".//m:File/m:encodingFormat", namespaces=MEMO) == "application/pdf"
    assert "Not certified" in file.read_text("utf-8")
    assert CPR not in file.name


@pytest.mark.permits("DEC-09")
def test_a_guardian_whose_number_is_not_known_is_written_to_on_paper_and_the_citizen_digitally(office):
    guardian = {"name": "Eva Riis", "role": "guardian"}
    office.hear(
        RepresentationChanged(
            has_guardian=True, guardianship_form="guardianship-without-capacity", guardian_contact=Party(**guardian)
        )
    )
    office.record({"decision_letter": {"recipient": guardian}})
    assert office.act("decision.notify", channel="digital-post").status_code == 200
    sent = [(channel, body["name"], body["number"]) for channel, body in parcels(office)]
    assert sent == [("letter", "Eva Riis", None), ("digital-post", "Bente Hansen", CPR)]


def test_told_again_it_is_another_letter_of_the_same_decision(decided):
    office = decided(fully_upheld=False)
    office.act("decision.notify", channel="digital-post")
    office.act("decision.notify", channel="letter")
    with office.database.reading() as session:
        rows = session.execute(sa.select(LetterRow.number, LetterRow.sequence).order_by(LetterRow.sequence)).all()
    assert [tuple(row) for row in rows] == [(1, 1), (1, 2)]
    assert [channel for channel, _ in parcels(office)] == ["digital-post", "letter"]


# templates
@pytest.mark.parametrize("who", [A_LEADER, AN_OPERATOR], ids=["leader", "operator"])
def test_a_template_is_taken_into_use_and_every_version_is_kept(office, who):
    assert office.call(
        who, "PUT", "/letter-templates/contact", seen="*", json={"text": "Ring til {{ municipality }}."}
    ).json["is_own"]
    assert sections(office)["contact"]["text"].startswith("Ring til Prøveby Kommune.")
    assert office.call(who, "DELETE", "/letter-templates/contact", seen="*").json["is_own"] is False
    assert sections(office)["contact"]["text"] == "Ring til Kim Dam."
    kept = office.call(who, "GET", "/letter-templates/contact").get_json()["versions"]
    assert [(v["version"], v["text"], v["by"]) for v in kept] == [
        (2, None, who.name),
        (1, "Ring til {{ municipality }}.", who.name),
    ]


def test_two_who_mend_a_template_the_second_is_told_and_loses_nothing(office):
    read = office.call(A_LEADER, "GET", "/letter-templates/contact").headers["ETag"]
    mine = {"json": {"text": "Ring."}, "seen": read}
    first = office.call(A_LEADER, "PUT", "/letter-templates/contact", **mine)

    second = office.call(AN_OPERATOR, "PUT", "/letter-templates/contact", json={"text": "Skriv."}, seen=read)
    told = second.get_json()
    assert (second.status_code, told["yours"], told["theirs"]) == (412, {"text": "Skriv."}, {"text": "Ring."})
    assert first.headers["ETag"] == f'"{told["etag"]}"'
    assert office.call(AN_OPERATOR, "DELETE", "/letter-templates/contact", seen=read).status_code == 412
    assert office.call(AN_OPERATOR, "DELETE", "/letter-templates/contact", seen=told["etag"]).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_not_read_the_template_does_not_change_it(office, method):
    assert wrong(office.call(A_LEADER, method, "/letter-templates/contact", json={"text": "x"}), 428) == (
        None, "If-Match",
    )  # fmt: skip


def test_the_same_template_twice_is_one_version(office):
    for _ in range(2):
        answer = office.call(A_LEADER, "PUT", "/letter-templates/contact", seen="*", json={"text": "Ring."})
    assert answer.get_json()["version"] == 1


@pytest.mark.parametrize(
    "text, said",
    [("Hej\n{{ complaint_dedline }}", "Linje 2: Variablen »complaint_dedline« findes ikke"), ("{% if %}", "Linje 1")],
)
def test_a_broken_template_is_refused_with_line_and_reason_and_the_old_one_stays(office, text, said):
    answer = office.call(A_LEADER, "PUT", "/letter-templates/contact", seen="*", json={"text": text})
    assert wrong(answer) == (None, "text")
    assert answer.get_json()["detail"].startswith(said)
    assert office.call(A_LEADER, "GET", "/letter-templates/contact").get_json()["version"] == 0


def test_what_a_template_may_say_is_listed_with_explanations(office):
    listed = office.call(A_LEADER, "GET", "/letter-templates").get_json()
    assert listed["variables"]["complaint_deadline"] == "Klagefrist"
    assert [t["section"] for t in listed["templates"]][:2] == ["opening", "result"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_caseworker_changes_no_template(office, method):
    assert office.call(A_CASEWORKER, method, "/letter-templates/contact", json={"text": "x"}).status_code == 403


def test_there_is_no_template_for_a_section_that_no_letter_has(office):
    assert office.call(A_LEADER, "PUT", "/letter-templates/poem", seen="*", json={"text": "x"}).status_code == 404
