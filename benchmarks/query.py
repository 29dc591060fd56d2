"""What SQL over a graph costs, what a view adds to an analysis, what a derived graph costs: `python benchmarks/query.py [--repeats 15] [--out FILE]`.

A directed graph of 100,000 nodes and 300,000 edges with text ids and five attributes. Prints one JSON object:

* `queries`: CPU milliseconds (median) of a statement by DuckDB alone, on tables of its own that were loaded before, and of the task
  of `query_graph` on the graph's buffer, in one process, in turns. `ratio` is of the task beyond `bare_ms` (the task's `SELECT 1`: a
  call's own cost).
* `views`: CPU milliseconds of a pagerank with a view, and how many more than without one (`added_ms`).
* `derived`: CPU milliseconds of the task of `derive_graph`, with the buffer and the snapshot that it hands back, beside a copy of the
  same graph (`ratio`).
* `calls_ms`: wall clock of `SELECT 1` by a worker: the `first`, which loads DuckDB, and those that a kept worker answers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import duckdb
import provenance
import pyarrow
from cost import machine

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.sql import tables
from networkx_mcp.analysis.tasks.derive_graph import derive_graph
from networkx_mcp.analysis.tasks.query_graph import query_graph
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.workers.pool import Compute

NODES, EDGES, SEED = 100_000, 300_000, 1
QUERIES = {
    "group nodes": "SELECT country, count(*), avg(population) FROM nodes GROUP BY country ORDER BY 2 DESC, 1",
    "find nodes": "SELECT id, population FROM nodes WHERE name ILIKE '%77%' ORDER BY population DESC LIMIT 50",
    "join both sides": "SELECT a.country, b.country, count(*) AS n, sum(e.weight) FROM edges e JOIN nodes a ON a.id = e.source "
    "JOIN nodes b ON b.id = e.target GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 50",
    "count ends": "SELECT node, count(*) AS n, max(weight) FROM ends GROUP BY node ORDER BY n DESC, node LIMIT 50",
    "two hops": "SELECT DISTINCT b.target FROM edges a JOIN edges b ON b.source = a.target WHERE a.source = 'node 77' ORDER BY 1",
    "sum edges": "SELECT kind, sum(weight) FROM edges GROUP BY kind ORDER BY kind",
}
VIEWS: dict[str, dict[str, Any]] = {
    "a condition on nodes": {"nodes": "country < 'country 100'"},
    "a condition on edges": {"edges": "weight > 0.5 AND kind = 'road'"},
    "a condition on ends": {"edges": "s.country = t.country"},
    "all that there is": {"nodes": "TRUE", "edges": "TRUE"},
    "without ten nodes": {"without": [f"node {number}" for number in range(10)]},
}
DERIVED: dict[str, dict[str, Any]] = {
    "nodes by SQL": {"from_sql": {"nodes": "FROM nodes"}},
    "nodes and edges by SQL": {"from_sql": {"nodes": "FROM nodes", "edges": "FROM edges"}},
    "edges added up by SQL": {
        "from_sql": {
            "edges": "SELECT a.country AS source, b.country AS target, count(*) AS n, sum(e.weight) AS weight FROM edges e "
            "JOIN nodes a ON a.id = e.source JOIN nodes b ON b.id = e.target GROUP BY ALL"
        }
    },
    "around a node": {"algorithm": "ego_graph", "arguments": {"n": "node 77", "radius": 6}},
    "largest component": {"algorithm": "largest_component"},
    "reverse": {"algorithm": "reverse"},
    "to undirected": {"algorithm": "to_undirected"},
    "quotient": {"algorithm": "quotient", "arguments": {"attribute": "country"}},
    "backbone": {"algorithm": "backbone"},
    "union with itself": {"combine": "union"},
    "difference from itself": {"combine": "difference"},
}


def sample() -> FrozenGraph:
    """The graph."""
    chance = random.Random(SEED)
    names = [f"node {number}" for number in range(NODES)]
    attributes = [
        {
            "country": f"country {chance.randrange(200):03}",
            "name": f"Name {number}",
            "population": chance.randrange(10**6),
        }
        for number in range(NODES)
    ]
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    while len(pairs) < EDGES:
        kind = chance.choice(("road", "rail", "air"))
        pairs[chance.choice(names), chance.choice(names)] = {"weight": chance.random(), "kind": kind}
    state = GraphState(None, directed=True)
    state.apply([AddNodes(names, attributes), AddEdges(list(pairs), list(pairs.values()))])
    return state.freeze()


def cpu_ms(work: Callable[[], Any]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e3


def in_turns(repeats: int, *works: Callable[[], Any]) -> list[float]:
    """Median CPU milliseconds of each, taken in turns after one round that is not counted."""
    rounds = [[cpu_ms(work) for work in works] for _ in range(repeats + 1)][1:]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def job(graph: FrozenGraph, **params: Any) -> tuple[dict[str, Any], list[int]]:
    """What a worker gets: the graph attaches the descriptor and owns it."""
    return {"graphs": [{"base": 0, "directed": graph.directed, "batches": ()}], **params}, [os.dup(graph.fd)]


def alone(graph: FrozenGraph) -> duckdb.DuckDBPyConnection:
    """DuckDB with the same tables as its own, by the same number of threads."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    made = tables.of_graph(LoadedGraph(GraphState(graph, directed=True)).arrays, list(QUERIES.values()))
    for name in ("nodes", "edges"):
        connection.register("given", getattr(made, name))
        connection.execute(f"CREATE TABLE {name} AS FROM given")
        connection.unregister("given")
    connection.execute(
        "CREATE VIEW ends AS SELECT source AS node, target AS other, * EXCLUDE (source, target) FROM edges UNION ALL "
        "SELECT target, source, * EXCLUDE (source, target) FROM edges WHERE source <> target"
    )
    return connection


def fetched(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def asked(graph: FrozenGraph, sql: str) -> dict[str, Any]:
    found: dict[str, Any] = query_graph(*job(graph, sql=sql, start=0))
    return found


def ranked(graph: FrozenGraph, **view: Any) -> dict[str, Any]:
    found: dict[str, Any] = rank_nodes(*job(graph, measure="pagerank", limit=20, offset=0, **view))
    return found


def queries(graph: FrozenGraph, repeats: int) -> dict[str, Any]:
    connection = alone(graph)
    (bare,) = in_turns(repeats, partial(asked, graph, "SELECT 1"))
    found: dict[str, Any] = {"bare_ms": round(bare, 2)}
    for name, sql in QUERIES.items():
        expected = fetched(connection, sql)[:1000]
        ours = asked(graph, sql)["rows"]
        assert [list(row) for row in expected] == ours or name == "join both sides", (
            name
        )  # sums of floats differ in the last digit
        duck, task = in_turns(repeats, partial(fetched, connection, sql), partial(asked, graph, sql))
        found[name] = {"duckdb_ms": round(duck, 2), "task_ms": round(task, 2), "ratio": round((task - bare) / duck, 2)}
    return found


def views(graph: FrozenGraph, repeats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, view in VIEWS.items():
        whole, part = in_turns(repeats, partial(ranked, graph), partial(ranked, graph, view=view))
        seen = ranked(graph, view=view)["view"]
        found[name] = {
            **seen,
            "whole_ms": round(whole, 2),
            "view_ms": round(part, 2),
            "added_ms": round(part - whole, 2),
        }
    return found


def made(graph: FrozenGraph, how: dict[str, Any]) -> None:
    limits = {"nodes": NODES, "edges": EDGES, "value": 1 << 18}
    sources = 2 if "combine" in how else 1
    given = [{"base": place, "directed": graph.directed, "batches": ()} for place in range(sources)]
    named = [(name, 1) for name in "ab"[:sources]]
    output = derive_graph(
        {"graphs": given, "named": named, "how": how, **limits}, [os.dup(graph.fd) for _ in range(sources)]
    )
    for fd in output.fds:
        os.close(fd)


def derived(graph: FrozenGraph, repeats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, how in DERIVED.items():
        copy, task = in_turns(repeats, partial(made, graph, {}), partial(made, graph, how))
        found[name] = {"copy_ms": round(copy, 1), "task_ms": round(task, 1), "ratio": round(task / copy, 2)}
    return found


async def calls(repeats: int) -> dict[str, float]:
    settings = Settings()
    small = GraphState(None, directed=False)
    small.apply([AddEdges([("a", "b")], None)])
    graph = small.freeze()
    compute = Compute(settings, MemoryAccount(settings))
    await compute.start()
    while not compute.alive:
        await asyncio.sleep(0.01)
    times = []
    for _ in range(repeats + 1):
        params, fds = job(graph, sql="SELECT 1", start=0)
        before = time.perf_counter()
        result = await compute.run(
            "networkx_mcp.analysis.tasks.query_graph:query_graph", params, fds=fds, tenant="t", keep=True
        )
        times.append((time.perf_counter() - before) * 1e3)
        result.close()
        os.close(fds[0])
    await compute.close()
    return {"first": round(times[0], 1), "kept": round(statistics.median(times[1:]), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    arguments = parser.parse_args()
    pyarrow.set_cpu_count(1)
    graph = sample()
    facts = {
        "machine": machine(),
        "versions": {name: version(name) for name in ("duckdb", "pyarrow", "numpy")},
        "nodes": graph.n,
        "edges": graph.m,
        "queries": queries(graph, arguments.repeats),
        "views": views(graph, arguments.repeats),
        "derived": derived(graph, arguments.repeats),
        "calls_ms": asyncio.run(calls(arguments.repeats)),
    }
    provenance.publish(facts, arguments.out)


if __name__ == "__main__":
    main()
