"""A tenant that asks for more than all places of the server: it is refused, and its neighbour is not."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from loadtests.frugal_http import ClientConnection, Requests
from tests.helpers.caller import ReplicaClient
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server, modern

pytestmark = pytest.mark.long

#: Of the server: so few places that a test can take them all.
CONNECTIONS, QUEUE = 2, 24
#: MiB of the bodies of all calls.
BODIES = 2
#: Requests of the flood that are under way at any time, of the neighbour, and how many the neighbour makes.
FLOOD, AT_ONCE, CALLS = 60, 3, 60

READ = ("get_neighbors", {"graph_id": "mine", "node": 1})
#: A call that waits for the store while it has its slot; a read of the embedded store ends in the turn of the loop in which it began.
EDIT = (
    "edit_graph",
    {"graph_id": "mine", "edits": [{"action": "add_nodes", "nodes": [{"id": 1, "attributes": {"a": 1}}]}]},
)


def analysis(number: int) -> tuple[str, dict[str, Any]]:
    """A call that needs a worker: no two have the same answer to be kept."""
    return "rank_nodes", {"graph_id": "mine", "measure": "closeness", "seed": number}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(
        tmp_path_factory.mktemp("floods"),
        auth=True,
        limits_connections=CONNECTIONS,
        limits_queue=QUEUE,
        limits_workers=1,
        memory_results_mb=0,
        limits_body_budget_mb=BODIES,
    ) as started:
        yield started


@pytest.fixture(scope="module")
def tokens(server: Server) -> dict[str, str]:
    """Two tenants, each with a graph `mine`, and an operator."""
    found = {tenant: server.add_token(tenant, tenant=tenant) for tenant in ("flood", "quiet")}
    operator = server.add_token("operator", tenant="operators", scopes=["admin"])
    eventually(lambda: server.get("/admin/status", headers={"authorization": f"Bearer {operator}"}).status_code == 200)
    for token in found.values():
        eventually(lambda token=token: server.rpc("tools/list", token=token).status_code == 200)
        edges = [[node, (node + step) % 50] for node in range(50) for step in (1, 7)]
        assert not server.call("create_graph", {"graph_id": "mine", "edges": edges}, token=token).get("isError")
    return {**found, "operator": operator}


@contextlib.asynccontextmanager
async def flood(server: Server, token: str, heavy: bool) -> AsyncIterator[Counter[str]]:
    """FLOOD clients that ask again at once whatever they are told; yields what they are told.

    They understand no more of an answer than whether it refuses: a dearer client would ask no faster than the server answers.
    """
    told: Counter[str] = Counter()
    full = asyncio.Event()
    requests = Requests(f"127.0.0.1:{server.port}")

    async def one(number: int) -> None:
        connection = ClientConnection("127.0.0.1", server.port)
        try:
            while True:
                status, body = await connection.send(
                    requests.call("modern", token, *(analysis(number) if heavy else EDIT))
                )
                told["shed" if status == 503 or b'"shed"' in body else "other"] += 1
                number += FLOOD
                if told["shed"]:
                    full.set()
        finally:
            connection.close()

    tasks = [asyncio.create_task(one(number)) for number in range(FLOOD)]
    try:
        async with asyncio.timeout(PATIENCE):
            await full.wait()
        yield told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("heavy", [False, True], ids=["edits", "analyses"])
async def test_a_flood_sheds_itself_and_not_its_neighbour(server: Server, tokens: dict[str, str], heavy: bool) -> None:
    told: Counter[str] = Counter()
    numbers = iter(range(CALLS if not heavy else CALLS // 3))

    async def user(caller: ReplicaClient) -> None:
        for number in numbers:
            name, arguments = analysis(number) if heavy else EDIT
            told[(await caller.call(name, **arguments)).error or "ok"] += 1

    async with flood(server, tokens["flood"], heavy) as flooded, ReplicaClient(server, token=tokens["quiet"]) as caller:
        await asyncio.gather(*(user(caller) for _ in range(AT_ONCE)))
        assert flooded["shed"] >= told.total() // 4, "places were left"
    assert set(told) == {"ok"}, (told, flooded)


# --- bytes of bodies

#: A call of half a MiB, of which four are all that is held.
LARGE = 512 * 1024 - 2048
#: Hours of pure Python.
SPIN = ("run_algorithm", {"graph_id": "dense", "name": "all_pairs_node_connectivity", "force": True})


def padded(server: Server, name: str, arguments: dict[str, Any], token: str) -> bytes:
    """A sound call whose body is LARGE."""
    params = {"name": name, "arguments": arguments, "_meta": {"padding": "x" * LARGE}}
    made = modern("tools/call", params, token=token)
    head = "".join(f"{field}: {value}\r\n" for field, value in made["headers"].items())
    length = len(made["content"])
    return (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{head}Content-Length: {length}\r\n\r\n".encode()
        + made["content"]
    )


def held(server: Server, operator: str) -> int:
    """Bytes of bodies that the server has entered in its account."""
    status = server.get("/admin/status", headers={"authorization": f"Bearer {operator}"}).json()
    return int(status["memory"]["bodies_bytes"])


def refused(client: RawClient) -> None:
    status, headers, body = client.answer()
    facts = json.loads(body)["error"]["data"]
    assert (status, facts["setting"]) == (503, "limits.body_budget_mb"), body
    assert int(headers["retry-after"]) >= 1


def test_bodies_that_never_end_hold_no_bytes_that_a_neighbour_needs(server: Server, tokens: dict[str, str]) -> None:
    request = padded(server, *READ, tokens["flood"])
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(RawClient(server)) for _ in range(4)]
        for number, client in enumerate(slow, 1):
            client.send(request[:-1])
            eventually(lambda number=number: held(server, tokens["operator"]) >= number * LARGE)
        with RawClient(server) as own:
            own.send(request)
            refused(own)
        with RawClient(server) as neighbour:
            neighbour.send(padded(server, *READ, tokens["quiet"]))
            status, _, body = neighbour.answer()
            assert (status, json.loads(body)["result"].get("isError", False)) == (200, False), body
        refused(slow[3])
        for client in slow[:3]:  # and the older ones go on
            client.send(request[-1:])
            status, _, body = client.answer()
            assert (status, json.loads(body)["result"].get("isError", False)) == (200, False), body


def test_heavy_calls_that_wait_hold_no_bytes_that_a_neighbour_needs(server: Server, tokens: dict[str, str]) -> None:
    """The flood's calls have left their slots and wait for the only worker, with their bodies."""
    dense = [[u, v] for v in range(200) for u in range(v) if (u + v) % 3 == 0]
    assert not server.call("create_graph", {"graph_id": "dense", "edges": dense}, token=tokens["flood"]).get("isError")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(RawClient(server)) for _ in range(4)]
        for number, client in enumerate(clients):
            client.send(padded(server, *SPIN, tokens["flood"]))
            eventually(
                lambda number=number: (
                    server.metric("workers", state="busy") == 1
                    and server.metric("requests_queued", queue="heavy") == number
                )
            )
        with RawClient(server) as neighbour:
            neighbour.send(padded(server, *READ, tokens["quiet"]))
            status, _, body = neighbour.answer()
            assert (status, json.loads(body)["result"].get("isError", False)) == (200, False), body
        assert server.metric("requests_queued", queue="heavy") == 2
        _, _, body = clients[3].answer()
        assert b"limits.body_budget_mb" in body
    eventually(lambda: server.metric("workers", state="busy") == 0)
