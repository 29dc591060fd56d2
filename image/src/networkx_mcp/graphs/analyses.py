"""Analyses and their results, which are cached: in this process and, where it is worth its transfer, in the store for all replicas.

A result belongs to (tenant, task, parameters) and the uid and version of each graph. A reader looks it up with the versions
that it has just asked the store for, so a change of the graph is never answered with what was there before; nothing
is ever invalidated, old versions are only thrown away. Bytes are bounded by `memory.results_mb` here (entered in
the memory budget as `results`) and by `store.results_mb` of a tenant there.

Every random choice has a seed: the caller's, or 0, and the answer names it. So a result that is kept is the
one that a repeated call would compute.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from typing_extensions import TypedDict

from networkx_mcp.analysis import inline
from networkx_mcp.analysis.definition import KEEP, RUN, STOPPED, GraphSize
from networkx_mcp.analysis.progress import KEY, Told
from networkx_mcp.arrays.values import check_attributes, check_value
from networkx_mcp.errors import DeadlineExceeded, InvalidInput, MemoryLimit, StoreUnavailable
from networkx_mcp.graphs import affording, model, offload
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.limits.memory_account import Level, MemoryAccount
from networkx_mcp.telemetry import logs, metrics

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.loading import Loader
    from networkx_mcp.graphs.resident import Residents
    from networkx_mcp.settings import Settings
    from networkx_mcp.store.protocol import GraphKey, Head, Store
    from networkx_mcp.workers.pool import TaskResult

#: What an entry costs beside its bytes, in bytes; an estimate.
ENTRY_BYTES = 512
#: A larger result is not kept: a call computes few of these, and encoding them would hold up the event loop.
LARGEST_BYTES = 512 * 1024
#: Shared are results that took at least this long to compute (seconds), up to this size (bytes): a round trip to the
#: store and a write to its disk cost a fraction of that (fetch 0.2 to 0.5 ms, keep 2.4 to 8.9 ms for 1 to 256 KiB:
#: `benchmarks/results_cache.py`).
SHARE_SECONDS = 0.05
SHARE_BYTES = 256 * 1024
#: Results on their way to the store at once; more are not sent.
SENDING = 8
#: Keys of unsound results in the store that are remembered until ours take their place.
UNSOUND = 256

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder().decode


class _StoredTable(TypedDict):
    """What every answer of a task has; see analysis/result.py."""

    columns: list[str]
    rows: list[list[Any]]
    total: int | None
    truncated: bool
    next_offset: int | None
    notes: list[str]


class ResultKey(NamedTuple):
    """What a result is of. `digest` stands for task and parameters, and for when the version was written."""

    tenant: str
    graph_id: str
    uid: str
    version: int
    digest: str
    #: The further graphs of a call that named several, in its order: id, uid, version, and when that was written.
    others: tuple[tuple[str, str, int, str], ...] = ()

    @classmethod
    def of(cls, tenant: str, heads: Sequence[Head], mark: str) -> ResultKey:
        """The key of what `mark` (see `digest`) gives on these graphs."""
        # With the time of its write, a version that the store lost is no other's.
        first, *rest = heads
        others = tuple((head.graph_id, head.uid, head.version, f"{head.updated:.6f}") for head in rest)
        return cls(tenant, first.graph_id, first.uid, first.version, f"{mark}@{first.updated:.6f}", others)

    @property
    def graphs(self) -> dict[GraphKey, tuple[str, int]]:
        """uid and version of each graph."""
        others = {(self.tenant, graph_id): (uid, version) for graph_id, uid, version, _ in self.others}
        return {(self.tenant, self.graph_id): (self.uid, self.version), **others}

    @property
    def stored(self) -> tuple[str, str, str, int, str]:
        """What the store knows it by: it lies with the first graph, and is gone with that."""
        name = f"{self.digest}+{digest('', {'others': self.others})}" if self.others else self.digest
        return self.tenant, self.graph_id, self.uid, self.version, name


def digest(task: str, params: dict[str, Any]) -> str:
    """Task and parameters in canonical form: order plays no role, types do (1 is not "1", nor true)."""
    return hashlib.blake2b(_encode([task, params]), digest_size=20).hexdigest()


def read(data: bytes) -> dict[str, Any]:
    """A shared result. Raises ValueError where the bytes are none: too many, no MessagePack, no table, or values that no JSON has."""
    if len(data) > SHARE_BYTES:
        raise ValueError(f"{len(data)} bytes; at most {SHARE_BYTES} are shared")
    try:
        value: dict[str, Any] = _decode(data)
        table = msgspec.convert(value, _StoredTable)
        check_attributes({name: fact for name, fact in value.items() if name != "rows"}, "result")
        for row in table["rows"]:
            for cell in row:
                check_value(cell, "rows")
    except (InvalidInput, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)[:200]) from None
    width = len(table["columns"])
    if any(len(row) != width for row in table["rows"]):
        raise ValueError(f"rows that have not {width} cells")
    for name, fact in value.items():
        if (name.endswith("_total") and type(fact) is not int) or (name == "exact" and type(fact) is not bool):
            raise ValueError(f"{name} is {type(fact).__name__}")
    return value


class Results:
    """The results that this process keeps, least recently used go first."""

    def __init__(self, store: Store, budget: MemoryAccount) -> None:
        self._store = store
        self._budget = budget
        self._account = budget.reserve("results", 0)
        #: Whether anything is kept at all (memory.results_mb above 0).
        self._on = budget.cap("results") > 0
        self._entries: OrderedDict[ResultKey, bytes] = OrderedDict()
        #: Keys that name a graph: they are of one version of it.
        self._of: dict[GraphKey, set[ResultKey]] = {}
        self._nbytes = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._unsound: set[ResultKey] = set()
        budget.subscribe(self._level_changed)
        budget.reclaim_with(self.reclaim)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes of all entries."""
        return self._nbytes

    async def close(self) -> None:
        """Forget all; what is on its way to the store may still arrive or not."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        self.clear()
        self._account.release()

    async def get(self, key: ResultKey, *, shared: bool = True) -> Any:
        """The result, a copy of the caller's own; None where there is none, or one in the store that no task of ours made.

        `shared`: whether the store is asked, too."""
        if not self._on:
            return None
        found = self._entries.get(key)
        metrics.CACHE_REQUESTS.labels("results", "hit" if found is not None else "miss").inc()
        if found is not None:
            self._entries.move_to_end(key)
            return _decode(found)
        if not shared:
            return None
        try:
            stored = await self._store.result(*key.stored)
        except StoreUnavailable:
            stored = None
        value = None if stored is None else self._sound(key, stored)
        metrics.CACHE_REQUESTS.labels("shared_results", "hit" if value is not None else "miss").inc()
        if stored is not None and value is not None:
            self._keep(key, stored)
        return value

    def put(self, key: ResultKey, value: Any, seconds: float) -> None:
        """Keep `value`, which took `seconds` to compute; in the store, too, where that is worth it."""
        if not self._on:
            return
        data = _encode(value)
        if len(data) > LARGEST_BYTES:
            return
        self._keep(key, data)
        if seconds >= SHARE_SECONDS and len(data) <= SHARE_BYTES and len(self._sending) < SENDING:
            anew = key in self._unsound
            self._unsound.discard(key)
            task = asyncio.get_running_loop().create_task(self._share(key, data, anew))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def drop(self, tenant: str, graph_id: str) -> None:
        """Forget the results of a graph."""
        for key in list(self._of.get((tenant, graph_id), ())):
            self._forget(key)
        self._shrink()

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self._of.clear()
        self._nbytes = 0
        self._shrink()

    def reclaim(self, nbytes: int) -> None:
        """Forget the least recently used until `nbytes` are free, or none is left."""
        goal = self._nbytes - nbytes
        while self._entries and self._nbytes > goal:
            self._forget(next(iter(self._entries)))
        self._shrink()

    def _sound(self, key: ResultKey, data: bytes) -> dict[str, Any] | None:
        """What a shared result says; None, logged, where it is none: others may write to the store."""
        try:
            return read(data)
        except ValueError as error:
            logs.event("result_unsound", level=logging.WARNING, graph_id=key.graph_id, reason=str(error))
            if len(self._unsound) < UNSOUND:
                self._unsound.add(key)
            return None

    async def _share(self, key: ResultKey, data: bytes, anew: bool) -> None:
        with contextlib.suppress(StoreUnavailable):  # it can be computed again
            await self._store.keep_result(*key.stored, data, anew=anew)

    def _keep(self, key: ResultKey, data: bytes) -> None:
        size = _size(data)
        if self._budget.level is not Level.NORMAL or size > self._budget.cap("results") or key in self._entries:
            return
        graphs = key.graphs
        there = {graph: next(iter(keys)).graphs[graph] for graph in graphs if (keys := self._of.get(graph))}
        for graph, (uid, version) in there.items():
            if uid == graphs[graph][0] and version > graphs[graph][1]:
                return  # computed on what is old by now
        for graph, at in there.items():
            if at != graphs[graph]:
                self.drop(*graph)
        while self._entries:
            try:
                self._account.resize(self._nbytes + size)
                break
            except MemoryLimit:
                self._forget(next(iter(self._entries)))
        else:
            try:
                self._account.resize(size)
            except MemoryLimit:
                self._shrink()
                return
        self._entries[key] = data
        for graph in graphs:
            self._of.setdefault(graph, set()).add(key)
        self._nbytes += size

    def _forget(self, key: ResultKey) -> None:
        self._nbytes -= _size(self._entries.pop(key))
        for graph in key.graphs:
            self._of[graph].discard(key)
            if not self._of[graph]:
                del self._of[graph]

    def _shrink(self) -> None:
        if self._nbytes < self._account.nbytes:
            self._account.resize(self._nbytes)

    def _level_changed(self, level: Level) -> None:
        if level is not Level.NORMAL:
            # Not here: the level may have changed in the middle of an entry of our own.
            asyncio.get_running_loop().call_soon(self.clear)


class Analyst:
    """Analyses: answered from cached results, refused where they cannot end in time, else done at once where that is
    little (`analysis.inline`), or in a worker."""

    def __init__(
        self,
        settings: Settings,
        loader: Loader,
        offloader: offload.Offloader,
        results: Results,
        residents: Residents,
        budget: MemoryAccount,
    ) -> None:
        self._limit = settings.limits.request_timeout_seconds
        self._small = settings.limits.inline_elements
        self._residents = residents
        self._budget = budget
        self._loader = loader
        self._offloader = offloader
        self._results = results

    async def analyse(
        self, tenant: str, graph_ids: Sequence[str], analysis: Analysis, params: dict[str, Any], force: bool
    ) -> tuple[Any, tuple[int, ...]]:
        with Attempt("analyse", audited=False):
            mark = digest(analysis.name, params) if analysis.cached else ""
            if analysis.cached:
                heads = [await self._loader.head(tenant, graph_id) for graph_id in graph_ids]
                little = len(heads) == 1 and self._is_little(analysis, params, heads[0])
                found = await self._results.get(
                    ResultKey.of(tenant, heads, mark), shared=analysis.shared and not little
                )
                if found is not None:
                    return {**found, "cached": True}, _versions(heads)
                if not force and not little and "view" not in params:  # what that shows is counted below
                    await self._check_cost(tenant, analysis, params, heads, ())
                if little and (done := await self._at_once(tenant, heads[0], analysis, params, mark)) is not None:
                    return done
            sources, heads = await self._loader.sources(tenant, graph_ids)
            analysis.suits(params, sources[0].directed)
            if analysis.cached and not force and "view" in params:
                await self._check_cost(tenant, analysis, params, heads, sources)
            asked = {**params, "allowance": self._limit} if analysis.cached and not force else params
            value, seconds = await self._by_worker(tenant, analysis, asked, params, sources)
            if value.pop(KEEP, True) and analysis.cached:
                kept = {name: fact for name, fact in value.items() if name != RUN}
                self._results.put(ResultKey.of(tenant, heads, mark), kept, seconds if analysis.shared else 0)
            return value, _versions(heads)

    async def _by_worker(
        self,
        tenant: str,
        analysis: Analysis,
        asked: dict[str, Any],
        params: dict[str, Any],
        sources: Sequence[offload.GraphSource],
    ) -> tuple[dict[str, Any], float]:
        """What a worker answers, and the seconds that it took; where it was ended what the analysis makes of what it had found."""
        if analysis.stopped is None:
            result = await self._offloader.run(analysis.task, asked, sources, tenant=tenant, keep=True)
            result.close()
            return result.value, result.seconds
        told = Told()
        try:
            asked = {**asked, KEY: 0}
            result = await self._offloader.run(analysis.task, asked, sources, tenant=tenant, fds=[told.fd], keep=True)
            result.close()
            return result.value, result.seconds
        except (DeadlineExceeded, MemoryLimit) as error:
            found = analysis.stopped(params, told.read(), error)
            if found is None:
                raise
            return {**found, KEEP: False, STOPPED: error.outcome}, 0.0
        finally:
            told.close()

    async def computed(
        self, tenant: str, graph_id: str, analysis: Analysis, params: dict[str, Any], force: bool
    ) -> tuple[TaskResult, Head]:
        """What a worker makes of the graph as it is now, which may be the graph anew: the caller closes the result.

        It is not cached: it is not of the next version."""
        with Attempt("analyse", audited=False):
            (source,), (head,) = await self._loader.sources(tenant, [graph_id])
            analysis.suits(params, source.directed)
            if not force:
                await self._check_cost(tenant, analysis, params, [head], [source])
            asked = params if force else {**params, "allowance": self._limit}
            if source.nbytes <= offload.INLINE_FREEZE:  # it is written as an edit
                return await self._offloader.run(analysis.task, asked, [source], tenant=tenant, keep=True), head
            with await self._offloader.admitted(source.memory, tenant=tenant):
                return await self._offloader.run(analysis.task, asked, [source], tenant=tenant, keep=True), head

    async def _check_cost(
        self,
        tenant: str,
        analysis: Analysis,
        params: dict[str, Any],
        heads: Sequence[Head],
        sources: Sequence[offload.GraphSource],
    ) -> None:
        sizes = [GraphSize(head.nodes, head.edges, model.meta_of(head).directed) for head in heads]
        await affording.check(self._offloader, tenant, analysis, params, sizes, sources, self._limit)

    def _is_little(self, analysis: Analysis, params: dict[str, Any], head: Head) -> bool:
        """Whether a worker would cost more than the analysis, as far as is known before the graph is looked at."""
        if self._budget.level is Level.PROTECTIVE:  # refused, as all that needs a worker
            return False
        return inline.affordable(analysis.name, params, head.nodes, head.edges, self._small) is not None

    async def _at_once(
        self, tenant: str, head: Head, analysis: Analysis, params: dict[str, Any], mark: str
    ) -> tuple[Any, tuple[int, ...]] | None:
        """What the analysis answers; None where a worker must."""
        entry = await self._loader.current_of(tenant, head)
        analysis.suits(params, entry.directed)
        had = entry.state.has_arrays
        value = inline.answer(analysis.name, params, entry.state, self._small)
        if not had:
            self._residents.changed(entry)  # its arrays are kept until the next edit
        if value is None:
            return None
        kept = {name: fact for name, fact in value.items() if name != RUN}
        self._results.put(ResultKey.of(tenant, [entry.head], mark), kept, value["seconds"])
        return value, (entry.version,)


def _size(data: bytes) -> int:
    return len(data) + ENTRY_BYTES


def _versions(heads: Sequence[Head]) -> tuple[int, ...]:
    return tuple(head.version for head in heads)
