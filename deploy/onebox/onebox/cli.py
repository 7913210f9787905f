"""The command `sagsgang`: the whole system in one process, worked cases, exports, and a look at what is missing."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from casework.process import Actor, Role
from casework.service import logs
from onebox import walk as walks
from onebox.ffb import ffb
from onebox.providers import providers
from onebox.scheduler import scheduler

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """sagsgang: the course of a case, from enquiry to follow-up.

    Begin with `sagsgang up --demo`.
    """


@main.command()
@click.option("--port", default=8080, show_default=True, help="Where to listen, on this machine only.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Where the databases lie.  [default: ./data, or ./data-demo]"
)
@click.option("--demo", is_flag=True, help="Play a worked case first, let anybody sign in, and let time stand still.")
def up(port: int, data: Path | None, demo: bool) -> None:
    """Start everything in one process. Ctrl-C stops it; started again, even after a kill, it goes on where it was.

    Example: sagsgang up --port 8080 --data ./data
    """
    from onebox.serve import serve

    serve(data or Path("data-demo" if demo else "data"), port, demo=demo)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=FILE, metavar="FILE…")
@click.option("--transport", type=click.Choice(["direct", "amqp"]), default="direct", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per walk instead of a timeline.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the databases there (direct only).")
def walk(paths: tuple[Path, ...], transport: str, as_json: bool, keep: Path | None) -> None:
    """Play worked cases through the real APIs and messages, and check what they expect.

    Exits 1 when a step or an expectation fails, and says which.

    Example: sagsgang walk deploy/onebox/onebox/walks/demo.yaml --transport amqp
    """
    logs.set_up("walk", "CRITICAL")
    failed = False
    for path in paths:
        try:
            result = _play(path, transport, as_json, keep)
        except (ValueError, LookupError, OSError) as error:
            raise click.ClickException(f"{path.name}: {error}") from error
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
        failed |= bool(result["findings"])
    sys.exit(1 if failed else 0)


def _play(path: Path, transport: str, as_json: bool, keep: Path | None) -> dict[str, Any]:
    data = walks.read_walk(path)
    begins = walks.moment(datetime.now(UTC), data["steps"][0]["at"])
    folder = keep or Path(tempfile.mkdtemp(prefix="sagsgang-walk-"))
    if not as_json:
        click.secho(f"{data['walk']}: {data['about']}", bold=True)
    town = _town(transport, folder, begins)
    try:
        played = walks.Walk(data, town)
        outcomes = played.play(lambda o: None if as_json else _tell(o))
    finally:
        town.close()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    findings = [(o, f) for o in outcomes for f in o.findings]
    blocking = sum(f.blocking for _, f in findings)
    if not as_json:
        colour = "red" if findings else "green"
        unmet = f"{blocking} gik ikke som skrevet, {len(findings) - blocking} forventninger ikke opfyldt"
        click.secho(f"{len(outcomes)} trin, {unmet}", fg=colour)
    return {
        "walk": data["walk"],
        "transport": transport,
        "steps": len(outcomes),
        "findings": [{"step": o.number, "text": f.text, "rule": f.rule, "blocking": f.blocking} for o, f in findings],
    }


def _town(transport: str, folder: Path, begins: datetime) -> Any:
    if transport == "amqp":
        from onebox.distributed import AmqpTown

        return AmqpTown(folder, begins)
    from onebox.towns import DirectTown

    return DirectTown(folder, begins)


def _tell(outcome: walks.Outcome) -> None:
    from casework.calendar import DENMARK

    mark, colour = ("✗", "red") if outcome.findings else ("✓", "green")
    when = outcome.at.astimezone(DENMARK)
    click.echo(f"{click.style(mark, fg=colour)} {outcome.number:3}  {when:%Y-%m-%d %H.%M}  {outcome.text}")
    for finding in outcome.findings:
        click.secho(f"       {finding.text}", fg="red")


@main.group()
def case() -> None:
    """Look at a case."""


@case.command("show")
@click.argument("case_id", type=click.UUID, metavar="CASE")
@click.option("--data", type=click.Path(exists=True, path_type=Path), default=Path("data"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The whole case document as JSON.")
def show(case_id: UUID, data: Path, as_json: bool) -> None:
    """The case document, put together from every phase.

    Example: sagsgang case show 5f0c2b6e-… --data ./data-demo --json
    """
    from onebox.house import House, clock_of
    from onebox.wsgi import session

    logs.set_up("case", "CRITICAL")
    house = House(data, clock=clock_of(data))
    try:
        who = Actor("operator", "Drift", Role.SYSTEM)
        answer = session(house.apps).get(f"http://portal/cases/{case_id}/document", headers=house.headers(who))
    finally:
        house.close()
    if answer.status_code == 404:
        raise click.ClickException(f"{case_id}: sagen findes ikke i {data}")
    document = answer.json()
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else summary(document))


def summary(document: dict[str, Any]) -> str:
    """The case on a screen: where it stands, what is open, what is lacking."""
    about, citizen = document.get("case", {}), document.get("citizen", {})
    lines = [
        f"{about.get('number')}  {citizen.get('citizen_name', '')}, {citizen.get('age', '?')} år",
        f"Fase: {about.get('phase')} ({about.get('status')})   Spor: {about.get('track')}",
        "",
        *(f"Frist    {d['due']}  {d['kind']} ({d['status']})" for d in document.get("deadlines", [])),
        *(f"Bestilt  {o['number']} v{o['version']} ({o['status']})" for o in document.get("orders", [])),
        *(f"Advarsel {w['rule']}  {w['message']}" for w in document.get("warnings", [])),
        *(f"Mangler  {name} svarer ikke" for name in document.get("missing", [])),
        "",
        *(_event(event) for event in document.get("history", [])),
    ]
    return "\n".join(lines)


def _event(event: dict[str, Any]) -> str:
    when = event["at"][:16].replace("T", " ")
    return f"{when}  {event['by']:<16} {event['action']}  {event.get('from', '·')} → {event.get('to', '·')}"


@main.group()
def processes() -> None:
    """The processes, as BPMN 2.0."""


@processes.command("export")
@click.option("--to", type=click.Path(path_type=Path), default=Path("docs/processes"), show_default=True)
def export_processes(to: Path) -> None:
    """Write every phase and the collaboration, with diagram layout.

    Example: sagsgang processes export --to docs/processes
    """
    from onebox import exports

    for path in exports.export_processes(to):
        click.echo(path)


@main.group()
def contracts() -> None:
    """The messages and APIs, for whoever connects to them."""


@contracts.command("export")
@click.option("--to", type=click.Path(path_type=Path), default=Path("docs"), show_default=True)
def export_contracts(to: Path) -> None:
    """Write JSON Schemas, the AsyncAPI document, each service's OpenAPI document, and what providers are sent.

    Example: sagsgang contracts export --to docs
    """
    from onebox import exports

    for path in [
        *exports.export_contracts(to / "contracts"),
        *exports.export_openapi(to / "api"),
        *exports.export_orders(to / "providers"),
    ]:
        click.echo(path)


@main.group()
def fields() -> None:
    """The fields of all forms."""


@fields.command("export")
@click.option("--to", type=click.Path(path_type=Path), default=Path("docs"), show_default=True)
def export_fields(to: Path) -> None:
    """Write the table of all fields (label, type, when needed, where it comes from), and the shapes in which they are
    stored, by version.

    Example: sagsgang fields export --to docs
    """
    from onebox import exports

    for path in [*exports.export_fields(to), *exports.export_stored(to / "stored")]:
        click.echo(path)


@main.group()
def settings() -> None:
    """The municipality's own settings."""


@settings.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day to look at.  [default: today]")
def check_settings(folder: Path, on: datetime | None) -> None:
    """Say what is in force, or everything that is wrong.

    Example: sagsgang settings check deploy/compose/secrets/municipality --on 2027-01-01
    """
    from casework import configuration, vocabularies
    from casework.calendar import DENMARK
    from onebox.settings import describe, fields_of_phases

    known = fields_of_phases()
    try:
        vocabularies.use(folder)
        municipality = configuration.load(folder)
        municipality.check_fields(known)
    except (configuration.Misconfigured, vocabularies.Malformed) as error:
        raise click.ClickException(str(error)) from error
    for line in describe(municipality, known, (on or datetime.now(DENMARK)).date()):
        click.echo(line)


main.add_command(ffb)
main.add_command(providers)
main.add_command(scheduler)


@main.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
def doctor(data: Path) -> None:
    """Settings, servers, migrations: a tick for each, or how to mend it.

    Example: sagsgang doctor --data ./data
    """
    from onebox.doctor import examine

    logging.disable(logging.CRITICAL)
    findings = list(examine(data))
    for name, problem in findings:
        click.echo(
            f"{click.style('✓', fg='green')} {name}"
            if problem is None
            else f"{click.style('✗', fg='red')} {name}: {problem}"
        )
    sys.exit(1 if any(problem for _, problem in findings) else 0)


def demo_walks() -> list[dict[str, Any]]:
    """The worked cases that a demo opens on, in the order in which they are played."""
    folder = Path(str(files("onebox").joinpath("walks")))
    return [walks.read_walk(path) for path in sorted(folder.glob("*.yaml"))]


if __name__ == "__main__":
    main()
