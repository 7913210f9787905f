"""A service is built, installed and started alone: with the shared library, without any other service's code."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from casework.contracts import SERVICES
from casework.testing.servers import free_port

ROOT = Path(__file__).parents[1]
READY_WITHIN = 30.0

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("alone")]


@pytest.mark.parametrize("service", ["intake", "decision"])
def test_a_service_lives_without_the_others_code(service: str, tmp_path: Path):
    programs = install(service, tmp_path / "venv")
    ours = {p["metadata"]["name"]: p for p in inspect(programs) if p["metadata"]["name"].startswith("sagsgang")}
    others = [name for name in (*SERVICES, "onebox") if name != service]

    assert ours.keys() == {"sagsgang-casework", f"sagsgang-{service}"}
    assert all(p["direct_url"]["url"].startswith("file:") for p in ours.values())  # never from an index
    assert importable(programs, [service, "casework", *others], tmp_path) == [service, "casework"]

    program, environment = programs / f"sagsgang-{service}", settings(service, tmp_path)
    run([program, "migrate"], env=environment, cwd=tmp_path)
    with serving([program, "api"], environment, tmp_path, f"http://{environment[f'{service.upper()}_LISTEN']}") as url:
        described = requests.get(f"{url}/api/openapi.json", timeout=5).json()

    assert described["info"]["title"] == f"sagsgang {service}"
    assert described["paths"]


def install(service: str, folder: Path) -> Path:
    """A virtual environment with one service, as plain pip makes it; where its programs are."""
    run([sys.executable, "-m", "venv", folder])
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    run([*pip, ROOT / "shared", ROOT / "services" / service])
    return folder / "bin"


def inspect(programs: Path) -> list[dict[str, Any]]:
    installed: list[dict[str, Any]] = json.loads(run([programs / "python", "-m", "pip", "inspect"]))["installed"]
    return installed


def importable(programs: Path, names: list[str], cwd: Path) -> list[str]:
    program = "import sys, json, importlib.util as i; print(json.dumps([n for n in sys.argv[1:] if i.find_spec(n)]))"
    found: list[str] = json.loads(run([programs / "python", "-c", program, *names], cwd=cwd))
    return found


def settings(service: str, folder: Path) -> dict[str, str]:
    given = {
        "DATABASE": f"sqlite:///{folder / service}.db",
        "BROKER": "direct:",
        "LISTEN": f"127.0.0.1:{free_port()}",
    }
    return surroundings() | {f"{service.upper()}_{name}": value for name, value in given.items()}


def surroundings() -> dict[str, str]:
    """Ours, without what would let code of this workspace in."""
    return {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }


def run(command: list[Any], **more: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, **{"env": surroundings()} | more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def serving(command: list[Any], environment: dict[str, str], folder: Path, url: str) -> Iterator[str]:
    """The process, from when it is ready; ended by its id, as an operator would."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=output, stderr=output)
    try:
        until = time.monotonic() + READY_WITHIN
        while not ready(url):
            assert process.poll() is None, (folder / "output").read_text("utf-8")
            assert time.monotonic() < until, (folder / "output").read_text("utf-8")
            time.sleep(0.1)
        yield url
        process.terminate()
        assert process.wait(30) == 0, (folder / "output").read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False
