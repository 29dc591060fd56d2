"""Analyses: answered from what is kept, refused where they cannot end in time, else run in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from networkx_mcp.analysis import cost_advice, tasks
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.results import ResultKey, Results, digest

if TYPE_CHECKING:
    from networkx_mcp.graphs.loading import Loader
    from networkx_mcp.settings import Settings
    from networkx_mcp.store.protocol import Head

#: Tasks whose answers are worth keeping; the others are quick, or large.
KEPT = frozenset(
    {
        "rank_nodes", "find_communities", "find_components", "measure_graph", "find_paths", "partition_graph",
        "run_algorithm",
    }
)  # fmt: skip
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
        self, tenant: str, graph_ids: Sequence[str], task: str, params: dict[str, Any], force: bool
    ) -> tuple[Any, tuple[int, ...]]:
        with Attempt("analyse", audited=False):
            kept = task in KEPT
            mark = digest(task, params) if kept else ""
            if kept:
                heads = [await self._loader.head(tenant, graph_id) for graph_id in graph_ids]
                found = await self._results.get(ResultKey.of(tenant, heads, mark))
                if found is not None:
                    return {**found, "cached": True}, _versions(heads)
                if not force:
                    for head in heads:
                        directed = model.meta_of(head).directed
                        cost_advice.check(task, params, head.nodes, head.edges, directed, self._limit)
            sources, heads = await self._sources(tenant, graph_ids)
            asked = {**params, "allowance": self._limit} if kept and not force else params
            result = await self._offloader.run(tasks.task_name(task), asked, sources, tenant=tenant, keep=True)
            result.close()
            if kept:
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
