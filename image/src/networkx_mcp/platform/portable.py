"""The names of `linux.py` by what every Unix has, and psutil. What a name means is said there."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

import psutil

from networkx_mcp.platform.memory import ProcessMemory

CLOSE_ON_EXEC: Final[int] = 0
TCP_NOTSENT_LOWAT: Final[int | None] = {"linux": 25, "darwin": 0x201}.get(sys.platform)
FORKS: Final[bool] = False
BOUNDS_MEMORY: Final[bool] = False
FILTERS_CALLS: Final[bool] = False
#: A worker imports all that it needs first.
START_SECONDS: Final[float] = 60.0
#: OPEN_MAX of macOS, which refuses more though its hard limit is infinite (setrlimit(2) there).
MOST_DESCRIPTORS: Final[int | None] = 10240

_LENGTH = struct.Struct("<I")
#: Descriptors of a worker: its channel, and the end of the pipe by which others see that it runs.
_CHANNEL, _LIFELINE = 3, 4
#: By descriptor of a file that is being written, one of the same file that can only read.
_readers: dict[int, int] = {}


# -- memory that processes share ----------------------------------------------------------------------


def memory_file(name: str) -> int:
    """A file without a name."""
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
    """From now on the descriptor can only read."""
    reader = _readers.pop(fd)
    os.dup2(reader, fd, inheritable=False)
    os.close(reader)


def is_sealed(fd: int) -> bool:
    """Whether it has no name and cannot write."""
    try:
        return os.fstat(fd).st_nlink == 0 and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    except OSError:
        return False


def sealed_bytes() -> int:
    """Of the files without a name."""
    total = 0
    for entry in os.listdir("/dev/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError, ValueError):
            fd = int(entry)
            if is_sealed(fd):
                total += os.fstat(fd).st_blocks * 512
    return total


# -- processes ----------------------------------------------------------------------------------------


def start_worker(
    channel: int, modules: Sequence[str], *, ahead: bool, become: Callable[[int, bool], NoReturn]
) -> tuple[int, int]:
    """A program of its own (`workers/spawned.py`), which says through the descriptor when it has imported `modules`."""
    _keep_descriptors()
    ours, theirs = os.pipe()
    # Out of the way of the numbers that they get in the child; all others are closed there.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 16) for fd in (channel, theirs)]
    os.close(theirs)
    command = [sys.executable, "-P", "-m", "networkx_mcp.workers.spawned", str(os.getpid()), str(int(ahead)), *modules]
    moves = [(os.POSIX_SPAWN_DUP2, fd, place) for fd, place in zip(high, (_CHANNEL, _LIFELINE), strict=True)]
    try:
        return os.posix_spawn(sys.executable, command, os.environ, file_actions=moves), ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        for fd in high:
            os.close(fd)


def _keep_descriptors() -> None:
    """Let no program that this process starts inherit what this process did: its control socket, and the end of a pipe that
    shows that it runs."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        if (fd := int(name)) > 2:
            with contextlib.suppress(OSError):  # the one that listed them
                os.set_inheritable(fd, False)


def say_begun() -> None:
    """In a worker: it can take its job."""
    os.write(_LIFELINE, b"\0")


def began(watched: int) -> bool:
    """Reads what `say_begun` wrote; nothing where the worker has ended."""
    return bool(os.read(watched, 1))


def first_free(place: int) -> int:
    """The lifeline comes after the channel."""
    return max(place, _LIFELINE) + 1


def start_watched(
    command: Sequence[str], pass_fds: Sequence[int], **options: Any
) -> tuple[subprocess.Popen[bytes], int]:
    """The descriptor is a pipe, of which the program alone has the other end."""
    ours, theirs = os.pipe()
    try:
        return subprocess.Popen(command, pass_fds=[*pass_fds, theirs], **options), ours  # noqa: S603
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def kill(pid: int, watched: int) -> None:
    """By its pid."""
    os.kill(pid, signal.SIGKILL)


def die_with_parent(parent: int) -> None:
    """Only where it is gone already."""
    if os.getppid() != parent:
        os._exit(0)


def parent_of(control: socket.socket) -> int:
    """The parent."""
    return os.getppid()


def become_subreaper() -> None:
    """There is none."""


def receives_orphans() -> bool:
    """PID 1 alone."""
    return os.getpid() == 1


def child_has_ended() -> bool:
    """Found by the long look."""
    return bool(zombie_children())


def zombie_children() -> list[int]:
    """By psutil."""
    return [child.pid for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]


def _process(pid: int | str) -> psutil.Process:
    return psutil.Process(None if pid == "self" else int(pid))


def threads(pid: int | str = "self") -> int:
    """By psutil."""
    return int(_process(pid).num_threads())


def cpus() -> int:
    """All of the machine."""
    return os.cpu_count() or 1


def open_descriptors() -> int:
    """Counted."""
    return len(os.listdir("/dev/fd")) - 1  # noqa: PTH208


# -- memory of processes ------------------------------------------------------------------------------


def limit_data(soft: int, hard: int) -> None:
    """The API looks instead (`workers/watch.py`)."""


def data_limit() -> tuple[int, int]:
    """None."""
    return resource.RLIM_INFINITY, resource.RLIM_INFINITY


def data_bytes() -> int:
    """The resident set."""
    return int(_process("self").memory_info().rss)


def trim_heap() -> None:
    """Where the C library is glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def reset_peak() -> None:
    """It stays that of all jobs."""


def kill_me_first() -> None:
    """Nobody is asked."""


def peak_kib(ru_maxrss: int) -> int:
    """macOS counts bytes."""
    return ru_maxrss // 1024 if sys.platform == "darwin" else ru_maxrss


def resident_kib(pid: int | str = "self") -> int:
    """By psutil."""
    try:
        return int(_process(pid).memory_info().rss) // 1024
    except psutil.Error:
        return 0


def process_memory(pid: int | str = "self") -> ProcessMemory | None:
    """No share of what is shared can be had: all of it counts."""
    return ProcessMemory(pss=resident_kib(pid) * 1024, shared=0)


# -- packets ------------------------------------------------------------------------------------------


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Of a stream."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


def send_packet(sock: socket.socket, data: bytes, ancillary: list[Any]) -> None:
    """Its length comes first."""
    packet = _LENGTH.pack(len(data)) + data
    rest = memoryview(packet)[sock.sendmsg([packet], ancillary) :]
    while rest:
        select.select([], [sock], [])
        rest = rest[sock.send(rest) :]


def receive_packet(sock: socket.socket, most: int, space: int) -> tuple[bytes, list[tuple[int, int, bytes]], int]:
    """Its length comes first."""
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
