"""The bounds of a worker that reads bytes of others: its descriptors, its memory, nothing else.

A filter of system calls (seccomp) refuses with EPERM whatever such a worker does not need: no path can be opened or
looked at, no socket made, no program run, no process started, no page made executable, no other process
signalled or traced. It can read and write the descriptors that it has, make memfds, and answer. Refused calls fail as
they would for want of a permission; nothing is killed.

What is imported late would be a file to open, so `prepare` imports all that parsers may need before anything is
forked. It also tries the filter in a child: a kernel (or the filter of a container) without seccomp leaves workers
without it, and `kind` and `missing` say so.
"""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
from typing import Final

from networkx_mcp import platform

#: Calls that are allowed whatever their arguments are. Names that an architecture lacks are left out there.
CALLS: Final = (
    # memory
    "brk", "madvise", "mremap", "munmap", "futex", "membarrier", "rseq", "set_robust_list",
    # descriptors that are there
    "read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "fstat", "ftruncate", "close", "close_range", "dup",
    "dup2", "dup3", "memfd_create", "poll", "ppoll", "select", "pselect6",
    # the channel: no other socket can be made
    "sendmsg", "recvmsg", "sendto", "recvfrom",
    # time, chance, what this process is
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getrandom", "getpid", "gettid",
    "getppid", "getuid", "geteuid", "getgid", "getegid", "getcwd", "getrusage", "getrlimit", "setrlimit", "sched_yield",
    "sched_getaffinity", "getcpu", "sysinfo", "uname",
    # its own signals and its end
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
)  # fmt: skip
_PROT_EXEC: Final = 0x4
_AT_EMPTY_PATH: Final = 0x1000
_CLONE_THREAD: Final = 0x10000
#: Commands of fcntl: copies, flags and seals. None that names another process.
_FCNTL: Final = (
    0,
    1,
    2,
    3,
    1030,
    1033,
    1034,
)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_ADD_SEALS, F_GET_SEALS
#: Modules of parsers outside of `arrays`, where all are needed.
_MODULES: Final = (
    "pyarrow.parquet",
    "pyarrow.csv",
    "pyarrow.compute",
    "xml.sax.expatreader",
    "pyexpat",
    "decimal",
    "linecache",
    "traceback",
)
#: What names of codecs begin with that text is in: those of one byte a character, which expat takes from Python, and
#: those that an upload may name.
_CODECS: Final = (
    "ascii", "big5", "cp", "euc_", "gb", "hp_roman8", "iso8859", "koi8", "kz1048", "latin_1", "mac_", "ptcp154", "shift_jis",
    "tis_620", "utf_",
)  # fmt: skip

#: Why there is no filter; None: not tried yet; empty: there is one.
_missing: str | None = None


def prepare() -> None:
    """Import what parsers need and try the filter, once. Called where there is one thread, before workers are forked."""
    global _missing
    if _missing is not None:
        return
    if not platform.FILTERS_CALLS:
        _missing = "only Linux has one"
        return
    for name in (*_MODULES, *_codecs(), *_parsers()):
        importlib.import_module(name)
    _missing = _tried()


def kind() -> str:
    """`seccomp`, or `none`. Call `prepare` first."""
    return "none" if missing() else "seccomp"


def missing() -> str:
    """Why there is no filter, in words; empty where there is one. Call `prepare` first."""
    return "it was not tried" if _missing is None else _missing


def enter() -> None:
    """Give up all that a parser does not need, for good. Nothing where there is no filter.

    OSError where the kernel refuses a filter that it took before.
    """
    if _missing == "":
        _load()


def _parsers() -> list[str]:
    from networkx_mcp import arrays

    found = (module.name for module in pkgutil.walk_packages(arrays.__path__, f"{arrays.__name__}."))
    # `convert` needs networkx, and no parser needs it.
    return [name for name in found if not name.endswith(".convert")]


def _codecs() -> list[str]:
    """Modules of the codecs that a caller or an XML declaration can ask for."""
    import encodings

    names = [module.name for module in pkgutil.iter_modules(encodings.__path__)]
    return [f"encodings.{name}" for name in names if name.startswith(_CODECS)]


def _load() -> None:
    from seccompy import Action, CmpOp, Filter
    from seccompy.syscalls import syscall_nr

    found = Filter(Action.ERRNO | errno.EPERM)
    for name in CALLS:
        try:
            syscall_nr(name)
        except ValueError:
            continue
        found.allow(name)
    for name in ("mmap", "mprotect"):
        found.allow(name, args=[(2, CmpOp.MASKED_EQ, 0, _PROT_EXEC)])
    # What the C library makes of fstat; a path that is not empty is looked at, too, but never opened.
    found.allow("newfstatat", args=[(3, CmpOp.MASKED_EQ, _AT_EMPTY_PATH, _AT_EMPTY_PATH)])
    for command in _FCNTL:
        found.allow("fcntl", args={1: command})
    # Threads of this process, which Arrow's reader of CSV starts; `clone3` hides its flags, so that none may have it.
    found.allow("clone", args=[(0, CmpOp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)])
    found.errno("clone3", errno.ENOSYS)
    found.allow("prlimit64", args={0: 0})  # its own limits
    found.allow("tgkill", args={0: os.getpid()})  # abort
    found.load()


def _tried() -> str:
    """Whether a child that loads the filter can open nothing: empty, or what went wrong."""
    try:
        if not importlib.import_module("seccompy").supported():  # finds the C library as well, which runs a program
            return "this kernel has no seccomp, or it is not allowed here"
    except (ImportError, OSError) as error:
        return f"seccompy cannot be used: {error}"
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = "the filter does not hold"
        try:
            _load()
            try:
                os.close(os.open("/", os.O_RDONLY))
            except PermissionError:
                said = ""
        except BaseException as error:
            said = f"the kernel refuses it: {error}"
        finally:
            os.write(writing, said.encode() or b"\0")
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return "" if told == b"\0" else told.decode(errors="replace") or "the child that tried it ended"
