"""The zygote: a warm, single-threaded process that forks workers and knows when they end.

Where forks are not safe (`platform.FORKS`) it starts them as programs instead (`spawned.py`), and imports nothing itself.

Started as ``python -m networkx_mcp.workers.zygote FD [MODULE ...]`` with its end of the control
socket as FD. It imports what workers need once, freezes the garbage collector so that a collection
in a worker does not copy those pages, and then only forks and reaps. It holds no graph. A fork from
more than one thread could copy a lock that nobody will release, so it counts its threads before each
one and rather ends than forks with a second.

It ends when the API does: by PR_SET_PDEATHSIG, and at the end of its control socket. Its workers have
the same tie to it.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import select
import socket
import sys
import time
from typing import NoReturn

from networkx_mcp import platform
from networkx_mcp.workers import frames, sandbox

#: Library threads are 1: the environment a zygote needs. Arrow takes its memory from the C library, because mimalloc
#: reserves a GiB of addresses, which counts as if it were used where a worker's data is limited: a graph of ten million
#: edges needed a limit of 1,750 MiB to load, and so 1,020 MiB.
#: PYTHONHASHSEED makes the order of sets, and so answers that depend on it, the same on every
#: replica; names that an attacker makes collide cost his own call, which has its deadline.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # linked in all the same
    "PYTHONHASHSEED": "0",
}
#: What every worker needs.
WARM = (
    "numpy",
    "scipy.sparse",
    "scipy.sparse.csgraph",
    "networkx",
    "pyarrow",
    "pyarrow.ipc",
    "pyarrow.compute",  # arrays import it when they are first cast or taken from: 35 ms of each worker
    "networkx_mcp.workers.echo",
)
#: Warmed where it is there; a worker imports what is missing itself.
WARM_IF_PRESENT = ("xxhash", "networkx_mcp.analysis.warm")


def warm_up(more: list[str]) -> None:
    """Import all that a worker needs and `more`, and let it happen once what happens only once."""
    from networkx_mcp.arrays import no_pandas

    no_pandas.settle()
    importlib.import_module("networkx_mcp.workers.worker")
    for name in (*WARM, *more):
        importlib.import_module(name)
    from networkx_mcp.workers import warmup

    for name in WARM_IF_PRESENT:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f"zygote: {name} is not warmed: {error}", file=sys.stderr)
    import pyarrow

    pyarrow.set_cpu_count(1)
    if platform.FORKS:  # a worker of its own would have to wait for it; one ahead of its job rehearses anyway
        warmup.rehearse(warmup.TIMES)
    sandbox.prepare()
    gc.collect()
    platform.trim_heap()  # what the imports left free would be added to what each worker may take
    gc.freeze()


def _assert_single_thread() -> None:
    count = platform.threads()
    if count != 1:
        raise SystemExit(f"zygote: {count} threads, a fork needs exactly 1: a library started one at import")


class _Zygote:
    def __init__(self, control: socket.socket, modules: list[str]) -> None:
        self._control = control
        self._modules = modules
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._children: dict[int, int] = {}  # by the descriptor that watches it: pid
        self._starting: dict[int, int] = {}  # by that descriptor: the number that the API asked with

    def serve(self) -> None:
        """Fork and reap until the API is gone."""
        try:
            while True:
                for fd, _ in self._poll.poll():
                    if fd in self._starting and platform.began(fd):
                        self._say_started(fd)
                    elif fd in self._children:
                        self._reap(fd)
                    elif not self._obey():
                        return
        except (BrokenPipeError, ConnectionError):
            return
        finally:
            for watched, pid in self._children.items():  # not reaped yet, so each is there
                platform.kill(pid, watched)

    def _obey(self) -> bool:
        received = frames.receive_control(self._control)
        if received is None:
            return False
        message, fds = received
        if isinstance(message, frames.Fork) and len(fds) == 1:
            self._start(message, fds[0])
        else:
            frames.close_all(fds)
        return True

    def _start(self, wanted: frames.Fork, channel: int) -> None:
        if platform.FORKS:
            _assert_single_thread()
        become = functools.partial(_become_worker, os.getpid())
        try:
            pid, watched = platform.start_worker(channel, self._modules, ahead=wanted.ahead, become=become)
        except OSError as error:
            os.close(channel)
            frames.send_control(self._control, frames.ForkFailed(wanted.number, str(error)))
            return
        # The channel must have no second owner: its end is how the API learns of a death at once.
        os.close(channel)
        self._children[watched] = pid
        self._starting[watched] = wanted.number
        self._poll.register(watched, select.POLLIN)
        if platform.FORKS:
            self._say_started(watched)

    def _say_started(self, watched: int) -> None:
        number = self._starting.pop(watched)
        frames.send_control(self._control, frames.Started(number, self._children[watched]), [watched])

    def _reap(self, watched: int) -> None:
        self._poll.unregister(watched)
        pid = self._children.pop(watched)
        os.close(watched)
        _, status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if (number := self._starting.pop(watched, None)) is not None:
            frames.send_control(self._control, frames.ForkFailed(number, f"it ended with code {code} while it started"))
            return
        frames.send_control(self._control, frames.Exited(pid, code, platform.peak_kib(usage.ru_maxrss)))


def _become_worker(zygote: int, channel: int, ahead: bool) -> NoReturn:
    from networkx_mcp.workers import worker

    worker.main(socket.socket(fileno=channel), zygote, ahead=ahead)


def main(arguments: list[str]) -> None:
    """Warm up and serve. Raises SystemExit when a library started a thread."""
    started = time.monotonic()
    control = socket.socket(fileno=int(arguments[0]))
    platform.die_with_parent(platform.parent_of(control))
    if platform.FORKS:
        warm_up(arguments[1:])
        _assert_single_thread()
    else:
        sandbox.prepare()
    frames.send_control(control, frames.Hello(os.getpid(), time.monotonic() - started, sandbox.missing()))
    _Zygote(control, arguments[1:]).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
