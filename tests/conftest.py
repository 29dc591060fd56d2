"""Fixtures and rules for all rooms."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from tests.helpers import programs
from tests.helpers.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A durable Redis (or Valkey) for the whole run; keep tests apart by `store.prefix`."""
    with RedisServer() as server:
        yield server


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
    """A skipped test would look like a passed one: outside the cluster's tests it fails."""
    report = yield
    if report.skipped and not item.nodeid.startswith("tests/e2e/") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; no test is: {report.longrepr}"
    return report
