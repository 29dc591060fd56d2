"""The zygote: a warm, single-threaded process that forks workers and knows when they end.

Started as ``python -m networkx_mcp.workers.zygote FD [MODULE ...]`` with its end of the control
socket as FD. It imports what workers need once, freezes the garbage collector so that a collection
in a worker does not copy those pages, and then only forks and reaps. It holds no graph. A fork from
more than one thread could copy a lock that nobody will release, so it counts its threads before each
one and rather ends than forks with a second.

It ends when the API does: by PR_SET_PDEATHSIG, and at the end of its control socket. Its workers have
the same tie to it.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import socket
import sys
import time
from typing import NoReturn

from networkx_mcp import platform
from networkx_mcp.arrays import no_pandas
from networkx_mcp.workers import frames, linux, sandbox

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


def _warm(more: list[str]) -> None:
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
    warmup.rehearse(warmup.TIMES)
    sandbox.prepare()
    gc.collect()
    linux.trim_heap()  # what the imports left free would be added to what each worker may take
    gc.freeze()


def _assert_single_thread() -> None:
    count = linux.threads()
    if count != 1:
        raise SystemExit(f"zygote: {count} threads, a fork needs exactly 1: a library started one at import")


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._children: dict[int, int] = {}  # pidfd -> pid

    def serve(self) -> None:
        """Fork and reap until the API is gone."""
        try:
            while True:
                for fd, _ in self._poll.poll():
                    if fd in self._children:
                        self._reap(fd)
                    elif not self._obey():
                        return
        except (BrokenPipeError, ConnectionError):
            return
        finally:
            for pidfd, pid in self._children.items():  # not reaped yet, so each is there
                platform.kill(pid, pidfd)

    def _obey(self) -> bool:
        received = frames.receive_control(self._control)
        if received is None:
            return False
        message, fds = received
        if isinstance(message, frames.Fork) and len(fds) == 1:
            self._fork(message, fds[0])
        else:
            frames.close_all(fds)
        return True

    def _fork(self, wanted: frames.Fork, channel: int) -> None:
        _assert_single_thread()
        me = os.getpid()
        try:
            pid, pidfd = platform.fork_watched()
        except OSError as error:
            os.close(channel)
            frames.send_control(self._control, frames.ForkFailed(wanted.number, str(error)))
            return
        if pid == 0:
            _become_worker(channel, me, wanted.ahead)
        # The channel must have no second owner: its end is how the API learns of a death at once.
        os.close(channel)
        self._children[pidfd] = pid
        self._poll.register(pidfd, select.POLLIN)
        frames.send_control(self._control, frames.Started(wanted.number, pid), [pidfd])

    def _reap(self, pidfd: int) -> None:
        self._poll.unregister(pidfd)
        pid = self._children.pop(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(pid, 0)
        frames.send_control(
            self._control, frames.Exited(pid, os.waitstatus_to_exitcode(status), platform.peak_kib(usage.ru_maxrss))
        )


def _become_worker(channel: int, zygote: int, ahead: bool) -> NoReturn:
    from networkx_mcp.workers import worker

    worker.main(socket.socket(fileno=channel), zygote, ahead=ahead)


def main(arguments: list[str]) -> None:
    """Warm up and serve. Raises SystemExit when a library started a thread."""
    started = time.monotonic()
    control = socket.socket(fileno=int(arguments[0]))
    linux.die_with_parent(platform.parent_of(control))
    no_pandas.settle()
    importlib.import_module("networkx_mcp.workers.worker")
    _warm(arguments[1:])
    _assert_single_thread()
    frames.send_control(control, frames.Hello(os.getpid(), time.monotonic() - started, sandbox.missing()))
    _Zygote(control).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
