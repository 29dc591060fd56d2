"""/graphs: whole graphs in and out over HTTP, with the same tokens, beside the model.

    GET  /graphs                     a page of the tenant's graphs (`after`, `limit`, `prefix`)
    PUT  /graphs/{id}?format=csv     the body becomes the graph's contents
    GET  /graphs/{id}?format=csv     the graph as a file

The version is the ETag: `If-Match: "7"` writes only onto version 7, `If-None-Match: *` only where
there is no graph yet. `Idempotency-Key` makes a repeated upload happen once. Further query parameters are
the format's options. An upload takes a slot only when it is complete; a download gives it back
before the first byte leaves.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import IO, Any, Final

from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from networkx_mcp import context
from networkx_mcp.context import SCOPE_KEY, CallContext
from networkx_mcp.errors import Cancelled, Conflict, DeadlineExceeded, Forbidden, InvalidInput
from networkx_mcp.graphs.model import GraphInfo
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.http.admission import Admission, hung_up
from networkx_mcp.http.deadlines import Deadlines
from networkx_mcp.http.respond import Headers, respond, respond_json
from networkx_mcp.http.spool import RATE_WINDOW_SECONDS, spool_body
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.telemetry.shed import shed
from networkx_mcp.tools import overview

#: Format -> content type of its files.
CONTENT_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "edge-list": "text/plain",
    "adjacency-list": "text/plain",
    "node-link": "application/json",
    "graphml": "application/graphml+xml",
    "gml": "text/x-gml",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
}
#: Content type -> format, where it says which one; text/plain could be two.
_FORMATS = {value: key for key, value in CONTENT_TYPES.items() if value != "text/plain"}
#: Digits of a number in a request: every version fits.
_DIGITS = 18
_ETAG = re.compile(rf'"([0-9]{{1,{_DIGITS}}})"')
_CHUNK = 256 * KIB


class PreconditionFailed(Conflict):
    """The graph is not at the version of If-Match, or exists despite If-None-Match."""

    status = 412


class Transfers:
    """The ASGI app of /graphs."""

    def __init__(self, settings: Settings, graphs: Graphs, admission: Admission, deadlines: Deadlines) -> None:
        self._limits = settings.limits
        self._graphs = graphs
        self._admission = admission
        self._deadlines = deadlines
        self._under_way = {"upload": 0, "download": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = QueryParams(scope["query_string"])
        _, _, graph_id = scope["path"].removeprefix("/").partition("/")
        if scope["method"] == "PUT":
            _need(context.WRITE)
            if not graph_id:
                raise InvalidInput("Name the graph in the path: PUT /graphs/{id}.", field="id")
            await self._put(graph_id, query, scope, receive, send)
            return
        _need(context.READ)
        if graph_id:
            await self._get(graph_id, query, scope, receive, send)
        else:
            await self._list(query, scope, receive, send)

    # -- in ---------------------------------------------------------------------------------------

    async def _put(self, graph_id: str, query: QueryParams, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        format_, options = _format(query, headers.get("content-type", "")), _options(query)
        if_version = _if_version(headers)
        with self._counted("upload"):
            file = await spool_body(receive, scope["headers"], self._limits)
            try:
                async with self._slot(scope, receive):
                    info = await self._graphs.put(
                        graph_id, file.fileno(), format_, options, if_version, headers.get("idempotency-key")
                    )
            except Conflict as error:
                if if_version is None:
                    raise
                raise PreconditionFailed(error.message, **error.data) from None
            finally:
                file.close()
        await respond_json(send, 201 if info.version == 1 else 200, _info(info), [_etag(info.version)])

    # -- out --------------------------------------------------------------------------------------

    async def _list(self, query: QueryParams, scope: Scope, receive: Receive, send: Send) -> None:
        asked = page_of(query)
        async with self._slot(scope, receive):
            page = await self._graphs.list(*asked)
        await respond_json(
            send, 200, {"graphs": [overview.summary(item) for item in page.items], "next_after": page.next}
        )

    async def _get(self, graph_id: str, query: QueryParams, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        format_, options = _format(query, headers.get("accept", "").partition(",")[0]), _options(query)
        with self._counted("download"):
            async with self._slot(scope, receive):
                known = headers.get("if-none-match")
                if known is not None:
                    version = (await self._graphs.info(graph_id)).version
                    if known == _etag(version)[1].decode():
                        await respond(send, 304, b"", headers=[_etag(version)])
                        return
                version, descriptor = await self._graphs.export(graph_id, format_, options)
            with os.fdopen(descriptor, "rb") as file:
                await self._send_file(file, graph_id, format_, version, send)

    async def _send_file(self, file: IO[bytes], graph_id: str, format_: str, version: int, send: Send) -> None:
        size = os.fstat(file.fileno()).st_size
        headers: Headers = [
            (b"content-type", CONTENT_TYPES[format_].encode()),
            (b"content-length", b"%d" % size),
            (b"content-disposition", f'attachment; filename="{graph_id}.{format_}"'.encode()),
            (b"x-content-type-options", b"nosniff"),
            _etag(version),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # A reader gets the time that the least rate gives it, and one window to pause.
        patience = RATE_WINDOW_SECONDS + _CHUNK / (self._limits.upload_min_kib_per_second * KIB)
        sent = 0
        while True:
            chunk = await asyncio.to_thread(file.read, _CHUNK)
            sent += len(chunk)
            try:
                async with asyncio.timeout(patience):
                    await send({"type": "http.response.body", "body": chunk, "more_body": sent < size})
            except TimeoutError:
                raise DeadlineExceeded("The client reads too slowly (limits.upload_min_kib_per_second).") from None
            if sent >= size or not chunk:
                return

    # -- both -------------------------------------------------------------------------------------

    @contextmanager
    def _counted(self, direction: str) -> Iterator[None]:
        """One of `limits.upload_concurrent` transfers of a direction: they bound the spool volume."""
        most = self._limits.upload_concurrent
        if self._under_way[direction] >= most:
            raise shed(
                f"{most} {direction}s are under way (limits.upload_concurrent). Repeat after the time in Retry-After.",
                retry_after=2,
                reason="transfers",
                setting="limits.upload_concurrent",
            )
        self._under_way[direction] += 1
        try:
            yield
        finally:
            self._under_way[direction] -= 1

    @asynccontextmanager
    async def _slot(self, scope: Scope, receive: Receive) -> AsyncIterator[None]:
        """An admission slot; inside it the call ends when the client hangs up or its deadline passes."""
        call: CallContext = scope[SCOPE_KEY]
        self._deadlines.start(call)
        slot = await self._admission.enter(call, receive)
        task = asyncio.current_task()
        assert task is not None
        gone = False

        async def watch() -> None:
            """Cancel the call when the client hangs up: its worker would work for nobody."""
            nonlocal gone
            await hung_up(receive)
            gone = True
            task.cancel()

        watcher = asyncio.ensure_future(watch())
        try:
            async with self._deadlines.hold(call):
                yield
        except asyncio.CancelledError:
            if gone and task.uncancel() == 0:
                raise Cancelled("The client hung up.") from None
            raise
        finally:
            watcher.cancel()
            slot.release()
            call.leave_slot()


def page_of(query: QueryParams) -> tuple[str, int, str]:
    """`after`, `limit` and `prefix` of a list. Raises InvalidInput for a limit that is no number."""
    text = query.get("limit", "50")
    # Longer ones are numbers that int() refuses to read, or reads slowly.
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise InvalidInput(f"limit {text[:_DIGITS]!r} is not a number of at most {_DIGITS} digits.", field="limit")
    return query.get("after", ""), int(text), query.get("prefix", "")


def _need(scope: str) -> None:
    if scope not in context.current().caller.scopes:
        raise Forbidden(f"This token lacks the scope {scope!r}.", scope=scope)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _format(query: QueryParams, content_type: str) -> str:
    """The format named by the query, else by the content type."""
    named = query.get("format")
    if named is None:
        named = _FORMATS.get(content_type.partition(";")[0].strip().lower(), "")
        if not named:
            raise InvalidInput(
                f"Name the format, for example ?format=csv; the formats are {', '.join(CONTENT_TYPES)}.", field="format"
            )
    if named not in CONTENT_TYPES:
        raise InvalidInput(f"format {named!r} is unknown; the formats are {', '.join(CONTENT_TYPES)}.", field="format")
    return named


def _options(query: QueryParams) -> dict[str, Any]:
    """The format's options: what the query says besides the format."""
    words: dict[str, Any] = {"true": True, "false": False}
    options: dict[str, Any] = {}
    for name, value in query.multi_items():
        if name == "format":
            continue
        if name in options:
            raise InvalidInput(f"{name} is given twice", field=name)
        options[name] = words.get(value, value)
    return options


def _if_version(headers: Mapping[str, str]) -> int | None:
    """The version that a write asks for; 0: there must be none. Raises InvalidInput for other conditions."""
    if_match, if_none_match = headers.get("if-match"), headers.get("if-none-match")
    if if_none_match is not None:
        if if_none_match != "*" or if_match is not None:
            raise InvalidInput("PUT understands If-None-Match: * alone.", field="If-None-Match")
        return 0
    if if_match is None:
        return None
    found = _ETAG.fullmatch(if_match)
    if found is None:
        raise InvalidInput('If-Match holds one version in quotes, for example If-Match: "7".', field="If-Match")
    return int(found[1])


def _etag(version: int) -> tuple[bytes, bytes]:
    return (b"etag", b'"%d"' % version)


def _info(info: GraphInfo) -> dict[str, Any]:
    return {**overview.summary(info), "repeated": info.repeated}
