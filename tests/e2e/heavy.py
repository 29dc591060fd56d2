"""Heavy work from inside the cluster: `kubectl exec -i POD -- python - URL COMMAND ... < heavy.py` on the server's image.

    bombs COUNT           calls that need several times a worker's memory; prints how each ended
    compute NODES EACH CALLS   PUT a graph of NODES nodes with EACH edges a node, then make CALLS; prints seconds of each
    reads SECONDS BESIDE  a point read every few milliseconds, alone or (true) beside one heavy call after the other

Each prints one JSON document.
"""

from __future__ import annotations

import collections
import io
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from networkx_mcp.mcp_wire import refusal
from networkx_mcp.smoke import SmokeClient, SmokeError

URL = sys.argv[1]
TOKEN = {"Authorization": "Bearer " + Path("/tokens/smoke").read_text(encoding="utf-8").strip()}
#: Above every limit of a server under test.
PATIENCE_SECONDS = 700


def client() -> SmokeClient:
    """A client with a connection of its own."""
    return SmokeClient(httpx.Client(timeout=PATIENCE_SECONDS, headers=TOKEN, trust_env=False), URL)


def bombs(count: int) -> dict[str, Any]:
    """A similarity matrix of 5,000 x 5,000 numbers, several times the reservation of a worker; each with another
    tolerance, so that no kept answer stands in."""
    sender = client()

    def told(tool: str, arguments: dict[str, Any]) -> str:
        result = sender.request("tools/call", {"name": tool, "arguments": arguments})
        facts = refusal({"result": result})
        return "" if facts is None else str(facts["error"])

    told("create_graph", {"graph_id": "long", "edges": [[node, node + 1] for node in range(4999)]})
    ends: collections.Counter[str] = collections.Counter()
    for number in range(count):
        arguments = {"tolerance": 10.0 ** -(4 + number % 9)}
        bomb = {"graph_id": "long", "name": "simrank_similarity", "force": True, "arguments": arguments}
        ends[told("run_algorithm", bomb)] += 1
    ends["after: " + told("rank_nodes", {"graph_id": "long", "measure": "pagerank"})] += 1
    return dict(ends)


def graph(nodes: int, each: int) -> tuple[bytes, int]:
    """(Parquet of an edge list, edges): each node points at `each` others before it, early ones more often."""
    chance = np.random.default_rng(1)
    source = np.repeat(np.arange(1, nodes, dtype=np.int64), each)
    target = (chance.random(len(source)) ** 2 * source).astype(np.int64)
    key = np.unique(source * nodes + target)
    table = pa.table({"source": (key // nodes).astype(np.int32), "target": (key % nodes).astype(np.int32)})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue(), len(key)


def put(name: str, body: bytes) -> float:
    """Seconds that the upload took, from its first byte to its answer."""
    begin = time.monotonic()
    with httpx.Client(timeout=PATIENCE_SECONDS, headers=TOKEN, trust_env=False) as http:
        response = http.put(f"{URL.removesuffix('/mcp')}/graphs/{name}?format=parquet", content=body)
    if response.status_code not in (200, 201):
        raise SmokeError(f"PUT: {response.status_code} {response.text[:500]}")
    return round(time.monotonic() - begin, 2)


def compute(nodes: int, each: int, calls: list[tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """Seconds of the upload and of each call, or its error."""
    body, edges = graph(nodes, each)
    seconds, errors = {"PUT": put("large", body)}, {}
    sender = client()
    for name, tool, arguments in calls:
        begin = time.monotonic()
        try:
            sender.call(tool, {"graph_id": "large", **arguments})
        except SmokeError as error:
            errors[name] = str(error)[:300]
        seconds[name] = round(time.monotonic() - begin, 2)
    return {"edges": edges, "upload_mb": round(len(body) / 2**20, 1), "seconds": seconds, "errors": errors}


def reads(seconds: float, beside: bool) -> dict[str, Any]:
    """P50 and P99 of `get_neighbors` in milliseconds; beside: while exact betweenness keeps a worker busy."""
    if not beside:
        put("busy", graph(10_000, 3)[0])
    ends: collections.Counter[str] = collections.Counter()
    stop = threading.Event()

    def heavy() -> None:
        other, limit = client(), 10
        while not stop.is_set():
            arguments = {"graph_id": "busy", "measure": "betweenness", "force": True, "limit": limit}
            limit += 1  # another answer than any that was kept
            try:
                other.call("rank_nodes", arguments)
                ends["answered"] += 1
            except SmokeError as error:
                ends["stopped at the time limit" if "time limit" in str(error) else str(error)[:200]] += 1

    thread = threading.Thread(target=heavy, daemon=True)
    if beside:
        thread.start()
        time.sleep(1)
    sender, times, node = client(), [], 0
    end = time.monotonic() + seconds
    while (begin := time.monotonic()) < end:
        node = (node + 7919) % 10_000
        sender.call("get_neighbors", {"graph_id": "busy", "node": node, "limit": 5})
        times.append((time.monotonic() - begin) * 1e3)
        time.sleep(0.005)
    busy = thread.is_alive()
    stop.set()
    times.sort()
    quantiles = {f"p{p}_ms": round(times[len(times) * p // 100], 2) for p in (50, 99)}
    return {**quantiles, "reads": len(times), "busy": busy, "heavy_calls": dict(ends)}


COMMANDS: dict[str, Callable[..., Any]] = {"bombs": bombs, "compute": compute, "reads": reads}
if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[2]](*map(json.loads, sys.argv[3:]))))
