"""Who gives up a socket when all are taken.

An idle socket costs a stranger nothing, so strangers could take them all and shut out who has a token. Where a
place is needed, the one that has been idle longest is closed: first of those that never showed a token, then of those
that did, which find a new connection at their next call. A connection on which a request is under way is never
closed. Whoever sends only half a request is idle: we owe it nothing yet.
"""

from __future__ import annotations

import time
from typing import Protocol

from networkx_mcp.telemetry import metrics

#: A connection that showed a token keeps its place for this long after an answer, in seconds: its next request may be on the way.
KEPT_SECONDS = 1.0


class Place(Protocol):
    """A client's socket, as far as it can lose its place."""

    #: Whether a request on it was authenticated.
    known: bool
    #: Whether it is one of the few past the limit.
    reserve: bool
    #: When its last answer was given, or it was opened: time.monotonic().
    answered: float

    def give_up(self) -> None:
        """Close it."""


class SocketPlaces:
    """The idle sockets of one server, each kind in the order in which it became idle."""

    def __init__(self) -> None:
        self._strangers: dict[Place, None] = {}
        self._known: dict[Place, None] = {}
        self._reserve: dict[Place, None] = {}
        self._leaving: set[Place] = set()
        for kind in ("stranger", "authenticated", "reserve"):
            metrics.SOCKETS_EVICTED.labels(kind)

    @property
    def leaving(self) -> int:
        """Sockets that were told to close and have not yet."""
        return len(self._leaving)

    def idle(self, place: Place) -> None:
        """Nothing is under way on it."""
        self.busy(place)
        (self._reserve if place.reserve else self._known if place.known else self._strangers)[place] = None

    def busy(self, place: Place) -> None:
        """A request is under way on it."""
        for kind in (self._strangers, self._known, self._reserve):
            kind.pop(place, None)

    def gone(self, place: Place) -> None:
        """It is closed."""
        self.busy(place)
        self._leaving.discard(place)

    def make_room(self) -> bool:
        """Close the idle socket that can best be spared. False where every one is needed."""
        if self._strangers:
            return self._evict(self._strangers, "stranger")
        if self._known and time.monotonic() - next(iter(self._known)).answered >= KEPT_SECONDS:
            return self._evict(self._known, "authenticated")
        return False

    def make_room_in_reserve(self) -> bool:
        """The same among those past the limit."""
        return bool(self._reserve) and self._evict(self._reserve, "reserve")

    def _evict(self, kind: dict[Place, None], name: str) -> bool:
        place = next(iter(kind))
        del kind[place]
        self._leaving.add(place)
        metrics.SOCKETS_EVICTED.labels(name).inc()
        place.give_up()
        return True
