"""The few kernel calls of this package that the standard library lacks, and what /proc says of a process."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from networkx_mcp import platform

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37
_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, argument: object) -> None:
    if _libc.prctl(option, argument, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the thread that forked it ends.

    A parent that ended before the call would be missed, so its pid is compared afterwards; if it is
    gone already, this process ends here.
    """
    if not platform.PORTABLE:
        _prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)


def become_subreaper() -> None:
    """Receive orphans of this process's descendants, as PID 1 of a container does anyway."""
    _prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1))


def receives_orphans() -> bool:
    """Whether orphans are reparented to this process: it is PID 1, or a subreaper."""
    if os.getpid() == 1 or platform.PORTABLE:
        return os.getpid() == 1
    flag = ctypes.c_int(0)
    _prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(flag))
    return bool(flag.value)


def _process(pid: int | str) -> Any:
    import psutil

    return psutil.Process(None if pid == "self" else int(pid))


def threads(pid: int | str = "self") -> int:
    """Number of threads of a process."""
    if platform.PORTABLE:
        return int(_process(pid).num_threads())
    return len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 - a Path per thread would cost more than the read


def trim_heap() -> None:
    """Give the pages of the C heap that hold nothing back to the kernel; some milliseconds. Nothing where the C library
    has no malloc_trim: glibc alone keeps free pages between blocks in use for good."""
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


#: Bytes of a page.
_PAGE = os.sysconf("SC_PAGE_SIZE")


def reset_peak() -> None:
    """Let this process's peak of memory begin anew. Where the kernel refuses, it stays that of all its jobs."""
    with suppress(OSError):
        fd = os.open("/proc/self/clear_refs", os.O_WRONLY)
        try:
            os.write(fd, b"5")
        finally:
            os.close(fd)


def data_bytes() -> int:
    """Bytes of data and stack of this process: what RLIMIT_DATA is compared with (no shared mappings), and the stack.

    From /proc/self/statm (proc_pid_statm(5)), which costs a fifth of /proc/self/status: it is read three times a job.
    """
    if platform.PORTABLE:
        return int(_process("self").memory_info().rss)
    fd = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(fd, 256).split()[5]) * _PAGE
    finally:
        os.close(fd)


def resident_kib(pid: int | str = "self") -> int:
    """Resident set of a process in KiB, 0 when it is gone."""
    if platform.PORTABLE:
        import psutil

        try:
            return int(_process(pid).memory_info().rss) // 1024
        except psutil.Error:
            return 0
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def zombie_children() -> list[int]:
    """Pids of this process's children that have ended and wait to be reaped."""
    if platform.PORTABLE:
        import psutil

        return [child.pid for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]
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


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """Proportional set size of a process, in bytes."""

    #: All of it: the process's fair share of every page it maps.
    pss: int
    #: The part in shared memory: memfds of graphs, which the budget enters by themselves.
    shared: int


def memfd_bytes() -> int:
    """Bytes in the memfds that this process holds, whoever maps them, and whether anybody does. For a thread: it looks at
    every descriptor."""
    if platform.PORTABLE:
        return platform.sealed_bytes()
    total = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if str(entry.readlink()).startswith("/memfd:"):
                total += entry.stat().st_blocks * 512
        except OSError:  # closed meanwhile
            continue
    return total


def process_memory(pid: int | str = "self") -> ProcessMemory | None:
    """What a process uses, None when it is gone or not ours to look at.

    Walks the process's page tables (about 1 ms for 100 MiB): for a thread, every few seconds.
    """
    if platform.PORTABLE:  # no share of what is shared can be had: all of it counts
        return ProcessMemory(pss=resident_kib(pid) * 1024, shared=0)
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
