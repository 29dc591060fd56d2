"""Eigenvalues and eigenvectors: real where they are real, and none of many at random."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.errors import InvalidInput

NOTHING_POINTS = InvalidInput(
    "hits: no edge with a weight above 0 points anywhere, so there are neither hubs nor authorities."
)


def weighs(graph: LoadedGraph, weight: str | None) -> bool:
    """Whether some edge has a weight other than 0."""
    try:
        return bool(graph.arrays.weights(weight).values.any())
    except Unsuited:
        return True


def rounded(graph: LoadedGraph, weight: str | None) -> LoadedGraph:
    """The graph with its weights as floats, in `weight`."""
    whole: Any = graph.nx
    plain = whole.__class__()
    plain.add_nodes_from(whole)
    plain.add_weighted_edges_from((u, v, float(w)) for u, v, w in whole.edges(data=weight, default=1))
    return LoadedGraph.from_networkx(plain)


@corrects("hits", upstream="networkx/networkx#6289")
def hits(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """The kernel's limit of the iteration; a graph without weight is refused, where networkx divides 0 by 0."""
    if not graph.state.n:
        return {}, {}
    if not weighs(graph, "weight"):
        raise NOTHING_POINTS
    try:
        graph.arrays.weights("weight")
    except Unsuited:
        graph = rounded(graph, "weight")
    return original(graph, **given)


@corrects("adjacency_spectrum")
def adjacency_spectrum(graph: LoadedGraph, _original: Original, weight: str | None = "weight") -> Any:
    """Of an undirected graph real and ascending; networkx takes its matrix for any and gets imaginary rounding.

    Of a digraph by its strong components, whose eigenvalues together are those of the whole (a block triangular
    matrix): a digraph without cycles has zeros, and not what is left of them after rounding.
    """
    digraph: Any = graph.nx
    if not graph.state.n:
        raise nx.NetworkXError("Graph has no nodes or edges.")
    if not graph.directed:
        return np.linalg.eigvalsh(_dense(digraph, list(digraph), weight))
    parts = [np.linalg.eigvals(_dense(digraph, list(c), weight)) for c in nx.strongly_connected_components(digraph)]
    values = np.concatenate([np.asarray(part, complex) for part in parts])
    values.imag[np.abs(values.imag) <= 1e-12 * max(1.0, float(np.abs(values).max()))] = 0
    ordered = values[np.lexsort((values.imag, values.real))]
    return ordered.real if not ordered.imag.any() else ordered


def _dense(graph: Any, nodes: list[Any], weight: str | None) -> Any:
    convert: Any = nx.to_numpy_array
    return convert(graph, nodelist=nodes, weight=weight)


@corrects("modularity_spectrum")
def modularity_spectrum(graph: LoadedGraph, original: Original) -> Any:
    """Of an undirected graph real and ascending: its modularity matrix is symmetric."""
    if not graph.state.m:
        raise InvalidInput("modularity_spectrum is not defined on a graph without edges.")
    if graph.directed:
        return original()
    matrix = np.asarray(nx.modularity_matrix(graph.nx, nodelist=list(graph.nx)))
    return np.linalg.eigvalsh((matrix + matrix.T) / 2)


@corrects("modularity_matrix", "directed_modularity_matrix")
def modularity_matrix(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Refuses graphs without weight, where networkx divides 0 by 0."""
    if not graph.state.m or not weighs(graph, given.get("weight")):
        raise InvalidInput("The modularity matrix is not defined on a graph without edges or without weight.")
    return original(**given)


@corrects("eigenvector_centrality")
def eigenvector_centrality(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Says where the numbers are no eigenvector of the largest eigenvalue: a digraph without cycles has none but 0."""
    if graph.directed and graph.state.n and nx.is_directed_acyclic_graph(graph.nx):
        graph.remark(
            "This digraph has no cycle: its eigenvalues are all 0, and the scores are only where the iteration "
            "stopped. Use katz or pagerank."
        )
    return original(**given)


@corrects("eigenvector_centrality_numpy")
def eigenvector_centrality_numpy(
    graph: LoadedGraph, original: Original, weight: str | None = None, **given: Any
) -> Any:
    """Graphs of one and two nodes, which networkx's solver refuses, are solved as a whole; no entry is -0."""
    if not 0 < graph.state.n < 3:
        return original(weight=weight, **given)
    whole: Any = nx.is_strongly_connected if graph.directed else nx.is_connected
    if not whole(graph.nx):
        raise nx.AmbiguousSolution(
            "`eigenvector_centrality_numpy` does not give consistent results for disconnected graphs"
        )
    nodes = list(graph.nx)
    values, vectors = np.linalg.eig(_dense(graph.nx, nodes, weight).T)
    vector = vectors[:, int(np.argmax(values.real))].real
    vector = vector * (np.sign(vector.sum()) or 1) / np.linalg.norm(vector)
    return dict(zip(nodes, vector.tolist(), strict=True))


@corrects("pagerank", "google_matrix")
def pagerank(_graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Refuses what makes no distribution of it: `alpha` outside of 0 to 1, shares below 0 or that sum to 0. networkx
    answers numbers below 0, or that it did not converge."""
    alpha = given.get("alpha", 0.85)
    if not 0 <= alpha <= 1:
        raise InvalidInput(f"alpha: the share of steps along edges is from 0 to 1, not {alpha!r}.", field="alpha")
    for name in ("personalization", "nstart", "dangling"):
        shares = given.get(name)
        if shares and (min(shares.values()) < 0 or not sum(shares.values()) > 0):
            raise InvalidInput(f"{name}: values of 0 or more that do not sum to 0.", field=name)
    return original(**given)


@corrects("katz_centrality_numpy")
def katz_centrality_numpy(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Refuses an `alpha` of 1/(largest eigenvalue) or more, for which the sum over all walks that Katz counts has no
    end; networkx solves the equations all the same."""
    alpha = given.get("alpha", 0.1)
    matrix = _dense(graph.nx, list(graph.nx), given.get("weight"))
    radius = float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))
    if abs(alpha) * radius >= 1 - 1e-12:
        raise InvalidInput(
            f"alpha: walks without end sum to no number; here it must be below 1/(largest eigenvalue) = {1 / radius:.6g}.",
            field="alpha",
        )
    if graph.state.n == 1:  # networkx's solver gives a number for one equation
        (node,) = graph.nx
        return {
            node: 1.0 if given.get("normalized", True) else given.get("beta", 1.0) / (1 - alpha * float(matrix[0, 0]))
        }
    return original(**given)


#: Nodes up to which all eigenvalues are looked at.
_LOOKED_AT = 1000


@corrects("fiedler_vector", "spectral_ordering", "spectral_bisection")
def by_the_second_eigenvector(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Says where there is more than one vector of the second eigenvalue (rings, stars, cliques): it is one of many."""
    value = original(**given)
    whole: Any = graph.nx
    if not graph.directed and 2 < graph.state.n <= _LOOKED_AT and nx.is_connected(whole):
        matrix: Any = nx.normalized_laplacian_matrix if given.get("normalized") else nx.laplacian_matrix
        values = np.linalg.eigvalsh(matrix(whole, weight=given.get("weight", "weight")).toarray().astype(float))
        if values[2] - values[1] <= 1e-8 * max(1.0, values[-1]):
            graph.remark("The second eigenvalue is shared by several eigenvectors: this answer is by one of many.")
    return value
