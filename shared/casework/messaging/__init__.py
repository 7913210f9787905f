"""Messages on their way: envelope, outbox, relay, transport, inbox. Nothing is lost, nothing takes effect twice."""

from casework.contracts import UnknownMessage
from casework.messaging.direct import Direct
from casework.messaging.envelope import Envelope
from casework.messaging.inbox import Inbox, one_by_one
from casework.messaging.outbox import Cause, Letter, hold, put, put_all
from casework.messaging.relay import Parcel, Relay, Transport

__all__ = [
    "Cause",
    "Direct",
    "Envelope",
    "Inbox",
    "Letter",
    "Parcel",
    "Relay",
    "Transport",
    "UnknownMessage",
    "hold",
    "one_by_one",
    "put",
    "put_all",
]
