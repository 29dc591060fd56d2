"""Analyses: answered from what is kept, refused where they cannot end in time, else run in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from networkx_mcp.analysis import cost_advice
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.results import ResultKey, Results, digest

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.loading import Loader
    from networkx_mcp.settings import Settings
    from networkx_mcp.store.protocol import Head

#: Facts of one run, for metrics; they are no part of a result.
RUN = "_run"


class Analyst:
    """Runs tasks on graphs; see `Graphs.analyse`."""

    def __init__(self, settings: Settings, loader: Loader, offloader: offload.Offloader, results: Results) -> None:
        self._limit = settings.limits.request_timeout_seconds
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
                found = await self._results.get(ResultKey.of(tenant, heads, mark))
                if found is not None:
                    return {**found, "cached": True}, _versions(heads)
                if not force:
                    for head in heads:
                        size = GraphSize(head.nodes, head.edges, model.meta_of(head).directed)
                        cost_advice.check(analysis, params, size, self._limit)
            sources, heads = await self._sources(tenant, graph_ids)
            analysis.suits(params, sources[0].directed)
            asked = {**params, "allowance": self._limit} if analysis.cached and not force else params
            result = await self._offloader.run(analysis.task, asked, sources, tenant=tenant, keep=True)
            result.close()
            if analysis.cached:
                value = {name: fact for name, fact in result.value.items() if name != RUN}
                self._results.put(ResultKey.of(tenant, heads, mark), value, result.seconds)
            return result.value, _versions(heads)

    async def _sources(self, tenant: str, graph_ids: Sequence[str]) -> tuple[list[offload.Source], list[Head]]:
        """The graphs as they are now, one after the other: each load may need a worker. One that is named twice is read once."""
        read: dict[str, tuple[offload.Source, Head]] = {}
        for graph_id in graph_ids:
            if graph_id not in read:
                entry = await self._loader.current(tenant, graph_id)
                read[graph_id] = offload.Source.of(entry), entry.head  # before it gets later writes
        return [read[graph_id][0] for graph_id in graph_ids], [read[graph_id][1] for graph_id in graph_ids]


def _versions(heads: Sequence[Head]) -> tuple[int, ...]:
    return tuple(head.version for head in heads)
