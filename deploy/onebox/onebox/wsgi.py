"""Calls between services of one process: `requests` as always, but straight into the other's app."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.models import PreparedRequest, Response
from werkzeug.test import Client


class InProcess(BaseAdapter):
    """Answers `http://<service>/…` from the app of that name."""

    def __init__(self, apps: dict[str, Flask]) -> None:
        super().__init__()
        self.apps = apps

    def send(self, request: PreparedRequest, **_: Any) -> Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        app = self.apps.get(str(parts.hostname))
        if app is None:
            raise requests.ConnectionError(f"{parts.hostname} svarer ikke", request=request)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("content-length", "connection")}
        body = request.body.encode() if isinstance(request.body, str) else request.body
        given = Client(app).open(
            path=str(parts.path), query_string=str(parts.query), method=request.method, headers=headers, data=body
        )
        answer = Response()
        answer.status_code = given.status_code
        answer.headers.update(given.headers.items())
        answer._content = given.get_data()
        answer.encoding = "utf-8"
        answer.url, answer.request = request.url or "", request
        return answer

    def close(self) -> None: ...


def session(apps: dict[str, Flask]) -> requests.Session:
    """A requests session that finds the services of this process by name."""
    made = requests.Session()
    made.mount("http://", InProcess(apps))
    return made
