"""The sample receiver of docs/providers, as a provider runs it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import requests

from onebox.distributed import free_ports
from ordering.webhook_secrets import written

PROGRAM = Path(__file__).parents[1] / "docs/providers/receiver.py"


class Receiver:
    """A process of its own, which may be ended and started again; it then goes on with what it has stored."""

    def __init__(self, folder: Path, *secrets: bytes) -> None:
        self.store, self.log = folder / "received.sqlite", folder / "receiver.log"
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.secrets = list(map(written, secrets))
        self.program = PROGRAM
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers."""
        command = [sys.executable, str(self.program), "--port", str(self.port), "--store", str(self.store)]
        environment = {**os.environ, "WEBHOOK_SECRETS": " ".join(self.secrets)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(requests.ConnectionError):
                requests.get(self.url, timeout=5)
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def grow_old(self) -> None:
        """Let it be one that was built before there were notices."""
        self.program = self.store.with_name("old.py")
        self.program.write_text(PROGRAM.read_text("utf-8").replace(', "order.notice"', ""), "utf-8")

    def post(self, headers: dict[str, str], body: bytes) -> int:
        return requests.post(self.url, data=body, headers=headers, timeout=10).status_code

    def taken(self) -> list[tuple[int, str, int]]:
        """What it has stored, in the order in which it came: number, kind, version."""
        with closing(sqlite3.connect(self.store)) as db:
            return db.execute("SELECT sequence, kind, version FROM message ORDER BY rowid").fetchall()

    def bodies(self) -> list[bytes]:
        with closing(sqlite3.connect(self.store)) as db:
            return [body for (body,) in db.execute("SELECT body FROM message ORDER BY rowid")]
