"""What is the Redis store's own: start check, lost connections, uploads, passwords, TLS."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import signal
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.helpers.redis_server import RedisServer
from tests.helpers.tcp_proxy import TcpProxy

from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound, StoreUnavailable
from networkx_mcp.settings import Store as StoreSettings
from networkx_mcp.store import redis_reads
from networkx_mcp.store.protocol import Counts, Quota, Usage
from networkx_mcp.store.redis_keys import PIECE_BYTES
from networkx_mcp.store.redis_link import CONNECTIONS
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.shared import CHUNK_BYTES

from .conftest import AMPLE, named, new


def settings(server: RedisServer, **more: Any) -> StoreSettings:
    values = {"url": server.url, "prefix": token_hex(8), "timeout_seconds": 5} | more
    return StoreSettings(type="redis", **values)


@contextlib.asynccontextmanager
async def opened(settings: StoreSettings) -> AsyncIterator[RedisStore]:
    store = RedisStore(settings)
    await store.start()
    try:
        yield store
    finally:
        await store.close()


async def ask(server: RedisServer, *command: Any, **more: Any) -> Any:
    """One command, past the store."""
    store = RedisStore(settings(server, **more))
    (reply,) = await store._link.call(command)
    await store.close()
    return reply


async def refusal(configuration: StoreSettings) -> InvalidInput:
    store = RedisStore(configuration)
    with pytest.raises(InvalidInput) as caught:
        await store.start()
    await store.close()
    return caught.value


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that the test may spoil."""
    with RedisServer() as server:
        yield server


class TestStartCheck:
    async def test_an_evicting_policy_is_refused_with_the_setting(self, own_server: RedisServer) -> None:
        await ask(own_server, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        error = await refusal(settings(own_server))
        assert "set maxmemory-policy to noeviction" in error.message
        assert "store.allowVolatile=true" in error.message
        async with opened(settings(own_server, allow_volatile=True)):
            pass

    async def test_a_store_in_memory_alone_is_refused_with_the_setting(self) -> None:
        with RedisServer("--save", "", durable=False) as server:
            error = await refusal(settings(server))
            assert "set appendonly to yes and appendfsync to always" in error.message
            async with opened(settings(server, allow_volatile=True)) as store:
                assert (await store.health()).up

    async def test_a_lazy_fsync_is_refused_with_the_setting(self, own_server: RedisServer) -> None:
        await ask(own_server, "CONFIG", "SET", "appendfsync", "everysec")
        assert "set appendfsync to always" in (await refusal(settings(own_server))).message

    async def test_a_replica_is_refused(self, own_server: RedisServer) -> None:
        with RedisServer("--replicaof", "127.0.0.1", str(own_server.port)) as replica:
            error = await refusal(settings(replica, allow_volatile=True))
            assert "point store.url at the primary" in error.message
            assert error.data["field"] == "store.url"
            store = RedisStore(settings(replica))
            health = await store.health()
            assert not health.up
            assert "replica" in health.detail
            with pytest.raises(StoreUnavailable, match="read-only replica now"):
                await store.create("t", new(), AMPLE, None)
            await store.close()

    async def test_where_config_is_forbidden_info_decides(self, own_server: RedisServer, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("secret\n")
        user = {"username": "app", "password_file": tmp_path / "password"}
        await ask(own_server, "ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-config")
        async with opened(settings(own_server, **user)) as store:
            await store.create("t", new(), AMPLE, None)
        await ask(own_server, "CONFIG", "SET", "maxmemory-policy", "volatile-lru")
        assert "noeviction" in (await refusal(settings(own_server, **user))).message

    async def test_where_info_is_forbidden_too_nothing_is_known(self, own_server: RedisServer, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("secret")
        user = {"username": "app", "password_file": tmp_path / "password"}
        await ask(own_server, "ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-config", "-info")
        assert "+info" in (await refusal(settings(own_server, **user))).message
        async with opened(settings(own_server, allow_volatile=True, **user)) as store:
            assert (await store.health()).up

    async def test_the_rights_that_the_readme_names_are_enough(self, own_server: RedisServer, tmp_path: Path) -> None:
        """No administration, and only keys under the prefix."""
        (tmp_path / "password").write_text("secret")
        rights = ("~app:*", "+@all", "-@admin", "-@dangerous", "+info")
        await ask(own_server, "ACL", "SETUSER", "app", "on", ">secret", *rights)
        configuration = settings(own_server, prefix="app", username="app", password_file=tmp_path / "password")
        async with opened(configuration) as store:
            await store.create("t", new(snapshot=b"x" * 3_000_000), AMPLE, named("c"))
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, named("a"))
            assert await store.compact("t", "g", "u1", 2, b"x" * 3_000_000)
            await store.lease("b", 1, 1, 1)
            await store.put_note("n", "v")
            assert len(await store.list_graphs("t", "", 9)) == len(await store.tenants()) == 1
            await store.delete("t", "g", None, None)

    async def test_one_that_does_not_answer_is_unavailable(self, own_server: RedisServer) -> None:
        own_server.kill()
        store = RedisStore(settings(own_server))
        with pytest.raises(StoreUnavailable) as caught:
            await store.start()
        assert caught.value.retry_after
        assert not (await store.health()).up

    @pytest.mark.parametrize(
        "url", ["http://h", "redis://", "redis://user:secret@h:1/0", "redis://h/zero", "redis://h/0?ssl=1", "unix:///x"]
    )
    def test_a_wrong_url_is_named_and_shows_no_password(self, url: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            RedisStore(StoreSettings(type="redis", url=url))
        assert caught.value.data["field"] == "store.url"
        assert "secret" not in caught.value.message


class TestLostConnections:
    async def test_a_write_whose_answer_is_lost_is_unknown_and_its_repeat_happens_once(
        self, redis_server: RedisServer
    ) -> None:
        async with TcpProxy(redis_server.port) as proxy:
            configuration = settings(redis_server, url=f"redis://127.0.0.1:{proxy.port}/0")
            async with opened(configuration) as store:
                await store.create("t", new(), AMPLE, None)
                await store.append("t", "g", "u1", 1, b"", Counts(0, 0), AMPLE, None)  # the server knows the script
                proxy.swallow_replies = True
                with pytest.raises(StoreUnavailable, match="unknown"):
                    await store.append("t", "g", "u1", 2, b"a", Counts(0, 0), AMPLE, named("a", result=b"first"))
                proxy.swallow_replies = False
                again = await store.append("t", "g", "u1", 2, b"a", Counts(0, 0), AMPLE, named("a", result=b"second"))
                assert (again.repeated, again.result) == (True, b"first")
                assert (await store.read("t", "g")).log == [(2, b""), (3, b"a")]

    async def test_a_write_is_never_repeated_behind_the_callers_back(self, redis_server: RedisServer) -> None:
        async with TcpProxy(redis_server.port) as proxy:
            configuration = settings(redis_server, url=f"redis://127.0.0.1:{proxy.port}/0")
            async with opened(configuration) as store:
                assert await store.lease("bucket", 1, 0.001, 10) == 1  # the server knows the script
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
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, None)
            assert (await store.health()).up

    async def test_scripts_that_the_server_forgot_are_sent_again(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            await store.create("t", new(), AMPLE, None)
            await ask(own_server, "SCRIPT", "FLUSH")
            await store.replace("t", "g", 1, new(uid="u2", snapshot=b"x" * (CHUNK_BYTES + 1)), AMPLE, None)
            await ask(own_server, "SCRIPT", "FLUSH")
            assert await store.read_log("t", "g", "u2", 2) == []

    async def test_a_server_that_hangs_is_given_up_and_its_late_answers_confuse_nobody(
        self, own_server: RedisServer
    ) -> None:
        async with opened(settings(own_server, timeout_seconds=0.3)) as store:
            for number in range(5):
                await store.create("t", new(f"g{number}"), AMPLE, None)
            own_server.signal(signal.SIGSTOP)
            began = time.monotonic()
            calls = (store.heads([("t", f"g{number}")]) for number in range(5))
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert time.monotonic() - began < 3
            own_server.signal(signal.SIGCONT)
            assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
            assert "within 0.3 s" in str(outcomes[0])
            for number in range(5):
                (head,) = await store.heads([("t", f"g{number}")])
                assert head is not None
                assert head.graph_id == f"g{number}"

    async def test_a_cancelled_call_leaves_no_answer_for_the_next(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            for number in range(30):
                await store.create("t", new(f"g{number}"), AMPLE, None)
            for number in range(30):
                task = asyncio.create_task(store.heads([("t", "g1")]))
                for _ in range(number % 6):
                    await asyncio.sleep(0)
                task.cancel()
                (head,) = await store.heads([("t", f"g{number}")])
                assert head is not None
                assert head.graph_id == f"g{number}"

    async def test_an_answer_that_nobody_waits_for_is_not_the_next_ones(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            await store.create("t", new("left"), AMPLE, None)
            await store.create("t", new("next"), AMPLE, None)
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
            assert head.graph_id == "next"

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


class TestReadsInPages:
    """A read of several round trips beside writes: `between` runs once, after the first of them."""

    @pytest.fixture
    def between(self, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Awaitable[Any]]]:
        todo: list[Callable[[], Awaitable[Any]]] = []
        together = redis_reads._together

        async def and_then(*arguments: Any) -> list[Any]:
            replies = await together(*arguments)
            if todo:
                await todo.pop()()
            return replies

        monkeypatch.setattr(redis_reads, "_together", and_then)
        monkeypatch.setattr(redis_reads, "LOG_PAGE", 3)
        monkeypatch.setattr(redis_reads, "PIECE_PAGE", 2)
        return todo

    async def test_another_snapshot_meanwhile_begins_the_read_anew(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            old, other = b"o" * (5 * PIECE_BYTES), b"n" * (5 * PIECE_BYTES)
            await store.create("t", new(snapshot=old), AMPLE, None)
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, None)
            between.append(lambda: store.compact("t", "g", "u1", 2, other))
            contents = await store.read("t", "g")
            assert (contents.snapshot, contents.log, contents.head.snapshot_version) == (other, [], 2)
            between.append(lambda: store.replace("t", "g", 2, new(uid="u2", snapshot=old), AMPLE, None))
            contents = await store.read("t", "g")
            assert (contents.snapshot, contents.head.uid) == (old, "u2")

    async def test_a_log_trimmed_meanwhile_begins_the_read_anew(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            for version in range(1, 11):
                await store.append("t", "g", "u1", version, b"%d" % version, Counts(0, 0), AMPLE, None)
            between.append(lambda: store.compact("t", "g", "u1", 4, b"s"))
            contents = await store.read("t", "g")
            assert contents.snapshot == b"s"
            assert contents.log == [(version + 1, b"%d" % version) for version in range(4, 11)]

    async def test_operations_that_came_meanwhile_belong_to_the_next_read(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            for version in range(1, 5):
                await store.append("t", "g", "u1", version, b"", Counts(0, 0), AMPLE, None)
            between.append(lambda: store.append("t", "g", "u1", 5, b"late", Counts(0, 0), AMPLE, None))
            contents = await store.read("t", "g")
            assert contents.head.version == 5
            assert [version for version, _ in contents.log] == [2, 3, 4, 5]

    async def test_a_deletion_meanwhile_is_seen(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=bytes(5 * PIECE_BYTES)), AMPLE, None)
            between.append(lambda: store.delete("t", "g", None, None))
            with pytest.raises(NotFound):
                await store.read("t", "g")


class TestUploads:
    async def keys(self, store: RedisStore) -> list[str]:
        (found,) = await store._link.call(("KEYS", f"{store._keys.prefix}:*"))
        return sorted(key.decode().removeprefix(f"{store._keys.prefix}:") for key in found)

    async def test_nothing_is_left_of_a_refused_one(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            large = bytes(3 * CHUNK_BYTES)
            await store.create("t", new(), AMPLE, named("c"))
            before = await self.keys(store)
            with pytest.raises(Conflict):
                await store.create("t", new(snapshot=large), AMPLE, None)
            with pytest.raises(Conflict):
                await store.replace("t", "g", 9, new(snapshot=large), AMPLE, None)
            with pytest.raises(LimitExceeded):
                await store.replace("t", "g", 1, new(snapshot=large), Quota(1 << 30, 1 << 20, 9), None)
            assert not await store.compact("t", "g", "u1", 9, large)
            assert (await store.create("t", new(snapshot=large), AMPLE, named("c"))).repeated
            assert await self.keys(store) == before

    async def test_one_over_the_quota_is_not_uploaded_at_all(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            with pytest.raises(LimitExceeded):
                await store.create("t", new(snapshot=bytes(5 * CHUNK_BYTES)), Quota(CHUNK_BYTES, 1 << 30, 9), None)
            info = await store._info()
            assert int(info["total_net_input_bytes"]) < CHUNK_BYTES

    async def test_one_whose_writer_died_expires(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            staging, _ = await store._stage("t", bytes(3 * CHUNK_BYTES))
            assert staging is not None
            (left,) = await store._link.call(("PTTL", staging))
            assert 0 < left <= 600_000

    async def test_one_that_expired_meanwhile_changes_nothing(
        self, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=b"old"), AMPLE, None)
            stage = store._stage

            async def stage_and_lose(tenant: str, snapshot: bytes) -> Any:
                staged = await stage(tenant, snapshot)
                await store._link.call(("DEL", staged[0] or ""))
                return staged

            monkeypatch.setattr(store, "_stage", stage_and_lose)
            with pytest.raises(StoreUnavailable, match="lost the snapshot"):
                await store.replace("t", "g", 1, new(uid="u2", snapshot=bytes(2 * CHUNK_BYTES)), AMPLE, None)
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, None)
            with pytest.raises(StoreUnavailable, match="lost the snapshot"):
                await store.compact("t", "g", "u1", 2, bytes(2 * CHUNK_BYTES))
            assert (await store.read("t", "g")).snapshot == b"old"

    async def test_keys_are_those_of_one_slot_and_live_for_ever(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=bytes(2 * CHUNK_BYTES)), AMPLE, None)
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, named("a"))
            keys = await self.keys(store)
            assert keys == [
                "tenants", "{t}:g:g", "{t}:ids", "{t}:l:g", "{t}:ops", "{t}:ops:fresh", "{t}:s:g", "{t}:usage",
            ]  # fmt: skip
            expiring = []
            for key in keys:
                (left,) = await store._link.call(("TTL", f"{store._keys.prefix}:{key}"))
                if left != -1:
                    expiring.append(key)
            assert expiring == ["{t}:ops", "{t}:ops:fresh"]
            await store.delete("t", "g", None, None)
            assert await self.keys(store) == ["tenants", "{t}:ops", "{t}:ops:fresh", "{t}:usage"]

    async def test_two_servers_with_two_prefixes_share_a_store_unseen(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as one, opened(settings(redis_server)) as two:
            await one.create("t", new(), AMPLE, None)
            assert await two.tenants() == []
            assert await two.usage("t") == Usage(graphs=0, bytes=0)


class TestPasswordAndTls:
    async def test_a_rotated_password_is_read_at_the_next_connect(
        self, own_server: RedisServer, tmp_path: Path
    ) -> None:
        file = tmp_path / "password"
        file.write_text("first\n")
        await ask(own_server, "CONFIG", "SET", "requirepass", "first")
        configuration = settings(own_server, password_file=file)
        async with opened(configuration) as store:
            await store.create("t", new(), AMPLE, None)
            await ask(own_server, "CONFIG", "SET", "requirepass", "second", password_file=file)
            file.write_text("second\n")
            await ask(own_server, "CLIENT", "KILL", "TYPE", "normal", password_file=file)
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, None)
            file.write_text("wrong")
            await ask_and_kill(own_server, store)
            with pytest.raises(StoreUnavailable, match=r"store\.password_file") as caught:
                await store.heads([("t", "g")])
            assert "wrong" not in caught.value.message

    async def test_a_missing_password_is_told(self, own_server: RedisServer) -> None:
        await ask(own_server, "CONFIG", "SET", "requirepass", "first")
        store = RedisStore(settings(own_server))
        with pytest.raises(StoreUnavailable, match=r"store\.password_file"):
            await store.start()
        await store.close()

    async def test_tls_is_verified_by_the_given_authority(self, redis_server: RedisServer, tmp_path: Path) -> None:
        good, other = certificate(tmp_path, "good"), certificate(tmp_path, "other")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(good, good.with_suffix(".key"))
        async with TcpProxy(redis_server.port, tls=context) as proxy:
            url = f"rediss://127.0.0.1:{proxy.port}/0"
            async with opened(settings(redis_server, url=url, tls_ca_file=good)) as store:
                await store.create("t", new(), AMPLE, None)
            for distrusted in (other, None):
                store = RedisStore(settings(redis_server, url=url, tls_ca_file=distrusted))
                with pytest.raises(StoreUnavailable):
                    await store.start()
                await store.close()


async def ask_and_kill(server: RedisServer, store: RedisStore) -> None:
    """Close the store's connections from the server's side, on one of them."""
    with contextlib.suppress(StoreUnavailable):
        await store._link.call(("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"))


def certificate(directory: Path, name: str) -> Path:
    """A self-signed certificate for 127.0.0.1 and, beside it, its key."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = directory / f"{name}.pem"
    file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    file.with_suffix(".key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file
