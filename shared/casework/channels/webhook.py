"""Webhooks: an HTTP POST, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).

An address outside comes from a register that people fill in, so it must not lead back inside: only https, to an address
that is resolved once, checked, and then the one that is called.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests_hardened import Config, HTTPSession

from casework.channels.parcels import NotSent, Parcel

WINDOW = timedelta(minutes=5)
"""How old a call may be, or how far ahead of us its clock, before it is taken for a repeated one."""

REFUSED_FOR_GOOD = frozenset({400, 410, 413, 415, 422})
"""What is wrong with the parcel stays wrong, and who is gone (410) stays away. Any other answer is about what people
mend, an address, a key, a server: the parcel waits."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Destination:
    """Where a receiver is called, and the secrets it knows: several while one is exchanged for another."""

    url: str
    secrets: tuple[bytes, ...] = field(repr=False)


Lookup = Callable[[str], Destination | None]
"""(receiver) -> where it is called now."""


@dataclass(frozen=True)
class Webhook:
    """The channel. `clock` is the machine's: receivers compare it with theirs.

    `allow_private` lets it call addresses in the house's own network, and this machine without https. The timeouts are
    for connecting, and for the first sign of an answer; its body is not read.
    """

    lookup: Lookup
    clock: Callable[[], datetime]
    allow_private: bool = False
    timeouts: tuple[float, float] = (3.05, 10.0)

    def __call__(self, parcel: Parcel) -> str:
        """Call the receiver. Only 2xx is success; redirects are not followed."""
        destination = self.lookup(parcel.receiver)
        if destination is None or not destination.secrets:
            raise NotSent("NoDestination")
        self._check(destination.url)
        headers = {
            "Content-Type": parcel.content_type,
            "User-Agent": "sagsgang",
            **sign(str(parcel.id), parcel.body, destination.secrets, self.clock()),
        }
        try:
            with (
                self._session() as session,
                session.post(destination.url, data=parcel.body, headers=headers, stream=True) as answer,
            ):
                return self._judged(answer)
        except requests.RequestException as error:
            raise NotSent(type(error).__name__) from error

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        here = self.allow_private and parts.scheme == "http" and parts.hostname in LOOPBACK
        if parts.scheme != "https" and not here:
            raise NotSent("NotHttps")

    def _session(self) -> Any:
        config = Config(
            ip_filter_enable=not self.allow_private,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=self.timeouts,
        )
        session = HTTPSession(config)
        session.trust_env = False  # no proxy that would resolve the name anew, and no password from a .netrc
        return session

    def _judged(self, answer: requests.Response) -> str:
        code = f"HTTP {answer.status_code}"
        if 200 <= answer.status_code < 300:
            return code
        wish = retry_after(answer.headers.get("Retry-After"), self.clock())
        raise NotSent(code, for_good=answer.status_code in REFUSED_FOR_GOOD, after=wish)


def sign(webhook_id: str, body: bytes, secrets: Sequence[bytes], now: datetime) -> dict[str, str]:
    """The three headers of a signed call: one signature per secret."""
    timestamp = str(int(now.timestamp()))
    signatures = [_signature(secret, webhook_id, timestamp, body) for secret in secrets]
    return {"Webhook-Id": webhook_id, "Webhook-Timestamp": timestamp, "Webhook-Signature": " ".join(signatures)}


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime, window: timedelta = WINDOW
) -> bool:
    """Whether a call was signed with one of these secrets, within `window` of now. Takes as long whichever it was.

    What repeats a call within the window is known by its `Webhook-Id`, which the receiver keeps.
    """
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (webhook_id and re.fullmatch("[0-9]{1,12}", timestamp)):
        return False
    signatures = [one.encode() for one in given.get("webhook-signature", "").split()]
    expected = [_signature(secret, webhook_id, timestamp, body).encode() for secret in secrets]
    matches = [hmac.compare_digest(one, other) for one in expected for other in signatures]
    return any(matches) and abs(int(timestamp) - int(now.timestamp())) <= window.total_seconds()


def _signature(secret: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    return f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


def retry_after(given: str | None, now: datetime) -> timedelta | None:
    """How long the receiver asks us to wait (RFC 9110, 10.2.3), in seconds or until a date; None if it does not say."""
    if given is None:
        return None
    if re.fullmatch("[0-9]{1,9}", given):
        return timedelta(seconds=int(given))
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta(0))
