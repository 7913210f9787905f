"""What every service does alike on the web: problems, tokens, health, metrics, logs, OpenAPI, what is stuck."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from casework.contracts.intake import EnquiryRecorded
from casework.process import HOUSE, Actor, Role
from casework.service import logs
from casework.service.auth import AUDIENCE, new_key, sign
from casework.testing import visits
from casework.testing.cases import A_CASE, A_CASEWORKER, A_LEADER, A_PROVIDER, AN_OPERATOR, OPENED, Office, wrong

CASE = f"/cases/{A_CASE}"
CPR = "1405821237"


@pytest.fixture
def office() -> Iterator[Office]:
    with visits.contracts():
        made = Office(visits)
        made.hear(OPENED)
        yield made


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Office]:
    """An office in which every recording and act fails with a CPR number on its lips."""
    with visits.contracts():
        made = Office(visits, tmp_path)
        made.hear(OPENED)
        fails = {"record": lambda *_, **__: int(f"CPR {CPR}"), "act": lambda *_, **__: int(f"CPR {CPR}")}
        made.service.handlers.__dict__.update(fails)
        yield made
        made.close()


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem document of a refusal, having seen that it is one."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    found = dict(answer.get_json())
    assert (found["status"], found["type"]) == (status, "about:blank")
    assert found["title"]
    assert found["detail"]
    return found


# what is refused is a problem document (RFC 9457)
def test_an_address_that_is_none_is_a_problem(office):
    problem(office.call(A_CASEWORKER, "GET", "/nowhere"), 404)
    problem(office.call(A_CASEWORKER, "GET", "/cases/not-an-id"), 404)


def test_a_case_that_is_none_of_ones_business_is_a_problem_and_looks_like_one_that_does_not_exist(office):
    unknown = problem(office.call(A_CASEWORKER, "GET", f"/cases/{uuid4()}"), 404)
    foreign = problem(office.call(A_PROVIDER, "GET", CASE), 404)

    assert unknown == foreign


def test_a_method_that_is_not_offered_is_a_problem_that_says_which_are(office):
    answer = office.call(A_CASEWORKER, "DELETE", CASE)

    problem(answer, 405)
    assert "PATCH" in answer.headers["Allow"]


@pytest.mark.parametrize("body", ['{"talk": ', "talk", '{"talk": {"purpose": "æ', "[" * 20_000])
def test_broken_json_is_a_problem(office, body):
    answer = office.call(A_CASEWORKER, "PATCH", CASE, data=body, content_type="application/json", seen="*")

    assert problem(answer, 400)["field"] == "body"


def test_what_is_not_sent_as_json_is_a_problem(office):
    answer = office.call(A_CASEWORKER, "PATCH", CASE, data="talk=1", content_type="text/plain", seen="*")

    problem(answer, 400)


@pytest.mark.parametrize("body", [[], ["talk"], "talk", 7, None, True])
def test_json_that_is_no_object_is_a_problem(office, body):
    answer = office.call(A_CASEWORKER, "PATCH", CASE, data=json.dumps(body), content_type="application/json", seen="*")

    assert problem(answer, 422)["field"] == "body"


def test_too_much_at_once_is_a_problem(office):
    problem(office.record({"talk": {"purpose": "x" * 5 * 1024 * 1024}}), 413)


def test_wrong_values_are_a_problem_that_lists_every_field(office):
    found = problem(office.record({"talk": {"held": "ja", "people": "to"}}), 422)

    assert {e["field"] for e in found["errors"]} == {"talk.held", "talk.people"}
    assert found["field"] in {"talk.held", "talk.people"}


def test_what_a_rule_refuses_is_a_problem_with_rule_field_and_reason(office):
    found = problem(office.record({"talk": {"held_on": "2026-03-01"}}), 422)

    assert (found["rule"], found["field"]) == ("TST-07", "talk.held_on")
    assert found["detail"] == "Der er ingen besøg om søndagen"


def test_an_act_out_of_place_is_a_problem_with_the_rule_of_its_row(office):
    assert problem(office.act("visit.invite"), 409)["rule"] == "TST-01"


def test_an_action_that_does_not_exist_is_a_problem(office):
    problem(office.act("visit.dance"), 404)


def test_an_act_without_what_it_needs_is_a_problem_that_names_the_field(office):
    assert problem(office.act("visit.call-off"), 422)["field"] == "reason"


@pytest.mark.refuses("GEN-14")
@pytest.mark.permits("GEN-14")
def test_what_a_provider_may_not_is_a_problem_with_that_rule(office):
    assert wrong(office.record({"talk": {"purpose": "8 timer"}}, actor=A_PROVIDER), 403) == ("GEN-14", "talk")
    assert wrong(office.act("visit.plan", A_CASE, A_PROVIDER), 403) == ("GEN-14", "visit.plan")
    assert office.record({"talk": {"purpose": "8 timer"}}).status_code == 200


def test_what_another_role_may_not_is_a_problem_without_it(office):
    assert "rule" not in problem(office.record({"talk": {"purpose": "Bolig"}}, actor=AN_OPERATOR), 403)


def test_without_if_match_the_reader_is_asked_to_read_first(office):
    answer = office.call(A_CASEWORKER, "PATCH", CASE, json={"talk": {"purpose": "Bolig"}})

    assert problem(answer, 428)["field"] == "If-Match"


@pytest.mark.parametrize("seen", ['"abc"', '"1", "2"', "-1", '"' + "9" * 5000 + '"x', "½"])
def test_an_if_match_that_is_none_of_ours_is_a_problem(office, seen):
    problem(office.call(A_CASEWORKER, "PATCH", CASE, json={}, seen=seen.encode().decode("latin-1")), 412)


def test_a_stale_if_match_is_a_problem_with_what_stands_there(office):
    seen = office.call(A_CASEWORKER, "GET", CASE).headers["ETag"]
    office.record({"talk": {"purpose": "Bolig"}})
    found = problem(office.record({"talk": {"purpose": "Job"}}, seen=seen), 412)

    assert (found["field"], found["theirs"]) == ("talk.purpose", {"purpose": "Bolig"})


def test_what_we_did_not_foresee_is_a_problem_that_tells_nothing(broken):
    found = problem(broken.record({"talk": {"purpose": "Bolig"}}), 500)

    assert CPR not in json.dumps(found)


@pytest.mark.parametrize("revision", [1, 7])
def test_the_etag_of_an_answer_is_what_goes_back_with_the_next_change(office, revision):
    for number in range(revision):
        answer = office.record({"talk": {"people": number}})

    assert office.record({"talk": {"people": 99}}, seen=answer.headers["ETag"]).status_code == 200


# who calls
def test_without_a_token_nothing_is_told(office):
    problem(office.call(None, "GET", CASE), 401)
    problem(office.call(None, "PATCH", CASE, json={}, seen="*"), 401)
    problem(office.call(None, "POST", f"{CASE}/actions/plan", json={}), 401)


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def a_token(office: Office, **changed: Any) -> str:
    claims = jwt.decode(sign(A_CASEWORKER, office.private_key), options={"verify_signature": False}) | changed
    return jwt.encode({n: v for n, v in claims.items() if v is not None}, office.private_key, algorithm="EdDSA")


def test_a_token_that_holds_opens_the_case(office):
    assert office.call(None, "GET", CASE, headers=bearing(a_token(office))).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 0},
        {"exp": None},
        {"aud": "another house"},
        {"aud": None},
        {"role": "king"},
        {"role": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_is_refused(office, changed):
    problem(office.call(None, "GET", CASE, headers=bearing(a_token(office, **changed))), 401)


def test_a_provider_that_is_none_has_no_record_of_its_own(office):
    nobody = Actor("x", "X", Role.PROVIDER)

    problem(office.record({"arrival": {"remarks": "Til tiden"}}, actor=nobody), 404)


def test_an_expired_token_is_refused(office):
    token = sign(A_CASEWORKER, office.private_key, timedelta(minutes=-1))

    problem(office.call(None, "GET", CASE, headers=bearing(token)), 401)


def test_a_token_of_another_key_is_refused(office):
    problem(office.call(None, "GET", CASE, headers=bearing(sign(A_CASEWORKER, new_key()))), 401)


def test_a_token_signed_with_the_public_key_as_a_password_is_refused(office):
    claims = jwt.decode(sign(A_LEADER, office.private_key), options={"verify_signature": False})
    for token in (
        jwt.encode(claims, "k" * 32, algorithm="HS256"),
        jwt.encode(claims | {"aud": AUDIENCE}, None, algorithm="none"),
    ):
        problem(office.call(None, "GET", CASE, headers=bearing(token)), 401)


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic abc", "Bearer a.b.c", "Bearer æ"])
def test_what_is_no_token_is_refused(office, header):
    answer = office.call(None, "GET", CASE, headers={"Authorization": header.encode().decode("latin-1")})

    problem(answer, 401)


def test_who_looked_at_a_case_is_on_record(office):
    office.call(A_CASEWORKER, "GET", CASE)
    (looked,) = office.call(A_LEADER, "GET", f"{CASE}/access").get_json()["access"]

    assert (looked["name"], looked["role"], looked["what"]) == ("Kim Dam", "caseworker", "case")


@pytest.mark.parametrize("path", ["", "/records", "/changes"])
@pytest.mark.parametrize("role", [Role.PROVIDER, Role.FINANCE, Role.ANALYST, Role.OPERATOR, Role.CITIZEN])
def test_who_has_no_business_with_a_case_does_not_learn_that_it_exists(office, role, path):
    who = Actor("x", "X", role, provider_id="z-hus" if role is Role.PROVIDER else None)

    problem(office.call(who, "GET", CASE + path), 404)


# health and figures
def test_it_says_that_it_lives_and_that_it_is_ready(office):
    assert office.call(None, "GET", "/health/live").get_json() == {"status": "ok"}
    assert office.call(None, "GET", "/health/ready").get_json() == {"status": "ok"}


def test_without_its_database_it_lives_and_is_not_ready(tmp_path):
    with visits.contracts():
        office = Office(visits, tmp_path)
        office.database.close()
        shutil.rmtree(tmp_path)

        assert office.call(None, "GET", "/health/live").status_code == 200
        assert office.call(None, "GET", "/health/ready").status_code == 503


def test_metrics_count_answers_and_hold_no_ids(office):
    office.record({"talk": {"purpose": f"CPR {CPR}"}})
    office.call(A_CASEWORKER, "GET", CASE)
    office.call(A_CASEWORKER, "GET", f"/cases/{uuid4()}")
    office.call(A_CASEWORKER, "GET", f"/{CPR}/secret")
    office.call(A_CASEWORKER, "BREW", "/cases")
    text = office.call(None, "GET", "/metrics").text

    assert 'requests_total{method="GET",route="/cases/<uuid:case_id>",status="200"}' in text
    assert not [hidden for hidden in (str(A_CASE), CPR, "secret", "BREW", "kim") if hidden in text]


def test_metrics_count_what_is_under_way_and_stuck(office):
    office.hear(visits.VisitAnswered(provider_id="x-hus", comes=True))
    text = office.call(None, "GET", "/metrics").text

    assert "sagsgang_messages_waiting 1" in text
    assert "sagsgang_messages_parked 0" in text


def test_every_route_is_in_the_openapi_text(office):
    described = office.call(None, "GET", "/api/openapi.json").get_json()["paths"]
    routes = {str(rule) for rule in office.app.url_map.iter_rules() if str(rule).startswith("/cases")}

    assert {route.replace("<uuid:case_id>", "{case_id}") for route in routes} == described.keys()
    assert "/cases/{case_id}/actions/call-off" in described
    assert "412" in described["/cases/{case_id}"]["patch"]["responses"]


def test_the_steps_say_enough_to_draw_a_form(office):
    described = office.call(None, "GET", "/cases/steps").get_json()
    talk = next(step for step in described["steps"] if step["step"] == "talk")
    fields = {field["name"]: field for field in talk["fields"]}

    assert (fields["purpose"]["label"], fields["purpose"]["required"]) == ("Formål", "always")
    assert fields["letters"]["computed"] == "conclusion"
    assert fields["reason"]["carried_from"] == "intake.enquiry.opening_reason"
    assert [f["name"] for f in fields["wishes"]["fields"]] == ["id", "text", "lines"]
    assert "visit.call_off" in [action["action"] for action in described["actions"]]


# what is stuck
def park(office: Office) -> UUID:
    """A message whose body is wrong."""
    told = office.envelope(EnquiryRecorded()) | {"body": {"opening_reason": [f"CPR {CPR}"]}}
    office.service.inbox.receive([told])
    return UUID(told["id"])


def test_an_operator_sees_what_is_parked_and_why_without_what_it_says(office):
    parked = park(office)
    answer = office.call(AN_OPERATOR, "GET", "/parked")
    (row,) = answer.get_json()["parked"]

    assert (row["id"], row["status"], row["type"]) == (str(parked), "parked", "enquiry.recorded")
    assert "opening_reason" in row["reason"]
    assert CPR not in answer.text


def test_an_operator_sees_what_waits_for_a_newer_release_and_why(office):
    office.service.inbox.receive([office.envelope(EnquiryRecorded()) | {"version": 99}])
    (row,) = office.call(AN_OPERATOR, "GET", "/parked").get_json()["parked"]

    assert (row["status"], row["reason"]) == ("unknown", "enquiry.recorded version 99 kendes ikke her")
    assert "sagsgang_messages_unknown 1\nsagsgang_messages_parked 0" in office.call(None, "GET", "/metrics").text


def test_a_parked_message_is_sent_again_once_its_cause_is_mended(office):
    parked = park(office)
    again = office.call(AN_OPERATOR, "POST", f"/parked/{parked}/replay").get_json()
    with office.database.writing() as session:
        row = session.get(office.came()[0].__class__, parked)
        row.envelope = row.envelope | {"body": {}}
    mended = office.call(AN_OPERATOR, "POST", f"/parked/{parked}/replay").get_json()

    assert (again["status"], mended["status"]) == ("parked", "done")
    assert office.call(AN_OPERATOR, "GET", "/parked").get_json()["parked"] == []


def test_what_is_not_parked_is_not_sent_again(office):
    done = office.came()[0].id

    problem(office.call(AN_OPERATOR, "POST", f"/parked/{done}/replay"), 422)
    problem(office.call(AN_OPERATOR, "POST", f"/parked/{uuid4()}/replay"), 404)


def test_the_list_of_what_is_stuck_is_read_page_by_page(office):
    for _ in range(3):
        park(office)
    listed = [row["id"] for row in office.call(AN_OPERATOR, "GET", "/parked").get_json()["parked"]]
    after = office.call(AN_OPERATOR, "GET", f"/parked?after={listed[0]}").get_json()["parked"]

    assert [row["id"] for row in after] == listed[1:]
    problem(office.call(AN_OPERATOR, "GET", "/parked?after=nonsense"), 422)


@pytest.mark.parametrize("path", ["/parked", "/flow"])
def test_only_an_operator_sees_what_is_stuck(office, path):
    problem(office.call(A_CASEWORKER, "GET", path), 403)
    assert office.call(HOUSE, "GET", path).status_code == 200


def test_what_flows_is_counted_per_other_service(office):
    flow = office.call(AN_OPERATOR, "GET", "/flow").get_json()

    assert (flow["service"], flow["in"], flow["unsent"] >= 1) == ("visit", {"intake": 1}, True)


# logs
WRITTEN = [
    "1405821237",
    "140582-1237",
    "140582 1237",
    "140582–1237",
    "140582 - 1237",
    "140582.1237",
    "140582/1237",
    "14 05 82 1237",
    "14.05.82-1237",
    "14-05-1982-1237",
    "140582%2D1237",
    "140582%201237",
    "0101010001",
]


@pytest.mark.parametrize("number", WRITTEN)
@pytest.mark.parametrize(
    "around", ["{}", "CPR:{}", "cpr{}x", "borger_{}_1", "a-{}-b", '{{"cpr_number": "{}"}}', "/c/{}?x"]
)
def test_a_cpr_number_gets_through_in_no_form(number, around):
    shown = logs.redact(around.format(number))

    assert shown == around.format(logs.HIDDEN)


@pytest.mark.parametrize(
    "value",
    [
        1405821237,
        101010001,  # 0101010001 without its zero
        1405821237.0,
        b"1405821237",
        ("x", ["1405821237"]),
        {"1405821237"},
        {"1405821237": {"a": ["140582-1237"]}},
        ValueError("140582-1237"),
        KeyError(101010001),
        -1405821237,
    ],
    ids=repr,
)
def test_a_cpr_number_gets_through_in_no_kind_of_value(value):
    shown = repr(logs.redact(value))

    assert logs.HIDDEN in shown
    assert "1237" not in shown
    assert "0001" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T08:00:00.123456Z",
        "2026-03-02 08:00:00+00:00",
        str(A_CASE),
        "12041205-0112-4011-9012-140582123712",
        "0b2f1405821237a4a3b9d3b7f1f6f1c0",
        "2026-00001",
        "5790000000005",
        "70 00 00 11",
        "127.0.0.1:8000",
        "3 forsøg, 12.5 s, 0.112345678 s, 1.234.567,50 kr., port 5672",
        "2026-12-01T14:43:53.112345678Z",
        0,
        3,
        5672,
        20260302,  # a day
        1764599023,  # seconds since 1970
        1764599023123,
        4711.25,
        112345678.5,
        10**400,
        float("inf"),
        {"attempts": 3, "seconds": 0.25, "rows": [12, 300_000_000]},
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_cpr_number_stays(text):
    assert logs.redact(text) == text


NUMBERS = st.integers(-(10**8) + 1, 10**8 - 1) | st.integers(10**10) | st.integers(max_value=-(10**10))
"""Shorter or longer than a CPR number: counts, ports, sizes, øre, milliseconds."""


@given(NUMBERS | st.floats(0, 10**8 - 1) | st.decimals(0, 10**7, places=2).map(str) | st.booleans())
def test_an_ordinary_number_stays(number):
    assert logs.redact({"n": [number]}) == {"n": [number]}


@given(st.integers(0, 4_000_000_000), st.integers(0, 999_999))
def test_a_time_stays(seconds, micro):
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)
    for text in (moment.isoformat(), str(moment), f"{moment:%d.%m.%Y %H.%M}"):
        assert logs.redact(text) == text


BETWEEN = st.sampled_from(["", "-", " ", "–", " - ", ".", "/", "_", "%20"])


def as_told(number: str) -> list[Any]:
    """A CPR number in every kind of value."""
    whole = int(number)
    return [
        number, f"x{number}y", number.encode(), [number], {number: 1}, ValueError(number),
        whole, float(whole), f"{whole}", {"a": {whole}}, KeyError(whole),
    ]  # fmt: skip


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 9999), BETWEEN)
def test_a_cpr_number_gets_through_in_no_way(day, serial, between):
    number = f"{day:%d%m%y}{serial:04}"
    for value in (*as_told(number), f"{day:%d%m%y}{between}{serial:04}", f"{day:%d %m %y}{between}{serial:04}"):
        shown = json.dumps(logs.redact(value))

        assert f"{serial:04}" not in shown.replace(json.dumps(logs.HIDDEN)[1:-1], "")


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError(CPR)


def test_an_error_that_can_say_nothing_is_logged_as_such():
    assert logs.redact(Speechless()).startswith("Speechless")


@given(st.uuids())
def test_an_id_stays(one):
    assert logs.redact(f"case_id={one} trace={one.hex}") == f"case_id={one} trace={one.hex}"


@given(st.dates(), st.integers(0, 9999), st.text(max_size=10), st.text(max_size=10))
def test_whatever_stands_around_it_a_cpr_number_does_not_get_through(day, serial, before, after):
    number = f"{day:%d%m%y}{serial:04}"
    shown = logs.redact(f"{before} {number} {after}")

    assert number not in shown


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[Any]]]:
    """What the log says, line by line."""
    root, written = logging.getLogger(), io.StringIO()
    kept = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", written)
    structlog.reset_defaults()
    logs.set_up("visit")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = kept[0]
    root.setLevel(kept[1])


def test_our_own_and_the_libraries_logs_are_json_and_redacted(logged):
    structlog.get_logger().info("seen", case_id=str(A_CASE), text=f"CPR {CPR}", deep={"a": [int(CPR)]})
    logging.getLogger("library").warning("borger %s", "140582-1237")
    try:
        raise ValueError(f"CPR {CPR}")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed %s", CPR)

    lines = logged()
    assert len(lines) == 4
    assert (lines[0]["case_id"], lines[0]["service"], lines[0]["level"]) == (str(A_CASE), "visit", "info")
    assert "ValueError" in lines[2]["exception"]
    for line in lines:
        assert CPR not in json.dumps(line)
        assert "140582-1237" not in json.dumps(line)


def test_ordinary_numbers_are_readable_in_a_log_line(logged):
    told = {
        "attempts": 3,
        "seconds": 0.25,
        "port": 5672,
        "messages": 120,
        "amount": "1234567.50",
        "at": "2026-03-02T08:00:00Z",
    }
    structlog.get_logger().info("seen", **told)
    logging.getLogger("library").warning("%d af %d på %.3f s", 3, 120, 0.25)

    ours, theirs = logged()
    assert {name: ours[name] for name in told} == told
    assert theirs["event"] == "3 af 120 på 0.250 s"


def test_a_failure_is_logged_without_the_cpr_number_in_it(broken, logged):
    broken.act("visit.plan")

    lines = logged()
    assert "unforeseen" in [line["event"] for line in lines]
    assert not [line for line in lines if CPR in json.dumps(line)]
