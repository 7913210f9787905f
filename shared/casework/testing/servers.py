"""PostgreSQL and RabbitMQ for tests: the local server where one answers, otherwise a private copy, which may be killed.

A private copy listens on the loopback only, on free ports, keeps its files in a folder of its own, and ends with the
process that started it. Nothing is ended but what was started here, by its process id.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import requests
from kombu.connection import Connection
from sqlalchemy.engine import make_url

LOCAL_POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
LOCAL_RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
UP_WITHIN = 60.0


class NotInstalled(Exception):
    """The server's programs are not on this machine."""


class Private:
    """A server of our own. `kill` is kill -9; `start` after it finds the same data again."""

    name: str
    url: str

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"sagsgang-{self.name}-"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers."""
        until = time.monotonic() + UP_WITHIN
        while not self.answers():
            if time.monotonic() > until:
                raise TimeoutError(f"{self.name} does not answer; see {self.folder}/output")
            if self.process is None or self.process.poll() is not None:  # its killed forerunner may still be in the way
                self.process = self._run()
            time.sleep(0.1)

    def kill(self) -> None:
        """As when the power is cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator would."""
        self._end(signal.SIGINT if self.name == "postgres" else signal.SIGTERM)

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        raise NotImplementedError

    def _run(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _end(self, with_signal: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(with_signal)
            self.process.wait(UP_WITHIN)
        self.process = None

    def _popen(self, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                [*_bound_to_us(), *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more
            )


class PrivatePostgres(Private):
    """PostgreSQL from the programs of the newest version found. Never run as root, who is refused."""

    name = "postgres"

    def __init__(self) -> None:
        self.programs = postgres_programs()
        super().__init__()
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self.user: dict[str, Any] = _somebody_else() if os.getuid() == 0 else {}
        self.data = self.folder / "data"
        self.data.mkdir()
        for path in (self.folder, self.data):
            os.chown(path, self.user.get("user", -1), self.user.get("group", -1))
        command = [str(self.programs / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run(
            [*command, "-E", "UTF8", "--no-locale"], check=True, capture_output=True, cwd=self.folder, **self.user
        )

    def answers(self) -> bool:
        return postgres_answers(self.url)

    def _run(self) -> subprocess.Popen[bytes]:
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._popen(
            [str(self.programs / "postgres"), "-D", str(self.data), *options], cwd=self.folder, **self.user
        )


class PrivateRabbitmq(Private):
    """RabbitMQ with a node name, ports, data and port mapper (epmd) of its own."""

    name = "rabbitmq"

    def __init__(self) -> None:
        self.program = rabbitmq_program()
        super().__init__()
        self.port, self.node_port, self.mapper_port = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        (self.folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{self.port}\n")
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "env.conf").write_text("")  # not the machine's own
        self.mapper: subprocess.Popen[bytes] | None = None

    def answers(self) -> bool:
        return rabbitmq_answers(self.url)

    def remove(self) -> None:
        super().remove()
        if self.mapper:
            self.mapper.kill()
            self.mapper.wait()

    def _run(self) -> subprocess.Popen[bytes]:
        if self.mapper is None:
            self.mapper = self._popen(["epmd", "-port", str(self.mapper_port), "-address", "127.0.0.1"])
        return self._popen([self.program], env=os.environ | self._environment(), cwd=self.folder)

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),  # the cookie by which nodes know each other
            "RABBITMQ_NODENAME": f"{self.folder.name}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(self.node_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self.mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RUNNING_UNDER_SYSTEMD": "1",  # the script then becomes the server, and its process id is the server's
        }


class ManagedRabbitmq(PrivateRabbitmq):
    """RabbitMQ with its management API, which is at `api`."""

    def __init__(self) -> None:
        super().__init__()
        port = free_port()
        self.api = f"http://127.0.0.1:{port}"
        with (self.folder / "rabbitmq.conf").open("a") as conf:
            conf.write(f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n")
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")

    def answers(self) -> bool:
        return super().answers() and http_answers(f"{self.api}/")


def postgres_programs() -> Path:
    """Where initdb and postgres are, of the newest version. Raises NotInstalled."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    if elsewhere := shutil.which("initdb"):
        return Path(elsewhere).resolve().parent
    raise NotInstalled("PostgreSQL is not installed (no initdb under /usr/lib/postgresql)")


def rabbitmq_program() -> str:
    """The server's own script; the one on Debian's path is a wrapper that wants to be root. Raises NotInstalled."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    program = str(found[-1]) if found else shutil.which("rabbitmq-server")
    if not program or not shutil.which("epmd"):
        raise NotInstalled("RabbitMQ is not installed (no rabbitmq-server, or no epmd)")
    return program


def postgres_answers(url: str) -> bool:
    with suppress(psycopg.Error), psycopg.connect(_plain(url), connect_timeout=5):
        return True
    return False


def rabbitmq_answers(url: str) -> bool:
    hosts: Any = Connection(url, connect_timeout=5)  # type: ignore[no-untyped-call]
    with suppress(OSError), closing(hosts.transport.establish_connection()):
        return True
    return False


def http_answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of an empty database with a name that nobody else has; dropped afterwards, whoever still looks at it."""
    name = f"sagsgang_test_{uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running(server: Private) -> Iterator[None]:
    """Started; removed with all its files afterwards."""
    try:
        server.start()
        yield
    finally:
        server.remove()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _execute(server: str, statement: str) -> None:
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        connection.execute(statement.encode())


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _somebody_else() -> dict[str, Any]:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NotInstalled("PostgreSQL does not run as root, and there is no other user")


def _bound_to_us() -> list[str]:
    """Lets the system end a server whose tests were killed. Only from the main thread, which lives longest."""
    main = threading.current_thread() is threading.main_thread()
    return ["setpriv", "--pdeathsig", "KILL", "--"] if main and shutil.which("setpriv") else []
