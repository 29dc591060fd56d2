"""Programs of the machine that a test needs and `make test` cannot fetch.

`@pytest.mark.needs("strace")` names them, and moves the test from `make test` to `make test-full`. A program that the
running test did not name is not handed out, so a test of `make test` cannot come to need one unnoticed.
"""

from __future__ import annotations

import pytest
from scripts.programs import PROGRAMS, find

#: What the running test named; tests/conftest.py sets it.
named: frozenset[str] = frozenset()


def needs(item: pytest.Item) -> frozenset[str]:
    """Programs that a test's markers name. Raises pytest.UsageError for what scripts/programs.py does not know."""
    found = frozenset(name for marker in item.iter_markers("needs") for name in marker.args)
    bare = [marker for marker in item.iter_markers("needs") if not marker.args or marker.kwargs]
    if bare or found - PROGRAMS.keys():
        raise pytest.UsageError(f"{item.nodeid}: needs(...) takes one or more of {', '.join(sorted(PROGRAMS))}")
    return found


def path(name: str) -> str:
    """Path of a program that the running test names in its marker; fails the test where it is not there."""
    if name not in named:
        pytest.fail(f'this test runs {name} without @pytest.mark.needs("{name}"), so `make test` would run it anywhere')
    found = find(name)
    if found is None:
        pytest.fail(f"{name} is missing: {PROGRAMS[name].remedy}")
    return found
