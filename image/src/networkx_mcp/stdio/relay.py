"""Messages of a host on stdin, answers on stdout: each is a POST to the server of the directory.

So all that holds over HTTP holds here: limits, the queue, deadlines, both eras of the protocol. A call that the host
cancels is hung up on, which ends it on the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import httpx

from networkx_mcp import mcp_wire
from networkx_mcp.stdio.files import Files
from networkx_mcp.stdio.owner import AT_ONCE, CannotStart, Owner

#: Bytes of one message; the server refuses smaller ones than this by its own limit, and says so.
LONGEST = 8 * 1024 * 1024
#: How often a request that provably did not run is sent again, to servers that end one after another.
_TRIES = 5
#: Time that requests and the server get once the host has closed the pipe, in seconds.
END_SECONDS = 3.0

_VERSION = "io.modelcontextprotocol/protocolVersion"
#: Codes of JSON-RPC 2.0.
_PARSE, _INVALID, _INTERNAL = -32700, -32600, -32603


class Relay:
    """One host."""

    def __init__(self, owner: Owner, output: IO[bytes], directories: Sequence[Path] = ()) -> None:
        self._owner = owner
        self._files = Files(directories, owner.http)
        self._own_tools = {tool["name"] for tool in self._files.listing()}
        self._output = output
        self._places = asyncio.Semaphore(AT_ONCE)
        self._running: dict[int | str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        #: What `initialize` agreed on; None before it, and in the modern era.
        self._agreed: str | None = None
        self._reads: frozenset[str] | None = None

    async def run(self, source: IO[bytes]) -> None:
        """Answer until the host closes the pipe."""
        lines: asyncio.Queue[bytes | None] = asyncio.Queue(AT_ONCE)
        loop = asyncio.get_running_loop()
        # A thread: a pipe that the host shares with others must not be made non-blocking, and may be a file.
        threading.Thread(target=_read, args=(source, loop, lines), daemon=True).start()
        while (line := await lines.get()) is not None:
            await self._line(line)
        tasks = {*self._running.values(), *self._others}
        if tasks:
            await asyncio.wait(tasks, timeout=END_SECONDS)
        for task in tasks:
            task.cancel()

    async def _line(self, line: bytes) -> None:
        if not line.strip():
            return None
        if len(line) > LONGEST:
            return self._error(None, _INVALID, f"A message has at most {LONGEST} bytes; files go in by their path.")
        try:
            message = json.loads(line)
        except ValueError as error:
            return self._error(None, _PARSE, f"This line is not JSON: {error}.")
        if not isinstance(message, dict):
            return self._error(None, _INVALID, "A message is a JSON object, and a line has one of them.")
        params = message.get("params")
        if message.get("method") == "notifications/cancelled":
            given = params.get("requestId") if isinstance(params, dict) else None
            task = self._running.get(given) if isinstance(given, int | str) else None
            if task is not None:
                task.cancel()
            return None
        await self._places.acquire()
        task = asyncio.create_task(self._answer(message, line))
        request_id = message.get("id")
        if isinstance(request_id, int | str) and request_id not in self._running:
            self._running[request_id] = task
            task.add_done_callback(lambda _: self._running.pop(request_id, None))
        else:
            self._others.add(task)
            task.add_done_callback(self._others.discard)
        task.add_done_callback(lambda _: self._places.release())
        if message.get("method") == "initialize":  # what it agrees on belongs to all that follow
            await asyncio.wait({task})
        return None

    async def _answer(self, message: dict[str, Any], line: bytes) -> None:
        try:
            if self._is_ours(message):
                self._write(await self._of_files(message))
                return
            status, told = await self._post(message, line)
        except (CannotStart, httpx.HTTPError) as error:
            if "id" in message:
                self._error(message["id"], _INTERNAL, str(error) or type(error).__name__)
            return
        if "id" not in message:
            return
        if told is None:
            self._error(message["id"], _INTERNAL, f"The server answered HTTP {status} without a message.")
            return
        if message.get("method") == "initialize":
            version = told.get("result", {}).get("protocolVersion")
            self._agreed = version if isinstance(version, str) else None
        if message.get("method") == "tools/list" and "result" in told:
            told["result"]["tools"] += self._files.listing()
        # What the server refuses before it reads the message has no id.
        self._write(told | {"id": message["id"]})

    def _is_ours(self, message: dict[str, Any]) -> bool:
        params = message.get("params")
        if message.get("method") != "tools/call" or "id" not in message or not isinstance(params, dict):
            return False
        return params.get("name") in self._own_tools

    async def _of_files(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to a call of a tool that this process has beside the server's."""
        params = message["params"]
        given = params.get("arguments") or {}
        if not isinstance(given, dict):
            found: dict[str, Any] = {
                "content": [{"type": "text", "text": "arguments: must be an object."}],
                "isError": True,
            }
        else:
            try:
                found = await self._files.call(params["name"], given)
            except httpx.ConnectError:
                await self._owner.ensure()
                found = await self._files.call(params["name"], given)
        if self._agreed is None:
            found = {"resultType": "complete"} | found
        return {"jsonrpc": "2.0", "id": message["id"], "result": found}

    async def _post(self, message: dict[str, Any], line: bytes) -> tuple[int, dict[str, Any] | None]:
        """The status and the answer of the server. Raises CannotStart, and HTTPError where it ended while it worked on what
        may not be repeated."""
        headers = self._headers(message)
        for _ in range(_TRIES):
            try:
                async with self._owner.http.stream("POST", "/mcp", content=line, headers=headers) as response:
                    return response.status_code, await self._received(response)
            except httpx.ConnectError:
                await self._owner.ensure()
            except httpx.RemoteProtocolError as error:
                if not await self._repeats(message):
                    raise httpx.RemoteProtocolError(
                        "The server ended while it worked on this call, which may have been carried out. Look whether it was, "
                        "or repeat it with the operation_id that it had."
                    ) from error
            except (httpx.ReadError, httpx.WriteError) as error:
                if not await self._repeats(message):
                    raise httpx.ReadError(str(error)) from error
        raise CannotStart("The server ends again and again: its log (stderr) says why.")

    async def _received(self, response: httpx.Response) -> dict[str, Any] | None:
        """The message that answers. What a stream tells before it (progress, messages of the log) goes to the host at once."""
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            return mcp_wire.parsed(await response.aread())
        told = None
        async for line in response.aiter_lines():
            event = mcp_wire.parsed(line.encode()) if line.startswith("data:") else None
            if event is None:
                continue
            if "method" in event:
                self._write(event)
            else:
                told = event
        return told

    async def _repeats(self, message: dict[str, Any]) -> bool:
        """Whether it does no harm to send a message twice: all but calls of tools that write."""
        if message.get("method") != "tools/call":
            return True
        name = (message.get("params") or {}).get("name")
        return name in await self._reading_tools()

    async def _reading_tools(self) -> frozenset[str]:
        if self._reads is None:
            await self._owner.ensure()
            response = await self._owner.http.post("/mcp", **mcp_wire.post("modern", "tools/list"))
            tools = (mcp_wire.parsed(response.content) or {}).get("result", {}).get("tools", ())
            self._reads = frozenset(tool["name"] for tool in tools if tool["annotations"]["readOnlyHint"])
        return self._reads

    def _headers(self, message: dict[str, Any]) -> dict[str, str]:
        """What the transport over HTTP says in headers and the one over pipes does not."""
        method, params = message.get("method"), message.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        version = meta.get(_VERSION) if isinstance(meta, dict) else None
        if isinstance(version, str) and isinstance(method, str):
            return mcp_wire.headers("modern", method, _named(params)) | {"MCP-Protocol-Version": _in_header(version)}
        found = {"Content-Type": "application/json", "Accept": mcp_wire.ACCEPT}
        return found if self._agreed is None else found | {"MCP-Protocol-Version": _in_header(self._agreed)}

    def _error(self, request_id: Any, code: int, text: str) -> None:
        self._write({"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": text}})

    def _write(self, message: dict[str, Any]) -> None:
        self._output.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self._output.flush()


def _named(params: Any) -> dict[str, Any]:
    """The parameters that name what a method asks for, as text: where they are missing the server says so."""
    return {name: _in_header(str(params.get(name, ""))) for name in ("name", "uri")}


def _in_header(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("\r", "?").replace("\n", "?")


def _read(source: IO[bytes], loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[bytes | None]) -> None:
    """Put each line in the queue, at most LONGEST + 1 bytes of it, and None at the end."""
    with contextlib.suppress(RuntimeError):  # the loop has ended
        while line := source.readline(LONGEST + 1):
            rest = line
            while rest and not rest.endswith(b"\n") and len(line) > LONGEST:
                rest = source.readline(LONGEST)
            asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
        asyncio.run_coroutine_threadsafe(lines.put(None), loop).result()


async def serve(owner: Owner, directories: Sequence[Path] = ()) -> int:
    """Relay between this process's pipes and the server; files beneath `directories` can be loaded and saved. Returns the exit
    code. Raises OSError where one is no directory."""
    try:
        await owner.ensure()
    except CannotStart as error:
        print(f"networkx-mcp: {error}", file=sys.stderr)
        return 1
    # Whatever prints by accident must not stand among the messages.
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    await Relay(owner, output, directories).run(sys.stdin.buffer)
    await owner.close(END_SECONDS)
    return 0
