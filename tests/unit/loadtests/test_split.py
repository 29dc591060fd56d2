"""A split keeps every point, those of a run that was cut too."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from loadtests import __main__ as command
from loadtests import measurement, results, split
from loadtests.results import Journal, Point
from loadtests.targets import LoadTarget

MEASURED = results.load(results.RESULTS / "users-local-embedded-mixed.json")


class Target(LoadTarget):
    """Facts, and nothing behind them."""

    def facts(self) -> results.Target:
        return MEASURED.target

    def prepare(self) -> None:
        """No graphs."""


def test_all_points_are_in_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "JOURNALS", tmp_path / "journals")
    given = ["split", "--total", "400", "--connections", "15,45", "--repeats", "2", "--out", str(tmp_path)]
    options = command.arguments().parse_args([*given, "--name", "some"])
    left = 3

    def take(live: LoadTarget, *, users: int, repeat: int, **_: Any) -> Point:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        point = results.load(results.RESULTS / f"{MEASURED.name}.json").points[0]
        point.users, point.repeat, point.p95_ms = users, repeat, 100.0 - left
        return point

    monkeypatch.setattr(split, "take", take)

    def measure() -> None:
        journal = Journal("some", command.configuration(options))
        split.measure(
            measurement.Measurement(options, LoadTarget(), journal, 0.0), lambda directory, settings: Target()
        )

    with contextlib.suppress(KeyboardInterrupt):
        measure()
    left = 1
    measure()
    made = results.load(tmp_path / "some.json")
    assert [point.repeat for point in made.points] == [0, 1, 0, 1]
    assert {point.users for point in made.points} == {400}
    assert made.summary["p95_ms_of_15"] == sum(point.p95_ms for point in made.points[:2]) / 2
