"""Tables of nodes, and of edges alone: what a row is, where its id stands, what becomes of rows without one."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.unit.formats.files import LIMITS

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Into, Reading
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

#: As Excel saves it in Germany: byte order mark, semicolons, quoted line ends, an empty row, a row without an id.
DIRTY = '\ufeffIATA;Name;City;Höhe\r\nATL;"Hartsfield;\r\nJackson";Atlanta;313\r\nORD;O\'Hare;"Chicago, IL";\r\n;;;\r\n;nobody;;1\r\n'


def load(
    data: bytes | str, format_: str = "csv", into: Into | None = None, **options: Any
) -> tuple[dict[Any, Any], list[Any], Reading]:
    raw = data.encode() if isinstance(data, str) else data
    found = formats.load(io.BytesIO(raw), format_, options, LIMITS, into=into)
    graph = GraphState(found.graph).to_networkx()
    return dict(graph.nodes(data=True)), list(graph.edges(data=True)), found.reading


def refused(data: bytes | str, format_: str = "csv", **options: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(data, format_, **options)
    return caught.value.message


@pytest.mark.parametrize(
    "header", ["id", "ID", " Id ", "node_id", "NodeId", ":id", "_id", "name", "key", "vertex", "source"]
)
def test_the_ids_of_a_table_of_nodes_are_found_by_their_name(header: str) -> None:
    nodes, edges, reading = load(f"city,{header},n\nRome,a,1\n,b,2\n", part="nodes")
    assert nodes == {"a": {"city": "Rome", "n": 1}, "b": {"n": 2}}
    assert edges == []
    assert reading.id_column == header.strip()
    assert (reading.rows, reading.skipped_rows) == (2, 0)


def test_a_name_beside_an_id_is_an_attribute() -> None:
    assert load("name,id\nAnn,1\nBob,2\n", part="nodes")[0] == {1: {"name": "Ann"}, 2: {"name": "Bob"}}


def test_the_option_names_the_column_and_an_error_those_there_are() -> None:
    nodes, _, reading = load(DIRTY, part="nodes", id="iata", incomplete="skip")
    assert nodes == {
        "ATL": {"Name": "Hartsfield;\r\nJackson", "City": "Atlanta", "Höhe": 313},
        "ORD": {"Name": "O'Hare", "City": "Chicago, IL"},
    }
    assert (reading.id_column, reading.rows, reading.skipped_rows) == ("IATA", 4, 2)
    assert reading.lines()[:2] == ["the ids are the column 'IATA'", "4 rows read, 2 passed over"]
    message = refused("Town,City\nATL,Atlanta\n", part="nodes")
    assert (
        "there is no column of ids: name it by option id, for example id=Town; the columns are 'Town', 'City'"
        in message
    )
    assert load("IATA,City\nATL,Atlanta\n", part="nodes")[2].id_column == "IATA"
    assert "'code'" in refused("IATA,City\nATL,Atlanta\n", part="nodes", id="code")


def test_a_row_without_an_id_is_an_error_that_names_its_line_and_the_option() -> None:
    message = refused(DIRTY, part="nodes", id="IATA")
    assert message.startswith("line 6: the id is missing: option incomplete=skip")
    edges = "from,to,amount\na,b,1\na,,2\n,b,3\n"
    assert refused(edges, part="edges").startswith("line 3: the target is missing: option incomplete=skip")
    nodes, found, reading = load(edges, part="edges", incomplete="skip")
    assert (list(nodes), found, reading.skipped_rows) == (["a", "b"], [("a", "b", {"amount": 1})], 2)
    # without `part` a row without a target is a node by itself, as ever
    assert load("from,to,amount\na,b,1\nc,,2\n")[0] == {"a": {}, "b": {}, "c": {"amount": 2}}


def test_a_node_that_stands_twice_has_the_attributes_of_both_rows() -> None:
    nodes, _, reading = load("id,x,y\na,1,\na,,2\na,3,\n", part="nodes")
    assert nodes == {"a": {"x": 3, "y": 2}}
    assert reading.merged_nodes == 2


@pytest.mark.parametrize("format_", ["parquet", "arrow"])
def test_tables_with_types_have_nodes_too(format_: str) -> None:
    table = pa.table({"Id": [7, 8, None], "label": ["x", None, None], "score": [0.5, float("nan"), None]})
    sink = io.BytesIO()
    if format_ == "parquet":
        parquet.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    nodes, _, reading = load(sink.getvalue(), format_, part="nodes")
    assert nodes == {7: {"label": "x", "score": 0.5}, 8: {}}
    assert (reading.id_column, reading.rows, reading.skipped_rows, reading.missing_values) == ("Id", 3, 1, 1)


def test_a_table_tells_its_format_by_what_is_said_of_it() -> None:
    found = formats.load(io.BytesIO(b"id\tcity\nATL\tAtlanta\n"), "", {"part": "nodes"}, LIMITS)
    assert (found.reading.format, found.graph.n) == ("csv", 1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"part": "nodes", "source": "a"}, "name the column of its id by option id"),
        ({"part": "edges", "id": "a"}, "option id is for part=nodes"),
        ({"id": "a"}, "option id is for part=nodes"),
        ({"part": "both"}, "edges, nodes"),
        ({"incomplete": "skip"}, "needs part=edges or part=nodes"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, str], why: str) -> None:
    assert why in refused("source,target,id\na,b,c\n", **options)


def test_only_a_table_has_parts() -> None:
    message = refused("a b\n", "edge-list", part="nodes")
    assert "option part is for tables (csv, parquet, arrow), and the file is an edge list" in message


def test_ids_that_the_graph_cannot_have_are_told_from_it() -> None:
    """`ids=string`, which helps elsewhere, would make other nodes of all."""
    into = Into(directed=False, ids="integer")
    with pytest.raises(
        InvalidInput, match=r'"new" is no integer: as in the graph; ids=string would make other nodes of all'
    ):
        load("source,target\n1,2\nnew,1\n", into=into)
    with pytest.raises(InvalidInput, match=r'"new" is no integer: use option ids=string'):
        load("source,target\n1,2\nnew,1\n", into=into, ids="integer")


@pytest.mark.parametrize(("ids", "made"), [("string", ["1", "2"]), ("integer", [1, 2]), ("auto", [1, 2])])
def test_ids_without_types_are_as_those_of_the_graph_that_they_go_into(ids: Any, made: list[Any]) -> None:
    assert list(load("id,x\n1,1\n2,2\n", part="nodes", into=Into(directed=False, ids=ids))[0]) == made


def test_the_graph_says_whether_edges_have_a_direction() -> None:
    reversed_ = "source,target\na,b\nb,a\n"
    assert len(load(reversed_, into=Into(directed=True))[1]) == 2
    with pytest.raises(InvalidInput, match="the graph that this is merged into is directed"):
        load(reversed_, into=Into(directed=True), directed=False)
    with pytest.raises(InvalidInput, match="says it is directed, and the graph that it is merged into is undirected"):
        load('{"directed": true, "nodes": [], "edges": []}', "node-link", into=Into(directed=False))
