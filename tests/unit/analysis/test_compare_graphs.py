"""compare_graphs: what networkx finds different, each difference once, the same from both sides; and nothing where nothing differs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import example, graphs

from networkx_mcp.analysis import isomorphism
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.analysis.tasks.compare_graphs import compare_graphs
from networkx_mcp.arrays.compare import equal
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools.compare_graphs import CompareGraphs
from networkx_mcp.tools.validation import validate


def compared(a: nx.Graph, b: nx.Graph, **arguments: Any) -> dict[str, Any]:
    """The answer about two graphs, after it travelled."""
    params = validate(CompareGraphs, {"a": "a", "b": "b", "limit": 1000, **arguments}, "compare_graphs").params()
    first, second = (LoadedGraph.from_networkx(deepcopy(graph)) for graph in (a, b))
    answer = on_graph(compare_graphs, second, params, [first])
    found: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(answer))
    return found


def key(u: Any, v: Any, directed: bool) -> Any:
    return (u, v) if directed else tuple(sorted((u, v), key=repr))


def text(row: Any) -> str:
    return json.dumps(row, sort_keys=True)


def expected(a: nx.Graph, b: nx.Graph) -> set[str]:
    """The rows that must be there, by networkx's dicts."""
    directed = a.is_directed()

    def rows() -> Iterator[tuple[Any, ...]]:
        for kind, mine, other in (
            ("node", dict(a.nodes(data=True)), dict(b.nodes(data=True))),
            (
                "edge",
                {key(u, v, directed): data for u, v, data in a.edges(data=True)},
                {key(u, v, directed): data for u, v, data in b.edges(data=True)},
            ),
        ):
            for item in mine.keys() | other.keys():
                if item not in other:
                    yield f"{kind}_only_a", item, None, mine[item], None
                elif item not in mine:
                    yield f"{kind}_only_b", item, None, None, other[item]
                else:
                    yield from attributes(kind, item, mine[item], other[item])
        yield from attributes("graph", None, a.graph, b.graph)

    return {text(row) for row in rows()}


def attributes(kind: str, item: Any, mine: dict[str, Any], other: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name in mine.keys() | other.keys():
        if name not in other:
            yield f"{kind}_attribute_only_a", item, name, mine[name], None
        elif name not in mine:
            yield f"{kind}_attribute_only_b", item, name, None, other[name]
        elif not equal(mine[name], other[name]):
            yield f"{kind}_attribute", item, name, mine[name], other[name]


def told(answer: dict[str, Any], directed: bool) -> list[str]:
    """The rows of an answer as `expected` has them."""
    return [
        text((kind, key(*item, directed) if kind.startswith("edge") else item, *rest))
        for kind, item, *rest in answer["rows"]
    ]


values = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.integers(2**53, 2**53 + 2), st.sampled_from([0.5, 1.0, 2.0**53, "x", "1", [1], {"k": 1.0}])
)  # fmt: skip


@st.composite
def pairs(draw: st.DrawFn) -> tuple[nx.Graph, nx.Graph]:
    """Two graphs of one kind that have much in common, with attributes that many have and attributes that few have."""
    directed = draw(st.booleans())
    a = draw(graphs(directed=directed, weights=st.integers(1, 3)))
    b = deepcopy(a) if draw(st.booleans()) else draw(graphs(directed=directed, weights=st.integers(1, 3)))
    for graph in (a, b):
        for item in [*graph.nodes.values(), *graph.edges.values(), graph.graph]:
            item.update(draw(st.dictionaries(st.sampled_from("pq"), values, max_size=2)))
    return a, b


@given(pair=pairs())
@settings(max_examples=300, deadline=None)
@pytest.mark.long
def test_each_difference_is_one_row_and_all_of_them_are_counted(pair: tuple[nx.Graph, nx.Graph]) -> None:
    a, b = pair
    answer = compared(a, b)
    rows = told(answer, a.is_directed())
    assert len(rows) == len(set(rows)) == answer["total"]
    assert set(rows) == expected(a, b)
    for kind, mine, other in (("nodes", set(a), set(b)), ("edges", edges(a), edges(b))):
        counts = answer[kind]
        found = (counts["only_a"], counts["only_b"], counts["both"])
        assert found == (len(mine - other), len(other - mine), len(mine & other))


def edges(graph: nx.Graph) -> set[Any]:
    return {key(u, v, graph.is_directed()) for u, v in graph.edges}


@given(pair=pairs())
@settings(max_examples=100, deadline=None)
@pytest.mark.long
def test_a_graph_does_not_differ_from_itself_whatever_the_order_in_which_it_was_made(
    pair: tuple[nx.Graph, nx.Graph],
) -> None:
    graph = pair[0]
    other = graph.__class__(**graph.graph)
    other.add_nodes_from(reversed(list(graph.nodes(data=True))))
    other.add_edges_from(reversed(list(graph.edges(data=True))))
    for rows in (None, "pagerank", "degree"):
        if rows != "pagerank" or (len(graph) and all(w != 0 for _, _, w in graph.edges(data="weight", default=1))):
            answer = compared(graph, other, rows=rows)
            assert (answer["rows"], answer["total"]) == ([], 0)
    assert answer["isomorphic"] is True
    assert "cut_off" not in answer
    assert {row[3] for row in answer["measures"]} <= {0, None}


def test_a_measure_that_differs_by_rounding_alone_has_not_changed() -> None:
    """Transitivity, assortativity and the like are sums, and floats do not add up to the same in another order."""
    edges = list(nx.gnm_random_graph(40, 90, seed=7).edges)
    for turn in range(1, len(edges)):
        answer = compared(nx.Graph(edges), nx.Graph(edges[turn:] + edges[:turn]))
        assert {row[3] for row in answer["measures"]} <= {0, None}
    one_more = compared(nx.Graph(edges), nx.Graph([*edges, ("new", 0)]))
    assert all(row[3] for row in one_more["measures"] if row[0] in {"density", "transitivity"})


def mirrored(difference: str) -> str:
    return difference.replace("_only_a", "_only_x").replace("_only_b", "_only_a").replace("_only_x", "_only_b")


@given(pair=pairs())
@settings(max_examples=100, deadline=None)
@pytest.mark.long
def test_from_the_other_side_it_is_the_mirror_image(pair: tuple[nx.Graph, nx.Graph]) -> None:
    a, b = pair
    there, back = compared(a, b), compared(b, a)
    turned = dict(back, rows=[[mirrored(kind), item, name, y, x] for kind, item, name, x, y in back["rows"]])
    assert sorted(told(there, a.is_directed())) == sorted(told(turned, a.is_directed()))
    assert there["isomorphic"] == back["isomorphic"]
    assert [(row[1], row[2]) for row in there["measures"]] == [(row[2], row[1]) for row in back["measures"]]
    ranks, mirror = compared(a, b, rows="degree"), compared(b, a, rows="degree")
    assert sorted(map(repr, ranks["rows"])) == sorted(
        repr([node, y, x, -change, v, u]) for node, x, y, change, u, v in mirror["rows"]
    )


@given(pair=pairs())
@settings(max_examples=200, deadline=None)
@pytest.mark.long
def test_it_says_isomorphic_where_networkx_does(pair: tuple[nx.Graph, nx.Graph]) -> None:
    a, b = pair
    assert compared(a, b)["isomorphic"] == nx.is_isomorphic(a, b)


def frozen(graph: nx.Graph) -> Any:
    return LoadedGraph.from_networkx(nx.convert_node_labels_to_integers(graph)).arrays.frozen


def renamed(graph: nx.Graph, seed: int = 1) -> nx.Graph:
    names = list(graph)
    random.Random(seed).shuffle(names)
    shuffled = nx.Graph() if not graph.is_directed() else nx.DiGraph()
    shuffled.add_nodes_from(sorted(names, key=repr))
    mapping = dict(zip(graph, names, strict=True))
    shuffled.add_edges_from((mapping[u], mapping[v]) for u, v in graph.edges)
    return shuffled


ROOKS = nx.line_graph(nx.complete_bipartite_graph(4, 4))
#: As many nodes, edges, neighbours and common neighbours as ROOKS, and another graph.
SHRIKHANDE = nx.Graph(
    ((i, j), ((i + x) % 4, (j + y) % 4)) for i in range(4) for j in range(4) for x, y in ((0, 1), (1, 0), (1, 1))
)


@pytest.mark.parametrize(
    "graph",
    [nx.petersen_graph(), nx.hypercube_graph(6), nx.star_graph(60), nx.empty_graph(30), nx.complete_graph(12), ROOKS,
     nx.paley_graph(29), nx.random_regular_graph(4, 60, seed=1), nx.gn_graph(80, seed=2)],
    ids=["petersen", "hypercube", "star", "empty", "complete", "rooks", "paley", "regular", "tree"],
)  # fmt: skip
def test_symmetric_graphs_are_found_isomorphic_under_other_names(graph: nx.Graph) -> None:
    assert isomorphism.isomorphic(frozen(graph), frozen(renamed(graph))) is True


def test_graphs_that_only_a_search_tells_apart_are_told_apart() -> None:
    two = nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))
    assert isomorphism.isomorphic(frozen(nx.cycle_graph(6)), frozen(two)) is False
    assert isomorphism.isomorphic(frozen(ROOKS), frozen(SHRIKHANDE)) is False
    assert isomorphism.isomorphic(frozen(nx.cycle_graph(4, nx.DiGraph)), frozen(nx.DiGraph([(0, 1), (1, 2), (2, 3), (0, 3)]))) is False  # fmt: skip


def test_what_is_not_decided_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isomorphism.isomorphic(frozen(ROOKS), frozen(SHRIKHANDE), work=100) is None
    monkeypatch.setattr(isomorphism, "MOST_NODES", 5)
    answer = compared(nx.cycle_graph(6), nx.relabel_nodes(nx.cycle_graph(6), {0: "x"}))
    assert answer["isomorphic"] is None
    assert "up to 5 nodes" in answer["notes"][0]


def test_pages_are_of_all_rows() -> None:
    a, b = nx.path_graph(30), nx.path_graph(range(20, 45))
    b.nodes[25]["x"], b.graph["y"] = 1, 2
    whole = compared(a, b)["rows"]
    assert {row[0].split("_")[0] for row in whole} == {"node", "edge", "graph"}
    pages, offset = [], 0
    while offset is not None:
        page = compared(a, b, limit=7, offset=offset)
        assert page["total"] == len(whole)
        pages += page["rows"]
        offset = page["next_offset"]
    assert pages == whole
    assert compared(a, b, offset=10**9)["rows"] == []
    parts = [compared(a, b, rows=rows)["rows"] for rows in ("nodes", "edges", "attributes")]
    assert [row for part in parts for row in part] == whole


def test_a_value_that_is_null_is_no_missing_one() -> None:
    a, b = nx.empty_graph(3), nx.empty_graph(3)
    a.nodes[0]["x"], b.nodes[1]["x"] = None, None
    a.nodes[2]["x"], b.nodes[2]["x"] = None, 0
    assert compared(a, b)["rows"] == [
        ["node_attribute_only_a", 0, "x", None, None],
        ["node_attribute_only_b", 1, "x", None, None],
        ["node_attribute", 2, "x", None, 0],
    ]


def test_measures_are_networkx_s_side_by_side() -> None:
    a, b = example(), example()
    b.remove_node("c")
    found = {name: (x, y) for name, x, y, _, _ in compared(a, b)["measures"]}
    assert found["density"] == (nx.density(a), nx.density(b))
    assert found["components"] == (1, 2)
    assert found["largest_component"] == (6, 3)
    assert found["average_clustering"] == (pytest.approx(nx.average_clustering(a)), pytest.approx(nx.average_clustering(b)))  # fmt: skip
    assert "reciprocity" not in found
    directed = {row[0] for row in compared(example(directed=True), example(directed=True))["measures"]}
    assert {"reciprocity", "strong_components"} <= directed


def test_what_breaks_is_named() -> None:
    a = nx.relabel_nodes(nx.star_graph(30), {0: "hub"})
    a.add_edge(1, 2)
    b = deepcopy(a)
    b.remove_node("hub")
    answer = compared(a, b)
    assert answer["cut_off_total"] == 28
    assert answer["cut_off"] == list(range(3, 23))
    assert "cut_off" not in compared(b, a)


def test_changes_of_rank_are_among_the_nodes_of_both_greatest_first() -> None:
    a = nx.Graph([("h", x) for x in "abcd"] + [("g", x) for x in "ab"])
    b = nx.Graph([("h", x) for x in "a"] + [("g", x) for x in "abcd"] + [("new", x) for x in "abcdgh"])
    answer = compared(a, b, rows="degree")
    assert answer["columns"] == ["node", "rank_a", "rank_b", "change", "score_a", "score_b"]
    assert answer["rows"][0] == ["h", 1, 3, -2, 4, 2]
    assert ["g", 2, 1, 1, 2, 5] in answer["rows"]
    assert "new" not in [row[0] for row in answer["rows"]]
    changes = [abs(row[3]) for row in answer["rows"]]
    assert changes == sorted(changes, reverse=True)
    assert "6 nodes that both graphs have" in answer["notes"][0]


def test_equal_scores_share_a_rank_though_their_sums_differ_in_the_last_digit() -> None:
    graph = nx.cycle_graph(12)
    other = nx.Graph(list(reversed(list(graph.edges))))
    assert compared(graph, other, rows="pagerank")["rows"] == []
    assert compared(graph, other, rows="betweenness")["rows"] == []


def test_graphs_of_two_kinds_are_not_compared() -> None:
    with pytest.raises(InvalidInput, match="a is undirected and b is not"):
        compared(nx.Graph(), nx.DiGraph())


@pytest.mark.parametrize("graph", [nx.Graph(), nx.DiGraph(), nx.empty_graph(1)])
def test_graphs_without_nodes_or_edges_are_compared(graph: nx.Graph) -> None:
    other = nx.path_graph(3, create_using=graph.__class__)
    answer = compared(graph, other)
    assert answer["nodes"]["only_b"] == 3 - len(graph)
    assert compared(other, graph, rows="degree")["columns"][0] == "node"
