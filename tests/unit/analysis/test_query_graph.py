"""query_graph: the tables are the graph, a statement is one SELECT and reads nothing else, and errors say how to go on."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import column, graphs

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.sql import engine, rows, statement, tables
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.analysis.tasks.query_graph import query_graph
from networkx_mcp.errors import InvalidInput, MemoryLimit


def query(graph: nx.Graph, sql: str, start: int = 0) -> dict[str, Any]:
    """The block of rows, as strict JSON has it."""
    answer = on_graph(query_graph, LoadedGraph.from_networkx(graph.copy()), {"sql": sql, "start": start})
    found: dict[str, Any] = json.loads(json.dumps(answer, allow_nan=False))
    return found


def refused(sql: str, graph: nx.Graph | None = None) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        query(nx.path_graph(3) if graph is None else graph, sql)
    assert caught.value.data["field"] == "sql"
    return caught.value


@pytest.fixture
def airports() -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("ATL", city="Atlanta", country="US", elevation=313)
    graph.add_node("JFK", city="New York", country="US", elevation=4)
    graph.add_node("CDG", city="Paris", country="FR", elevation=119.5)
    graph.add_node("XXX")
    graph.add_edge("ATL", "JFK", airline="DL", km=1223)
    graph.add_edge("JFK", "CDG", airline="AF", km=5850)
    graph.add_edge("CDG", "CDG", airline="AF", km=0)
    return graph


# --- the tables


@given(graph=graphs(weights=st.integers(1, 9)))
@settings(max_examples=60, deadline=None)
def test_the_tables_are_the_graph(graph: nx.Graph) -> None:
    found = query(graph, "FROM nodes")
    assert column(found, "id") == list(graph)
    assert column(found, "degree") == [degree for _, degree in graph.degree]
    if graph.is_directed():
        assert column(found, "in_degree") == [degree for _, degree in graph.in_degree]
        assert column(found, "out_degree") == [degree for _, degree in graph.out_degree]
    found = query(graph, "FROM edges")
    pairs = list(zip(column(found, "source"), column(found, "target"), strict=True))
    assert sorted(map(repr, pairs)) == sorted(map(repr, graph.edges))
    weights = column(found, "weight") if "weight" in found["columns"] else [None] * len(pairs)
    assert dict(zip(pairs, weights, strict=True)) == {
        (u, v): data.get("weight") for u, v, data in graph.edges(data=True)
    }


@given(graph=graphs())
@settings(max_examples=60, deadline=None)
def test_every_edge_is_there_from_both_ends_and_a_loop_once(graph: nx.Graph) -> None:
    found = query(graph, "FROM ends")
    expected = [(u, v) for u, v in graph.edges] + [(v, u) for u, v in graph.edges if u != v]
    pairs = zip(column(found, "node"), column(found, "other"), strict=True)
    assert sorted(map(repr, pairs)) == sorted(map(repr, expected))


def test_an_id_has_its_type_and_a_union_where_there_are_two() -> None:
    kinds = {
        "VARCHAR": ["a", "ü", ""],
        "BIGINT": [-(2**63), 0, 2**63 - 1],
        'UNION("text" VARCHAR, number BIGINT)': ["a", -7, "1", 1, 2**63 - 1, "ü"],
    }
    for kind, ids in kinds.items():
        graph = nx.path_graph(0)
        graph.add_edges_from(itertools.pairwise(ids))
        found = query(graph, "SELECT id FROM nodes")
        assert (found["types"], column(found, "id")) == ([kind], ids)
        for node in ids:
            value = f"'{node}'" if isinstance(node, str) else f"({node})"
            met = query(graph, f"SELECT n.id, target FROM nodes n LEFT JOIN edges ON n.id = source WHERE id = {value}")
            assert column(met, "id") == [node]
        assert column(query(graph, "SELECT id::VARCHAR AS id FROM nodes"), "id") == [str(node) for node in ids]


def test_attributes_keep_their_types_and_mixed_ones_are_json(airports: nx.DiGraph) -> None:
    airports.nodes["ATL"]["mixed"], airports.nodes["JFK"]["mixed"] = [1, {"a": None}], "word"
    airports.nodes["ATL"]["open"] = True
    found = query(airports, "SELECT city, elevation, open, mixed, mixed->>'$' AS text FROM nodes")
    assert found["types"] == ["VARCHAR", "DOUBLE", "BOOLEAN", "JSON", "VARCHAR"]
    assert found["rows"][:2] == [
        ["Atlanta", 313, True, [1, {"a": None}], '[1,{"a":null}]'],
        ["New York", 4, None, "word", "word"],
    ]
    assert found["rows"][3] == [None] * 5
    assert "column->>'$'" in refused("SELECT * FROM nodes WHERE mixed = 'word'", airports).hint


def test_names_that_are_taken_get_a_number_and_the_answer_says_which() -> None:
    graph = nx.DiGraph()
    graph.add_node("a", id=1, ID=2, Name="x", name="y", degree=9, **{"": "empty", "with space": 1})
    graph.add_edge("a", "b", source="s", node="n", Weight=1, weight=2)
    nodes, edges = query(graph, "FROM nodes"), query(graph, "FROM edges")
    assert nodes["columns"] == [
        "id", "id_2", "ID_3", "Name", "name_2", "degree_2", "unnamed", "with space", "degree", "in_degree", "out_degree",
    ]  # fmt: skip
    assert nodes["rows"][0] == ["a", 1, 2, "x", "y", 9, "empty", 1, 1, 0, 1]
    assert edges["columns"] == ["source", "target", "source_2", "node_2", "Weight", "weight_2"]
    (note,) = nodes["notes"]
    for told in (
        '"id" of nodes is "id_2"',
        '"ID" of nodes is "ID_3"',
        '"name" of nodes is "name_2"',
        '"degree" of nodes',
    ):
        assert told in note
    assert query(graph, "SELECT count(*) FROM nodes")["notes"] == []
    assert query(graph, "DESCRIBE edges")["notes"][0].count(" of edges ") == 3
    assert column(query(graph, "SELECT node_2 FROM ends"), "node_2") == ["n", "n"]


def test_a_rare_attribute_is_a_column_as_any_other() -> None:
    graph = nx.path_graph(100)
    graph.nodes[3]["rare"], graph.nodes[4]["rare"] = 1, 2
    graph.nodes[5]["rarer"] = "x"
    assert query(graph, "SELECT id, rare FROM nodes WHERE rare > 0")["rows"] == [[3, 1], [4, 2]]
    assert "rarer" in query(graph, "FROM nodes")["columns"]


def test_of_very_many_rare_attributes_those_that_the_statement_names_are_columns() -> None:
    graph = nx.path_graph(tables.RARE_NAMES + 50)
    for node in range(tables.RARE_NAMES + 1):
        graph.nodes[node][f"rare_{node}"] = node
    found = query(graph, "SELECT rare_7 FROM nodes WHERE rare_7 IS NOT NULL")
    assert found["rows"] == [[7]]
    assert "columns only where the SQL names them" in query(graph, "FROM nodes")["notes"][0]
    assert "rare_7" not in query(graph, "FROM nodes")["columns"]


def test_a_graph_without_nodes_has_tables_without_rows() -> None:
    found = query(nx.Graph(), "SELECT id, degree, source, target FROM nodes, edges")
    assert (found["rows"], found["total"], found["truncated"]) == ([], 0, False)


# --- what may be asked


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT 1;",
        "/* a remark */ SELECT 1 -- and another",
        "FROM nodes",
        "TABLE edges",
        "VALUES (1, 'a')",
        "WITH a AS (SELECT id FROM nodes) SELECT * FROM a",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 5) SELECT * FROM r",
        "WITH RECURSIVE near(id, hops) USING KEY (id) AS (SELECT 0::BIGINT, 0 UNION (SELECT other, hops + 1 FROM near JOIN ends ON "
        "node = near.id WHERE hops < 2)) FROM near",
        "DESCRIBE nodes",
        "DESCRIBE SELECT * FROM edges",
        "SUMMARIZE nodes",
        "SHOW TABLES",
        "PIVOT nodes ON degree IN (1, 2) USING count(*)",
        "UNPIVOT nodes ON degree",
        "SELECT degree, count(*) FROM nodes GROUP BY ALL HAVING count(*) > 0 ORDER BY 2 DESC NULLS LAST, 1 ASC LIMIT 5 OFFSET 0",
        "SELECT DISTINCT ON (degree) degree, id FROM nodes ORDER BY degree, id DESC",
        "SELECT id FROM nodes EXCEPT SELECT 1 INTERSECT SELECT 2",
        "SELECT id FROM nodes UNION ALL BY NAME SELECT 7 AS id",
        "SELECT *, rank() OVER (PARTITION BY degree ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM nodes QUALIFY TRUE",
        "SELECT sum(degree) FILTER (degree > 1), list(id ORDER BY id DESC), any_value(id) FROM nodes",
        "SELECT a.id FROM nodes a LEFT JOIN edges e ON a.id = e.source SEMI JOIN nodes b ON b.id = e.target",
        "SELECT id, (SELECT count(*) FROM ends WHERE node = n.id) FROM nodes n WHERE EXISTS (SELECT 1) AND id IN (SELECT source FROM edges)",
        "SELECT * EXCLUDE (degree), COLUMNS('deg.*') FROM nodes",
        "SELECT CASE WHEN id > 1 THEN 'x' ELSE NULL END, id BETWEEN 0 AND 1, id::VARCHAR LIKE '1%', TRY_CAST('a' AS INTEGER) FROM nodes",
        "SELECT list_transform([1, 2], lambda x: x + 1), [x * 2 FOR x IN [1, 2]], {'a': 1}.a, MAP {'k': 1}['k'], [1, 2, 3][1:2]",
        "SELECT * FROM range(3), unnest([1, 2]) AS u(x), generate_series(1, 2)",
        "SELECT DATE '2024-01-31' + INTERVAL 1 MONTH, date_trunc('month', TIMESTAMP '2024-05-05 10:00')",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY degree), quantile_cont(degree, 0.9), corr(id, degree) FROM nodes",
        "SELECT degree, grouping(degree) FROM nodes GROUP BY ROLLUP (degree)",
        "SELECT CAST(1.5 AS DECIMAL(4, 2)), 'a' COLLATE NOCASE",
        "FROM nodes POSITIONAL JOIN edges",
        "SELECT * FROM nodes AS n ASOF JOIN edges AS e ON n.id >= e.source",
        "SELECT * FROM nodes TABLESAMPLE 2 ROWS",
    ],
)  # fmt: skip
def test_what_reads_the_graph_may_be_asked(sql: str) -> None:
    query(nx.path_graph(3), sql)


FORBIDDEN = [
    "COPY nodes TO '{file}'",
    "COPY (SELECT 1) TO '{file}'",
    "EXPORT DATABASE '{file}'",
    "IMPORT DATABASE '{file}'",
    "ATTACH '{file}' AS other",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 8",
    "SET enable_external_access = true",
    "RESET memory_limit",
    "SET VARIABLE a = 1",
    "PRAGMA database_size",
    "CALL pragma_version()",
    "CREATE TABLE t (a INTEGER)",
    "CREATE TEMP MACRO f(a) AS a",
    "CREATE OR REPLACE TEMP VIEW nodes AS SELECT 1",
    "CREATE SECRET (TYPE s3)",
    "INSERT INTO nodes VALUES (1, 1)",
    "UPDATE nodes SET degree = 1",
    "DELETE FROM nodes",
    "MERGE INTO nodes USING edges ON TRUE WHEN MATCHED THEN DELETE",
    "TRUNCATE nodes",
    "DROP VIEW nodes",
    "ALTER TABLE nodes ADD COLUMN a INTEGER",
    "COMMENT ON VIEW nodes IS 'x'",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE p AS SELECT 1",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
    "WITH x AS (COPY (SELECT 1) TO '{file}') FROM x",
    "WITH x AS MATERIALIZED (INSERT INTO nodes VALUES (1, 1) RETURNING *) FROM x",
    "SELECT (WITH x AS (DELETE FROM nodes RETURNING id) SELECT count(*) FROM x)",
    "FROM (WITH x AS (UPDATE nodes SET degree = 1 RETURNING id) FROM x)",
    "PIVOT nodes ON degree USING count(*)",
    "SELECT * FROM (PIVOT nodes ON degree USING count(*))",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY nodes TO '{file}'",
    "",
    " -- nothing",
    "SELECT * FROM '{file}'",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_csv_auto('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM parquet_scan('{file}')",
    "SELECT * FROM parquet_metadata('{file}')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_duckdb('{file}')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM glob('*')",
    "SELECT * FROM 'https://example.org/x.csv'",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('a')",
    "SELECT nextval('s')",
    "SELECT write_log('x')",
    "SELECT sleep_ms(100000)",
    "SELECT pg_sleep(100000)",
    "SELECT setseed(0.5), random()",
    "SELECT __internal_decompress_string(1::UTINYINT)",
    "SELECT json_serialize_plan('SELECT 1')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('nodes')",
    "SELECT * FROM arrow_scan(1, 1, 1)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM python_map_function(1)",
    "SELECT * FROM seq_scan('nodes')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_logs()",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM force_checkpoint()",
    "SELECT * FROM add_grammar_extension('x')",
    "SELECT * FROM which_secret('x', 's3')",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM system.main.read_text('{file}')",
    "SELECT (SELECT content FROM read_text('{file}'))",
    "SELECT * FROM nodes WHERE id IN (SELECT size FROM read_blob('{file}'))",
    "SELECT * FROM outside",
    "SELECT ?",
    "SELECT $1",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_what_changes_anything_or_reads_elsewhere_may_not(sql: str, tmp_path: Path) -> None:
    file, outside = tmp_path / "hidden.csv", [1]
    file.write_text("a\ncontent-5518\n")
    before = sorted(tmp_path.rglob("*")), sorted(Path().iterdir())
    error = refused(sql.replace("{file}", str(file)))
    assert "5518" not in error.message
    assert (sorted(tmp_path.rglob("*")), sorted(Path().iterdir())) == before
    assert file.read_text() == "a\ncontent-5518\n"
    assert outside == [1]  # a variable of Python is no table


def functions(condition: str) -> set[str]:
    with engine.connect() as connection:
        found = connection.execute(f"SELECT DISTINCT function_name FROM duckdb_functions() WHERE {condition}")
        return {name for (name,) in found.fetchall()}


def test_every_function_that_reads_from_elsewhere_is_refused_by_its_name() -> None:
    """A later DuckDB has others: what may stand in FROM is listed, not what may not."""
    there = functions("function_type IN ('table', 'table_macro')")
    assert len(there - statement.TABLE_FUNCTIONS) > 60
    for name in sorted(there - statement.TABLE_FUNCTIONS):
        assert told_by_us(refused(f"SELECT * FROM {name}()")), name


def told_by_us(error: InvalidInput) -> bool:
    return "reads the graph alone" in error.message


def test_volatile_functions_are_known(airports: nx.DiGraph) -> None:
    """DuckDB says which they are; what it calls consistent within a query may be of the calendar, and the same tomorrow."""
    volatile = functions("function_type = 'scalar' AND stability = 'VOLATILE'")
    assert volatile - statement.FORBIDDEN - statement.VOLATILE == {"error"}
    for sql in ("SELECT random()", "SELECT now()", "SELECT current_date", "SELECT today() + 1", "SELECT age(DATE '2020-01-01')",
                "SELECT uuid()", "FROM nodes ORDER BY random()", "FROM nodes USING SAMPLE 2", "SELECT (SELECT random())"):  # fmt: skip
        assert query(airports, sql).get("_keep") is False, sql
    for sql in ("FROM nodes", "SELECT city AS now FROM nodes", "SELECT 'random()'", "SELECT year(DATE '2020-01-01')"):
        assert "_keep" not in query(airports, sql), sql


def test_settings_are_locked_and_those_that_were_asked_for() -> None:
    wanted = {
        "threads": "1", "async_threads": "0", "temp_directory": "", "enable_external_access": "false",
        "autoload_known_extensions": "false", "autoinstall_known_extensions": "false", "python_enable_replacements": "false",
        "lock_configuration": "true", "TimeZone": "UTC",
    }  # fmt: skip
    with engine.connect() as connection:
        settings = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert {name: settings[name] for name in wanted} == wanted


def test_nothing_of_a_query_is_there_for_the_next(airports: nx.DiGraph) -> None:
    query(airports, "FROM nodes")
    with engine.connect() as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


# --- errors


def test_an_error_has_the_place_and_the_columns_that_there_are(airports: nx.DiGraph) -> None:
    error = refused("SELECT 'é',\n  n.towns\nFROM nodes n", airports)
    assert error.data["position"] == 14
    assert (error.data["line"], error.data["column"]) == (2, 3)
    assert "nodes.city" in error.data["columns"]
    assert "nodes(id, city, country, elevation, degree, in_degree, out_degree)" in error.message
    assert "ends(node, other, airline, km)" in error.message
    assert "towns" in error.message
    error = refused("SELECT city FROM nodes WHERE WHERE", airports)
    assert (error.data["kind"], error.data["line"]) == ("Parser Error", 1)
    assert "'Atlanta'" in refused("SELECT city::INTEGER FROM nodes", airports).message


def test_what_duckdb_would_have_set_is_not_told() -> None:
    for sql in ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "SELECT " + "+".join(["1"] * 3000)):
        assert "SET" not in refused(sql).message


def test_a_query_that_needs_more_memory_than_it_may_have_says_so() -> None:
    with pytest.raises(MemoryLimit) as caught:
        query(nx.path_graph(3), "SELECT list(range) FROM range(100000000)")
    assert caught.value.data["setting"] == "memory.worker_mb"
    assert query(nx.path_graph(3), "SELECT 1")["rows"] == [[1]]


# --- rows


def test_values_are_plain_json(airports: nx.DiGraph) -> None:
    found = query(
        airports,
        "SELECT 1.5, 170141183460469231731687303715884105727, 'nan'::DOUBLE, '-inf'::DOUBLE, DATE '2024-02-29', "
        "TIMESTAMPTZ '2024-02-29 10:00:00Z', INTERVAL 3 DAY, [1.5, NULL], {'a': {'b': DATE '2024-01-01'}}, MAP {'k': 1}, "
        "'ab'::BLOB, TRUE, NULL, TIME '10:00', 'a'::ENUM ('a'), '{\"a\": [1]}'::JSON",
    )
    assert found["rows"] == [
        [1.5, str(2**127 - 1), "nan", "-inf", "2024-02-29", "2024-02-29 10:00:00+00:00", "3 days, 0:00:00", [1.5, None],
         {"a": {"b": "2024-01-01"}}, {"k": 1}, "6162", True, None, "10:00:00", "a", {"a": [1]}]
    ]  # fmt: skip


def test_a_block_begins_where_it_is_asked_to_and_all_rows_are_counted() -> None:
    graph = nx.path_graph(2 * rows.BLOCK + 5)
    first, second, last = (query(graph, "SELECT id FROM nodes", n * rows.BLOCK) for n in range(3))
    for place, found in enumerate((first, second, last)):
        assert column(found, "id") == list(graph)[place * rows.BLOCK : (place + 1) * rows.BLOCK]
        assert (found["total"], found["start"], found["block"]) == (len(graph), place * rows.BLOCK, rows.BLOCK)
    assert [found["next_offset"] for found in (first, second, last)] == [rows.BLOCK, 2 * rows.BLOCK, None]
    beyond = query(graph, "SELECT id FROM nodes", 10**6)
    assert (beyond["rows"], beyond["truncated"], beyond["total"]) == ([], False, len(graph))


def test_rows_without_end_are_not_counted_to_their_end() -> None:
    found = query(nx.path_graph(2), "SELECT * FROM range(1000000000000)")
    assert (found["total"], found["truncated"], len(found["rows"])) == (None, True, rows.BLOCK)


def test_a_block_of_long_rows_ends_early() -> None:
    found = query(nx.path_graph(2), "SELECT repeat('x', 1900) AS text FROM range(1000)")
    assert 0 < len(found["rows"]) < 300
    assert (found["truncated"], found["next_offset"], found["total"]) == (True, len(found["rows"]), 1000)
    lists = query(nx.path_graph(2), "SELECT range(500) FROM range(1000)")
    assert len(lists["rows"]) <= 51
    assert lists["truncated"]


@pytest.mark.parametrize(("columns", "expected"), [(1, 1000), (25, 1000), (30, 800), (300, 80), (3000, 8), (30000, 1)])
def test_blocks_are_round_numbers_of_rows(columns: int, expected: int) -> None:
    assert rows.block_rows(columns) == expected


@pytest.mark.parametrize(
    "sql", ["FROM edges WHERE day > DATE '2026-01-01'", "SELECT date_trunc('month', day) FROM edges"]
)
def test_an_error_about_dates_says_that_they_are_text_and_how_to_cast_them(sql: str) -> None:
    graph = nx.Graph()
    graph.add_edge("a", "b", day="2026-02-03")
    message = refused(sql, graph).message
    assert "Dates in a graph are text, which compares as it stands, >= '2026-03-01'; column::TIMESTAMP" in message
    assert "Columns: nodes(id, degree)" in message
    assert "Candidate" not in message
    assert (
        query(graph, "SELECT date_trunc('month', day::DATE)::VARCHAR AS m FROM edges WHERE day > '2026-01-01'")["rows"][
            0
        ][0][:7]
        == "2026-02"
    )


def test_text_in_double_quotes_and_other_languages_are_answered_with_what_sql_wants() -> None:
    graph = nx.Graph()
    graph.add_node("a", country="US")
    assert (
        "Text stands in single quotes: 'US'. Columns:"
        in refused('SELECT id FROM nodes WHERE country = "US"', graph).message
    )
    assert "SQL as DuckDB has it, over tables nodes, edges and ends" in refused("MATCH (n) RETURN n", graph).message
