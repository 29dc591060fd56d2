"""draw_graph: pictures of small graphs, whatever their ids hold, the same bytes again."""

from __future__ import annotations

import struct
from typing import Any

import networkx as nx
import pytest
from defusedxml import ElementTree
from tests.unit.analysis.graphs import ask, example

from networkx_mcp.analysis.tasks.draw_graph import MAX_EDGES, MAX_NODES, draw_graph
from networkx_mcp.errors import InvalidInput, LimitExceeded, NotFound
from networkx_mcp.vocabulary import LAYOUTS


def test_a_png_has_the_size_that_was_asked_for() -> None:
    answer = draw(example(), format="png", width=320, height=240)
    assert answer["media_type"] == "image/png"
    assert answer["data"].startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", answer["data"][16:24]) == (320, 240)


def test_an_svg_is_well_formed_and_the_same_again() -> None:
    first, second = (draw(example(), title="A title") for _ in range(2))
    assert first["data"] == second["data"]
    assert ElementTree.fromstring(first["data"]).tag.endswith("svg")


def draw(graph: nx.Graph, **params: Any) -> dict[str, Any]:
    """The answer, as SVG unless another format is named."""
    return ask(draw_graph, graph, **{"format": "svg", **params})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_draws_a_tree(layout: str) -> None:
    graph = nx.balanced_tree(2, 3, nx.DiGraph)
    if layout in ("xy", "map"):
        for node in graph:
            graph.nodes[node].update(x=node, y=node % 4, lat=node, lon=-node)
    answer = draw(graph, layout=layout)
    assert (answer["nodes"], answer["edges"]) == (15, 14)
    assert answer["layout"] == ("tree" if layout == "auto" else layout)


@pytest.mark.parametrize("graph", [nx.Graph(), nx.path_graph(1), nx.empty_graph(3), nx.Graph([(0, 0), (0, 1)])])
@pytest.mark.parametrize("layout", ["auto", "spectral", "planar"])
def test_degenerate_graphs_are_drawn(graph: nx.Graph, layout: str) -> None:
    assert draw(graph, layout=layout)["nodes"] == len(graph)


def test_ids_are_text_never_markup() -> None:
    graph = nx.Graph([("$\\frac{", "<script>"), ("a&b", "日本"), ("x" * 100, "\n")])
    data = draw(graph)["data"]
    ElementTree.fromstring(data)
    assert b"<script" not in data


@pytest.mark.parametrize("text", ["\0", "a\x1b[31m", "\x08", "\ufffe", "\uffff", "a--\x0b-"])
def test_what_xml_cannot_hold_is_replaced(text: str) -> None:
    graph = nx.Graph([(text, "b", {"kind": text}), ("c", "d", {"kind": "x"})])
    graph.nodes["b"]["name"] = text
    for params in ({}, {"label": "name"}, {"edge_label": "kind"}, {"title": f"Of {text}"}, {"color": "name"}):
        ElementTree.fromstring(draw(graph, **params)["data"])
        assert draw(graph, format="png", **params)["data"]


@pytest.mark.parametrize("largest", [2**1023 - 1, 1e308])
def test_the_largest_numbers_have_colours(largest: float) -> None:
    graph = nx.path_graph(12)
    nx.set_node_attributes(graph, {k: k for k in range(11)} | {11: largest}, "score")
    ElementTree.fromstring(draw(graph, color="score")["data"])


def test_attributes_colour_and_label() -> None:
    graph = nx.DiGraph([(i, i + 1) for i in range(20)])
    nx.set_node_attributes(graph, {i: {"name": f"n{i}", "score": i / 2, "group": i % 3} for i in range(20)})
    nx.set_edge_attributes(graph, {(0, 1): {"kind": "x"}})
    plain = draw(graph)["data"]
    for params in ({"color": "score"}, {"color": "group"}, {"label": "name"}, {"edge_label": "kind"}):
        assert draw(graph, **params)["data"] != plain


def test_weights_are_looked_at_where_they_are_named_and_the_layout_knows_them() -> None:
    def drawn(layout: str, **params: Any) -> tuple[bytes, list[str]]:
        answer = draw(example(), layout=layout, **params)
        return answer["data"], answer["notes"]

    for layout in ("spring", "kamada_kawai", "spectral"):
        plain, notes = drawn(layout)
        assert [note[:20] for note in notes] == ["Every edge counts 1."]
        pulled, notes = drawn(layout, weight="weight")
        assert pulled != plain
        assert notes == []
    plain, notes = drawn("circular")
    assert notes == []
    assert drawn("circular", weight="weight") == (plain, ["Layout circular looks at no weight."])
    named = nx.path_graph(4)
    nx.set_edge_attributes(named, "heavy", "weight")
    assert draw(named, layout="spectral")["notes"] == []


def test_a_part_of_a_large_graph_is_drawn() -> None:
    graph = nx.path_graph(MAX_NODES + 1)
    with pytest.raises(LimitExceeded, match=f"at most {MAX_NODES} nodes; this graph has {MAX_NODES + 1}") as error:
        draw(graph)
    assert error.value.data == {"limit": "draw_nodes", "maximum": MAX_NODES, "actual": MAX_NODES + 1}
    assert draw(graph, nodes=list(range(10)))["edges"] == 9


def test_the_largest_picture_is_drawn_and_one_more_is_not() -> None:
    assert draw(nx.path_graph(MAX_NODES), layout="circular")["nodes"] == MAX_NODES
    with pytest.raises(LimitExceeded, match=f"at most {MAX_EDGES} edges"):
        draw(nx.complete_graph(101))  # 5,050 edges
    assert draw(nx.complete_graph(100), layout="circular")["edges"] == 4950


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"format": "pdf"}, InvalidInput, "png or svg"),
        ({"width": 99}, InvalidInput, "`width` must be at least 100"),
        ({"height": 2001}, InvalidInput, "`height` must be at most 2000"),
        ({"layout": "layers"}, InvalidInput, "directed graph without cycles"),
        ({"layout": "bipartite"}, InvalidInput, "bipartite graph. Use spring"),
        ({"color": "colour"}, NotFound, 'no node has an attribute "colour".*"color"'),
        ({"edge_label": "wieght"}, NotFound, '"weight"'),
        ({"nodes": ["z"]}, NotFound, 'no node "z"'),
    ],
)
def test_a_wrong_argument_is_told(params: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw(example(), **params)


def test_a_graph_that_is_not_planar_has_no_planar_layout() -> None:
    with pytest.raises(InvalidInput, match="planar"):
        draw(nx.complete_graph(5), layout="planar")
