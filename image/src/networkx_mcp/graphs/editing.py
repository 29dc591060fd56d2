"""Edits: batches on a graph, appended to its log.

A write takes the resident state, prepares the batch on it (validation, counts, limits), appends it
to the store by compare-and-set, and then commits it to the resident state. Errors found on a state
that may be behind are looked at again on a fresh one, so no write is refused for what another
replica has changed meanwhile; a conflict is caught up with and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from networkx_mcp.arrays.state import Counts, GraphState
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound, ServiceError
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.model import EditOutcome, Expected
from networkx_mcp.graphs.outcomes import Attempt, too_busy, version_conflict
from networkx_mcp.graphs.resident import Resident
from networkx_mcp.graphs.write_context import ATTEMPTS, Hold, OperationName, WriteContext, pause
from networkx_mcp.store.protocol import Head, StoredCounts

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.arrays.frozen import FrozenGraph
    from networkx_mcp.arrays.state import Prepared

#: A batch of up to this many bytes (some 3,000 edges) is prepared and committed on the event loop;
#: a larger one is done in a worker, so that point reads do not wait for it.
INLINE_EDIT = 128 * 1024

logger = logging.getLogger("networkx_mcp.graphs")
_result = msgspec.msgpack.Decoder(EditOutcome)


class _EditRequest(NamedTuple):
    """One edit as it was asked for."""

    tenant: str
    graph_id: str
    edits: Sequence[Edit]
    payload: bytes
    expected: Expected
    name: OperationName


class _Ready(NamedTuple):
    """A batch that applies to `entry` as it was at version `outcome.version - 1`.

    Either prepared on its `state`, or done in a worker: then `base` is the graph after it.
    """

    entry: Resident
    outcome: EditOutcome
    state: GraphState | None = None
    prepared: Prepared | None = None
    base: FrozenGraph | None = None
    #: Whether the graph takes more memory behind it.
    grows: bool = True

    def commit(self, payload: bytes, head: Head) -> None:
        """Take the write, which the store has acknowledged as `head.version`."""
        if self.base is not None:
            self.entry.adopt(self.base, head)
        else:
            assert self.state is not None
            assert self.prepared is not None
            self.entry.commit(self.state, self.prepared, payload, head)


class Editor:
    """Edits of this process; each holds its graph's lock from preparation to commit."""

    def __init__(self, write_context: WriteContext) -> None:
        self._context = write_context

    async def edit(
        self, tenant: str, graph_id: str, edits: Sequence[Edit], if_version: int | None, operation_id: str | None
    ) -> EditOutcome:
        """Apply a batch of edits, all or nothing; see `Graphs.edit`."""
        model.check_graph_id(graph_id)
        model.check_operation_id(operation_id)
        with Attempt("edit", graph_id) as attempt:
            self._context.offloader.refuse_writes()
            payload = self._context.encode_batch(edits)
            name = OperationName.of(operation_id, "edit", graph_id, if_version, payload)
            return await self.apply(tenant, graph_id, edits, payload, Expected(if_version), name, attempt)

    async def apply(
        self,
        tenant: str,
        graph_id: str,
        edits: Sequence[Edit],
        payload: bytes,
        expected: Expected,
        name: OperationName,
        attempt: Attempt,
    ) -> EditOutcome:
        """Append a batch, `payload` once encoded, to the graph that is `expected`. Raises Conflict where it is not."""
        key = (tenant, graph_id)
        await self._context.compactor.make_way(key)
        async with self._context.locks.hold(key) as hold:
            try:
                self._context.check_sizes(edits)
                request = _EditRequest(tenant, graph_id, edits, payload, expected, name)
                return await self._until_done(request, hold, attempt)
            except (InvalidInput, NotFound, LimitExceeded, Conflict):
                # Of a repeat this may be the consequence of the first time, or of a limit that came since.
                result = await self._context.known(tenant, graph_id, name)
                if result is None:
                    raise
                return _repeated(result, attempt)

    async def _until_done(self, request: _EditRequest, hold: Hold, attempt: Attempt) -> EditOutcome:
        loader, key = self._context.loader, (request.tenant, request.graph_id)
        entry = loader.resident(*key)
        fresh = entry is None
        if entry is None:
            entry = await loader.current(*key)
        conflicts = 0
        while True:
            attempt.version_before = entry.version
            try:
                ready = await self._prepare(entry, request)
            except ServiceError:
                if fresh:
                    raise
                # The state may be behind: only what a fresh one says is told.
                entry, fresh = await loader.current(*key), True
                continue
            try:
                return await self._context.locks.run(key, hold, attempt, self._append(ready, request, attempt))
            except Conflict as error:
                conflicts += 1
                if conflicts >= ATTEMPTS:
                    raise too_busy(request.graph_id, conflicts, error.data.get("version")) from None
                await pause(conflicts)
            except NotFound:
                self._context.residents.drop(key, only=entry)
            entry, fresh = await loader.current(*key), True

    async def _prepare(self, entry: Resident, request: _EditRequest) -> _Ready:
        version = entry.version
        if request.expected.version is not None and not request.expected.met_by(entry.head):
            raise version_conflict(request.graph_id, request.expected.version, version)
        before = (entry.state.n, entry.state.m)
        ready_base: FrozenGraph | None = None
        if len(request.payload) <= INLINE_EDIT:
            state = entry.state
            prepared = state.prepare(request.edits)
            counts, summary = prepared.counts, prepared.summary
            ready = partial(_Ready, state=state, prepared=prepared)
        else:
            base, _, done = await self._context.offloader.materialise(
                offload.GraphSource.of(entry), tenant=request.tenant, edit=request.payload
            )
            assert done is not None
            counts, summary = Counts(base.n, base.m), done
            ready, ready_base = partial(_Ready, base=base), base
        self._context.check_limits(*counts, before=before)
        there = (entry.base.nbytes if entry.base is not None else 0) + entry.batch_bytes
        grows = bool(summary.nodes_added or summary.edges_added or summary.attributes_set)
        if ready_base is not None:
            grows = ready_base.nbytes > there
            self._context.check_memory(ready_base.nbytes, before=there)
        elif grows:
            self._context.check_memory(there + len(request.payload), before=there)
        outcome = EditOutcome(version=version + 1, nodes=counts.nodes, edges=counts.edges, summary=summary)
        return ready(entry, outcome, grows=grows)

    async def _append(self, ready: _Ready, request: _EditRequest, attempt: Attempt) -> EditOutcome:
        """The section: the store's write and the commit that follows it."""
        entry, outcome = ready.entry, ready.outcome
        if not self._context.residents.lived(entry):
            raise Conflict("the store's server was replaced while the edit was prepared", graph_id=request.graph_id)
        appending = entry.appending = asyncio.get_running_loop().create_future()
        try:
            written = await self._context.store.append(
                *entry.key,
                entry.uid,
                outcome.version - 1,  # not entry.version: a reader may have caught up since
                request.payload,
                StoredCounts(outcome.nodes, outcome.edges),
                self._context.quota if ready.grows else self._context.quota_whatever_memory,
                request.name.operation(outcome),
            )
            if written.repeated:
                return _repeated(written.result, attempt)
            assert written.head is not None
            attempt.version_after = written.head.version
            try:
                ready.commit(request.payload, written.head)
            except Exception:
                # Durable already: only the copy here is lost.
                entry.broken = True
                logger.exception("a write could not be committed to the resident graph")
            self._context.residents.changed(entry)
            self._context.compactor.consider(entry)
            return outcome
        finally:
            entry.appending = None
            appending.set_result(None)


def _repeated(result: bytes, attempt: Attempt) -> EditOutcome:
    outcome = _result.decode(result)
    attempt.version_before, attempt.version_after = outcome.version - 1, outcome.version
    return msgspec.structs.replace(outcome, repeated=True)
