"""Throughput and latency of the whole server over HTTP, beside a bare Starlette route in the same run.

    make bench            # or: python benchmarks/serving.py --seconds 8 --clients 1,10,50,100,400

Zero-think clients over loopback; client and server share the machine's cores, so the figure to
compare between machines is requests per CPU second of all server processes (API, zygote, workers).
Loads: `route` (bare Starlette, the ceiling), `read` (get_neighbors of random nodes of one graph) and
`mix` (6 edits to 14 reads, each client its own graph). Success is an answer without a JSON-RPC error and without
`isError`. Prints one JSON document; latencies in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import provenance
from loadtests.frugal_http import ClientConnection

from networkx_mcp import mcp_wire

SEED = 20261123
NODES = 1000
HOST = "127.0.0.1"
BARE = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
import uvicorn, sys
uvicorn.run(Starlette(routes=[Route("/", lambda r: JSONResponse({"ok": True}))]), port=int(sys.argv[1]),
            log_level="error", loop="uvloop", http="httptools")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """`pid` and its living descendants."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its descendants and those of them that ended."""
    ticks = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rsplit(") ", 1)[1].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def own_cpu_seconds(pid: int) -> float:
    """User and system time of one living process, threads included, descendants not; by its clock, in nanoseconds."""
    return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) gives for a process


@contextlib.contextmanager
def process(command: list[str], port: int, path: str, env: dict[str, str] | None = None) -> Iterator[int]:
    """A server process that answers on `path`; ended by its id."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
    child = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=log, stderr=log)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=1):
                break
            if child.poll() is not None:
                log.seek(0)
                raise SystemExit(f"{command} ended: {log.read().decode()[-2000:]}")
            time.sleep(0.1)
        yield child.pid
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def tool_call(name: str, arguments: dict[str, Any]) -> bytes:
    """A call as the bytes that go on the wire."""
    return mcp_wire.on_wire(HOST, mcp_wire.post("modern", *mcp_wire.call(name, arguments), client=None))


async def call(connection: ClientConnection, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The structured answer. SystemExit with the error."""
    status, body = await connection.send(tool_call(name, arguments))
    message = mcp_wire.parsed(body)
    if message is None or mcp_wire.refusal(message) is not None:
        raise SystemExit(f"{name}: HTTP {status} {body[:600]!r}")
    found: dict[str, Any] = message["result"]["structuredContent"]
    return found


async def make_graph(port: int, graph_id: str, nodes: int) -> None:
    """A graph of preferential attachment with three edges a node, node ids `n0`, `n1`, ..."""
    chance = random.Random(SEED)
    ends: list[int] = [0, 1, 2]
    edges = []
    for node in range(3, nodes):
        targets = set()
        while len(targets) < 3:
            targets.add(chance.choice(ends))
        for target in sorted(targets):
            edges.append([f"n{node}", f"n{target}"])
            ends += [node, target]
    connection = ClientConnection(HOST, port)
    await call(connection, "create_graph", {"graph_id": graph_id})
    for start in range(0, len(edges), 1500):
        await call(
            connection,
            "edit_graph",
            {"graph_id": graph_id, "edits": [{"action": "add_edges", "edges": edges[start : start + 1500]}]},
        )
    connection.close()


Maker = Callable[[int, random.Random], Callable[[], bytes]]


def reads(client: int, chance: random.Random) -> Callable[[], bytes]:
    del client
    prepared = [
        tool_call("get_neighbors", {"graph_id": "bench", "node": f"n{chance.randrange(NODES)}"}) for _ in range(64)
    ]
    return lambda: chance.choice(prepared)


def mixed(client: int, chance: random.Random) -> Callable[[], bytes]:
    """6 writes to 14 reads, on one of 16 graphs."""
    graph_id = f"mix-{client % 16}"
    prepared = [
        tool_call("get_neighbors", {"graph_id": graph_id, "node": f"n{chance.randrange(100)}"}) for _ in range(64)
    ]
    serial = f"{time.monotonic_ns():x}-{client}"  # each run adds nodes of its own
    counter = iter(range(10**9))

    def request() -> bytes:
        if chance.random() >= 0.3:
            return chance.choice(prepared)
        edit = {"action": "add_edges", "edges": [[f"n{chance.randrange(100)}", f"c{serial}-{next(counter)}"]]}
        return tool_call("edit_graph", {"graph_id": graph_id, "edits": [edit]})

    return request


def route(client: int, chance: random.Random) -> Callable[[], bytes]:
    del client, chance
    request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    return lambda: request


async def drive(port: int, clients: int, seconds: float, maker: Maker, pid: int) -> dict[str, Any]:
    """`clients` loops without think time: 1 s unmeasured, then `seconds` measured."""
    latencies: list[float] = []
    failures: dict[str, int] = {}
    begin = time.perf_counter() + 1.0
    end = begin + seconds

    async def loop(number: int) -> None:
        connection = ClientConnection(HOST, port)
        next_request = maker(number, random.Random(SEED + number))
        while (start := time.perf_counter()) < end:
            try:
                status, body = await connection.send(next_request())
                reason = (
                    "" if status == 200 and b'"isError":true' not in body and b'"error":' not in body else str(status)
                )
            except OSError as error:
                connection.close()
                reason = type(error).__name__
            if start >= begin:
                if reason:
                    failures[reason] = failures.get(reason, 0) + 1
                else:
                    latencies.append(time.perf_counter() - start)
        connection.close()

    tasks = [asyncio.create_task(loop(number)) for number in range(clients)]
    await asyncio.sleep(max(0.0, begin - time.perf_counter()))
    server, own, wall = cpu_seconds(pid), time.process_time(), time.perf_counter()
    await asyncio.sleep(max(0.0, end - time.perf_counter()))
    server, own, wall = cpu_seconds(pid) - server, time.process_time() - own, time.perf_counter() - wall
    await asyncio.gather(*tasks)
    latencies.sort()
    total = len(latencies) + sum(failures.values())

    def quantile(q: float) -> float:
        return round(1000 * latencies[min(len(latencies) - 1, int(q * len(latencies)))], 2) if latencies else 0.0

    return {
        "clients": clients,
        "requests": total,
        "success_percent": round(100 * len(latencies) / total, 3) if total else 0.0,
        "failures": failures,
        "requests_per_second": round(len(latencies) / wall, 1),
        "requests_per_cpu_second": round(len(latencies) / server, 1) if server else None,
        "server_cpus": round(server / wall, 2),
        "client_cpus": round(own / wall, 2),
        "mean_ms": round(1000 * sum(latencies) / len(latencies), 2) if latencies else 0.0,
        "p50_ms": quantile(0.5),
        "p95_ms": quantile(0.95),
        "p99_ms": quantile(0.99),
        "max_ms": quantile(1.0),
    }


@contextlib.asynccontextmanager
async def server(store: str) -> AsyncIterator[tuple[int, int]]:
    """This server with its default limits on a new store; yields (port, pid)."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        port = free_port()
        env = {
            "NETWORKX_MCP_HTTP_PORT": str(port),
            "NETWORKX_MCP_LOG_LEVEL": "warning",
            "NETWORKX_MCP_RATELIMIT_ENABLED": "true",
        }
        if store == "redis":
            redis_port = free_port()
            data = Path(directory, "redis")
            data.mkdir()
            options = f"--port {redis_port} --bind {HOST} --dir {data} --appendonly yes --appendfsync always --save"
            redis = subprocess.Popen(["redis-server", *options.split(), ""], stdout=subprocess.DEVNULL)
            stack.callback(redis.wait)
            stack.callback(redis.terminate)
            await asyncio.sleep(0.5)
            env |= {
                "NETWORKX_MCP_STORE_TYPE": "redis",
                "NETWORKX_MCP_STORE_URL": f"redis://{HOST}:{redis_port}/0",
            }
        else:
            env["NETWORKX_MCP_STORE_PATH"] = str(Path(directory, "store.sqlite3"))
        command = [sys.executable, "-m", "networkx_mcp", "serve"]
        yield port, stack.enter_context(process(command, port, "/ready", env))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", default="1,10,50,100,400")
    parser.add_argument("--stores", default="embedded,redis")
    parser.add_argument("--loads", default="route,read,mix")
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    options = parser.parse_args()
    counts = [int(text) for text in options.clients.split(",")]
    rows: list[dict[str, Any]] = []

    async def measure(load: str, store: str, maker: Maker, port: int, pid: int) -> None:
        for clients in counts:
            row = {"load": load, "store": store, **await drive(port, clients, options.seconds, maker, pid)}
            print(json.dumps(row), file=sys.stderr, flush=True)
            rows.append(row)

    if "route" in options.loads:
        port = free_port()
        with process([sys.executable, "-c", BARE, str(port)], port, "/") as pid:
            await measure("route", "-", route, port, pid)
    for store in options.stores.split(","):
        async with server(store) as (port, pid):
            await make_graph(port, "bench", NODES)
            for number in range(16):
                await make_graph(port, f"mix-{number}", 100)
            if "read" in options.loads:
                await measure("read", store, reads, port, pid)
            if "mix" in options.loads:
                await measure("mix", store, mixed, port, pid)
    facts = {
        "versions": {name: version(name) for name in ("mcp", "starlette", "uvicorn", "networkx", "redis")},
        "dataset": {"nodes": NODES, "edges_per_node": 3, "model": "preferential attachment", "seed": SEED},
        "note": "client and server share the cores of one machine",
        "rows": rows,
    }
    provenance.publish(facts, options.out)


if __name__ == "__main__":
    asyncio.run(main())
