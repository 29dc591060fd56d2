"""Two server processes on one real Redis: whatever dies, what was acknowledged is there once, in one order."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.helpers.caller import ReplicaClient, ToolAnswer
from tests.helpers.linearizability import Read, Write, violations
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import Server

pytestmark = pytest.mark.long


@dataclass
class Pair:
    """Two replicas and their store. Redis has `appendfsync always`, as the chart's store has."""

    redis: RedisServer
    one: Server
    two: Server


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with RedisServer() as redis:
        # A log that is compacted all the time, and a store that is given up soon.
        settings = {
            "store_type": "redis", "store_url": redis.url, "store_timeout_seconds": 4, "store_compact_operations": 15,
            "limits_workers": 1,
        }  # fmt: skip
        with (
            Server(tmp_path_factory.mktemp("one"), **settings) as one,
            Server(tmp_path_factory.mktemp("two"), **settings) as two,
        ):
            yield Pair(redis, one, two)


# --- a history of concurrent clients


@dataclass
class Recorder:
    """Clients of one graph and what they saw. A write adds the node that is its name: nodes keep their
    order, so the nodes of a graph are its log."""

    graph_id: str
    history: list[Write | Read] = field(default_factory=list)
    stop: bool = False

    async def write(self, caller: ReplicaClient, name: str, if_version: int | None = None) -> None:
        start = time.monotonic()
        edits = [{"action": "add_nodes", "nodes": [name]}]
        wanted = {} if if_version is None else {"if_version": if_version}
        answer = await caller.until_told("edit_graph", graph_id=self.graph_id, edits=edits, operation_id=name, **wanted)
        end = time.monotonic()
        version = answer.data["version"]
        if answer.ok:
            self.history.append(Write(start=start, end=end, value=name, outcome="ok", version=version))
        else:
            assert answer.error == "conflict", answer
            assert if_version is not None
            self.history.append(Write(start=start, end=end, value=name, outcome="refused", version=version))

    async def read(self, caller: ReplicaClient) -> int:
        while True:
            start = time.monotonic()
            answer = await caller.call("describe_graph", graph_id=self.graph_id, limit=500)
            end = time.monotonic()
            if answer.ok:
                break
            assert answer.error in ("lost", "store_unavailable"), answer
            caller.servers.reverse()
            await asyncio.sleep(0.02)
        values = tuple(node["id"] for node in answer.data["page_nodes"])
        assert len(values) == answer.data["nodes"], "the whole log is looked at"
        version: int = answer.data["version"]
        self.history.append(Read(start=start, end=end, version=version, values=values))
        return version

    async def client(self, number: int, pair: Pair, operations: int) -> None:
        rng = random.Random(number)
        servers = [pair.one, pair.two] if number % 2 else [pair.two, pair.one]
        async with ReplicaClient(*servers) as caller:
            for count in range(operations):
                match rng.randrange(4):
                    case 0:
                        await self.read(caller)
                    case 1:
                        await self.write(caller, f"v{number}-{count}", if_version=await self.read(caller))
                    case _:
                        await self.write(caller, f"w{number}-{count}")
                if rng.random() < 0.3:
                    caller.servers.reverse()

    async def run(self, pair: Pair, fault: Callable[[], Awaitable[None]] | None = None) -> list[str]:
        """Let six clients work, `fault` happen meanwhile, and look for what no order explains."""
        async with ReplicaClient(pair.one) as caller:
            assert (await caller.until_told("create_graph", graph_id=self.graph_id, operation_id="make")).ok
        clients = [asyncio.create_task(self.client(number, pair, 25)) for number in range(6)]
        if fault is not None:
            while sum(isinstance(one, Write) for one in self.history) < 20:
                await asyncio.sleep(0.01)
                assert not all(client.done() for client in clients), "too few operations to have a middle"
            await fault()
        await asyncio.gather(*clients)
        if pair.one.process is None or pair.one.process.poll() is not None:
            # Here, since a server ends with the thread that started it.
            pair.one.start()
        async with ReplicaClient(pair.one) as caller, ReplicaClient(pair.two) as other:
            version = await self.read(caller)
            assert await self.read(other) == version
        last = self.history[-1]
        assert isinstance(last, Read)
        assert last.values is not None
        # Each write made one version: one that happened twice would show as a version without a node.
        assert version == 1 + len(last.values)
        return violations(self.history, [(2 + at, value) for at, value in enumerate(last.values)])

    @property
    def refused(self) -> int:
        return sum(isinstance(one, Write) and one.outcome == "refused" for one in self.history)


async def test_concurrent_clients_of_two_replicas_see_one_order(pair: Pair) -> None:
    recorder = Recorder("calm")
    assert await recorder.run(pair) == []
    assert recorder.refused, "some if_version were overtaken, else nothing was concurrent"
    assert pair.one.metric("store_conflicts_total") + pair.two.metric("store_conflicts_total") > 0


async def test_a_replica_that_is_killed_loses_nothing_and_confuses_nobody(pair: Pair) -> None:
    async def kill() -> None:
        pair.one.kill()

    assert await Recorder("replica").run(pair, kill) == []


async def test_a_store_that_is_killed_loses_nothing_that_was_acknowledged(pair: Pair) -> None:
    async def kill() -> None:
        pair.redis.kill()
        await asyncio.sleep(0.5)
        pair.redis.start()

    assert await Recorder("store").run(pair, kill) == []


# --- names of operations


def test_a_repeat_through_the_other_replica_gets_the_first_result(pair: Pair) -> None:
    made = {"directed": True, "operation_id": "make"}
    first = pair.one.call("create_graph", made)["structuredContent"]
    again = pair.two.call("create_graph", made)["structuredContent"]
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["graph_id"] == first["graph_id"], "the minted id, too"

    edit = {"graph_id": first["graph_id"], "edits": [{"action": "add_nodes", "nodes": [1]}], "operation_id": "add"}
    first = pair.one.call("edit_graph", edit)["structuredContent"]
    later = {**edit, "edits": [{"action": "remove_nodes", "nodes": [1]}], "operation_id": "remove"}
    assert pair.one.call("edit_graph", later)["structuredContent"]["version"] == 3
    again = pair.two.call("edit_graph", edit)["structuredContent"]
    assert again == {**first, "repeated": True}, "and not what is true now"

    changed = pair.two.call("edit_graph", {**later, "operation_id": "add"})
    assert changed["isError"]
    assert "operation_id" in changed["content"][0]["text"]

    gone = {"graph_id": first["graph_id"], "operation_id": "delete"}
    first = pair.two.call("delete_graph", gone)["structuredContent"]
    assert pair.one.call("delete_graph", gone)["structuredContent"] == {**first, "repeated": True}


async def test_the_same_operation_sent_to_both_at_once_happens_once(pair: Pair) -> None:
    async with ReplicaClient(pair.one) as one, ReplicaClient(pair.two) as two:
        await one.call("create_graph", graph_id="once")
        for number in range(10):
            edits = [{"action": "add_edges", "edges": [[number, number + 1]]}]
            asked = {"graph_id": "once", "edits": edits, "operation_id": f"o{number}"}
            answers = await asyncio.gather(*(caller.call("edit_graph", **asked) for caller in (one, two, one, two)))
            assert [answer.error for answer in answers] == [""] * 4
            assert {answer.data["version"] for answer in answers} == {number + 2}
            assert sum(not answer.data["repeated"] for answer in answers) == 1


# --- a store that hangs


async def test_a_store_that_hangs_is_named_and_what_was_asked_meanwhile_happens_once(pair: Pair) -> None:
    async with ReplicaClient(pair.one) as one, ReplicaClient(pair.two) as two:
        await one.call("create_graph", graph_id="hang")
        edit = {
            "graph_id": "hang",
            "edits": [{"action": "add_edges", "edges": [["a", "b"]]}],
            "operation_id": "during",
        }
        pair.redis.signal(signal.SIGSTOP)
        try:
            answers: list[ToolAnswer] = await asyncio.gather(
                one.call("edit_graph", **edit), two.call("describe_graph", graph_id="hang"), two.call("list_graphs")
            )
            for answer in answers:
                assert answer.error == "store_unavailable", answer
                assert answer.data["retry_after"] >= 1
                assert "Try again after" in answer.text
            for server in (pair.one, pair.two):
                refused = await asyncio.to_thread(server.get, "/graphs")
                assert refused.status_code == 503
                assert refused.json()["error"] == "store_unavailable"
                assert int(refused.headers["retry-after"]) >= 1
                eventually(lambda server=server: storage(server) == "down")
                assert server.get("/ready").status_code == 200
                assert server.get("/health").status_code == 200
        finally:
            pair.redis.signal(signal.SIGCONT)
        answer = await one.until_told("edit_graph", **edit)
        assert (answer.error, answer.data.get("version")) == ("", 2)
        seen = await two.until_told("describe_graph", graph_id="hang")
        assert (seen.data["version"], seen.data["edges"]) == (2, 1)
    for server in (pair.one, pair.two):
        eventually(lambda server=server: storage(server) == "up")


def storage(server: Server) -> str:
    state: str = server.get("/ready").json()["checks"]["storage"]["state"]
    return state


def test_reads_of_a_replica_whose_store_hangs_are_not_answered_from_memory(pair: Pair) -> None:
    """A copy in memory may be stale: no answer is better than a wrong one."""
    pair.one.call("create_graph", {"graph_id": "memory", "nodes": ["a"]})
    assert not pair.one.call("get_neighbors", {"graph_id": "memory", "node": "a"}).get("isError")
    pair.redis.signal(signal.SIGSTOP)
    try:
        found = pair.one.call("get_neighbors", {"graph_id": "memory", "node": "a"})
        assert found["_meta"]["networkx-mcp/error"]["error"] == "store_unavailable"
        assert pair.one.get("/graphs/memory?format=csv").status_code == 503
    finally:
        pair.redis.signal(signal.SIGCONT)
    eventually(lambda: not pair.one.call("get_neighbors", {"graph_id": "memory", "node": "a"}).get("isError"))


def test_an_upload_past_its_time_says_that_it_may_have_been_done(tmp_path: Path) -> None:
    limits = {"queue": 1, "request": 2, "connection": 3}
    settings = {f"limits_{name}_timeout_seconds": value for name, value in limits.items()}
    with (
        RedisServer() as redis,
        Server(tmp_path, store_type="redis", store_url=redis.url, store_timeout_seconds=20, **settings) as server,
    ):

        def put(name: str = "late") -> httpx.Response:
            url = f"{server.base_url}/graphs/{name}?format=csv"
            return httpx.put(
                url, content=b"source,target\n1,2\n", headers={"Idempotency-Key": "once"}, timeout=PATIENCE
            )

        eventually(lambda: put("early").is_success)  # and a lease of the rate limit is here

        redis.signal(signal.SIGSTOP)
        try:
            late = put()
        finally:
            redis.signal(signal.SIGCONT)
        assert (late.status_code, late.json()["error"]) == (504, "timeout")
        assert "may have been done" in late.json()["message"]
        assert "same Idempotency-Key" in late.json()["message"]

        def done() -> httpx.Response | None:
            answer = put()
            return answer if answer.is_success else None

        assert eventually(done).json()["version"] == 1
