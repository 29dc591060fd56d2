"""How much one turn of the event loop does for clients, however many of them are ready at once.

The loop runs whatever is ready before it looks at its sockets again. A thousand clients that each send one cheap
request in the same moment would so hold it for as long as all of them take together, and a probe behind them waits. Here a turn
starts a few requests and parses for a few milliseconds; the rest waits for the turns after it, in each of which the
loop looks at its sockets. Probes do not wait: what they cost is bounded by themselves.

What waits is taken from the tenants in turn. Many reads end in the turn in which they begin and never wait for a slot (`admission`), so this is
the queue that decides about them: in the order in which they came, one caller waited 0.8 s for each read beside a thousand connections of
another tenant.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable

from networkx_mcp.http.listening import ACCEPTS

#: Requests that begin in one turn. Until it first waits, one takes 0.2 to 1 ms.
STARTS = 16
#: Of these, kept for clients that have shown a token when both kinds wait.
STARTS_OF_KNOWN = 12
#: Time that a turn parses what clients send, in seconds; the read that passes it is finished.
PARSE_SECONDS = 0.02
#: Added for each read, in seconds: what the kernel and the loop take for it before it is timed. What is thrown away costs little
#: else, and five hundred clients that send such bodies held a turn for a quarter of a second.
READ_SECONDS = 0.00005
#: Connections accepted in one turn that make a crowd: more are waiting behind them, a probe's perhaps. A turn is short then, so that they
#: come in: it parses for less time, and of strangers only STARTS - STARTS_OF_KNOWN requests begin in it.
CROWD = ACCEPTS // 2
CROWD_PARSE_SECONDS = 0.003


class _Round:
    """What waits, by tenant: each tenant in turn, of one tenant who came first. Every operation is O(1)."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[str, deque[Callable[[], None]]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, tenant: str, action: Callable[[], None]) -> None:
        self._count += 1
        self._tenants.setdefault(tenant, deque()).append(action)

    def next(self) -> Callable[[], None]:
        """Take the one whose turn it is. Raises KeyError where nothing waits."""
        self._count -= 1
        tenant, waiting = self._tenants.popitem(last=False)
        action = waiting.popleft()
        if waiting:
            self._tenants[tenant] = waiting  # to the end of the round
        return action


class Pacer:
    """The turns of one event loop."""

    def __init__(self) -> None:
        self._started = 0
        #: Of these, requests of strangers.
        self._strange = 0
        self._accepted = 0
        #: Whether connections come faster than they are let in.
        self.crowd = False
        self._parsed = 0.0
        self._scheduled = False
        self._known = _Round()
        self._others: deque[Callable[[], None]] = deque()
        self._reads = _Round()

    @property
    def waiting(self) -> int:
        """Requests that have not begun."""
        return len(self._known) + len(self._others)

    def accepted(self) -> None:
        """A connection came."""
        self._schedule()
        self._accepted += 1
        self.crowd = self.crowd or self._accepted >= CROWD

    def start(self, begin: Callable[[], None], tenant: str | None) -> None:
        """Call `begin`, now or in a later turn; requests of clients whose tenant is known before those of others (None), which
        still get a share."""
        self._schedule()
        known = tenant is not None
        if self._started < STARTS and not self.waiting and (known or self._strangers_may()):
            self._begin(begin, known=known)
        elif tenant is not None:
            self._known.add(tenant, begin)
        else:
            self._others.append(begin)

    def may_parse(self) -> bool:
        """Whether this turn has time left to parse what arrives."""
        return self._parsed < (CROWD_PARSE_SECONDS if self.crowd else PARSE_SECONDS)

    def parsed(self, seconds: float) -> None:
        """This turn has read once and parsed for so long."""
        self._schedule()
        self._parsed += seconds + READ_SECONDS

    def later(self, read: Callable[[], None], tenant: str | None) -> None:
        """Call `read` in a turn that has time to parse. All strangers (None) are as one tenant."""
        self._schedule()
        self._reads.add(tenant or "", read)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _strangers_may(self) -> bool:
        """Whether this turn begins another request of a stranger."""
        return not self.crowd or self._strange < STARTS - STARTS_OF_KNOWN

    def _begin(self, begin: Callable[[], None], *, known: bool) -> None:
        self._started += 1
        self._strange += not known
        begin()

    def _turn(self) -> None:
        """The next turn has come."""
        self._scheduled = False
        self._started, self._strange, self._parsed = 0, 0, 0.0
        self.crowd, self._accepted = self._accepted >= CROWD, 0
        while self._started < STARTS:
            others = bool(self._others) and self._strangers_may()
            if self._known and (self._started < STARTS_OF_KNOWN or not others):
                self._begin(self._known.next(), known=True)
            elif others:
                self._begin(self._others.popleft(), known=False)
            else:
                break
        while self._reads and self.may_parse():
            self._reads.next()()
        if self.waiting or self._reads:
            self._schedule()
