"""Slow and broken clients: they hold sockets and must not hold the server.

* `sender`: the body arrives at a byte a second. The server must end that by its body timeout.
* `half_open`: half of the headers, then silence. The same.
* `reader`: asks for a large answer and reads it at 4 KiB a second (--think scales the pauses).

Each ends well when the server closes the connection or answers within `PATIENCE_SECONDS`.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent import socket
from locust import User, task

from loadtests import protocol
from loadtests.seen import SEEN
from loadtests.workload import READ_GRAPH

#: The server's body timeout is 10 s, that of an answer 30 s.
PATIENCE_SECONDS = 40.0


class Slow(User):
    """One of the three kinds, in turn."""

    weight = 1

    def wait_time(self) -> float:
        """No pause."""
        return 0.0

    @task
    def sender(self) -> None:
        """A body that trickles."""
        head, body = self._request("list_graphs", {"limit": 200})

        def trickle(connection: Any) -> None:
            connection.sendall(head)
            for at in range(len(body)):
                connection.sendall(body[at : at + 1])
                gevent.sleep(1)

        self._hold("slow sender", trickle)

    @task
    def half_open(self) -> None:
        """Headers that never end."""
        head, _ = self._request("list_graphs", {})
        self._hold("half-open", lambda connection: connection.sendall(head[: len(head) // 2]))

    @task
    def reader(self) -> None:
        """An answer that is taken slowly."""
        head, body = self._request("describe_graph", {"graph_id": READ_GRAPH, "limit": 500})
        self._hold("slow reader", lambda connection: connection.sendall(head + body), pause=1.0)

    def _request(self, tool: str, arguments: dict[str, Any]) -> tuple[bytes, bytes]:
        options = self.environment.parsed_options
        method, params = protocol.call(tool, arguments)
        host = urlsplit(self.host or "").netloc
        whole = protocol.on_wire(host, "modern", method, params, 1, options.tokens.split(",")[0])
        head, _, body = whole.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n", body

    def _hold(self, name: str, send: Any, pause: float = 0.0) -> None:
        """Connect, `send`, and read until the server has answered or closed."""
        url = urlsplit(self.host or "")
        began, received, outcome = time.perf_counter(), b"", "connection"
        try:
            with socket.create_connection((url.hostname, url.port or 80), timeout=10) as connection:
                connection.settimeout(PATIENCE_SECONDS)
                sender = gevent.spawn(_quietly, send, connection)
                while time.perf_counter() - began < PATIENCE_SECONDS:
                    part = connection.recv(4096)
                    received += part
                    if not part or _complete(received):
                        outcome = "ok"
                        break
                    gevent.sleep(pause * self.environment.parsed_options.think)
                sender.kill()
        except ConnectionResetError:
            outcome = "ok"  # closed with what we had sent still unread
        except OSError:
            outcome = "connection"
        taken = time.perf_counter() - began
        if received.startswith(b"HTTP/1.1 500"):
            outcome = "internal"
        SEEN.add(outcome, taken, name)
        self.environment.events.request.fire(
            request_type="SLOW",
            name=name,
            response_time=1000 * taken,
            response_length=len(received),
            exception=None if outcome == "ok" else TimeoutError(f"{name}: {outcome} after {taken:.1f} s"),
            context={},
        )


def _complete(received: bytes) -> bool:
    head, gap, body = received.partition(b"\r\n\r\n")
    at = head.lower().find(b"content-length:")
    return bool(gap) and at >= 0 and len(body) >= int(head[at + 15 :].split(b"\r", 1)[0])


def _quietly(send: Any, connection: Any) -> None:
    """The server may close while we still send: that is what is tested."""
    try:
        send(connection)
    except OSError:
        return
