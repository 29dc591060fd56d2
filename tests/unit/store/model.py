"""The store as a few dictionaries: what test_model compares the real ones with."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from networkx_mcp.store.protocol import NewGraph, Operation, Quota, StoredCounts
from networkx_mcp.store.shared import record_bytes

#: What graphs weigh as their writers measured them: meta -> bytes in memory. Any other meta is of a writer who did not.
WEIGHED = {msgspec.msgpack.encode({"directed": True, "memory": size}): size for size in (1, 300, 1000)}


@dataclass
class Graph:
    uid: str
    version: int
    base: int
    snapshot: bytes
    snapshot_version: int
    meta: bytes
    counts: StoredCounts
    log: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def logged(self) -> int:
        return sum(len(payload) for _, payload in self.log)

    @property
    def stored(self) -> int:
        return len(self.snapshot) + self.logged

    @property
    def memory(self) -> int:
        """The base as it was measured, or for what it stores; and the log."""
        return base_memory(self.meta, self.snapshot) + self.logged


def base_memory(meta: bytes, snapshot: bytes) -> int:
    return WEIGHED.get(meta, len(snapshot))


class Refused(Exception):
    """A write that must be refused: with the name of the error's class and its main fact."""

    def __init__(self, name: str, fact: object = None) -> None:
        super().__init__(name, fact)


@dataclass
class Tenant:
    """`keep`: newest operation ids of a graph that are remembered; None for all of them."""

    keep: int | None
    graphs: dict[str, Graph] = field(default_factory=dict)
    operations: dict[str, OrderedDict[str, Operation]] = field(default_factory=dict)
    had_graphs: bool = False

    @property
    def bytes(self) -> int:
        records = sum(record_bytes(one) for some in self.operations.values() for one in some.values())
        return sum(graph.stored for graph in self.graphs.values()) + records

    @property
    def memory(self) -> int:
        return sum(graph.memory for graph in self.graphs.values())

    def known(self, graph_id: str, operation: Operation | None) -> Operation | None:
        """The first write under this id. Raises Refused where it was another request."""
        first = self.operations.get(graph_id, {}).get(operation.operation_id) if operation else None
        if first is not None and operation is not None and first.fingerprint != operation.fingerprint:
            raise Refused("InvalidInput", "operation_id")
        return first

    def _remember(self, graph_id: str, operation: Operation | None) -> None:
        if operation is not None:
            records = self.operations.setdefault(graph_id, OrderedDict())
            records[operation.operation_id] = operation
            while self.keep is not None and len(records) > self.keep:
                records.popitem(last=False)

    def _check(self, quota: Quota, size: int, growth: int, more: int, operation: Operation | None) -> None:
        """`more`: by how much the graph grows in memory."""
        growth += record_bytes(operation)
        if size > quota.graph_bytes:
            raise Refused("LimitExceeded", size)
        if more > 0 and self.memory + more > quota.tenant_memory:
            raise Refused("LimitExceeded", self.memory + more)
        if growth > 0 and self.bytes + growth > quota.tenant_bytes:
            raise Refused("LimitExceeded", self.bytes + growth)

    def _at(self, graph_id: str, version: int | None, uid: str | None = None) -> Graph:
        graph = self.graphs.get(graph_id)
        if graph is None or (uid is not None and graph.uid != uid):
            raise Refused("NotFound")
        if version is not None and graph.version != version:
            raise Refused("Conflict", graph.version)
        return graph

    def create(self, new: NewGraph, quota: Quota, operation: Operation | None) -> Operation | None:
        if first := self.known(new.graph_id, operation):
            return first
        if graph := self.graphs.get(new.graph_id):
            raise Refused("Conflict", graph.version)
        if len(self.graphs) + 1 > quota.tenant_graphs:
            raise Refused("LimitExceeded", len(self.graphs) + 1)
        size = len(new.snapshot)
        self._check(quota, size, size, base_memory(new.meta, new.snapshot), operation)
        self._fill(new, new.version, operation)
        self.had_graphs = True
        return None

    def replace(
        self, uid: str, version: int, new: NewGraph, quota: Quota, operation: Operation | None
    ) -> Operation | None:
        if first := self.known(new.graph_id, operation):
            return first
        graph = self._at(new.graph_id, version, uid)
        size, more = len(new.snapshot), base_memory(new.meta, new.snapshot) - graph.memory
        self._check(quota, size, size - graph.stored, more, operation)
        self._fill(new, version + 1, operation)
        return None

    def _fill(self, new: NewGraph, version: int, operation: Operation | None) -> None:
        snapshot_version = version if new.snapshot else 0
        self.graphs[new.graph_id] = Graph(
            new.uid, version, version, new.snapshot, snapshot_version, new.meta, new.counts
        )
        self._remember(new.graph_id, operation)

    def append(
        self,
        graph_id: str,
        uid: str,
        version: int,
        payload: bytes,
        counts: StoredCounts,
        quota: Quota,
        operation: Operation | None,
    ) -> Operation | None:
        if first := self.known(graph_id, operation):
            return first
        graph = self._at(graph_id, version, uid)
        self._check(quota, graph.stored + len(payload), len(payload), len(payload), operation)
        graph.version += 1
        graph.log.append((graph.version, payload))
        graph.counts = counts
        self._remember(graph_id, operation)
        return None

    def delete(self, graph_id: str, version: int | None, operation: Operation | None) -> Operation | None:
        if first := self.known(graph_id, operation):
            return first
        self._at(graph_id, version)
        del self.graphs[graph_id]
        self._remember(graph_id, operation)
        return None

    def compact(self, graph_id: str, uid: str, version: int, snapshot: bytes, meta: bytes | None = None) -> bool:
        graph = self.graphs.get(graph_id)
        if graph is None or graph.uid != uid or version <= graph.snapshot_version:
            return False
        if not graph.base <= version <= graph.version:
            return False
        graph.log = [entry for entry in graph.log if entry[0] > version]
        graph.base = graph.snapshot_version = version
        graph.snapshot = snapshot
        graph.meta = graph.meta if meta is None else meta
        return True
