"""The contracts for those who do not read Python: JSON Schemas, one AsyncAPI document, a table. All from the types.

A schema says what is *sent*: an empty field is absent, never null. It stays open for fields that it does not name, as
every reader must: a newer sender may say more (`compatibility` says what else may change under the same number).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from typing import Any

import marshmallow as ma
import yaml
from marshmallow import fields as mf

from casework import schema as wire
from casework.contracts import SERVICES, Contract, Message, load_all
from casework.fields import Field, fields_of, walk
from casework.messaging.envelope import Envelope
from casework.records import REMOVED
from casework.schema import schema_class
from casework.vocabularies.fields import CodeField, LevelField

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFS = "#/$defs/"
COMPONENTS = "#/components/schemas/"
LISTED = 40
"""A longer code list is named (`x-vocabulary`) but not spelled out."""

ENVELOPE_FILE = "envelope.schema.json"
PREFIX = "sagsgang"
"""The default of `broker_prefix`: with it begin the exchange and the queues."""

LABELS = {
    "intake": "Sagsåbning",
    "assessment": "Udredning og handleplan",
    "decision": "Afgørelse",
    "ordering": "Bestilling",
    "delivery": "Levering",
    "followup": "Opfølgning",
    "scheduler": "Frister og beskeder",
    "reporting": "Indberetning og statistik",
    "portal": "Portal",
}
"""The services as the pools of the collaboration name them."""


# JSON Schema
def schema_of(contract: Contract) -> Json:
    """The JSON Schema (2020-12) of a message's body."""
    head = {"$schema": DIALECT, "$id": f"urn:sagsgang:contract:{contract.name}:{contract.version}"}
    return {**head, **schema_of_type(contract.message, contract.name)}


def schema_of_envelope() -> Json:
    """The JSON Schema of what surrounds every body."""
    return {"$schema": DIALECT, "$id": "urn:sagsgang:contract:envelope", **schema_of_type(Envelope, "Envelope")}


def schema_of_type(cls: type, title: str) -> Json:
    """The schema of any declared type, with the value types it is made of under `$defs`."""
    made = _Writer(DEFS)
    body = made.whole(schema_class(cls), title)
    return {**body, "$defs": dict(sorted(made.types.items()))} if made.types else body


class _Writer:
    """Writes marshmallow schemas as JSON Schema; collects the value types it meets."""

    def __init__(self, at: str) -> None:
        self.at = at
        self.types: dict[str, Json] = {}
        self.schemas: dict[str, type[ma.Schema]] = {}

    def whole(self, cls: type[ma.Schema], title: str) -> Json:
        fields = cls().fields
        written: Json = {"title": title, "description": cleandoc(cls.__doc__ or ""), "type": "object"}
        written["properties"] = {name: self.field(one) for name, one in fields.items()}
        written["required"] = [name for name, one in fields.items() if one.required]
        return written

    def field(self, one: mf.Field[Any]) -> Json:
        """Label and type of one field. What is said to those who record it is left out: a message is a copy."""
        return {"title": one.metadata["title"], **self.form(one)} if "title" in one.metadata else self.form(one)

    def form(self, one: mf.Field[Any]) -> Json:
        """Raises TypeError for a field that has no form on the wire."""
        match one:
            case mf.Nested():
                return self.nested(type(one.schema))
            case mf.List():
                return {"type": "array", "items": self.form(one.inner)}
            case CodeField():
                return _code(one)
            case LevelField():
                return {"type": "integer", "minimum": one.lowest, "maximum": one.highest}
            case mf.Enum():
                return {"type": "string", "enum": [member.value for member in one.enum]}
        for kind, written in _WRITTEN.items():
            if isinstance(one, kind):
                return dict(written)
        raise TypeError(f"{type(one).__name__} has no form on the wire")

    def declared(self, cls: type) -> Json:
        return self.nested(schema_class(cls))

    def nested(self, cls: type[ma.Schema]) -> Json:
        """A reference to a type, which is written once. Raises ValueError where two types have one name."""
        name = cls.__name__
        if self.schemas.setdefault(name, cls) is not cls:
            raise ValueError(f"Two types are called {name}; a schema tells them apart by their names only")
        if name not in self.types:
            self.types[name] = {}  # a type that holds itself ends here
            self.types[name] = self.whole(cls, name)
        return {"$ref": f"{self.at}{name}"}


class Recorder(_Writer):
    """Writes what may be recorded: null empties a field; what is reckoned, or only shown, is left out."""

    def __init__(self) -> None:
        super().__init__(DEFS)

    def group(self, cls: type, *, only: Collection[str] | None = None, needs: Collection[str] = ()) -> Json:
        """The fields of a step, entry or command, or `only` some of them; no others are taken."""
        open_ = {n: d for n, d in fields_of(cls).items() if not d.info.computed and (only is None or n in only)}
        written = {name: self.open(declared, cls, name in needs) for name, declared in open_.items()}
        return closed(written, [name for name in open_ if name in needs])

    def open(self, declared: Field, cls: type, needed: bool) -> Json:
        writable, key = declared.info.writable, declared.info.key
        if declared.many and declared.entry and key:
            entry = self.group(declared.entry, only=None if writable is None else (key, *writable))
            if writable is None:
                entry["properties"][REMOVED] = {"const": True, "description": "Takes the entry out"}
            form: Json = {"type": "array", "items": entry}
        else:
            form = self.form(wire.marshmallow_field(declared, cls))
        return {"title": declared.info.label, **(form if needed or writable else {"anyOf": [form, {"type": "null"}]})}


def closed(properties: Json, required: Iterable[str]) -> Json:
    """An object with these fields and no others: what comes is refused for a field that is not known."""
    needed = list(required)
    made: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": needed} if needed else made


_WRITTEN: dict[type[mf.Field[Any]], Json] = {
    wire.Money: {"type": "string", "pattern": r"^-?\d{1,12}\.\d{2}$"},
    wire.Quantity: {"type": "number", "minimum": 0, "exclusiveMaximum": 10**6, "multipleOf": 0.5},
    wire.Flag: {"type": "boolean"},
    wire.Whole: {"type": "integer", "format": "int32"},
    wire.Day: {"type": "string", "format": "date"},
    wire.Instant: {"type": "string", "format": "date-time"},
    mf.UUID: {"type": "string", "format": "uuid"},  # before String, of which it is one
    mf.String: {"type": "string"},
    mf.Dict: {"type": "object"},
    mf.Raw: {},
}


def _code(one: CodeField) -> Json:
    written: Json = {"type": "string", "x-vocabulary": one.vocabulary.name}
    if one.where:
        written["x-where"] = dict(one.where)
    if len(one.codes) <= LISTED:
        written["enum"] = list(one.codes)
    return written


# examples
@cache
def examples(name: str, version: int) -> Mapping[str, Json]:
    """The true-to-life bodies of a message, by the name of their case. Empty where there is none."""
    folder = files(__package__) / "examples" / name / str(version)
    if not folder.is_dir():
        return {}
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".json")), key=lambda one: one.name)
    return {one.name.removesuffix(".json"): json.loads(one.read_text("utf-8")) for one in found}


def example(message: type[Message]) -> Json:
    """The first example of a message, as a body. Raises LookupError where there is none."""
    known = examples(message.contract.name, message.contract.version)
    if not known:
        raise LookupError(f"{message.contract.name} version {message.contract.version} has no example")
    return dict(next(iter(known.values())))


# AsyncAPI
def asyncapi() -> Json:
    """One AsyncAPI 3.0 document: a channel per consumer's queue, an operation per sender and queue, all messages.

    What lies in a queue is the whole envelope, with the message as its `body`.
    """
    contracts = load_all().values()
    made = _Writer(COMPONENTS)
    made.declared(Envelope)
    messages = {contract.name: _message(contract, made) for contract in sorted(contracts, key=lambda c: c.name)}
    queues = [name for name in SERVICES if _between(None, name)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "sagsgang",
            "version": "1",
            "description": "Casework by messages: each service has one queue, and gets its own copy of what is for it.",
            "license": {"name": "MPL-2.0", "url": "https://mozilla.org/MPL/2.0/"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name) for name in queues},
        "operations": {key: one for name in queues for key, one in _operations(name)},
        "components": {"messages": messages, "schemas": dict(sorted(made.types.items()))},
    }


def flows() -> list[tuple[str, str, str]]:
    """Who tells whom what: (sender, receiver, message). What a service tells itself needs no queue."""
    return [
        (sender, receiver, name)
        for name, contract in sorted(load_all().items())
        for sender in contract.producers
        for receiver in contract.consumers
        if sender != receiver
    ]


def _between(sender: str | None, receiver: str) -> list[str]:
    return sorted({name for by, to, name in flows() if to == receiver and sender in (None, by)})


def _message(contract: Contract, made: _Writer) -> Json:
    body = made.declared(contract.message)
    given = {"type": {"const": contract.name}, "version": {"const": contract.version}, "body": body}
    return {
        "name": contract.name,
        "title": contract.message.__name__,
        "summary": summary(contract),
        "contentType": "application/json",
        "payload": {"allOf": [{"$ref": f"{COMPONENTS}Envelope"}, {"type": "object", "properties": given}]},
        "examples": [
            {"name": case, "payload": _enveloped(contract, body)}
            for case, body in examples(contract.name, contract.version).items()
        ],
    }


def _enveloped(contract: Contract, body: Json) -> Json:
    producer = contract.producers[0]
    return {
        "id": "3f6c0f7e-6f0a-4d55-9c0e-0c8f8f5f2a11",
        "type": contract.name,
        "version": contract.version,
        "subject": "8d1f3c52-2a77-4c5e-9a3f-5f1f0e6b7a90",
        "numbers": {name: 1 for name in contract.consumers if name != producer},
        "time": "2026-03-02T08:15:00+00:00",
        "producer": producer,
        "body": body,
    }


def _channel(receiver: str) -> Json:
    return {
        "address": f"{PREFIX}.{receiver}",
        "title": LABELS[receiver],
        "description": f"The queue of {receiver}. Routing key: to.{receiver}.<message>.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _between(None, receiver)},
        "bindings": {
            "amqp": {"is": "queue", "queue": {"name": f"{PREFIX}.{receiver}", "durable": True, "exclusive": False}}
        },
    }


def _operations(receiver: str) -> Iterable[tuple[str, Json]]:
    yield f"{receiver}.receives", _operation("receive", receiver, f"What {receiver} hears", _between(None, receiver))
    for sender in SERVICES:
        if told := _between(sender, receiver):
            yield f"{sender}.tells.{receiver}", _operation("send", receiver, f"What {sender} tells {receiver}", told)


def _operation(action: str, receiver: str, title: str, told: list[str]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{receiver}"},
        "title": title,
        "messages": [{"$ref": f"#/channels/{receiver}/messages/{name}"} for name in told],
    }


# the table
def summary(contract: Contract) -> str:
    """What the message says, in one line."""
    return cleandoc(contract.message.__doc__ or "").split("\n")[0]


_IDENTITY = {
    "cpr_number": "CPR number",
    "citizen_name": "citizen's name",
    "citizen_address": "address",
    "citizen_phone": "phone",
    "citizen_email": "e-mail",
    "born_on": "birthday",
    "diagnoses": "diagnoses",
}
_SHORT = """
account_number action actor address alternatives arrives begins case_id case_number channel citizen_address
citizen_email citizen_name citizen_phone concluded_by cost_object cpr_hash cpr_number cvr ean email entry_phase
failure id interventions journal_number key kind label name notify order_number origin own_payment_rate p_number
person_id personal_reference phone process provider_account_number provider_ean provider_id provider_p_number
providers refused_interventions roles source team title to warnings
"""
_NO_WORDS = frozenset(_SHORT.split())
"""Texts that are ids, names or numbers. Any other text counts as words about a citizen until it is named here."""


def personal_data(contract: Contract) -> str:
    """What a reader learns of people: whom it names, and whether it carries words; `codes` where it does neither."""
    found = [(path.rpartition(".")[2], declared) for path, declared in walk_all(contract.message)]
    names = {name for name, _ in found}
    told = [word for name, word in _IDENTITY.items() if name in names]
    if any(declared.entry and declared.entry.__name__ == "Party" for _, declared in found):
        told.append("names of those involved")
    if any(d.type is str and not d.annotations and name not in _NO_WORDS for name, d in found):
        told.append("free text")
    if not told:
        return {"case": "codes", "citizen": "codes", "person": "staff"}.get(contract.subject, "no")
    return ", ".join(told)


def walk_all(cls: type) -> Iterable[tuple[str, Any]]:
    """Every field of a type, also inside single values, with its path."""
    for path, declared in walk(cls):
        yield path, declared
        if declared.entry and not declared.many:
            yield from ((f"{path}.{inner}", one) for inner, one in walk_all(declared.entry))


def table() -> str:
    """All messages on one page (Markdown), by who tells them and by name: the registry's order is that of imports."""
    rows = [
        f"| [{c.name}]({file_name(c)}) | {c.version} | {_services(c.producers)} | {_services(c.consumers)} "
        f"| {summary(c)} | {personal_data(c)} |"
        for c in sorted(load_all().values(), key=lambda c: (SERVICES.index(c.producers[0]), len(c.producers), c.name))
    ]
    return _README.format(rows="\n".join(rows), count=len(rows), envelope=ENVELOPE_FILE)


def _services(names: tuple[str, ...]) -> str:
    return "every phase" if len(names) == 6 and names[0] == "intake" else ", ".join(names)


_README = """# The messages

What the services tell each other: {count} messages. This folder is written by `make exports` from
`shared/casework/contracts`, and a test keeps both equal.

- `<message>.v<version>.schema.json` is the body of one message (JSON Schema 2020-12).
- [{envelope}]({envelope}) is what surrounds every body on its way.
- [asyncapi.yaml](asyncapi.yaml) is the whole as AsyncAPI 3.0: the queues, who tells whom what, and examples.

A provider's system reads `order.sent`, `order.cancelled`, `order.ended` and `status_note.requested`, and answers with
`order.answered`, `status_note.submitted` and `change.reported`; `answer.handled` tells it what came of an answer by
queue. In which form is told in [docs/providers](../providers/README.md).

Under one version number a message may only gain fields, and these may be absent. Any other change gets the next number,
and the schema of the old one stays here. A code that is new in a code list is no new version: all services are given
the new list before anybody uses the code. `casework/contracts/compatibility.py` has the whole rule.

The last column says what a reader learns of people. `codes`: only the id of the case says whom it is about.

| message | version | from | to | what | personal data |
|---|---|---|---|---|---|
{rows}
"""


# files
def file_name(contract: Contract) -> str:
    return f"{contract.name}.v{contract.version}.schema.json"


def documents() -> dict[str, str]:
    """All files of docs/contracts: name -> text. The same contracts give the same texts."""
    made: dict[str, Callable[[], str]] = {
        "README.md": table,
        "asyncapi.yaml": lambda: as_yaml(asyncapi()),
        ENVELOPE_FILE: lambda: as_json(schema_of_envelope()),
    }
    texts = {name: make() for name, make in made.items()}
    return texts | {file_name(c): as_json(schema_of(c)) for _, c in sorted(load_all().items())}


def as_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_yaml(document: Json) -> str:
    return str(yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120))


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """What stands twice is written twice: the file is for people and for tools that know no anchors."""
        return True
