"""What each text format understands beside what it writes."""

from __future__ import annotations

import io

import networkx as nx
import pytest
from tests.unit.formats.files import read, written

from networkx_mcp.arrays.formats import ParseLimits, parse
from networkx_mcp.errors import InvalidInput


def edges(text: str, format_: str, **options: object) -> list[tuple[object, object, dict[str, object]]]:
    return list(read(text, format_, **options).edges(data=True))


# -- ids


@pytest.mark.parametrize(
    ("format_", "text"), [("edge-list", "{} {}"), ("adjacency-list", "{} {}"), ("csv", "source,target\n{},{}")]
)
@pytest.mark.parametrize(
    ("first", "second", "ids", "expected"),
    [
        ("1", "-2", "auto", [1, -2]),
        ("1", "a", "auto", ["1", "a"]),
        ("1", "02", "auto", ["1", "02"]),
        ("1", "2.0", "auto", [1, 2]),
        ("1", "2.5", "auto", ["1", "2.5"]),
        ("1", "2.0", "string", ["1", "2.0"]),
        ("1", "+2", "auto", ["1", "+2"]),
        ("9223372036854775807", "2", "auto", [2**63 - 1, 2]),
        ("9223372036854775808", "2", "auto", ["9223372036854775808", "2"]),
        ("1", "2", "string", ["1", "2"]),
        ("1", "2", "integer", [1, 2]),
    ],
)
def test_ids_are_integers_where_all_of_the_file_are(
    format_: str, text: str, first: str, second: str, ids: str, expected: list[object]
) -> None:
    found = list(read(text.format(first, second), format_, ids=ids))
    assert [(type(node), node) for node in found] == [(type(node), node) for node in expected]


@pytest.mark.parametrize("format_", ["edge-list", "adjacency-list"])
def test_ids_asked_to_be_integers_must_be(format_: str) -> None:
    for second, why in (("x", "no integer"), ("99999999999999999999", "no integer"), ("9223372036854775808", "64-bit")):
        with pytest.raises(InvalidInput, match=f"{why}.*ids=string"):
            read(f"1 {second}", format_, ids="integer")


@pytest.mark.parametrize("format_", ["node-link", "parquet", "arrow"])
def test_formats_with_typed_ids_take_no_option_for_them(format_: str) -> None:
    with pytest.raises(InvalidInput, match="leave the option ids out"):
        read(written(nx.path_graph(2), format_), format_, ids="string")
    assert list(read(written(nx.path_graph(2), format_), format_, ids="auto")) == [0, 1]


@pytest.mark.parametrize("format_", ["edge-list", "adjacency-list", "csv"])
def test_ids_of_both_types_are_not_written_without_types(format_: str) -> None:
    with pytest.raises(InvalidInput, match="text and integer ids"):
        written(nx.Graph([(1, "1")]), format_)


@pytest.mark.parametrize("format_", ["edge-list", "adjacency-list"])
@pytest.mark.parametrize("node", ["", "a b", "a\tb", "#a", "a#b", "\x07", "\ufeffa"])
def test_ids_that_would_fall_apart_are_not_written(format_: str, node: str) -> None:
    with pytest.raises(InvalidInput, match=r"no white space, no # and no %"):
        written(nx.Graph([(node, "x")]), format_)


# -- edge list and adjacency list


def test_an_edge_list_has_comments_weights_objects_and_nodes_alone() -> None:
    text = '# head\n\na b # note\na c 2.5\n b\tc  {"w": 1, "s": "x y # z"}\r\nlonely # alone\nc d 7 # w\n'
    graph = read("\ufeff" + text, "edge-list")
    assert list(graph) == ["a", "b", "c", "lonely", "d"]
    weighted = [
        ("a", "b", {}),
        ("a", "c", {"weight": 2.5}),
        ("b", "c", {"w": 1, "s": "x y # z"}),
        ("c", "d", {"weight": 7}),
    ]
    assert list(graph.edges(data=True)) == weighted


def test_cells_may_be_separated_by_a_character() -> None:
    assert edges("a a;b b;2\nc;d;\n", "edge-list", delimiter=";") == [("a a", "b b", {"weight": 2}), ("c", "d", {})]
    assert list(read("a a|b b|c\nd|\n", "adjacency-list", delimiter="|").edges) == [("a a", "b b"), ("a a", "c")]
    with pytest.raises(InvalidInput, match="line 2: an id is missing"):
        read("a;b\n;b\n", "edge-list", delimiter=";")
    with pytest.raises(InvalidInput, match="line 1: an id is missing"):
        read("a;;b\n", "adjacency-list", delimiter=";")


@pytest.mark.parametrize("format_", ["edge-list", "adjacency-list", "csv"])
@pytest.mark.parametrize(("duplicates", "weight"), [("skip", 1), ("update", 2)])
def test_repeated_edges_are_skipped_or_merged_when_told(format_: str, duplicates: str, weight: int) -> None:
    if format_ == "adjacency-list":
        assert len(edges("a b b\nb a\n", format_, duplicates=duplicates)) == 1
        return
    text = "a b 1\nb a 2\n" if format_ == "edge-list" else "source,target,weight\na,b,1\nb,a,2\n"
    assert edges(text, format_, duplicates=duplicates) == [("a", "b", {"weight": weight})]


def test_what_has_no_place_is_not_dropped_silently() -> None:
    node, edge, whole = nx.Graph(), nx.Graph([("a", "b", {"w": 1})]), nx.Graph(name="x")
    node.add_node("a", color="red")
    refusals = [
        (node, "edge-list", "attributes of nodes"),
        (whole, "edge-list", "attributes of the graph"),
        (node, "adjacency-list", "attributes"),
        (edge, "adjacency-list", "attributes"),
        (whole, "adjacency-list", "attributes of the graph"),
        (whole, "csv", "attributes of the graph"),
    ]
    for graph, format_, text in refusals:
        with pytest.raises(InvalidInput, match=f"no place for {text}"):
            written(graph, format_)
    for graph, name in ((nx.Graph([("a", "b", {"source": 1})]), "source"), (nx.Graph(), "id")):
        graph.add_node("a", **({"id": 1} if name == "id" else {}))
        with pytest.raises(InvalidInput, match=f"'{name}'"):
            written(graph, "node-link")


# -- CSV


def test_columns_are_found_by_name_and_typed_by_their_cells() -> None:
    text = (
        "kind,to,n,from,x,when,at,flag,zip,empty\n"
        'likes,b,1,a,2.5,2024-01-31,12:30,true,007,\n"a, ""b""",c,,b,3,2024-02-01,13:00:05,false,12,\n'
    )
    assert edges(text, "csv") == [
        ("a", "b", {"kind": "likes", "n": 1, "x": 2.5, "when": "2024-01-31", "at": "12:30", "flag": True, "zip": 7}),
        ("b", "c", {"kind": 'a, "b"', "x": 3.0, "when": "2024-02-01", "at": "13:00:05", "flag": False, "zip": 12}),
    ]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["nan", "1", ""], [None, 1.0, None]),
        (["1.5", "NaN", "2"], [1.5, None, 2.0]),
        (["nan", "NaN", ""], ["nan", "NaN", None]),
        (["inf", "1", "nan"], ["inf", "1", "nan"]),
        (["-Infinity", "2.5", ""], ["-Infinity", "2.5", None]),
        (["1e999", "1", "1"], ["1e999", "1", "1"]),
        (["9" * 400, "1", "1"], ["9" * 400, "1", "1"]),
    ],
)
def test_what_is_no_number_of_json_is_missing_among_numbers_or_text(
    cells: list[str], values: list[float | str | None]
) -> None:
    found = edges("source,target,x\n" + "".join(f"{k},{k + 1},{cell}\n" for k, cell in enumerate(cells)), "csv")
    assert [attributes.get("x") for *_, attributes in found] == values


def test_columns_delimiter_and_line_ends_may_be_chosen() -> None:
    text = "\ufeffA;B;w\r\nx y;z;1\r\n\r\nz;x y;2\r\n"
    assert edges(text, "csv", source="A", target="B", delimiter=";", directed=True) == [
        ("x y", "z", {"w": 1}),
        ("z", "x y", {"w": 2}),
    ]
    assert edges("a,to\nx,y\n", "csv", source="a") == [("x", "y", {})]
    assert edges("a\tsource\nx\ty\n", "csv", target="a", delimiter="\t") == [("y", "x", {})]
    assert edges("source,target\nx,y", "csv") == [("x", "y", {})]


def test_a_row_without_target_is_a_node_with_its_other_cells() -> None:
    text = 'source,target,color,w\na,b,,1\nz,,red,\nb,z,,2\na,,"",\n"",,blue,\n'
    graph = read(text, "csv")
    nodes = [("a", {"color": ""}), ("b", {}), ("z", {"color": "red"}), ("", {"color": "blue"})]
    assert list(graph.nodes(data=True)) == nodes
    assert list(graph.edges(data=True)) == [("a", "b", {"w": 1}), ("b", "z", {"w": 2})]


def test_empty_text_as_target_is_a_node() -> None:
    assert edges('source,target\na,""\n', "csv") == [("a", "", {})]


def test_rows_of_nodes_are_written_when_they_say_something() -> None:
    graph = nx.Graph([("a", "b", {"w": 1.0})])
    assert written(graph, "csv") == b"source,target,w\na,b,1.0\n"
    assert written(graph, "csv", nodes="all") == b"source,target,w\na,,\nb,,\na,b,1.0\n"
    assert written(graph, "csv", nodes="none", delimiter="\t", source="u", target="v") == b"u\tv\tw\na\tb\t1.0\n"
    graph.add_node("c")
    assert written(graph, "csv") == b"source,target,w\na,,\nb,,\nc,,\na,b,1.0\n"
    with pytest.raises(InvalidInput, match='node "c" would be lost'):
        written(graph, "csv", nodes="none")
    graph.nodes["a"]["color"] = "red"
    with pytest.raises(InvalidInput, match="attributes of nodes would be lost"):
        written(graph, "csv", nodes="none")


def test_attributes_that_cannot_be_columns_are_refused() -> None:
    for name, why in (("source", "choose other columns"), ("", "empty name")):
        with pytest.raises(InvalidInput, match=why):
            written(nx.Graph([("a", "b", {name: 1})]), "csv")
    assert written(nx.Graph([("a", "b", {"source": 1})]), "csv", source="u") == b"u,target,source\na,b,1\n"
    wide = nx.Graph()
    for k in range(1023):
        wide.add_edge(k, k + 1, **{f"a{k}": k})
    with pytest.raises(InvalidInput, match="1023 attribute names"):
        written(wide, "csv")
    header = ",".join(["source", "target", *(f"a{k}" for k in range(1023))])
    with pytest.raises(InvalidInput, match="1025 columns"):
        read(header + "\n", "csv")


def test_a_row_may_be_as_long_as_a_block_and_no_longer() -> None:
    for size, fits in ((7 << 20, True), (20 << 20, False)):
        text = f'source,target,t\na,b,"{"x" * size}"\n'
        if fits:
            assert len(edges(text, "csv")[0][2]["t"]) == size  # type: ignore[arg-type]
        else:
            with pytest.raises(InvalidInput, match="a row is longer"):
                read(text, "csv")


@pytest.mark.parametrize("form", ["edge-list", "adjacency-list"])
@pytest.mark.parametrize("edges", [32_767, 32_768, 32_769, 65_536, 70_000])
def test_files_of_integers_may_be_longer_than_one_piece_of_the_parser(form: str, edges: int) -> None:
    content = "\n".join(f"{i} {i + 1}" for i in range(edges)).encode()
    graph = parse(io.BytesIO(content), form, {}, ParseLimits(10**6, 10**6, 10**8))
    assert (graph.n, graph.m) == (edges + 1, edges)
