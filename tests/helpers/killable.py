"""Calls in a process of their own that the kernel ends: native code that loops cannot be interrupted otherwise."""

from __future__ import annotations

import os
import pickle
import signal
import struct
from collections.abc import Callable, Iterator
from typing import Any

#: What stands for the result of a call that used up its time, or whose process died.
ENDLESS = "did not end"


def each(jobs: list[Any], work: Callable[[Any], Any], seconds: float) -> Iterator[tuple[Any, Any]]:
    """(job, `work(job)`) in order, where `work` gives something that pickles; ENDLESS in its place for a call that
    took more than `seconds` of CPU (a busy machine makes none endless) or killed its process."""
    done = 0
    while done < len(jobs):
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            os.close(ours)
            _serve(jobs, done, work, seconds, theirs)
        os.close(theirs)
        with os.fdopen(ours, "rb") as pipe:
            while head := pipe.read(4):
                (size,) = struct.unpack("<I", head)
                data = pipe.read(size)
                yield jobs[done], pickle.loads(data)
                done += 1
        _, status = os.waitpid(child, 0)
        if done < len(jobs):
            if status == 0:
                raise RuntimeError("the child ended before its work was done")
            yield jobs[done], ENDLESS
            done += 1


def _serve(jobs: list[Any], first: int, work: Callable[[Any], Any], seconds: float, pipe: int) -> None:
    status = 1
    try:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for job in jobs[first:]:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, 60 + 30 * seconds)
            data = pickle.dumps(work(job))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            view = memoryview(struct.pack("<I", len(data)) + data)
            while view:
                view = view[os.write(pipe, view) :]
        status = 0
    finally:
        os._exit(status)
