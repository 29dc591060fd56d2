"""Where a benchmark's numbers come from: what load tests write of it, for scripts that are not run as modules."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from loadtests.results import commit as _commit
from loadtests.results import processor

__all__ = ["commit", "processor"]


def commit() -> str:
    """The commit of this checkout, shortened."""
    return _commit()[0][:7]
