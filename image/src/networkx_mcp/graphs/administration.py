"""What an administrator does with any tenant's graphs, and how they leave and come back as archives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from networkx_mcp.analysis import graph_tasks
from networkx_mcp.arrays import snapshot
from networkx_mcp.errors import Conflict, InvalidInput, MemoryLimit, NotFound
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.model import Deleted, Expected, GraphInfo, GraphPage
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.whole_graphs import NewContents
from networkx_mcp.graphs.write_context import OperationName
from networkx_mcp.limits.shed import shed
from networkx_mcp.store import archive
from networkx_mcp.telemetry import logs

if TYPE_CHECKING:
    from networkx_mcp.graphs.loading import Loader
    from networkx_mcp.graphs.whole_graphs import WholeGraphs
    from networkx_mcp.limits.memory_account import MemoryAccount
    from networkx_mcp.store.protocol import Contents, Store, Usage

#: Graphs of one page of a list.
MAX_PAGE = 200
#: How long an archive waits for memory, in seconds.
MEMORY_SECONDS = 10.0
#: What `restore_raw` takes of memory, in sizes of the archive: as it came, as its worker gets it, and the new snapshot.
RESTORE_COPIES = 3


class Administration:
    """Graphs of any tenant, who is named in each call; for `/admin`, never for a model."""

    def __init__(
        self,
        store: Store,
        budget: MemoryAccount,
        loader: Loader,
        whole_graphs: WholeGraphs,
        offloader: offload.Offloader,
    ) -> None:
        self._store = store
        self._budget = budget
        self._loader = loader
        self._whole_graphs = whole_graphs
        self._offloader = offloader

    async def tenants(self) -> list[str]:
        """Tenants that have or had graphs, sorted."""
        return await self._store.tenants()

    async def usage(self, tenant: str) -> Usage:
        """Graphs and stored bytes of a tenant."""
        return await self._store.usage(tenant)

    async def memory(self, tenant: str) -> int:
        """What all graphs of a tenant would take in memory at once, in bytes."""
        return await self._store.memory(tenant)

    async def list_graphs(self, tenant: str, after: str = "", limit: int = 50, prefix: str = "") -> GraphPage:
        """A page of a tenant's graphs; see `Graphs.list`."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidInput(f"limit {limit} is not allowed: use 1 to {MAX_PAGE}", field="limit")
        start = model.below(model.check_prefix(prefix))
        heads = await self._store.list_graphs(tenant, max(after, start), limit + 1)
        found = [head for head in heads if head.graph_id.startswith(prefix)]
        shown = found[:limit]
        items = [info for head in shown if (info := model.listed(head)) is not None]
        damaged = sorted({head.graph_id for head in shown} - {info.graph_id for info in items})
        if damaged:
            logs.event("graphs_damaged", level=logging.WARNING, tenant=tenant, graph_ids=damaged)
        return GraphPage(items=items, damaged=damaged, next=shown[-1].graph_id if len(found) > limit else None)

    async def delete(self, tenant: str, graph_id: str) -> Deleted:
        """Remove a graph. Raises NotFound."""
        with Attempt("delete", graph_id, of_tenant=tenant) as attempt:
            return await self._whole_graphs.delete(tenant, graph_id, None, None, attempt)

    @asynccontextmanager
    async def export_raw(self, tenant: str, graph_id: str) -> AsyncIterator[list[bytes]]:
        """The graph as an archive (see `archive`) in pieces that `restore_raw` takes, joined, on any store.

        At most `limits.graph_mb` and some KiB; what it takes of memory is entered in the account until the context
        ends. Raises NotFound, Shed where that memory is not free within MEMORY_SECONDS, MemoryLimit where it never is, and GraphDamaged
        where the snapshot's own checksum does not hold: a copy of that would push out good ones.
        """
        with Attempt("export_raw", graph_id, of_tenant=tenant):
            head = await self._loader.head(tenant, model.check_graph_id(graph_id))
            # A store joins the snapshot from its pieces; the log is there as it was read and as it is packed.
            needed = 2 * (head.snapshot_bytes + head.log_bytes)
            try:
                reservation = await self._budget.reserve_soon("archives", needed, tenant=tenant, timeout=MEMORY_SECONDS)
            except MemoryLimit as error:
                if error.retry_after is None:
                    raise
                raise shed(
                    f"There is no memory for an archive now: {error.message}", retry_after=5, reason="memory"
                ) from None
            with reservation:
                try:
                    contents = await self._store.read(tenant, graph_id)
                except NotFound:
                    raise await self._loader.not_found(tenant, graph_id) from None
                yield await asyncio.to_thread(_packed, tenant, contents)

    async def restore_raw(
        self, tenant: str, data: bytes, *, graph_id: str | None = None, replace: bool = False
    ) -> GraphInfo:
        """Put an archived graph back, under its own id or another.

        A new graph has the archive's version; one that is replaced (`replace`) goes on counting.
        Raises InvalidInput for a damaged archive, Conflict where the graph exists and may not be
        replaced, LimitExceeded past the quota. Nothing changes then. `limits.graph_nodes` and `limits.graph_edges`
        do not hold: what was backed up before they were lowered comes back (and may shrink, as any such graph).
        """
        if graph_id is not None:
            model.check_graph_id(graph_id)
        with Attempt("restore_raw", graph_id or "", of_tenant=tenant) as attempt:
            self._offloader.refuse_writes()
            found = await self._offloader.read_archive(data, tenant=tenant)
            if graph_id is None:
                graph_id = attempt.graph_id = model.check_graph_id(found.graph_id)
            try:
                meta = model.decode_meta(found.meta)
                model.check_description(meta.description)
            except (msgspec.MsgspecError, InvalidInput) as error:
                raise archive.broken(f"its description of the graph cannot be read: {error}") from None
            try:
                contents = NewContents(meta, found.graph, found.snapshot, version=found.version, restored=True)
                expected = Expected(None if replace else 0)
                return await self._whole_graphs.put(
                    tenant, graph_id, contents, expected, OperationName(None, ""), attempt
                )
            except Conflict as error:
                if replace:
                    raise
                raise Conflict(
                    f"graph {graph_id!r} exists already; restore it under another id, or say replace", **error.data
                ) from None


def _packed(tenant: str, contents: Contents) -> list[bytes]:
    if contents.snapshot:
        try:
            snapshot.raw_size(contents.snapshot)
        except ValueError as error:
            raise graph_tasks.unreadable(str(error)) from None
    return archive.pack(tenant, contents)
