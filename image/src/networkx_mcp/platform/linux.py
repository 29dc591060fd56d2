"""What only Linux has. The same names, with the same meaning, are in `portable.py`, which says less of each."""

from __future__ import annotations

import ctypes
import fcntl  # here: a worker that is shut in can open no library
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from networkx_mcp.platform.memory import ProcessMemory

assert sys.platform == "linux"

#: Flag of recvmsg(2) by which descriptors that come are closed in programs that this process starts.
CLOSE_ON_EXEC: Final[int] = socket.MSG_CMSG_CLOEXEC
#: TCP_NOTSENT_LOWAT; Python 3.11 has no name for it. None where it is not known.
TCP_NOTSENT_LOWAT: Final[int | None] = 25
#: Whether workers are forks of a process that has imported what they need.
FORKS: Final[bool] = True
#: Whether the kernel bounds the memory of a worker.
BOUNDS_MEMORY: Final[bool] = True
#: Whether there is a filter of system calls.
FILTERS_CALLS: Final[bool] = True
#: Seconds that a worker may take to start.
START_SECONDS: Final[float] = 5.0
#: Descriptors that a process may have, whatever its hard limit says; None: any number.
MOST_DESCRIPTORS: Final[int | None] = None

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37
_libc = ctypes.CDLL(None, use_errno=True)
#: Bytes of a page.
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _prctl(option: int, argument: object) -> None:
    if _libc.prctl(option, argument, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


# -- memory that processes share ----------------------------------------------------------------------


def memory_file(name: str) -> int:
    """A new, empty, writable file without a name (close-on-exec); `seal` it when it is written."""
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def _seals() -> int:
    return fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def seal(fd: int) -> None:
    """Make a `memory_file` immutable. OSError where a writable mapping of it still exists (on Linux)."""
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _seals())


def is_sealed(fd: int) -> bool:
    """Whether nobody can change what `fd` holds any more."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _seals() == _seals()
    except OSError:
        return False


def sealed_bytes() -> int:
    """Bytes in the memory files that this process holds, whoever maps them, and whether anybody does. For a thread: it looks
    at every descriptor."""
    total = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if str(entry.readlink()).startswith("/memfd:"):
                total += entry.stat().st_blocks * 512
        except OSError:  # closed meanwhile
            continue
    return total


# -- processes ----------------------------------------------------------------------------------------


def start_worker(
    channel: int, modules: Sequence[str], *, ahead: bool, become: Callable[[int, bool], NoReturn]
) -> tuple[int, int]:
    """Start a worker that talks over `channel`: (pid, a descriptor that is readable once it has ended). Raises OSError.

    It is a fork of this process, in which `become(channel, ahead)` runs; `modules` are imported already.
    """
    pid = os.fork()
    if pid == 0:
        become(channel, ahead)
    return pid, os.pidfd_open(pid)  # not reaped yet, so the pid is surely this child's


def say_begun() -> None:
    """In a worker that was started as a program: it can take its job. A fork can at once."""


def began(watched: int) -> bool:
    """Whether a worker that was started as a program can take its job now, where its descriptor is readable before that."""
    return False


def first_free(place: int) -> int:
    """In a worker: the first descriptor after `place`, which its channel has, that it may close."""
    return place + 1


def start_watched(
    command: Sequence[str], pass_fds: Sequence[int], **options: Any
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program; its process and a descriptor that is readable once it has ended. Raises OSError."""
    process = subprocess.Popen(command, pass_fds=pass_fds, **options)  # noqa: S603
    return process, os.pidfd_open(process.pid)


def kill(pid: int, watched: int) -> None:
    """SIGKILL to a process that was not seen to end. Raises ProcessLookupError."""
    signal.pidfd_send_signal(watched, signal.SIGKILL)


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the thread that forked it ends.

    A parent that ended before the call would be missed, so its pid is compared afterwards; if it is
    gone already, this process ends here.
    """
    _prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)


def parent_of(control: socket.socket) -> int:
    """Pid of the process that made a socket pair, of which the other end is its own."""
    credentials = control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def become_subreaper() -> None:
    """Receive orphans of this process's descendants, as PID 1 of a container does anyway."""
    _prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1))


def receives_orphans() -> bool:
    """Whether orphans are reparented to this process: it is PID 1, or a subreaper."""
    if os.getpid() == 1:
        return True
    flag = ctypes.c_int(0)
    _prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(flag))
    return bool(flag.value)


def child_has_ended() -> bool:
    """Whether a child waits to be reaped: a cheap look that takes nothing."""
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def zombie_children() -> list[int]:
    """Pids of this process's children that have ended and wait to be reaped."""
    me = os.getpid()
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            # "pid (comm) state ppid ..."; comm may hold spaces and parentheses
            state, parent = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue  # gone meanwhile
        if state == "Z" and int(parent) == me:
            found.append(int(entry.name))
    return found


def threads(pid: int | str = "self") -> int:
    """Number of threads of a process."""
    return len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 - a Path per thread would cost more than the read


def cpus() -> int:
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0))


def open_descriptors() -> int:
    """Descriptors that are open now. Raises OSError where there is none left to look with."""
    place = Path("/proc/self/fd")
    # Linux 6.2 and later tell it without a descriptor
    return place.stat().st_size or sum(1 for _ in place.iterdir()) - 1


# -- memory of processes ------------------------------------------------------------------------------


def limit_data(soft: int, hard: int) -> None:
    """Bound the data of this process (RLIMIT_DATA)."""
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def data_limit() -> tuple[int, int]:
    """The soft and the hard bound of this process's data."""
    return resource.getrlimit(resource.RLIMIT_DATA)


def data_bytes() -> int:
    """Bytes of data and stack of this process: what RLIMIT_DATA is compared with (no shared mappings), and the stack.

    From /proc/self/statm (proc_pid_statm(5)), which costs a fifth of /proc/self/status: it is read three times a job.
    """
    fd = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(fd, 256).split()[5]) * _PAGE
    finally:
        os.close(fd)


def trim_heap() -> None:
    """Give the pages of the C heap that hold nothing back to the kernel; some milliseconds. Nothing where the C library
    has no malloc_trim: glibc alone keeps free pages between blocks in use for good."""
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


def reset_peak() -> None:
    """Let this process's peak of memory begin anew. Where the kernel refuses, it stays that of all its jobs."""
    with suppress(OSError):
        fd = os.open("/proc/self/clear_refs", os.O_WRONLY)
        try:
            os.write(fd, b"5")
        finally:
            os.close(fd)


def kill_me_first() -> None:
    """If the kernel must kill something for want of memory, let it be this process, where it grants that."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def peak_kib(ru_maxrss: int) -> int:
    """`ru_maxrss` of getrusage(2) in KiB: macOS counts bytes."""
    return ru_maxrss


def resident_kib(pid: int | str = "self") -> int:
    """Resident set of a process in KiB, 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * _PAGE // 1024


def process_memory(pid: int | str = "self") -> ProcessMemory | None:
    """What a process uses, None when it is gone or not ours to look at.

    Walks the process's page tables (about 1 ms for 100 MiB): for a thread, every few seconds.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def size(name: str) -> int:
        return int(fields.get(name, "0 kB").split()[0]) * 1024

    if "Pss" not in fields:  # a process that is ending has no mappings left
        return None
    return ProcessMemory(pss=size("Pss"), shared=size("Pss_Shmem"))


# -- packets ------------------------------------------------------------------------------------------


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a channel for packets."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send_packet(sock: socket.socket, data: bytes, ancillary: list[Any]) -> None:
    """Send one packet. Raises OSError (BlockingIOError when the other end does not read)."""
    sock.sendmsg([data], ancillary)


def receive_packet(sock: socket.socket, most: int, space: int) -> tuple[bytes, list[tuple[int, int, bytes]], int]:
    """One packet, its control messages and the flags of recvmsg(2); no bytes at the end. Raises OSError."""
    data, messages, flags, _ = sock.recvmsg(most, space, CLOSE_ON_EXEC)
    return data, messages, flags
