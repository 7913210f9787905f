"""The channel `queue`: a provider's own queue on the broker, in a virtual host that only providers see.

`sagsgang providers queue` makes it. Here it is only written to: by the default exchange, under the queue's own name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from amqp.exceptions import MessageNacked
from kombu.connection import Connection

from casework.channels import NotSent, Parcel
from casework.errors import Invalid
from casework.messaging.amqp import CONFIRMED_WITHIN, CONNECTED_WITHIN, LOST, REFUSED, Link

NO_BROKER = "kanalen kræver en broker (ORDERING_PROVIDER_BROKER)"

_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?")


def queue_of(provider_id: str) -> str:
    """The name of a provider's queue, and of the user who may read it. Raises Invalid for an id that cannot be a name.

    The id itself, so that no two providers share one; it stands in a pattern of permissions, and so is plain.
    """
    if not _NAME.fullmatch(provider_id):
        why = "Id'et kan ikke være navn på en kø: små bogstaver a-z, tal, bindestreg og understreg"
        raise Invalid({"provider_id": (why, None)})
    return f"orders.{provider_id}"


class ProviderQueue:
    """Lays parcels in the queues of their receivers. A connection for each: nobody is written to every second."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, parcel: Parcel) -> str:
        """Returns when the broker has it on its disk. Raises NotSent; what did arrive may then come again."""
        if not self.url:
            raise NotSent(NO_BROKER)
        queue = queue_of(parcel.receiver)
        link = self._dial()
        try:
            return self._lay(link, queue, parcel)
        finally:
            link.drop()

    def _dial(self) -> Link:
        try:
            return Link(Connection(self.url, connect_timeout=CONNECTED_WITHIN))
        except LOST as error:
            raise NotSent(f"brokeren svarer ikke ({type(error).__name__})") from error

    def _lay(self, link: Link, queue: str, parcel: Parcel) -> str:
        returned: list[Any] = []
        link.channel.events["basic_return"].add(lambda *what: returned.append(what))
        properties = {"delivery_mode": 2, "message_id": str(parcel.id), "type": parcel.kind}
        message = link.channel.prepare_message(
            parcel.body, content_type=parcel.content_type, content_encoding="utf-8", properties=properties
        )
        try:
            link.channel.basic_publish_confirm(message, "", queue, mandatory=True, timeout=CONFIRMED_WITHIN)
        except MessageNacked as error:
            raise NotSent("køen er fuld, eller brokeren tog den ikke") from error
        except REFUSED as error:
            raise NotSent(f"brokeren siger nej ({getattr(error, 'code', type(error).__name__)})") from error
        except LOST as error:
            raise NotSent(f"forbindelsen brast ({type(error).__name__})") from error
        if returned:  # it comes before the confirmation: the broker is done with it, and nobody has it
            raise NotSent("udføreren har ingen kø endnu (sagsgang providers queue)")
        with suppress(*LOST):
            link.connection.close()
        return "confirmed"
