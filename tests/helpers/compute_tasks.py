"""Tasks that misbehave, for tests of `Compute`. Loaded by a worker, not by the test."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from networkx_mcp import errors, platform
from networkx_mcp.workers.task_registry import TaskOutput, parser, task

Params = dict[str, Any]


@task
def spin(params: Params, fds: list[int]) -> None:
    """Burn the CPU in Python."""
    while True:
        pass


@task
def sleep(params: Params, fds: list[int]) -> float:
    seconds: float = params["seconds"]
    time.sleep(seconds)
    return seconds


@task
def sleep_in_c(params: Params, fds: list[int]) -> None:
    """Hold the GIL in C code, where no Python signal handler would run."""
    ctypes.PyDLL(None).usleep(60_000_000)


@task
def numpy_bomb(params: Params, fds: list[int]) -> int:
    return int(np.ones(params["bytes"] // 8).sum())


@task
def list_bomb(params: Params, fds: list[int]) -> None:
    """Many small objects: the interpreter itself runs out."""
    kept = []
    while True:
        kept.append([object() for _ in range(1000)])


@task
def memfd_bomb(params: Params, fds: list[int]) -> None:
    """Shared memory, which RLIMIT_DATA does not count."""
    fd = os.memfd_create("bomb")
    while True:
        os.write(fd, b"x" * (1 << 20))


@task
def die(params: Params, fds: list[int]) -> None:
    if signal_number := params.get("signal"):
        if params.get("touch"):
            np.ones(params["touch"] // 8)  # freed again: the peak stays in the report
        os.kill(os.getpid(), signal_number)
        time.sleep(10)
    os._exit(params.get("code", 0))


@task
def fail(params: Params, fds: list[int]) -> None:
    kind = params["kind"]
    if kind == "own":
        raise errors.NotFound("no node 'x'", kind="node", nearest=["y"])
    if kind == "subclass":
        raise _Refused("line 3", retry_after=4, line=3)
    if kind == "memory":
        raise MemoryError
    if kind == "lost":  # what CPython says when it has no memory for the MemoryError either
        np.ones(params["touch"] // 8)
        raise SystemError("<function f> returned NULL without setting an exception")
    raise ZeroDivisionError("secret 12345")


class _Refused(errors.InvalidInput):
    """A kind of error that the API's process has never heard of."""


@task
def look(params: Params, fds: list[int]) -> Params:
    """What a worker is."""
    opened = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            opened.append((int(entry.name), str(entry.readlink())))
        except OSError:
            continue  # the directory itself
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "data": resource.getrlimit(resource.RLIMIT_DATA)[0],
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "threads": platform.threads(),
        "fds": [os.read(fd, 100) for fd in fds],
        "open": sorted(opened),
        "random": float(np.random.random()),
        "hash": hash("a"),
        "warm": [name for name in ("numpy", "networkx", "scipy.sparse", "pyarrow") if name in sys.modules],
        "oom_score_adj": int(Path("/proc/self/oom_score_adj").read_text()),
        "pgid": os.getpgid(0),
    }


_KEPT: list[bytearray] = []


@task
def keep_memory(params: Params, fds: list[int]) -> Params:
    """Leave an object behind that nobody will collect."""
    _KEPT.append(bytearray(48 << 20))
    return {"pid": os.getpid()}


@task
def keep_descriptor(params: Params, fds: list[int]) -> Params:
    """Leave a descriptor open."""
    os.memfd_create("forgotten")
    return {"pid": os.getpid()}


@task
def take(params: Params, fds: list[int]) -> Params:
    """Use memory and let it go."""
    np.ones(params["bytes"] // 8)
    return {"pid": os.getpid()}


@task
def refuse(params: Params, fds: list[int]) -> None:
    raise errors.InvalidInput("no such thing", field="thing")


@task
def make_fds(params: Params, fds: list[int]) -> TaskOutput:
    made = []
    for number in range(params["count"]):
        fd = os.memfd_create(f"result-{number}")
        os.write(fd, f"result {number}".encode())
        os.lseek(fd, 0, os.SEEK_SET)
        made.append(fd)
    return TaskOutput({"count": len(made)}, made)


@task
def answer(params: Params, fds: list[int]) -> Any:
    match params["kind"]:
        case "numpy":
            return {"a": np.float64(0.5), "b": np.int32(7), "c": np.arange(3), "d": [np.bool_(True)]}
        case "large":
            return b"x" * params["bytes"]
        case "object":
            return object()
        case "digest":
            return len(params["blob"])
    return None


@task
def shout(params: Params, fds: list[int]) -> None:
    os.write(2, b'std::bad_alloc of {"a": 1}\n' * params["lines"])


def not_a_task(params: Params, fds: list[int]) -> str:
    return "must not run"


@task
def stop_myself(params: Params, fds: list[int]) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


@task
def hold(params: Params, fds: list[int]) -> None:
    """Take memory, say so on the first descriptor, and keep it."""
    kept = np.ones(params["bytes"] // 8)
    os.write(fds[0], b"x")
    time.sleep(60)
    kept.sum()


@parser
def escape(params: Params, fds: list[int]) -> Params:
    """What a worker that reads bytes of others can still do: the name of each try, and the error or `done`."""
    tries: dict[str, Callable[[], Any]] = {
        "read a file": lambda: os.open(params["file"], os.O_RDONLY),
        "read a file (io)": lambda: open(params["file"]),  # noqa: SIM115, PTH123
        "make a file": lambda: os.open(params["file"] + ".new", os.O_WRONLY | os.O_CREAT),
        "look at a file": lambda: os.stat(params["file"]),  # noqa: PTH116
        "list a directory": lambda: os.listdir("/"),  # noqa: PTH208
        "remove a file": lambda: os.unlink(params["file"]),  # noqa: PTH108
        "open by descriptor": lambda: os.open("stat", os.O_RDONLY, dir_fd=fds[0]),
        "tcp": lambda: socket.socket().connect(("127.0.0.1", params["port"])),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "socket pair": socket.socketpair,
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "pipe": os.pipe,
        "fork": os.fork,
        "run": lambda: subprocess.run(["/bin/true"], check=True),
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "kill the parent": lambda: os.kill(os.getppid(), 0),
        "kill the API": lambda: os.kill(params["pid"], 0),
        "signal by thread": lambda: _syscall("tgkill", params["pid"], params["pid"], 0),
        "trace": lambda: _syscall("ptrace", 16, params["pid"], 0, 0),
        "read another's memory": lambda: _syscall("process_vm_readv", params["pid"], 0, 0, 0, 0, 0),
        "a descriptor of another": lambda: _syscall("pidfd_open", params["pid"], 0),
        "limits of another": lambda: _syscall("prlimit64", params["pid"], 7, 0, 0),
        "io_uring": lambda: _syscall("io_uring_setup", 1, ctypes.create_string_buffer(256)),
        "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
        "namespace": lambda: _syscall("unshare", 0x10000000),
        "bpf": lambda: _syscall("bpf", 0, 0, 0),
        "the alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 0),
        "no new privileges": lambda: _syscall("prctl", 38, 1, 0, 0, 0),
    }
    told = {}
    for name, attempt in tries.items():
        try:
            attempt()
        except BaseException as error:
            refused = isinstance(error, OSError) and error.errno == errno.EPERM
            told[name] = "refused" if refused else repr(error)
        else:
            told[name] = "done"
    told["its own descriptors"] = os.pread(fds[1], 100, 0).decode()
    return told


def _syscall(name: str, *arguments: Any) -> None:
    from seccompy.syscalls import syscall_nr

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(syscall_nr(name), *arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
