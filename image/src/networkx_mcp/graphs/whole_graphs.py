"""Whole graphs: created, put in place, deleted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from networkx_mcp.arrays import edits as batches
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.model import Deleted, GraphInfo, Meta
from networkx_mcp.graphs.refusals import too_busy, version_conflict
from networkx_mcp.graphs.resident import Resident
from networkx_mcp.graphs.write_context import ATTEMPTS, OperationName, WriteContext, pause
from networkx_mcp.graphs.write_locks import Attempt
from networkx_mcp.store.protocol import Counts, Head, NewGraph, Written

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.arrays.frozen import FrozenGraph

_info_result = msgspec.msgpack.Decoder(GraphInfo)
_deleted_result = msgspec.msgpack.Decoder(Deleted)


class WholeGraphs:
    """Creations, replacements and deletions of this process."""

    def __init__(self, write_context: WriteContext) -> None:
        self._context = write_context

    async def create(
        self,
        tenant: str,
        graph_id: str | None,
        directed: bool,
        description: str,
        attributes: dict[str, Any],
        edits: Sequence[Edit],
        operation_id: str | None,
    ) -> GraphInfo:
        """Make a graph; see `Graphs.create`."""
        model.check_operation_id(operation_id)
        asked, graph_id = graph_id, model.mint_graph_id(tenant, operation_id) if graph_id is None else graph_id
        model.check_graph_id(graph_id)
        with Attempt("create", graph_id) as attempt:
            self._context.offloader.refuse_writes()
            meta = Meta(directed=directed, description=model.check_description(description))
            batch = [*([batches.SetGraphAttributes(attributes=attributes)] if attributes else []), *edits]
            payload = self._context.encode_batch(batch)
            name = OperationName(operation_id, model.fingerprint("create", asked, directed, description, payload))
            try:
                self._context.check_sizes(batch)
                base, snapshot, counts = await self._first_contents(tenant, directed, batch, payload)
            except (InvalidInput, LimitExceeded):
                if (first := await self.repeated(tenant, graph_id, name, attempt)) is None:
                    raise
                return first
            new = NewGraph(graph_id, model.mint_uid(), model.encode_meta(meta), counts, snapshot)
            return await self._place(tenant, new, base, None, name, attempt)

    async def repeated(self, tenant: str, graph_id: str, name: OperationName, attempt: Attempt) -> GraphInfo | None:
        """What the write answered that `name` named before; of a repeat, a refusal may come from a limit that came since."""
        result = await self._context.known(tenant, graph_id, name)
        if result is None:
            return None
        first = _info_result.decode(result)
        attempt.version_after = first.version
        return msgspec.structs.replace(first, repeated=True)

    async def _first_contents(
        self, tenant: str, directed: bool, batch: Sequence[Edit], payload: bytes
    ) -> tuple[FrozenGraph | None, bytes, Counts]:
        if not batch:
            return None, b"", Counts(0, 0)
        base, snapshot, _ = await self._context.offloader.materialise(
            offload.Source(directed), tenant=tenant, compress=True, edit=payload
        )
        self._context.check_limits(base.n, base.m)
        self._context.check_memory(base.nbytes)
        return base, snapshot, Counts(base.n, base.m)

    async def put(
        self,
        tenant: str,
        graph_id: str,
        meta: Meta,
        base: FrozenGraph,
        snapshot: bytes,
        if_version: int | None,
        name: OperationName,
        attempt: Attempt,
        *,
        if_uid: str = "",
        version: int = 1,
        restored: bool = False,
    ) -> GraphInfo:
        """Make `base` the contents of the graph, new or not; `if_version` 0: only if it is new; `if_uid`: only onto
        the graph whose uid begins so.

        A graph that exists keeps its description unless `meta` has one; one that is new begins at
        `version`. What is `restored` may take more memory than `limits.graph_mb`: it may be older than that bound.
        """
        if not restored:
            self._context.check_memory(base.nbytes)
        key = (tenant, graph_id)
        counts = Counts(base.n, base.m)
        for conflicts in range(ATTEMPTS):
            head = (await self._context.store.heads([key]))[0]
            attempt.version_before = head.version if head else None
            if if_version is not None and not model.is_at(head, if_version, if_uid):
                result = await self._context.known(tenant, graph_id, name)
                if result is not None:
                    return msgspec.structs.replace(_info_result.decode(result), repeated=True)
                if head is None:
                    raise await self._context.loader.not_found(tenant, graph_id)
                raise version_conflict(graph_id, if_version, head.version)
            kept = meta
            if head is not None and not meta.description:
                kept = msgspec.structs.replace(meta, description=model.meta_of(head).description)
            at = version if head is None else head.version + 1
            new = NewGraph(graph_id, model.mint_uid(), model.encode_meta(kept), counts, snapshot, at)
            try:
                return await self._place(tenant, new, base, head, name, attempt)
            except (Conflict, NotFound):
                await pause(conflicts + 1)
        raise too_busy(graph_id, ATTEMPTS)

    async def _place(
        self,
        tenant: str,
        new: NewGraph,
        base: FrozenGraph | None,
        head: Head | None,
        name: OperationName,
        attempt: Attempt,
    ) -> GraphInfo:
        """Create, or replace what is there (`head`), in a section under the graph's lock."""
        key = (tenant, new.graph_id)
        meta = model.decode_meta(new.meta)
        info = GraphInfo(
            graph_id=new.graph_id,
            version=new.version,
            directed=meta.directed,
            nodes=new.counts.nodes,
            edges=new.counts.edges,
            uid=new.uid,
            description=meta.description,
            created=(now := time.time()),
            updated=now,
            stored_bytes=len(new.snapshot),
        )

        async def section() -> GraphInfo:
            named = name.operation(info)
            if head is None:
                written = await self._context.store.create(tenant, new, self._context.quota, named)
            else:
                written = await self._context.store.replace(
                    tenant, new.graph_id, head.uid, head.version, new, self._context.quota, named
                )
            if written.repeated:
                first = _info_result.decode(written.result)
                attempt.version_after = first.version
                return msgspec.structs.replace(first, repeated=True)
            assert written.head is not None
            self._context.residents.put(Resident(key, written.head, base, written.head.version))
            attempt.version_after = written.head.version
            return model.info_of(written.head)

        async with self._context.locks.hold(key) as hold:
            try:
                return await self._context.locks.run(key, hold, attempt, section())
            except Conflict as error:
                if head is not None:
                    raise
                raise Conflict(
                    f"graph {new.graph_id!r} exists already; choose another graph_id, or change it with edit_graph",
                    **error.data,
                ) from None

    async def delete(
        self, tenant: str, graph_id: str, if_version: int | None, operation_id: str | None, attempt: Attempt
    ) -> Deleted:
        """Remove a graph; see `Graphs.delete`."""
        key = (tenant, model.check_graph_id(graph_id))
        name = OperationName(model.check_operation_id(operation_id), model.fingerprint("delete", graph_id, if_version))

        async def section(version: int) -> Written:
            written = await self._context.store.delete(
                tenant, graph_id, version, name.operation(Deleted(graph_id=graph_id, version=version))
            )
            if not written.repeated:
                self._context.residents.drop(key)
            return written

        async with self._context.locks.hold(key) as hold:
            for _ in range(ATTEMPTS):
                try:
                    head = await self._context.loader.head(tenant, graph_id)
                    attempt.version_before = head.version
                    expected = head.version if if_version is None else if_version
                    written = await self._context.locks.run(key, hold, attempt, section(expected))
                except Conflict as error:
                    if if_version is not None:
                        raise version_conflict(graph_id, if_version, error.data.get("version")) from None
                    continue
                except NotFound:
                    result = await self._context.known(tenant, graph_id, name)
                    if result is None:
                        raise await self._context.loader.not_found(tenant, graph_id) from None
                    return msgspec.structs.replace(_deleted_result.decode(result), repeated=True)
                if written.repeated:
                    return msgspec.structs.replace(_deleted_result.decode(written.result), repeated=True)
                return Deleted(graph_id=graph_id, version=expected)
        raise too_busy(graph_id, ATTEMPTS)
