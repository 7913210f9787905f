"""What people and systems may ask of ordering."""

from datetime import date

from casework.contracts import Command, command
from casework.fields import entries, field, needed, value
from casework.schema import Amount


@value
class Billed:
    """One line of what finance has booked on an order."""

    order: str = needed("Bestilling")
    account_number: str | None = field("Kontonummer")
    amount: Amount = needed("Beløb")
    booked_on: date = needed("Bogført den")
    line: str | None = field("Økonomisystemets linje")
    reverses: str | None = field("Tilbagefører linje", help="Den linje, som et negativt beløb retter")


@command("ordering.send")
class SendOrders(Command):
    """Send every order that a decision gives rise to and that is not sent yet, all or nothing."""

    order: str | None = field("Bestilling")  # taken and not used: all go


@command("ordering.revise")
class ReviseOrder(Command):
    """Send a provider a new version, with what was decided last."""

    order: str | None = field("Bestilling")
    reason: str | None = field("Begrundelse")


@command("ordering.cancel")
class CancelOrder(Command):
    """Call a provider's order off."""

    order: str | None = field("Bestilling")
    reason: str | None = field("Begrundelse")


@command("finance.import_actuals")
class ImportActuals(Command):
    """Book what has been billed, all lines or none. A file that is named is booked once, however often it comes."""

    lines: tuple[Billed, ...] = entries("Linjer", key=None)
    file: str | None = field("Fil")


COMMANDS = (SendOrders, ReviseOrder, CancelOrder, ImportActuals)
