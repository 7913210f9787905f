"""The portal's list page with 10⁶ cases, asked for by 16 users at once, beside a bare page on the same kind of server.

`python -m portal api` as it stands in production and the bare page of `many_cases.py` under gunicorn, with as many
workers and threads, on one private PostgreSQL; turn by turn. Told: the 95th percentile by the wall clock, and the
processor time of one page (the server's processes and PostgreSQL).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import requests
from common import Cost, Meter, Row, children, family, middle, tell
from many_cases import filled
from private import CountingPostgres, private_servers, role, until

from casework.service.auth import new_key
from casework.testing.servers import free_port

USERS, EACH, TURNS = 16, 15, 3
CASES = 1_000_000
GOAL = 2.0
PAGES = {"all": "/cases?filtered=1", "mine": "/cases"}


@contextmanager
def portal(postgres: CountingPostgres, database: str, folder: Path) -> Iterator[tuple[str, int]]:
    """The address of the role, and its process."""
    port = free_port()
    (folder / "key.pem").write_text(new_key())
    given = {"private_key": str(folder / "key.pem"), "demo": "true", "listen": f"127.0.0.1:{port}"}
    with role("portal", ["api"], folder, database=database, **given) as process:
        until(lambda: _answers(f"http://127.0.0.1:{port}/sign-in"))
        yield f"http://127.0.0.1:{port}", process.pid


@contextmanager
def bare(database: str, workers: int) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "many_cases:bare_app()", "--bind", f"127.0.0.1:{port}", "--workers",
               str(workers), "--threads", "8", "--worker-class", "gthread", "--log-level", "error"]  # fmt: skip
    environment = os.environ | {"BENCH_DATABASE": database}
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parent)
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/"))
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(url, timeout=60).ok
    return False


def signed_in(url: str) -> dict[str, str]:
    """The cookies of a caseworker."""
    with requests.Session() as browser:
        browser.get(f"{url}/sign-in", timeout=60)
        form = {"person": "caseworker", "form_mark": browser.cookies["sg-form"]}
        browser.post(f"{url}/sign-in", data=form, timeout=60, allow_redirects=False).raise_for_status()
        return dict(browser.cookies)


def asked(address: str, cookies: Mapping[str, str], pid: int, postgres: CountingPostgres) -> Cost:
    """By all users at once, each so many times: the 95th percentile in `wall`, and the cost of one page."""

    def user(_: int) -> list[float]:
        times = []
        with requests.Session() as browser:
            browser.cookies.update(cookies)
            for _ in range(EACH):
                begun = time.perf_counter()
                browser.get(address, timeout=120).raise_for_status()
                times.append(time.perf_counter() - begun)
        return times

    before = family(pid)
    with Meter(postgres=postgres) as meter, ThreadPoolExecutor(USERS) as users:
        times = [one for each in users.map(user, range(USERS)) for one in each]
    number = len(times)
    return Cost(quantiles(times, n=20)[-1], (family(pid) - before) / number, meter.cost.postgres / number)


def main() -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in (*PAGES, "bare")}
    with private_servers(rabbitmq=False) as (postgres, _), TemporaryDirectory() as folder:
        with filled(postgres, CASES) as made:
            database = made.database.url
        with portal(postgres, database, Path(folder)) as (ours, pid), bare(database, len(children(pid))) as (loop, its):
            cookies = signed_in(ours)
            for turn in range(TURNS + 1):
                for name in costs:
                    who = (loop, {}, its) if name == "bare" else (ours + PAGES[name], cookies, pid)
                    one = asked(*who, postgres)
                    costs[name] += [one] if turn else []  # the first is for what is made once
    other = middle(costs.pop("bare"))
    for name, each in costs.items():
        mine, goal = middle(each), GOAL if name == "all" else None
        what = f"list page ({name}), 10⁶ cases, {USERS} users"
        tell(Row(f"page-{name}-p95", f"{what}, p95", "ms", 1000 * mine.wall, "bare page", 1000 * other.wall, goal))
        tell(Row(f"page-{name}-cpu", what, "ms CPU", 1000 * mine.both, "bare page", 1000 * other.both))


if __name__ == "__main__":
    main()
