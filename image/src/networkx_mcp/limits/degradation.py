"""Degradation: its names, when memory causes them, and who is told.

* `constrained` (80 % of the limit in use): caches of graphs are dropped, large loads refused;
* `protective` (90 %): writes and heavy calls refused;
* `draining`: the process is on its way out.

A level rises at once and falls only `HYSTERESIS` below its threshold, so that it does not flap.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import IntEnum

from networkx_mcp.telemetry import metrics

logger = logging.getLogger("networkx_mcp.workers")

#: A level ends when use is this share of the limit below the level's threshold.
HYSTERESIS = 0.05


class Level(IntEnum):
    """Degradation, worst last; the value is the metric's."""

    NORMAL = 0
    CONSTRAINED = 1
    PROTECTIVE = 2
    DRAINING = 3

    @property
    def label(self) -> str:
        """The name in texts: `normal`, `constrained`, `protective`, `draining`."""
        return self.name.lower()


class Levels:
    """The level in force. `constrained` and `protective` are shares of the limit, between 0 and 1."""

    def __init__(self, constrained: float, protective: float) -> None:
        self._thresholds = ((Level.PROTECTIVE, protective), (Level.CONSTRAINED, constrained))
        self._by_memory = Level.NORMAL
        self._override: Level | None = None
        self._draining = False
        self._listeners: list[Callable[[Level], None]] = []
        self.current = Level.NORMAL
        metrics.DEGRADATION_LEVEL.set(0)

    @property
    def override(self) -> Level | None:
        """The administrator's level, None where memory decides."""
        return self._override

    def set_override(self, level: Level | None) -> None:
        """Force a level, or let memory decide again with None."""
        self._override = level
        self._settle()

    def drain(self) -> None:
        """Enter `draining` for good: nothing, an override included, leads out of it."""
        self._draining = True
        self._settle()

    def subscribe(self, listener: Callable[[Level], None]) -> None:
        """Call `listener(level)` at every change; it must not block."""
        self._listeners.append(listener)

    def update(self, ratio: float) -> None:
        """Memory in use, as a share of the limit."""
        for level, threshold in self._thresholds:
            if ratio >= threshold - (HYSTERESIS if self._by_memory >= level else 0.0):
                break
        else:
            level = Level.NORMAL
        self._by_memory = level
        self._settle()

    def _settle(self) -> None:
        level = self._by_memory if self._override is None else self._override
        if self._draining:
            level = Level.DRAINING
        if level is self.current:
            return
        before, self.current = self.current, level
        metrics.DEGRADATION_LEVEL.set(int(level))
        logger.log(
            logging.INFO if level < before else logging.WARNING,
            "degradation level %s",
            level.label,
            extra={"event": "worker_level", "level_before": before.label, "level_after": level.label},
        )
        for listener in list(self._listeners):
            try:
                listener(level)
            except Exception:
                logger.exception("a listener of the degradation level failed", extra={"event": "worker_level"})
