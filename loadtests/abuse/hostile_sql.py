"""SQL that is no query, or one that nobody could answer: for `query_graph`, and as the conditions of a `view`.

Each is a text and the outcomes that it may end with. What must not run at all is `invalid_input`; what asks for too much ends as
`memory_limit`, `timeout` or a refusal; nothing ends a process but the worker's own, and nobody else's call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from networkx_mcp.mcp_wire import ERROR_META

#: Characters that a statement may have.
MOST = 20_000
REFUSED = frozenset({"invalid_input"})
#: What a statement that is too large for its worker ends with; some DuckDB refuses before.
SPENT = frozenset({"invalid_input", "memory_limit", "timeout"})
#: Small enough on some machines.
PERHAPS = SPENT | {"ok"}

_FORBIDDEN = (
    "COPY nodes TO '/tmp/out.csv'",
    "COPY (SELECT 1) TO '/proc/self/mem'",
    "WITH x AS (COPY nodes TO '/tmp/x' RETURNING *) SELECT * FROM x",
    "ATTACH '/etc/passwd' AS x",
    "ATTACH ':memory:' AS x; SELECT 1",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_blob('/etc/hostname')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM glob('/*')",
    "SELECT content FROM read_text(getenv('HOME') || '/x')",
    "SELECT getenv('PATH')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_version()",
    "SELECT current_setting('memory_limit')",
    "PRAGMA database_list",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "SET enable_external_access = true",
    "INSTALL httpfs",
    "LOAD '/tmp/x.duckdb_extension'",
    "CREATE TABLE x AS SELECT * FROM nodes",
    "CREATE MACRO f(a) AS a",
    "CREATE OR REPLACE VIEW nodes AS SELECT 1",
    "INSERT INTO nodes VALUES (1)",
    "DELETE FROM edges",
    "UPDATE nodes SET id = 1",
    "DROP TABLE nodes",
    "ALTER TABLE nodes ADD COLUMN x INT",
    "EXPORT DATABASE '/tmp/x'",
    "IMPORT DATABASE '/tmp/x'",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN; SELECT 1; COMMIT",
    "SELECT 1; DROP TABLE nodes",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CALL pragma_version()",
    "USE memory",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT * FROM query('DROP TABLE nodes')",
    "SELECT * FROM query_table('nodes')",
    "SELECT json_execute_serialized_sql('{}')",
    "SELECT write_log('x')",
    "SELECT sleep_ms(100000)",
    "SELECT nextval('s')",
    "SELECT ?",
    "SELECT $1",
    "",
    ";",
    "-- nothing",
    "SELECT",
    "S\u0435LECT 1",
)

_SPENT: Mapping[str, frozenset[str]] = {
    "SELECT list(range) FROM range(1000000000)": SPENT,
    "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)": SPENT,
    "SELECT repeat('x', 2000000000)": SPENT,
    "SELECT repeat(repeat('x', 100000), 100000)": SPENT,
    "SELECT lpad('x', 2000000000, 'y')": SPENT,
    "SELECT array_agg(a.id) FROM nodes a, nodes b, nodes c, nodes d, nodes e": SPENT,
    "SELECT count(*) FROM range(30000) a, range(30000) b, range(30000) c": SPENT,
    "SELECT count(*) FROM range(30000) a, range(30000) b, range(30000) c WHERE hash(a.range, b.range, c.range) = 0": SPENT,
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t": SPENT,
    "WITH RECURSIVE t(n) AS (SELECT 'x' UNION ALL SELECT n || n FROM t) SELECT count(*) FROM t": SPENT,
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t, range(1000)) SELECT count(*) FROM t": SPENT,
    "SELECT * FROM range(10000000000) ORDER BY hash(range) DESC": SPENT,
    "SELECT median(hash(range)) FROM range(1000000000)": SPENT,
    "SELECT count(DISTINCT hash(range)) FROM range(10000000000)": SPENT,
    "SELECT regexp_replace(repeat('a', 100000), '(a*)*b', 'c', 'g')": PERHAPS,
    "SELECT regexp_matches(repeat('a', 100000), '((((a{0,30}){0,30}){0,30}){0,30})')": PERHAPS,
    "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))": PERHAPS,
    "SELECT list_sort(list_transform(range(30000000), x -> hash(x)))": PERHAPS,
    "SELECT list_reduce(range(5000000), (a, b) -> a + b)": PERHAPS,
    "SELECT factorial(100000)": PERHAPS,
    "SELECT 10::HUGEINT ** 1000": PERHAPS,
    "SELECT bin(repeat('x', 10000000))": PERHAPS,
    "SELECT to_base64(repeat('x', 100000000)::BLOB)": PERHAPS,
    "SELECT json_extract(repeat('[', 5000) || repeat(']', 5000), '$')": PERHAPS,
    "SELECT (repeat('[', 1000000) || repeat(']', 1000000))::JSON": PERHAPS,
    "SELECT printf(repeat('%1000000d', 1000), 1)": PERHAPS,
    "SELECT format('{:1000000000}', 1)": PERHAPS,
    "SELECT * FROM generate_series(1, 100000000) UNION SELECT * FROM generate_series(1, 100000000)": PERHAPS,
    "SELECT date_trunc('day', t) FROM generate_series(TIMESTAMP '0001-01-01', TIMESTAMP '9999-01-01', INTERVAL 1 SECOND) AS s(t)": PERHAPS,
}


def _nested() -> Iterator[str]:
    """As deep, as wide and as repetitive as MOST characters allow."""
    yield "SELECT " + "(" * 9_900 + "1" + ")" * 9_900
    yield "SELECT " + "-" * 1 + " -".join([""] * 9_000) + "1"
    yield "SELECT " + "NOT " * 4_900 + "true"
    yield "SELECT " + "+".join(["1"] * 9_900)
    yield "SELECT " + "[" * 9_900 + "]" * 9_900
    yield "SELECT " + " OR ".join(["1=1"] * 2_800)
    yield "SELECT " + "CASE WHEN 1=1 THEN " * 900 + "1" + " END" * 900
    yield "SELECT " + "abs(" * 3_900 + "1" + ")" * 3_900
    yield "SELECT * FROM " + "(SELECT * FROM " * 1_200 + "nodes" + ")" * 1_200
    yield "SELECT * FROM nodes " + "JOIN nodes USING (id) " * 900
    yield "SELECT count(*) FROM " + ",".join(f"nodes a{number}" for number in range(1_500))
    yield " UNION ALL ".join(["SELECT 1"] * 1_000)
    yield (
        "WITH "
        + ",".join(
            f"t{number} AS (SELECT * FROM {f't{number - 1}' if number else 'nodes'}, nodes)" for number in range(350)
        )
        + " SELECT count(*) FROM t349"
    )
    yield "SELECT " + ",".join(f"1 AS c{number}" for number in range(1_800))
    yield "SELECT " + ",".join(["*"] * 6_000) + " FROM nodes"
    yield "SELECT * FROM nodes WHERE id IN (" + ",".join(["1"] * 9_900) + ")"
    yield "SELECT '" + "x" * 19_900 + "'"
    yield "SELECT " + "'" * 19_900
    yield "/*" * 9_990
    yield "SELECT 1" + "::INT" * 3_900
    yield "SELECT x" + ".x" * 9_900 + " FROM nodes x"
    yield "SELECT {'a': " * 1_400 + "1" + "}" * 1_400
    yield "SELECT list_transform([1], a -> " * 1 + "list_transform([1], a -> " * 600 + "1" + ")" * 601
    yield "SELECT ROW(" + "1," * 9_900 + "1)"
    yield "SELECT CAST(NULL AS STRUCT(" + "a STRUCT(" * 1_900 + "a INT" + ")" * 1_901 + ")"


def statements() -> Iterator[tuple[str, frozenset[str]]]:
    """Each statement, and the outcomes that it may have."""
    yield from ((sql, REFUSED) for sql in _FORBIDDEN)
    yield from _SPENT.items()
    yield from ((sql[:MOST], PERHAPS) for sql in _nested())


def conditions() -> Iterator[tuple[str, frozenset[str]]]:
    """The same as conditions of a view: whatever is no condition is refused, whatever is one may be anything."""
    yield from ((sql, REFUSED) for sql in _FORBIDDEN if sql)
    for sql in (
        "true) UNION SELECT 1 FROM nodes WHERE (true",
        "true GROUP BY 1",
        "true LIMIT 1",
        "true; DROP TABLE __rows",
        "true -- \n; SELECT 1",
        "id IN (SELECT content FROM read_text('/etc/passwd'))",
        "getenv('HOME') IS NOT NULL",
        "sleep_ms(100000) IS NULL",
        "EXISTS (SELECT * FROM read_csv('/etc/passwd'))",
    ):
        yield sql, REFUSED
    for sql in _SPENT:
        yield f"({sql}) IS NOT NULL", PERHAPS
    for sql in _nested():
        yield sql.removeprefix("SELECT ")[:MOST], PERHAPS


def outcome(answer: Mapping[str, Any]) -> str:
    """What a JSON-RPC answer, or the result of a tool in it, came to."""
    result = answer.get("result", answer)
    if "error" in result:
        return f"error {result['error'].get('code')}"
    return result.get("_meta", {}).get(ERROR_META, {}).get("error", "unnamed") if result.get("isError") else "ok"


def retry_after(answer: Mapping[str, Any]) -> float:
    """Seconds after which the server wants the call again; 0 where it does not say so."""
    facts: Mapping[str, Any] = answer.get("result", {}).get("_meta", {}).get(ERROR_META, {})
    return float(facts.get("retry_after") or 0)


def calls(graph_id: str) -> Iterator[tuple[str, dict[str, Any], frozenset[str]]]:
    """Tool, arguments and outcomes that they may have."""
    for sql, may in statements():
        yield "query_graph", {"graph_id": graph_id, "sql": sql}, may
    for sql, may in conditions():
        for table in ("nodes", "edges") if may is REFUSED else ("nodes",):
            yield "measure_graph", {"graph_id": graph_id, "view": {table: sql}}, may
