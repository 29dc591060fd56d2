"""CPU of one get_neighbors call in process, by the three ways through the transport: no socket, no store.

    python benchmarks/transport.py [ROUNDS]

`direct` is what the server does for point reads; `sdk json` and `sdk stream` are the SDK's own ways.
The ways take turns, so that a busy machine disturbs them alike; median and least of the rounds.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from types import SimpleNamespace
from typing import Any

import uvloop

from networkx_mcp import context, mcp_wire
from networkx_mcp.arrays import edits
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.settings import Settings
from networkx_mcp.tools.mcp_server import build_app
from networkx_mcp.tools.message import MESSAGE_KEY, Message

CALLS = 150


class OneGraph:
    """A resident graph of 1,000 nodes and 5,000 edges, in the place of the graph service."""

    def __init__(self) -> None:
        chance = random.Random(20261123)
        pairs = {tuple(sorted(chance.sample(range(1000), 2))) for _ in range(5000)}
        state = GraphState(None, False)
        state.apply([edits.AddEdges(sorted(pairs), [{"weight": 1.5}] * len(pairs))])
        self.state = GraphState(state.freeze(), False)

    async def view(self, _: str) -> tuple[GraphState, Any, None]:
        return self.state, SimpleNamespace(version=1), None


def request(era: mcp_wire.Era) -> tuple[list[tuple[bytes, bytes]], bytes]:
    call = mcp_wire.call("get_neighbors", {"graph_id": "g", "node": 5, "limit": 10})
    made = mcp_wire.post(era, *call)
    headers = {"host": "127.0.0.1", **made["headers"]}
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()], made["content"]


async def call(app: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    never, statuses = asyncio.Event(), []

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await never.wait()
        return None

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 200))

    scope = {"type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "headers": headers}
    scope |= {"http_version": "1.1", "scheme": "http", "root_path": "", "client": ("127.0.0.1", 1)}
    scope[MESSAGE_KEY] = Message(body)
    scope[context.SCOPE_KEY] = context.CallContext(context.ANONYMOUS, "benchmark")
    await app(scope, receive, send)
    if set(statuses) != {200}:
        raise RuntimeError(f"answered {statuses}")


async def main(rounds: int) -> None:
    app = build_app(OneGraph(), Settings())  # type: ignore[arg-type]
    ways = {"direct": app, "sdk json": app._plain.handle_request, "sdk stream": app._streamed.handle_request}
    async with app.run():
        for era in mcp_wire.ERAS:
            headers, body = request(era)
            seen: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, way in ways.items():
                    began = time.process_time()
                    for _ in range(CALLS):
                        await call(way, headers, body)
                    seen[name].append((time.process_time() - began) / CALLS * 1e6)
            for name, micros in seen.items():
                print(
                    f"{mcp_wire.VERSIONS[era]}  {name:10}  median {statistics.median(micros):5.0f} us  least {min(micros):5.0f} us"
                )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
