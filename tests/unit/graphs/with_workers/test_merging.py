"""Files that are merged into a graph: one write under the version that was read, in both stores."""

from __future__ import annotations

import io
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import pyarrow as pa
import pytest
import pytest_asyncio
from pyarrow import parquet
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, MemoryLimit, NotFound
from networkx_mcp.graphs.model import Upload, UploadedGraph
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = b"from,to,km\nATL,ORD,976\nORD,LAX,2802\n"
AIRPORTS = b'\xef\xbb\xbfIATA,city\r\nATL,Atlanta\r\nLAX,"Los Angeles, CA"\r\nXXX,Nowhere\r\n'
NODES = {"part": "nodes", "id": "IATA", "mode": "merge"}


@pytest_asyncio.fixture(loop_scope="module")
async def pair(store: FaultyStore, compute: Compute) -> AsyncIterator[list[Graphs]]:
    """Two services with workers on one store, with the graph `air`."""
    settings = Settings(**{"memory": {"worker_mb": 96}, "limits": {"graph_nodes": 50}})
    made = [Graphs(settings, store, compute, compute.budget) for _ in range(2)]
    await put(made[0], ROUTES, description="routes")
    yield made
    store.hook = None
    for one in made:
        await one.close()


async def put(graphs: Graphs, data: bytes, graph_id: str = "air", format_: str = "csv", **more: Any) -> UploadedGraph:
    names = ("if_version", "operation_id", "if_uid")
    write = {name: more.pop(name) for name in names if name in more}
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return await graphs.put(graph_id, Upload(file.fileno(), format_, more), **write)


async def seen(graphs: Graphs, graph_id: str = "air") -> tuple[dict[Any, Any], dict[Any, Any]]:
    state = (await graphs.view(graph_id)).state
    return dict(state.nodes(data=True)), {(u, v): data for u, v, data in state.edges(data=True)}


async def test_a_table_of_nodes_joins_the_table_of_edges(pair: list[Graphs]) -> None:
    one, two = pair
    info = await put(one, AIRPORTS, **NODES)
    assert (info.version, info.nodes, info.edges, info.description) == (2, 4, 2, "routes")
    reading = info.reading
    assert (reading.rows, reading.added_nodes, reading.changed_nodes) == (3, 1, 2)
    assert (reading.added_edges, reading.changed_edges) == (0, 0)
    assert "merged into the graph: new are 1 nodes and 0 edges, changed 2 nodes and 0 edges" in reading.lines()
    assert await seen(two) == (
        {"ATL": {"city": "Atlanta"}, "ORD": {}, "LAX": {"city": "Los Angeles, CA"}, "XXX": {"city": "Nowhere"}},
        {("ATL", "ORD"): {"km": 976}, ("ORD", "LAX"): {"km": 2802}},
    )
    again = await put(two, AIRPORTS, **NODES)
    assert (again.version, again.reading.added_nodes, again.reading.changed_nodes) == (3, 0, 0)


async def test_nodes_that_the_graph_does_not_have_are_left_out_or_refused_as_asked(pair: list[Graphs]) -> None:
    one, _ = pair
    with pytest.raises(NotFound, match=r'has no node "XXX", which the file names; nothing was changed') as caught:
        await put(one, AIRPORTS, **NODES, if_missing="error")
    assert "if_missing=skip" in caught.value.message
    assert (await one.info("air")).version == 1
    info = await put(one, AIRPORTS, **NODES, if_missing="skip")
    assert (info.nodes, info.reading.unknown_nodes, info.reading.changed_nodes) == (3, 1, 2)
    more = await put(one, b"source,target\nATL,LAX\nATL,ZZZ\n", mode="merge", if_missing="skip")
    assert (more.nodes, more.edges, more.reading.unknown_edges, more.reading.added_edges) == (3, 3, 1, 1)


async def test_edges_that_are_there_get_the_attributes_of_the_file(pair: list[Graphs]) -> None:
    one, _ = pair
    info = await put(one, b"from,to,km,airline\nORD,ATL,976,DL\nLAX,SFO,543,UA\n", mode="merge")
    reading = info.reading
    assert (reading.added_nodes, reading.added_edges, reading.changed_nodes, reading.changed_edges) == (1, 1, 0, 1)
    assert (await seen(one))[1] == {
        ("ATL", "ORD"): {"km": 976, "airline": "DL"},
        ("ORD", "LAX"): {"km": 2802},
        ("LAX", "SFO"): {"km": 543, "airline": "UA"},
    }


async def test_ids_that_read_as_numbers_stay_text_in_a_graph_of_text(pair: list[Graphs]) -> None:
    one, _ = pair
    await put(one, b"source,target\n1,2\n2,x\n", "mixed")
    info = await put(one, b"id,n\n1,10\n2,20\n", "mixed", part="nodes", mode="merge")
    assert (info.nodes, info.reading.changed_nodes) == (3, 2)
    await put(one, b"source,target\n1,2\n", "numbers")
    with pytest.raises(InvalidInput, match='"x" is no integer'):
        await put(one, b"id,n\n1,10\nx,20\n", "numbers", part="nodes", mode="merge")


async def test_a_file_with_none_of_the_nodes_says_so(pair: list[Graphs]) -> None:
    info = await put(pair[0], b"id,n\natl,10\n", part="nodes", mode="merge")
    assert 'no node of the file was in the graph: its ids are such as "ATL", those of the file such as "atl"' in (
        info.reading.lines()
    )


async def test_where_there_is_no_graph_the_file_makes_it(pair: list[Graphs]) -> None:
    one, _ = pair
    info = await put(one, AIRPORTS, "new", **NODES)
    assert (info.version, info.nodes, info.reading.added_nodes) == (1, 3, None)
    with pytest.raises(NotFound, match="'none'"):
        await put(one, AIRPORTS, "none", **NODES, if_missing="error")
    await one.create("empty", directed=True)
    made = await put(one, ROUTES, "empty", mode="merge")
    assert (made.version, made.directed, made.reading.added_edges) == (2, True, 2)


async def test_a_version_that_is_not_the_graphs_is_refused_and_a_repeat_happens_once(pair: list[Graphs]) -> None:
    one, two = pair
    with pytest.raises(Conflict, match="version 1, not 7"):
        await put(one, AIRPORTS, **NODES, if_version=7)
    with pytest.raises(Conflict, match="exists already"):
        await put(one, AIRPORTS, **NODES, if_version=0)
    first = await put(one, AIRPORTS, **NODES, if_version=1, operation_id="nodes")
    again = await put(two, AIRPORTS, **NODES, if_version=1, operation_id="nodes")
    assert (first.version, first.repeated, again.version, again.repeated) == (2, False, 2, True)
    with pytest.raises(InvalidInput, match="another request"):
        await put(two, AIRPORTS, part="nodes", id="IATA", if_version=1, operation_id="nodes")


async def test_what_others_write_meanwhile_is_in_the_graph_too(pair: list[Graphs], store: FaultyStore) -> None:
    one, two = pair
    store.once(
        "replace", "before", lambda: two.edit("air", [AddNodes(["NEW"]), AddEdges([("NEW", "ATL")])]), tenant="t"
    )
    info = await put(one, AIRPORTS, **NODES)
    assert (info.version, info.nodes) == (3, 5)
    nodes, edges = await seen(two)
    assert nodes["ATL"] == {"city": "Atlanta"}
    assert ("NEW", "ATL") in edges or ("ATL", "NEW") in edges


async def test_a_graph_that_is_deleted_meanwhile_is_made_of_the_file(pair: list[Graphs], store: FaultyStore) -> None:
    one, two = pair
    store.once("replace", "before", lambda: two.delete("air"), tenant="t")
    info = await put(one, AIRPORTS, **NODES)
    assert (info.version, info.nodes, info.edges) == (1, 3, 0)


async def test_a_merge_that_makes_the_graph_too_large_changes_nothing(pair: list[Graphs]) -> None:
    one, _ = pair
    many = b"id,n\n" + b"".join(b"n%d,1\n" % k for k in range(48))
    with pytest.raises(LimitExceeded, match=r"would have 51 nodes; at most 50"):
        await put(one, many, part="nodes", mode="merge")
    assert (await one.info("air")).version == 1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"mode": "append"}, "replace or merge"),
        ({"mode": "merge", "if_missing": "ignore"}, "add or skip or error"),
        ({"if_missing": "skip"}, "is for mode=merge"),
    ],
)
async def test_modes_that_there_are_not_are_refused(pair: list[Graphs], options: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await put(pair[0], ROUTES, **options)


# --- tables that SQL shapes first, by DuckDB in a worker that can open nothing

PAYMENTS = (
    b"\xef\xbb\xbfdate;payer;payee;amount;account\r\n2024-01-02;ann;bob;5,50;007\r\n2024-01-03;ann;bob;7;007\r\n"
    b'2024-02-01;bob;ann;1,25;012\r\n;;;;\r\n2024-02-02;ann;;3;012\r\n2024-02-03;"c, d";bob;NA;012\r\n'
)
SUMS = "SELECT payer AS source, payee AS target, sum(amount) AS amount, count(*) AS n FROM rows GROUP BY ALL"


async def test_sql_shapes_a_table_before_it_is_a_graph(pair: list[Graphs]) -> None:
    one, _ = pair
    sql = SUMS.replace("FROM rows", "FROM rows WHERE payee IS NOT NULL") + " ORDER BY 1, 2"
    info = await put(one, PAYMENTS, "pay", sql=sql, directed=True, decimal=",")
    assert (info.reading.rows, info.reading.selected_rows, info.reading.missing_values) == (6, 3, 1)
    assert "6 rows read, 3 made of them by sql" in info.reading.lines()
    assert (await seen(one, "pay"))[1] == {
        ("ann", "bob"): {"amount": 12.5, "n": 2},
        ("bob", "ann"): {"amount": 1.25, "n": 1},
        ("c, d", "bob"): {"n": 1},
    }


async def test_sql_sees_the_types_of_cells_and_zeros_before_numbers(pair: list[Graphs]) -> None:
    one, _ = pair
    sql = "SELECT DISTINCT account AS id, typeof(amount) AS kind, typeof(date) AS day FROM rows WHERE payer = 'ann' ORDER BY 1"
    await put(one, PAYMENTS, "accounts", sql=sql, part="nodes", decimal=",")
    assert (await seen(one, "accounts"))[0] == {
        "007": {"kind": "DOUBLE", "day": "VARCHAR"},
        "012": {"kind": "DOUBLE", "day": "VARCHAR"},
    }


async def test_a_shaped_table_is_merged_with_the_ids_of_the_graph(pair: list[Graphs]) -> None:
    one, _ = pair
    await put(one, b"source,target\n1,2\n2,x\n", "mixed")
    info = await put(
        one, b"key,n\n1,10\n2,20\n", "mixed", mode="merge", part="nodes", sql="SELECT key AS id, n * 2 AS n FROM rows"
    )
    assert (info.reading.changed_nodes, info.reading.added_nodes) == (2, 0)
    assert (await seen(one, "mixed"))[0] == {"1": {"n": 20}, "2": {"n": 40}, "x": {}}


@pytest.mark.parametrize("format_", ["parquet", "arrow"])
async def test_tables_with_types_are_shaped_too(pair: list[Graphs], format_: str) -> None:
    table = pa.table(
        {
            "payer": [1, 1, 2],
            "payee": [2, 2, 3],
            "amount": [2**62, 2**62, 1],
            "day": pa.array([0, 1, 2], pa.timestamp("s")),
        }
    )
    sink = io.BytesIO()
    if format_ == "parquet":
        parquet.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    sql = SUMS.replace("count(*)", "max(day) AS latest, count(*)")
    await put(pair[0], sink.getvalue(), "typed", format_, sql=sql)
    edges = (await seen(pair[0], "typed"))[1]
    # Parquet has no whole seconds: pyarrow writes milliseconds
    latest = "1970-01-01 00:00:01" + (".000" if format_ == "parquet" else "")
    assert edges[1, 2] == {"amount": 2**63, "latest": latest, "n": 2}


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (
            "SELECT nope AS source, payee AS target FROM rows",
            r"nope.*Columns: rows\(date, payer, payee, amount, account\)",
        ),
        ("SELECT payer AS source, payee AS target FROM edges", "edges"),
        ("SELECT payer AS source, amount::INT AS target FROM rows", "Could not convert"),
        ("SELECT payer AS a, payee AS b FROM rows", "name the columns that hold the ends"),
        ("DELETE FROM rows", "must be a SELECT.*a query reads the table and changes nothing"),
        ("SELECT 1; SELECT 2", "must be one SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "may not read from .read_csv.*reads the table alone.*In FROM: rows"),
        ("SELECT * FROM '/etc/passwd'", "/etc/passwd"),
        ("WITH x AS (COPY rows TO '/tmp/x') SELECT * FROM rows", "COPY"),
        ("SELECT getenv('HOME') AS source, 1 AS target FROM rows", "may not call"),
        ("ATTACH '/tmp/x.db'", "must be a SELECT"),
        ("SET threads = 4", "must be a SELECT"),
        ("", "one SELECT over the table rows"),
    ],
)
async def test_sql_that_cannot_run_names_what_is_wrong_and_changes_nothing(
    pair: list[Graphs], sql: str, why: str
) -> None:
    with pytest.raises(InvalidInput, match=f"(?s){why}"):
        await put(pair[0], PAYMENTS.replace(b"ann;bob;7", b"ann;bob;zz"), sql=sql)
    assert (await pair[0].info("air")).version == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT range AS source, range + 1 AS target FROM range(1000000000)",
        "SELECT repeat('x', 400000000) AS source, 'b' AS target FROM rows",
        "SELECT list(range) AS x, 'a' AS source, 'b' AS target FROM range(100000000)",
    ],
)
async def test_sql_that_would_fill_the_memory_is_stopped(pair: list[Graphs], sql: str) -> None:
    with pytest.raises((MemoryLimit, LimitExceeded, InvalidInput)):
        await put(pair[0], PAYMENTS, sql=sql)
    assert (await pair[0].info("air")).version == 1


async def test_only_tables_are_shaped(pair: list[Graphs]) -> None:
    with pytest.raises(InvalidInput, match="option sql is for tables"):
        await put(pair[0], b"a b\n", "list", "edge-list", sql=SUMS)
    with pytest.raises(InvalidInput, match="at most 20000"):
        await put(pair[0], PAYMENTS, "long", sql="SELECT 1 " * 3000)
    with pytest.raises(InvalidInput, match="'N' and 'n', which SQL takes for one"):
        await put(pair[0], b"N,n,target\n1,2,3\n", "folded", sql="SELECT N AS source, target FROM rows")
