"""An analysis done at once answers what a worker would, and hands over whatever it cannot answer in its budget."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from networkx_mcp.analysis import inline
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.arrays.edits import AddEdges, AddNodes, RemoveEdges, RemoveNodes, SetEdgeAttributes
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.telemetry import metrics

MOST = 5000
PAGE = {"limit": 20, "offset": 0}


def states(count: int, seed: int = 0) -> Iterator[GraphState]:
    """Graphs as edits make them: over a base or without one, with loops, removals and attributes of edges."""
    for number in range(count):
        chance = random.Random(f"{seed}.{number}")
        state = GraphState(None, directed=chance.random() < 0.5)
        nodes: list[Any] = [k if chance.random() < 0.3 else f"n{k}" for k in range(chance.randint(1, 40))]
        state.apply([AddNodes(nodes)])
        for _ in range(chance.randint(0, 4)):
            pairs = list({(chance.choice(nodes), chance.choice(nodes)) for _ in range(chance.randint(1, 60))})
            if not state.directed:
                pairs = list({frozenset(pair): pair for pair in pairs}.values())
            match chance.randint(0, 5):
                case 0:
                    state.apply([AddEdges(pairs, [attributes(chance) for _ in pairs], if_exists="update")])
                case 1 if state.m:
                    state.apply([RemoveEdges(list(state.edges(0, 5)))])
                case 2 if state.n > 3:
                    gone = chance.choice(list(state.nodes()))
                    state.apply([RemoveNodes([gone])])
                    nodes.remove(gone)
                case 3 if state.m:
                    u, v = next(state.edges())
                    state.apply([SetEdgeAttributes([(u, v)], [{"weight": 2}])])
                case 4:
                    state = GraphState(state.freeze())
                case _:
                    state.apply([AddEdges(pairs, if_exists="skip")])
        if state.n:
            yield state


def attributes(chance: random.Random) -> dict[str, Any]:
    value: Any = chance.choice([1, 2, 0.5, 3])
    return chance.choice([{}, {"weight": value}, {"weight": value, "kind": "road"}, {"cost": value, "note": "x"}])


def calls(state: GraphState, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls of every kind that is done at once."""
    nodes = list(state.nodes())
    some = chance.sample(nodes, min(3, len(nodes)))
    page = {"limit": chance.choice([1, 5, 20]), "offset": chance.choice([0, 3])}
    measures = ["degree", "degree_centrality", "pagerank", "betweenness", "core"]
    for measure in [*measures, *(["in_degree", "out_degree"] if state.directed else [])]:
        for weight in ({}, {"weight": ""}, {"weight": "weight"}, {"weight": "cost"}):
            if measure not in {"degree_centrality", "core"} or not weight:
                yield "rank_nodes", {"measure": measure, **page, **weight}
        yield "rank_nodes", {"measure": measure, "nodes": some, **page}
    yield "rank_nodes", {"measure": "betweenness", "sample": 5, "seed": 3, "normalized": False, **page}
    yield "rank_nodes", {"measure": "betweenness", "endpoints": True, **page}
    yield "rank_nodes", {"measure": "pagerank", "alpha": 0.5, "max_iter": 200, "tol": 1e-9, **page}
    yield "rank_nodes", {"measure": "pagerank", "max_iter": 1, **page}
    yield "find_components", {"members": chance.choice([0, 2, 20]), **page}
    yield "find_components", {"members": 20, "node": some[0], **page}
    for _ in range(4):
        ends = {"source": chance.choice(nodes), "target": chance.choice(nodes)}
        yield "find_paths", {"kind": "shortest", **ends, **page}
    yield "find_paths", {"kind": "reachable", "source": some[0], **page}
    yield "find_paths", {"kind": "reachable", "source": some[0], "cutoff": 2, **page}


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "seconds": 0, "_run": {**answer["_run"], "seconds": 0}}


def by_worker(tool: str, params: dict[str, Any], state: GraphState) -> dict[str, Any]:
    """What a worker computes: it has the graph as a buffer."""
    return on_graph(inline._TOOLS[tool][0], LoadedGraph(GraphState(state.freeze())), params)


@pytest.mark.parametrize("seed", range(8))
def test_it_answers_what_a_worker_answers(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    answered, chance = set(), random.Random(seed)
    for state in states(25, seed):
        for tool, params in calls(state, chance):
            found = inline.answer(tool, params, state, MOST)
            if found is not None:
                assert without_time(found) == without_time(by_worker(tool, params, state)), (tool, params)
                answered.add((tool, params.get("measure", params.get("kind"))))
    assert answered == {
        *(("rank_nodes", name) for name in ("degree", "in_degree", "out_degree", "degree_centrality")),
        *(("rank_nodes", name) for name in ("pagerank", "betweenness", "core")),
        ("find_components", None), ("find_paths", "shortest"), ("find_paths", "reachable"),
    }  # fmt: skip
    assert not caplog.records, "a call that cannot be done here is handed over, and none fails"


def path(nodes: int) -> GraphState:
    state = GraphState(None, directed=False)
    state.apply([AddNodes(list(range(nodes))), AddEdges([(k, k + 1) for k in range(nodes - 1)])])
    return state


def test_an_edit_is_seen_by_the_next_analysis() -> None:
    state, ends = path(5), {"kind": "shortest", "source": 0, "target": 4, **PAGE}
    before = inline.answer("find_paths", ends, state, MOST)
    state.apply([AddEdges([(0, 4)])])
    after = inline.answer("find_paths", ends, state, MOST)
    assert before is not None
    assert after is not None
    assert (before["rows"][0][0], after["rows"][0][0]) == (4, 1)


def test_arrays_are_made_once_for_a_version_and_counted_as_memory() -> None:
    state = path(100)
    bare = state.overlay_bytes
    made = state.unsealed()
    assert made is not None
    assert state.unsealed() is made
    assert state.overlay_bytes >= bare + made.out_indices.nbytes
    state.apply([AddNodes(["new"])])
    assert state.unsealed() is not made


@pytest.mark.parametrize(
    ("tool", "params"),
    [
        ("rank_nodes", {"measure": "closeness", **PAGE}),
        ("rank_nodes", {"measure": "betweenness", "weight": "weight", **PAGE}),
        ("rank_nodes", {"measure": "pagerank", "max_iter": 1_000_000, "tol": 1e-30, **PAGE}),
        ("rank_nodes", {"measure": "pagerank", "max_iter": 1, **PAGE}),
        ("rank_nodes", {"measure": "pagerank", "alpha": 3.0, **PAGE}),
        ("rank_nodes", {"measure": "degree", "nodes": ["missing"], **PAGE}),
        ("find_components", {"kind": "biconnected", "members": 20, **PAGE}),
        ("find_paths", {"kind": "shortest", "source": 0, "target": "missing", **PAGE}),
        ("find_paths", {"kind": "shortest", "source": 0, **PAGE}),
        ("find_paths", {"kind": "shortest", "source": 0, "target": 3, "weight": "weight", **PAGE}),
        ("find_paths", {"kind": "all_simple", "source": 0, "target": 3, **PAGE}),
        ("rank_nodes", {"measure": "degree", "view": {"without": [3]}, **PAGE}),
        ("find_communities", {"method": "louvain", "members": 20, **PAGE}),
    ],
)
def test_all_else_is_a_workers(tool: str, params: dict[str, Any]) -> None:
    state = path(30)
    state.apply([AddEdges([(0, 1)], [{"weight": 2}], if_exists="update")])
    assert inline.answer(tool, params, state, MOST) is None


def counted() -> dict[str, float]:
    """What was begun in the API so far, by how it ended."""
    [family] = metrics.INLINE_ANALYSES.collect()
    return {sample.labels["result"]: sample.value for sample in family.samples}


def test_what_is_begun_here_is_counted_by_how_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    state, degree = path(30), {"measure": "degree", **PAGE}

    def more(params: dict[str, Any]) -> dict[str, float]:
        before = counted()
        inline.answer("rank_nodes", params, state, MOST)
        return {end: value - before[end] for end, value in counted().items() if value != before[end]}

    assert more(degree) == {"answered": 1}
    assert more({**degree, "nodes": ["missing"]}) == {"worker": 1}
    assert more({"measure": "closeness", **PAGE}) == {}, "nothing is begun that is known to be a worker's"

    def defect(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("a defect")

    monkeypatch.setitem(inline._ALGORITHMS, "degree", inline._Inline(defect, "none", weighted=True))  # type: ignore[arg-type]
    assert more(degree) == {"failed": 1}


def test_a_graph_of_more_elements_than_the_limit_is_a_workers() -> None:
    params = {"measure": "degree", **PAGE}
    state = path(50)
    assert inline.answer("rank_nodes", params, state, 99) is not None
    assert inline.answer("rank_nodes", params, state, 98) is None
    assert inline.answer("rank_nodes", params, state, 0) is None


def test_what_would_cost_more_than_the_budget_is_a_workers() -> None:
    state = path(1400)
    assert inline.answer("rank_nodes", {"measure": "betweenness", **PAGE}, state, MOST) is None
    assert inline.answer("rank_nodes", {"measure": "degree", "limit": 1000, "offset": 0}, state, MOST) is None
    long = {"kind": "shortest", "source": 0, "target": 1399, **PAGE}
    assert inline.cost("find_paths", long, 1400, 1399, made=False) < inline.BUDGET  # only the answer is long
    assert inline.answer("find_paths", long, state, MOST) is None
    assert inline.answer("find_paths", {**long, "target": 20}, state, MOST) is not None


def test_many_attributes_of_edges_are_a_workers() -> None:
    params = {"measure": "degree", **PAGE}
    few, many = path(50), path(50)
    few.apply([AddEdges([(k, k + 1) for k in range(49)], [{"weight": k} for k in range(49)], if_exists="update")])
    many.apply(
        [
            AddEdges(
                [(k, k + 1) for k in range(49)],
                [{f"a{k}.{j}": 1 for j in range(20)} for k in range(49)],
                if_exists="update",
            )
        ]
    )
    assert inline.answer("rank_nodes", params, few, MOST) is not None
    assert inline.answer("rank_nodes", params, many, MOST) is None


def test_the_api_loads_no_library_for_it() -> None:
    """Memory of an idle server is bounded, and an import in the middle of a call would hold up all others."""
    code = (
        "import random, sys; from networkx_mcp.analysis import inline; from tests.unit.analysis import test_inline as t\n"
        "for state in t.states(30):\n"
        "    for tool, params in t.calls(state, random.Random(1)): inline.answer(tool, params, state, t.MOST)\n"
        "print([name for name in ('networkx', 'scipy', 'networkit', 'rustworkx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
