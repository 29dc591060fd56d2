"""When the garbage collector of the API looks through everything: between calls, not in the middle of a large body.

Left alone, CPython walks all containers each time that a quarter more of them live. While a body of 80,000 lists is parsed and
checked that happened up to six times, each for up to 160 ms of CPU, and every call of the process waited
(`python -m loadtests.abuse holds --only bodies`). Nearly everything is freed without it, when the last reference goes; it is
needed for cycles alone. So full collections are begun here: every ten seconds, and once large bodies are gone. Young objects are
collected once YOUNG of them live, and not 700: of the calls that run then few have ended, and whatever lives is walked again. A hundred
edits that wait for the disk hold some ten thousand.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: When the collector is told what stays, in seconds from the start. A task that ends while it is told is memory that stays, so it is
#: told twice and not for ever.
FREEZE_AFTER_SECONDS = (0.0, 60.0)
#: Least pause between two full collections that nothing asks for, in seconds; and how many times the last one's time the pause lasts,
#: so that collections take at most one percent of a core however much lives.
EVERY_SECONDS, PAUSE_PER_SECOND = 10.0, 100.0
#: Values of ended bodies that a full collection may be owed while other large bodies live, which it would walk as well.
OWED_VALUES = 600_000
#: Containers made and not freed after which the youngest generation is collected. It took five percent of the CPU of calls at 700, and
#: with a hundred callers as much at 10,000.
YOUNG = 50_000
#: Threshold of the generation above: it is collected with every third of the youngest, before it holds 150,000. A body of 95,000 lists is
#: so walked no more than it was with 10,000 and 10.
MIDDLE = 2
#: The threshold of the oldest generation which no process reaches.
_NEVER = 2**31 - 1


class GarbageCollector:
    """Begins full collections of this process. There is one in a process, as there is one `gc`."""

    def __init__(self) -> None:
        self._large = 0
        self._owed = 0
        self._planned = False

    @contextmanager
    def values(self, count: int) -> Iterator[None]:
        """Around the life of a large body's `count` values."""
        self._large += 1
        try:
            yield
        finally:
            self._large -= 1
            self._owed += count
            if not self._planned:
                self._planned = True
                # Not here: the frames of the call that ends still hold its values.
                asyncio.get_running_loop().call_soon(self._pay)

    async def run(self, started: asyncio.Event) -> None:
        """Take what the start and first calls make out of the collector's sight, then collect until cancelled."""
        gc.set_threshold(YOUNG, MIDDLE, _NEVER)
        await started.wait()
        freezes = [time.monotonic() + seconds for seconds in FREEZE_AFTER_SECONDS]
        pause = 0.0
        while True:
            await asyncio.sleep(pause)
            pause = EVERY_SECONDS
            if not self._large:  # else it is owed when the last of them ends
                pause = max(pause, PAUSE_PER_SECOND * self._collect())
                if freezes and time.monotonic() >= freezes[0]:
                    gc.freeze()
                    del freezes[0]

    def _pay(self) -> None:
        """Collect what is owed, unless another large body lives, which may have come since this was planned."""
        self._planned = False
        if not self._large or self._owed >= OWED_VALUES:
            self._collect()

    def _collect(self) -> float:
        """Collect everything; the seconds that it took."""
        self._owed = 0
        began = time.perf_counter()
        gc.collect()
        return time.perf_counter() - began
