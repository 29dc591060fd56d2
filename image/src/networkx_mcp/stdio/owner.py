"""Who serves a directory of graphs: one process, whichever needed it first.

A host starts a server for each of its windows, and several hosts may share a machine, while one process must own the
store. So nobody answers calls itself: each passes them to a server on a Unix socket in the directory, and starts it
where nobody listens, before it imports what it needs itself. The server holds a lock (flock(2)) for as long as it lives, and ends
when the process that started it ends; whoever calls next finds nobody there, takes the lock and starts another.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    import httpx

#: Longest time for a server to answer after it was started, in seconds; a slow disk and a large store are in it.
START_SECONDS = 120.0
_LOOK_SECONDS = 0.05
#: Requests of one host at the server at once; more wait in the pipe.
AT_ONCE = 32
_ANSWER_SECONDS = 600.0
#: Characters of a socket's path that every system takes (sun_path of unix(7) has 108, of macOS 104).
_LONGEST_PATH = 100


def default_directory() -> Path:
    """Where the user's programs keep their data (XDG_DATA_HOME or ~/.local/share; ~/Library/Application Support)."""
    return platformdirs.user_data_path("networkx-mcp", appauthor=False)


class CannotStart(Exception):
    """The server does not come up; the message says why."""


class Owner:
    """The server of one directory, ours or another process's."""

    def __init__(self, directory: Path) -> None:
        """Make the directory, readable by its owner alone. Raises OSError."""
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket = _socket_path(directory)
        self._child: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = asyncio.Lock()

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """Requests to the server. It answers by its own deadlines, which are far below this one."""
        import httpx

        return httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(self.socket), limits=httpx.Limits(max_connections=AT_ONCE)),
            base_url="http://localhost",
            timeout=_ANSWER_SECONDS,
            trust_env=False,
        )

    async def ensure(self) -> None:
        """Return once a server answers calls. Raises CannotStart."""
        async with self._one_at_a_time:
            until = time.monotonic() + START_SECONDS
            while not await self._started():
                if self._child is not None and self._child.poll() is not None:
                    code, self._child = self._child.returncode, None
                    if code:
                        raise CannotStart(f"The server ended with exit code {code}: its log (stderr) says why.")
                if self._child is None:
                    self.begin()
                if time.monotonic() > until:
                    raise CannotStart(f"No server answers on {self.socket} after {START_SECONDS:g} s.")
                await asyncio.sleep(_LOOK_SECONDS)

    async def _started(self) -> bool:
        import httpx

        try:
            return (await self.http.get("/startup")).is_success
        except httpx.TransportError:
            return False

    def begin(self) -> None:
        """Start the server, unless another process did or is doing so; `ensure` waits for it. Raises OSError."""
        with (self.directory / "server.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if _listens(self.socket):
                return  # a server that somebody started for all: it holds no lock
            self.socket.unlink(missing_ok=True)
            # The lock is the child's as well (a copy of the descriptor), and its alone once the file is closed here.
            self._child = subprocess.Popen(
                [sys.executable, "-m", "networkx_mcp", "serve", "--end-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=sys.stderr,
                pass_fds=(lock.fileno(),),
                env={
                    "NETWORKX_MCP_STORE_PATH": str(self.directory / "networkx-mcp.sqlite3"),
                    **os.environ,
                    "NETWORKX_MCP_HTTP_SOCKET": str(self.socket),
                },
            )

    async def close(self, seconds: float) -> None:
        """Let the server end, if it is ours, and wait for it a while: it ends what runs, if need be without us."""
        await self.http.aclose()
        if self._child is None:
            return
        assert self._child.stdin is not None
        self._child.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._child.wait, seconds)


def _listens(path: Path) -> bool:
    """Whether a process takes connections on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _socket_path(directory: Path) -> Path:
    """In the directory, or under a short name in a directory of the user's among temporary files."""
    path = directory / "server.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    short = Path(tempfile.gettempdir()) / f"networkx-mcp-{os.getuid()}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid():
        raise OSError(f"{short} belongs to somebody else")
    return short / f"{hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:16]}.sock"
