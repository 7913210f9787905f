"""What deploys the system is whole: every role is started, with settings it reads, and no secret lies here.

No container is run: the files are checked by their schema and a linter, and what they would run is run as it is.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
import yaml
from dotenv import dotenv_values
from kombu.connection import Connection
from sqlalchemy.engine import make_url

from casework.configuration import load
from casework.contracts import SERVICES
from casework.messaging.amqp import Amqp
from casework.process import Actor, Role
from casework.service import clock
from casework.service.auth import read_token, sign
from casework.service.settings import Settings
from casework.testing.servers import free_port, http_answers

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy/Dockerfile"
FOLDER = ROOT / "deploy/compose"
PROGRAMS = Path(sysconfig.get_path("scripts"))
CONTAINERS: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]

VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


@cache
def roles(service: str) -> set[str]:
    made = importlib.import_module(f"{service}.app").create(Settings(database="sqlite://"))
    made.close()
    return {"migrate", "api", "work"} | ({"tasks"} if made.jobs else set())


def settings_of(service: str) -> type[Settings]:
    """The class from which a service takes its settings: its own, where it has more than all have."""
    if not (ROOT / f"services/{service}/{service}/settings.py").exists():
        return Settings
    module = importlib.import_module(f"{service}.settings")
    (own,) = (c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__)
    return own


def filled_in(value: str, variables: dict[str, str]) -> str:
    """As Docker Compose reads `${NAME}`, `${NAME:-default}` and `${NAME:?}`."""

    def one(found: re.Match[str]) -> str:
        name, how, default = found.groups()
        if how == ":?" and not variables.get(name):
            raise LookupError(f"{name} is not set")
        return variables.get(name) or default or ""

    return VARIABLE.sub(one, value)


class Noting(dict[str, str]):
    """An environment that remembers which of its variables were asked for."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which make-secrets.sh has been run."""
    if not shutil.which("openssl") and not os.environ.get("CI"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("installation")
    subprocess.run([FOLDER / "make-secrets.sh", folder], check=True, capture_output=True, timeout=30)
    return folder


@pytest.fixture(scope="module")
def variables(installation: Path) -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(installation / ".env").items()}


@pytest.fixture
def environment_of(installation: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets a container's environment be this process's own; what is mounted lies where make-secrets.sh has laid it."""
    files = yaml.safe_load(COMPOSE.read_text("utf-8"))["secrets"]

    def mounted(container: str) -> dict[str, Path]:
        folders = [volume.split(":") for volume in CONTAINERS[container]["volumes"]]
        return {target: installation / source for source, target, _ in folders}

    def become(container: str) -> Noting:
        environment = Noting()
        for name, value in CONTAINERS[container]["environment"].items():
            value = str(mounted(container).get(value, filled_in(value, variables)))
            if value.startswith("/run/secrets/"):
                secret = value.removeprefix("/run/secrets/")
                assert secret in CONTAINERS[container]["secrets"]
                value = str(installation / files[secret]["file"])
            environment[name] = value
        monkeypatch.setattr(os, "environ", environment)
        return environment

    yield become
    monkeypatch.undo()


# the files themselves


def test_the_compose_file_holds_to_its_specification():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_pleases_its_linter():
    done = subprocess.run([PROGRAMS / "hadolint", DOCKERFILE], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_dockerfile_copies_is_there():
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    sources = [source for line in lines for source in line.split()[:-1]]

    assert "uv.lock" in sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_every_member_of_the_workspace_is_in_the_image_that_compares_the_lock():
    copied = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    given = tuple(source for line in copied for source in line.split()[:-1])
    members = [ROOT / "shared", *(ROOT / "services" / name for name in SERVICES), ROOT / "deploy/onebox"]

    for member in members:
        assert f"{member.relative_to(ROOT)}/pyproject.toml".startswith(given), member


def test_images_and_developers_use_the_same_uv():
    version = re.compile(r"UV_VERSION :?= ?(\S+)|UV_VERSION=(\S+)")

    def found(path: Path) -> set[str]:
        return {one or other for one, other in version.findall(path.read_text("utf-8"))}

    assert found(DOCKERFILE) == found(ROOT / "Makefile") != set()


# every role of every service


@pytest.mark.slow
def test_several_processes_that_answer_count_their_requests_together(tmp_path: Path):
    port = free_port()
    given = {"INTAKE_DATABASE": f"sqlite:///{tmp_path}/intake.db", "INTAKE_LISTEN": f"127.0.0.1:{port}"}
    role = [sys.executable, "-m", "intake"]
    subprocess.run([*role, "migrate"], env=os.environ | given, check=True, timeout=120)
    with subprocess.Popen([*role, "api", "--workers", "2"], env=os.environ | given) as api:
        try:
            while api.poll() is None and not http_answers(f"http://127.0.0.1:{port}/health/ready"):
                time.sleep(0.1)
            for _ in range(20):
                with requests.Session() as once:
                    once.get(f"http://127.0.0.1:{port}/health/live", timeout=10)
            told = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        finally:
            api.terminate()

    assert 'requests_total{method="GET",route="/health/live",status="200"} 20.0' in told
    assert api.returncode == 0


@pytest.mark.parametrize("service", SERVICES)
def test_every_role_is_started_from_the_service_s_own_image(service: str):
    mine = {name.removeprefix(f"{service}-"): c for name, c in CONTAINERS.items() if name.startswith(f"{service}-")}

    assert mine.keys() == roles(service)
    for role, container in mine.items():
        assert container["command"] == [role]
        assert container["image"].startswith(f"sagsgang/{service}:${{{service.upper()}_VERSION")
        assert container["build"]["args"]["SERVICE"] == service


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_starts_before_the_database_is_up_to_date(service: str):
    for role in roles(service) - {"migrate"}:
        container = CONTAINERS[f"{service}-{role}"]
        assert container["depends_on"][f"{service}-migrate"] == {"condition": "service_completed_successfully"}
        assert container["restart"] == "unless-stopped"
    assert "restart" not in CONTAINERS[f"{service}-migrate"]
    assert CONTAINERS[f"{service}-migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_only_the_portal_can_be_reached_and_only_from_this_host():
    assert {n: c["ports"] for n, c in CONTAINERS.items() if "ports" in c} == {"portal-api": ["127.0.0.1:8080:8000"]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_every_variable_it_is_given_and_gets_every_one_it_needs(service: str, environment_of: Any):
    for role in roles(service):
        environment = environment_of(f"{service}-{role}")

        settings = settings_of(service).from_env(service)

        assert environment.keys() - environment.asked == set()
        assert make_url(settings.database).drivername == "postgresql+psycopg"
        assert make_url(settings.database).username == make_url(settings.database).database == service
        assert settings.broker.startswith("amqp://")
        assert settings.listen == "0.0.0.0:8000"
        assert settings.production
        assert len(load(settings.municipality).search_key) == 64
        assert clock.make(settings.clock, production=settings.production) is clock.system


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"portal"}))
def test_a_service_believes_the_portal_and_the_portal_finds_the_service(service: str, environment_of: Any):
    actor = Actor("u1", "Anna", Role.CASEWORKER)
    environment_of(f"{service}-api")
    public = Settings.from_env(service).token_key

    environment_of("portal-api")
    portal: Any = settings_of("portal").from_env("portal")

    assert read_token(sign(actor, portal.private_key), public) == actor
    assert portal.urls[service] == f"http://{service}-api:8000"
    assert f"{service}-api" in CONTAINERS


def test_only_the_portal_gets_the_private_key():
    assert {n for n, c in CONTAINERS.items() if "portal-key" in c.get("secrets", ())} == {
        f"portal-{role}" for role in roles("portal")
    }


def test_every_setting_is_in_the_readme_s_table():
    readme = (ROOT / "deploy/README.md").read_text("utf-8")
    told = set(re.findall(r"^\| `([A-Z_<>]+)`", readme, re.MULTILINE))
    known = {f"<SERVICE>_{f.name.upper()}" for f in fields(Settings)}
    for service in SERVICES:
        own = {f.name for f in fields(settings_of(service))} - {f.name for f in fields(Settings)}
        known |= {f"{service.upper()}_{name.upper()}" for name in own - {"urls"}}

    assert told == known | {"PORTAL_<SERVICE>_URL"}


# secrets


def test_what_is_secret_is_made_new_for_each_installation(variables: dict[str, str]):
    passwords = [value for name, value in variables.items() if name.endswith("_PASSWORD")]

    assert len(passwords) == len(set(passwords)) == len(SERVICES) + 2
    assert min(map(len, passwords)) == 48


def test_the_containers_may_read_what_is_mounted_and_nobody_else_on_the_host_comes_so_far(installation: Path):
    secrets = installation / "deploy/compose/secrets"
    modes = {path.relative_to(secrets).as_posix(): path.stat().st_mode & 0o777 for path in secrets.rglob("*")}

    assert secrets.stat().st_mode & 0o777 == 0o700
    assert modes == {"portal-key.pem": 0o444, "municipality": 0o755, "municipality/municipality.yaml": 0o444}


def test_secrets_that_are_there_are_not_replaced(installation: Path):
    before = (installation / ".env").read_bytes()

    again = subprocess.run([FOLDER / "make-secrets.sh", installation], capture_output=True, timeout=30)

    assert again.returncode == 1
    assert (installation / ".env").read_bytes() == before


def test_the_example_names_what_compose_asks_for_and_gives_no_secret():
    example = dotenv_values(FOLDER / "example.env")
    asked = {name for name, _, _ in VARIABLE.findall(COMPOSE.read_text("utf-8"))}
    asked |= set(CONTAINERS["postgres"]["environment"])
    secret = {name for name in example if re.search(r"PASSWORD|KEY|SECRET", name)}

    assert example.keys() == asked
    assert len(secret) == len(SERVICES) + 3
    assert {name for name in secret if example[name]} == set()


def test_no_container_is_given_a_secret_in_plain_words():
    for name, container in CONTAINERS.items():
        given = container.get("environment", {})
        for variable, value in given.items() if isinstance(given, dict) else ():
            if re.search(r"PASS|KEY|SECRET", variable):
                assert value.startswith(("${", "/run/secrets/")), (name, variable)
            assert not re.search(r"://[^$/@]*:[^$@]+@", value), (name, variable)


def test_no_private_key_lies_in_the_repository():
    if not (ROOT / ".git").exists():
        pytest.skip("no repository")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, timeout=30).stdout.decode().split("\0")
    key = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}")

    files = [ROOT / name for name in names if name and (ROOT / name).is_file()]

    assert [path for path in files if key.search(path.read_bytes())] == []


@pytest.mark.parametrize("path", [".env", "deploy/compose/secrets/portal-key.pem"])
def test_what_make_secrets_makes_is_not_committed(path: str):
    if not (ROOT / ".git").exists():
        pytest.skip("no repository")
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, timeout=30).returncode == 0


# what the containers run first


def test_each_service_has_a_database_that_no_other_may_enter(private_postgres: Any, variables: dict[str, str]):
    psql = shutil.which("psql", path=f"{private_postgres.programs}{os.pathsep}{os.environ['PATH']}")
    assert psql
    here = {"PATH": f"{Path(psql).parent}{os.pathsep}{os.environ['PATH']}", "PGHOST": "127.0.0.1"}
    here |= {"PGPORT": str(private_postgres.port), **variables}
    for _ in range(2):  # again: what exists is left as it is
        subprocess.run([FOLDER / "init-databases.sh"], env=here, check=True, capture_output=True, timeout=60)

    def enter(service: str, database: str) -> None:
        password = variables[f"{service.upper()}_DATABASE_PASSWORD"]
        address = f"postgresql://{service}:{password}@127.0.0.1:{private_postgres.port}/{database}"
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE tried (id int)")
            connection.rollback()

    for service in SERVICES:
        enter(service, service)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            enter(service, SERVICES[SERVICES.index(service) - 1])


def test_the_job_queues_makes_them_all(rabbitmq: str, tmp_path: Path):
    job = CONTAINERS["queues"]
    prefix = f"queues_{tmp_path.parent.name}_{os.getpid()}"
    (program,) = job["command"]
    program = program.replace('"sagsgang"', repr(prefix))
    broker = Amqp(rabbitmq, prefix)
    try:
        environment = os.environ | {"REPORTING_BROKER": rabbitmq}
        subprocess.run([sys.executable, *job["entrypoint"][1:], program], env=environment, check=True, timeout=60)

        with Connection(rabbitmq) as connection:
            for name in (*SERVICES, "archive"):
                connection.default_channel.queue_declare(f"{prefix}.{name}", passive=True)
    finally:
        broker.remove()
        broker.close()
