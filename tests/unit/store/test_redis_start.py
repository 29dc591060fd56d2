"""The Redis store's start check on real servers, its passwords and TLS."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.helpers.redis_server import RedisServer
from tests.helpers.tcp_proxy import TcpProxy
from tests.unit.store.conftest import AMPLE, named, new
from tests.unit.store.redis_tools import ask, opened, refusal, settings

from networkx_mcp.errors import InvalidInput, StoreUnavailable
from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.protocol import StoredCounts
from networkx_mcp.store.redis_store import RedisStore


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
        rights = ("~app:*", "+@all", "-@admin", "-@dangerous", "+info", "+config|get")
        await ask(own_server, "ACL", "SETUSER", "app", "on", ">secret", *rights)
        configuration = settings(own_server, prefix="app", username="app", password_file=tmp_path / "password")
        async with opened(configuration) as store:
            await store.create("t", new(snapshot=b"x" * 3_000_000), AMPLE, named("c"))
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, named("a"))
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
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)

    async def test_a_secret_that_is_newer_than_the_stores_copy_takes_nothing_away(
        self, own_server: RedisServer, tmp_path: Path
    ) -> None:
        file = tmp_path / "password"
        file.write_text("first")
        await ask(own_server, "CONFIG", "SET", "requirepass", "first")
        configuration = settings(own_server, password_file=file)
        async with opened(configuration) as store:
            await store.create("t", new(), AMPLE, None)
            file.write_text("second")  # the kubelet of this pod was quicker than the store's
            store._link.hang_up()
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
            await store._link.call(("CONFIG", "SET", "requirepass", "second"))
            store._link.hang_up()
            await store.append("t", "g", "u1", 2, b"b", StoredCounts(0, 0), AMPLE, None)
            await store._link.call(("CONFIG", "SET", "requirepass", "third"))
            file.write_text("wrong")
            store._link.hang_up()
            with pytest.raises(StoreUnavailable, match=r"store\.password_file") as caught:
                await store.heads([("t", "g")])
            assert not any(word in caught.value.message for word in ("first", "second", "third", "wrong"))

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
