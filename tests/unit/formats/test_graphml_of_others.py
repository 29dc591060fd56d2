"""GraphML as yEd, yFiles, Gephi, Neo4j, Maltego, igraph and networkx write it."""

from __future__ import annotations

import io
from typing import Any

import networkx as nx
import pytest
from tests.unit.formats.files import LIMITS, read, refused

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Hints, Reading
from networkx_mcp.arrays.state import GraphState

HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">\n'


def load(body: str, **options: Any) -> tuple[nx.Graph[Any], Reading]:
    found = formats.load(io.BytesIO((HEAD + body + "</graphml>").encode()), "graphml", options, LIMITS)
    return GraphState(found.graph).to_networkx(), found.reading


def typed(type_: str, *values: str) -> tuple[nx.Graph[Any], Reading]:
    nodes = "".join(f'<node id="{k}"><data key="k">{value}</data></node>' for k, value in enumerate(values))
    return load(f'<key id="k" for="node" attr.name="x" attr.type="{type_}"/><graph>{nodes}</graph>')


@pytest.mark.parametrize(
    ("type_", "values", "expected", "missing"),
    [
        ("double", ["NaN", "1.5", ""], [None, 1.5, None], 2),
        ("int", ["", "3", "4.0", " 5 "], [None, 3, 4, 5], 1),
        ("long", ["null", "NA", "-7"], [None, None, -7], 2),
        ("boolean", ["", "true", "True", "0"], [None, True, True, False], 1),
        ("string", ["", "NaN", " x "], ["", "NaN", " x "], 0),
        ("Double", [".5", "+5", "1."], [0.5, 5.0, 1.0], 0),
        ("vector_float", ["1 2", ""], ["1 2", ""], 0),
    ],
)
def test_values_of_a_type(type_: str, values: list[str], expected: list[Any], missing: int) -> None:
    graph, reading = typed(type_, *values)
    assert [repr(data.get("x")) for _, data in graph.nodes(data=True)] == [repr(value) for value in expected]
    assert reading.missing_values == missing
    assert any("no type 'vector_float'" in note for note in reading.notes) is (type_ == "vector_float")


def test_an_infinite_number_is_refused_with_its_line() -> None:
    assert "INF, which is no number of JSON" in refused(
        HEAD + '<key id="k" for="node" attr.type="double"/><graph><node id="a"><data key="k">INF</data></node></graph></graphml>', "graphml"
    ).message  # fmt: skip


def test_a_key_belongs_to_nodes_or_edges_or_all() -> None:
    keys = '<key id="k" for="node" attr.name="a" attr.type="string"/><key id="k" for="edge" attr.name="b" attr.type="int"/>'
    keys += '<key id="l" for="all" attr.name="c" attr.type="int"><default>7</default></key>'
    graph, _ = load(
        keys + '<graph><node id="x"><data key="k">1</data></node><node id="y"/>'
        '<edge source="x" target="y"><data key="k">2</data><data key="l">3</data></edge></graph>'
    )
    assert dict(graph.nodes(data=True)) == {"x": {"a": "1", "c": 7}, "y": {"c": 7}}
    assert graph.edges["x", "y"] == {"b": 2, "c": 3}
    assert graph.graph == {"c": 7}


def test_groups_are_nodes_as_networkx_reads_them() -> None:
    body = (
        '<graph edgedefault="directed"><node id="g" yfiles.foldertype="group"><graph edgedefault="directed" id="g:">'
        '<node id="g::a"/><node id="g::h" yfiles.foldertype="group"><graph edgedefault="directed"><node id="g::h::b"/>'
        '</graph></node><edge source="g::a" target="g::h::b"/></graph></node><node id="b"/><edge source="g" target="b"/></graph>'
    )
    graph, reading = load(body)
    theirs = nx.parse_graphml(HEAD + body + "</graphml>")
    assert list(graph) == list(theirs)
    assert sorted(graph.edges) == sorted(theirs.edges)
    assert reading.notes == ["3 nodes were inside groups: they are nodes like others, the groups too"]
    assert reading.merged_nodes == 0
    assert "a second <graph>" in refused(HEAD + "<graph/><graph/></graphml>", "graphml").message
    assert "one kind" in refused(
        HEAD + '<graph edgedefault="directed"><node id="a"/><edge source="a" target="a" directed="false"/></graph></graphml>', "graphml"
    ).message  # fmt: skip


def test_xml_of_other_programs_is_passed_over_and_counted() -> None:
    graph, reading = load(
        '<key id="g" for="node" yfiles.type="nodegraphics"/><key id="s" for="edge" attr.name="Style"><default><y:X a="1"/></default></key>'
        '<key id="m" for="node" attr.name="MaltegoEntity"/><key id="p" for="port" attr.name="P"/>'
        '<graph edgedefault="directed"><data key="g"/><node id="a"><port name="p0"><data key="p"><y:Q/></data></port>'
        '<data key="g"><y:ShapeNode><y:NodeLabel>Ann <y:LabelModel/></y:NodeLabel></y:ShapeNode></data>'
        '<data key="m"><mtg:Entity xmlns:mtg="x" type="t"><mtg:Properties/></mtg:Entity></data></node><node id="b"/>'
        '<edge source="a" target="b" sourceport="p0" label="KNOWS"><data key="s"><y:PolyLine><y:EdgeLabel>knows</y:EdgeLabel></y:PolyLine></data>'
        "<z:extra xmlns:z='z'/></edge></graph><y:Resources><y:Resource/></y:Resources>"
    )
    assert dict(graph.nodes(data=True)) == {"a": {"label": "Ann"}, "b": {}}
    assert graph.edges["a", "b"] == {"sourceport": "p0", "label": "knows"}
    assert reading.notes == [
        "1 value of 'MaltegoEntity' was left out: XML of another program",
        "1 value of 'Style' was left out: XML of another program",
        "1 element <extra> was passed over",
        "1 element <Resources> was passed over",
    ]


def test_labels_that_neo4j_puts_into_tags_are_kept() -> None:
    graph, _ = load('<graph><node id="n0" labels=":Person"/><node id="n1" labels=":X"><data key="labels">:Y</data></node>'
                    '<edge id="e0" source="n0" target="n1" label="KNOWS"/></graph>'.replace(
                        "<graph>", '<key id="labels" for="node" attr.name="labels"/><graph>'))  # fmt: skip
    assert dict(graph.nodes(data=True)) == {"n0": {"labels": ":Person"}, "n1": {"labels": ":Y"}}
    assert graph.edges["n0", "n1"] == {"id": "e0", "label": "KNOWS"}


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"])
def test_an_empty_file_is_no_empty_graph(text: str) -> None:
    assert "empty" in refused(text, "graphml").message


def test_a_document_type_without_declarations_is_passed_over() -> None:
    doctypes = [
        '<!DOCTYPE graphml SYSTEM "http://x.example/graphml.dtd">',
        '<!DOCTYPE graphml\n PUBLIC "-//x//y" "file:///etc/passwd">',
        "<!DOCTYPE graphml>",
    ]
    for doctype in doctypes:
        for before in ("", '<?xml version="1.0"?>\n', '<?xml version="1.0"?><!-- x -->'):
            assert list(read(f'{before}{doctype}<graphml><graph><node id="a"/></graph></graphml>', "graphml")) == ["a"]
        error = refused(f'{doctype}\n<graphml><graph><node id="&x;"/></graph></graphml>', "graphml")
        assert "undefined entity" in error.message
        assert error.data["line"] == 2 + doctype.count("\n")
    for doctype in (
        '<!DOCTYPE g [<!ENTITY x "y">]>',
        '<!DOCTYPE g SYSTEM "x" [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    ):
        assert "not allowed" in refused(f"{doctype}<graphml><graph/></graphml>", "graphml").message


def test_a_declared_encoding_counts_for_bytes_and_not_for_a_string() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<graphml><graph><node id="Zürich"/></graph></graphml>'
    assert list(read(text.encode("latin-1"), "graphml")) == ["Zürich"]
    found = formats.load(io.BytesIO(text.encode()), "graphml", {}, LIMITS, Hints(encoding="utf-8"))
    assert list(found.graph.iter_ids()) == ["Zürich"]


def test_nodes_that_only_edges_name_are_counted() -> None:
    graph, reading = load('<graph><node id="a"/><edge source="a" target="b"/><edge source="c" target="b"/></graph>')
    assert list(graph) == ["a", "b", "c"]
    assert reading.lines() == ["2 nodes were made because edges name them: the file does not list them"]


@pytest.mark.parametrize("value", ["1e999", "-INF", "Infinity"])
def test_an_infinite_number_is_named_in_graphml_and_gexf(value: str) -> None:
    files = {
        "graphml": f'<graphml><key id="k" for="node" attr.name="w" attr.type="double"/><graph>\n<node id="a"><data key="k">{value}</data></node></graph></graphml>',
        "gexf": f'<gexf><graph><attributes class="node"><attribute id="k" title="w" type="double"/></attributes><nodes>\n<node id="a"><attvalues><attvalue for="k" value="{value}"/></attvalues></node></nodes></graph></gexf>',
    }
    for format_, text in files.items():
        error = refused(text, format_)
        assert f"'w' is {value}, which is no number of JSON: leave it out" in error.message
        assert error.data["line"] == 2
