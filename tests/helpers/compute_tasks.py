"""Tasks that misbehave, for tests of the compute room. Loaded by a worker, not by the test."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from networkx_mcp import errors
from networkx_mcp.compute import linux
from networkx_mcp.compute.registry import TaskOutput, task

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
        "threads": linux.threads(),
        "fds": [os.read(fd, 100) for fd in fds],
        "open": sorted(opened),
        "random": float(np.random.random()),
        "hash": hash("a"),
        "warm": [name for name in ("numpy", "networkx", "scipy.sparse", "pyarrow") if name in sys.modules],
        "oom_score_adj": int(Path("/proc/self/oom_score_adj").read_text()),
        "pgid": os.getpgid(0),
    }


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
