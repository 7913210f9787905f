"""What docs/ holds of the code: processes (BPMN 2.0), messages (JSON Schema, AsyncAPI), APIs (OpenAPI), fields, the
shapes of what is stored, and what a provider's system is sent.

Written by `make exports`, and held equal to the code by a test. The same code gives the same files.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from casework.contracts import SERVICES, load_all
from casework.contracts import export as contracts
from casework.contracts.compatibility import BreakingChange, changed, explain
from casework.messaging import Direct
from casework.process import Process
from casework.process.bpmn import collaboration, to_bpmn
from casework.service.auth import new_key, public_key
from casework.service.settings import Settings
from onebox import fields, orders, stored

FOLDERS = {
    "processes": "processes",
    "contracts": "contracts",
    "openapi": "api",
    "fields": "",
    "stored": "stored",
    "provider schemas": "providers/schema",
    "provider examples": "providers/examples",
}
"""What is exported, and in which folder under docs/."""


# what there is
def written(part: str) -> tuple[str, ...]:
    """The services that have a module of this name (`process`, `app`)."""
    return tuple(name for name in SERVICES if find_spec(f"{name}.{part}"))


def process_of(service: str) -> Process:
    """The newest process of a service. Raises ValueError where its module `process` declares none."""
    module = importlib.import_module(f"{service}.process")
    return max((one for one in vars(module).values() if isinstance(one, Process)), key=lambda one: one.version)


def openapi_of(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service, put together on a database that is nowhere."""
    module: Any = importlib.import_module(f"{service}.app")
    settings = Settings(database="sqlite://", token_key=public_key(new_key()))
    made = module.create(settings, transport=Direct())
    described: dict[str, Any] = module.create_app(made).extensions["api"].spec.to_dict()
    made.database.close()
    return described


# what it looks like
def process_documents() -> dict[str, str]:
    """A BPMN file for each process, and one for who tells whom what."""
    drawn = {f"{process.name}.bpmn": to_bpmn(process) for process in map(process_of, written("process"))}
    return drawn | {"collaboration.bpmn": collaboration_document()}


def collaboration_document() -> str:
    """Every service a pool, and the messages between them."""
    return collaboration(contracts.flows(), contracts.LABELS)


def openapi_documents() -> dict[str, str]:
    """An OpenAPI 3.1 file for each service."""
    return {f"{name}.json": contracts.as_json(openapi_of(name)) for name in written("app")}


def field_documents() -> dict[str, str]:
    """One table of all fields."""
    return {"fields.md": fields.document()}


DOCUMENTS: Mapping[str, Callable[[], dict[str, str]]] = {
    "processes": process_documents,
    "contracts": contracts.documents,
    "openapi": openapi_documents,
    "fields": field_documents,
    "stored": stored.documents,
    "provider schemas": orders.schema_documents,
    "provider examples": orders.example_documents,
}


# the files
def export_processes(folder: Path) -> list[Path]:
    return _write(folder, process_documents())


def export_contracts(folder: Path, *, unpublished: bool = False) -> list[Path]:
    """Raises BreakingChange, and writes nothing, where a message no longer is what the folder says of its version.

    `unpublished`: nobody has built on what the folder says; it may be replaced.
    """
    if not unpublished and (found := changed(folder, load_all())):
        raise BreakingChange(explain(found))
    return _write(folder, contracts.documents())


def export_openapi(folder: Path) -> list[Path]:
    return _write(folder, openapi_documents())


def export_fields(folder: Path) -> list[Path]:
    return _write(folder, field_documents())


def export_stored(folder: Path) -> list[Path]:
    """Raises BreakingChange, and writes nothing, where what is stored no longer is what the folder says of it."""
    if found := stored.changed(folder):
        raise BreakingChange(explain(found, stored.ADVICE))
    return _write(folder, stored.documents())


def export_orders(folder: Path) -> list[Path]:
    """What a provider's system is sent: schemas and examples, each in a folder of its own."""
    schemas, examples = orders.schema_documents(), orders.example_documents()
    return [*_write(folder / "schema", schemas), *_write(folder / "examples", examples)]


def check(docs: Path, *parts: str) -> list[Path]:
    """The files under docs/ that are not as the code says: other, missing, or of something that is gone.

    `parts` are keys of FOLDERS; all of them where none is named.
    """
    return [path for part in parts or DOCUMENTS for path in _differing(docs / FOLDERS[part], DOCUMENTS[part]())]


def _write(folder: Path, documents: Mapping[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for path in _gone(folder, documents):
        path.unlink()
    for name, text in documents.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
    return [folder / name for name in sorted(documents)]


def _differing(folder: Path, documents: Mapping[str, str]) -> list[Path]:
    paths = {folder / name: text for name, text in documents.items()}
    other = [path for path, text in paths.items() if not path.exists() or path.read_text("utf-8") != text]
    return sorted([*other, *_gone(folder, documents)])


def _gone(folder: Path, documents: Mapping[str, str]) -> list[Path]:
    """Files of something that the code no longer has. The schema of an earlier version of a message stays."""
    kinds = {Path(name).suffix for name in documents} - {".md"}
    found = [path for path in sorted(folder.glob("*")) if path.suffix in kinds and path.name not in documents]
    return [path for path in found if not _is_earlier(path.name, documents)]


def _is_earlier(name: str, documents: Mapping[str, str]) -> bool:
    named = re.fullmatch(r"(.+)\.v\d+(\.schema\.json)", name)
    return named is not None and any(re.fullmatch(rf"{re.escape(named[1])}\.v\d+\.schema\.json", d) for d in documents)
