"""The embedded store: a killed server comes back with all that it acknowledged, and its file has one owner."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from tests.helpers.caller import ReplicaClient, ToolAnswer
from tests.helpers.server import Server

pytestmark = pytest.mark.long

Make = Callable[..., Server]


async def test_every_acknowledged_write_survives_the_kill_of_the_process(make_server: Make) -> None:
    """This shows that an acknowledgement comes after the commit; that the commit is on the disk by then
    is shown by tests/unit/store/test_durability.py, because a kill loses no page cache."""
    server = make_server(limits_workers=1, store_compact_operations=10).start()
    told: dict[tuple[str, str], ToolAnswer] = {}
    asked: list[tuple[str, str]] = []

    async def client(number: int) -> None:
        """Write until the server is gone. Half of the clients share one graph."""
        graph_id = "shared" if number % 2 else f"own-{number}"
        async with ReplicaClient(server) as caller:
            await caller.call("create_graph", graph_id=graph_id)
            for count in range(10_000):
                key = (graph_id, f"n{number}-{count}")
                asked.append(key)
                answer = await add(caller, *key)
                if answer.error == "lost":
                    return
                assert answer.ok, answer
                told[key] = answer

    async def add(caller: ReplicaClient, graph_id: str, name: str) -> ToolAnswer:
        edits = [{"action": "add_nodes", "nodes": [{"id": name, "attributes": {"big": name * 50}}]}]
        return await caller.call("edit_graph", graph_id=graph_id, edits=edits, operation_id=name)

    rng = random.Random(5)
    for life in range(2):
        clients = [asyncio.create_task(client(life * 10 + number)) for number in range(5)]
        enough = len(told) + rng.randint(40, 80)
        while len(told) < enough:
            await asyncio.sleep(0.005)
            assert not all(one.done() for one in clients)
        server.kill()
        await asyncio.gather(*clients)
        server.start()

        async with ReplicaClient(server) as caller:
            for graph_id in {graph_id for graph_id, _ in asked}:
                found = await contents(caller, graph_id)
                acknowledged = {
                    name: told[key].data["version"] for key in told if key[0] == graph_id for name in key[1:]
                }
                missing = acknowledged.keys() - found
                assert not missing, f"life {life}, {graph_id}: {sorted(missing)} were acknowledged"
                for name, version in acknowledged.items():
                    assert found[name] == version, f"{name} was acknowledged as version {version}"
            # A client that was cut off asks again: the write happens now, or had happened.
            for key in [key for key in asked if key not in told]:
                answer = await add(caller, *key)
                before = (await contents(caller, key[0]))[key[1]]
                assert (answer.error, answer.data.get("version")) == ("", before)
                told[key] = answer
            for key in rng.sample(sorted(told), 10):
                again = await add(caller, *key)
                assert again.data == {**told[key].data, "repeated": True}


async def contents(caller: ReplicaClient, graph_id: str) -> dict[str, int]:
    """Node -> version that made it: nodes keep their order, and each write made one."""
    nodes: list[str] = []
    while True:
        answer = await caller.call("describe_graph", graph_id=graph_id, limit=500, offset=len(nodes))
        assert answer.ok, answer
        nodes += [node["id"] for node in answer.data["page_nodes"]]
        if not answer.data["truncated"]:
            break
    assert answer.data["version"] == 1 + len(nodes) == 1 + len(set(nodes)), "each write made one version"
    return {name: 2 + at for at, name in enumerate(nodes)}


def test_a_second_server_on_the_same_file_is_refused_and_told_why(make_server: Make) -> None:
    first = make_server().start()
    first.call("create_graph", {"graph_id": "g"})
    second = make_server(store_path=first.env["NETWORKX_MCP_STORE_PATH"])
    with pytest.raises(RuntimeError, match="startup_failed"):
        second.start()
    assert second.wait() == 1
    (failed,) = second.events("startup_failed")
    assert f"in use by another process (pid {first.pid})" in failed["message"]
    assert "store.type=redis" in failed["message"]
    assert "exception" not in failed, "no stack for what an operator did"
    assert first.call("describe_graph", {"graph_id": "g"})["structuredContent"]["version"] == 1
