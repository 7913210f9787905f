"""What surrounds a message on its way: who sent it, about what, its place in line, and what it follows from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from casework import storable
from casework.contracts import Message, as_of_now
from casework.errors import Invalid
from casework.fields import field, needed, value
from casework.schema import dump, load

LONGEST = 200
"""Characters of a name: a few of them together fit into an index, whatever they are written in."""

LAST = 2**31 - 1
"""The highest number in a line."""


@value
class Envelope:
    """One message under way.

    `numbers` holds, for each consumer, the message's place in the line of this producer and subject: a consumer takes
    them in that order. Free of names and CPR numbers, so that it may be logged; the body is not.
    """

    id: UUID = needed("Id")
    type: str = needed("Besked")
    version: int = needed("Version")
    subject: str = needed("Emne")  # the case, or what else the numbers run over
    numbers: dict = needed("Nummer per modtager")  # type: ignore[type-arg]
    time: datetime = needed("Tidspunkt")  # when it happened; it takes effect then, whenever it is handled
    producer: str = needed("Afsender")
    causation: UUID | None = field("Følger af")
    correlation: UUID | None = field("Hører til")
    actor: str | None = field("Hvem")
    traceparent: str | None = field("W3C traceparent")
    body: dict = needed("Indhold")  # type: ignore[type-arg]

    def to_json(self) -> dict[str, Any]:
        return dump(self) | {"body": self.body, "numbers": self.numbers}

    @classmethod
    def from_json(cls, data: Any) -> Envelope:
        """Raises Invalid, naming what is wrong, where this is no envelope, or none that every database can keep."""
        envelope = load(cls, data, unknown="exclude")
        if flaws := {name: (flaw, None) for name, flaw in envelope._flaws()}:
            raise Invalid(flaws)
        return envelope

    def _flaws(self) -> Iterator[tuple[str, str]]:
        for name in ("type", "subject", "producer"):
            if not 0 < len(getattr(self, name)) <= LONGEST:
                yield name, f"Her skal stå 1 til {LONGEST} tegn"
        for name in ("actor", "traceparent"):
            if len(getattr(self, name) or "") > LONGEST:
                yield name, f"Her kan højst stå {LONGEST} tegn"
        if not all(storable.is_text(name) and type(n) is int and 0 < n <= LAST for name, n in self.numbers.items()):
            yield "numbers", "Her skal stå et helt tal fra 1 for hver modtager"
        try:
            storable.check(self.body)
        except ValueError as error:
            yield "body", str(error)

    def message(self) -> Message:
        """The message inside, as its newest version has it.

        Raises UnknownMessage where this release knows no such message, and Invalid where its body is wrong.
        """
        terms, body = as_of_now(self.type, self.version, self.body)
        return load(terms.message, body, unknown="exclude")
