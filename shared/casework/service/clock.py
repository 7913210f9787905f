"""What time it is: the system's clock, or (walks and demo; refused in production) one that stands in a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from casework.configuration import Misconfigured

Clock = Callable[[], datetime]


def system() -> datetime:
    return datetime.now(UTC)


class FileClock:
    """Time stands still until it is set. All processes of a walk or demo share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        return datetime.fromisoformat(self.path.read_text("utf-8").strip())

    def set(self, moment: datetime) -> None:
        """Set the time, at once for every reader."""
        beside = self.path.with_suffix(".new")
        beside.write_text(moment.astimezone(UTC).isoformat(), "utf-8")
        beside.replace(self.path)


def make(setting: str, *, production: bool) -> Clock:
    """`system`, or `file:PATH`. Raises Misconfigured for a settable clock in production."""
    if setting == "system":
        return system
    if not setting.startswith("file:"):
        raise Misconfigured(f"CLOCK: {setting!r} er hverken system eller file:STI")
    if production:
        raise Misconfigured("CLOCK: et ur, der kan stilles, hører ikke hjemme i produktion")
    return FileClock(Path(setting.removeprefix("file:")))
