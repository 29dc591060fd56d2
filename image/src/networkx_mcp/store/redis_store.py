"""The store on Redis or Valkey: many replicas of the server share it.

Every write is one Lua script over the keys of one tenant (lua/common.lua names them), so version,
log, quota, list and operation ids move together or not at all. Durability is the server's:
`start` refuses one that may evict or lose writes.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import NoPermissionError, ResponseError

from networkx_mcp import settings
from networkx_mcp.errors import Conflict, InvalidInput, StoreUnavailable
from networkx_mcp.store import redis_check, redis_reads, shared
from networkx_mcp.store.protocol import (
    Contents,
    DamagedHead,
    GraphKey,
    Head,
    Health,
    NewGraph,
    Operation,
    Quota,
    StoredCounts,
    Usage,
    Written,
)
from networkx_mcp.store.redis_keys import PIECE_BYTES, Keys, parse_head, piece_count, safe
from networkx_mcp.store.redis_link import Command, Link, Replaced, other_type, raise_for, wrong_type
from networkx_mcp.store.redis_scripts import run
from networkx_mcp.store.shared import Recall

_log = logging.getLogger(__name__)

#: Pieces of a snapshot that never became one (its writer died) are gone after this, in ms.
STAGING_MS = 600_000

_NO_QUOTA = Quota(0, 0, 0)


class RedisStore:
    """See `protocol.Store`."""

    immediate = False

    def __init__(self, store: settings.StoreSettings, *, recall: Recall | None = None) -> None:
        self._settings = store
        self._keys = Keys(store.prefix)
        self._recall = recall or Recall.of(store)
        self._link = Link(store)

    async def start(self) -> None:
        info = await self._info()
        if info.get("loading") == "1":
            raise shared.unavailable("is loading its data")
        allow = self._settings.allow_volatile
        if warning := redis_check.check(info, await self._config(), allow_volatile=allow):
            _log.warning("the store may lose writes: %s", warning, extra={"event": "store_volatile"})
        _log.info("store is %s", redis_check.product(info), extra={"event": "store_started"})

    async def close(self) -> None:
        await self._link.close()

    def when_replaced(self, forget: Callable[[], None]) -> None:
        self._link.when_replaced(forget)

    async def health(self) -> Health:
        try:
            info = await self._info()
        except (StoreUnavailable, InvalidInput) as error:
            return Health(up=False, product="Redis", detail=error.problem, persistence_ok=False)
        return redis_check.health(info, allow_volatile=self._settings.allow_volatile)

    async def _info(self) -> dict[str, str]:
        (reply,) = await self._link.ask(("INFO",))
        if isinstance(reply, NoPermissionError):
            if not self._settings.allow_volatile:
                text = "the store's user may not run INFO, so its durability is unknown: grant it +info"
                raise InvalidInput(text, field="store.username")
            return {"redis_version": "7.0", "aof_enabled": "0"}
        info = redis_check.parse_info(raise_for(reply))
        # Through a proxy, or where a primary steps down, the store changes behind connections that live on.
        self._link.met(info)
        if info.get("role", "master") != "master":
            self._link.hang_up()
        return info

    async def _config(self) -> dict[str, str]:
        """What CONFIG tells, nothing where it is forbidden or absent."""
        replies = await self._link.ask(("CONFIG", "GET", "appendfsync"), ("CONFIG", "GET", "maxmemory-policy"))
        found: dict[str, str] = {}
        for reply in replies:
            if isinstance(reply, ResponseError):
                _log.info("CONFIG is not allowed here: INFO decides", extra={"event": "store_config_hidden"})
            elif len(reply) == 2:
                found[reply[0].decode()] = reply[1].decode()
        return found

    # Writes ------------------------------------------------------------------------------------

    async def create(self, tenant: str, new: NewGraph, quota: Quota, operation: Operation | None) -> Written:
        return await self._put("create", tenant, new, quota, operation, new.version)

    async def replace(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        new: NewGraph,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        if new.graph_id != graph_id:
            raise ValueError(f"contents of {new.graph_id!r} cannot replace {graph_id!r}")
        return await self._put("replace", tenant, new, quota, operation, expected_version, (safe(uid),))

    async def _put(
        self,
        name: str,
        tenant: str,
        new: NewGraph,
        quota: Quota,
        operation: Operation | None,
        version: int,
        more: tuple[str, ...] = (),
    ) -> Written:
        shared.check_names(tenant, operation)
        # Listed first: a graph in a tenant that nobody lists would miss in backups. `tenants` leaves out those that never
        # came to a graph. Of a replaced one, too, so that a restore heals a list that was lost.
        listed: Command = ("SADD", self._keys.tenants, tenant)
        size = len(new.snapshot)
        # The script refuses one that is too large before it looks for its pieces.
        staging, last = await self._stage(tenant, new.snapshot if size <= quota.graph_bytes else b"")
        arguments: tuple[str | bytes | int, ...] = (
            safe(new.uid),
            version,
            *new.counts,
            new.meta,
            size,
            piece_count(size),
            *more,
        )
        done = False
        try:
            reply = await self._write(name, tenant, new.graph_id, staging, quota, operation, arguments, [listed, *last])
            written = self._written(reply, new.graph_id, quota, operation, version)
            done = not written.repeated
        finally:
            if not done:
                await self._discard(staging)
        return written

    async def append(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        payload: bytes,
        counts: StoredCounts,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        shared.check_names(tenant, operation)
        arguments = (safe(uid), expected_version, *counts, payload)
        try:
            reply = await self._write("append", tenant, graph_id, None, quota, operation, arguments, era=self._link.era)
        except Replaced as error:
            # The server that answers now may have another graph at this version.
            raise Conflict(error.message, graph_id=graph_id) from None
        return self._written(reply, graph_id, quota, operation, expected_version)

    async def compact(
        self, tenant: str, graph_id: str, uid: str, version: int, snapshot: bytes, meta: bytes | None = None
    ) -> bool:
        shared.check_names(tenant)
        if not snapshot:
            raise ValueError("an empty snapshot would lose the graph")
        era = self._link.era
        staging, last = await self._stage(tenant, snapshot)
        arguments = (safe(uid), version, len(snapshot), piece_count(len(snapshot)), *(() if meta is None else (meta,)))
        done = False
        try:
            reply = await self._write("compact", tenant, graph_id, staging, _NO_QUOTA, None, arguments, last, era=era)
            if reply[0] not in (b"done", b"late"):
                self._written(reply, graph_id, _NO_QUOTA, None, version)  # raises
            done = bool(reply[0] == b"done")
        except Replaced:
            pass  # what was compacted may not be what is there now
        finally:
            if not done:
                await self._discard(staging)
        return done

    async def delete(self, tenant: str, graph_id: str, if_version: int | None, operation: Operation | None) -> Written:
        shared.check_names(tenant, operation)
        version = "" if if_version is None else if_version
        reply = await self._write("delete", tenant, graph_id, None, _NO_QUOTA, operation, (version,))
        return self._written(reply, graph_id, _NO_QUOTA, operation, if_version or 0)

    async def _write(
        self,
        name: str,
        tenant: str,
        graph_id: str,
        staging: str | None,
        quota: Quota,
        operation: Operation | None,
        arguments: Sequence[str | bytes | int],
        before: Sequence[Command] = (),
        *,
        read_only: bool = False,
        era: int | None = None,
    ) -> Any:
        named = ("", "", b"") if operation is None else (operation[0], safe(operation[1]), operation[2])
        head = (safe(graph_id), *named, shared.record_bytes(operation), *self._recall, *quota)
        keys = self._keys.of_script(tenant, graph_id, staging)
        return await run(self._link, name, keys, (*head, *arguments), before=before, read_only=read_only, era=era)

    async def _stage(self, tenant: str, snapshot: bytes) -> tuple[str | None, list[Command]]:
        """Upload all chunks but the last, one at a time so that other callers are served between
        them, each as several pieces. Returns the key and the commands of the last chunk, which
        travel with the script."""
        if not snapshot:
            return None, []
        key = self._keys.staging(tenant)
        live: Command = ("PEXPIRE", key, STAGING_MS)
        *early, last = shared.chunks(snapshot)
        for chunk in early:
            for reply in await self._link.call(("RPUSH", key, *shared.chunks(chunk, PIECE_BYTES)), live):
                raise_for(reply)
        return key, [("RPUSH", key, *shared.chunks(last, PIECE_BYTES)), live]

    async def _discard(self, staging: str | None) -> None:
        """Free what was uploaded in vain; where that fails its time to live does."""
        if staging is not None:
            with contextlib.suppress(StoreUnavailable):
                await self._link.call(("UNLINK", staging))

    def _written(
        self, reply: list[Any], graph_id: str, quota: Quota, operation: Operation | None, expected: int
    ) -> Written:
        """The outcome of a script, or the error that it stands for."""
        result = operation.result if operation else b""
        match reply:
            case [b"done", raw]:
                return Written(head=parse_head(graph_id, raw) if raw else None, result=result)
            case [b"repeat", fingerprint, first, raw] if operation is not None:
                if fingerprint.decode() != safe(operation.fingerprint):
                    raise shared.reused(operation.operation_id)
                head = parse_head(graph_id, raw) if raw else None
                return Written(head=head, result=first, repeated=True)
            case [b"missing"]:
                raise shared.absent(graph_id)
            case [b"conflict", version]:
                raise shared.moved(graph_id, int(version), expected)
            case [b"wrong", key, kind]:
                raise other_type(key.decode(), kind.decode())
            case [b"damaged"]:
                raise shared.damaged(graph_id, "its head is none")
            case [b"exists", version]:
                raise shared.exists(graph_id, int(version))
            case [b"limit", limit, actual]:
                raise shared.over(limit.decode(), quota, int(actual))
            case [b"stale"]:
                raise shared.unavailable("lost the snapshot while it was uploaded")
        raise RuntimeError(f"the store's script answered {reply!r}")

    # Reads -------------------------------------------------------------------------------------

    async def heads(self, keys: Sequence[GraphKey]) -> list[Head | None]:
        return await redis_reads.heads(self._link, self._keys, keys)

    async def read(self, tenant: str, graph_id: str) -> Contents:
        return await redis_reads.read(self._link, self._keys, tenant, graph_id)

    async def read_log(self, tenant: str, graph_id: str, uid: str, after: int) -> list[tuple[int, bytes]] | None:
        return await redis_reads.read_log(self._link, self._keys, tenant, graph_id, uid, after)

    async def known_operation(self, tenant: str, graph_id: str, operation_id: str) -> tuple[str, bytes] | None:
        asked = Operation(operation_id, "", b"")
        match await self._write("known", tenant, graph_id, None, _NO_QUOTA, asked, (), read_only=True):
            case [b"repeat", fingerprint, result, _]:
                return redis_reads.plain(fingerprint), result
            case [b"wrong", key, kind]:
                raise other_type(key.decode(), kind.decode())
        return None

    async def list_graphs(self, tenant: str, after: str, limit: int) -> list[Head | DamagedHead]:
        return await redis_reads.list_graphs(self._link, self._keys, tenant, after, limit)

    async def usage(self, tenant: str) -> Usage:
        return await redis_reads.usage(self._link, self._keys, tenant)

    async def memory(self, tenant: str) -> int:
        match await self._write("memory", tenant, "", None, _NO_QUOTA, None, (), read_only=True):
            case [b"wrong", key, kind]:
                raise other_type(key.decode(), kind.decode())
            case [_, memory]:
                return int(memory)
        raise AssertionError

    async def tenants(self) -> list[str]:
        return await redis_reads.tenants(self._link, self._keys)

    # Results of analyses -----------------------------------------------------------------------

    async def result(self, tenant: str, graph_id: str, uid: str, version: int, key: str) -> bytes | None:
        (reply,) = await self._link.ask(("HMGET", self._keys.results(tenant, graph_id), "v", f"e/{key}"))
        if wrong_type(reply):
            return None  # it is replaced with the next result that is kept
        of, value = raise_for(reply)
        return value if of == f"{safe(uid)} {version}".encode() else None

    async def keep_result(
        self, tenant: str, graph_id: str, uid: str, version: int, key: str, value: bytes, *, anew: bool = False
    ) -> bool:
        most = self._settings.results_mb * settings.MIB
        if not most:
            return False
        keys = [self._keys.head(tenant, graph_id), *self._keys.of_results(tenant, graph_id)]
        size = len(value) + len(key) + shared.RESULT_OVERHEAD
        bounds = (size, most, self._settings.results_seconds * 1000)
        names = self._keys.results(tenant, "")
        arguments = (safe(graph_id), safe(uid), version, key, value, *bounds, names, int(anew))
        return await run(self._link, "keep_result", keys, arguments) in (b"kept", b"there")

    # Small shared facts ------------------------------------------------------------------------

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
        return int(await run(self._link, "lease", [self._keys.bucket(bucket)], (max(0, wanted), rate, burst)))

    async def put_note(self, name: str, value: str) -> None:
        (reply,) = await self._link.call(("HSET", self._keys.notes, name, value))
        raise_for(reply, self._keys.notes)

    async def get_note(self, name: str) -> str | None:
        (reply,) = await self._link.ask(("HGET", self._keys.notes, name))
        value = raise_for(reply, self._keys.notes)
        return None if value is None else value.decode(errors="replace")

    async def settle_note(self, name: str, value: str) -> str:
        replies = await self._link.call(("HSETNX", self._keys.notes, name, value), ("HGET", self._keys.notes, name))
        _, found = (raise_for(reply, self._keys.notes) for reply in replies)
        return str(found.decode(errors="replace"))
