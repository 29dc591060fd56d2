"""The one way to refuse for load: an error that is counted when it is made."""

from __future__ import annotations

from typing import Any

from networkx_mcp.errors import Shed
from networkx_mcp.telemetry import metrics


def shed(message: str, *, reason: str, retry_after: float, **data: Any) -> Shed:
    """An errors.Shed to raise, entered in `requests_shed_total` under `reason`; `retry_after` in seconds."""
    metrics.REQUESTS_SHED.labels(reason=reason).inc()
    return Shed(message, retry_after=retry_after, reason=reason, **data)
