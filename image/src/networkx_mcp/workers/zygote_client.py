"""The API's end of one zygote: starts it, asks it for workers, hears of their ends.

The zygote is an ordinary child (subprocess), in a process group of its own: a Ctrl-C in the terminal
is for the API, which then ends the others. It keeps no session of its own, because schedulers that
group by session would then give workers as much time as the API in spite of their nice value.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence

from networkx_mcp import errors, platform
from networkx_mcp.workers import frames, worker_exit
from networkx_mcp.workers.process import Reason, WorkerProcess
from networkx_mcp.workers.stderr_log import StderrLog
from networkx_mcp.workers.zygote import ENVIRONMENT

#: Seconds until a zygote that does not warm up counts as stuck and is replaced; as one that starts no worker in time.
_WARM_SECONDS = 60.0


class ZygoteClient:
    """One zygote from start to end; a restart makes another one."""

    def __init__(self, process: subprocess.Popen[bytes], watched: int, control: socket.socket) -> None:
        assert process.stderr is not None
        self._process = process
        self._control = control
        self._loop = asyncio.get_running_loop()
        #: Why its workers that read bytes of others have no sandbox; empty where they have one.
        self.unshut = ""
        self._hello: asyncio.Future[bool] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._pending: dict[int, tuple[asyncio.Future[WorkerProcess], socket.socket, Callable[..., None]]] = {}
        self._workers: dict[int, WorkerProcess] = {}
        self._number = 0
        #: The zygote does not answer any more; workers that it forked may still be ending.
        self.lost = False
        self._pidfd = watched
        self._stderr = StderrLog(process.stderr)
        self._dead: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._pidfd, self._died)
        self._loop.add_reader(control.fileno(), self._hear)

    @classmethod
    def start(cls, modules: Sequence[str] = ()) -> ZygoteClient:
        """Start a zygote that warms `modules` besides its own list. Raises OSError."""
        ours, theirs = platform.packet_pair()
        try:
            with theirs:
                process, watched = platform.start_watched(
                    [sys.executable, "-P", "-m", "networkx_mcp.workers.zygote", str(theirs.fileno()), *modules],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env={**os.environ, **ENVIRONMENT},
                    process_group=0,
                )
        except OSError:
            ours.close()
            raise
        ours.setblocking(False)
        return cls(process, watched, ours)

    @property
    def pid(self) -> int:
        """Pid of the zygote."""
        return self._process.pid

    def worker_pids(self) -> list[int]:
        """Pids of its workers that have not ended."""
        return [pid for pid, worker in self._workers.items() if not worker.gone]

    async def warm(self) -> bool:
        """Wait until it can fork; False when it ended or hung instead."""
        try:
            async with asyncio.timeout(_WARM_SECONDS):
                return await asyncio.shield(self._hello)
        except TimeoutError:
            self._lose()
            return False

    async def ended(self) -> None:
        """Wait until it is lost."""
        await asyncio.shield(self._ended)

    async def fork(self, unwanted: Callable[[WorkerProcess], None], *, ahead: bool = False) -> WorkerProcess:
        """A new worker; `ahead` of its job, if that is not there yet. Raises errors.Unavailable.

        When the caller is cancelled meanwhile, `unwanted(worker)` gets the worker.
        """
        if self.lost:
            raise worker_exit.zygote_error()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._number += 1
        number = self._number
        future: asyncio.Future[WorkerProcess] = self._loop.create_future()
        self._pending[number] = (future, ours, unwanted)
        with theirs:
            try:
                frames.send_control(self._control, frames.Fork(number, ahead), [theirs.fileno()])
            except OSError:  # gone, or its mailbox is full because it does not read
                del self._pending[number]
                ours.close()
                self._lose()
                raise worker_exit.zygote_error() from None
        stuck = self._loop.call_later(platform.START_SECONDS, self._lose)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                unwanted(future.result())
            raise
        finally:
            stuck.cancel()

    async def close(self, reason: Reason) -> None:
        """End its workers and the zygote, and wait for the last of them. Safe to call twice."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.kill(reason)
        self._lose()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                for worker in workers:
                    await asyncio.shield(worker.exited)
                await asyncio.shield(self._dead)
        self._stderr.close()

    def _died(self) -> None:
        """Its process has ended; reap it."""
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._process.wait()
        self._dead.set_result(None)
        self._lose()

    def _lose(self) -> None:
        """The end: whatever is left of it is killed, and everybody who waits is told."""
        if self.lost:
            return
        self.lost = True
        self._drain_control()
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        self._process.kill()  # through Popen: it knows whether the pid is still this child's
        pending, self._pending = self._pending, {}
        for future, ours, _ in pending.values():
            ours.close()
            if not future.done():
                future.set_exception(worker_exit.zygote_error())
        for worker in list(self._workers.values()):
            worker.kill("zygote_lost")
            worker.report(None)
        if not self._hello.done():
            self._hello.set_result(False)
        if not self._ended.done():
            self._ended.set_result(None)

    def _drain_control(self) -> None:
        """Read what it still said: results of ends that came before its own."""
        with contextlib.suppress(OSError):
            while (received := frames.receive_control(self._control)) is not None:
                self._obey(*received)

    def _hear(self) -> None:
        try:
            received = frames.receive_control(self._control)
        except BlockingIOError:
            return
        except OSError:
            received = None
        if received is None:
            self._lose()
        else:
            self._obey(*received)

    def _obey(self, message: frames.Control, fds: list[int]) -> None:
        match message:
            case frames.Started(number=number, pid=pid) if len(fds) == 1:
                self._started(number, pid, fds.pop())
            case frames.ForkFailed(number=number, reason=why):
                entry = self._pending.pop(number, None)
                if entry is not None:
                    future, ours, _ = entry
                    ours.close()
                    if not future.done():
                        future.set_exception(
                            errors.Unavailable(f"No process could be started ({why}). Repeat the call.", retry_after=2)
                        )
            case frames.Exited(pid=pid, status=status, max_rss_kib=rss):
                worker = self._workers.pop(pid, None)
                if worker is not None:
                    worker.report(status, rss)
            case frames.Hello(unshut=why):
                self.unshut = why
                if not self._hello.done():
                    self._hello.set_result(True)
            case _:
                pass
        frames.close_all(fds)

    def _started(self, number: int, pid: int, pidfd: int) -> None:
        future, ours, unwanted = self._pending.pop(number)
        worker = self._workers[pid] = WorkerProcess(pid, pidfd, ours)
        if self.lost:
            worker.kill("zygote_lost")
            worker.report(None)
        if future.done():  # cancelled
            unwanted(worker)
        else:
            future.set_result(worker)
