"""Real server processes for the tests of this directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.helpers.server import Server


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Calls hold their slots until this file is made: tests wait for states and not for seconds."""
    return tmp_path / "open"


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes (and does not start) servers, each in a directory of its own; what still runs is killed at the end."""
    made: list[Server] = []

    def make(**options: object) -> Server:
        server = Server(tmp_path / f"server-{len(made)}", **options)  # type: ignore[arg-type]
        made.append(server)
        return server

    yield make
    for server in made:
        server.__exit__()
