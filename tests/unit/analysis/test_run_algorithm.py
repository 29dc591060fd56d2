"""run_algorithm: each algorithm of the catalogue runs once and answers in bounds; then what it promises."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from tests.unit.analysis.graphs import TABLE, ask, column, example, mapping

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.errors import InvalidInput, NotFound, ServiceError

LIMIT = 3
#: A value for each type of argument, and for arguments that need another.
BY_TYPE: dict[str, Any] = {
    "node": "a", "nodes": ["a", "b"], "node_set": ["a"], "node_sets": [["a", "b", "c"], ["d", "e", "f"]],
    "pair": ["a", "b"], "pairs": [["a", "b"], ["c", "d"]], "matching": [], "node_numbers": [["a", 1.0], ["b", 2.0]],
    "node_values": [[node, i] for i, node in enumerate("abcdef")], "edge_numbers": [["a", "e", 1]],
    "attribute": "weight", "attributes": ["color"], "integer": 2, "seed": 0, "number": 0.5, "boolean": True, "string": "z",
}  # fmt: skip
BY_NAME: dict[str, Any] = {
    "target": "d", "t": "e", "v": "d", "targets": ["d", "e"], "attribute": "size", "node2": "d", "z": ["c"], "y": ["e"],
    "nbunch2": ["c", "d"], "stretch": 2, "init_cycle": [*"abcdef", "a"],
}  # fmt: skip
BY_ALGORITHM: dict[str, dict[str, Any]] = {
    "equitable_color": {"num_colors": 4},
    "panther_vector_similarity": {"source": "a", "D": 3, "k": 2},
    "find_minimal_d_separator": {"x": ["a"], "y": ["f"]},
    "get_node_attributes": {"name": "color"},
    "rich_club_coefficient": {"normalized": False},
    "sigma": {"niter": 1, "nrand": 1},
    "omega": {"niter": 1, "nrand": 1},
    "max_weight_clique": {"weight": "size"},
    "bipartite.to_vertex_cover": {"matching": [["a", "d"], ["b", "e"], ["c", "f"]]},
}


def shaped(edges: list[tuple[str, str]], directed: bool = False) -> nx.Graph:
    """The example's nodes with other edges."""
    graph = example(directed)
    graph.remove_edges_from(list(graph.edges()))
    graph.add_edges_from(edges, weight=1, capacity=2)
    return graph


def without(graph: nx.Graph, name: str) -> nx.Graph:
    for *_, data in graph.edges(data=True):
        del data[name]
    return graph


def negative() -> nx.Graph:
    graph = example(True)
    graph.edges["d", "e"]["weight"] = -9
    return graph


def triad() -> nx.Graph:
    return example(True).subgraph("abc").copy()


def complete(nodes: str, directed: bool) -> nx.Graph:
    return shaped([(u, v) for u in nodes for v in nodes if u != v], directed).subgraph(nodes).copy()


#: Graphs in the order in which they are tried: an algorithm runs on the first that suits it.
SHAPES = {
    "undirected": lambda: example(),
    "directed": lambda: example(True),
    "tree": lambda: shaped([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")]),
    "acyclic": lambda: shaped([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"), ("e", "f")], True),
    "out-tree": lambda: shaped([("a", "b"), ("a", "c"), ("b", "d"), ("b", "e"), ("c", "f")], True),
    "bipartite": lambda: shaped([("a", "d"), ("a", "e"), ("b", "e"), ("b", "f"), ("c", "f"), ("c", "d")]),
    "perfect": lambda: shaped([(u, v) for u in "abc" for v in "def"]),
    "complete": lambda: complete("abcdef", False),
    "complete directed": lambda: complete("abcd", True),
    "cycle": lambda: shaped(list(zip("abcdef", "bcdefa", strict=True))),
    "negative": negative,
    "triad": triad,
    "numbered tree": lambda: nx.path_graph(6),
    "chordal without weights": lambda: without(example(), "weight"),
}


def arguments(entry: catalogue.Algorithm) -> dict[str, Any]:
    own = BY_ALGORITHM.get(entry.name, {})
    needed = {
        a.name: BY_NAME.get(a.name, a.choices[0] if a.choices else BY_TYPE[a.type])
        for a in entry.arguments
        if a.required
    }
    known = {argument.name for argument in entry.arguments}
    return {**needed, **{name: value for name, value in own.items() if name in known}}


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("entry", catalogue.algorithms().values(), ids=lambda entry: entry.name)
def test_every_algorithm_runs_and_its_answer_is_bounded(entry: catalogue.Algorithm) -> None:
    refusals: list[str] = []
    for shape, make in SHAPES.items():
        graph = make()
        try:
            # `ask` sends the answer through msgpack and strict JSON
            answer = ask(run_algorithm, graph, name=entry.name, arguments=arguments(entry), limit=LIMIT)
        except (InvalidInput, NotFound) as error:
            refusals.append(f"{shape}: {error.message}")
            continue
        assert entry.graph in ("any", "directed" if graph.is_directed() else "undirected")
        assert answer.keys() >= TABLE
        assert len(answer["rows"]) <= LIMIT
        assert all(len(row) == len(answer["columns"]) for row in answer["rows"])
        assert len(set(answer["columns"])) == len(answer["columns"])
        assert answer["total"] is None or answer["total"] >= len(answer["rows"])
        assert answer["truncated"] == (answer["total"] is None or answer["total"] > LIMIT)
        assert all(len(value) <= LIMIT for value in answer.values() if isinstance(value, list) and value is not answer["columns"] and value is not answer["notes"])  # fmt: skip
        assert answer["_run"]["algorithm"] == entry.name
        return
    pytest.fail("no graph suits it:\n" + "\n".join(refusals))


@pytest.mark.parametrize(
    "name", ["betweenness_centrality", "clustering", "core_number", "pagerank", "closeness_centrality"]
)
def test_numbers_are_those_of_networkx(name: str) -> None:
    graph = nx.karate_club_graph()
    answer = ask(run_algorithm, graph, name=name, limit=100)
    assert mapping(answer, "node", "value") == pytest.approx(getattr(nx, name)(graph))


def test_a_flow_has_its_value_and_its_edges() -> None:
    answer = ask(run_algorithm, example(True), name="maximum_flow", arguments={"s": "a", "t": "f"}, limit=100)
    value, flow = nx.maximum_flow(example(True), "a", "f")
    assert answer["value"] == value
    found = {(u, v): f for u, v, f in answer["rows"]}  # one of the flows of this value
    assert found.keys() == {(u, v) for u, to in flow.items() for v in to}
    assert sum(f for (u, _), f in found.items() if u == "a") == value
    for solver in ("dinitz", "edmonds_karp"):
        arguments = {"s": "a", "t": "f", "flow_func": solver}
        assert ask(run_algorithm, example(True), name="maximum_flow_value", arguments=arguments)["rows"] == [[value]]


def test_an_enumeration_without_end_is_cut_while_it_runs() -> None:
    graph = nx.complete_graph(40)
    answer = ask(run_algorithm, graph, name="simple_cycles", limit=4)
    assert (len(answer["rows"]), answer["total"], answer["truncated"], answer["next_offset"]) == (4, None, True, 4)
    following = ask(run_algorithm, graph, name="simple_cycles", limit=4, offset=4)
    assert following["rows"] != answer["rows"]


def test_rows_can_be_ordered_by_their_number() -> None:
    graph = nx.karate_club_graph()
    answer = ask(run_algorithm, graph, name="closeness_centrality", order="descending", limit=5)
    expected = sorted(nx.closeness_centrality(graph).values(), reverse=True)
    assert column(answer, "value") == pytest.approx(expected[:5])
    assert (answer["total"], answer["next_offset"]) == (34, 5)
    following = ask(run_algorithm, graph, name="closeness_centrality", order="descending", limit=5, offset=5)
    assert column(following, "value") == pytest.approx(expected[5:10])
    links = ask(run_algorithm, graph, name="jaccard_coefficient", order="descending", limit=3)
    assert column(links, "score") == sorted((p for *_, p in nx.jaccard_coefficient(graph)), reverse=True)[:3]
    assert links["total"] == len(list(nx.non_edges(graph)))
    with pytest.raises(InvalidInput, match=r"last column \(nodes\) does not hold numbers"):
        ask(run_algorithm, graph, name="connected_components", order="ascending")


@pytest.mark.parametrize(
    "name", ["community.louvain_communities", "approximation.randomized_partitioning", "maximal_independent_set"]
)
def test_a_random_algorithm_repeats_with_its_seed(name: str) -> None:
    graph = nx.karate_club_graph()
    first = ask(run_algorithm, graph, name=name)
    assert (first["seed"], first["exact"]) == (0, False)
    assert first["rows"] == ask(run_algorithm, graph, name=name)["rows"]
    assert ask(run_algorithm, graph, name=name, arguments={"seed": 5})["seed"] == 5


def test_an_algorithm_without_a_seed_repeats_too() -> None:
    graph = nx.gnp_random_graph(30, 0.3, seed=1)
    arguments = {"strategy": "random_sequential"}
    first, second = (ask(run_algorithm, graph, name="greedy_color", arguments=arguments) for _ in range(2))
    assert first["rows"] == second["rows"]


def test_sampling_is_told() -> None:
    graph = nx.karate_club_graph()
    assert ask(run_algorithm, graph, name="betweenness_centrality")["exact"] is True
    sampled = ask(run_algorithm, graph, name="betweenness_centrality", arguments={"k": 5})
    assert (sampled["exact"], sampled["seed"]) == (False, 0)
    assert ask(run_algorithm, graph, name="approximation.diameter")["exact"] is False


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("pagernk", {}, NotFound, "Did you mean pagerank"),
        ("topological_sort", {}, InvalidInput, "defined for directed graphs only; this graph is undirected"),
        ("shortest_path", {"source": "z"}, NotFound, 'source: no node "z" in this graph'),
        ("community.modularity", {"communities": [["a", 9]]}, NotFound, "communities: no node 9"),
        ("shortest_path", {"weight": "wieght"}, NotFound, 'weight: no edge has an attribute "wieght".*"weight"'),
        ("shortest_path", {"weight": "bad"}, InvalidInput, '"bad" of edge'),
        ("pagerank", {"alpha": "x"}, InvalidInput, "alpha: pagerank wants a number"),
        ("community.modularity", {"communities": [["a"]]}, InvalidInput, "the groups must hold every node exactly once"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_told(name: str, arguments: dict[str, Any], error: type[ServiceError], message: str) -> None:
    graph = example()
    graph.edges["a", "b"]["bad"] = "text"
    with pytest.raises(error, match=message):
        ask(run_algorithm, graph, name=name, arguments=arguments)


def test_a_default_weight_that_is_no_number_is_told_by_its_edge() -> None:
    graph = example()
    graph.edges["a", "b"]["weight"] = "heavy"
    with pytest.raises(InvalidInput, match=r'edge \("a", "b"\) is "heavy", not a finite number'):
        ask(run_algorithm, graph, name="pagerank")
    assert ask(run_algorithm, graph, name="pagerank", arguments={"weight": None})["rows"]


def test_facts_beside_the_table_are_bounded_as_it_is() -> None:
    answer = ask(run_algorithm, nx.empty_graph(50), name="k_core", arguments={"k": 0}, limit=7)
    assert (len(answer["isolated"]), answer["isolated_total"]) == (7, 50)
    assert "raise limit" in answer["notes"][0]


def test_infinite_and_huge_numbers_are_json() -> None:
    assert ask(run_algorithm, nx.path_graph(3), name="girth")["rows"] == [["inf"]]
    answer = ask(run_algorithm, nx.complete_graph(30), name="number_of_walks", arguments={"walk_length": 50}, limit=1)
    assert isinstance(answer["rows"][0][2], str | int)


def test_what_is_not_defined_is_refused_or_told() -> None:
    for name in ("degree_assortativity_coefficient", "degree_pearson_correlation_coefficient"):
        with pytest.raises(InvalidInput, match="not defined on this graph: all ends of edges have the same value"):
            ask(run_algorithm, nx.cycle_graph(5), name=name)
    with pytest.raises(InvalidInput, match="not defined on this graph: a node without neighbours"):
        ask(run_algorithm, nx.empty_graph(2), name="effective_size")
    alone = nx.compose(nx.path_graph(3), nx.empty_graph(4))
    answer = ask(run_algorithm, alone, name="effective_size")
    assert mapping(answer, "node", "value")[3] == "nan"
    assert '"nan" means not defined: a node without neighbours (self-loops aside) has none.' in answer["notes"]
    page = ask(run_algorithm, alone, name="effective_size", order="ascending", offset=3)
    assert page["rows"] == [[3, "nan"]]
    far = ask(run_algorithm, nx.empty_graph(2), name="wiener_index")
    assert '"inf" means infinite: some nodes have no path between them.' in far["notes"]
    assert str(ask(run_algorithm, nx.empty_graph(1), name="percolation_centrality")["rows"][0][1]) != "-0.0"


def test_ids_keep_their_type() -> None:
    graph = nx.Graph([(1, "1"), ("1", 2)])
    answer = ask(run_algorithm, graph, name="shortest_path", arguments={"source": 1, "target": 2})
    assert column(answer, "node") == [1, "1", 2]
    with pytest.raises(NotFound, match=r"Did you mean 2\? An integer and a string are different ids"):
        ask(run_algorithm, graph, name="shortest_path", arguments={"source": 1, "target": "2"})


# --- weights that are not there


def valued(**attributes: Any) -> nx.DiGraph:
    graph = nx.cycle_graph(4, nx.DiGraph)
    nx.set_edge_attributes(graph, 3, "value")
    for name, value in attributes.items():
        graph.edges[0, 1][name] = value
    return graph


def test_a_default_weight_that_no_edge_has_is_told() -> None:
    answer = ask(run_algorithm, valued(), name="pagerank")
    assert answer["weight"] is None
    (note,) = answer["notes"]
    assert note.startswith('Every edge counts 1, as none has an attribute "weight".')
    assert '"value"' in note
    named = ask(run_algorithm, valued(), name="pagerank", arguments={"weight": "value"})
    assert (named["weight"], named["notes"]) == ("value", [])
    assert ask(run_algorithm, valued(), name="pagerank", arguments={"weight": None})["notes"] == []
    assert "weight" not in ask(run_algorithm, valued(), name="is_strongly_connected")


def test_what_edges_without_the_attribute_count_is_told() -> None:
    ends = {"s": 0, "t": 2}
    answer = ask(run_algorithm, valued(capacity=2), name="maximum_flow", arguments=ends)
    assert answer["notes"] == ['3 of 4 edges have no attribute "capacity" and count as unlimited.']
    costs = ask(run_algorithm, valued(capacity=2, weight=1), name="max_flow_min_cost", arguments=ends)
    assert '3 of 4 edges have no attribute "weight" and count 0.' in costs["notes"]


@pytest.mark.parametrize("name", ["weight", "kind"])
def test_an_attribute_of_nodes_is_no_weight_of_edges(name: str) -> None:
    graph = valued()
    nx.set_node_attributes(graph, 2, name)
    with pytest.raises(NotFound, match=f'no edge has an attribute "{name}"'):
        ask(run_algorithm, graph, name="pagerank", arguments={"weight": name})
