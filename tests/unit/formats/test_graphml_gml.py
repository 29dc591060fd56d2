"""GraphML and GML as other programs write them, and what neither can hold."""

from __future__ import annotations

import networkx as nx
import pytest
from tests.unit.formats.files import parts, read, written

from networkx_mcp.errors import InvalidInput


def test_types_defaults_and_namespaces_of_graphml() -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
    <g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns">
      <g:desc>made by hand</g:desc>
      <g:key id="c" for="node" attr.name="color" attr.type="string"><g:default>yellow</g:default></g:key>
      <g:key id="w" for="edge" attr.name="weight" attr.type="double"/>
      <g:key id="l" for="all" attr.name="level" attr.type="int"><g:desc>x</g:desc><g:default> 1 </g:default></g:key>
      <g:key id="f" for="edge" attr.name="flag" attr.type="boolean"/>
      <g:key id="bare" for="graph"/>
      <g:graph id="G" edgedefault="undirected">
        <g:data key="bare"> a text </g:data>
        <g:node id="n 0"><g:data key="c">green</g:data></g:node>
        <g:node id="n1"/>
        <g:edge id="e0" source="n 0" target="n1"><g:data key="w"> 1e-3 </g:data><g:data key="f">TRUE</g:data></g:edge>
        <g:edge source="n1" target="n1" directed="false"><g:data key="w">2</g:data><g:data key="f">0</g:data></g:edge>
      </g:graph>
    </g:graphml>"""
    graph = read(text, "graphml")
    assert graph.graph == {"level": 1, "bare": " a text "}
    assert dict(graph.nodes(data=True)) == {
        "n 0": {"color": "green", "level": 1},
        "n1": {"color": "yellow", "level": 1},
    }
    assert list(graph.edges(data=True)) == [
        ("n 0", "n1", {"id": "e0", "weight": 0.001, "flag": True, "level": 1}),
        ("n1", "n1", {"weight": 2.0, "flag": False, "level": 1}),
    ]


def test_of_yed_the_labels_are_read() -> None:
    text = """<graphml xmlns:y="http://www.yworks.com/xml/graphml">
      <key for="node" id="d6" yfiles.type="nodegraphics"/><key for="graphml" id="d7" yfiles.type="resources"/>
      <key for="edge" id="d9" yfiles.type="edgegraphics"/>
      <graph edgedefault="directed" id="G">
        <node id="n0"><data key="d6"><y:ShapeNode><y:Geometry height="30.0"/><y:NodeLabel>First
        </y:NodeLabel></y:ShapeNode></data></node>
        <node id="n1"><data key="d6"><y:ShapeNode/></data></node>
        <edge id="e0" source="n0" target="n1"><data key="d9"><y:EdgeLabel>to</y:EdgeLabel></data></edge>
      </graph>
      <data key="d7"><y:Resources/></data>
    </graphml>"""
    graph = read(text, "graphml")
    assert dict(graph.nodes(data=True)) == {"n0": {"label": "First"}, "n1": {}}
    assert list(graph.edges(data=True)) == [("n0", "n1", {"id": "e0", "label": "to"})]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_encodings_that_xml_names_are_understood(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><graphml><graph><node id="é"/></graph></graphml>'
    assert list(read(text.encode(encoding), "graphml")) == ["é"]


def test_ids_of_graphml_are_converted_when_asked() -> None:
    text = "<graphml><graph>" + "".join(f'<node id="{node}"/>' for node in (1, -2, "x")) + "</graph></graphml>"
    assert list(read(text, "graphml", ids="auto")) == ["1", "-2", "x"]
    assert list(read(text.replace("x", "3"), "graphml", ids="auto")) == [1, -2, 3]
    with pytest.raises(InvalidInput, match='line 1: id "x" is no integer'):
        read(text, "graphml", ids="integer")


def test_our_marks_may_be_overruled_and_must_be_true() -> None:
    data = written(nx.path_graph(2), "graphml")
    assert list(read(data, "graphml")) == [0, 1]
    assert list(read(data, "graphml", ids="string")) == ["0", "1"]
    with pytest.raises(InvalidInput, match=r"line 5.*no integer"):
        read(data.replace(b'id="1"', b'id="x"'), "graphml")
    mixed = written(nx.Graph([(1, "1")]), "graphml")
    assert parts(read(mixed, "graphml")) == parts(nx.Graph([(1, "1")]))
    with pytest.raises(InvalidInput, match="no JSON text or integer"):
        read(mixed.replace(b'id="1"', b'id="true"'), "graphml")


@pytest.mark.parametrize("text", ["\0", "\x07", "\ufffe", "\x1f"])
def test_characters_that_xml_cannot_hold_are_refused(text: str) -> None:
    for graph in (nx.Graph([("a", "b", {"t": text})]), nx.Graph([(text, "b")]), nx.Graph(**{"k": text})):
        with pytest.raises(InvalidInput, match="XML cannot hold"):
            written(graph, "graphml")
    with pytest.raises(InvalidInput, match="XML cannot hold"):
        written(nx.Graph([("a", "b", {text: 1})]), "graphml")


def test_white_space_survives_xml() -> None:
    graph = nx.Graph([("a\n\tb ", " \r\n", {"t": " \r\n\t x ", "\n": ""})])
    assert parts(read(written(graph, "graphml"), "graphml")) == parts(graph)


def test_gml_as_people_write_it() -> None:
    text = """Creator "by hand"
    # a comment
    graph
    [
      comment "two
      lines &amp; caf&#233; &nope; &#xE9;" directed 1
      edge [ source 7 target 9 value -1.5E+3 big 1E3 ]
      node [ id 7 label "seven" graphics [ x 1.0 y 2 ] tag "a" tag "b" ] node [ id 9 label "nine" ]
    ]"""
    graph = read(text, "gml")
    assert graph.is_directed()
    assert graph.graph == {"comment": "two\n      lines & café &nope; é"}
    nodes = {"seven": {"graphics": {"x": 1.0, "y": 2}, "tag": ["a", "b"]}, "nine": {}}
    assert dict(graph.nodes(data=True)) == nodes
    assert list(graph.edges(data=True)) == [("seven", "nine", {"value": -1500.0, "big": 1000.0})]


def test_nodes_of_gml_are_named_by_label_or_id() -> None:
    text = 'graph [ node [ id 7 label "1" ] node [ id 9 label "2" ] edge [ source 7 target 9 ] ]'
    assert list(read(text, "gml")) == ["1", "2"]
    assert list(read(text, "gml", ids="integer")) == [1, 2]
    assert list(read(text, "gml", ids="auto")) == [1, 2]
    assert list(read(text.replace('"2"', '"b"'), "gml", ids="auto")) == ["1", "b"]
    by_id = read(text, "gml", label="id")
    assert list(by_id.nodes(data=True)) == [(7, {"label": "1"}), (9, {"label": "2"})]
    assert list(read(text, "gml", label="id", ids="string")) == ["7", "9"]
    assert list(read("graph [ node [ id 3 ] ]", "gml")) == [3]


def test_a_multigraph_of_gml_is_read_when_its_repeats_are_decided() -> None:
    edge = "edge [ source 1 target 1 w {} ] "
    text = f"graph [ multigraph 1 node [ id 1 ] {edge.format(1)} {edge.format(2)} ]"
    assert list(read(text, "gml", duplicates="update").edges(data=True)) == [(1, 1, {"w": 2})]


@pytest.mark.parametrize("value", [True, None, [[1]], {"a b": 1}, [True], {"a": None}])
def test_values_that_gml_has_not_are_refused_or_written_as_json(value: object) -> None:
    graph = nx.Graph([("a", "b", {"v": value})])
    with pytest.raises(InvalidInput, match=r'edge "a" - "b" has a value.*values=json'):
        written(graph, "gml")
    again = read(written(graph, "gml", values="json"), "gml")
    assert isinstance(again.edges["a", "b"]["v"], str)


@pytest.mark.parametrize("name", ["id", "networkx_mcp_label", "a b", "ä", "_x", ""])
def test_names_that_gml_has_not_are_refused(name: str) -> None:
    graph = nx.Graph()
    graph.add_node("a", **{name: 1})
    with pytest.raises(InvalidInput, match='node "a" has an attribute'):
        written(graph, "gml")


def test_texts_that_networkx_takes_for_lists_stay_texts() -> None:
    graph = nx.Graph([("[]", "()", {"v": "[]", "w": [], "one": [1]})])
    assert parts(read(written(graph, "gml"), "gml")) == parts(graph)
