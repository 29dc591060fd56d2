"""What the users of one Locust process saw: outcomes, latencies, and mistakes of the scenarios."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Any

from loadtests import protocol
from loadtests.histogram import Histogram
from loadtests.workload import SEED


@dataclass
class Seen:
    """Counts by outcome; all latencies; the first mistakes in words."""

    run: str = field(default_factory=lambda: f"{time.time_ns() // 1_000_000:x}")
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    outcomes: dict[str, int] = field(default_factory=dict)
    latencies: Histogram = field(default_factory=Histogram)
    failures: int = 0
    mistakes: list[str] = field(default_factory=list)
    mistaken: int = 0

    def add(self, outcome: str, seconds: float, facts: str, expected: frozenset[str] = frozenset()) -> None:
        """Count one exchange."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        self.latencies.add(max(0.0, seconds))
        if outcome in protocol.FAILURES - expected:
            self.failures += 1
        elif outcome in protocol.MISTAKES - expected:
            self.mistaken += 1
            if len(self.mistakes) < 10:
                self.mistakes.append(f"{outcome}: {facts}")

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        total = sum(self.outcomes.values())
        return {
            "requests": total,
            "outcomes": self.outcomes,
            "success_percent": round(100 * (1 - self.failures / total), 4) if total else 0.0,
            "mistakes": self.mistaken,
            "examples": self.mistakes,
            **self.latencies.summary(),
            "histogram": self.latencies.encode(),
        }


SEEN = Seen()
