"""Ports for servers that must be found again at the same place: nobody gets them by chance.

The kernel gives ports of its ephemeral range to whoever asks for any, a connecting client among them. A port of that range
that was looked up and closed again, or whose server is down for a moment, may be another's by then. So these are outside
that range, and a lock keeps other test processes off them.
"""

from __future__ import annotations

import fcntl
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

LOWEST, HIGHEST = 10_000, 65_535


class Port:
    """A port of 127.0.0.1 that is ours until `release`, whether anything listens on it or not."""

    def __init__(self) -> None:
        chance = random.SystemRandom()
        candidates = [port for port in range(LOWEST, HIGHEST + 1) if port not in _ephemeral()]
        for number in chance.sample(candidates, len(candidates)):
            lock = _locked(Path(tempfile.gettempdir()) / f"networkx-mcp-port-{number}.lock")
            if lock is None:
                continue
            if _free(number):
                self.number, self._lock = number, lock
                return
            lock.close()
        raise RuntimeError("no port of 127.0.0.1 outside the kernel's ephemeral range is free")

    def release(self) -> None:
        """Let others have it. Harmless when repeated."""
        self._lock.close()


def _ephemeral() -> range:
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    return range(int(low), int(high) + 1)


def _locked(path: Path) -> IO[bytes] | None:
    try:
        file = path.open("ab")
    except OSError:  # another user's
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _free(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True
