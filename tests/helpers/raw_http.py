"""A socket that speaks HTTP/1.1 exactly as badly as a test wants."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any, Self

from tests.helpers.patience import PATIENCE
from tests.helpers.server import Server


class RawClient:
    """One connection to a server."""

    def __init__(self, server: Server, timeout: float = PATIENCE) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout)
        self.host = f"127.0.0.1:{server.port}"
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes | str) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Send a complete request."""
        fields = {"Host": self.host, **(headers or {})}
        if body:
            fields.setdefault("Content-Length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower-case) and body of the next answer. Raises ConnectionError where none comes."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                raise ConnectionError("the server closed the connection without an answer")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length and self._more():
            pass
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return int(status.split(" ")[1]), headers, body

    def admitted(self) -> None:
        """Wait until the server wants the body of the request that was sent with `Expect: 100-continue`."""
        status, _, body = self.answer()
        assert status == 100, body

    def json(self) -> Any:
        """The body of the next answer."""
        return json.loads(self.answer()[2])

    def closed_within(self, seconds: float = PATIENCE) -> bool:
        """Whether the server closes the connection in time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                if not self._more():
                    return True
        return False
