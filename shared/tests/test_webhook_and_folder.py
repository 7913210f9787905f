"""The built-in channels: a webhook that is signed and never leads inside, a folder whose files are whole."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_hardened.ip_filter import InvalidIPAddress, filter_host
from standardwebhooks.webhooks import Webhook as Independent

from casework.channels import NotSent, Parcel
from casework.channels.folder import Folder, file_name
from casework.channels.webhook import Destination, Webhook, retry_after, sign, verify
from casework.testing.servers import free_port

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
OLD, NEW = b"the secret that was" * 2, b"the secret that is" * 2
AN_ORDER = Parcel(
    id=UUID(int=7), channel="webhook", receiver="birken", kind="order.sent", body='{"ydelse": "støtte"}'.encode(),
    content_type="application/json", about="2026-00001-1/1", made_at=NOW,
)  # fmt: skip


@dataclass
class Provider:
    """A provider's own server, which answers as it is told to."""

    url: str = ""
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    hangs: threading.Event | None = None
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.calls.append((dict(handler.headers), body))
        if self.hangs:
            self.hangs.wait(10)
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.take(self)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/orders"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhook(provider: Provider) -> Webhook:
    return calling(provider.url)


def calling(url: str, *secrets: bytes, **more: Any) -> Webhook:
    destination = Destination(url, secrets or (NEW,))
    return Webhook({"birken": destination}.get, lambda: NOW, **{"allow_private": True, **more})


def refused(webhook: Webhook) -> NotSent:
    with pytest.raises(NotSent) as caught:
        webhook(AN_ORDER)
    return caught.value


# calling
def test_a_call_carries_the_body_as_it_is_and_is_signed(webhook: Webhook, provider: Provider):
    receipt = webhook(AN_ORDER)

    ((headers, body),) = provider.calls
    assert (receipt, body, headers["Content-Type"]) == ("HTTP 202", AN_ORDER.body, "application/json")
    assert (headers["Webhook-Id"], headers["Webhook-Timestamp"]) == (str(AN_ORDER.id), "1772438400")
    assert verify(headers, body, [NEW], NOW)


def test_the_specification_s_own_library_believes_the_signature(provider: Provider):
    now = datetime.now(UTC)
    replace(calling(provider.url, NEW), clock=lambda: now)(AN_ORDER)

    ((headers, body),) = provider.calls
    assert Independent(NEW).verify(body, headers) == {"ydelse": "støtte"}


def test_we_believe_the_signature_of_the_specification_s_own_library():
    signature = Independent(NEW).sign("msg_1", NOW, "{}")

    assert verify(
        {"webhook-id": "msg_1", "webhook-timestamp": "1772438400", "webhook-signature": signature}, b"{}", [NEW], NOW
    )


def test_while_a_secret_is_exchanged_whoever_knows_either_believes_the_call(provider: Provider):
    calling(provider.url, OLD, NEW)(AN_ORDER)

    ((headers, body),) = provider.calls
    assert [verify(headers, body, known, NOW) for known in ([OLD], [NEW], [OLD, NEW], [b"another"], [])] == [
        True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("status", [400, 410, 413, 415, 422])
def test_who_refuses_what_is_in_the_parcel_refuses_for_good(webhook: Webhook, provider: Provider, status: int):
    provider.status = status

    error = refused(webhook)
    assert (str(error), error.for_good) == (f"HTTP {status}", True)


@pytest.mark.parametrize("status", [401, 403, 404, 408, 409, 425, 429, 500, 502, 503])
def test_what_people_mend_is_tried_again(webhook: Webhook, provider: Provider, status: int):
    provider.status = status

    error = refused(webhook)
    assert (str(error), error.for_good, error.after) == (f"HTTP {status}", False, None)


def test_a_receiver_says_how_long_to_wait(webhook: Webhook, provider: Provider):
    provider.status, provider.headers = 503, {"Retry-After": "120"}

    assert refused(webhook).after == timedelta(minutes=2)


@pytest.mark.parametrize(
    "said, waits",
    [
        (None, None),
        ("0", timedelta(0)),
        ("Mon, 02 Mar 2026 08:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 07:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("9" * 5000, None),
    ],
)
def test_a_wish_is_seconds_or_a_date_or_none(said: str | None, waits: timedelta | None):
    assert retry_after(said, NOW) == waits


def test_a_redirect_is_not_followed(webhook: Webhook, provider: Provider):
    provider.status, provider.headers = 307, {"Location": provider.url}

    assert str(refused(webhook)) == "HTTP 307"
    assert len(provider.calls) == 1


def test_who_does_not_answer_in_time_is_left(provider: Provider):
    provider.hangs = threading.Event()

    assert str(refused(calling(provider.url, timeouts=(1, 0.1)))) == "ReadTimeout"
    provider.hangs.set()


def test_nobody_at_the_address_is_a_failure_that_quotes_no_address():
    assert str(refused(calling(f"http://127.0.0.1:{free_port()}"))) == "ConnectionError"


@pytest.mark.parametrize("destination", [None, Destination("https://birken.example", ())])
def test_without_an_address_or_a_secret_nothing_is_called(destination: Destination | None):
    assert str(refused(Webhook(lambda _: destination, lambda: NOW))) == "NoDestination"


# never inside
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_an_address_inside_is_not_called(host: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        error = refused(calling(f"https://{host}:{port}/", allow_private=False))

        assert (str(error), error.for_good) == ("InvalidIPAddress", False)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("address", ["10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "fe80::1", "fd00::1"])
def test_private_and_link_local_addresses_are_told_as_such(address: str):
    with pytest.raises(InvalidIPAddress):
        filter_host(address, 443, allow_loopback=False)


@pytest.mark.parametrize("url", ["http://birken.example/", "ftp://birken.example/", "birken", ""])
@pytest.mark.parametrize("allow_private", [True, False])
def test_only_https_leaves_this_machine(url: str, allow_private: bool):
    assert str(refused(calling(url, allow_private=allow_private))) == "NotHttps"


def test_this_machine_is_not_called_without_https_unless_that_is_allowed(provider: Provider):
    assert str(refused(calling(provider.url, allow_private=False))) == "NotHttps"
    assert provider.calls == []


# believing
A_CALL = sign("msg_1", b"{}", [NEW], NOW)


def test_the_names_of_headers_may_be_written_anyhow():
    assert verify({name.upper(): value for name, value in A_CALL.items()}, b"{}", [NEW], NOW)


@pytest.mark.parametrize("minutes, believed", [(-6, False), (-5, True), (0, True), (5, True), (6, False)])
def test_a_call_that_is_old_or_ahead_of_time_is_not_believed(minutes: int, believed: bool):
    assert verify(A_CALL, b"{}", [NEW], NOW + timedelta(minutes=minutes)) is believed


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
@pytest.mark.parametrize(
    "change", [lambda _: "", lambda old: old + "1", lambda old: "æ" + old, lambda old: old[:-1], lambda _: "9" * 5000]
)
def test_a_header_that_is_other_is_not_believed(name: str, change: Callable[[str], str]):
    assert not verify(A_CALL | {name: change(A_CALL[name])}, b"{}", [NEW], NOW)


def test_a_body_that_is_other_is_not_believed():
    assert not verify(A_CALL, b"{ }", [NEW], NOW)


@given(st.dictionaries(st.sampled_from(list(A_CALL)), st.text()), st.binary())
def test_whatever_comes_is_answered_with_no(headers: dict[str, str], body: bytes):
    assert not verify(headers, body, [NEW], NOW)


# the folder
def test_a_parcel_becomes_a_file_that_is_whole(tmp_path: Path):
    path = Path(Folder(tmp_path / "new")(AN_ORDER))

    assert path.name == "20260302T080000Z-order.sent-00000000-0000-0000-0000-000000000007.json"
    assert path.read_bytes() == AN_ORDER.body
    assert list(path.parent.iterdir()) == [path]


def test_the_same_parcel_twice_is_one_file(tmp_path: Path):
    folder = Folder(tmp_path)

    assert folder(AN_ORDER) == folder(AN_ORDER)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_writer_left_is_written_over(tmp_path: Path):
    (tmp_path / f".{file_name(AN_ORDER)}.part").write_bytes(b"half of")

    path = Path(Folder(tmp_path)(AN_ORDER))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (AN_ORDER.body, [path])


@pytest.mark.parametrize("kind", ["../../etc/passwd", "/etc/passwd", "..", "a/b\0c", "Brev æøå"])
def test_a_name_leads_nowhere_else(tmp_path: Path, kind: str):
    path = Path(Folder(tmp_path)(replace(AN_ORDER, kind=kind)))

    assert path.resolve().parent == tmp_path.resolve()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content_type, ending",
    [("application/pdf", ".pdf"), ("text/plain; charset=utf-8", ".txt"), ("image/png", ".png"), ("x/unheard-of", "")],
)
def test_the_ending_tells_what_it_is(content_type: str, ending: str):
    name = file_name(replace(AN_ORDER, content_type=content_type))

    assert name.removeprefix(f"20260302T080000Z-order.sent-{AN_ORDER.id}") == ending


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(NotSent) as caught:
        Folder(tmp_path / "taken")(AN_ORDER)
    assert (str(caught.value), caught.value.for_good) == ("EEXIST", False)
