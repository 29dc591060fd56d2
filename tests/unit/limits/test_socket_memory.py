"""What the kernel may hold for sockets: no more than the arithmetic says, and counted where the container pays for it."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from networkx_mcp import cgroup
from networkx_mcp.http.listening import bound_buffers
from networkx_mcp.limits.socket_memory import BYTES_PER_SOCKET, shortage
from networkx_mcp.settings import KIB, MIB, Settings

#: SO_MEMINFO of Linux: nine numbers, of which these are bytes held for what came, set aside, and queued to be sent.
_MEMINFO, _FIELDS, _HELD = 55, "9I", (0, 4, 5)


def held(one: socket.socket) -> int:
    fields = struct.unpack(_FIELDS, one.getsockopt(socket.SOL_SOCKET, _MEMINFO, struct.calcsize(_FIELDS)))
    return sum(fields[place] for place in _HELD)


def fill(one: socket.socket) -> None:
    with suppress(BlockingIOError):
        while True:
            one.send(bytes(64 * KIB))


def test_a_client_that_is_read_fast_and_then_not_at_all_has_the_kernel_hold_no_more_than_was_reckoned() -> None:
    """Whoever is read fast has its buffer grow to megabytes where the kernel is left alone."""

    listener = socket.create_server(("127.0.0.1", 0))
    bound_buffers([listener])
    with listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        with accepted:
            for one in (client, accepted):
                one.setblocking(False)
            for _ in range(300):
                fill(client)
                with suppress(BlockingIOError):
                    accepted.recv(4 * MIB)
            for _ in range(20):
                fill(client)
                fill(accepted)
            assert 16 * KIB < held(accepted) <= BYTES_PER_SOCKET


@pytest.mark.parametrize("sockets, memory_mb, enough", [(2048, 2048, True), (2048, 1024, False), (1900, 1024, True)])
def test_the_arithmetic_names_the_settings(
    sockets: int, memory_mb: int, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("networkx_mcp.settings.memory_limit", lambda: None)
    told = shortage(Settings.model_validate({"limits": {"sockets": sockets, "memory_mb": memory_mb}}))
    assert (told is None) == enough
    assert told is None or all(name in told for name in ("limits.sockets", "memory.worker_mb", "limits.memory_mb"))


def test_of_the_kernels_memory_what_it_cannot_give_back_is_counted_in_version_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    assert cgroup.memory_kernel() == 0
    fields = {
        "anon": 10**9,
        "kernel": 10**8,
        "kernel_stack": 1,
        "pagetables": 20,
        "sock": 300,
        "slab_reclaimable": 10**7,
    }
    stat = tmp_path / "memory.stat"
    stat.write_text("".join(f"{name} {size}\n" for name, size in {**fields, "slab_unreclaimable": 4000}.items()))
    assert cgroup.memory_kernel() == 4321
    stat.write_text("total_rss 1000\ntotal_inactive_file 5\n")  # version 1
    assert cgroup.memory_kernel() == 0
