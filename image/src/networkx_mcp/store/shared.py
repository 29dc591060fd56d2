"""What both stores count and refuse in the same way: chunk size, record sizes, errors.

The specification in tests/unit/store runs over both stores; what is here cannot differ.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from networkx_mcp import settings
from networkx_mcp.errors import Conflict, GraphDamaged, InvalidInput, LimitExceeded, NotFound, StoreUnavailable
from networkx_mcp.store.protocol import UNBOUNDED, Operation, Quota

#: Most of a snapshot that one command or row carries, in bytes.
CHUNK_BYTES = 1024 * 1024
#: What an operation id counts for besides its own text, fingerprint and result, in bytes.
OPERATION_OVERHEAD = 64

#: What a kept result counts for besides its key and value, in bytes.
RESULT_OVERHEAD = 160

#: Seconds since 1970 that calendars can tell: the end of the year 9999.
LAST_SECOND = 253_402_300_800

MIB = 1024 * 1024

_SETTINGS = {
    "graph_bytes": ("limits.graph_mb", "the stored graph", "remove attributes or nodes, or split the graph"),
    "tenant_bytes": ("limits.tenant_mb", "all stored graphs of this tenant", "delete graphs that are not needed"),
    "tenant_memory": (
        "limits.tenant_memory_mb",
        "what all graphs of this tenant take in memory, however small they are stored,",
        "delete graphs or attributes that are not needed",
    ),
    "tenant_graphs": ("limits.tenant_graphs", "the graphs of this tenant", "delete graphs that are not needed"),
}


class Recall(NamedTuple):
    """How long operation ids are remembered, in seconds and in newest ones of a graph."""

    sure: float
    most: float
    keep: int

    @classmethod
    def of(cls, store: settings.StoreSettings) -> Recall:
        """The settings; nothing is forgotten before its sure time."""
        sure = float(store.operation_id_seconds)
        return cls(sure, max(sure, float(store.operation_id_max_seconds)), store.operation_id_keep)


class _Weighed(msgspec.Struct):
    memory: int = 0


_weighed = msgspec.msgpack.Decoder(_Weighed)


def memory_of(meta: bytes, snapshot_bytes: int, log_bytes: int) -> int:
    """What a graph counts for in memory, in bytes: its base, which the writer of the snapshot measured (`memory` of the meta), and
    its log. Without that measure, as release 0.1.0 wrote graphs, the base counts for what it stores. lua/common.lua has the same."""
    try:
        base = _weighed.decode(meta).memory
    except (msgspec.MsgspecError, RecursionError):
        base = 0
    return (base if 0 < base <= UNBOUNDED else snapshot_bytes) + log_bytes


def chunks(snapshot: bytes | memoryview, size: int = CHUNK_BYTES) -> Iterator[memoryview]:
    """The snapshot in parts of at most `size` bytes; none for an empty one. Nothing is copied."""
    view = memoryview(snapshot)
    for start in range(0, len(snapshot), size):
        yield view[start : start + size]


def record_bytes(operation: Operation | None) -> int:
    """What remembering an operation counts for in the tenant's quota."""
    if operation is None:
        return 0
    texts = len(operation.operation_id.encode()) + len(operation.fingerprint.encode())
    return texts + len(operation.result) + OPERATION_OVERHEAD


def check_names(tenant: str, operation: Operation | None = None) -> None:
    """Raises InvalidInput where a name is empty: no store could tell it from an absent one."""
    if not tenant:
        raise InvalidInput("the tenant has no name: give the token a tenant", field="tenant")
    if operation is not None and not operation.operation_id:
        raise InvalidInput("operation_id is empty: leave it out, or give 1 or more characters", field="operation_id")


def damaged(graph_id: str, why: str) -> GraphDamaged:
    """The error for what a store has of a graph and no server of ours wrote so."""
    return GraphDamaged(
        f"graph {graph_id} is damaged in the store ({why}): restore it from a backup with replace, or delete it"
    )


def absent(graph_id: str) -> NotFound:
    return NotFound(f"no graph {graph_id!r}: list_graphs tells which there are", kind="graph", graph_id=graph_id)


def exists(graph_id: str, version: int) -> Conflict:
    text = f"graph {graph_id!r} exists already, at version {version}: choose another id, or delete it first"
    return Conflict(text, graph_id=graph_id, version=version)


def moved(graph_id: str, version: int, expected: int) -> Conflict:
    text = f"graph {graph_id!r} is at version {version}, not {expected}: read it again and repeat the change"
    return Conflict(text, graph_id=graph_id, version=version)


def reused(operation_id: str) -> InvalidInput:
    text = f"operation_id {operation_id!r} named another request before: use a new one for each change"
    return InvalidInput(text, field="operation_id")


def over(limit: str, quota: Quota, actual: int) -> LimitExceeded:
    """The refusal of a write past `limit`, a field name of Quota; sizes in bytes or graphs."""
    setting, what, advice = _SETTINGS[limit]
    maximum: int = getattr(quota, limit)
    amounts = f"{actual / MIB:.2f} MiB, allowed are {maximum / MIB:.2f} MiB"
    if limit == "tenant_graphs":
        amounts = f"{actual}, allowed are {maximum}"
    text = f"{what} would be {amounts} ({setting}): {advice}, or ask the operator to raise {setting}"
    return LimitExceeded(text, limit=limit, setting=setting, maximum=maximum, actual=actual)


class StoreRefused(StoreUnavailable):
    """The store answered, and the answer was no (full, read-only): it is up, and does not serve."""


def unavailable(reason: str, *, answered: bool = False) -> StoreUnavailable:
    """The store is away or too slow, or failed half-way: what became of a write is not known.

    `problem` is what ails the store, for operators; callers of tools read behind it what they do next.
    """
    made = StoreRefused if answered else StoreUnavailable
    hint = "Whether a change was made is unknown: repeat it with the same operation_id."
    return made(f"the store {reason}.", hint=hint, retry_after=_spread(1))


def refused(reason: str) -> StoreUnavailable:
    """The store did nothing, and will do nothing until somebody helps it."""
    return StoreRefused(f"the store {reason}; nothing was changed", retry_after=_spread(5))


def _spread(seconds: float) -> float:
    """Callers that failed together do not come back together."""
    return round(seconds * random.uniform(1, 2), 2)  # noqa: S311 - no secret
