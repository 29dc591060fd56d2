"""No test gives up before a slow machine is done: the waits of tests/server and tests/helpers have one length."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.patience import PATIENCE

TESTS = Path(__file__).parents[1]
FILES = sorted([*(TESTS / "server").rglob("*.py"), *(TESTS / "helpers").glob("*.py"), *(TESTS / "unit").rglob("*.py")])
#: Calls of httpx that wait for a server, for five seconds unless they are told.
ASKING = {"get", "head", "post", "put", "delete", "options", "request", "stream", "Client", "AsyncClient"}
#: Waits for what must happen.
WAITING = {"eventually", "soon", "closed_within"}


def short_waits(source: str) -> Iterator[str]:
    """Calls of httpx without a timeout, and waits of a number of seconds of their own."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        in_process = "transport" in given
        if name in {f"httpx.{one}" for one in ASKING} and "timeout" not in given and not in_process:
            yield f"line {node.lineno}: {name} without a timeout"
        if name in WAITING and isinstance(given.get("timeout"), ast.Constant):
            yield f"line {node.lineno}: {name} with a time of its own"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_who_waits_for_a_server_waits_long_enough(path: Path) -> None:
    assert list(short_waits(path.read_text(encoding="utf-8"))) == [], "give timeout=PATIENCE, or leave the default"


def test_short_waits_are_found() -> None:
    assert list(short_waits("httpx.get(url)\neventually(f, timeout=5)")) == [
        "line 1: httpx.get without a timeout",
        "line 2: eventually with a time of its own",
    ]
    assert not list(short_waits("httpx.get(url, timeout=PATIENCE)\neventually(f)\nhttpx.AsyncClient(transport=t)"))


def test_a_test_is_ended_after_its_waits(pytestconfig: pytest.Config) -> None:
    """So that the wait says what never came."""
    assert float(pytestconfig.getini("timeout")) > 4 * PATIENCE
