"""More than one new connection per turn of the event loop.

libuv, on which uvloop rests, accepts one connection for each handle of a listener and turn of the loop
(https://github.com/libuv/libuv/pull/3696); asyncio's own loop accepts all that wait. Under load a turn takes tens of milliseconds,
because it runs whatever is ready, and when a crowd comes, each new connection waits behind all others of it, a
kubelet's probe among them, while those that are in are served.
"""

from __future__ import annotations

import asyncio
import asyncio.trsock
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from networkx_mcp import platform
from networkx_mcp.limits.socket_memory import RECEIVE_BYTES, SEND_BYTES

#: Bytes of answers, beside those on their way, that the kernel takes for one connection before the client's side has room for them. A client that reads nothing
#: would otherwise have it hold megabytes, which count to the memory of the container.
UNSENT_BYTES = 32 * 1024
#: Connections per listener and turn. Each is a handle, which costs a vain accept for every single connection that comes.
ACCEPTS = 32


async def accept_more(
    server: asyncio.Server, protocol: Callable[[], asyncio.Protocol], backlog: int
) -> list[asyncio.Server]:
    """Further servers on the listening sockets of `server`, so that ACCEPTS connections are accepted in a turn. Close them with
    it: a socket listens as long as one of them is open."""
    loop = asyncio.get_running_loop()
    listeners = [socket.socket(fileno=os.dup(one.fileno())) for one in server.sockets for _ in range(ACCEPTS - 1)]
    return [
        await loop.create_unix_server(protocol, sock=one, backlog=backlog)
        if one.family == socket.AF_UNIX
        else await loop.create_server(protocol, sock=one, backlog=backlog)
        for one in listeners
    ]


def bound_buffers(listeners: Iterable[socket.socket | asyncio.trsock.TransportSocket]) -> None:
    """Let the kernel hold a bounded number of bytes for each connection that will be accepted; connections inherit it."""
    for listener in listeners:
        with socket.socket(fileno=os.dup(listener.fileno())) as same:
            if same.family != socket.AF_UNIX:
                if platform.TCP_NOTSENT_LOWAT is not None:
                    same.setsockopt(socket.IPPROTO_TCP, platform.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
                same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
                same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)


def bind(path: Path) -> socket.socket:
    """A listening socket at `path` that its owner alone may connect to. A file that nobody listens on is replaced.

    Raises OSError where somebody listens.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            path.unlink(missing_ok=True)
        else:
            raise OSError(f"another process listens on {path}")
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        made.bind(str(path))
    finally:
        os.umask(old)
    return made
