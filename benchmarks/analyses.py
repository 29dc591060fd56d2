"""Analyses of graphs of 1,000 nodes that a CPU second of all server processes answers.

    python benchmarks/analyses.py [--graphs 40] [--setting LIMITS_INLINE_ELEMENTS=0]

Each graph is uploaded and then asked five analyses once, so that no answer is a kept one: pagerank, components, a shortest path,
betweenness of 20 sources, core number. Uploads do not count. `--setting` gives the server another value, by its environment variable.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import provenance
from loadtests.frugal_http import ClientConnection, Requests
from serving import HOST, cpu_seconds, free_port, process

SEED, NODES, EDGES = 20261130, 1000, 3000
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("pagerank", "rank_nodes", {"measure": "pagerank"}),
    ("components", "find_components", {}),
    ("shortest path", "find_paths", {"source": "n1", "target": "n900"}),
    ("betweenness of 20 sources", "rank_nodes", {"measure": "betweenness", "sample": 20}),
    ("core number", "rank_nodes", {"measure": "core"}),
)


def edge_list(number: int) -> bytes:
    """A random graph in which n1 and n900 are joined."""
    chance = random.Random(SEED + number)
    edges = {(k, k + 1) for k in range(NODES - 1)}
    while len(edges) < EDGES:
        u, v = sorted(chance.sample(range(NODES), 2))
        edges.add((u, v))
    lines = ["source,target", *(f"n{u},n{v}" for u, v in sorted(edges))]
    return ("\n".join(lines) + "\n").encode()


def upload(port: int, name: str, data: bytes) -> None:
    request = urllib.request.Request(
        f"http://{HOST}:{port}/graphs/{name}", data, {"Content-Type": "text/csv"}, method="PUT"
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


async def ask(port: int, names: list[str], tool: str, arguments: dict[str, Any], pid: int) -> tuple[float, float]:
    """(seconds of CPU, milliseconds of the median call) of a call on each graph."""
    requests, connection = Requests(f"{HOST}:{port}"), ClientConnection(HOST, port)
    taken = []
    before = cpu_seconds(pid)
    for name in names:
        began = time.perf_counter()
        status, body = await connection.send(requests.call("modern", "", tool, {"graph_id": name, **arguments}))
        taken.append(1000 * (time.perf_counter() - began))
        if status != 200 or b'"isError":true' in body or b'"error":' in body or b'"cached":true' in body:
            raise SystemExit(f"{tool}: {body[:300].decode(errors='replace')}")
    connection.close()
    return cpu_seconds(pid) - before, sorted(taken)[len(taken) // 2]


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=40)
    parser.add_argument("--setting", action="append", default=[], help="NAME=VALUE, the name without NETWORKX_MCP_")
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    options = parser.parse_args()
    port = free_port()
    rows, total = [], 0.0
    with tempfile.TemporaryDirectory() as directory:
        env = {
            "NETWORKX_MCP_HTTP_PORT": str(port),
            "NETWORKX_MCP_LOG_LEVEL": "warning",
            "NETWORKX_MCP_STORE_PATH": str(Path(directory, "store.sqlite3")),
            **{f"NETWORKX_MCP_{name}": value for name, _, value in (one.partition("=") for one in options.setting)},
        }
        with process([sys.executable, "-m", "networkx_mcp", "serve"], port, "/ready", env) as pid:
            names = [f"g{number}" for number in range(options.graphs)]
            for number, name in enumerate(["warm", *names]):
                upload(port, name, edge_list(number))
            for _, tool, arguments in CALLS:
                await ask(port, ["warm"], tool, arguments, pid)
            for analysis, tool, arguments in CALLS:
                seconds, median = await ask(port, names, tool, arguments, pid)
                total += seconds
                row = {"analysis": analysis, "cpu_ms_per_call": round(1000 * seconds / len(names), 3)}
                rows.append({**row, "p50_ms": round(median, 2)})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    facts = {
        "dataset": {"graphs": options.graphs, "nodes": NODES, "edges": EDGES, "seed": SEED},
        "settings": options.setting,
        "analyses_per_cpu_second": round(len(CALLS) * options.graphs / total, 1),
        "rows": rows,
    }
    provenance.publish(facts, options.out)


if __name__ == "__main__":
    asyncio.run(main())
