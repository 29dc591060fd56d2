"""One request and its answer as they pass through the server: what was sent, and how to end it badly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Message, Receive, Scope, Send

from networkx_mcp.context import CallContext
from networkx_mcp.errors import Cancelled, ServiceError
from networkx_mcp.http.connections import CONNECTION_KEY, Connection
from networkx_mcp.http.headers import Headers
from networkx_mcp.http.respond import respond_error, sse_error

#: Key of the Exchange in an ASGI scope.
EXCHANGE_KEY = "networkx_mcp.exchange"
#: The header that ends a connection with its answer.
CLOSE = (b"connection", b"close")
#: Time to send an error to a client that may not read, in seconds.
_FAIL_SECONDS = 2.0


class Exchange:
    """Wraps `receive` and `send` of one request; adds the headers that every answer carries."""

    def __init__(
        self,
        call: CallContext,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        jsonrpc: bool,
        closing: Callable[[Connection | None], bool],
    ) -> None:
        self.call = call
        self.connection: Connection | None = scope.get(CONNECTION_KEY)
        self._receive = receive
        self._send = send
        self._closing = closing
        #: Whether errors are JSON-RPC, and the id of the request they answer.
        self.jsonrpc = jsonrpc
        self.request_id: str | int | None = None
        #: Added to the answer, whoever gives it.
        self.headers: Headers = [(b"x-request-id", call.correlation_id.encode("latin-1"))]
        self.status = 0
        self.started = self.finished = self.disconnected = self.stream = False
        if self.connection is not None:
            call.watch = self.connection.watch

    @property
    def complete(self) -> bool:
        """Whether the whole request has arrived in this process."""
        return self.connection is not None and self.connection.complete

    async def receive(self) -> Message:
        """The next message of the client; notes when it hung up."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self.finished:
            self.disconnected = True
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = []
            for name, value in message.get("headers", ()):
                if name == b"connection":  # the connection is ours; the SDK asks for keep-alive
                    continue
                if name == b"content-type" and value.startswith(b"text/event-stream"):
                    self.stream = True
                headers.append((name, value))
            headers += self.headers
            if self._closing(self.connection):  # asked now: it may have begun to drain meanwhile
                headers.append(CLOSE)
            await self._send({**message, "headers": headers})
            return
        if not message.get("more_body", False):
            self.finished = True
        await self._send(message)

    async def fail(self, error: ServiceError) -> None:
        """Tell the client: as the answer, as the last event of a stream, or by cutting the connection."""
        if self.finished or self.disconnected or isinstance(error, Cancelled):
            return
        try:
            async with asyncio.timeout(_FAIL_SECONDS):
                if not self.started:
                    await respond_error(self.send, error, jsonrpc=self.jsonrpc, request_id=self.request_id)
                    return
                if self.stream:
                    last = sse_error(error, self.request_id)
                    with suppress(RuntimeError):  # the stream ended in the same moment
                        await self.send({"type": "http.response.body", "body": last, "more_body": False})
                    return
        except TimeoutError:
            pass
        if self.connection is not None:
            self.connection.abort()
