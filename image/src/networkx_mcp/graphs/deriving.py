"""Derivations: a graph that a worker makes of others becomes a new graph, or the next version of one.

What can be refused before anything is computed is: a graph that is there, a version that is not, the number of graphs, memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.errors import InvalidInput
from networkx_mcp.graphs import affording, model, offload
from networkx_mcp.graphs.model import DerivedGraph, Expected, Meta, Source
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.whole_graphs import NewContents
from networkx_mcp.graphs.write_context import OperationName
from networkx_mcp.settings import KIB, MIB
from networkx_mcp.store import shared

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.whole_graphs import WholeGraphs
    from networkx_mcp.graphs.write_context import WriteContext
    from networkx_mcp.store.protocol import Head


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a caller asks for; see `Graphs.derive`."""

    tenant: str
    graph_ids: Sequence[str]
    into: str
    analysis: Analysis
    params: dict[str, Any]
    expected: Expected
    operation_id: str | None
    force: bool


class Deriver:
    """Derivations of this process."""

    def __init__(self, write_context: WriteContext, whole_graphs: WholeGraphs) -> None:
        self._context = write_context
        self._whole_graphs = whole_graphs

    async def derive(self, asked: Derivation) -> DerivedGraph:
        """Make the graph; see `Graphs.derive`."""
        tenant, into, expected = asked.tenant, asked.into, asked.expected
        model.check_operation_id(asked.operation_id)
        name = OperationName.of(asked.operation_id, "derive", list(asked.graph_ids), into, asked.params, *expected)
        with Attempt("derive", into, sources=list(asked.graph_ids)) as attempt:
            if (first := await self._whole_graphs.repeated(tenant, into, name, attempt)) is not None:
                return DerivedGraph.of(first)
            self._context.offloader.refuse_writes()
            self._context.offloader.refuse_large()
            await self._refuse_early(tenant, into, expected)
            sources, heads = await self._context.loader.sources(tenant, asked.graph_ids)
            await self._check_cost(asked, sources, heads)
            if into in asked.graph_ids and expected.version is None:
                # What is written rests on what was read: nothing that came between them is lost.
                head = heads[list(asked.graph_ids).index(into)]
                expected = Expected(head.version, head.uid)
            base, snapshot, facts = await self._made(asked, sources, heads)
            contents = NewContents(Meta(directed=base.directed), base, snapshot)
            info = await self._whole_graphs.put(tenant, into, contents, expected, name, attempt)
            found = [Source(graph_id=head.graph_id, version=head.version) for head in heads]
            return DerivedGraph.of(info, found, facts)

    async def _refuse_early(self, tenant: str, into: str, expected: Expected) -> None:
        """What is wrong already need not be computed; the store checks it again."""
        await self._whole_graphs.refuse_early(tenant, into, expected)
        if await self._context.loader.find(tenant, into) is None:
            there = (await self._context.store.usage(tenant)).graphs
            if there >= self._context.quota.tenant_graphs:
                raise shared.over("tenant_graphs", self._context.quota, there + 1)

    async def _check_cost(
        self, asked: Derivation, sources: Sequence[offload.GraphSource], heads: Sequence[Head]
    ) -> None:
        """Raise what the arguments and the sizes of the graphs tell before the graph is made."""
        directions = {model.meta_of(head).directed for head in heads}
        if len(directions) > 1:
            named = ", ".join(
                f"{head.graph_id} is {'directed' if model.meta_of(head).directed else 'undirected'}" for head in heads
            )
            raise InvalidInput(
                f"graphs of both kinds cannot be combined: {named}.",
                at="others",
                hint="Derive an undirected one first: algorithm=to_undirected.",
            )
        sizes = [GraphSize(head.nodes, head.edges, model.meta_of(head).directed) for head in heads]
        asked.analysis.suits(asked.params, sizes[0].directed)
        if not asked.force:
            limit = self._context.limits.request_timeout_seconds
            offloader = self._context.offloader
            await affording.check(offloader, asked.tenant, asked.analysis, asked.params, sizes, sources, limit)

    async def _made(
        self, asked: Derivation, sources: Sequence[offload.GraphSource], heads: Sequence[Head]
    ) -> tuple[Any, bytes, dict[str, Any]]:
        limits = self._context.limits
        params = {
            **asked.params,
            "named": [(head.graph_id, head.version) for head in heads],
            "nodes": limits.graph_nodes,
            "edges": limits.graph_edges,
            "value": limits.value_kib * KIB,
            **({} if asked.force else {"allowance": limits.request_timeout_seconds}),
        }
        # A graph may be as large as that, whatever it is made of; a larger one is refused when it is there.
        with await self._context.offloader.admitted(limits.graph_mb * MIB, tenant=asked.tenant):
            task = asked.analysis.task
            result = await self._context.offloader.run(task, params, sources, tenant=asked.tenant, keep=True)
            try:
                return *offload.taken(result.fds), result.value
            finally:
                result.close()
