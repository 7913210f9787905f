"""docs/ holds what the code says of processes, messages, APIs and fields; and it is good BPMN, AsyncAPI and OpenAPI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from casework.contracts import PHASES, SERVICES
from casework.contracts.compatibility import BreakingChange
from casework.fields import walk
from casework.process.bpmn import to_bpmn
from onebox import exports, fields

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TOOLS = ROOT / "tests" / "npm"
PARTS = tuple(exports.DOCUMENTS)

ASYNCAPI = """
const { Parser, fromFile } = require("@asyncapi/parser");
const grave = (found) => found.severity <= 1 && found.code !== "asyncapi-latest-version";
fromFile(new Parser(), process.argv[1]).parse().then(({ document, diagnostics }) => {
  for (const found of diagnostics.filter(grave)) console.log(found.path.join("."), found.message);
  if (document === undefined) console.log("no document");
  else for (const channel of document.channels().all()) console.error(channel.address());
});
"""


@cache
def documents(part: str) -> dict[str, str]:
    return exports.DOCUMENTS[part]()


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script with the packages of tests/npm."""
    if not (TOOLS / "node_modules" / ".package-lock.json").exists():
        if os.environ.get("CI"):
            pytest.fail("the packages of tests/npm are missing: make test-tools")
        pytest.skip("needs the packages of tests/npm")
    program = shutil.which("node") or Path(sys.executable).with_name("node")
    command = [program, *arguments]
    return subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=False, timeout=120)


# equal to the code
@pytest.mark.parametrize("part", PARTS)
def test_the_files_say_what_the_code_says(part):
    differing = [str(path.relative_to(ROOT)) for path in exports.check(DOCS, part)]

    assert not differing, "make exports; what differs: " + ", ".join(differing)


def test_no_service_is_left_out():
    assert exports.written("app") == SERVICES
    assert exports.written("process") == (*PHASES, "scheduler")


def test_the_same_code_gives_the_same_files_in_another_process():
    script = "from onebox.exports import *; print(*(sorted(d().items()) for d in DOCUMENTS.values()))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True,
            check=True, timeout=120,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert len(texts) == 1


def test_a_file_that_is_other_missing_or_of_something_gone_is_named(tmp_path):
    contracts = tmp_path / "contracts"
    exports.export_contracts(contracts)
    (contracts / "decision.made.v0.schema.json").write_text("{}")  # an earlier version stays
    assert exports.check(tmp_path, "contracts") == []

    (contracts / "README.md").write_text("Besked")
    (contracts / "asyncapi.yaml").unlink()
    (contracts / "case.forgotten.v1.schema.json").write_text("{}")

    differing = exports.check(tmp_path, "contracts")
    assert [path.name for path in differing] == ["README.md", "asyncapi.yaml", "case.forgotten.v1.schema.json"]
    exports.export_contracts(contracts)
    assert exports.check(tmp_path, "contracts") == []
    assert (contracts / "decision.made.v0.schema.json").exists()


def test_an_export_does_not_hide_a_change_that_breaks(tmp_path):
    exports.export_contracts(tmp_path)
    file = tmp_path / "decision.made.v1.schema.json"
    published = json.loads(file.read_text("utf-8"))
    published["properties"]["number"]["type"] = "string"
    file.write_text(json.dumps(published), "utf-8")

    with pytest.raises(BreakingChange, match=r"decision\.made version 1"):
        exports.export_contracts(tmp_path)
    assert json.loads(file.read_text("utf-8")) == published
    exports.export_contracts(tmp_path, unpublished=True)
    assert json.loads(file.read_text("utf-8")) != published


# processes
@pytest.mark.npm
@pytest.mark.parametrize("name", [*exports.written("process"), "collaboration"])
def test_bpmnlint_finds_nothing(tmp_path, name):
    text = exports.collaboration_document() if name == "collaboration" else to_bpmn(exports.process_of(name))
    (tmp_path / "a.bpmn").write_text(text, "utf-8")
    (tmp_path / "lint.json").write_text('{"extends": "bpmnlint:recommended"}')
    lint = TOOLS / "node_modules" / ".bin" / "bpmnlint"

    answer = node(lint, "--max-warnings=0", "-c", tmp_path / "lint.json", tmp_path / "a.bpmn")

    assert answer.returncode == 0, answer.stdout + answer.stderr


# messages
@pytest.mark.npm
def test_the_asyncapi_document_is_read_by_the_public_parser(tmp_path):
    (tmp_path / "asyncapi.yaml").write_text(documents("contracts")["asyncapi.yaml"], "utf-8")

    answer = node("-e", ASYNCAPI, tmp_path / "asyncapi.yaml")

    assert answer.stdout == ""
    assert [line for line in answer.stderr.splitlines() if line.startswith("sagsgang.")] == [
        f"sagsgang.{name}" for name in SERVICES
    ]


@pytest.mark.npm
def test_the_public_parser_finds_what_is_wrong(tmp_path):
    spoiled = documents("contracts")["asyncapi.yaml"].replace("#/channels/decision/messages/", "#/channels/x/messages/")
    (tmp_path / "asyncapi.yaml").write_text(spoiled, "utf-8")

    assert "does not exist" in node("-e", ASYNCAPI, tmp_path / "asyncapi.yaml").stdout


def test_the_examples_of_the_asyncapi_document_are_as_it_says():
    document = yaml.safe_load(documents("contracts")["asyncapi.yaml"])
    formats = Draft202012Validator.FORMAT_CHECKER
    for message in document["components"]["messages"].values():
        validator = Draft202012Validator({**document, **message["payload"]}, format_checker=formats)
        assert message["examples"]
        for example in message["examples"]:
            validator.validate(example["payload"])


def test_every_schema_is_json_schema_2020_12():
    schemas = {n: json.loads(text) for n, text in documents("contracts").items() if n.endswith(".schema.json")}
    for name, schema in schemas.items():
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", name
        Draft202012Validator.check_schema(schema)

    assert len({schema["$id"] for schema in schemas.values()}) == len(schemas)


def test_the_table_names_every_message():
    table = documents("contracts")["README.md"]

    assert all(f"({n})" in table for n in documents("contracts") if ".v" in n)


# fields
def test_the_table_of_fields_names_every_field_of_every_phase():
    table = documents("fields")["fields.md"]
    declared = [
        f"| `{phase}.{step.step}.{path}` | {one.info.label} |"
        for phase in PHASES
        for step in fields.phase(phase).steps
        for path, one in walk(step)
    ]

    assert [row for row in declared if row not in table] == []
    assert len(declared) == len(set(declared))


# APIs
@pytest.mark.parametrize("name", SERVICES)
def test_the_openapi_document_is_valid(name):
    document = exports.openapi_of(name)

    validate_openapi(document)

    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("name", SERVICES)
def test_no_path_of_an_api_holds_a_name_or_a_number_of_a_person(name):
    paths = exports.openapi_of(name)["paths"]

    assert [path for path in paths if "cpr" in path or "citizen_name" in path] == []
