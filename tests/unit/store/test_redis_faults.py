"""The Redis store when connections, scripts or memory are lost."""

from __future__ import annotations

import asyncio
import signal

import pytest
from tests.helpers.redis_server import RedisServer
from tests.helpers.tcp_proxy import TcpProxy
from tests.unit.store.conftest import AMPLE, named, new
from tests.unit.store.redis_tools import ask, opened, settings

from networkx_mcp.errors import StoreUnavailable
from networkx_mcp.store.protocol import StoredCounts
from networkx_mcp.store.redis_link import CONNECTIONS
from networkx_mcp.store.shared import CHUNK_BYTES

pytestmark = pytest.mark.long


class TestLostConnections:
    async def test_a_write_whose_answer_is_lost_is_unknown_and_its_repeat_happens_once(
        self, redis_server: RedisServer
    ) -> None:
        async with TcpProxy(redis_server.port) as proxy:
            configuration = settings(redis_server, url=f"redis://127.0.0.1:{proxy.port}/0")
            async with opened(configuration) as store:
                await store.create("t", new(), AMPLE, None)
                await store.append(
                    "t", "g", "u1", 1, b"", StoredCounts(0, 0), AMPLE, None
                )  # the server knows the script
                proxy.swallow_replies = True
                with pytest.raises(StoreUnavailable, match="unknown"):
                    await store.append("t", "g", "u1", 2, b"a", StoredCounts(0, 0), AMPLE, named("a", result=b"first"))
                proxy.swallow_replies = False
                again = await store.append(
                    "t", "g", "u1", 2, b"a", StoredCounts(0, 0), AMPLE, named("a", result=b"second")
                )
                assert (again.repeated, again.result) == (True, b"first")
                assert (await store.read("t", "g")).log == [(2, b""), (3, b"a")]

    async def test_a_write_is_never_repeated_behind_the_callers_back(self, redis_server: RedisServer) -> None:
        async with TcpProxy(redis_server.port) as proxy:
            configuration = settings(redis_server, url=f"redis://127.0.0.1:{proxy.port}/0")
            async with opened(configuration) as store:
                assert await store.lease("bucket", 1, 0.001, 10) == 1  # the server knows the script
                # Three connections that are open already: a new one asks for the server's run_id before a write.
                await asyncio.gather(*(store.heads([("t", "g")]) for _ in range(3)))
                proxy.swallow_replies = True
                before = proxy.accepted
                for _ in range(3):
                    with pytest.raises(StoreUnavailable):
                        await store.lease("bucket", 1, 0.001, 10)
                assert proxy.accepted - before <= 3
                proxy.swallow_replies = False
                assert await store.lease("bucket", 100, 0.001, 10) == 6

    async def test_reads_survive_a_restart_of_the_server(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            await store.create("t", new(snapshot=b"s"), AMPLE, None)
            await asyncio.gather(*(store.heads([("t", "g")]) for _ in range(20)))
            own_server.kill()
            with pytest.raises(StoreUnavailable):
                await store.read("t", "g")
            assert not (await store.health()).up
            own_server.start()
            contents = await asyncio.gather(*(store.read("t", "g") for _ in range(20)))
            assert {one.snapshot for one in contents} == {b"s"}
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
            assert (await store.health()).up

    async def test_scripts_that_the_server_forgot_are_sent_again(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            await store.create("t", new(), AMPLE, None)
            await ask(own_server, "SCRIPT", "FLUSH")
            await store.replace("t", "g", "u1", 1, new(uid="u2", snapshot=b"x" * (CHUNK_BYTES + 1)), AMPLE, None)
            await ask(own_server, "SCRIPT", "FLUSH")
            assert await store.read_log("t", "g", "u2", 2) == []

    async def test_a_server_that_hangs_is_given_up_and_its_late_answers_confuse_nobody(
        self, own_server: RedisServer
    ) -> None:
        async with opened(settings(own_server, timeout_seconds=3)) as store:
            for number in range(5):
                await store.create("t", new(f"g{number}", uid=f"u{number}"), AMPLE, None)
            own_server.signal(signal.SIGSTOP)
            calls = (store.heads([("t", f"g{number}")]) for number in range(5))
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            own_server.signal(signal.SIGCONT)
            assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
            assert "within 3 s" in str(outcomes[0])
            for number in range(5):
                (head,) = await store.heads([("t", f"g{number}")])
                assert head is not None
                assert head.uid == f"u{number}"

    async def test_a_cancelled_call_leaves_no_answer_for_the_next(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            for number in range(30):
                await store.create("t", new(f"g{number}", uid=f"u{number}"), AMPLE, None)
            for number in range(30):
                task = asyncio.create_task(store.heads([("t", "g1")]))
                for _ in range(number % 6):
                    await asyncio.sleep(0)
                task.cancel()
                (head,) = await store.heads([("t", f"g{number}")])
                assert head is not None
                assert head.uid == f"u{number}"

    async def test_an_answer_that_nobody_waits_for_is_not_the_next_ones(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            await store.create("t", new("left", uid="left"), AMPLE, None)
            await store.create("t", new("next", uid="next"), AMPLE, None)
            own_server.signal(signal.SIGSTOP)
            left = asyncio.create_task(store.heads([("t", "left")]))
            await asyncio.sleep(0.1)  # it is sent
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)
            after = asyncio.create_task(store.heads([("t", "next")]))
            await asyncio.sleep(0.1)
            own_server.signal(signal.SIGCONT)
            (head,) = await after
            assert head is not None
            assert head.uid == "next"

    async def test_connections_are_bounded(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            await asyncio.gather(*(store.heads([("t", "g")]) for _ in range(200)))
            clients = await ask(own_server, "CLIENT", "LIST")
            assert len(clients.splitlines()) <= CONNECTIONS + 1


class TestMemory:
    async def test_a_full_store_refuses_writes_whole_and_serves_reads(self) -> None:
        with RedisServer("--maxmemory", "12mb") as server:
            async with opened(settings(server)) as store:
                await store.create("t", new(snapshot=b"s"), AMPLE, None)
                big = [new(f"big{number}", snapshot=bytes(CHUNK_BYTES)) for number in range(20)]
                with pytest.raises(StoreUnavailable, match="is full"):
                    [await store.create("t", one, AMPLE, named("c")) for one in big]
                usage = await store.usage("t")
                heads = await store.list_graphs("t", "", 100)
                assert usage.graphs == len(heads) > 1
                health = await store.health()
                assert health.memory_limit_bytes == 12 * CHUNK_BYTES
                assert health.memory_bytes > 4 * CHUNK_BYTES
                assert (await store.read("t", "g")).snapshot == b"s"
                for head in heads:
                    await store.delete("t", head.graph_id, None, None)
                await store.create("t", new(snapshot=bytes(CHUNK_BYTES)), AMPLE, None)
