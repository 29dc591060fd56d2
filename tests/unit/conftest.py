"""What holds for every unit test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from networkx_mcp import context


@pytest.fixture(autouse=True)
def no_call_is_left_behind() -> Iterator[None]:
    """A request that a test plays ends with it: the next test would wait by its allowance, and as its tenant."""
    yield
    with pytest.raises(LookupError):
        context.current()
