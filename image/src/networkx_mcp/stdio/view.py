"""`networkx-mcp view FILE|GRAPH`: a graph of the user's in their browser.

The server of the user's directory listens on a Unix socket, which no browser calls. So a port of this machine's own is joined to it for
as long as this process runs. It listens on 127.0.0.1 only, and who else has an account on this machine can call it meanwhile, as they can
a server that `networkx-mcp serve` starts without tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import webbrowser
from pathlib import Path

from networkx_mcp.stdio.files import Files, Refused, id_of
from networkx_mcp.stdio.owner import CannotStart, Owner

_PIECE = 64 * 1024
#: Time that the server gets to end, in seconds.
_END_SECONDS = 35.0


async def show(owner: Owner, what: str, *, replace: bool, browser: bool) -> int:
    """Serve the viewer until interrupted; the exit code. `what` is the path of a file, or the id of a graph."""
    try:
        await owner.ensure()
        graph_id = await _graph(owner, what, replace=replace)
        server = await asyncio.start_server(lambda reader, writer: _join(owner, reader, writer), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            address = f"http://127.0.0.1:{port}/view/{graph_id}"
            print(address, flush=True)
            if browser:
                await asyncio.to_thread(webbrowser.open, address)
            await server.serve_forever()
    except (CannotStart, Refused) as error:
        print(f"networkx-mcp: {error}", file=sys.stderr)
        return 1
    finally:
        await owner.close(_END_SECONDS)
    return 0


async def _graph(owner: Owner, what: str, *, replace: bool) -> str:
    """The id of the graph that a file holds, or that is named. Raises Refused."""
    path = Path(what)
    if not await asyncio.to_thread(path.is_file):
        if not await _known(owner, what):
            raise Refused(f"There is no file {what}, and no graph of this name.")
        return what
    graph_id = id_of(path)
    if not replace and await _known(owner, graph_id):
        raise Refused(
            f"There is a graph {graph_id} already: `networkx-mcp view {graph_id}` shows it, --replace loads the file over it."
        )
    absolute = await asyncio.to_thread(path.absolute)
    return await Files([absolute.parent], owner.http).bring(absolute, "replace" if replace else "new")


async def _known(owner: Owner, graph_id: str) -> bool:
    answer = await owner.http.get("/graphs", params={"prefix": graph_id, "limit": 1})
    return answer.is_success and [graph["graph_id"] for graph in answer.json()["graphs"]] == [graph_id]


async def _join(owner: Owner, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass the bytes of one connection on, both ways, until either end is closed."""
    try:
        await owner.ensure()
        there, back = await asyncio.open_unix_connection(str(owner.socket))
    except (OSError, CannotStart):
        writer.close()
        return
    ways = [asyncio.ensure_future(_pass(reader, back)), asyncio.ensure_future(_pass(there, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (back, writer):
            end.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
