"""CSV as pandas, R, Excel, Gephi, databases and people write it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from tests.unit.formats.files import LIMITS, read, refused

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Reading
from networkx_mcp.arrays.state import GraphState

AB = [("a", "b", {"weight": 1}), ("b", "c", {"weight": 2})]


def load(text: str, **options: Any) -> tuple[list[Any], Reading, bool]:
    found = formats.load(io.BytesIO(text.encode()), "csv", options, LIMITS)
    graph = GraphState(found.graph).to_networkx()
    return list(graph.edges(data=True)), found.reading, graph.is_directed()


@pytest.mark.parametrize(
    "text",
    [
        "Source,Target,Weight\na,b,1\nb,c,2\n",
        "SOURCE,TARGET,weight\na,b,1\nb,c,2\n",
        " source , target , weight \na,b,1\nb,c,2\n",
        "source, target, weight\na, b, 1\nb, c, 2\n",
        "src,dst,weight\na,b,1\nb,c,2\n",
        "From,To,weight\na,b,1\nb,c,2\n",
        ",source,target,weight\n0,a,b,1\n1,b,c,2\n",
        '"","from","to","weight"\n"1","a","b",1\n"2","b","c",2\n',
        '"from","to","weight"\n"1","a","b",1\n"2","b","c",2\n',
        '"from" "to" "weight"\n"1" "a" "b" 1\n"2" "b" "c" 2\n',
        "Unnamed: 0,source,target,weight\n0,a,b,1\n1,b,c,2\n",
        "sep=;\nsource;target;weight\na;b;1\nb;c;2\n",
        "SEP=\t\r\nsource\ttarget\tweight\r\na\tb\t1\r\nb\tc\t2\r\n",
        "source;target;weight\na;b;1\nb;c;2\n",
        "source\ttarget\tweight\na\tb\t1\nb\tc\t2\n",
        "source|target|weight\na|b|1\nb|c|2\n",
        "# made by a program\n# on Monday\n\nsource,target,weight\na,b,1\nb,c,2\n",
        "% made by a program\nsource,target,weight\na,b,1\nb,c,2\n",
        "# source,target,weight\na,b,1\nb,c,2\n",
        "# Nodes: 3, Edges: 2\n# FromNodeId,ToNodeId,weight\na,b,1\nb,c,2\n",
        "source,target,weight\ra,b,1\rb,c,2\r",
        "\ufeffsource,target,weight\r\na,b,1\r\nb,c,2\r\n",
        "\n\nsource,target,weight\n\na,b,1\n\nb,c,2\n\n",
        "source,target,weight,\na,b,1,\nb,c,2,\n",
        "source,target,weight,,\na,b,1,,\nb,c,2,,\n",
        '"source","target","weight"\n"a","b","1"\n"b","c","2"\n',
        "source,target,weight\na,b,+1\nb,c,+2\n",
        ":START_ID,:END_ID,weight\na,b,1\nb,c,2\n",
    ],
)
def test_a_table_is_read_however_its_program_lays_it_out(text: str) -> None:
    assert load(text)[0] == AB


def test_without_a_header_the_option_says_so() -> None:
    assert load("a,b,1\nb,c,2\n", header=False)[0] == AB
    assert load("a;b;1\nb;c;2\n", header=False, delimiter=";")[0] == AB
    assert load("1,2\n2,3\n", header=False)[0] == [(1, 2, {}), (2, 3, {})]
    assert load("a,b,1,x\n", header=False)[0] == [("a", "b", {"column3": 1, "column4": "x"})]
    error = refused("1,2\n2,3\n", "csv").message
    assert "header=false" in error
    assert "part=nodes" in refused("town,people\nBern,134000\nBasel,178000\n", "csv").message
    assert "the columns are '1', '2'" in error


def test_the_answer_says_which_columns_are_the_ends() -> None:
    reading = load("Src,DST,w\na,b,1\n")[1]
    assert (reading.source_column, reading.target_column) == ("Src", "DST")
    assert reading.lines() == ["the ends of edges are the columns 'Src' and 'DST'"]
    assert load("x,y\na,b\n", source="X", target=" y")[0] == [("a", "b", {})]
    # source and target are meant where others could be, too
    assert load("from,to,source,target\n1,2,a,b\n")[0] == [("a", "b", {"from": 1, "to": 2})]


@pytest.mark.parametrize("header", ["person,friend", "Source,SOURCE,target", "a,a,b"])
def test_what_no_name_tells_is_not_guessed(header: str) -> None:
    assert "column" in refused(header + "\n" + ",".join("x" * len(header.split(","))) + "\n", "csv").message


@pytest.mark.parametrize("nothing", ["NA", "NULL", "None", r"\N", "NaN", "nan", "N/A", "#N/A", "<NA>", "null", " NA "])
def test_words_for_nothing_among_numbers_are_missing_and_counted(nothing: str) -> None:
    for values, expected in ((("1", "2"), [1, 2]), (("1.5", ".5"), [1.5, 0.5]), (("true", "False"), [True, False])):
        text = f"source,target,w\na,b,{values[0]}\na,c,{nothing}\na,d,\na,e,{values[1]}\n"
        edges, reading, _ = load(text)
        assert [data.get("w") for _, _, data in edges] == [expected[0], None, None, expected[1]]
        kinds = [float] * 2 if nothing in ("NaN", "nan") and values[0] == "1" else [type(value) for value in expected]
        assert [type(data["w"]) for _, _, data in edges if data] == kinds  # NaN is a float, and its column is one
        assert reading.missing_values == 1
        assert "1 missing value was left out" in reading.lines()[-1]
    # among words they are words: Namibia, and the name None
    edges, reading, _ = load(f"source,target,w\na,b,DE\na,c,{nothing}\n")
    assert [data["w"] for _, _, data in edges] == ["DE", nothing]
    assert reading.missing_values == 0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([".5", "NA"], [0.5, None]),
        (["+5", "NA"], [5, None]),
        (["1.", "NA"], [1.0, None]),
        (["007", "NA"], [7, None]),
        (["1e3", "NA"], [1000.0, None]),
        (["9223372036854775808", "NA"], [float(2**63), None]),
        (["1e999", "NA"], ["1e999", "NA"]),
        (["1 2", "NA"], ["1 2", "NA"]),
        (["0x10", "NA"], ["0x10", "NA"]),
        (["1_000", "NA"], ["1_000", "NA"]),
        (["2020-01-01", "NA"], ["2020-01-01", "NA"]),
        (["NA", "NA"], ["NA", "NA"]),
    ],
)
def test_numbers_are_what_programs_write_for_them(cells: list[str], expected: list[Any]) -> None:
    edges = load("source,target,w\n" + "".join(f"a,{k},{cell}\n" for k, cell in enumerate(cells)))[0]
    assert [repr(data.get("w")) for _, _, data in edges] == [repr(value) for value in expected]


def test_numbers_that_are_not_as_they_stand_are_told() -> None:
    reading = load("source,target,zip,n,t\na,b,01234,9223372036854775808,12:05\nb,c,8000,1,x\n")[1]
    assert reading.notes == [
        "column 'n': numbers from 2^63 on are floats, which keep some 16 digits",
        "column 'zip': zeros before numbers were left out (007 is 7)",
    ]
    assert not load("source,target,n,f\n01,02,10,0.5\n01,03,-0,0\n")[1].notes
    assert "NUL" in refused("source,target,\0\na,b,c\n", "csv").message


def test_a_decimal_comma_is_read_where_it_is_asked_for_and_told_where_it_is_not() -> None:
    text = "source;target;w\na;b;1,5\nb;c;NA\nc;d;-2,25\n"
    assert [data.get("w") for _, _, data in load(text, decimal=",")[0]] == [1.5, None, -2.25]
    edges, reading, _ = load("source;target;w\na;b;1,5\nc;d;-2,25\n")
    assert [data["w"] for _, _, data in edges] == ["1,5", "-2,25"]
    assert "decimal=," in reading.lines()[-1]


def test_gephi_says_whether_the_graph_is_directed() -> None:
    header = "Source,Target,Type,Id,Label,timeset,Weight\n"
    edges, reading, directed = load(header + "a,b,Directed,0,,,1.5\nb,a,Directed,1,x,,2\n")
    assert directed
    assert edges == [("a", "b", {"Id": 0, "weight": 1.5}), ("b", "a", {"Id": 1, "Label": "x", "weight": 2.0})]
    assert any("directed, as the column 'Type' says" in line for line in reading.lines())
    assert not load(header + "a,b,Undirected,0,,,1.5\n")[2]
    mixed = refused(header + "a,b,Directed,0,,,1\nb,c,Undirected,1,,,1\n", "csv")
    assert "line 3" in mixed.message
    assert "option directed=true" in mixed.message
    assert load(header + "a,b,Directed,0,,,1\nb,c,Undirected,1,,,1\n", directed=True)[2]
    edges, reading, directed = load(header + "a,b,Directed,0,,,1\n", directed=False)
    assert not directed
    assert any("the option counts" in line for line in reading.lines())
    # a type that means something else
    assert load("source,target,type\na,b,Directed\nb,c,road\n")[0][0][2] == {"type": "Directed"}


def test_columns_without_a_name_are_kept_or_refused() -> None:
    edges, reading, _ = load(",source,target\n7,a,b\n9,b,c\n")
    assert [data for _, _, data in edges] == [{"index": 7}, {"index": 9}]
    assert "attribute 'index'" in reading.lines()[-1]
    assert "column 3 has no name" in refused("source,target,\na,b,\nb,c,x\n", "csv").message


def test_ids_that_became_floats_are_integers_and_noted() -> None:
    edges, reading, _ = load("source,target\n1,2.0\n2,3.0\n4,\n")
    assert edges == [(1, 2, {}), (2, 3, {})]
    assert "ids such as 7.0" in reading.lines()[-1]
    assert load("source,target\n1,2.0\n", ids="string")[0] == [("1", "2.0", {})]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("source,target,w\na,b\n", 2, "2 cells where the header has 3: each row needs all cells"),
        ("source,target\n1,a,b\nb,c\n", 3, "has 3"),
        ("source,target\na,b,c\nb,c\n", 2, "3 cells where the header has 2"),  # no name of a row: R has those in quotes
        ("id,name\na,Ann\n", 1, r"a table of nodes needs part=nodes.*mode=merge.*; nothing"),
        (",a,b\na,0,1\n", 1, "the columns are '', 'a', 'b'"),
        ("# x\n\nsource,target\na,b\na,b,c\n", 5, "3 cells where the header has 2.*needs quotes"),
        ("sep=,\nsource,target\na,b\na,b\n", 4, "stands twice.*first in line 3"),
        ("# x\nsource,target\na,b\n,b\n", 4, "source is missing"),
        ("source,target\r\na,b\r\na,\xff\r\n", 3, "latin-1"),
    ],
)
def test_errors_name_the_line_of_the_file(text: str, line: int, why: str) -> None:

    error = refused(text.encode("latin-1"), "csv")
    assert (error.data["line"], bool(re.search(why, error.message))) == (line, True), error.message


def test_reversed_edges_are_told_to_be_directed() -> None:
    assert "directed=true" in refused("source,target\na,b\nb,a\n", "csv").message
    assert read("source,target\na,b\nb,a\n", "csv", directed=True).number_of_edges() == 2


@pytest.mark.parametrize("rows", ["a,b,1\r\n,,\r\nb,c,2\r\n,,\r\n", ",,\r\na,b,1\r\nb,c,2\r\n"])
def test_rows_of_commas_alone_as_excel_writes_them_are_passed_over(rows: str) -> None:
    edges, reading, _ = load("source,target,weight\r\n" + rows)
    assert edges == AB
    assert reading.notes == ["rows without any value were passed over"]


def test_rows_of_commas_are_no_nodes_and_take_no_line_away() -> None:
    text = "source,target,weight\nz,,3\n,,\na,b,1\n,,\ny,,4\n"
    assert list(read(text, "csv").nodes(data=True)) == [
        ("z", {"weight": 3}),
        ("a", {}),
        ("b", {}),
        ("y", {"weight": 4}),
    ]
    assert refused(text + "b,a,1\n", "csv").data["line"] == 7
    assert refused("source,target,weight\na,b,1\n,,1\n", "csv").data["line"] == 3
    assert len(read("source,target\n,\n,\n", "csv")) == 0


@pytest.mark.parametrize("values", ["inf,1", "1,-Infinity", "inf,NA"])
def test_a_column_with_infinities_stays_text_and_is_named(values: str) -> None:
    first, second = values.split(",")
    edges, reading, _ = load(f"source,target,w\na,b,{first}\nb,c,{second}\n")
    assert [data["w"] for _, _, data in edges] == [first, second]
    assert reading.notes == ["column 'w' stays text: some of its numbers are infinite, which JSON has not"]
    assert load("source,target,w\na,b,inf\nb,c,sup\n")[1].notes == []


def test_the_first_line_of_snap_says_the_direction() -> None:
    text = "# {} graph (each unordered pair of nodes is saved once): a.txt\n# FromNodeId\tToNodeId\n0\t1\n1\t2\n"
    _, reading, directed = load(text.format("Directed"))
    assert directed
    assert reading.notes == ["the graph is directed, as its first line says"]
    assert not load(text.format("Undirected"))[2]
    assert not load(text.format("Directed"), directed=False)[2]


@pytest.mark.parametrize(
    ("header", "ends"),
    [
        ("tx_id,timestamp,from_account,to_account,amount", ("from_account", "to_account")),
        ("Sender,Receiver,amount", ("Sender", "Receiver")),
        ("date,Payer,Payee", ("Payer", "Payee")),
        ("Origin Airport,Destination Airport,km", ("Origin Airport", "Destination Airport")),
        ("km,fromStation,toStation", ("fromStation", "toStation")),
        ("source_user_id,target_user_id", ("source_user_id", "target_user_id")),
        ("from_bank,source,to_bank,target", ("source", "target")),
    ],
)
def test_columns_tell_by_their_names_which_are_the_ends(header: str, ends: tuple[str, str]) -> None:
    row = ",".join(f"c{place}" for place in range(header.count(",") + 1))
    reading = load(f"{header}\n{row}\n")[1]
    assert (reading.source_column, reading.target_column) == ends


@pytest.mark.parametrize(
    "header",
    [
        "valid_from,valid_to,what",
        "from_date,to_date,name",
        "from_bank,from_account,to_bank,to_account",
        "source_type,target_type,x",
        "from_account,to_bank",
        "fromage,tomato",
        "manager_id,employee_id",
    ],
)
def test_other_columns_are_not_taken_for_ends(header: str) -> None:
    row = ",".join("abcd"[: header.count(",") + 1])
    message = refused(f"{header}\n{row}\n", "csv").message
    assert "name the columns that hold the ends of an edge by options source and target; the columns are" in message


@pytest.mark.parametrize("first", ["IATA", "employee_id", "Airport Code", "account", "customer number", "IBAN"])
def test_the_first_column_of_a_table_of_nodes_tells_that_it_has_the_ids(first: str) -> None:
    found = formats.load(io.BytesIO(f"{first},city\na,x\nb,y\n".encode()), "csv", {"part": "nodes"}, LIMITS)
    assert (found.reading.id_column, found.graph.n) == (first, 2)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("employee_id,name,key", "employee_id"),
        ("name,employee_id", "name"),
        ("account,id", "id"),
        ("city,name", "name"),
    ],
)
def test_of_several_columns_that_may_hold_ids_the_surest_is_taken(header: str, column: str) -> None:
    row = ",".join("abc"[: header.count(",") + 1])
    found = formats.load(io.BytesIO(f"{header}\n{row}\n".encode()), "csv", {"part": "nodes"}, LIMITS)
    assert found.reading.id_column == column


@pytest.mark.parametrize("first", ["city", "period", "video", "decode", "paid"])
def test_other_first_columns_are_not_taken_for_ids(first: str) -> None:
    message = refused(f"{first},x\na,1\n", "csv", part="nodes").message
    assert f"name it by option id, for example id={first}; the columns are '{first}', 'x'" in message
