"""Graphs in memory: a cache, nothing else. Whatever is here can be dropped at any moment.

A `Resident` is a sealed base (one memfd, shared with workers), the operations since it, and the
state they make. `Residents` holds them in least-recently-used order within the memory budget.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from networkx_mcp.arrays import edits as edit_batches
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import GraphDamaged, MemoryLimit
from networkx_mcp.graphs.model import meta_of
from networkx_mcp.limits.memory_account import Level, MemoryAccount
from networkx_mcp.store.protocol import GraphKey, Head
from networkx_mcp.telemetry import metrics

if TYPE_CHECKING:
    from networkx_mcp.arrays.frozen import FrozenGraph
    from networkx_mcp.arrays.state import Prepared

#: What an entry costs beside its contents, in bytes; an estimate.
ENTRY_BYTES = 2048
#: What the cache may hold while memory is short, in bytes: small graphs are still served quickly.
CONSTRAINED_BYTES = 16 * 1024 * 1024


class Resident:
    """One graph in memory, at the version of `head`.

    `base` at `base_version` plus `batches` (version, payload), oldest first, is what a worker gets;
    `state` is the same for point reads in this process.
    """

    __slots__ = (
        "appending",
        "base",
        "base_version",
        "batch_bytes",
        "batches",
        "broken",
        "directed",
        "era",
        "head",
        "key",
        "state",
        "sync",
    )

    def __init__(self, key: GraphKey, head: Head, base: FrozenGraph | None, base_version: int) -> None:
        self.key = key
        self.head = head
        self.directed = meta_of(head).directed
        self.base = base
        self.base_version = base_version
        if base is not None and base.directed != self.directed:
            raise GraphDamaged(f"graph {key[1]}: its head and its snapshot differ in whether it is directed")
        self.state = GraphState(base, self.directed)
        self.batches: list[tuple[int, bytes]] = []
        self.batch_bytes = 0
        #: Readers that must catch up do it one after the other: the first reads for all.
        self.sync = asyncio.Lock()
        #: Set while a write of this process is on its way to the store.
        self.appending: asyncio.Future[None] | None = None
        #: An operation did not apply half-way: the state is of no version, never use it again.
        self.broken = False
        #: Of `Residents` when this was read.
        self.era = 0

    @property
    def uid(self) -> str:
        return self.head.uid

    @property
    def version(self) -> int:
        return self.head.version

    @property
    def size(self) -> _ResidentSize:
        """What it counts for now."""
        shared = self.base.nbytes if self.base is not None else 0
        heap = self.state.overlay_bytes + self.batch_bytes + ENTRY_BYTES
        return _ResidentSize(shared + heap, heap, self.head.nodes, self.head.edges)

    def advance(self, head: Head, log: Iterable[tuple[int, bytes]]) -> None:
        """Apply the operations up to `head.version`, those already here left out, and take `head`.

        Raises GraphDamaged and marks the entry broken where the log has a gap or does not apply.
        """
        version = self.version
        for at, payload in log:
            if at <= version or at > head.version:
                continue
            if at != version + 1:
                self.broken = True
                raise GraphDamaged(f"graph {self.key[1]}: its log lacks version {version + 1}")
            self._apply(at, payload)
            version = at
        if version != head.version:
            self.broken = True
            raise GraphDamaged(f"graph {self.key[1]}: its log ends at version {version}, not {head.version}")
        self.head = head

    def commit(self, state: GraphState, prepared: Prepared, payload: bytes, head: Head) -> None:
        """Take a write of this process that the store has acknowledged as `head.version`.

        `prepared` was made on `state`. Since then a reader may have seen the write in the store and
        applied it, or compaction may have put another base beneath: then nothing, or the payload.
        """
        if self.version >= head.version or self.broken:
            return
        if self.version != head.version - 1:
            self.broken = True
            return
        if self.state is state:
            state.commit(prepared)
            self.batches.append((head.version, payload))
            self.batch_bytes += len(payload)
        else:
            self._apply(head.version, payload)
        self.head = head

    def adopt(self, base: FrozenGraph, head: Head) -> None:
        """Take a write that a worker has done: `base` is the graph at `head.version`, acknowledged."""
        if self.broken or self.version < head.version - 1:
            self.broken = True
            return
        if self.version < head.version:
            self.head = head
        self.rebase(base, head.version)

    def rebase(self, base: FrozenGraph, version: int) -> None:
        """Put `base`, this graph at `version`, beneath the operations after it."""
        later = [(at, payload) for at, payload in self.batches if at > version]
        state = GraphState(base, self.directed)
        for _, payload in later:
            state.apply(edit_batches.decode(payload))
        self.base, self.base_version, self.state = base, version, state
        self.batches = later
        self.batch_bytes = sum(len(payload) for _, payload in later)

    def _apply(self, version: int, payload: bytes) -> None:
        try:
            self.state.apply(edit_batches.decode(payload))
        except Exception as error:
            self.broken = True
            raise GraphDamaged(f"graph {self.key[1]}: its log cannot be applied at version {version}") from error
        self.batches.append((version, payload))
        self.batch_bytes += len(payload)


class _ResidentSize(NamedTuple):
    """What entries amount to; `heap` is the part of `nbytes` that is no shared memory."""

    nbytes: int = 0
    heap: int = 0
    nodes: int = 0
    edges: int = 0


class Residents:
    """Least-recently-used cache of graphs, entered in the memory budget as `resident`."""

    def __init__(self, budget: MemoryAccount, places: int | None = None) -> None:
        self._budget = budget
        #: Entries that there are descriptors for; None: no bound.
        self._places = places
        self._account = budget.reserve("resident", 0)
        self._entries: OrderedDict[GraphKey, Resident] = OrderedDict()
        #: What each entry was counted with.
        self._counted: dict[GraphKey, _ResidentSize] = {}
        self._totals = _ResidentSize()
        #: Bytes of each tenant's entries.
        self._of_tenant: Counter[str] = Counter()
        #: Counts the servers of the store: a graph read from one is not to be mixed with what another has.
        self.era = 0
        budget.subscribe(self._level_changed)
        budget.reclaim_with(self.reclaim)
        budget.in_heap_with(lambda: self._totals.heap)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes of all entries."""
        return self._totals.nbytes

    @property
    def capacity(self) -> int:
        """Bytes that entries may take now: little while memory is short."""
        cap = self._budget.cap("resident")
        return cap if self._budget.level is Level.NORMAL else min(cap, CONSTRAINED_BYTES)

    def get(self, key: GraphKey) -> Resident | None:
        """The entry, now the most recently used; None where there is none or it is broken."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.broken:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, entry: Resident) -> bool:
        """Insert or replace, others make room. False where it does not fit: it stays out of the cache.

        What it holds is of this `era`."""
        entry.era = self.era
        self.drop(entry.key)
        self._entries[entry.key] = entry
        return self._fit(entry)

    def changed(self, entry: Resident) -> None:
        """`entry` grew, shrank or broke; nothing where it was dropped meanwhile."""
        if entry.broken:
            self.drop(entry.key, only=entry)
        elif self._entries.get(entry.key) is entry:
            self._fit(entry)

    def drop(self, key: GraphKey, only: Resident | None = None) -> None:
        """Forget the entry (only if it is `only`, where given)."""
        entry = self._entries.get(key)
        if entry is None or (only is not None and entry is not only):
            return
        del self._entries[key]
        self._count(key, _ResidentSize())
        if self.nbytes < self._account.nbytes:
            self._account.resize(self.nbytes)

    def lived(self, entry: Resident) -> bool:
        """Whether `entry` may still be used: not broken, and of this era."""
        return not entry.broken and entry.era == self.era

    def next_era(self) -> None:
        """Forget all, and let those who hold an entry know that it is not to be used."""
        self.era += 1
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        for key in list(self._entries):
            self.drop(key)

    def reclaim(self, nbytes: int) -> None:
        """Forget the least recently used until `nbytes` are free, or none is left."""
        goal = self.nbytes - nbytes
        while self._entries and self.nbytes > goal:
            self.drop(self._next_to_go())

    def halve(self) -> None:
        """Forget the less recently used half: what else they hold is short."""
        for key in list(self._entries)[: (len(self._entries) + 1) // 2]:
            self.drop(key)

    def close(self) -> None:
        """Forget all and leave the budget."""
        self.clear()
        self._account.release()

    def _fit(self, entry: Resident) -> bool:
        """Count `entry` anew and drop others, at last itself, until the budget takes the total."""
        self._count(entry.key, entry.size)
        while True:
            if self.nbytes <= self.capacity and (self._places is None or len(self._entries) <= self._places):
                try:
                    self._account.resize(self.nbytes)
                except MemoryLimit:
                    pass
                else:
                    return True
            oldest = self._next_to_go(entry.key)
            self.drop(oldest)
            if oldest == entry.key:
                return False

    def _next_to_go(self, last: GraphKey | None = None) -> GraphKey:
        """The least recently used of the tenant that holds most, so that nobody's many graphs push out those of all others;
        `last` only where it is alone."""
        most = max(self._of_tenant.values(), default=0)
        oldest: GraphKey | None = None
        for key in self._entries:  # of thousands mostly the first
            if key != last:
                if self._of_tenant[key[0]] == most:
                    return key
                oldest = oldest or key
        return oldest or last or next(iter(self._entries))

    def _count(self, key: GraphKey, now: _ResidentSize) -> None:
        before = self._counted.pop(key, _ResidentSize())
        self._of_tenant[key[0]] += now.nbytes - before.nbytes
        if not self._of_tenant[key[0]]:
            del self._of_tenant[key[0]]
        if now.nbytes:
            self._counted[key] = now
        total = self._totals
        self._totals = _ResidentSize(
            total.nbytes - before.nbytes + now.nbytes,
            total.heap - before.heap + now.heap,
            total.nodes - before.nodes + now.nodes,
            total.edges - before.edges + now.edges,
        )
        metrics.GRAPHS.set(len(self._entries))
        metrics.GRAPH_NODES.set(self._totals.nodes)
        metrics.GRAPH_EDGES.set(self._totals.edges)

    def _level_changed(self, level: Level) -> None:
        if level in (Level.CONSTRAINED, Level.PROTECTIVE):
            # Not here: the level may have changed in the middle of an entry of our own.
            asyncio.get_running_loop().call_soon(self.clear)
