"""The command `sagsgang scheduler`: how it gets on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from casework.messaging import Direct
from casework.service import logs
from onebox.house import clock_of


@click.group()
def scheduler() -> None:
    """The scheduler: what is due, what is told, who cannot be reached."""


@scheduler.command("status")
@click.option(
    "--data", type=click.Path(exists=True, path_type=Path),
    help="Where the databases lie.  [default: the database of SCHEDULER_DATABASE]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def show_status(data: Path | None, as_json: bool) -> None:
    """Backlog, the oldest of it, how much is told, what was given up, and the receivers that fail.

    Exits 1 where something due has not been raised for more than a day.

    Example: sagsgang scheduler status --data ./data
    """
    from scheduler.app import create
    from scheduler.settings import SchedulerSettings
    from scheduler.status import late, status

    logs.set_up("scheduler", "CRITICAL")
    settings = SchedulerSettings.from_env()
    if data:
        settings = replace(settings, database=f"sqlite:///{data / 'scheduler.db'}", clock=clock_of(data))
    service = create(settings, transport=Direct())
    try:
        with service.database.reading() as session:
            found = status(session, service.post, service.clock())
        is_late = late(found, service.clock())
    finally:
        service.close()
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(_lines(found)))
    raise SystemExit(1 if is_late else 0)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    oldest = f", den ældste fra {found['oldest_due']}" if found["oldest_due"] else ""
    yield f"Frister, der mangler at blive meldt: {found['backlog']}{oldest}"
    yield f"Frister, hvis sag ikke kendes endnu: {found['without_case']}"
    yield f"Beskeder i den sidste time: {found['told_per_minute']} i minuttet"
    yield f"Mails, der venter på at blive samlet: {found['mails_not_gathered']}"
    yield f"Beskeder på vej til udføreres systemer: {found['with_providers_systems']}"
    yield f"Opgivne beskeder: {found['given_up']}"
    mails = found["mails"]
    if mails is None:
        yield "Mails: der er ingen mailserver"
        return
    yield f"Mails på vej: {mails['waiting']}, den ældste i {mails['oldest_waiting_seconds']} sekunder"
    for line in mails["failing"]:
        yield f"  {line['receiver']}: {line['breaker']}, {line['failures']} fejl siden {line['failing_since']}"
