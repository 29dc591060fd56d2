"""GML and JSON as D3, vis.js, igraph, yEd, pandas and networkx write them."""

from __future__ import annotations

import io
import json
from typing import Any

import networkx as nx
import pytest
from tests.unit.formats.files import LIMITS, read, refused

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Reading
from networkx_mcp.arrays.state import GraphState


def load(text: str, format_: str, **options: Any) -> tuple[nx.Graph[Any], Reading]:
    found = formats.load(io.BytesIO(text.encode()), format_, options, LIMITS)
    return GraphState(found.graph).to_networkx(), found.reading


# -- GML


def test_texts_of_gml_may_lack_their_quotes() -> None:
    graph, reading = load(
        "graph [ node [ id A label Alpha ] node [ id B label Beta ] edge [ source A target B kind road ] ]", "gml"
    )
    assert list(graph.edges(data=True)) == [("Alpha", "Beta", {"kind": "road"})]
    assert reading.notes == ["texts without quotes were read as texts"]
    assert "texts stand in double quotes" in refused("graph [ node [ id 1 label Foo-Bar ] ]", "gml").message


@pytest.mark.parametrize(
    ("label", "nodes"), [(None, ["x", "y"]), ("label", ["x", "y"]), ("id", [1, 2]), ("name", ["n1", "n2"])]
)
def test_any_key_may_name_the_nodes_of_gml(label: str | None, nodes: list[Any]) -> None:
    text = 'graph [ node [ id 1 label "x" name "n1" ] node [ id 2 label "y" name "n2" ] edge [ source 1 target 2 ] ]'
    graph, _ = load(text, "gml", **({"label": label} if label else {}))
    assert list(graph) == nodes
    if label != "id":
        assert list(nx.parse_gml(text, label=label or "label")) == nodes
    assert "the node has no nam, others have one: use option label=id" in refused(text, "gml", label="nam").message


def test_a_multigraph_without_parallel_edges_is_a_graph() -> None:
    text = "graph [ multigraph 1 node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 key 0 w 2 ] {} ]"
    assert list(load(text.format(""), "gml")[0].edges(data=True)) == [(0, 1, {"w": 2})]
    again = text.format("edge [ source 1 target 0 key 1 w 3 ]")
    assert "stands twice" in refused(again, "gml").message
    graph, reading = load(again, "gml", duplicates="update")
    assert (graph.edges[0, 1], reading.merged_edges) == ({"w": 3}, 1)


@pytest.mark.parametrize("nan", ["NAN", "nan", "NaN"])
def test_nan_of_gml_is_a_missing_value(nan: str) -> None:
    graph, reading = load(f"graph [ t {nan} node [ id 1 w {nan} x 1 ] node [ id 2 g [ x {nan} y 2 ] ] ]", "gml")
    assert (graph.graph, dict(graph.nodes(data=True))) == ({}, {1: {"x": 1}, 2: {"g": {"y": 2}}})
    assert reading.missing_values == 3


# -- node-link JSON


@pytest.mark.parametrize(
    ("nodes", "links", "expected", "note"),
    [
        ([{"name": "A"}, {"name": "B"}], [{"source": 0, "target": 1}], [0, 1], "positions from 0"),
        ([{"name": "A"}, {"name": "B"}], [{"source": "B", "target": "A"}], ["A", "B"], "named by 'name'"),
        ([{"key": "A"}, {"key": "B"}], [{"source": "B", "target": "A"}], ["A", "B"], "named by 'key'"),
        ([{"id": "A"}, {"id": "B"}], [{"source": 0, "target": 1}], ["A", "B"], "positions of nodes from 0"),
        ([{"id": "A"}, {"id": "B"}], [{"from": "A", "to": "B"}], ["A", "B"], None),
        ([{"id": 1.0}, {"id": 2.0}], [{"source": 1.0, "target": 2}], [1, 2], "ids such as 7.0"),
        ([{"id": "A"}, {"id": "B"}], [{"source": 5, "target": 1}], ["A", "B", 5, 1], "2 nodes were made"),
    ],
)
def test_ends_and_ids_as_javascript_has_them(
    nodes: list[Any], links: list[Any], expected: list[Any], note: str | None
) -> None:
    for name in ("links", "edges"):
        graph, reading = load(json.dumps({"nodes": nodes, name: links}), "node-link")
        assert list(graph) == expected
        assert graph.number_of_edges() == 1
        assert [type(node) for node in graph] == [type(node) for node in expected]
        assert (note or "") in " ".join(reading.notes)
        assert bool(reading.notes) is (note is not None)


def test_ends_that_are_no_positions_are_refused() -> None:
    assert (
        "no position of one"
        in refused('{"nodes": [{"name": "A"}], "links": [{"source": 0, "target": 1}]}', "node-link").message
    )


def test_nan_of_json_is_a_missing_value_wherever_it_stands() -> None:
    text = (
        '{"graph": {"a": NaN, "b": "NaN"}, "nodes": [{"id": 1, "x": NaN, "y": "NaN \\" NaN", "z": [1, NaN], "w": {"v": NaN}}],'
        ' "edges": [{"source": 1, "target": 1, "w": -NaN, "Infinity": 1}]}'
    )
    graph, reading = load(text, "node-link")
    assert graph.graph == {"b": "NaN"}
    assert graph.nodes[1] == {"y": 'NaN " NaN', "z": [1, None], "w": {"v": None}}
    assert graph.edges[1, 1] == {"Infinity": 1}
    assert reading.missing_values == 5
    assert (
        load('{"nodes": [{"name": NaN}], "links": [{"source": 0, "target": 0, "w": NaN}]}', "node-link")[
            1
        ].missing_values
        == 2
    )
    error = refused('{"nodes": [\n{"id": 1, "x": -Infinity}]}', "node-link")
    assert (error.data["line"], "-Infinity is no number" in error.message) == (2, True)


def test_an_error_in_one_long_line_names_the_item() -> None:
    text = '{"nodes": [{"id": 1}, {"id": 2}, {"x": 3}], "edges": []}'
    assert refused(text, "node-link").message.startswith("nodes[2] has no id")
    text = (
        '{"nodes": [], "edges": [{"source": 1, "target": 2}, {"source": 2, "target": 3}, {"source": 2, "target": 1}]}'
    )
    error = refused(text + "\n", "node-link")
    assert error.message.startswith("edges[2]: the edge 2 - 1 stands twice (first in edges[0])")
    assert "directed=true" in error.message
    assert refused("[1, 2]", "node-link").message.startswith("not a node-link document")


def test_what_pandas_and_networkx_write_is_read() -> None:
    graph = nx.gnp_random_graph(9, 0.5, seed=3, directed=True)
    nx.set_edge_attributes(graph, float("nan"), "weight")
    found = read(json.dumps(nx.node_link_data(graph), indent=2), "node-link")
    assert sorted(found.edges(data=True)) == sorted((u, v, {}) for u, v in graph.edges)
