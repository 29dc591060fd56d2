"""draw_graph: pictures of small graphs, whatever their ids hold, the same bytes again."""

from __future__ import annotations

import struct
from typing import Any

import networkx as nx
import pytest
from defusedxml import ElementTree
from tests.unit.analysis.graphs import ask, example

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.tasks import draw_graph as module
from networkx_mcp.analysis.tasks.draw_graph import draw_graph
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
    plain = draw(graph, layout="circular")["data"]
    for params in ({"color": "score"}, {"color": "group"}, {"label": "name"}, {"edge_label": "kind"}):
        assert draw(graph, layout="circular", **params)["data"] != plain


def test_weights_are_looked_at_where_they_are_named() -> None:
    plain = draw(example(), layout="spring")
    assert [note[:20] for note in plain["notes"]] == ["Every edge counts 1."]
    pulled = draw(example(), layout="spring", weight="weight")
    assert pulled["notes"] == []
    assert pulled["data"] != plain["data"]
    assert draw(example(), layout="circular")["notes"] == []  # it looks at no weight
    named = nx.path_graph(4)
    nx.set_edge_attributes(named, "heavy", "weight")
    assert draw(named, layout="spring")["notes"] == []


def test_a_part_of_a_large_graph_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DRAWN_NODES", 50)
    graph = nx.path_graph(51)
    with pytest.raises(LimitExceeded, match="at most 50 nodes; this graph has 51") as error:
        draw(graph)
    assert error.value.data == {"limit": "draw_nodes", "maximum": 50, "actual": 51}
    assert draw(graph, nodes=list(range(10)))["edges"] == 9


def test_the_largest_picture_is_drawn_and_one_more_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DRAWN_NODES", 20)
    monkeypatch.setattr(module, "MOST_DRAWN_EDGES", 45)
    assert draw(nx.path_graph(20))["nodes"] == 20
    with pytest.raises(LimitExceeded, match="at most 45 edges"):
        draw(nx.complete_graph(11))
    assert draw(nx.complete_graph(10))["edges"] == 45


def test_an_empty_list_of_nodes_is_told_and_not_drawn() -> None:
    with pytest.raises(InvalidInput, match="nodes: is empty, so there is nothing to draw"):
        draw(example(), nodes=[])


@pytest.mark.parametrize("kind", ["graph", "matrix", "degrees"])
@pytest.mark.parametrize("graph", [nx.Graph(), nx.empty_graph(1), nx.DiGraph([(0, 0)]), nx.star_graph(70)], ids=str)
def test_every_kind_draws_every_graph(kind: str, graph: nx.Graph) -> None:
    for theme in ("light", "dark"):
        answer = draw(graph, kind=kind, theme=theme, color="communities", title="A title")
        ElementTree.fromstring(answer["data"])
        assert (answer["kind"], answer["layout"] is None) == (kind, kind != "graph")


def test_the_answer_tells_what_colours_say() -> None:
    graph = nx.disjoint_union(nx.complete_graph(5), nx.complete_graph(4))
    nx.set_node_attributes(graph, {v: "left" if v < 3 else "right" for v in range(8)}, "side")
    found = draw(graph, color="communities")["legend"]
    assert [(line["text"], line["nodes"]) for line in found] == [("community 1", 5), ("community 2", 4)]
    found = draw(graph, color="side")["legend"]
    assert [(line["text"], line["nodes"]) for line in found] == [("right", 5), ("left", 3), ("no value", 1)]
    assert len({line["color"] for line in found}) == 3


def test_an_attribute_comes_before_a_measure_of_its_name() -> None:
    graph = nx.star_graph(4)
    by_measure = draw(graph, color="degree")["legend"]
    assert [(line["text"], line["nodes"]) for line in by_measure] == [("1", 4), ("4", 1)]
    nx.set_node_attributes(graph, {0: "hot", 1: "cold", 2: "cold", 3: "cold", 4: "cold"}, "degree")
    assert [line["text"] for line in draw(graph, color="degree", size="")["legend"]] == ["cold", "hot"]


def test_a_measure_that_would_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = LoadedGraph.from_networkx(nx.gnm_random_graph(400, 3000, seed=1))
    loaded.allowance = 1e-9
    with pytest.raises(LimitExceeded, match="constraint"):
        ask(draw_graph, loaded, size="constraint")
    assert draw(nx.path_graph(5), size="constraint")["nodes"] == 5


def test_what_a_png_cannot_write_is_told() -> None:
    graph = nx.Graph([("東京", "大阪"), ("Łódź", "東京")])
    assert draw(graph, format="png")["notes"][-1].startswith("2 texts have characters")
    assert "東京" in draw(graph)["data"].decode()
    assert draw(graph)["notes"] == []


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"format": "pdf"}, InvalidInput, "png or svg"),
        ({"width": 99}, InvalidInput, "`width` must be at least 100"),
        ({"height": 2001}, InvalidInput, "`height` must be at most 2000"),
        ({"layout": "layers"}, InvalidInput, "directed graph without cycles"),
        ({"layout": "bipartite"}, InvalidInput, "bipartite graph. Use spring"),
        ({"color": "colour"}, NotFound, 'color: no node has an attribute "colour".*"color"'),
        ({"size": "color"}, InvalidInput, 'attribute "color" has "blue", not a finite number'),
        ({"size": "in_degree"}, InvalidInput, "size: in_degree is for directed graphs"),
        ({"size": "edge_betweenness"}, NotFound, "size: no node has"),
        ({"kind": "pie"}, InvalidInput, "graph, matrix or degrees"),
        ({"theme": "blue"}, InvalidInput, "light or dark"),
        ({"highlight": ["a", "z"]}, NotFound, r'highlight\[1\]: no node "z"'),
        ({"nodes": ["a", "b"], "highlight": ["f"]}, NotFound, 'no node "f"'),
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


def test_a_measure_is_rank_nodes_own_with_its_defaults() -> None:
    """networkx' hundred iterations do not suffice here, and rank_nodes takes more."""
    assert "size: eigenvector" in draw(nx.path_graph(60), size="eigenvector")["data"].decode()
