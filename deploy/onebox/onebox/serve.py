"""`sagsgang up`: the house behind one address, the portal in front, every service's API under /services/<name>."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import waitress
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from casework.service import logs
from onebox.house import House


def serve(data: Path, port: int, *, demo: bool = False) -> None:
    """Start, tell the address, and stay until Ctrl-C or SIGTERM."""
    logs.set_up("onebox", "WARNING")
    if demo and not (data / "demo").exists():
        prepare_demo(data)
    clock = f"file:{data / 'clock'}" if demo else "system"
    house = House(data, clock=clock, demo=demo)
    others: dict[str, Any] = {f"/services/{name}": app for name, app in house.apps.items() if name != "portal"}
    server = waitress.create_server(
        DispatcherMiddleware(house.apps["portal"], others),
        host="127.0.0.1",
        port=port,
        threads=8,
        clear_untrusted_proxy_headers=True,
    )
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: sys.exit(0))
    try:
        house.start()
        click.echo(f"sagsgang: http://127.0.0.1:{server.effective_port}/   (Ctrl-C stopper)")
        sys.stdout.flush()
        server.run()  # until told to stop: it lets the answers under way be finished, and closes
    finally:
        click.echo("stopper …")
        house.close()


def prepare_demo(data: Path) -> None:
    """Play the worked cases into an empty folder; half of it is never left behind as if it were whole."""
    from onebox import walk as walks
    from onebox.cli import demo_walks
    from onebox.towns import DirectTown

    plays = demo_walks()
    begins = min(walks.moment(datetime.now(UTC), w["steps"][0]["at"]) for w in plays)
    town = DirectTown(data, begins)
    try:
        for play in plays:
            with click.progressbar(length=len(play["steps"]), label=f"Spiller sagen {play['walk']}") as bar:
                walks.Walk(play, town).play(lambda _: bar.update(1))
    finally:
        town.close()
    (data / "demo").write_text("played\n", "utf-8")
