"""Fixtures and rules for all tests."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings
from tests.helpers import programs
from tests.helpers.redis_server import RedisServer

# No law is judged by the clock: a machine may be busy.
settings.register_profile("project", deadline=None, max_examples=60)
settings.load_profile("project")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A durable Redis (or Valkey) for the whole run; keep tests apart by `store.prefix`."""
    with RedisServer() as server:
        yield server


#: Files that take long, the longest first. A worker takes a file as a whole: one that begins last is waited for at the end.
LONG = (
    "tests/server/test_neighbours.py",
    "tests/server/test_descriptors.py",
    "tests/server/test_replicas.py",
    "tests/server/test_abuse.py",
    "tests/unit/graphs/test_rewound.py",
    "tests/server/loadtests/test_generator.py",
    "tests/unit/analysis/test_sweep.py",
    "tests/server/clients/test_stdio.py",
    "tests/server/test_transfer.py",
    "tests/server/test_limits.py",
    "tests/server/test_shutdown.py",
    "tests/server/clients/test_sizes.py",
    "tests/server/test_backup.py",
    "tests/server/conformance/test_conformance.py",
    "tests/server/test_release_0_1_0.py",
    "tests/unit/graphs/test_machine.py",
    "tests/unit/store/test_model.py",
    "tests/unit/analysis/test_corrected_searches.py",
    "tests/unit/formats/test_round_trip.py",
    "tests/unit/analysis/test_laws.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First the long files; then those of each directory evenly, so that some wait for servers while others compute."""
    files = dict.fromkeys(item.nodeid.partition("::")[0] for item in items)
    rooms: dict[str, list[str]] = {}
    for file in files:
        rooms.setdefault("/".join(file.split("/")[:2]), []).append(file)
    places = {file: place / len(room) for room in rooms.values() for place, file in enumerate(room)}
    places |= {name: place - len(LONG) for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places[item.nodeid.partition("::")[0]])


def pytest_itemcollected(item: pytest.Item) -> None:
    programs.needs(item)  # a program that nobody knows how to get is refused at once


def pytest_runtest_setup(item: pytest.Item) -> None:
    programs.named = programs.needs(item)
    for name in sorted(programs.named):
        programs.path(name)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped; no test is: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test, or one that is expected to fail, would look like a passed one: outside the cluster's tests it fails."""
    report = yield
    if report.skipped and not item.nodeid.startswith("tests/e2e/"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; no test is: {report.longrepr}"
        vars(report).pop("wasxfail", None)  # by which pytest takes a failure for none
    return report
