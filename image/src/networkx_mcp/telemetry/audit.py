"""Audit: who did what to which graph, in the same stream as the logs, with `event=audit`.

A line never holds a token or graph data: callers pass names, ids and versions only.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from networkx_mcp.telemetry import logs


class _Valve:
    """Lets a burst of lines through and then a steady rate; counts what it held back.

    Failed logins are caused by strangers: without it a flood of them would flood the log.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._level, self._seen = float(burst), time.monotonic()
        self.held = 0

    def open(self) -> bool:
        now = time.monotonic()
        self._level = min(self._burst, self._level + (now - self._seen) * self._rate)
        self._seen = now
        if self._level < 1:
            self.held += 1
            return False
        self._level -= 1
        return True


_failures = _Valve(rate=20, burst=100)


def audit(
    action: str,
    *,
    graph_id: str | None = None,
    version_before: int | None = None,
    version_after: int | None = None,
    outcome: str = "ok",
    **extra: Any,
) -> None:
    """Record that the caller of the current context did `action`. Never pass tokens or graph data."""
    logs.event(
        "audit",
        action=action,
        graph_id=graph_id,
        version_before=version_before,
        version_after=version_after,
        outcome=outcome,
        success=outcome == "ok",
        **extra,
    )


def refused(action: str, reason: str, **extra: Any) -> None:
    """Record a failed authentication or a denied scope; under a flood, a sample with the number left out."""
    if _failures.open():
        if _failures.held:
            extra["suppressed"], _failures.held = _failures.held, 0
        logs.event(
            "audit",
            level=logging.WARNING,
            action=action,
            graph_id=None,
            version_before=None,
            version_after=None,
            outcome="client_error",
            success=False,
            reason=reason,
            **extra,
        )
