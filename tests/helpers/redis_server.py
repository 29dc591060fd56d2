"""A real Redis or Valkey server for tests: on a port of its own, durable as the chart's store is.

The one that `make tools` fetched, else one of 7.2 or later on PATH. Without one the tests fail, and say so.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.tools import BIN, OLDEST_REDIS, redis_version
from tests.helpers.patience import PATIENCE
from tests.helpers.ports import Port

DURABLE = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")

_PR_SET_PDEATHSIG = 1


def find_server() -> str:
    """Path of a server binary. NETWORKX_MCP_TEST_REDIS names another one to test with."""
    if named := os.environ.get("NETWORKX_MCP_TEST_REDIS"):
        return named
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name, path=path)) and redis_version(found) >= OLDEST_REDIS:
            return found
    raise RuntimeError("no Redis of 7.2 or later: run `make tools`, which fetches one into .tools/bin")


def _end_with_parent() -> None:
    """A killed test run leaves no server behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class RedisServer:
    """One server process. Its directory outlives `kill`, so `start` finds the data again."""

    def __init__(self, *options: str, durable: bool = True, wrapper: Sequence[str] = ()) -> None:
        self._port = Port()
        self.port = self._port.number
        # Short, so that a Unix socket in it would have a legal name.
        self.directory = Path(tempfile.mkdtemp(prefix="nmcp-redis-"))
        self._options = [*(DURABLE if durable else ()), *options]
        self._wrapper = list(wrapper)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def start(self, seconds: float = PATIENCE) -> RedisServer:
        """Start and wait until it serves."""
        command = [
            *self._wrapper, find_server(), "--port", str(self.port), "--bind", "127.0.0.1",
            "--dir", str(self.directory), *self._options,
        ]  # fmt: skip
        log = (self.directory / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_end_with_parent)
        end = time.monotonic() + seconds
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                text = (self.directory / "log").read_text(errors="replace")[-2000:]
                self.kill()
                raise RuntimeError(f"the Redis server did not start:\n{text}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as probe:
                probe.sendall(b"PING\r\n")
                # A server that asks for a password serves; one that loads does not yet.
                return probe.recv(64)[:5] in (b"+PONG", b"-NOAU")
        except OSError:
            return False

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        self._port.release()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> RedisServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()
