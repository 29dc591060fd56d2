"""One measurement of a command: its target, its journal, and the result that it ends as."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from loadtests import results
from loadtests.measure import line, take
from loadtests.results import Journal, Point, Result
from loadtests.targets import LoadTarget
from loadtests.workload import SEED

DATASET = (
    "one graph of 1,000 nodes and 2,991 edges, 8 of 200 nodes and 591 edges, and 120-node graphs that agents make: "
    "preferential attachment, three edges a node"
)


def name_of(options: argparse.Namespace) -> str:
    """The name of the result and of its journal."""
    if options.command == "pods":
        return options.name or "pods"
    parts = [options.command, options.target, options.store]
    if options.target == "cluster":
        parts.append(f"{options.replicas}pod")
    if options.command != "nodes":
        parts.append(options.workload)
    if getattr(options, "every", None):
        parts.append(f"every-{options.every:g}s")
    if getattr(options, "as_set", False):
        parts.append("as-set")
    return options.name or "-".join(parts)


class Measurement:
    """What all commands share: target, journal, and the result's frame."""

    def __init__(self, options: argparse.Namespace, live: LoadTarget, journal: Journal, load: float) -> None:
        self.options, self.live, self.journal, self.load = options, live, journal, load
        #: Facts of the target; asked when the result is written, unless there were several.
        self.facts: results.Target | None = None
        self.points: list[Point] = [msgspec.convert(line, Point) for line in journal.lines if "users" in line]

    def point(self, users: int, repeat: int, **more: Any) -> Point:
        """A point, from the journal where it is there already."""
        rate = more.get("rate")
        for known in self.points:
            if (known.users, known.repeat, known.rate) == (users, repeat, rate):
                return known
        options = self.options
        found = take(
            self.live,
            users=users,
            repeat=repeat,
            seconds=more.pop("seconds", options.seconds),
            warmup=more.pop("warmup", options.warmup),
            workload=options.workload,
            **more,
        )
        print(f"{results.now()} repeat {repeat} {line(found)}", file=sys.stderr, flush=True)
        self.points.append(found)
        self.journal.add(found)
        return found

    def result(self, **more: Any) -> Path:
        """Write the result; the journal has done its work."""
        options = self.options
        made = Result(
            kind=options.command,
            name=name_of(options),
            command=results.command(),
            commit=self.journal.head["commit"],
            dirty=bool(self.journal.head["changes"]),
            started=self.journal.started,
            finished=results.now(),
            machine=results.machine(self.load),
            versions=results.versions(),
            target=self.facts or self.live.facts(),
            seed=SEED,
            repeats=options.repeats,
            note=options.note,
            **{"dataset": DATASET, "points": self.points, **more},
        )
        path = results.save(made, options.out)
        self.journal.done()
        print(f"written: {path}", file=sys.stderr)
        return path
