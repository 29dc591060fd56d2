"""Degrees and spectral centralities give networkx's numbers."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import asked, graphs, same

weights = st.integers(0, 5) | st.sampled_from([0.25, 0.5, 1.5, 8.0])
signed = st.integers(-3, 5) | st.sampled_from([-0.5, 0.5])


@pytest.mark.parametrize("name", ["degree", "in_degree", "out_degree"])
@given(graph=graphs(weights=signed), weight=st.sampled_from([None, "weight", "none such"]))
@settings(max_examples=20, deadline=None)
def test_degrees(name: str, graph: nx.Graph, weight: str | None) -> None:
    same(graph, name, weight=weight)


@pytest.mark.parametrize(
    "name",
    [
        "degree_centrality", "in_degree_centrality", "out_degree_centrality", "degree_histogram", "density",
        "number_of_selfloops", "number_of_isolates", "isolates", "overall_reciprocity",
    ],
)  # fmt: skip
@given(graph=graphs())
@settings(max_examples=15, deadline=None)
def test_counts(name: str, graph: nx.Graph) -> None:
    same(graph, name)


@given(graph=graphs(weights=weights), options=st.fixed_dictionaries({}, optional={
    "alpha": st.sampled_from([0.0, 0.3, 0.85, 1.0]), "weight": st.sampled_from([None, "weight"]),
    "max_iter": st.sampled_from([0, 1, 3, 100]), "tol": st.sampled_from([1e-3, 1e-10])}))  # fmt: skip
@settings(max_examples=35, deadline=None)
def test_pagerank(graph: nx.Graph, options: dict[str, Any]) -> None:
    same(graph, "pagerank", **options)


@given(graph=graphs(weights=weights, least=1), data=st.data())
@settings(max_examples=20, deadline=None)
def test_pagerank_from_somewhere(graph: nx.Graph, data: st.DataObject) -> None:
    vectors = st.dictionaries(st.sampled_from([*graph, "nobody"]), st.integers(0, 3), min_size=1)
    names = data.draw(st.sets(st.sampled_from(["personalization", "nstart", "dangling"])))
    same(graph, "pagerank", **{name: data.draw(vectors) for name in sorted(names)})


@pytest.mark.parametrize("name", ["eigenvector_centrality", "katz_centrality"])
@given(graph=graphs(weights=weights), weight=st.sampled_from([None, "weight"]))
@settings(max_examples=20, deadline=None)
def test_power_iterations(name: str, graph: nx.Graph, weight: str | None) -> None:
    same(graph, name, weight=weight, max_iter=300)


@given(graph=graphs(weights=st.integers(1, 5), least=3))
@settings(max_examples=20, deadline=None)
def test_hits_is_a_pair_of_singular_vectors(graph: nx.Graph) -> None:
    found, _ = asked(graph, "hits", nstart=dict.fromkeys(graph, 1.0))
    sizes = np.linalg.svd(nx.to_numpy_array(graph), compute_uv=False) if graph.size() and len(graph) > 2 else [0.0]
    if len(sizes) > 1 and sizes[0] - sizes[1] > 1e-4 * sizes[0] > 0:  # else it is not the only one of its size
        for mine, theirs in zip(found, nx.hits(graph), strict=True):
            assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_hits_that_starts_nowhere_ends_where_networkx_does() -> None:
    graph = nx.gn_graph(30, seed=1)
    graph.add_edges_from(nx.gnp_random_graph(30, 0.2, seed=3, directed=True).edges)
    (hubs, authorities), used = asked(graph, "hits")
    assert used == "scipy"
    expected = nx.hits(graph)
    assert hubs == pytest.approx(expected[0], rel=1e-6)
    assert authorities == pytest.approx(expected[1], rel=1e-6)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("name", ["degree_centrality", "pagerank", "eigenvector_centrality", "katz_centrality", "hits"])
def test_the_kernel_is_used(name: str, directed: bool) -> None:
    graph = nx.les_miserables_graph()
    graph = graph.to_directed() if directed else graph
    assert asked(graph, name, **({"alpha": 0.01} if name == "katz_centrality" else {}))[1] in (
        "numpy",
        "scipy",
        "networkx-mcp",
    )
