"""Reads of the Redis store. Each returns one moment, however many round trips it takes.

A graph up to one page of snapshot and one of log is one round trip (MULTI ... EXEC). A larger one is
read in pieces, each together with the head: (uid, base of the log, snapshot version) names an
unchanging snapshot and an append-only log, so equal heads mean that the pieces belong together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from networkx_mcp.errors import GraphDamaged, StoreDamaged
from networkx_mcp.store import shared
from networkx_mcp.store.protocol import Contents, DamagedHead, Head, Usage
from networkx_mcp.store.redis_keys import Keys, parse_head, parse_log, piece_count, safe
from networkx_mcp.store.redis_link import Command, Link, other_type, raise_for
from networkx_mcp.store.redis_scripts import run

#: Operations of one reply; the log is compacted at 1,000 by default.
LOG_PAGE = 1024
#: Pieces of one reply (4 MiB), so that it stays within the time limit.
PIECE_PAGE = 32
#: Heads of one reply.
LIST_PAGE = 500
#: Stands for a head that is no text: no head is empty.
NO_HEAD = b""
#: Why a graph is damaged of which the log, the snapshot or the head is a key of another type.
OTHER_TYPE = "a key of it is of another type"
#: Readings that may be started over because the graph was compacted or replaced meanwhile.
ATTEMPTS = 10


def plain(name: bytes) -> str:
    """The inverse of redis_keys.safe."""
    return unquote(name.decode())


async def _together(link: Link, *commands: Command) -> list[Any]:
    """Replies of the commands at one moment."""
    *_, reply = await link.ask(("MULTI",), *commands, ("EXEC",))
    return [raise_for(part) for part in raise_for(reply)]


async def _texts(link: Link, keys: Sequence[str]) -> list[bytes | None]:
    """What keys of heads hold; None for the absent, and `NO_HEAD` where one holds no text, which MGET takes for absent."""
    (reply,) = await link.ask(("MGET", *keys))
    raws: list[bytes | None] = raise_for(reply)
    missing = [at for at, raw in enumerate(raws) if raw is None]
    if missing:
        for at, kind in zip(missing, await link.ask(*[("TYPE", keys[at]) for at in missing]), strict=True):
            # "string": it was made since.
            if raise_for(kind) not in (b"none", b"string"):
                raws[at] = NO_HEAD
    return raws


async def heads(link: Link, keys: Keys, pairs: Sequence[tuple[str, str]]) -> list[Head | None]:
    """One MGET for all, whatever their tenants: the store is one server, not a cluster. Those that are not there are asked for
    once more, by their type."""
    if not pairs:
        return []
    raws = await _texts(link, [keys.head(tenant, graph_id) for tenant, graph_id in pairs])
    return [None if raw is None else parse_head(graph_id, raw) for (_, graph_id), raw in zip(pairs, raws, strict=True)]


async def read(link: Link, keys: Keys, tenant: str, graph_id: str) -> Contents:
    """Snapshot and log. Raises NotFound, or StoreUnavailable where the graph changed its base
    ATTEMPTS times while it was read."""
    for _ in range(ATTEMPTS):
        try:
            contents = await _attempt(link, keys, tenant, graph_id)
        except StoreDamaged:
            raise shared.damaged(graph_id, OTHER_TYPE) from None
        if contents is not None:
            return contents
    raise shared.unavailable(f"changed graph {graph_id!r} faster than it could be read")


async def _attempt(link: Link, keys: Keys, tenant: str, graph_id: str) -> Contents | None:
    head_key, log_key, snapshot_key = (name(tenant, graph_id) for name in (keys.head, keys.log, keys.snapshot))
    get: Command = ("GET", head_key)
    raw, elements, pieces = await _together(
        link, get, ("LRANGE", log_key, 0, 2 * LOG_PAGE - 1), ("LRANGE", snapshot_key, 0, PIECE_PAGE - 1)
    )
    if raw is None:
        raise shared.absent(graph_id)
    head = parse_head(graph_id, raw)
    same = _identity(head)

    while (start := len(pieces)) < piece_count(head.snapshot_bytes):
        raw, part = await _together(link, get, ("LRANGE", snapshot_key, start, start + PIECE_PAGE - 1))
        if raw is None or _identity(parse_head(graph_id, raw)) != same:
            return None
        if not part:
            raise shared.damaged(graph_id, "parts are missing")
        pieces += part
    while (start := len(elements)) < 2 * head.log_operations:
        raw, part = await _together(link, get, ("LRANGE", log_key, start, start + 2 * LOG_PAGE - 1))
        if raw is None or _identity(parse_head(graph_id, raw)) != same:
            return None
        if not part:
            raise shared.damaged(graph_id, "parts are missing")
        elements += part

    snapshot = b"".join(pieces)
    # Pages may hold operations that are younger than the head that was read first.
    log = parse_log(graph_id, elements[: 2 * head.log_operations])
    if len(snapshot) != head.snapshot_bytes or (log and log[-1][0] != head.version):
        raise shared.damaged(graph_id, "parts are missing")
    return Contents(head=head, snapshot=snapshot, log=log)


def _identity(head: Head) -> tuple[str, int, int]:
    return head.uid, head.snapshot_version, head.version - head.log_operations


async def read_log(
    link: Link, keys: Keys, tenant: str, graph_id: str, uid: str, after: int
) -> list[tuple[int, bytes]] | None:
    """Operations after a version, or None where the log no longer reaches back that far."""
    names = [keys.head(tenant, graph_id), keys.log(tenant, graph_id)]
    found: list[tuple[int, bytes]] = []
    while True:
        start = found[-1][0] if found else after
        try:
            reply = await run(link, "read_log", names, (safe(uid), start, LOG_PAGE), read_only=True)
        except StoreDamaged:
            raise shared.damaged(graph_id, OTHER_TYPE) from None
        if reply is None:
            return None
        found += parse_log(graph_id, reply)
        if len(reply) < 2 * LOG_PAGE:
            return found


async def list_graphs(link: Link, keys: Keys, tenant: str, after: str, limit: int) -> list[Head | DamagedHead]:
    """Heads by id. A graph deleted between the two round trips is left out; the page is filled."""
    found: list[Head | DamagedHead] = []
    while len(found) < limit:
        wanted = min(limit - len(found), LIST_PAGE)
        start = f"({after}" if after else "-"
        (reply,) = await link.ask(("ZRANGEBYLEX", keys.ids(tenant), start, "+", "LIMIT", 0, wanted))
        ids = [plain(raw) for raw in raise_for(reply, keys.ids(tenant))]
        found += await _those_there(link, keys, tenant, ids)
        if len(ids) < wanted:
            break
        after = ids[-1]
    return found


async def _those_there(link: Link, keys: Keys, tenant: str, ids: Sequence[str]) -> list[Head | DamagedHead]:
    if not ids:
        return []
    raws = await _texts(link, [keys.head(tenant, one) for one in ids])
    return [_listed(graph_id, raw) for graph_id, raw in zip(ids, raws, strict=True) if raw is not None]


def _listed(graph_id: str, raw: bytes) -> Head | DamagedHead:
    try:
        return parse_head(graph_id, raw)
    except GraphDamaged:
        return DamagedHead(graph_id)


async def usage(link: Link, keys: Keys, tenant: str) -> Usage:
    usage, operations = keys.usage(tenant), keys.operations(tenant)
    try:
        (graphs, stored), records = await _together(
            link, ("HMGET", usage, "graphs", "bytes"), ("HGET", operations, "b")
        )
    except StoreDamaged:
        raise await wrong_key(link, {usage: b"hash", operations: b"hash"}) from None
    return Usage(graphs=int(graphs or 0), bytes=int(stored or 0) + int(records or 0))


async def wrong_key(link: Link, expected: Mapping[str, bytes]) -> StoreDamaged:
    """The error that names which of these keys is of another type."""
    kinds = await link.ask(*[("TYPE", key) for key in expected])
    for (key, wanted), kind in zip(expected.items(), map(raise_for, kinds), strict=True):
        if kind not in (b"none", wanted):
            return other_type(key, kind.decode())
    return other_type("")  # it was put right since


async def tenants(link: Link, keys: Keys) -> list[str]:
    """Those with a usage record, which is made with the first graph and stays, or with a list of graphs, where it was lost."""
    (reply,) = await link.ask(("SMEMBERS", keys.tenants))
    names = sorted(raw.decode() for raw in raise_for(reply, keys.tenants))
    if not names:
        return []
    there = await link.ask(*[("EXISTS", keys.usage(name), keys.ids(name)) for name in names])
    return [name for name, exists in zip(names, there, strict=True) if raise_for(exists)]
