"""What a store promises: the same on SQLite and Redis/Valkey.

A graph is an append-only log of operations plus a snapshot, both opaque bytes here. A write that
returned is durable (see docs/operate.md, Stores). Every write is a compare-and-set on the version.

* Versions count from 1 (the creation) and grow by 1 with each write; compaction changes no version.
* `uid` is new for each creation: a deleted and re-created id is another graph, so caches key by it.
* All calls raise `errors.StoreUnavailable` when the store cannot be reached or answers too late;
  a write that raised it may have happened: the caller's `operation_id` makes a repeat safe.
* An absent graph and another tenant's graph are the same: `errors.NotFound`.
* A head that no server of ours wrote is `errors.GraphDamaged` for whoever needs it; it can be deleted, and listed. So it is
  with a log or a snapshot. What is not one graph's (list, usage, operation ids) and of another kind is `errors.StoreDamaged`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec

#: Tenant and graph id.
GraphKey = tuple[str, str]


#: More bytes than there are, and a number that Lua has exactly.
UNBOUNDED = 2**53


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A graph without its contents."""

    graph_id: str
    uid: str
    version: int
    #: Version that the snapshot holds; 0: no snapshot, the log begins at the creation.
    snapshot_version: int
    snapshot_bytes: int
    #: The log holds the versions after `version - log_operations`; a graph that was created or
    #: restored without a snapshot was empty at that version.
    log_operations: int
    log_bytes: int
    nodes: int
    edges: int
    #: Opaque to the store (msgpack of graphs.Meta: directed, description, ...), but for `memory`.
    meta: bytes
    #: Unix time in seconds.
    created: float
    updated: float


class DamagedHead(msgspec.Struct, frozen=True):
    """In a list, a graph whose head no server of ours wrote: `heads` raises GraphDamaged for it."""

    graph_id: str


class StoredCounts(NamedTuple):
    """Size of a graph after a write, kept in the head so that lists need no graph."""

    nodes: int
    edges: int


class Quota(NamedTuple):
    """Limits that the store checks together with the write, in bytes and graphs.

    A graph counts for its snapshot and log, a tenant for all its graphs and remembered operation
    ids. A write that frees space is refused by `graph_bytes` alone. In memory a graph counts for the `memory` of its meta (see
    `shared.memory_of`) and its log; a write by which that does not grow is not refused for it. LimitExceeded carries the
    name of the field as `limit`."""

    graph_bytes: int
    tenant_bytes: int
    tenant_graphs: int
    #: What all graphs of the tenant take in memory, in bytes.
    tenant_memory: int = UNBOUNDED


class Operation(NamedTuple):
    """The caller's name for a write, so that it happens once however often it is sent.

    `fingerprint` is a digest of the request: the same id with another fingerprint is an error
    (`errors.InvalidInput`, field operation_id). `result` is what a repeat is answered with.
    """

    operation_id: str
    fingerprint: str
    result: bytes


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A write that is durable. `repeated`: it had happened before, and `result` is the first one's."""

    head: Head | None
    result: bytes
    repeated: bool = False


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A consistent read: the snapshot (b"" where there is none) and the log after it, oldest first."""

    head: Head
    snapshot: bytes
    #: (version, payload) of each operation after `snapshot_version`.
    log: list[tuple[int, bytes]]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant uses; bytes hold snapshots, logs and operation ids."""

    graphs: int
    bytes: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """State of the store for /ready and the metrics. Byte counts are 0 where unknown or unlimited."""

    up: bool
    product: str
    detail: str
    memory_bytes: int = 0
    memory_limit_bytes: int = 0
    persistence_ok: bool = True


@dataclass(frozen=True, slots=True)
class NewGraph:
    """A graph to be created: empty log, optional snapshot. `version` is 1 unless it is restored."""

    graph_id: str
    uid: str
    meta: bytes
    counts: StoredCounts
    snapshot: bytes = b""
    version: int = 1


class Store(Protocol):
    """Durable graphs. Safe for concurrent use within one event loop."""

    async def start(self) -> None:
        """Connect and check durability. Raises `errors.InvalidInput` naming the store setting to
        change where the store may evict or lose writes (unless `store.allow_volatile`), and
        `errors.StoreUnavailable` where it does not answer."""

    async def close(self) -> None: ...

    def when_replaced(self, forget: Callable[[], None]) -> None:
        """Call `forget` before anything is read from another server process than the last one (it restarted, failed
        over, or runs on a restored volume): what was read or written before may not be there any more. Writes that
        rest on what was read before (`append`, `compact`) are refused then as if they had come too late."""

    async def health(self) -> Health:
        """Never raises; an unreachable store is `up=False`."""

    async def create(self, tenant: str, new: NewGraph, quota: Quota, operation: Operation | None) -> Written:
        """Raises Conflict (data `version`) where the id exists, LimitExceeded past the quota."""

    async def append(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        payload: bytes,
        counts: StoredCounts,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        """Add one operation on top of `expected_version`. Raises Conflict (data `version`, the
        current one) where the graph moved on, NotFound where it (or this uid) is gone,
        LimitExceeded past the quota. A known operation_id is answered first, before any of these."""

    async def replace(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        new: NewGraph,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        """Replace the contents (snapshot, meta, counts, uid) of the graph that had this uid; its version
        becomes expected_version + 1 (`new.version` is not looked at); `created` and the operation
        ids stay. Raises as append."""

    async def compact(
        self, tenant: str, graph_id: str, uid: str, version: int, snapshot: bytes, meta: bytes | None = None
    ) -> bool:
        """Make `snapshot` (the graph at `version`) the base and drop the log up to it, without
        changing the version; `meta` becomes that of the head, where given. False where it came too late (graph gone, a snapshot of this version
        or a newer one there). Checks no quota. Raises ValueError for an empty snapshot."""

    async def delete(self, tenant: str, graph_id: str, if_version: int | None, operation: Operation | None) -> Written:
        """Remove a graph; its operation ids stay for their time. Raises NotFound, Conflict, and with `if_version` GraphDamaged
        where the head is damaged: such a graph has no version, and goes only without one. What it stored is measured then."""

    @property
    def immediate(self) -> bool:
        """Whether `heads` answers without a wait, so that callers have no round trip to share."""

    async def heads(self, keys: Sequence[GraphKey]) -> list[Head | None]:
        """Heads of (tenant, graph_id) pairs in one round trip, None for the absent."""

    async def read(self, tenant: str, graph_id: str) -> Contents:
        """Snapshot and log of one moment. Raises NotFound."""

    async def read_log(self, tenant: str, graph_id: str, uid: str, after: int) -> list[tuple[int, bytes]] | None:
        """Operations with a version above `after`, oldest first; None where the log no longer
        reaches back that far or the uid is gone (then `read`)."""

    async def known_operation(self, tenant: str, graph_id: str, operation_id: str) -> tuple[str, bytes] | None:
        """(fingerprint, result) of a write that happened under this operation_id, if remembered."""

    async def list_graphs(self, tenant: str, after: str, limit: int) -> list[Head | DamagedHead]:
        """Heads with an id above `after`, ordered by id; fewer than `limit` only
        at the end."""

    async def usage(self, tenant: str) -> Usage: ...

    async def memory(self, tenant: str) -> int:
        """What all graphs of the tenant would take in memory at once, in bytes."""

    async def tenants(self) -> list[str]:
        """Tenants that have or had graphs, sorted."""

    async def result(self, tenant: str, graph_id: str, uid: str, version: int, key: str) -> bytes | None:
        """What some replica kept (`keep_result`) under `key` for this very version; None where it is not there."""

    async def keep_result(
        self, tenant: str, graph_id: str, uid: str, version: int, key: str, value: bytes, *, anew: bool = False
    ) -> bool:
        """Keep the result of an analysis for all replicas, for `store.results_seconds` at most, within
        `store.results_mb` of the tenant, beside its quota; the graphs whose results are oldest make room.
        False where it was not kept: another version is current, it is too large, the store keeps none
        or is short of memory. Deleting or replacing the graph deletes its results; `anew` deletes them first."""

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
        """Take up to `wanted` requests out of the shared token bucket `bucket` (rate per second,
        at most `burst` saved up). Returns how many were granted, 0 to `wanted`."""

    async def put_note(self, name: str, value: str) -> None:
        """Keep a small fact for all replicas (the time of the last backup)."""

    async def get_note(self, name: str) -> str | None: ...

    async def settle_note(self, name: str, value: str) -> str:
        """The note of this name; `value` becomes it where there is none. Of two callers at once both get the same."""
