"""Analyses: answered from what is kept, refused where they cannot end in time, else run in a worker."""

from __future__ import annotations

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
        self, tenant: str, graph_id: str, task: str, params: dict[str, Any], force: bool
    ) -> tuple[Any, int]:
        with Attempt("analyse", graph_id, audited=False):
            kept = task in KEPT
            mark = digest(task, params) if kept else ""
            if kept:
                head = await self._loader.head(tenant, graph_id)
                found = await self._results.get(_key(tenant, head, mark))
                if found is not None:
                    return {**found, "cached": True}, head.version
                if not force:
                    directed = model.meta_of(head).directed
                    cost_advice.check(task, params, head.nodes, head.edges, directed, self._limit)
            entry = await self._loader.current(tenant, graph_id)
            source, head = offload.Source.of(entry), entry.head
            asked = {**params, "graph_id": graph_id}
            if kept and not force:
                asked["allowance"] = self._limit
            result = await self._offloader.run(tasks.task_name(task), asked, source, tenant=tenant, keep=True)
            result.close()
            if kept:
                value = {name: fact for name, fact in result.value.items() if name != RUN}
                self._results.put(_key(tenant, head, mark), value, result.seconds)
            return result.value, head.version


def _key(tenant: str, head: Head, mark: str) -> ResultKey:
    # With the time of its write, a version that the store lost is no other's.
    return ResultKey(tenant, head.graph_id, head.uid, head.version, f"{mark}@{head.updated:.6f}")
