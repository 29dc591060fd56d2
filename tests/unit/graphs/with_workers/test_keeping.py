"""Results that become attributes: written under the version that was analysed, in both stores, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import networkx as nx
import pytest
import pytest_asyncio
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.arrays.edits import AddEdges, AddNodes, SetNodeAttributes
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, StoreUnavailable
from networkx_mcp.graphs.keeping import Keep
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.tools.analysis_arguments import Keeping
from networkx_mcp.tools.mcp_server import TOOLS
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: More nodes than an edit is made of.
LARGE = nx.gnm_random_graph(1500, 3000, seed=1)
SMALL = nx.les_miserables_graph()


@pytest_asyncio.fixture(loop_scope="module")
async def replicas(store: FaultyStore, compute: Compute) -> AsyncIterator[list[Graphs]]:
    """Two services with workers on one store, with the graphs `small` and `large`."""
    settings = Settings(**{"memory": {"worker_mb": 96}})
    made = [Graphs(settings, store, compute, compute.budget) for _ in range(2)]
    for name, graph in (("small", SMALL), ("large", LARGE)):
        await made[0].create(name, False, edits=[AddNodes(list(graph)), AddEdges(list(graph.edges))])
    yield made
    store.hook = None
    for one in made:
        await one.close()


async def kept(graphs: Graphs, tool: str, graph_id: str, save_as: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a call with `save_as`."""
    record = TOOLS[tool]
    assert record.analysis is not None
    given = record.parse({"graph_id": graph_id, "save_as": save_as, **arguments})
    assert isinstance(given, Keeping)
    keep = given.keep()
    assert isinstance(keep, Keep)
    value, _ = await graphs.analyse_and_keep(graph_id, record.analysis, given.params(), keep, force=given.force)
    return value


async def attribute(graphs: Graphs, graph_id: str, name: str) -> dict[Any, Any]:
    """What the nodes have of an attribute."""
    view = await graphs.view(graph_id)
    return {node: data[name] for node, data in view.state.nodes(data=True) if name in data}


#: Each graph with the write that keeps a result of it.
BOTH = pytest.mark.parametrize(("graph_id", "write"), [("small", "append"), ("large", "replace")])


@BOTH
async def test_all_nodes_have_it_and_not_the_page_alone(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    one, other = replicas
    calls = store.calls[write]
    answer = await kept(one, "rank_nodes", graph_id, "score", measure="pagerank", limit=3)
    graph = {"small": SMALL, "large": LARGE}[graph_id]
    assert (answer["saved"], len(answer["rows"])) == (True, 3)
    assert answer["save"] == {
        "attribute": "score", "of": "nodes", "version": 2, "repeated": False,
        "values": len(graph), "lost": 0, "left_out": 0,
    }  # fmt: skip
    assert store.calls[write] == calls + 1
    assert await attribute(other, graph_id, "score") == pytest.approx(nx.pagerank(graph, weight=None), abs=1e-6)
    info = await other.info(graph_id)
    assert (info.version, info.nodes, info.edges) == (2, len(graph), graph.number_of_edges())


@BOTH
async def test_a_graph_that_moved_on_is_not_written_and_the_answer_says_so(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    one, other = replicas
    store.once(write, "before", lambda: other.edit(graph_id, [AddNodes(["late"])]), tenant="t")
    answer = await kept(one, "rank_nodes", graph_id, "score", limit=5)
    assert (answer["saved"], answer["save"]["version"], len(answer["rows"])) == (False, 2, 5)
    assert "is at version 2, not 1" in answer["save"]["problem"]
    assert await attribute(one, graph_id, "score") == {}


@BOTH
async def test_a_graph_that_was_deleted_and_made_anew_meanwhile_is_another(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    one, other = replicas

    async def anew() -> None:
        await other.delete(graph_id)
        graph = {"small": SMALL, "large": LARGE}[graph_id]
        await other.create(graph_id, False, edits=[AddNodes(list(graph))])

    store.once(write, "before", anew, tenant="t")
    answer = await kept(one, "rank_nodes", graph_id, "score")
    assert (answer["saved"], answer["save"]["version"]) == (False, 1)
    assert "another one now" in answer["save"]["problem"]
    assert await attribute(other, graph_id, "score") == {}


@BOTH
async def test_a_graph_that_was_deleted_meanwhile_is_not_made_again(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    one, other = replicas
    store.once(write, "before", lambda: other.delete(graph_id), tenant="t")
    answer = await kept(one, "rank_nodes", graph_id, "score")
    assert not answer["saved"]
    assert "does not exist" in answer["save"]["problem"]
    assert [item.graph_id for item in (await other.list()).items] == [
        name for name in ("large", "small") if name != graph_id
    ]


@BOTH
async def test_a_store_that_is_away_leaves_the_caller_the_result(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    async def down() -> None:
        raise StoreUnavailable("the store does not answer", retry_after=1)

    store.once(write, "before", down, tenant="t")
    answer = await kept(replicas[0], "rank_nodes", graph_id, "score")
    assert (answer["saved"], answer["save"]["problem"]) == (False, "the store does not answer")
    assert answer["rows"]


@BOTH
async def test_a_repeat_is_answered_as_one_and_writes_nothing(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    one, other = replicas
    store.lose_answer_of(write)
    lost = await kept(one, "rank_nodes", graph_id, "score", operation_id="op")
    assert not lost["saved"]
    again = await kept(other, "rank_nodes", graph_id, "score", operation_id="op")
    assert (again["saved"], again["save"]["repeated"], again["save"]["version"]) == (True, True, 2)
    assert again["rows"] == lost["rows"]
    assert (await one.info(graph_id)).version == 2
    with pytest.raises(InvalidInput, match="named another request"):
        await kept(one, "rank_nodes", graph_id, "rank", operation_id="op")


@BOTH
async def test_an_attribute_that_exists_is_replaced_only_when_asked(
    replicas: list[Graphs], store: FaultyStore, graph_id: str, write: str
) -> None:
    one, _ = replicas
    first = next(iter({"small": SMALL, "large": LARGE}[graph_id]))
    await one.edit(graph_id, [SetNodeAttributes([first], [{"score": "by hand"}])])
    with pytest.raises(Conflict, match=r'save_as: the nodes have an attribute "score" already.*replace=true'):
        await kept(one, "rank_nodes", graph_id, "score")
    answer = await kept(one, "rank_nodes", graph_id, "score", replace=True)
    assert (answer["saved"], answer["save"]["version"]) == (True, 3)
    assert set(map(type, (await attribute(one, graph_id, "score")).values())) == {int}


async def test_nodes_outside_of_a_view_lose_the_attribute(replicas: list[Graphs]) -> None:
    one, other = replicas
    await kept(one, "rank_nodes", "small", "score")
    view = {"without": ["Valjean", "Javert"]}
    answer = await kept(one, "rank_nodes", "small", "score", replace=True, view=view)
    assert (answer["save"]["values"], answer["save"]["lost"]) == (75, 2)
    seen = SMALL.subgraph(set(SMALL) - {"Valjean", "Javert"})
    assert await attribute(other, "small", "score") == dict(seen.degree)


async def test_a_quota_is_looked_at_before_anything_is_computed(store: FaultyStore, compute: Compute) -> None:
    roomy = Graphs(Settings(**{"memory": {"worker_mb": 96}}), store, compute, compute.budget)
    await roomy.create("g", False, edits=[AddNodes(list(range(50_000)))])
    tight = Settings(**{"memory": {"worker_mb": 96}, "limits": {"graph_mb": 1}})
    graphs = Graphs(tight, store, compute, compute.budget)
    with pytest.raises(LimitExceeded, match=r"limits\.graph_mb"):
        await kept(graphs, "rank_nodes", "g", "score")
    assert store.calls["replace"] == 0
    await roomy.close()
    await graphs.close()
