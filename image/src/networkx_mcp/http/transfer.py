"""/graphs: whole graphs in and out over HTTP, with the same tokens, beside the model.

    GET  /graphs                     a page of the tenant's graphs (`after`, `limit`, `prefix`)
    PUT  /graphs/{id}?format=csv     the body becomes the graph's contents; without a format the content type tells it,
                                     else the file's content and name (`filename`, or Content-Disposition);
                                     with `mode=merge` what it has is merged into the graph
    GET  /graphs/{id}?format=csv     the graph as a file
    GET  /graphs/{id}/layout         what the viewer draws, as JSON; parameters are the arguments of view_graph

The ETag is `"<version>-<beginning of the uid>"`, of a download with `-<format>` behind it: after a graph was deleted and
made again its versions begin anew, its uid does not, and files of two formats are not the same. `If-Match` with it writes
only onto that graph at that version, `If-Match: "7"` onto version 7 of whatever has the name, `If-None-Match: *` only where
there is no graph yet. `Idempotency-Key` makes a repeated upload happen once. Further query parameters are
the format's options. An upload takes a slot only when it is complete; a download gives it back
before the first byte leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from email.message import Message
from typing import IO, Any

from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from networkx_mcp import context
from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Hints
from networkx_mcp.context import SCOPE_KEY, CallContext, TurnedAway
from networkx_mcp.errors import Conflict, DeadlineExceeded, Forbidden, InvalidInput
from networkx_mcp.graphs.model import Upload, UploadedGraph
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.hang_up import ends_with_client
from networkx_mcp.http.admission import Admission
from networkx_mcp.http.deadlines import Deadlines
from networkx_mcp.http.headers import Headers
from networkx_mcp.http.respond import JSON, PIECE, pieces_of, respond, respond_in_pieces, respond_json
from networkx_mcp.http.spool import RATE_WINDOW_SECONDS, Pace, spool_body
from networkx_mcp.http.transfer_slots import TransferSlots
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.tools import graph_summary, view_graph

#: Query parameters that are no options of the format.
_NAMES = frozenset({"format", "filename"})
#: Digits of a number in a request: every version fits.
_DIGITS = 18
#: Characters of the uid in an ETag: 32 bits beside the version.
_UID = 8
_ETAG = re.compile(rf'"([0-9]{{1,{_DIGITS}}})(?:-([0-9a-f]{{{_UID}}})(?:-[a-z-]{{1,20}})?)?"')
_CHUNK = 256 * KIB
_LAYOUT = "/layout"


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
        self._uploads = TransferSlots("upload", settings.limits.upload_concurrent)
        self._downloads = TransferSlots("download", settings.limits.upload_concurrent)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = QueryParams(scope["query_string"])
        _, _, graph_id = scope["path"].removeprefix("/").partition("/")
        if scope["method"] == "GET" and graph_id.endswith(_LAYOUT):
            _need(context.READ)
            await self._layout(graph_id.removesuffix(_LAYOUT), query, scope, receive, send)
            return
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
        content_type = headers.get("content-type", "")
        format_, options = _format_in(query, content_type), _options(query)
        hints = Hints(_filename(query, headers), _charset(content_type))
        if_version, if_uid = _condition(headers)
        call: CallContext = scope[SCOPE_KEY]
        with self._uploads.one(call):
            with TurnedAway(call):
                file = await spool_body(receive, scope["headers"], self._limits)
            try:
                async with self._slot(scope, receive):
                    key = headers.get("idempotency-key")
                    upload = Upload(file.fileno(), format_, options, hints)
                    info = await self._graphs.put(graph_id, upload, if_version, key, if_uid)
            except Conflict as error:
                if if_version is None:
                    raise
                raise PreconditionFailed(error.message, **error.data) from None
            except DeadlineExceeded as error:
                # A write on its way to the store is followed to its end without its caller.
                what = "It may have been done: look at the version, or repeat it with the same Idempotency-Key."
                raise DeadlineExceeded(f"{error.message} {what}", **error.data) from None
            finally:
                file.close()
        await respond_json(send, 201 if info.version == 1 else 200, _info(info), [_etag(info.version, info.uid)])

    # -- out --------------------------------------------------------------------------------------

    async def _list(self, query: QueryParams, scope: Scope, receive: Receive, send: Send) -> None:
        asked = page_of(query)
        async with self._slot(scope, receive):
            page = await self._graphs.list(*asked)
        await respond_json(send, 200, graph_summary.listing(page))

    async def _get(self, graph_id: str, query: QueryParams, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        format_, options = _format_out(query, headers.get("accept", "").partition(",")[0]), _options(query)
        vary: Headers = [] if "format" in query else [(b"vary", b"Accept")]
        call: CallContext = scope[SCOPE_KEY]
        with self._downloads.one(call):
            async with self._slot(scope, receive):
                known = headers.get("if-none-match")
                if known is not None:
                    info = await self._graphs.info(graph_id)
                    tag = _etag(info.version, info.uid, format_)
                    if _matches(known, tag[1].decode()):
                        await respond(send, 304, b"", headers=[tag, *vary])
                        return
                stamp, descriptor = await self._graphs.export(graph_id, format_, options)
            with os.fdopen(descriptor, "rb") as file, TurnedAway(call):
                await self._send_file(file, graph_id, format_, [_etag(*stamp, format_), *vary], send)

    async def _layout(self, graph_id: str, query: QueryParams, scope: Scope, receive: Receive, send: Send) -> None:
        args = view_graph.TOOL.parse({**_view_arguments(query), "graph_id": graph_id})
        assert isinstance(args, view_graph.ViewGraph)
        headers = _headers(scope)
        async with self._slot(scope, receive):
            info = await self._graphs.info(graph_id)
            form = f"layout-{zlib.crc32(repr(args).encode()):08x}"
            tag = _etag(info.version, info.uid, form)
            more: Headers = [
                tag,
                (b"cache-control", b"private, no-cache"),
                (b"vary", b"Accept-Encoding, Authorization"),
                (b"x-content-type-options", b"nosniff"),
                (b"content-disposition", f'attachment; filename="{graph_id}.layout.json"'.encode()),
            ]
            if _matches(headers.get("if-none-match", ""), tag[1].decode()):
                await respond(send, 304, b"", headers=more)
                return
            value, version = await view_graph.viewed(self._graphs, args)
        more[0] = _etag(version, info.uid, form)
        more.append((b"content-type", JSON))
        if "gzip" in headers.get("accept-encoding", ""):
            data = value["data"]
            more += [(b"content-length", b"%d" % len(data)), (b"content-encoding", b"gzip")]
            await respond_in_pieces(send, pieces_of(data), more)
        else:
            await respond_in_pieces(send, _inflated(value["data"]), more)

    async def _send_file(self, file: IO[bytes], graph_id: str, format_: str, more: Headers, send: Send) -> None:
        size = os.fstat(file.fileno()).st_size
        record = formats.known(format_)
        headers: Headers = [
            *more,
            (b"content-type", record.content_type.encode()),
            (b"content-length", b"%d" % size),
            (b"content-disposition", f'attachment; filename="{graph_id}.{record.extensions[0]}"'.encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # The rate of uploads; a chunk counts when all of it is with the reader, so the window is longer by its time.
        rate = self._limits.upload_min_kib_per_second * KIB
        pace = Pace(rate, RATE_WINDOW_SECONDS + _CHUNK / rate, time.monotonic())
        sent = 0
        while True:
            chunk = await asyncio.to_thread(file.read, _CHUNK)
            sent += len(chunk)
            try:
                async with asyncio.timeout(pace.patience(time.monotonic())):
                    await send({"type": "http.response.body", "body": chunk, "more_body": sent < size})
                pace.moved(len(chunk), time.monotonic())
            except TimeoutError:
                raise DeadlineExceeded("The client reads too slowly (limits.upload_min_kib_per_second).") from None
            if sent >= size or not chunk:
                return

    # -- both -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _slot(self, scope: Scope, receive: Receive) -> AsyncIterator[None]:
        """An admission slot; inside it the call ends when the client hangs up or its deadline passes."""
        call: CallContext = scope[SCOPE_KEY]
        self._deadlines.start(call)
        slot = await self._admission.enter(call, receive)
        try:
            with ends_with_client(call, receive):
                async with self._deadlines.hold(call):
                    yield
        finally:
            slot.release()
            call.leave_slot()


def page_of(query: QueryParams) -> tuple[str, int, str]:
    """`after`, `limit` and `prefix` of a list. Raises InvalidInput for a limit that is no number."""
    text = query.get("limit", "50")
    # Longer ones are numbers that int() refuses to read, or reads slowly.
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise InvalidInput(f"limit {text[:_DIGITS]!r} is not a number of at most {_DIGITS} digits.", field="limit")
    return query.get("after", ""), int(text), query.get("prefix", "")


def _inflated(packed: bytes) -> Iterator[bytes]:
    """What `packed` (gzip) holds, a piece at a time: the whole is never here."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    while not inflater.eof:
        yield inflater.decompress(packed, PIECE)
        packed = inflater.unconsumed_tail


#: Parameters of a layout that are lists and ids: as JSON, because 1 and "1" are different nodes.
_AS_JSON = frozenset({"nodes", "around", "community", "seed", "limit"})


def _view_arguments(query: QueryParams) -> dict[str, Any]:
    """The arguments of view_graph. Raises InvalidInput."""
    found: dict[str, Any] = {}
    for name, text in query.multi_items():
        if name in found:
            raise InvalidInput(f"{name} is given twice", field=name)
        if name == "graph_id":
            raise InvalidInput("graph_id: the path names the graph.", field=name)
        try:
            found[name] = json.loads(text) if name in _AS_JSON else text
        except (ValueError, RecursionError):
            found[name] = text
    return found


def _need(scope: str) -> None:
    if scope not in context.current().caller.scopes:
        raise Forbidden(f"This token lacks the scope {scope!r}.", scope=scope)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _format_in(query: QueryParams, content_type: str) -> str:
    """The format named by the query, else by the content type; empty: the file itself must tell."""
    named = query.get("format")
    if named is None:
        record = formats.of_content_type(content_type, formats.READ)
        return record.name if record is not None else ""
    return formats.known(named, formats.READ).name


def _format_out(query: QueryParams, accept: str) -> str:
    """The format named by the query, else by what the client accepts first."""
    named = query.get("format")
    if named is None:
        record = formats.of_content_type(accept, formats.WRITTEN)
        if record is None:
            raise InvalidInput(
                f"Name the format, for example ?format=csv; the formats are {', '.join(formats.WRITTEN)}.",
                field="format",
            )
        return record.name
    return formats.known(named, formats.WRITTEN).name


def _filename(query: QueryParams, headers: Mapping[str, str]) -> str:
    """What the client calls the file: by `filename` in the query, else by Content-Disposition."""
    if "filename" in query:
        return query["filename"]
    if "content-disposition" not in headers:
        return ""
    message = Message()
    message["content-disposition"] = headers["content-disposition"]
    return message.get_filename("")


def _charset(content_type: str) -> str:
    """The charset of a content type; empty where there is none."""
    message = Message()
    message["content-type"] = content_type or "application/octet-stream"
    return message.get_content_charset("")


def _options(query: QueryParams) -> dict[str, Any]:
    """The format's options: what the query says besides the format."""
    words: dict[str, Any] = {"true": True, "false": False}
    options: dict[str, Any] = {}
    for name, value in query.multi_items():
        if name in _NAMES:
            continue
        if name in options:
            raise InvalidInput(f"{name} is given twice", field=name)
        options[name] = words.get(value, value)
    return options


def _condition(headers: Mapping[str, str]) -> tuple[int | None, str]:
    """The version that a write asks for (0: there must be none) and the beginning of the uid, '' for any.

    Raises InvalidInput for other conditions.
    """
    if_match, if_none_match = headers.get("if-match"), headers.get("if-none-match")
    if if_none_match is not None:
        if if_none_match != "*" or if_match is not None:
            raise InvalidInput("PUT understands If-None-Match: * alone.", field="If-None-Match")
        return 0, ""
    if if_match is None:
        return None, ""
    found = _ETAG.fullmatch(if_match)
    if found is None:
        raise InvalidInput(
            'If-Match holds one ETag, or one version in quotes, for example If-Match: "7".', field="If-Match"
        )
    return int(found[1]), found[2] or ""


def _etag(version: int, uid: str, format_: str = "") -> tuple[bytes, bytes]:
    return (b"etag", f'"{version}-{uid[:_UID]}{"-" if format_ else ""}{format_}"'.encode())


def _matches(known: str, tag: str) -> bool:
    """If-None-Match: a list of ETags, some made weak by a proxy that compressed the file, or `*`."""
    return any(one.strip(" \t").removeprefix("W/") in ("*", tag) for one in known.split(","))


def _info(info: UploadedGraph) -> dict[str, Any]:
    return {**graph_summary.summary(info), "repeated": info.repeated, "reading": info.reading.as_dict()}
