"""Whole calls on resident graphs: `python benchmarks/calls.py [--sizes 1000 10000] [--million] [--resume] [--out FILE]`.

Per size a server of its own with raised limits holds the Barabasi-Albert graph of `engine.py` with ids `n0`, `n1`, ...,
and its real-shaped one. Rows of three kinds:

* calls: wall milliseconds of one `tools/call` over loopback, the best of the repeats (one, where it takes over 2 s), each
  with another `limit`, so that no cached result answers; beside it the networkx function in this process, one run.
* load: seconds and memory (all the server's processes, proportional set size) of the same graph by successive
  `edit_graph` batches and by one `PUT` of CSV. `peak_mb` is above the idle server's.
* reads: P50 and P99 of `get_neighbors` with nothing else, and beside one heavy call after the other.

Client and server share the machine. Rows are saved one by one; `--resume` leaves out those in the file. The figures of
reads in a pod that is limited to one CPU, with its throttled periods, come from a cluster: `make e2e-full
PYTEST_ARGS="-k one_cpu"` (tests/e2e/test_memory.py), which enters them in tests/e2e/report.json.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import networkx as nx
import serving
from engine import consumed, machine, sample
from serving import HOST, Connection, free_port, process, tool_call
from watch import watched

BATCH = 2_500  # edges of one edit_graph: some 80 KiB; above 128 KiB a worker makes the whole graph anew
PATIENCE_SECONDS = 2  # a call that takes longer is not repeated

Call = tuple[str, dict[str, Any], Callable[[nx.Graph], Any], int]
#: name -> (tool, arguments, the same by networkx, largest size for networkx); ", real-shaped": on that graph
CALLS: dict[str, Call] = {
    "pagerank": ("rank_nodes", {"measure": "pagerank"}, nx.pagerank, 100_000),
    "components": ("find_components", {}, nx.connected_components, 1_000_000),
    "weighted path": (
        "find_paths",
        {"source": "n3", "target": "last", "weight": "weight"},
        lambda graph: nx.shortest_path(graph, "3", str(len(graph) - 1), weight="weight"),
        1_000_000,
    ),
    "weighted paths from a node": (
        "find_paths",
        {"source": "n0", "weight": "weight"},
        lambda graph: nx.single_source_dijkstra(graph, "0"),
        100_000,
    ),
    "core number": ("rank_nodes", {"measure": "core"}, nx.core_number, 100_000),
    "Louvain": ("find_communities", {"method": "louvain"}, nx.community.louvain_communities, 10_000),
    "betweenness, 100 sources": (
        "rank_nodes",
        {"measure": "betweenness", "sample": 100, "seed": 1},
        lambda graph: nx.betweenness_centrality(graph, k=100, seed=1),
        10_000,
    ),
    "maximum flow": (
        "run_algorithm",
        {"name": "maximum_flow_value", "arguments": {"s": "n3", "t": "last", "capacity": "weight"}},
        lambda graph: nx.maximum_flow_value(graph, "3", str(len(graph) - 1), capacity="weight"),
        10_000,
    ),
    "pagerank, real-shaped": ("rank_nodes", {"measure": "pagerank"}, nx.pagerank, 100_000),
    "weighted paths from a node, real-shaped": (
        "find_paths",
        {"source": "n0", "weight": "weight"},
        lambda graph: nx.single_source_dijkstra(graph, "0"),
        100_000,
    ),
    "closeness": ("rank_nodes", {"measure": "closeness", "force": True}, nx.closeness_centrality, 1_000),
    "betweenness": ("rank_nodes", {"measure": "betweenness", "force": True}, nx.betweenness_centrality, 1_000),
}
#: Calls that are quadratic end here.
LARGEST = {"closeness": 10_000, "betweenness": 10_000, "betweenness, 100 sources": 100_000, "Louvain": 100_000}
REAL = ", real-shaped"


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[tuple[Connection, int]]:
    """A server whose limits do not matter; a connection to it, and its pid."""
    with tempfile.TemporaryDirectory() as directory:
        limits = {
            "LIMITS_GRAPH_NODES": 2_000_000,
            "LIMITS_GRAPH_EDGES": 20_000_000,
            "LIMITS_GRAPH_MB": 512,
            "LIMITS_TENANT_MB": 4096,
            "LIMITS_UPLOAD_MB": 512,
            "LIMITS_TOOL_BODY_KIB": 4096,
            "LIMITS_BODY_BUDGET_MB": 1024,
            "LIMITS_MEMORY_MB": 8192,
            "LIMITS_REQUEST_TIMEOUT_SECONDS": 120,
            "LIMITS_CONNECTION_TIMEOUT_SECONDS": 150,
            "LIMITS_WORKERS": 2,
            "MEMORY_RESIDENT_MB": 1024,
            "MEMORY_WORKER_MB": 2048,
            "RATELIMIT_ENABLED": "false",
        }
        port = free_port()
        env = {f"NETWORKX_MCP_{name}": str(value) for name, value in limits.items()}
        env |= {
            "NETWORKX_MCP_HTTP_PORT": str(port),
            "NETWORKX_MCP_HTTP_HOST": HOST,
            "NETWORKX_MCP_LOG_LEVEL": "warning",
            "NETWORKX_MCP_STORE_PATH": str(Path(directory, "store.sqlite3")),
        }
        with process([sys.executable, "-m", "networkx_mcp", "serve"], port, "/ready", env) as pid:
            connection = Connection(HOST, port)
            await call(connection, "create_graph", graph_id="warm", edges=[["a", "b"]])
            await call(connection, "rank_nodes", graph_id="warm", measure="pagerank")
            yield connection, pid


async def call(connection: Connection, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The structured answer. SystemExit with the error."""
    return await serving.call(connection, tool, arguments)


def csv(graph: nx.Graph) -> bytes:
    lines = ["source,target,weight\n", *(f"n{u},n{v},{weight}\n" for u, v, weight in graph.edges(data="weight"))]
    return "".join(lines).encode()


async def put(connection: Connection, graph_id: str, body: bytes) -> None:
    directed = "&directed=true" if graph_id == "real" else ""
    head = f"PUT /graphs/{graph_id}?format=csv{directed} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: text/csv\r\n"
    status, said = await connection.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    if status not in (200, 201):
        raise SystemExit(f"PUT: {status} {said[:500]!r}")


def batches(graph: nx.Graph, weights: bool) -> list[bytes]:
    """Requests that make the graph, ready to be sent: what the client does to make them is no part of a load."""
    rows = ([f"n{u}", f"n{v}", *([{"weight": w}] if weights else [])] for u, v, w in graph.edges(data="weight"))
    made = [tool_call("create_graph", {"graph_id": "g"})]
    while batch := list(islice(rows, BATCH)):
        made.append(tool_call("edit_graph", {"graph_id": "g", "edits": [{"action": "add_edges", "edges": batch}]}))
    return made


Rows = dict[str, dict[str, Any]]
Add = Callable[[str, dict[str, Any]], None]


async def loads(n: int, rows: Rows, add: Add) -> None:
    graph = sample(n, False)
    body = csv(graph)
    names = ("load by edit_graph", "load by edit_graph, with weights") if n <= 100_000 else ()
    for name in ("load by PUT", *names):
        if name in rows:
            continue
        requests = [] if "PUT" in name else batches(graph, "weights" in name)

        async def load(connection: Connection, requests: list[bytes] = requests) -> None:
            if not requests:
                await put(connection, "g", body)
            for request in requests:
                await connection.send(request)

        async with server() as (connection, _):
            begin = time.perf_counter()
            await load(connection)
            seconds = time.perf_counter() - begin
            found = await call(connection, "describe_graph", graph_id="g")
            assert (found["nodes"], found["edges"]) == (n, graph.number_of_edges()), found
        async with server() as (connection, pid):  # once more: each look at its memory stops the server
            with watched(pid) as memory:
                await load(connection)
        row = {"seconds": round(seconds, 2), "peak_mb": round(memory["peak"] - memory["before"])}
        add(name, row | {"kept_mb": round(memory["after"] - memory["before"])})


def given(arguments: dict[str, Any], n: int) -> dict[str, Any]:
    """The arguments with the last node in the place of "last"."""
    return {
        key: given(value, n) if isinstance(value, dict) else f"n{n - 1}" if value == "last" else value
        for key, value in arguments.items()
    }


async def calls(n: int, repeats: int, rows: Rows, add: Add) -> None:
    graphs = {"g": sample(n, False), "real": sample(n, "real")}
    async with server() as (connection, _):
        for graph_id, graph in graphs.items():
            await put(connection, graph_id, csv(graph))
            await call(connection, "get_neighbors", graph_id=graph_id, node="n0")
        for name, (tool, arguments, function, largest) in CALLS.items():
            if name in rows or n > LARGEST.get(name, n):
                continue
            graph_id = "real" if name.endswith(REAL) else "g"
            times: list[float] = []
            for attempt in range(repeats):
                begin = time.perf_counter()
                await call(connection, tool, graph_id=graph_id, limit=10 + attempt, **given(arguments, n))
                times.append(time.perf_counter() - begin)
                if times[-1] > PATIENCE_SECONDS:
                    break
            row = {"call_ms": round(min(times) * 1e3, 1)}
            if n <= largest:
                begin = time.perf_counter()
                consumed(function(graphs[graph_id]))
                row["networkx_ms"] = round((time.perf_counter() - begin) * 1e3, 1)
            add(name, row)


async def reads(seconds: float, rows: Rows, add: Add) -> None:
    """On 10,000 nodes, where exact betweenness keeps a worker busy for seconds."""
    if "point reads" in rows:
        return
    async with server() as (connection, _):
        await put(connection, "g", csv(sample(10_000, False)))

        async def measured() -> dict[str, float]:
            end, times, node = time.perf_counter() + seconds, [], 0
            while (begin := time.perf_counter()) < end:
                node = (node + 7919) % 10_000
                await call(connection, "get_neighbors", graph_id="g", node=f"n{node}", limit=5)
                times.append(time.perf_counter() - begin)
                await asyncio.sleep(0.005)
            times.sort()
            return {f"p{p}_ms": round(times[len(times) * p // 100] * 1e3, 2) for p in (50, 99)} | {"reads": len(times)}

        alone = await measured()
        other = Connection(HOST, connection.port)

        async def heavy() -> None:
            for limit in range(10, 1000):
                await call(other, "rank_nodes", graph_id="g", measure="betweenness", force=True, limit=limit)

        task = asyncio.create_task(heavy())
        await asyncio.sleep(1)
        beside = await measured()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        add("point reads", {"alone": alone, "beside a heavy call": beside})


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="nodes")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 nodes: 6 GB and some minutes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement of point reads")
    parser.add_argument("--only", nargs="+", default=["loads", "calls", "reads"])
    parser.add_argument("--resume", action="store_true", help="leave out what the file of --out already holds")
    parser.add_argument("--note", default="", help="what a reader must know of the run")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    kept = json.loads(options.out.read_text())["sizes"] if options.resume and options.out.exists() else {}
    report = {
        "command": " ".join(["python", "benchmarks/calls.py", *sys.argv[1:]]),
        "note": options.note,
        **machine(os.getloadavg()),
        "sizes": kept,
    }

    def adder(key: str) -> Add:
        def add(name: str, row: dict[str, Any]) -> None:
            # The file keeps rows of earlier runs, so each names its own.
            kept.setdefault(key, {})[name] = row | {part: report[part] for part in ("command", "commit")}
            print(f"{key} {name}: {row}", file=sys.stderr, flush=True)
            if options.out:
                options.out.write_text(json.dumps(report, indent=1) + "\n")

        return add

    if "reads" in options.only:
        await reads(options.seconds, kept.get("10000", {}), adder("10000"))
    for n in options.sizes + ([1_000_000] if options.million else []):
        rows, add = kept.get(str(n), {}), adder(str(n))
        if "calls" in options.only:
            await calls(n, options.repeats, rows, add)
        if "loads" in options.only:
            await loads(n, rows, add)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
