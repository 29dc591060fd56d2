"""How much one turn of the event loop does for clients, however many of them are ready at once.

The loop runs whatever is ready before it looks at its sockets again. A thousand clients that each send one cheap
request in the same moment would so hold it for as long as all of them take together, and a probe behind them waits. Here a turn
starts a few requests and parses for a few milliseconds; the rest waits for the turns after it, in each of which the
loop looks at its sockets. Probes do not wait: what they cost is bounded by themselves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

#: Requests that begin in one turn. Until it first waits, one takes 0.2 to 1 ms.
STARTS = 16
#: Of these, kept for clients that have shown a token when both kinds wait.
STARTS_OF_KNOWN = 12
#: Time that a turn parses what clients send, in seconds; the read that passes it is finished.
PARSE_SECONDS = 0.02


class Pacer:
    """The turns of one event loop."""

    def __init__(self) -> None:
        self._started = 0
        self._parsed = 0.0
        self._scheduled = False
        self._known: deque[Callable[[], None]] = deque()
        self._others: deque[Callable[[], None]] = deque()
        self._reads: deque[Callable[[], None]] = deque()

    @property
    def waiting(self) -> int:
        """Requests that have not begun."""
        return len(self._known) + len(self._others)

    def start(self, begin: Callable[[], None], *, known: bool) -> None:
        """Call `begin`, now or in a later turn; requests of `known` clients before those of others, which still get
        a share."""
        self._schedule()
        if self._started < STARTS and not self.waiting:
            self._started += 1
            begin()
        else:
            (self._known if known else self._others).append(begin)

    def may_parse(self) -> bool:
        """Whether this turn has time left to parse what arrives."""
        return self._parsed < PARSE_SECONDS

    def parsed(self, seconds: float) -> None:
        """This turn has parsed for so long."""
        self._schedule()
        self._parsed += seconds

    def later(self, read: Callable[[], None]) -> None:
        """Call `read` in a turn that has time to parse."""
        self._schedule()
        self._reads.append(read)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """The next turn has come."""
        self._scheduled = False
        self._started, self._parsed = 0, 0.0
        while self.waiting and self._started < STARTS:
            prefer = self._known and (self._started < STARTS_OF_KNOWN or not self._others)
            self._started += 1
            (self._known if prefer else self._others or self._known).popleft()()
        while self._reads and self.may_parse():
            self._reads.popleft()()
        if self.waiting or self._reads:
            self._schedule()
