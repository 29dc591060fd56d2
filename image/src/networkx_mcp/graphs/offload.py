"""What the graph service gives to workers, and what is small enough to do here.

The event loop never decodes, freezes or compresses more than some milliseconds' worth; beyond that
a worker does it and hands back sealed memfds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from networkx_mcp.analysis.graph_tasks import merge, read_snapshot, unreadable
from networkx_mcp.arrays import frozen, memfd, snapshot
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import EditSummary
from networkx_mcp.errors import MemoryLimit, Shed, WorkerCrashed
from networkx_mcp.limits.memory_account import Level, MemoryAccount, Reservation
from networkx_mcp.limits.shed import shed
from networkx_mcp.store import archive

if TYPE_CHECKING:
    from networkx_mcp.graphs.resident import Resident
    from networkx_mcp.workers.pool import Compute, TaskResult

#: Snapshot and log of up to this many bytes, as they are once inflated, are decoded on the event loop: 50 ms for the dearest
#: (30,000 ids), and 25 ms for a log of single edges.
INLINE_BYTES = 512 * 1024
#: Graph and edits of up to this many bytes are merged, frozen and compressed on the event loop.
INLINE_FREEZE = 64 * 1024
#: Bytes of a snapshot that take as long as one of a log: objects are made of it, a byte of MessagePack may be one.
LOG_WEIGHT = 4
#: Bytes that one of a log becomes at most, merged: `[1,2]` is an edge, with an entry at each end and a row.
LOG_GROWTH = 16
#: What comes from the store is there as pieces and joined.
READ_COPIES = 2
#: How long a graph waits for the memory that it will take, in seconds.
MEMORY_SECONDS = 2.0
TASKS = "networkx_mcp.analysis.graph_tasks"


@dataclass(frozen=True, slots=True)
class GraphSource:
    """A graph as a worker gets it: base or snapshot, and the batches since."""

    directed: bool
    base: FrozenGraph | None = None
    snapshot: bytes = b""
    batches: Sequence[bytes] = ()

    @classmethod
    def of(cls, entry: Resident) -> GraphSource:
        """The resident graph as it is now; later writes do not show."""
        return cls(entry.directed, entry.base, b"", [payload for _, payload in entry.batches])

    @property
    def nbytes(self) -> int:
        """Bytes that would have to be worked through: those of a snapshot as it is once inflated."""
        base = self.base.nbytes if self.base is not None else 0
        return base + inflated(self.snapshot) + LOG_WEIGHT * sum(map(len, self.batches))

    @property
    def memory(self) -> int:
        """Bytes that the graph may take at most once it is in memory, batches as edges and attributes."""
        base = self.base.nbytes if self.base is not None else 0
        return base + memory_of(self.snapshot, self.batches)

    def packed(self, fds: list[int], made: list[int]) -> dict[str, Any]:
        """What a task is told of the graph. A descriptor that it needs is added to `fds`, one made for it to `made`, too."""
        told: dict[str, Any] = {"directed": self.directed, "base": None, "batches": list(self.batches)}
        if self.base is not None:
            told["base"] = len(fds)
            fds.append(self.base.fd)
        elif self.snapshot:
            told["snapshot"] = len(fds)
            made.append(memfd.create("snapshot", [self.snapshot]))
            fds.append(made[-1])
        return told


class Materialised(NamedTuple):
    """A graph in one buffer, its snapshot if that was asked for, and what the edit did if there was one."""

    graph: FrozenGraph
    snapshot: bytes
    summary: EditSummary | None


class Restored(NamedTuple):
    """What an archive held: its graph in one buffer, the snapshot of that, and what its header says."""

    graph: FrozenGraph
    snapshot: bytes
    version: int
    graph_id: str
    meta: bytes


def taken(fds: list[int]) -> tuple[FrozenGraph, bytes]:
    """The buffer and the snapshot that a worker made; the buffer's descriptor, the first of `fds`, is the graph's now."""
    graph = FrozenGraph.attach(fds.pop(0))
    with memfd.attach(fds[0]) as data:
        return graph, bytes(data)


def inflated(data: bytes) -> int:
    """Bytes of a stored snapshot once it is inflated, by its first bytes; nothing is inflated. 0 for none.

    Raises ServiceError where it is no snapshot."""
    if not data:
        return 0
    try:
        return snapshot.stated_size(data)
    except ValueError as error:
        raise unreadable(str(error)) from error


def memory_of(data: bytes, batches: Sequence[bytes]) -> int:
    """Bytes that a stored snapshot and the batches since may take at most once they are a graph in memory."""
    return snapshot.GROWTH * inflated(data) + LOG_GROWTH * sum(map(len, batches))


def _short(what: str) -> Shed:
    return shed(f"the server is short of memory and {what} for the moment; try again", retry_after=5, reason="memory")


class Offloader:
    """Runs the tasks of `analysis.graph_tasks` and, on graphs, any other."""

    def __init__(self, compute: Compute, budget: MemoryAccount) -> None:
        self._compute = compute
        self._budget = budget

    def refuse_writes(self) -> None:
        """Raises Shed while memory is short (protective)."""
        if self._budget.level is Level.PROTECTIVE:
            raise _short("takes no writes")

    def refuse_large(self) -> None:
        """Raises Shed while memory is short (constrained or protective): a large graph stays in the store."""
        if self._budget.level in (Level.CONSTRAINED, Level.PROTECTIVE):
            raise _short("loads no large graphs")

    async def run(
        self,
        task: str,
        params: dict[str, Any],
        sources: Sequence[GraphSource] = (),
        *,
        tenant: str,
        fds: Sequence[int] = (),
        keep: bool = False,
    ) -> TaskResult:
        """Run `task` with the graphs added to its parameters (`graphs`) and descriptors (those of `fds` come first).

        `sources` are kept alive until the task ends. Raises what `Compute.run` raises.
        """
        out, made = list(fds), list[int]()
        try:
            if sources:
                params = {**params, "graphs": [source.packed(out, made) for source in sources]}
            return await self._compute.run(task, params, fds=out, tenant=tenant, keep=keep)
        finally:
            for fd in made:
                os.close(fd)

    async def read_archive(self, data: bytes, *, tenant: str) -> Restored:
        """An archive, read and checked by a worker. Raises InvalidInput where it is none or not sound."""
        fd = memfd.create("archive", [data])
        try:
            result = await self.run(f"{TASKS}:read_archive", {"archive": 0}, tenant=tenant, fds=[fd])
        except WorkerCrashed as error:
            raise archive.broken(f"the process that read it ended ({error.data['signal']})") from None
        finally:
            os.close(fd)
        try:
            graph, snapshot = taken(result.fds)
        finally:
            result.close()
        return Restored(graph, snapshot, **result.value)

    async def materialise(
        self, source: GraphSource, *, tenant: str, compress: bool = False, edit: bytes | None = None
    ) -> Materialised:
        """`source`, and `edit` on top of it, as one sealed buffer; here if that is little, else in a worker.

        Raises InvalidInput or NotFound where `edit` does not apply, ServiceError where the snapshot is
        corrupt, and what `Compute.run` raises.
        """
        if source.nbytes + LOG_WEIGHT * len(edit or b"") <= INLINE_FREEZE:
            base = source.base or (read_snapshot(source.snapshot) if source.snapshot else None)
            graph, summary = merge(source.directed, base, source.batches, edit)
            return Materialised(graph, frozen.compress(graph) if compress else b"", summary)
        with await self.admitted(source.memory + LOG_GROWTH * len(edit or b""), tenant=tenant):
            return await self._materialise(source, tenant, compress, edit)

    async def admitted(self, nbytes: int, *, tenant: str) -> Reservation:
        """`nbytes` of memory for a graph that a worker is about to make, entered in the account until they are released.

        What is resident makes room. Raises Shed where they are not free within MEMORY_SECONDS, MemoryLimit where they never are.
        """
        try:
            return await self._budget.reserve_soon("loads", nbytes, tenant=tenant, timeout=MEMORY_SECONDS)
        except MemoryLimit as error:
            if error.retry_after is None:
                raise
            raise _short("makes no graph of this size") from None

    def at_hand(self, nbytes: int, *, tenant: str) -> Reservation:
        """As `admitted`, for what is too little to wait in line with graphs: at once, or Shed."""
        try:
            return self._budget.reserve("loads", nbytes, tenant=tenant)
        except MemoryLimit as error:
            if error.retry_after is None:
                raise
            raise _short("reads no graph") from None

    def grow(self, reservation: Reservation, nbytes: int) -> None:
        """Reserve so much more, at once. Raises Shed, and changes nothing, where it is not free."""
        try:
            reservation.resize(reservation.nbytes + nbytes)
        except MemoryLimit as error:
            if error.retry_after is None:
                raise
            raise _short("reads no graph") from None

    async def read_memory(self, stored: int, *, tenant: str) -> Reservation:
        """Memory for `stored` bytes that are about to come from the store, before they do."""
        if stored <= INLINE_BYTES:
            return self.at_hand(READ_COPIES * stored, tenant=tenant)
        return await self.admitted(READ_COPIES * stored, tenant=tenant)

    async def _materialise(self, source: GraphSource, tenant: str, compress: bool, edit: bytes | None) -> Materialised:
        params = {"compress": compress, "edit": edit}
        try:
            result = await self.run(f"{TASKS}:materialise", params, [source], tenant=tenant)
        except WorkerCrashed as error:
            if source.base is not None:
                raise
            raise unreadable(f"the process that read it ended ({error.data['signal']})") from None
        try:
            graph = FrozenGraph.attach(result.fds.pop(0))
            snapshot = b""
            if compress:
                with memfd.attach(result.fds[0]) as data:
                    snapshot = bytes(data)
        finally:
            result.close()
        return Materialised(graph, snapshot, msgspec.convert(result.value["summary"], EditSummary | None))
