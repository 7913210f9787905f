"""`sagsgang ffb`: what a newer release of FFB changes, and letting it hold from a day on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from casework import vocabularies
from casework.vocabularies import imported, news, release
from casework.vocabularies.lists import Lists

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ASKED = (
    click.option("--gone", multiple=True, metavar="UUID", help="Is missing in the file because it has ended."),
    click.option("--version", help="Which release it is; a CSV file does not say so itself."),
    click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE"),
)


def of_a_release(command: Callable[..., Any]) -> Callable[..., Any]:
    return reduce(lambda asked, ask: ask(asked), ASKED, command)


@click.group()
def ffb() -> None:
    """Newer releases of FFB (Fælles Faglige Begreber), from a file that KL has published."""


@ffb.command()
@of_a_release
@click.option("--settings", "folder", type=FOLDER, help="The municipality's folder.  [default: the lists as shipped]")
def show(path: Path, version: str | None, gone: tuple[str, ...], folder: Path | None) -> None:
    """Say what a release would change, list by list. Nothing is changed.

    Exits 1 where the release could not be imported, and says why.

    Example: sagsgang ffb show CodeSystem-FFB.json --settings ./municipality
    """
    try:
        found = news.compare(release.read(path, version), Lists(imported.read(folder)), gone)
    except vocabularies.Malformed as error:
        raise click.ClickException(str(error)) from error
    _tell(found)
    if found.problems:
        raise click.ClickException("\n".join(found.problems))


@ffb.command("import")
@of_a_release
@click.option("--settings", "folder", type=FOLDER, required=True, help="The municipality's folder; ffb.csv is written.")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day in force.")
def import_(path: Path, version: str | None, gone: tuple[str, ...], folder: Path, first_day: datetime) -> None:
    """Let a release hold from a day on, or say everything that stands in the way. Services read it when they start.

    Example: sagsgang ffb import CodeSystem-FFB.json --settings ./municipality --from 2027-01-01
    """
    try:
        lists = Lists(imported.read(folder))
        found = news.compare(release.read(path, version), lists, gone)
        news.take_in(found, lists, folder, first_day.date())
    except (vocabularies.Malformed, OSError) as error:
        raise click.ClickException(str(error)) from error
    _tell(found)
    if found.changes:
        click.echo(f"Skrevet i {folder / imported.FILE}; gælder fra {first_day:%Y-%m-%d}. Start tjenesterne igen")


def _tell(found: news.News) -> None:
    for line in _told(found):
        click.echo(line)


def _told(found: news.News) -> Iterator[str]:
    yield f"FFB {found.version or '?'}, holdt op mod {found.in_force}"
    if not found.changes:
        yield "Intet ændrer sig"
    for name, changes in groupby(found.changes, lambda change: change.vocabulary):
        yield vocabularies.vocabulary("vocabularies")[name].da
        yield from (f"  {change}" for change in changes)
