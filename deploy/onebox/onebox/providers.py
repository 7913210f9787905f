"""The command `sagsgang providers`: the register of providers, from a file and to one; and their queues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casework.process import Actor, Role
from casework.service import logs
from onebox import broker

OPERATOR = Actor("operator", "Drift", Role.OPERATOR)
DATA = click.option(
    "--data", type=click.Path(exists=True, path_type=Path), default=Path("data"), show_default=True,
    help="Where the databases lie.",
)  # fmt: skip


@click.group()
def providers() -> None:
    """The register of providers, and their queues on the broker."""


providers.add_command(broker.make_queue)
providers.add_command(broker.make_sender)
providers.add_command(broker.make_receiver)


@providers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@DATA
@click.option("--good-lines", is_flag=True, help="Enter the providers whose lines are right, instead of none.")
def import_file(file: Path, data: Path, good_lines: bool) -> None:
    """Enter providers from a CSV file, or mend them. Nobody is deleted; the same file twice changes nothing.

    Every line that is wrong is told. Exits 1 where one is, and without --good-lines nothing is then entered.

    Example: sagsgang providers import udfoerere.csv --data ./data
    """
    query = "?good_lines=true" if good_lines else ""
    answer = _ask(data, "POST", f"providers/import{query}", file.read_bytes())
    told = answer.json()
    if answer.status_code != 200:
        raise click.ClickException("\n".join(f"{wrong['field']}: {wrong['message']}" for wrong in told["errors"]))
    click.echo(f"{len(told['changed'])} udførere er nye eller rettet, {told['unchanged']} er, som de var")
    if told["faults"]:
        raise click.ClickException(
            "\n".join(f"linje {one['line']}, {one['field']}: {one['reason']}" for one in told["faults"])
        )


@providers.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATA
def export_file(file: Path, data: Path) -> None:
    """Write the register as a CSV file, as it can be imported again.

    Example: sagsgang providers export udfoerere.csv --data ./data
    """
    file.write_bytes(_ask(data, "GET", "providers.csv").content)


def _ask(data: Path, method: str, path: str, table: bytes | None = None) -> Any:
    """Ask ordering, on behalf of whoever runs the command."""
    from onebox.house import House, clock_of
    from onebox.wsgi import session

    logs.set_up("providers", "CRITICAL")
    house = House(data, clock=clock_of(data), names=("ordering",))
    try:
        headers = house.headers(OPERATOR) | {"Content-Type": "text/csv"}
        return session(house.apps).request(method, f"http://ordering/{path}", headers=headers, data=table)
    finally:
        house.close()
