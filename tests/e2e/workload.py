"""Clients of the service, run inside the cluster by `kubectl exec -i POD -- python - OPTIONS < workload.py`.

Writers send `edit_graph` with an `operation_id` each and repeat what was not acknowledged; a reader follows
them. It ends after --seconds or when --stop appears, lets every write come to its end, and prints one JSON
document: what was acknowledged, what each graph holds, and every observation that breaks a promise.

Two kinds of clients:
* `faithful` repeats after a refused or broken connection and after 503 and 429, honouring Retry-After.
  Safe, because each write carries its operation_id.
* `naive` never repeats: what it sees is reported, not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any

import httpx

from networkx_mcp import mcp_wire

#: Calls that took longer are told with begin and end, so that an outage can be timed, in seconds.
WAIT_SECONDS = 0.5


class Failed(Exception):
    """An answer that a faithful client does not repeat, or one that never came."""


class Client:
    """One user: one keep-alive connection, counted attempts."""

    def __init__(self, options: argparse.Namespace, token: str, faithful: bool, counts: dict[str, int]) -> None:
        self.url, self.give_up, self.faithful, self.counts = options.url, options.give_up, faithful, counts
        host = {"Host": options.host} if options.host else {}
        self.http = httpx.AsyncClient(timeout=35, headers={"Authorization": f"Bearer {token}", **host})

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Structured content of the answer. Raises Failed."""
        request = mcp_wire.post_call(tool, arguments)
        give_up = time.monotonic() + self.give_up
        while True:
            wait, reason = 0.2, ""
            try:
                response = await self.http.post(self.url, **request)
                if response.status_code in (429, 503):
                    reason = f"http_{response.status_code}"
                    wait = float(response.headers.get("retry-after", "1"))
                elif response.status_code != 200:
                    raise Failed(f"HTTP {response.status_code}: {response.text[:300]}")
                else:
                    return self._result(tool, response.content)
            except httpx.ConnectError:
                reason = "refused"
            except httpx.TransportError as error:
                reason = f"broken_{type(error).__name__}"
            except Retryable as error:
                reason, wait = error.args
            self.count(reason)
            if not self.faithful or time.monotonic() > give_up:
                raise Failed(reason)
            await asyncio.sleep(wait)

    def _result(self, tool: str, body: bytes) -> dict[str, Any]:
        message = mcp_wire.parsed(body)
        if message is None:
            raise Failed(f"{tool}: no message: {body[:300]!r}")
        if "error" in message:
            raise Failed(f"{tool}: {json.dumps(message['error'])[:300]}")
        result = message["result"]
        if (facts := mcp_wire.refusal(message)) is not None:
            # An error that says when to repeat is one to repeat: 503 inside HTTP 200.
            if (after := facts.get("retry_after")) is not None:
                raise Retryable(f"tool_{facts.get('error', 'error')}", float(after))
            raise Failed(f"{tool}: {result['content'][0]['text'][:300]}")
        content: dict[str, Any] = result["structuredContent"]
        return content


class Retryable(Exception):
    pass


class Workload:
    """Writers and a reader over a few graphs, and what they saw."""

    def __init__(self, options: argparse.Namespace, token: str) -> None:
        self.options, self.token = options, token
        self.acknowledged: dict[str, int] = {}  # graph -> writes acknowledged
        self.version: dict[str, int] = {}  # graph -> highest version acknowledged
        self.names: dict[str, set[str]] = {}
        self.faithful: dict[str, int] = {}
        self.naive: dict[str, int] = {}
        self.failures: list[str] = []
        self.broken_promises: list[str] = []
        self.lost = self.stale = 0
        self.slowest = 0.0
        self.waits: list[tuple[float, float, str]] = []  # begin, end, what: seconds since the start
        self.begun = time.monotonic()
        self.end = self.begun + options.seconds

    def running(self) -> bool:
        return time.monotonic() < self.end and not Path(self.options.stop).exists()

    def took(self, what: str, begun: float) -> None:
        """Note a call that was answered just now, if it took long."""
        now = time.monotonic()
        if what == "write":
            self.slowest = max(self.slowest, now - begun)
        if now - begun >= WAIT_SECONDS:
            self.waits.append((round(begun - self.begun, 2), round(now - self.begun, 2), what))

    async def writer(self, number: int) -> None:
        client = Client(self.options, self.token, True, self.faithful)
        graph = f"{self.options.prefix}-{number % self.options.graphs}"
        serial, ballast = 0, {"ballast": "b" * self.options.ballast} if self.options.ballast else {}
        while self.running():
            node = f"w{number}-{serial}"
            serial += 1
            arguments = {
                "graph_id": graph,
                "operation_id": f"{self.options.prefix}-{node}",
                "edits": [{"action": "add_nodes", "nodes": [{"id": node, "attributes": {"serial": serial} | ballast}]}],
            }
            begun = time.monotonic()
            try:
                result = await client.call("edit_graph", arguments)
            except Failed as error:
                self.failures.append(f"edit {node}: {error}")
                continue
            self.took("write", begun)
            self.acknowledged[graph] = self.acknowledged.get(graph, 0) + 1
            self.names.setdefault(graph, set()).add(node)
            self.version[graph] = max(self.version.get(graph, 0), result["version"])
            await asyncio.sleep(self.options.think)

    async def reader(self, number: int) -> None:
        """A read that began after an acknowledgement must see it, from whichever replica it comes."""
        client = Client(self.options, self.token, True, self.faithful)
        graph = f"{self.options.prefix}-{number % self.options.graphs}"
        while self.running():
            known, begun = self.version.get(graph, 0), time.monotonic()
            try:
                seen = (await client.call("describe_graph", {"graph_id": graph}))["version"]
            except Failed as error:
                self.failures.append(f"describe {graph}: {error}")
                continue
            self.took("read", begun)
            if seen < known:
                self.stale += 1
                self.broken_promises.append(f"{graph}: version {seen} was read after {known} was acknowledged")
            await asyncio.sleep(self.options.think)

    async def naive_reader(self) -> None:
        while self.running():
            client = Client(self.options, self.token, False, {})
            self.naive["calls"] = self.naive.get("calls", 0) + 1
            try:
                await client.call("describe_graph", {"graph_id": f"{self.options.prefix}-0"})
            except Failed as error:
                reason = str(error).split(":")[0]
                self.naive[reason] = self.naive.get(reason, 0) + 1
            finally:
                await client.http.aclose()
            await asyncio.sleep(self.options.think)

    async def verify(self, client: Client) -> dict[str, Any]:
        """Every acknowledged write is there exactly once: the version counts them, the names find them."""
        found: dict[str, Any] = {}
        base = self.options.url.removesuffix("/mcp")
        for graph, names in sorted(self.names.items()):
            described = await client.call("describe_graph", {"graph_id": graph})
            response = await client.http.get(f"{base}/graphs/{graph}", params={"format": "node-link"})
            response.raise_for_status()
            present = {node["id"] for node in response.json()["nodes"]}
            if lost := names - present:
                self.lost += len(lost)
                self.broken_promises.append(f"{graph}: {len(lost)} acknowledged writes are gone, {sorted(lost)[:3]}")
            writes = described["version"] - 1
            # A write that was given up may have happened, so it may be counted or not.
            if not self.acknowledged[graph] <= writes <= self.acknowledged[graph] + len(self.failures):
                self.broken_promises.append(
                    f"{graph}: {self.acknowledged[graph]} writes were acknowledged, {writes} happened"
                )
            found[graph] = {"version": described["version"], "nodes": len(present)}
        return found

    async def run(self) -> dict[str, Any]:
        client = Client(self.options, self.token, True, self.faithful)
        for number in range(self.options.graphs):
            await client.call("create_graph", {"graph_id": f"{self.options.prefix}-{number}"})
        Path(self.options.stop).unlink(missing_ok=True)
        self.begun = time.monotonic()
        self.end = self.begun + self.options.seconds
        print("started", flush=True)
        await asyncio.gather(
            *(self.writer(number) for number in range(self.options.writers)),
            *(self.reader(number) for number in range(self.options.readers)),
            *(self.naive_reader() for _ in range(self.options.naive)),
        )
        graphs = await self.verify(client)
        return {
            "acknowledged": sum(self.acknowledged.values()),
            "graphs": graphs,
            "failures": self.failures[:20],
            "failed": len(self.failures),
            "broken_promises": self.broken_promises[:20],
            "lost": self.lost,
            "stale": self.stale,
            "repeated": self.faithful,
            "naive": self.naive,
            "slowest_write_seconds": round(self.slowest, 2),
            "waits": self.waits,
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--host", default="", help="Host header, where the URL names a pod by its address")
    parser.add_argument("--give-up", type=float, default=150, help="seconds after which a client stops repeating")
    parser.add_argument("--token-file", default="/tokens/smoke")
    parser.add_argument("--prefix", default=f"run{random.randrange(10**6)}")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--stop", default="/tmp/stop-workload")
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--naive", type=int, default=1)
    parser.add_argument("--graphs", type=int, default=2)
    parser.add_argument("--ballast", type=int, default=0, help="bytes that each written node carries besides")
    parser.add_argument("--think", type=float, default=0.05)
    options = parser.parse_args()
    token = Path(options.token_file).read_text(encoding="utf-8").strip()
    print(json.dumps(asyncio.run(Workload(options, token).run())))


if __name__ == "__main__":
    main()
