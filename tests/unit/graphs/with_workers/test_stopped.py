"""measure_graph when its worker is ended: what was measured until then is answered, and what was not is named. Real workers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import networkx as nx
import pytest
import pytest_asyncio
from tests.helpers.metrics import sample
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp import context
from networkx_mcp.arrays.edits import AddEdges
from networkx_mcp.errors import DeadlineExceeded
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.tools import analysis_run, measure_graph
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")
#: `node_connectivity` is a thousand flows of networkx: minutes.
ENDLESS = ["node_connectivity", "edges", "diameter"]


@pytest_asyncio.fixture(loop_scope="module")
async def graphs(store: FaultyStore, compute: Compute) -> AsyncIterator[Graphs]:
    """A service with workers of 96 MiB, and in it the graph `dense` of 1,000 nodes and 15,000 edges."""
    service = Graphs(Settings(**{"memory": {"worker_mb": 96}}), store, compute, compute.budget)
    dense = nx.random_regular_graph(30, 1000, seed=1)
    await service.create("dense", False, edits=[AddEdges(list(dense.edges))])
    yield service
    await service.close()


async def measured(graphs: Graphs, seconds: float, **arguments: Any) -> dict[str, Any]:
    act_as("t")
    context.current().deadline = time.monotonic() + seconds
    args = measure_graph.MeasureGraph(graph_id="dense", force=True, **arguments)
    value, _ = await analysis_run.run(graphs, "dense", measure_graph.ANALYSIS, args.params(), force=True)
    return value


async def until_some_is_measured(graphs: Graphs, **arguments: Any) -> dict[str, Any]:
    """The answer under the first deadline that suffices for one metric on this machine."""
    seconds = 0.5
    while True:
        try:
            return await measured(graphs, seconds, **arguments)
        except DeadlineExceeded:
            seconds *= 2


@pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
async def test_what_was_measured_before_the_deadline_is_answered(graphs: Graphs) -> None:
    before = sample("algorithm_runs_total", algorithm="measure_graph", engine="none", outcome="timeout")
    value = await until_some_is_measured(graphs, metrics=ENDLESS, view={"nodes": "true"})
    rows = {row[0]: row for row in value["rows"]}
    assert list(rows) == ENDLESS, "in the order asked for"
    assert rows["edges"] == ["edges", 15000, None], "cheapest first: what is dear has not kept it from being measured"
    assert rows["node_connectivity"][1] is None
    assert rows["node_connectivity"][2].startswith("not measured: the call was stopped after ")
    assert "node_connectivity" in value["not_measured"]
    assert "edges" not in value["not_measured"]
    assert (value["view"], value["algorithm"]) == ({"nodes": 1000, "edges": 15000}, "measure_graph")
    assert not [name for name in value if name.startswith("_")]
    after = sample("algorithm_runs_total", algorithm="measure_graph", engine="none", outcome="timeout")
    assert after > before
    again = await until_some_is_measured(graphs, metrics=ENDLESS, view={"nodes": "true"})
    assert "cached" not in again, "a part is not kept as if it were the answer"


@pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
async def test_where_nothing_was_measured_the_error_stays_one(graphs: Graphs) -> None:
    with pytest.raises(DeadlineExceeded):
        await measured(graphs, 1, metrics=["node_connectivity"])
    answer = await measured(graphs, 60, metrics=["edges"])
    assert "not_measured" not in answer
    assert answer["rows"] == [["edges", 15000, None]]
