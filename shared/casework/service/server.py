"""The web server of the role `api`: a process that watches, and those that answer."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication

from casework.service.roles import lasting
from casework.service.settings import COUNTED_TOGETHER, Settings

if TYPE_CHECKING:
    from flask import Flask


class _Gunicorn(BaseApplication):
    def __init__(self, name: str, module: str, **settings: object) -> None:
        self.name, self.module, self.settings = name, module, settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "worker_class": "gthread", "graceful_timeout": 20, "accesslog": None, "loglevel": "warning",
            "control_socket_disable": True, **self.settings,
        }.items():  # fmt: skip
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """In each process that answers, and only there: a database connection is not shared across a fork."""
        with lasting():
            from casework.service import logs  # and what follows is not in the memory of the one that watches

            app = import_module(self.module)
            service = app.create()
            logs.set_up(self.name, service.settings.log_level)
            made: Flask = app.create_app(service)
        return made


def serve(name: str, module: str, *, workers: int, threads: int) -> None:
    """Answer HTTP until told to stop."""
    settings = {"bind": Settings.address(name), "workers": workers, "threads": threads}
    if workers > 1:
        os.environ[COUNTED_TOGETHER] = folder = mkdtemp(prefix="sagsgang-metrics-")
        settings["on_exit"] = lambda _: shutil.rmtree(folder)
    _Gunicorn(name, module, **settings).run()
