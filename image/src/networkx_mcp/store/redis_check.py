"""Whether a Redis/Valkey may hold graphs: what INFO and CONFIG tell about durability.

Pure functions over the two replies, so that every refusal has a test. CONFIG is often forbidden
(managed services, ACLs); then INFO alone decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from networkx_mcp.errors import InvalidInput
from networkx_mcp.store.protocol import Health

#: The oldest version that the tests run against.
OLDEST = (6, 2)

_VOLATILE = "or set store.allowVolatile=true (NETWORKX_MCP_STORE_ALLOW_VOLATILE) if graphs may be lost"


def parse_info(raw: bytes) -> dict[str, str]:
    """The `name:value` lines of INFO."""
    lines = raw.decode("utf-8", "replace").splitlines()
    return {name: value for name, sep, value in (line.partition(":") for line in lines) if sep and name[:1] != "#"}


def product(info: Mapping[str, str]) -> str:
    """Name and version for people: `Valkey 8.1.0`, `Redis 7.0.15`."""
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info.get('redis_version', 'of unknown version')}"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def unusable(info: Mapping[str, str]) -> str | None:
    """Why this server cannot be the store whatever is allowed, or None."""
    if _version(info.get("redis_version", "")) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return f"{product(info)} is too old: use Redis {oldest} or later, or Valkey"
    if info.get("role", "master") != "master":
        return "it is a replica (role:slave) and takes no writes: point store.url at the primary"
    if info.get("cluster_enabled") == "1":
        return "it runs in cluster mode, which is not supported: point store.url at a single primary or a proxy"
    return None


def volatile(info: Mapping[str, str], config: Mapping[str, str]) -> str | None:
    """Why this server may lose acknowledged writes, with the setting to change, or None."""
    policy = info.get("maxmemory_policy") or config.get("maxmemory-policy", "noeviction")
    if policy != "noeviction":
        return f"maxmemory-policy is {policy}: it may evict graphs; set maxmemory-policy to noeviction, {_VOLATILE}"
    if info.get("aof_enabled") != "1":
        return (
            "it has no append-only file: a restart loses acknowledged writes; set appendonly to yes and "
            f"appendfsync to always, {_VOLATILE}"
        )
    fsync = config.get("appendfsync", "always")
    if fsync != "always":
        return f"appendfsync is {fsync}: a crash loses acknowledged writes; set appendfsync to always, {_VOLATILE}"
    return None


def check(info: Mapping[str, str], config: Mapping[str, str], *, allow_volatile: bool) -> str | None:
    """Raises InvalidInput where the server must not be used. Returns a warning where it may be
    used although it may lose writes, else None."""
    if reason := unusable(info):
        raise InvalidInput(f"the store cannot be used: {reason}", field="store.url")
    reason = volatile(info, config)
    if reason and not allow_volatile:
        raise InvalidInput(f"the store is not durable: {reason}", field="store.allow_volatile")
    if reason is None and "appendfsync" not in config:
        return "whether appendfsync is always cannot be seen: let the store's user run CONFIG GET (+config|get), or be sure"
    return reason


def health(info: Mapping[str, str], *, allow_volatile: bool) -> Health:
    """State of a server that answered."""
    if info.get("aof_enabled") == "1":
        persistent = info.get("aof_last_write_status", "ok") == "ok"
    else:
        persistent = allow_volatile and info.get("rdb_last_bgsave_status", "ok") == "ok"
    reason = unusable(info)
    if info.get("loading") == "1":
        reason = "it is loading its data"
    return Health(
        up=reason is None,
        product=product(info),
        detail=reason or "answers",
        memory_bytes=int(info.get("used_memory", "0")),
        memory_limit_bytes=int(info.get("maxmemory", "0")),
        persistence_ok=persistent,
    )
