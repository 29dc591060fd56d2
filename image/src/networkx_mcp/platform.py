"""What only Linux has, each with a portable stand-in: macOS runs by those, and Linux with NETWORKX_MCP_PORTABLE=1, which tests use.

| Linux | elsewhere |
|---|---|
| sealed memfds | files without a name, of which only descriptors that cannot write are left |
| pidfds | a pipe of which the process alone holds the other end |
| SOCK_SEQPACKET | a stream of packets with their lengths |
| RLIMIT_DATA | the resident set, looked at by the API 50 times a second (`workers/watch.py`) |
| PR_SET_PDEATHSIG | the zygote ends its workers when its socket does, the API those of a zygote that is gone |
| seccomp (`workers/sandbox.py`) | nothing: who reads bytes of others could open files |
| /proc | psutil, /dev/fd |

A worker serves one call there: what it retains cannot be told from what it shares.
"""

from __future__ import annotations

import contextlib
import fcntl  # here: a worker that is shut in can open no library
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, Final

PORTABLE: Final = sys.platform != "linux" or os.environ.get("NETWORKX_MCP_PORTABLE") == "1"
#: Flag of recvmsg(2) by which descriptors that come are closed in programs that this process starts.
CLOSE_ON_EXEC: Final[int] = 0 if PORTABLE else socket.MSG_CMSG_CLOEXEC
#: TCP_NOTSENT_LOWAT; Python 3.11 has no name for it. None where it is not known.
TCP_NOTSENT_LOWAT: Final = {"linux": 25, "darwin": 0x201}.get(sys.platform)

_LENGTH = struct.Struct("<I")
#: By descriptor of a file that is being written, one of the same file that can only read.
_readers: dict[int, int] = {}
#: In a worker, the end of the pipe by which others see that it runs.
_lifeline: int | None = None


# -- memory that processes share ----------------------------------------------------------------------


def memory_file(name: str) -> int:
    """A new, empty, writable file without a name (close-on-exec); `seal` it when it is written."""
    if not PORTABLE:
        return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    fd, path = tempfile.mkstemp(prefix="networkx-mcp-")
    try:
        reader = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except BaseException:
        os.close(fd)
        raise
    finally:
        os.unlink(path)  # noqa: PTH108
    if (stale := _readers.pop(fd, None)) is not None:  # of a file that was closed before it was whole
        os.close(stale)
    _readers[fd] = reader
    return fd


def seal(fd: int) -> None:
    """Make a `memory_file` immutable. OSError where a writable mapping of it still exists (on Linux)."""
    if not PORTABLE:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _seals())
        return
    reader = _readers.pop(fd)
    os.dup2(reader, fd, inheritable=False)
    os.close(reader)


def is_sealed(fd: int) -> bool:
    """Whether nobody can change what `fd` holds any more."""
    try:
        if not PORTABLE:
            return fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _seals() == _seals()
        return os.fstat(fd).st_nlink == 0 and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    except OSError:
        return False


def _seals() -> int:
    return fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def sealed_bytes() -> int:
    """Bytes in the sealed files that this process holds, whoever maps them; of the portable ones, which have no name."""
    total = 0
    for entry in os.listdir("/dev/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError, ValueError):
            fd = int(entry)
            if is_sealed(fd):
                total += os.fstat(fd).st_blocks * 512
    return total


# -- processes ----------------------------------------------------------------------------------------


def fork_watched() -> tuple[int, int]:
    """Fork; in the parent (pid, a descriptor that is readable once the child has ended), in the child (0, -1). Raises OSError."""
    global _lifeline
    if not PORTABLE:
        pid = os.fork()
        return (pid, os.pidfd_open(pid)) if pid else (0, -1)  # not reaped yet, so the pid is surely this child's
    ours, theirs = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(ours)
        os.close(theirs)
        raise
    if pid:
        os.close(theirs)
        return pid, ours
    os.close(ours)
    _lifeline = theirs
    return 0, -1


def keep_lifeline(place: int) -> int:
    """In a child of `fork_watched`: move what shows that it runs to `place`; the next descriptor that it may close."""
    global _lifeline
    if _lifeline is None:
        return place
    if _lifeline != place:
        os.dup2(_lifeline, place, inheritable=False)
    _lifeline = place
    return place + 1


def start_watched(
    command: Sequence[str], pass_fds: Sequence[int], **options: Any
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program; its process and a descriptor that is readable once it has ended. Raises OSError."""
    if not PORTABLE:
        process = subprocess.Popen(command, pass_fds=pass_fds, **options)  # noqa: S603
        return process, os.pidfd_open(process.pid)
    ours, theirs = os.pipe()
    try:
        return subprocess.Popen(command, pass_fds=[*pass_fds, theirs], **options), ours  # noqa: S603
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def kill(pid: int, watched: int) -> None:
    """SIGKILL to a process that was not seen to end. Raises ProcessLookupError."""
    if PORTABLE:
        os.kill(pid, signal.SIGKILL)
    else:
        signal.pidfd_send_signal(watched, signal.SIGKILL)


def parent_of(control: socket.socket) -> int:
    """Pid of the process that made a socket pair, of which the other end is its own."""
    if PORTABLE:
        return os.getppid()
    credentials = control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def peak_kib(ru_maxrss: int) -> int:
    """`ru_maxrss` of getrusage(2) in KiB: macOS counts bytes."""
    return ru_maxrss // 1024 if sys.platform == "darwin" else ru_maxrss


def cpus() -> int:
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


# -- packets ------------------------------------------------------------------------------------------


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a channel for packets."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM if PORTABLE else socket.SOCK_SEQPACKET)


def send_packet(sock: socket.socket, data: bytes, ancillary: list[Any]) -> None:
    """Send one packet. Raises OSError (BlockingIOError when the other end does not read)."""
    if not PORTABLE:
        sock.sendmsg([data], ancillary)
        return
    packet = _LENGTH.pack(len(data)) + data
    rest = memoryview(packet)[sock.sendmsg([packet], ancillary) :]
    while rest:
        select.select([], [sock], [])
        rest = rest[sock.send(rest) :]


def receive_packet(sock: socket.socket, most: int, space: int) -> tuple[bytes, list[tuple[int, int, bytes]], int]:
    """One packet, its control messages and the flags of recvmsg(2); no bytes at the end. Raises OSError."""
    if not PORTABLE:
        data, messages, flags, _ = sock.recvmsg(most, space, CLOSE_ON_EXEC)
        return data, messages, flags
    data, messages, flags, _ = sock.recvmsg(_LENGTH.size, space)
    if not data:
        return b"", messages, flags
    data += _exactly(sock, _LENGTH.size - len(data))
    if len(data) < _LENGTH.size:
        return b"", messages, flags
    (size,) = _LENGTH.unpack(data)
    body = _exactly(sock, size)
    return (body if len(body) == size else b""), messages, flags


def _exactly(sock: socket.socket, size: int) -> bytes:
    """So many bytes, which are on their way; fewer where the other end is gone."""
    found = b""
    while len(found) < size:
        select.select([sock], [], [])
        piece = sock.recv(size - len(found))
        if not piece:
            break
        found += piece
    return found
