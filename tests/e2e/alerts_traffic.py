"""Calls that make alerts and dashboards move, run in the client pod by `kubectl exec -i client -- python - URL KIND SECONDS STOP`.

* `mixed`: a bit of everything that a panel draws: writes, conflicts, reads, algorithms, pictures, imports, bulk
  transfers, refused tokens.
* `held`: more calls at once than a pod has slots, so that its queue fills each slot as soon as one is free.

It ends after SECONDS or when the file STOP appears, and prints how often each answer was seen.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from networkx_mcp import mcp_wire

SEED = 7

Running = Callable[[], bool]


class TrafficCaller:
    """Calls of one connection, and what came of them."""

    def __init__(self, url: str, token: str, seen: Counter[str]) -> None:
        self.url, self.seen = url, seen
        self.base = url.removesuffix("/mcp")
        # A pod that is called by its address is called by a name that the allow-list knows.
        self.headers = {"Authorization": f"Bearer {token}", "Host": "localhost"}
        self.http = httpx.AsyncClient(timeout=40, headers=self.headers)

    async def tool(self, tool: str, **arguments: Any) -> None:
        try:
            answer = await self.http.post(self.url, **mcp_wire.post_call(tool, arguments))
        except httpx.TransportError as error:
            self.seen[f"{tool} {type(error).__name__}"] += 1
            await asyncio.sleep(0.2)
            return
        failed = answer.status_code == 200 and '"isError":true' in answer.text.replace(" ", "")
        self.seen[f"{tool} {'error' if failed else answer.status_code}"] += 1

    async def put(self, graph: str, lines: str) -> None:
        headers = {"Content-Type": "text/csv"}
        answer = await self.http.put(f"{self.base}/graphs/{graph}", content=lines, headers=headers)
        self.seen[f"put {answer.status_code}"] += 1

    async def get(self, graph: str) -> None:
        answer = await self.http.get(f"{self.base}/graphs/{graph}", params={"format": "graphml"})
        self.seen[f"get {answer.status_code}"] += 1


def edges(nodes: int, each: int = 4) -> str:
    """CSV of a random graph: every node chooses some neighbours before it."""
    rng = random.Random(SEED)
    rows = [f"n{node},n{rng.randrange(node)}" for node in range(1, nodes) for _ in range(each)]
    return "source,target\n" + "\n".join(dict.fromkeys(rows)) + "\n"


async def mixed(url: str, token: str, seen: Counter[str], running: Running) -> None:
    caller, rng = TrafficCaller(url, token, seen), random.Random(SEED)
    stranger = TrafficCaller(url, "nmcp_unknown", seen)
    await caller.put("alerts-mixed", edges(300))
    turn = 0
    while running():
        turn += 1
        node = f"n{rng.randrange(300)}"
        writes = [{"action": "add_nodes", "nodes": [{"id": f"w{turn}", "attributes": {"turn": turn}}]}]
        await asyncio.gather(
            caller.tool("edit_graph", graph_id="alerts-mixed", edits=writes),
            caller.tool("edit_graph", graph_id="alerts-mixed", edits=writes, if_version=1),
            caller.tool("describe_graph", graph_id="alerts-mixed"),
            caller.tool("get_neighbors", graph_id="alerts-mixed", node=node),
            caller.tool("list_graphs"),
            caller.tool("rank_nodes", graph_id="alerts-mixed", measure="betweenness"),
            caller.tool("find_components", graph_id="alerts-mixed"),
        )
        await caller.tool("find_communities", graph_id="alerts-mixed", method="louvain")
        await caller.tool("describe_graph", graph_id="no-such-graph")
        if turn % 4 == 1:
            await caller.tool("load_graph", graph_id="alerts-loaded", format="csv", content=edges(50), replace=True)
            await caller.tool("draw_graph", graph_id="alerts-loaded")
            await caller.get("alerts-mixed")
            await stranger.tool("list_graphs")
            await caller.tool("run_algorithm", graph_id="alerts-mixed", name="average_clustering")
        await asyncio.sleep(0.2)


async def held(url: str, token: str, seen: Counter[str], running: Running) -> None:
    async def user() -> None:
        caller = TrafficCaller(url, token, seen)
        while running():
            await caller.tool("list_graphs")

    await asyncio.gather(*(user() for _ in range(200)))


def main() -> None:
    url, kind, seconds, stop = sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4])
    token = Path("/tokens/smoke").read_text(encoding="utf-8").strip()
    stop.unlink(missing_ok=True)
    end, seen = time.monotonic() + seconds, Counter[str]()
    kinds = {"mixed": mixed, "held": held}
    asyncio.run(kinds[kind](url, token, seen, lambda: time.monotonic() < end and not stop.exists()))
    print(json.dumps(dict(sorted(seen.items()))))


if __name__ == "__main__":
    main()
