"""The one writer of the embedded store: a thread that commits waiting writes together.

While one COMMIT waits for the disk, further writes queue up; the next transaction takes them all
and one fsync serves them. A write is acknowledged after the COMMIT that holds it returned.

A thread that sleeps is woken at the end of the turn of the event loop: the writes of one turn share a transaction, and the loop
is not held up by a thread that wants the interpreter while the others are still made.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from networkx_mcp.errors import ServiceError
from networkx_mcp.store.shared import unavailable

_log = logging.getLogger(__name__)

#: Writes of one transaction: it bounds what the first of them waits for.
MOST = 64

Work = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True)
class _WriteJob:
    work: Work
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    ended: Callable[[Any], None]
    value: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """In the event loop's thread."""
        self.ended(None if self.error is not None else self.value)
        if self.future.done():
            return  # its caller stopped waiting
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


def _settle(jobs: list[_WriteJob]) -> None:
    for job in jobs:
        job.settle()


class SqliteWriter:
    """Runs work in transactions. `before` runs first in each, whatever becomes of the work; `undone` is told of one that failed."""

    def __init__(self, db: sqlite3.Connection, before: Work, undone: Callable[[], None] = lambda: None) -> None:
        self._db = db
        self._before = before
        self._undone = undone
        #: What is to be written, in order; None: nothing more comes.
        self._jobs: deque[_WriteJob | None] = deque()
        #: One entry for each time that the thread is to look at the jobs.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waking = False
        #: Whether the last transaction reached the disk.
        self.healthy = True
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self._thread.start()

    def submit(self, work: Work, ended: Callable[[Any], None] = lambda _: None) -> asyncio.Future[Any]:
        """The future of `work(db)`, done when its transaction is durable. Work that raises is undone
        alone. A future that is cancelled does not stop the work. Whatever became of both, `ended` is called with the value, None
        where there is none, just before the future is done."""
        if self._closed:
            raise unavailable("is closed")
        loop = asyncio.get_running_loop()
        job = _WriteJob(work, loop.create_future(), loop, ended)
        self._jobs.append(job)
        if not self._waking:
            self._waking = True
            loop.call_soon(self._wake)
        return job.future

    def _wake(self) -> None:
        self._waking = False
        self._wakes.put(None)

    def close(self) -> None:
        """Finish what was submitted and end the thread. Blocks."""
        self._closed = True
        self._jobs.append(None)
        self._wakes.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wakes.get()
            while jobs := self._collect():
                self._transaction(jobs)
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                    jobs[0].loop.call_soon_threadsafe(_settle, jobs)
                if len(jobs) < MOST:
                    break  # what came meanwhile is of a turn that goes on, and wakes at its end
            if self._jobs and self._jobs[0] is None:
                return

    def _collect(self) -> list[_WriteJob]:
        """The jobs of the next transaction."""
        jobs: list[_WriteJob] = []
        while self._jobs and len(jobs) < MOST and self._jobs[0] is not None:
            job = self._jobs.popleft()
            assert job is not None
            jobs.append(job)
        return jobs

    def _transaction(self, jobs: list[_WriteJob]) -> None:
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            self._before(db)
            for job in jobs:
                self._one(job)
            db.execute("COMMIT")
            self.healthy = True
        except Exception as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._undone()
            self.healthy = False
            _log.error("a transaction failed: %s", error, extra={"event": "store_refused"})
            for job in jobs:
                job.error = unavailable(f"could not write ({error})", answered=True)

    def _one(self, job: _WriteJob) -> None:
        self._db.execute("SAVEPOINT job")
        try:
            job.value = job.work(self._db)
        except sqlite3.Error:
            raise  # disk full, I/O error: the whole transaction is in doubt
        except Exception as error:
            job.error = error
            self._db.execute("ROLLBACK TO job")
            if not isinstance(error, ServiceError):
                _log.exception("a write failed", extra={"event": "store_error"})
        self._db.execute("RELEASE job")
