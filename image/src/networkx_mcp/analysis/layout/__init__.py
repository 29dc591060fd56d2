"""Where the nodes of a graph are drawn: one function for pictures and for the viewer.

`positions` takes a name of `vocabulary.LAYOUTS`. What is long is computed by the compiled kernels (`drawing.c`), or by numpy where
they are missing, in fewer steps. With the same seed the same graph has the same positions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from networkx_mcp.analysis.layout import forces, layered, maps, plane, spectral, trees
from networkx_mcp.analysis.layout.plane import Float, Part
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.arrays.values import is_number
from networkx_mcp.errors import InvalidInput, NotFound, echoed

if TYPE_CHECKING:
    from networkx_mcp.analysis.loaded_graph import LoadedGraph

#: Up to so many nodes `auto` shows the distances of a graph with few edges.
_SMALL = 60
#: Levels of a tree without directions that `auto` draws as one.
_DEEP = 4
#: Edges per node up to which `auto` draws layers.
_SPARSE, _LAYERED = 2.5, 300


class Placed(NamedTuple):
    """`xy`: a row for each node of the graph, x to the right and y upwards, in no particular unit.

    `layout`: what was used, never "auto". `seeded`: whether another seed may give another picture. `map`: the projection of
    a map. `fixed`: the shape means something, so it may be scaled but not stretched or turned.
    """

    xy: Float
    layout: str
    seeded: bool = False
    map: maps.Map | None = None
    fixed: bool = False


def positions(
    graph: LoadedGraph, layout: str = "auto", seed: int = 0, *, weight: str | None = None, aspect: float = 4 / 3
) -> Placed:
    """The place of each node.

    `weight`: edge attribute (numbers of 0 or more) that pulls in auto, spring and spectral and is a length in kamada_kawai. `aspect`: width
    by height of the frame to fill. Raises InvalidInput (field `layout`) where the graph does not suit the layout, NotFound where
    nodes have no positions for `xy` or `map`.
    """
    arrays = graph.arrays
    if not arrays.n:
        return Placed(np.zeros((0, 2)), "random" if layout == "auto" else layout)
    numbers = None if weight is None else arrays.frozen.edge_table.numbers(weight, 1.0)
    found: list[Part] = plane.parts(arrays, numbers, lengths=layout == "kamada_kawai")
    lengths = layout == "kamada_kawai" and weight is not None
    if layout == "auto":
        layout = _auto(graph, found)
    match layout:
        case "spring":
            return Placed(forces.by_forces(found, seed, aspect), layout, seeded=True)
        case "kamada_kawai":
            return Placed(forces.by_stress(found, seed, aspect, lengths), layout, seeded=True)
        case "tree":
            into = np.diff(arrays.frozen.in_indptr) if graph.directed else np.ones(arrays.n, np.int32)
            return Placed(trees.by_trees(found, into, aspect), layout)
        case "spectral":
            return Placed(spectral.by_spectrum(found, aspect), layout)
        case "layers":
            return Placed(layered.by_layers(arrays, seed), layout)
        case "bipartite":
            return Placed(layered.by_sides(arrays, seed), layout)
        case "xy":
            return Placed(_given(graph, maps.PLACES, "x and y"), layout, fixed=True)
        case "map":
            return _on_map(graph)
        case _:
            return _by_networkx(graph, layout, seed)


def _auto(graph: LoadedGraph, found: list[Part]) -> str:
    """What shows most of a graph."""
    n, links = graph.arrays.n, sum(len(part.indices) for part in found) // 2
    if _named(graph, maps.EARTH) is not None and _all_on_earth(graph):
        return "map"
    if links and trees.are_trees(found):
        # without directions a deep tree has no top: distances show its branches better
        return "tree" if graph.directed or _shallow(found) else "kamada_kawai"
    if (
        graph.directed
        and links
        and n <= _LAYERED
        and links <= _SPARSE * n
        and layered.layers_of(graph.arrays) is not None
    ):
        return "layers"
    if n <= _SMALL and links <= 2 * n:
        return "kamada_kawai"
    return "spring"


def _shallow(found: list[Part]) -> bool:
    return all(trees.depth_of(part, np.ones(part.n, np.int32)) <= _DEEP for part in found if part.n > 2)


def _by_networkx(graph: LoadedGraph, layout: str, seed: int) -> Placed:
    import networkx as nx

    function: Callable[..., dict[Any, Any]] = getattr(nx, f"{layout}_layout")
    options: dict[str, Any] = {"seed": seed} if layout == "random" else {}
    where = function(graph.nx, **options)
    xy = np.array([where[node] for node in graph.arrays.ids], np.float64).reshape(-1, 2)
    return Placed(xy, layout, seeded=layout == "random", fixed=layout in ("circular", "shell"))


def _named(graph: LoadedGraph, names: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    """The first two names that nodes have attributes of."""
    there = {name.lower(): name for name in reversed(graph.arrays.frozen.node_table.names())}
    return next(((there[x], there[y]) for x, y in names if x in there and y in there), None)


def _given(graph: LoadedGraph, names: tuple[tuple[str, str], ...], what: str) -> Float:
    """Two attributes of every node. Raises NotFound where there are none, InvalidInput for a node without."""
    chosen = _named(graph, names)
    if chosen is None:
        raise NotFound(f"layout: the nodes have no attributes {what}.", kind="attribute", field="layout", nearest=[])
    columns = [graph.arrays.frozen.node_table.column(name) for name in chosen]
    values = np.empty((graph.arrays.n, 2))
    for axis, (name, column) in enumerate(zip(chosen, columns, strict=True)):
        assert column is not None
        for row, value in enumerate(column.to_list()):
            if not is_number(value):
                node = graph.arrays.frozen.id_of(row)
                told = "missing" if value is MISSING else echoed(value)
                raise InvalidInput(
                    f"layout: {echoed(name)} of node {echoed(node)} is {told}, not a finite number. Leave such nodes out by view.",
                    field="layout",
                )
            values[row, axis] = value
    return values


def _all_on_earth(graph: LoadedGraph) -> bool:
    try:
        lon, lat = _given(graph, maps.EARTH, "").T
    except InvalidInput:
        return False
    return bool((np.abs(lat) <= 90).all() and (np.abs(lon) <= 360).all())


def _on_map(graph: LoadedGraph) -> Placed:
    lon, lat = _given(graph, maps.EARTH, "lat and lon").T
    if not ((np.abs(lat) <= 90).all() and (np.abs(lon) <= 360).all()):
        raise InvalidInput(
            "layout: map needs latitudes from -90 to 90 and longitudes from -180 to 180, in degrees.", field="layout"
        )
    projection = maps.Map(lon, lat)
    return Placed(projection.project(lon, lat), "map", map=projection, fixed=True)
