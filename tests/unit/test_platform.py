"""Linux has its own way, all else another; both have the same names, which mean the same."""

from __future__ import annotations

import inspect
import os
from types import ModuleType

from networkx_mcp.platform import linux, portable


def public(module: ModuleType) -> dict[str, object]:
    """What a module defines for others: functions by their signature, constants by their name."""
    own = {
        name: inspect.signature(value)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    return {**own, **{name: "constant" for name in vars(module) if name.isupper() and not name.startswith("_")}}


def test_both_ways_have_the_same_names() -> None:
    assert public(linux) == public(portable)
    assert len(public(linux)) > 30


def test_a_program_that_serves_as_a_worker_inherits_nothing() -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    portable._keep_descriptors()
    assert not os.get_inheritable(writing)
    os.close(reading)
    os.close(writing)
