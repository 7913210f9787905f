"""The pytest plugin of the shared library: fixtures and markers for the tests of all services.

A test that asks for a server is marked by it (`-m "not rabbitmq"` leaves it out). Where the server's programs are not
installed the test is skipped; on a build server (CI is set) it fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NoReturn, TypeVar

import hypothesis
import pytest

from casework.testing import servers

NEEDS = {
    "postgres_server": "postgres",
    "private_postgres": "postgres",
    "rabbitmq": "rabbitmq",
    "private_rabbitmq": "rabbitmq",
    "managed_rabbitmq": "rabbitmq",
}
"""Fixture to marker."""


def pytest_configure() -> None:
    """A busy machine is no failure: what is slow is said by `slow`, not by hypothesis' clock."""
    hypothesis.settings.register_profile("casework", deadline=None)
    hypothesis.settings.load_profile("casework")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for name in NEEDS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(NEEDS[name])
    if hasattr(config, "workerinput"):  # among several: what is begun last must not take long
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


Server = TypeVar("Server", bound=servers.Private)


def _missing(error: servers.NotInstalled) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be created: the local one, or a private copy."""
    yield from _local_or_private(servers.LOCAL_POSTGRES, servers.postgres_answers, servers.PrivatePostgres)


@pytest.fixture
def new_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes empty PostgreSQL databases, as many as are asked for; returns the URL of each."""
    with ExitStack() as made:
        yield lambda: made.enter_context(servers.fresh_database(postgres_server))


@pytest.fixture
def postgres_url(new_database: Callable[[], str]) -> str:
    """The URL of an empty PostgreSQL database."""
    return new_database()


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[str]:
    """The URL of a broker. A test works under a prefix of its own and removes what it declared."""
    yield from _local_or_private(servers.LOCAL_RABBITMQ, servers.rabbitmq_answers, servers.PrivateRabbitmq)


@pytest.fixture(scope="session")
def private_postgres() -> Iterator[servers.PrivatePostgres]:
    """A PostgreSQL that a test may kill and start again; it leaves it running."""
    yield from _private(servers.PrivatePostgres)


@pytest.fixture(scope="session")
def private_rabbitmq() -> Iterator[servers.PrivateRabbitmq]:
    """A RabbitMQ that a test may kill and start again; it leaves it running."""
    yield from _private(servers.PrivateRabbitmq)


@pytest.fixture(scope="session")
def managed_rabbitmq() -> Iterator[servers.ManagedRabbitmq]:
    """A RabbitMQ with its management API."""
    yield from _private(servers.ManagedRabbitmq)


def _local_or_private(local: str, answers: Callable[[str], bool], make: Callable[[], Server]) -> Iterator[str]:
    if answers(local):
        yield local
        return
    for server in _private(make):
        yield server.url


def _private(make: Callable[[], Server]) -> Iterator[Server]:
    try:
        made = make()
    except servers.NotInstalled as error:
        _missing(error)
    with servers.running(made):
        yield made
