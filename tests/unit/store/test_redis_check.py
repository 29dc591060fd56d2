"""Every refusal and acceptance of the start check, from what INFO and CONFIG say."""

from __future__ import annotations

import pytest

from networkx_mcp.errors import InvalidInput
from networkx_mcp.store.redis_check import check, health, parse_info, product

INFO = {
    "redis_version": "7.0.15",
    "role": "master",
    "cluster_enabled": "0",
    "maxmemory_policy": "noeviction",
    "aof_enabled": "1",
    "aof_last_write_status": "ok",
    "used_memory": "1000",
    "maxmemory": "5000",
}
CONFIG = {"appendfsync": "always", "maxmemory-policy": "noeviction"}


def test_a_durable_primary_passes() -> None:
    assert check(INFO, CONFIG, allow_volatile=False) is None
    unseen = check(INFO, {}, allow_volatile=False)
    assert unseen is not None
    assert "+config|get" in unseen


@pytest.mark.parametrize("version", ["6.2.0", "7.0.15", "8.4.1", "10.0.0"])
def test_versions_from_6_2_on_pass(version: str) -> None:
    assert check(INFO | {"redis_version": version}, CONFIG, allow_volatile=False) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"redis_version": "6.0.16"}, "Redis 6.0.16 is too old: use Redis 6.2 or later"),
        ({"redis_version": "5.9"}, "too old"),
        ({"redis_version": ""}, "too old"),
        ({"role": "slave"}, "primary"),
        ({"cluster_enabled": "1"}, "cluster mode"),
    ],
)
def test_what_cannot_work_is_refused_whatever_is_allowed(change: dict[str, str], reason: str) -> None:
    for allow in (False, True):
        with pytest.raises(InvalidInput, match=reason) as caught:
            check(INFO | change, CONFIG, allow_volatile=allow)
        assert caught.value.data["field"] == "store.url"


@pytest.mark.parametrize(
    ("info", "config", "reason"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, {}, "set maxmemory-policy to noeviction"),
        ({"maxmemory_policy": "volatile-ttl"}, {}, "set maxmemory-policy to noeviction"),
        ({"maxmemory_policy": ""}, {"maxmemory-policy": "allkeys-lfu"}, "allkeys-lfu"),
        ({"aof_enabled": "0"}, {}, "set appendonly to yes"),
        ({}, {"appendfsync": "everysec"}, "appendfsync is everysec"),
        ({}, {"appendfsync": "no"}, "set appendfsync to always"),
    ],
)
def test_what_may_lose_writes_is_refused_unless_allowed(
    info: dict[str, str], config: dict[str, str], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        check(INFO | info, CONFIG | config, allow_volatile=False)
    assert "store.allowVolatile=true" in caught.value.message
    assert caught.value.data["field"] == "store.allow_volatile"
    warning = check(INFO | info, CONFIG | config, allow_volatile=True)
    assert warning is not None
    assert reason in warning


def test_products_have_names() -> None:
    assert product(INFO) == "Redis 7.0.15"
    assert product(INFO | {"server_name": "valkey", "valkey_version": "8.1.0"}) == "Valkey 8.1.0"


def test_health_tells_memory_and_persistence() -> None:
    state = health(INFO, allow_volatile=False)
    assert (state.up, state.persistence_ok, state.memory_bytes, state.memory_limit_bytes) == (True, True, 1000, 5000)
    assert not health(INFO | {"aof_last_write_status": "err"}, allow_volatile=False).persistence_ok
    without = INFO | {"aof_enabled": "0", "rdb_last_bgsave_status": "ok"}
    assert not health(without, allow_volatile=False).persistence_ok
    assert health(without, allow_volatile=True).persistence_ok
    assert not health(without | {"rdb_last_bgsave_status": "err"}, allow_volatile=True).persistence_ok
    loading = health(INFO | {"loading": "1"}, allow_volatile=False)
    assert (loading.up, loading.detail) == (False, "it is loading its data")
    assert not health(INFO | {"role": "slave"}, allow_volatile=False).up


def test_info_is_read_line_by_line() -> None:
    text = b"# Server\r\nredis_version:7.0\r\nexecutable:/a:b\r\n\r\n# Memory\r\nused_memory:5\r\n"
    assert parse_info(text) == {"redis_version": "7.0", "executable": "/a:b", "used_memory": "5"}
