"""What the kernel may hold for the sockets of clients.

Left alone, Linux lets the buffer of a socket grow to megabytes (`net.ipv4.tcp_rmem`): 60 strangers, each with a body that nobody
reads, had it hold 36 MiB, up to 5.3 MiB each, and a container of control groups version 2 pays for that. With buffers of a size of their own
none grows; the same strangers have 52 KiB each (`python -m loadtests.abuse holds --only "unread bodies"`).
"""

from __future__ import annotations

from networkx_mcp.limits.memory_account import ASSUMED_BASELINE, CEILING_RATIO
from networkx_mcp.settings import KIB, MIB, Settings

#: SO_RCVBUF and SO_SNDBUF of a client's socket. Half of the second makes the download of a large graph four times as slow.
RECEIVE_BYTES = 32 * KIB
SEND_BYTES = 64 * KIB
#: What both can take of memory: Linux doubles what it is told, for what it keeps beside the bytes (socket(7)).
BYTES_PER_SOCKET = 2 * (RECEIVE_BYTES + SEND_BYTES)


def shortage(settings: Settings) -> str | None:
    """Why the container is too small for all its sockets, the processes and one heavy call; None where it is not."""
    limits = settings.limits
    sockets = limits.sockets * BYTES_PER_SOCKET
    call = settings.memory.worker_mb * MIB
    there = int(limits.memory_bytes * CEILING_RATIO)
    if ASSUMED_BASELINE + sockets + call <= there:
        return None
    return (
        f"limits.sockets ({limits.sockets}) can take {_mib(sockets)} MiB of the kernel's memory; with {_mib(ASSUMED_BASELINE)} MiB for the "
        f"processes and memory.worker_mb ({settings.memory.worker_mb}) that is more than the {_mib(there)} MiB that are promised of limits.memory_mb: "
        "lower limits.sockets or memory.worker_mb, or raise limits.memory_mb"
    )


def _mib(nbytes: int) -> int:
    return -(-nbytes // MIB)
