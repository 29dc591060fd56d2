"""A plan of twenty calls, as an agent makes them, on private graphs of 100 nodes; beside a plain Python process.

    make bench-plan       # or: python benchmarks/plan.py --users 1,10,50,100 --shares 55 --cores 1

Each user makes a graph, edits it and asks: 6 writes, 3 reads of counts and 11 analyses (shortest paths, degree, betweenness,
components, pagerank), without think time. `--shares` are the percent of analyses among the calls; that plan has 55. `plain` answers the same calls by networkx over the SDK in one process
(`plain_server.py`). The two take turns, each pinned to the first `--cores` cores, the client to the last; where the machine has no
core more they share it. Latencies in milliseconds, CPU of all server processes and of the one that answers (`api_`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import provenance
from loadtests.agentic import ANALYSES, AgentGraph, plan
from loadtests.frugal_http import ClientConnection, Requests
from serving import HOST, cpu_seconds, free_port, own_cpu_seconds, process

SEED = 20261130


async def drive(port: int, users: int, calls: list[str], seconds: float, pid: int) -> dict[str, Any]:
    """`users` play the plan again and again for `seconds`, each time on a new graph."""
    requests = Requests(f"{HOST}:{port}")
    taken: dict[str, list[float]] = {"write": [], "read": [], "analysis": []}
    failed: dict[str, int] = {}
    run = f"{time.monotonic_ns():x}"
    end = time.perf_counter() + seconds

    async def play(number: int) -> None:
        connection = ClientConnection(HOST, port)
        turn = 0
        while time.perf_counter() < end:
            user = AgentGraph(f"plan-{run}-{number}-{turn}", SEED + number)
            turn += 1
            for step, kind in enumerate(calls):
                request = requests.call("modern", "", *user.arguments(kind, step))
                began = time.perf_counter()
                status, body = await connection.send(request)
                group = "analysis" if kind in ANALYSES else "read" if kind == "info" else "write"
                taken[group].append(1000 * (time.perf_counter() - began))
                if status != 200 or b'"isError":true' in body or b'"error":' in body:
                    failed[f"{kind}: {body[:200].decode(errors='replace')}"] = 1
        connection.close()

    server, api, began = cpu_seconds(pid), own_cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*map(play, range(users)))
    wall, server, api = time.perf_counter() - began, cpu_seconds(pid) - server, own_cpu_seconds(pid) - api
    if failed:
        raise SystemExit(f"calls failed: {list(failed)[:3]}")
    every = [one for group in taken.values() for one in group]
    return {
        "users": users,
        "calls": len(every),
        "calls_per_second": round(len(every) / wall, 1),
        "cpu_ms_per_call": round(1000 * server / len(every), 3),
        "api_cpu_ms_per_call": round(1000 * api / len(every), 3),
        "p50_ms": at(every, 0.5),
        "p95_ms": at(every, 0.95),
        "analysis_p50_ms": at(taken["analysis"], 0.5),
        "analysis_p95_ms": at(taken["analysis"], 0.95),
    }


def at(values: list[float], share: float) -> float | None:
    """A quantile by nearest rank; None of nothing."""
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 2) if values else None


def servers(directory: str, cores: str) -> dict[str, tuple[list[str], int, dict[str, str]]]:
    """(command, port, environment) by name."""
    pinned = ["taskset", "--cpu-list", cores]
    ours, plain = free_port(), free_port()
    env = {
        "NETWORKX_MCP_HTTP_PORT": str(ours),
        "NETWORKX_MCP_LOG_LEVEL": "warning",
        "NETWORKX_MCP_STORE_PATH": str(Path(directory, "store.sqlite3")),
        "NETWORKX_MCP_LIMITS_WORKERS": str(len(cores.split(","))),
        "NETWORKX_MCP_LIMITS_TENANT_GRAPHS": "100000",
        "NETWORKX_MCP_STORE_TIMEOUT_SECONDS": "20",  # a disk that others share: what waits for it shows in P95
    }
    script = str(Path(__file__).with_name("plain_server.py"))
    return {
        "networkx-mcp": ([*pinned, sys.executable, "-m", "networkx_mcp", "serve"], ours, env),
        "plain": ([*pinned, sys.executable, script, str(plain)], plain, {}),
    }


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", default="1,10,50,100")
    parser.add_argument("--shares", default="0,25,50,55,75", help="percent of analyses")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    options = parser.parse_args()
    every = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {every[-1]})
    cores = ",".join(map(str, every[: options.cores]))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory:
        for share in map(int, options.shares.split(",")):
            for users in map(int, options.users.split(",")):
                for name, (command, port, env) in servers(directory, cores).items():
                    with process(command, port, "/ready", env) as pid:
                        await drive(port, 1, plan(share), 1.0, pid)  # what only the first calls pay for
                        row = {"server": name, "analyses_percent": share}
                        row |= await drive(port, users, plan(share), options.seconds, pid)
                    print(json.dumps(row), file=sys.stderr, flush=True)
                    rows.append(row)
    facts = {
        "versions": {name: version(name) for name in ("mcp", "starlette", "uvicorn", "networkx")},
        "dataset": {"nodes": 100, "edges": 300, "seed": SEED},
        "server_cores": options.cores,
        "note": "client and server on cores of one machine; the servers take turns",
        "rows": rows,
    }
    provenance.publish(facts, options.out)


if __name__ == "__main__":
    asyncio.run(main())
