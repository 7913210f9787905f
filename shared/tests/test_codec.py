"""What is known to be right is read and written without being checked again, and just as the schemas do it."""

from typing import Any

import pytest

from casework.codec import dump, read
from casework.contracts import Contract, load_all
from casework.contracts.export import examples
from casework.schema import load, schema_class

EXAMPLES = [
    pytest.param(terms, body, id=f"{name}-{case}")
    for name, terms in load_all().items()
    for case, body in examples(name, terms.version).items()
]


@pytest.mark.parametrize("terms, body", EXAMPLES)
def test_a_message_is_read_as_by_the_schema_that_checks_it(terms: Contract, body: dict[str, Any]) -> None:
    checked = load(terms.message, body, unknown="exclude")

    assert read(terms.message, body) == checked


@pytest.mark.parametrize("terms, body", EXAMPLES)
def test_a_message_is_written_as_by_its_schema_field_by_field(terms: Contract, body: dict[str, Any]) -> None:
    message: Any = load(terms.message, body, unknown="exclude")

    assert list(dump(message).items()) == list(schema_class(terms.message)().dump(message).items())
