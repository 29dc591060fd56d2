"""rank_nodes gives networkx's numbers, highest first, ties in node order."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from hypothesis import given, settings
from tests.unit.analysis.graphs import TABLE, ask, column, example, graphs, mapping, positive

from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.errors import InvalidInput, NotFound
from networkx_mcp.vocabulary import MEASURES

#: What each measure is in networkx, with a weight (None: unweighted).
ORACLE = {
    "degree": lambda g, w: dict(g.degree(weight=w)),
    "in_degree": lambda g, w: dict(g.in_degree(weight=w)),
    "out_degree": lambda g, w: dict(g.out_degree(weight=w)),
    "degree_centrality": lambda g, w: nx.degree_centrality(g),
    "betweenness": lambda g, w: nx.betweenness_centrality(g, weight=w),
    "closeness": lambda g, w: nx.closeness_centrality(g, distance=w),
    "harmonic": lambda g, w: nx.harmonic_centrality(g, distance=w),
    "load": lambda g, w: nx.load_centrality(g, weight=w),
    "eigenvector": lambda g, w: nx.eigenvector_centrality(g, weight=w, max_iter=1000),
    "katz": lambda g, w: nx.katz_centrality(g, weight=w),
    "pagerank": lambda g, w: nx.pagerank(g, weight=w),
    "clustering": lambda g, w: nx.clustering(g, weight=w),
    "triangles": lambda g, w: nx.triangles(g),
    "core": lambda g, w: nx.core_number(g),
    "constraint": lambda g, w: nx.constraint(g, weight=w),
    "eccentricity": lambda g, w: nx.eccentricity(g, weight=w),
}


def number(value: object) -> float:
    return math.nan if value is None else float(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", sorted(ORACLE))
@given(graph=graphs(weights=positive))
@settings(max_examples=8, deadline=None)
def test_scores_are_those_of_networkx(measure: str, graph: nx.Graph) -> None:
    weighted = MEASURES[measure].weighted and any("weight" in d for *_, d in graph.edges(data=True))
    weight = "weight" if weighted else None
    try:
        expected = ORACLE[measure](graph, weight)
    except Exception as error:
        if isinstance(error, AttributeError):  # an undirected graph has no in_degree
            assert measure in ("in_degree", "out_degree")
        with pytest.raises((InvalidInput, NotFound)):
            ask(rank_nodes, graph, measure=measure, **({"weight": weight} if weight else {}))
        return
    if expected and all(math.isnan(score) for score in expected.values()):
        with pytest.raises(InvalidInput, match="not defined on this graph"):
            ask(rank_nodes, graph, measure=measure, **({"weight": weight} if weight else {}))
        return
    given_weight = {"weight": weight or ""} if MEASURES[measure].weighted else {}
    answer = ask(rank_nodes, graph, measure=measure, limit=100, **given_weight)

    scores = {node: number(score) for node, score in mapping(answer, "node", "score").items()}
    assert scores.keys() == expected.keys()
    for node, score in scores.items():
        assert score == pytest.approx(float(expected[node]), rel=1e-9, abs=1e-12, nan_ok=True)
    order = {node: place for place, node in enumerate(graph)}
    ranked = [(math.isnan(s), -s if not math.isnan(s) else 0, order[n]) for n, s in scores.items()]
    assert ranked == sorted(ranked)
    assert column(answer, "rank") == list(range(1, len(graph) + 1))


@given(graph=graphs(weights=positive, least=2))
@settings(max_examples=8, deadline=None)
def test_edges_rank_by_betweenness(graph: nx.Graph) -> None:
    answer = ask(rank_nodes, graph, measure="edge_betweenness", limit=100)
    expected = nx.edge_betweenness_centrality(graph)
    assert answer["columns"] == ["rank", "source", "target", "score"]
    assert {(u, v): s for _, u, v, s in answer["rows"]} == pytest.approx(expected)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("measure", "part"), [("hubs", 0), ("hits", 1)])
def test_hits_weighs_by_any_attribute_or_none(measure: str, part: int, directed: bool) -> None:
    graph = example(directed)
    assert mapping(ask(rank_nodes, graph, measure=measure), "node", "score") == pytest.approx(
        nx.hits(graph)[part], rel=1e-6, abs=1e-9
    )
    renamed = example(directed)
    for *_, data in renamed.edges(data=True):
        data["strength"] = data.pop("weight")
    by_strength = ask(rank_nodes, renamed, measure=measure, weight="strength")
    assert mapping(by_strength, "node", "score") == pytest.approx(nx.hits(graph)[part], rel=1e-6, abs=1e-9)
    unweighted = ask(rank_nodes, graph, measure=measure, weight="")
    plain = nx.hits(nx.create_empty_copy(graph)) if not graph.edges else nx.hits(graph.__class__(graph.edges()))
    assert mapping(unweighted, "node", "score") == pytest.approx(plain[part], rel=1e-6, abs=1e-9)


def test_pagerank_weighs_by_weight_unless_told_not_to() -> None:
    graph = example(True)
    assert mapping(ask(rank_nodes, graph, measure="pagerank"), "node", "score") == pytest.approx(nx.pagerank(graph))
    plain = ask(rank_nodes, graph, measure="pagerank", weight="")
    assert plain["weight"] is None
    assert mapping(plain, "node", "score") == pytest.approx(nx.pagerank(graph, weight=None))


def test_a_sample_says_that_it_is_one_and_repeats_with_its_seed() -> None:
    graph = nx.karate_club_graph()
    first = ask(rank_nodes, graph, measure="betweenness", sample=10, seed=7)
    assert (first["exact"], first["sample"], first["seed"]) == (False, 10, 7)
    assert first["rows"] == ask(rank_nodes, graph, measure="betweenness", sample=10, seed=7)["rows"]
    assert mapping(first, "node", "score") == pytest.approx(
        {n: s for n, s in nx.betweenness_centrality(graph, k=10, seed=7).items() if n in column(first, "node")}
    )
    everything = ask(rank_nodes, graph, measure="betweenness", sample=34)
    assert everything["exact"] is True
    with pytest.raises(InvalidInput, match="closeness is not sampled"):
        ask(rank_nodes, graph, measure="closeness", sample=10)


def test_scores_that_are_not_defined_are_told() -> None:
    alone = nx.compose(nx.path_graph(3), nx.empty_graph(4))
    answer = ask(rank_nodes, alone, measure="constraint")
    assert answer["rows"][-1] == [4, 3, None]
    assert answer["notes"] == ["1 without a score, last: a node without neighbours (self-loops aside) has none."]
    one = ask(rank_nodes, nx.path_graph(5), measure="betweenness", sample=1)
    assert [row[2] for row in one["rows"]].count(None) == 1
    assert "says nothing about itself" in one["notes"][0]
    named = ask(rank_nodes, nx.path_graph(5), measure="betweenness", sample=1, nodes=[0, 1, 2, 3, 4])
    assert named["rows"] == one["rows"]
    with pytest.raises(InvalidInput, match="constraint is not defined on this graph"):
        ask(rank_nodes, nx.empty_graph(3), measure="constraint")


def test_pages_follow_each_other() -> None:
    graph = nx.path_graph(5)
    everything = ask(rank_nodes, graph, limit=5)
    assert everything.keys() >= TABLE
    assert (everything["total"], everything["truncated"], everything["next_offset"]) == (5, False, None)
    first = ask(rank_nodes, graph, limit=4)
    assert (first["total"], first["truncated"], first["next_offset"]) == (5, True, 4)
    last = ask(rank_nodes, graph, limit=4, offset=first["next_offset"])
    assert first["rows"] + last["rows"] == everything["rows"]
    assert (last["truncated"], last["next_offset"]) == (False, None)


def test_nodes_that_are_named_keep_their_rank_among_all() -> None:
    answer = ask(rank_nodes, nx.star_graph(4), nodes=[3, 0])
    assert answer["rows"] == [[1, 0, 4], [4, 3, 1]]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"measure": "betweeness"}, "`measure` must be degree, .*betweenness"),
        ({"measure": "in_degree"}, "this graph is undirected"),
        ({"measure": "triangles", "alpha": 0.5}, "alpha: triangles does not take it. It is for: katz, pagerank"),
        ({"measure": "core", "weight": "weight"}, "weight: core does not take it"),
        ({"limit": 0}, "`limit` must be at least 1"),
        ({"limit": 1001}, "`limit` must be at most 1000"),
        ({"limit": True}, "limit"),
        ({"limt": 3}, "`limt` is not an argument here, did you mean `limit`"),
        ({"nodes": "a"}, "must be an array"),
        ({"nodes": [True]}, "a node id is"),
        ({"measure": "katz", "alpha": 0.9, "max_iter": 20}, r"alpha below 0\.333"),
        ({"measure": "eigenvector", "max_iter": 1}, "Raise max_iter"),
    ],
)
def test_a_wrong_argument_is_told_with_what_is_allowed(params: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(rank_nodes, example(), **params)


def test_weights_must_be_there_and_be_numbers_where_they_weigh() -> None:
    graph = example()
    with pytest.raises(NotFound, match=r'no edge has an attribute "wieght".*"weight"') as error:
        ask(rank_nodes, graph, measure="closeness", weight="wieght")
    assert error.value.data["nearest"][0] == "weight"
    assert error.value.message.endswith('Did you mean "weight"?')
    with pytest.raises(NotFound, match=r'Edge attributes here: "weight", "capacity"\.$') as error:
        ask(rank_nodes, graph, measure="closeness", weight="zzz")
    assert error.value.data["nearest"] == ["weight", "capacity"]
    graph.edges["a", "b"]["weight"] = "heavy"
    with pytest.raises(InvalidInput, match=r'edge \("a", "b"\) is "heavy"'):
        ask(rank_nodes, graph, measure="pagerank")
    graph.edges["a", "b"]["weight"] = -1
    with pytest.raises(InvalidInput, match="needs values of 0 or more"):
        ask(rank_nodes, graph, measure="closeness", weight="weight")
    assert ask(rank_nodes, graph, measure="degree", weight="weight")["rows"]


def test_a_node_that_is_not_there_is_named_with_its_nearest() -> None:
    graph = nx.Graph([("alice", "bob"), (1, 2)])
    with pytest.raises(NotFound, match=r'no node "alicia" in this graph.*"alice"') as error:
        ask(rank_nodes, graph, nodes=["alicia"])
    assert error.value.data == {"kind": "node", "field": "nodes", "nearest": ["alice"]}
    with pytest.raises(NotFound, match=r"Did you mean 1\? An integer and a string are different"):
        ask(rank_nodes, graph, nodes=["1"])


# --- weights that are not there


def valued(weights: int = 0) -> nx.Graph:
    """A ring of six whose edges carry `value`, and the first `weights` of them `weight`."""
    graph = nx.cycle_graph(6)
    nx.set_edge_attributes(graph, {edge: n for n, edge in enumerate(graph.edges, 1)}, "value")
    nx.set_edge_attributes(graph, dict.fromkeys(list(graph.edges)[:weights], 10), "weight")
    nx.set_edge_attributes(graph, "road", "kind")
    return graph


def test_a_default_weight_that_no_edge_has_is_told_with_the_numbers_that_edges_have() -> None:
    answer = ask(rank_nodes, valued(), measure="pagerank")
    assert answer["weight"] is None
    assert answer["notes"] == [
        'Every edge counts 1, as none has an attribute "weight". Edge attributes that are numbers: "value"; name one as '
        "`weight` to use it."
    ]
    asked = ask(rank_nodes, valued(), measure="pagerank", weight="value")
    assert (asked["weight"], asked["notes"]) == ("value", [])
    assert asked["rows"] != answer["rows"]
    none = ask(rank_nodes, valued(), measure="pagerank", weight="")
    assert (none["weight"], none["notes"], none["rows"]) == (None, [], answer["rows"])
    assert ask(rank_nodes, nx.cycle_graph(6), measure="pagerank")["notes"] == []


def test_a_measure_that_could_weigh_says_that_it_does_not() -> None:
    answer = ask(rank_nodes, valued(), measure="closeness")
    assert answer["notes"] == [
        'Every edge counts 1. Edge attributes that are numbers: "value"; name one as `weight` to use it.'
    ]
    assert ask(rank_nodes, valued(), measure="core")["notes"] == []


def test_edges_without_the_weight_are_counted() -> None:
    answer = ask(rank_nodes, valued(2), measure="pagerank")
    assert answer["weight"] == "weight"
    assert answer["notes"] == ['4 of 6 edges have no attribute "weight" and count 1.']
    assert ask(rank_nodes, valued(6), measure="pagerank")["notes"] == []
