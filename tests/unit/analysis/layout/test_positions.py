"""Where nodes are drawn: what a picture says must be so of the graph, for each layout and every shape of graph."""

from __future__ import annotations

import itertools
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import graphs, positive

from networkx_mcp.analysis.layout import Placed, positions
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.backend.kernels import native
from networkx_mcp.errors import InvalidInput, NotFound


def placed(graph: nx.Graph, layout: str = "auto", **options: Any) -> tuple[Placed, dict[Any, np.ndarray]]:
    """The answer, and the place of each node."""
    loaded = LoadedGraph.from_networkx(graph)
    found = positions(loaded, layout, **options)
    return found, dict(zip(loaded.arrays.ids, found.xy, strict=True))


@pytest.fixture(params=["compiled", "numpy"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to compute: with the library and without."""
    if request.param == "numpy":
        monkeypatch.setenv(native.VARIABLE, "")
    assert bool(native.missing()) == (request.param == "numpy")
    return str(request.param)


def apart(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.hypot(*(first - second)))


def crossings(graph: nx.Graph, where: dict[Any, np.ndarray]) -> int:
    """How many pairs of edges without a common end cross."""

    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    found = 0
    for (a, b), (c, d) in itertools.combinations(graph.edges(), 2):
        if {a, b} & {c, d}:
            continue
        p, q, r, s = where[a], where[b], where[c], where[d]
        found += side(p, q, r) * side(p, q, s) < -1e-9 and side(r, s, p) * side(r, s, q) < -1e-9
    return found


@pytest.mark.usefixtures("engine")
def test_clusters_are_seen() -> None:
    graph = nx.relaxed_caveman_graph(8, 8, 0.1, seed=1)
    _, where = placed(graph, "spring")
    nearest = [min((other for other in graph if other != v), key=lambda o: apart(where[v], where[o])) for v in graph]
    same = [v // 8 == other // 8 for v, other in zip(graph, nearest, strict=True)]
    assert sum(same) > 0.85 * len(graph)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("graph", [nx.cycle_graph(24), nx.path_graph(30), nx.grid_2d_graph(5, 6)], ids=str)
def test_stress_shows_distances_along_edges(graph: nx.Graph) -> None:
    graph = nx.convert_node_labels_to_integers(graph)
    _, where = placed(graph, "kamada_kawai")
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    pairs = [(hops[u][v], apart(where[u], where[v])) for u, v in itertools.combinations(graph, 2)]
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.95
    assert crossings(graph, where) == 0


@pytest.mark.parametrize("layout", ["spring", "kamada_kawai"])
def test_a_seed_decides(layout: str) -> None:
    graph = nx.karate_club_graph()
    first, again, other = (placed(graph, layout, seed=seed)[0].xy for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_weights_pull_and_lengths_push() -> None:
    graph = nx.cycle_graph(3)
    nx.set_edge_attributes(graph, {(0, 1): 10, (1, 2): 1, (2, 0): 1}, "weight")
    for layout, nearer in (("spring", True), ("kamada_kawai", False)):
        _, where = placed(graph, layout, weight="weight")
        assert (apart(where[0], where[1]) < apart(where[1], where[2])) == nearer


@given(graph=graphs(weights=positive | st.just(0)), layout=st.sampled_from(["spring", "kamada_kawai", "auto"]))
@settings(max_examples=60, deadline=None)
@pytest.mark.long
def test_every_node_has_a_place_of_its_own(graph: nx.Graph, layout: str) -> None:
    for weight in (None, "weight"):
        _, where = placed(graph, layout, weight=weight)
        assert np.isfinite(list(where.values())).all()
        for u, v in itertools.combinations(graph, 2):
            assert apart(where[u], where[v]) > 0.05


@pytest.mark.parametrize("count", [3, 130])
def test_parts_stand_side_by_side(count: int) -> None:
    graph = nx.disjoint_union_all([nx.cycle_graph(3 + k % 4) for k in range(count)])
    _, where = placed(graph, "spring")
    boxes = []
    for part in nx.connected_components(graph):
        places = np.array([where[node] for node in part])
        boxes.append((*places.min(axis=0), *places.max(axis=0)))
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b
    whole = np.array(list(where.values()))
    assert 0.3 < np.ptp(whole[:, 0]) / np.ptp(whole[:, 1]) < 4


@pytest.mark.parametrize(
    "graph",
    [nx.balanced_tree(3, 3, nx.DiGraph), nx.random_labeled_tree(60, seed=4), nx.star_graph(90), nx.path_graph(5)],
    ids=["directed", "random", "star", "path"],
)
def test_a_tree_does_not_cross_itself(graph: nx.Graph) -> None:
    found, where = placed(graph, "tree")
    assert crossings(graph, where) == 0
    assert len({(round(x, 6), round(y, 6)) for x, y in found.xy}) == len(graph)


def test_a_directed_tree_stands_on_its_leaves() -> None:
    graph = nx.balanced_tree(2, 4, nx.DiGraph)
    _, where = placed(graph)
    assert all(where[u][1] > where[v][1] for u, v in graph.edges())
    levels = {round(float(y), 6) for _, y in where.values()}
    assert len(levels) == 5


def test_layers_descend_and_cross_less_than_without_order() -> None:
    graph = nx.DiGraph((min(e), max(e)) for e in nx.gnm_random_graph(30, 45, seed=3).edges())
    found, where = placed(graph)
    assert found.layout == "layers"
    assert all(where[u][1] > where[v][1] for u, v in graph.edges())
    plain = nx.DiGraph(graph.edges())
    for layer, nodes in enumerate(nx.topological_generations(graph)):
        nx.set_node_attributes(plain, dict.fromkeys(nodes, layer), "layer")
    unsorted = nx.multipartite_layout(plain, subset_key="layer", align="horizontal")
    assert crossings(graph, where) < 0.6 * crossings(plain, {node: np.array(at) for node, at in unsorted.items()})


def test_layers_that_can_be_drawn_without_a_crossing_are() -> None:
    graph = nx.DiGraph([("a", "y"), ("b", "x"), ("c", "z"), ("y", "1"), ("x", "2"), ("z", "3"), ("a", "1")])
    assert crossings(graph, placed(graph, "layers")[1]) == 0


def test_sides_of_a_bipartite_graph() -> None:
    graph = nx.Graph([(1, "a"), (1, "b"), (2, "c"), (3, "b"), (3, "d")])
    _, where = placed(graph, "bipartite")
    assert {float(where[node][0]) for node in (1, 2, 3)} == {0.0}
    assert {float(where[node][0]) for node in "abcd"} == {1.0}
    assert crossings(graph, where) == 0


def test_positions_that_nodes_have() -> None:
    graph = nx.Graph([("a", "b")])
    nx.set_node_attributes(graph, {"a": 1.5, "b": -2}, "X")
    nx.set_node_attributes(graph, {"a": 3, "b": 4}, "Y")
    assert placed(graph, "xy")[0].xy.tolist() == [[1.5, 3.0], [-2.0, 4.0]]
    graph.nodes["b"]["Y"] = "four"
    with pytest.raises(InvalidInput, match='"Y" of node "b" is "four", not a finite number'):
        placed(graph, "xy")
    with pytest.raises(NotFound, match="no attributes lat and lon"):
        placed(graph, "map")


def cities(**where: tuple[float, float]) -> nx.Graph:
    graph = nx.complete_graph(list(where))
    for name, (lat, lon) in where.items():
        graph.nodes[name].update(lat=lat, lon=lon)
    return graph


def test_a_map_has_north_above_and_is_cut_where_nobody_is() -> None:
    world = cities(tokyo=(35.7, 139.7), suva=(-18.1, 178.4), apia=(-13.8, -171.8), honolulu=(21.3, -157.9))
    found, where = placed(world)
    assert found.layout == "map"
    assert [name for name, _ in sorted(where.items(), key=lambda item: item[1][0])] == [
        "tokyo",
        "suva",
        "apia",
        "honolulu",
    ]
    assert [name for name, _ in sorted(where.items(), key=lambda item: item[1][1])] == [
        "suva",
        "apia",
        "honolulu",
        "tokyo",
    ]
    assert apart(where["suva"], where["apia"]) < apart(where["tokyo"], where["suva"])


def test_a_map_of_a_region_is_true_to_scale() -> None:
    _, where = placed(cities(east=(60.0, 11.0), west=(60.0, 10.0), north=(60.5, 10.5), south=(59.5, 10.5)))
    # a degree of longitude is half as long as one of latitude, at 60 degrees
    assert apart(where["east"], where["west"]) == pytest.approx(0.5 * apart(where["north"], where["south"]), rel=1e-3)


def test_places_that_are_none_on_earth_are_told() -> None:
    graph = cities(here=(91.0, 0.0), there=(0.0, 0.0))
    with pytest.raises(InvalidInput, match="latitudes from -90 to 90"):
        placed(graph, "map")
    assert placed(graph)[0].layout != "map"


@pytest.mark.parametrize(
    ("graph", "layout"),
    [
        (nx.florentine_families_graph(), "kamada_kawai"),
        (nx.les_miserables_graph(), "spring"),
        (nx.balanced_tree(2, 3), "tree"),
        (nx.balanced_tree(2, 3, nx.DiGraph), "tree"),
        (nx.random_labeled_tree(80, seed=1), "kamada_kawai"),
        (nx.DiGraph([(0, 1), (0, 2), (1, 3), (2, 3)]), "layers"),
        (nx.DiGraph([(0, 1), (1, 2), (2, 0), (2, 3)]), "kamada_kawai"),
        (nx.complete_graph(20), "spring"),
        (nx.empty_graph(5), "kamada_kawai"),
        (nx.Graph(), "random"),
    ],
    ids=str,
)
def test_what_auto_chooses(graph: nx.Graph, layout: str) -> None:
    assert placed(graph)[0].layout == layout


@pytest.mark.parametrize(
    "graph",
    [nx.karate_club_graph(), nx.path_graph(5_000), nx.gnm_random_graph(1_000, 4_000, seed=1).subgraph(range(1_000))],
    ids=["small", "long", "round"],
)
def test_spectral_is_the_directions_in_which_neighbours_differ_least(graph: nx.Graph) -> None:
    graph = nx.Graph(graph.subgraph(max(nx.connected_components(graph), key=len)).edges)
    _, where = placed(graph, "spectral")
    laplacian = nx.laplacian_matrix(graph).astype(float)
    if len(graph) <= 1_000:
        wanted = np.linalg.eigvalsh(laplacian.toarray())[1:3]
    else:
        wanted = 2 - 2 * np.cos(np.pi * np.array([1, 2]) / len(graph))  # of a path
    xy = np.array([where[node] for node in graph])
    xy -= xy.mean(axis=0)
    found = [float(axis @ (laplacian @ axis) / (axis @ axis)) for axis in xy.T]
    assert found == pytest.approx(wanted, rel=1e-3)


def test_spectral_lays_parts_side_by_side() -> None:
    graph = nx.disjoint_union_all([nx.cycle_graph(9), nx.path_graph(5), nx.path_graph(2), nx.empty_graph(2)])
    _, where = placed(graph, "spectral")
    for one, other in itertools.combinations(graph, 2):
        assert apart(where[one], where[other]) > 1e-3
    boxes = [np.array([where[node] for node in part]) for part in nx.connected_components(graph)]
    for one, other in itertools.combinations(boxes, 2):
        over = np.minimum(one.max(axis=0), other.max(axis=0)) - np.maximum(one.min(axis=0), other.min(axis=0))
        assert (over < 0).any()
