"""/admin: what an operator does to a running process and to any tenant's graphs. Scope `admin`, all audited.

    GET    /admin/settings                                 effective settings, without secrets
    GET    /admin/status                                   this process: degradation, memory, queues, drain
    PUT    /admin/drain            DELETE the same         not ready, still serving; and back
    PUT    /admin/degradation?level=protective             force a level; DELETE lets memory decide again
    GET    /admin/backup                                   when the last good backup began; of which store it is told
    PUT    /admin/backup?last_success=SECONDS              tell it, in Unix seconds; it never goes back. With left_out_count=N and
                                                           left_out=TENANT/GRAPH, often: graphs it does not hold, for they are damaged
    DELETE /admin/backup                                   forget it, where backups were ended on purpose
    GET    /admin/tenants                                  tenants that have or had graphs
    GET    /admin/tenants/{tenant}                         usage and quota
    GET    /admin/tenants/{tenant}/graphs                  a page of graphs (`after`, `limit`, `prefix`)
    DELETE /admin/tenants/{tenant}/graphs/{id}             remove a graph
    GET    /admin/tenants/{tenant}/graphs/{id}/archive     the graph as an archive, for any store
    PUT    /admin/tenants/{tenant}/graphs/{id}/archive     put an archive back (`?replace=true`)

Never a tool for a model, and not carried by Ingress or HTTPRoute. What concerns a process (drain, degradation) acts
on the replica that answers: call a pod by its address.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from networkx_mcp import context
from networkx_mcp.context import ADMIN, SCOPE_KEY
from networkx_mcp.errors import DeadlineExceeded, Forbidden, InvalidInput, NotFound, ServiceError
from networkx_mcp.graphs.administration import RESTORE_COPIES
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.http.body import read_body
from networkx_mcp.http.headers import Headers
from networkx_mcp.http.health import Status
from networkx_mcp.http.respond import respond_json
from networkx_mcp.http.transfer import page_of
from networkx_mcp.limits.degradation import Level
from networkx_mcp.limits.memory_account import KINDS, MemoryAccount
from networkx_mcp.settings import KIB, MIB, Settings, shown
from networkx_mcp.store import Store, notes
from networkx_mcp.store.shared import check_names
from networkx_mcp.telemetry import logs, metrics
from networkx_mcp.telemetry.audit import audit
from networkx_mcp.tools import graph_summary

#: What an archive may hold beside the graph itself: its log, and the names in it.
_ARCHIVE_SLACK = MIB
_CHUNK = 256 * KIB
_LEVELS = {level.label: level for level in (Level.NORMAL, Level.CONSTRAINED, Level.PROTECTIVE)}


class WrongMethod(ServiceError):
    """The path knows other methods."""

    code, outcome, status = "method_not_allowed", "client_error", 405


@dataclass(frozen=True, slots=True)
class _AdminRequest:
    method: str
    query: QueryParams
    scope: Scope
    receive: Receive
    send: Send

    async def json(self, value: Any, status: int = 200) -> None:
        await respond_json(self.send, status, value, [(b"cache-control", b"no-store")])


class Admin:
    """The ASGI app of /admin."""

    def __init__(self, settings: Settings, graphs: Graphs, status: Status, budget: MemoryAccount, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._graphs = graphs
        self._status = status
        self._budget = budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if ADMIN not in context.current().caller.scopes:
            raise Forbidden("This token lacks the scope 'admin'.", scope=ADMIN)
        request = _AdminRequest(scope["method"], QueryParams(scope["query_string"]), scope, receive, send)
        match scope["path"].strip("/").split("/")[1:]:
            case ["settings"]:
                _only(request, "GET")
                audit("read_settings")
                await request.json(shown(self._settings))
            case ["status"]:
                _only(request, "GET")
                audit("read_status")
                await request.json(self._state())
            case ["drain"]:
                await self._drain(request)
            case ["degradation"]:
                await self._degradation(request)
            case ["backup"]:
                await self._backup(request)
            case ["tenants"]:
                _only(request, "GET")
                audit("list_tenants")
                await request.json({"tenants": await self._graphs.admin.tenants()})
            case ["tenants", tenant]:
                _only(request, "GET")
                await self._usage(tenant, request)
            case ["tenants", tenant, "graphs"]:
                _only(request, "GET")
                await self._list(tenant, request)
            case ["tenants", tenant, "graphs", graph_id]:
                _only(request, "DELETE")
                check_names(tenant, None)
                deleted = await self._graphs.admin.delete(tenant, graph_id)
                await request.json({"tenant": tenant, "graph_id": graph_id, "version": deleted.version})
            case ["tenants", tenant, "graphs", graph_id, "archive"]:
                await self._archive(tenant, graph_id, request)
            case _:
                raise NotFound("There is nothing at this path; see the list in the documentation of /admin.")

    # -- this process -----------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        levels, budget = self._budget.levels, self._budget
        return {
            "degradation": levels.current.label,
            "degradation_forced": levels.override is not None,
            "draining": self._status.leaving,
            "memory": {
                "limit_bytes": budget.total,
                "working_set_bytes": budget.working_set,
                "baseline_bytes": budget.baseline,
                **{f"{kind}_bytes": budget.used(kind) for kind in KINDS},
            },
            "checks": self._status.ready()[1]["checks"],
        }

    async def _drain(self, request: _AdminRequest) -> None:
        _only(request, "PUT", "DELETE")
        self._status.cordoned = request.method == "PUT"
        audit("drain" if self._status.cordoned else "undrain")
        await request.json(self._state())

    async def _degradation(self, request: _AdminRequest) -> None:
        _only(request, "PUT", "DELETE")
        level = None
        if request.method == "PUT":
            name = request.query.get("level", "")
            level = _LEVELS.get(name)
            if level is None:
                raise InvalidInput(f"level {name!r} is unknown; use one of {', '.join(_LEVELS)}.", field="level")
        self._budget.set_override(level)
        audit("degradation", forced=level.label if level is not None else None)
        await request.json(self._state())

    # -- backups ----------------------------------------------------------------------------------

    async def _backup(self, request: _AdminRequest) -> None:
        _only(request, "GET", "PUT", "DELETE")
        last = await notes.last_backup(self._store)
        if request.method == "PUT":
            text = request.query.get("last_success", "")
            try:
                told = float(text)
            except ValueError:
                told = math.nan
            if not notes.is_past(told):
                raise InvalidInput(
                    f"last_success {text!r} is not a time that has passed, in Unix seconds.", field="last_success"
                )
            missing = _left_out(request.query)
            audit("backup_reported", last_success=told, left_out=missing.count if missing else None)
            if missing is not None and missing.count:
                logs.event("backup_incomplete", level=logging.WARNING, left_out=missing.count, graphs=missing.graphs)
            # Two backups may end in the other order than they began.
            if told > last:
                last = told
                # An older client does not say: what was known stays.
                if missing is not None:
                    await self._store.put_note(notes.LEFT_OUT, msgspec.json.encode(missing).decode())
                await self._store.put_note(notes.BACKUP, repr(told))
        elif request.method == "DELETE":
            audit("backup_forgotten", last_success=last)
            last = 0.0
            await self._store.put_note(notes.BACKUP, repr(last))
            await self._store.put_note(notes.LEFT_OUT, msgspec.json.encode(notes.LeftOutNote()).decode())
        else:
            audit("read_backup")
        left_out = await notes.left_out(self._store)
        metrics.BACKUP_LAST_SUCCESS.set(last)
        metrics.BACKUP_LEFT_OUT.set(left_out.count)
        await request.json(
            {
                "last_success": last or None,
                "left_out": {"count": left_out.count, "graphs": left_out.graphs},
                "store": await self._store_id(),
            }
        )

    async def _store_id(self) -> str | None:
        """The store's id, made when it is first asked for; None where the store takes no writes and has none yet."""
        with suppress(ServiceError):
            return await self._store.get_note(notes.STORE) or await self._store.settle_note(notes.STORE, token_hex(8))
        return None

    # -- tenants ----------------------------------------------------------------------------------

    async def _usage(self, tenant: str, request: _AdminRequest) -> None:
        check_names(tenant, None)
        audit("read_usage", of_tenant=tenant)
        usage, memory = await self._graphs.admin.usage(tenant), await self._graphs.admin.memory(tenant)
        limits = self._settings.limits
        await request.json(
            {
                "tenant": tenant,
                "graphs": usage.graphs,
                "bytes": usage.bytes,
                "memory_bytes": memory,
                "quota": {
                    "graphs": limits.tenant_graphs,
                    "bytes": limits.tenant_mb * MIB,
                    "memory_bytes": limits.tenant_memory_mb * MIB,
                },
            }
        )

    async def _list(self, tenant: str, request: _AdminRequest) -> None:
        check_names(tenant, None)
        audit("list_graphs", of_tenant=tenant)
        page = await self._graphs.admin.list_graphs(tenant, *page_of(request.query))
        await request.json(graph_summary.listing(page))

    async def _archive(self, tenant: str, graph_id: str, request: _AdminRequest) -> None:
        _only(request, "GET", "PUT")
        check_names(tenant, None)
        if request.method == "GET":
            async with self._graphs.admin.export_raw(tenant, graph_id) as pieces:
                await self._send_archive(pieces, request.send)
            return
        limits = self._settings.limits
        body = await read_body(
            request.receive,
            request.scope["headers"],
            budget=self._budget,
            limit=limits.graph_mb * MIB + _ARCHIVE_SLACK,
            setting="limits.graph_mb",
            # An archive is a file, so it gets the least rate of uploads.
            until=time.monotonic()
            + limits.body_timeout_seconds
            + limits.graph_mb * 1024 / limits.upload_min_kib_per_second,
            kind="archives",
            copies=RESTORE_COPIES,
        )
        call = request.scope[SCOPE_KEY]
        call.deadline = time.monotonic() + limits.connection_timeout_seconds
        try:
            replace = request.query.get("replace", "false") == "true"
            info = await self._graphs.admin.restore_raw(tenant, body.data, graph_id=graph_id, replace=replace)
        finally:
            body.release()
        await request.json(graph_summary.summary(info), 201)

    async def _send_archive(self, pieces: list[bytes], send: Send) -> None:
        """Send the pieces in parts, so that the connection holds one copied at a time."""
        headers: Headers = [
            (b"content-type", b"application/octet-stream"),
            (b"content-length", b"%d" % sum(map(len, pieces))),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        patience = self._settings.limits.connection_timeout_seconds
        try:
            for piece in pieces:
                for start in range(0, len(piece), _CHUNK):
                    part = piece[start : start + _CHUNK]
                    async with asyncio.timeout(patience):
                        await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            raise DeadlineExceeded("The client reads too slowly (limits.connection_timeout_seconds).") from None


def _left_out(query: QueryParams) -> notes.LeftOutNote | None:
    """What a backup tells that it does not hold; None where it does not say. Raises InvalidInput."""
    if "left_out_count" not in query:
        return None
    told = {"count": query["left_out_count"], "graphs": query.getlist("left_out")}
    try:
        return msgspec.convert(told, notes.LeftOutNote, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"left_out_count and left_out are to be a number and at most {notes.NAMED} names: {error}", field="left_out"
        ) from None


def _only(request: _AdminRequest, *methods: str) -> None:
    if request.method not in methods:
        raise WrongMethod(f"This path answers {', '.join(methods)} only.")
