"""How operations on graphs end: counted, audited, or refused with what was wrong, what is allowed and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from networkx_mcp.errors import Conflict, LimitExceeded, Outcome, ServiceError
from networkx_mcp.settings import KIB, MIB, Limits
from networkx_mcp.telemetry import metrics
from networkx_mcp.telemetry.audit import audit

#: What a graph or a tenant is held to, as errors (data `limit`) and metrics name it, with its maximum (bytes, or a number).
LIMITS: Mapping[str, Callable[[Limits], int]] = {
    "value": lambda limits: limits.value_kib * KIB,
    "graph_nodes": lambda limits: limits.graph_nodes,
    "graph_edges": lambda limits: limits.graph_edges,
    "graph_bytes": lambda limits: limits.graph_mb * MIB,
    "tenant_bytes": lambda limits: limits.tenant_mb * MIB,
    "tenant_memory": lambda limits: limits.tenant_memory_mb * MIB,
    "tenant_graphs": lambda limits: limits.tenant_graphs,
    "upload": lambda limits: limits.upload_mb * MIB,
}


class Attempt:
    """One operation from its begin to its outcome: counted once, audited once (if it is a write)."""

    def __init__(self, operation: str, graph_id: str | None = None, *, audited: bool = True, **extra: Any) -> None:
        """`operation` is a label of graph_operations_total; `extra` is for the audit line."""
        self.operation = operation
        self.graph_id = graph_id
        self.version_before: int | None = None
        self.version_after: int | None = None
        self._audited = audited
        self._extra = extra
        self._open = True
        #: The caller is gone; the section's end is the operation's.
        self._followed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if not self._followed:
            self.ended(error)

    def follow(self, task: asyncio.Task[Any]) -> None:
        """Let the end of `task` be the end of the operation."""
        self._followed = True
        task.add_done_callback(lambda done: self.ended(error_of(done)))

    def ended(self, error: BaseException | None) -> None:
        """Record the outcome; a second call does nothing."""
        if not self._open:
            return
        self._open = False
        outcome = outcome_of(error)
        metrics.GRAPH_OPERATIONS.labels(self.operation, outcome).inc()
        if isinstance(error, LimitExceeded) and (limit := error.data.get("limit")) in LIMITS:
            metrics.GRAPH_LIMIT_REFUSALS.labels(limit).inc()
        if self._audited:
            audit(
                self.operation,
                graph_id=self.graph_id,
                version_before=self.version_before,
                version_after=self.version_after,
                outcome=outcome,
                **self._extra,
            )


def outcome_of(error: BaseException | None) -> Outcome:
    """The label of an operation that ended with `error`."""
    if error is None:
        return "ok"
    if isinstance(error, ServiceError):
        return error.outcome
    return "cancelled" if isinstance(error, asyncio.CancelledError | GeneratorExit) else "internal"


def error_of(task: asyncio.Task[Any]) -> BaseException | None:
    """What a task that is done ended with; None where it answered."""
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def limit_exceeded(name: str, maximum: int, actual: int) -> LimitExceeded:
    """The error for a graph with too many `nodes` or `edges`."""
    setting = f"limits.graph_{name}"
    return LimitExceeded(
        f"the graph would have {actual} {name}; at most {maximum} are allowed ({setting}). "
        "Split it into several graphs, or ask the operator to raise the limit",
        limit=f"graph_{name}",
        setting=setting,
        maximum=maximum,
        actual=actual,
    )


def memory_exceeded(maximum: int, actual: int) -> LimitExceeded:
    """The error for a graph that is too large in memory, in bytes."""
    return LimitExceeded(
        f"the graph would take {-(-actual // MIB)} MiB in memory; at most {maximum // MIB} MiB are allowed (limits.graph_mb), "
        "however small it is stored. Remove attributes or nodes, split the graph, or ask the operator to raise the limit",
        limit="graph_bytes",
        setting="limits.graph_mb",
        maximum=maximum,
        actual=actual,
    )


def version_conflict(graph_id: str, wanted: int, version: int | None) -> Conflict:
    """The error for an `if_version` that is not the graph's; 0 means that there must be none."""
    if wanted == 0:
        return Conflict(f"graph {graph_id!r} exists already, at version {version}", version=version)
    if wanted == version:
        return Conflict(
            f"graph {graph_id!r} is another one now, also at version {version}: it was deleted or replaced, and made "
            "anew; read it again and decide with what it is now",
            version=version,
        )
    return Conflict(
        f"graph {graph_id!r} is at version {version}, not {wanted}; read it again and decide with what it is now",
        version=version,
    )


def too_busy(graph_id: str, times: int, version: int | None = None) -> Conflict:
    """The error for a write that met another replica's again and again."""
    return Conflict(
        f"graph {graph_id!r} was changed by others {times} times in a row; try again", retry_after=1, version=version
    )
