"""How long a test waits for what must happen: far longer than it takes on the slowest machine that runs the tests.

Whoever waits so long has found a fault: what was caused never came. It is no bound of how fast anything is.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

#: Seconds. Below the timeout of a test in pytest.ini, so that the one that failed says what it waited for.
PATIENCE = 120.0


def eventually(check: Callable[[], Any], *, timeout: float = PATIENCE, every: float = 0.05) -> Any:
    """The first true value of `check()`. Raises AssertionError when none came in time."""
    until = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout} s: {check}")
        time.sleep(every)


async def soon(check: Callable[[], Any], *, timeout: float = PATIENCE, every: float = 0.01) -> Any:
    """The same where an event loop goes on meanwhile; `check` may be a coroutine function."""
    until = time.monotonic() + timeout
    while True:
        value = check()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout} s: {check}")
        await asyncio.sleep(every)
