"""The search finds the knee it is given, and judges by every part of the objective."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from loadtests import __main__ as command
from loadtests import results, search, soak
from loadtests.histogram import Histogram
from loadtests.results import Journal, Point
from loadtests.search import Objective

GOAL = Objective(success_percent=99.9, p95_seconds=2, run_seconds=20.5, response_seconds=30.5)


def point(users: int = 10, repeat: int = 0, **changed: Any) -> Point:
    summary = Histogram().extend([0.1]).summary()
    facts: dict[str, Any] = {
        **summary,
        "users": users,
        "repeat": repeat,
        "seconds": 1,
        "workload": "reader",
        "requests": 100,
        "success_percent": 100.0,
        "requests_per_second": 100.0,
        "outcomes": {"ok": 100},
        "mistakes": 0,
        "server_cpus": 1.0,
        "store_cpus": 0.0,
        "client_cpus": 0.1,
        "other_cpus": 0.0,
        "requests_per_cpu_second": 100.0,
        "memory_mib": 100.0,
        "file_descriptors": 10,
        "runs_over_20s": 0,
        "tools": {},
        "histogram": "",
        "at": results.now(),
    }
    return Point(**{**facts, **changed})


@given(st.integers(10, 6000), st.integers(1, 10))
@example(knee=13, start=7)
def test_the_knee_is_found_within_the_precision(knee: int, start: int) -> None:
    """And within a user for each of at most five halvings, which round down."""
    asked: list[int] = []

    def good(users: int) -> bool:
        asked.append(users)
        return users <= knee

    found, at_maximum = search.find(good, start, 6400)
    assert found <= knee
    assert not at_maximum
    assert knee - found <= max(5, 0.1 * knee)
    assert len(asked) == len(set(asked)) <= search.most_points(start, 6400)


def test_the_search_says_when_the_maximum_stopped_it_and_when_nothing_was_good() -> None:
    assert search.find(lambda users: True, 50, 400) == (400, True)
    assert search.find(lambda users: False, 50, 400) == (0, False)


@pytest.mark.parametrize(
    "changed",
    [
        {"success_percent": 99.89},
        {"p95_ms": 2001},
        {"max_ms": 30501},
        {"runs_over_20s": 1},
        {"requests": 0},
    ],
)
def test_every_part_of_the_objective_can_fail_a_point(changed: dict[str, Any]) -> None:
    assert GOAL.failures(point()) == []
    assert len(GOAL.failures(point(**changed))) == 1


def test_median_and_spread_are_of_the_last_good_points() -> None:
    points = [
        point(50, 0),
        point(100, 0),
        point(200, 0, ok=False),
        point(150, 1),
        point(80, 2),
        point(160, 2, ok=False),
    ]
    found = search.knee(points, maximum=6400)
    assert found.users == [100, 150, 80]
    assert found.median_users == 100
    assert found.spread_users == (80, 150)
    assert not found.at_maximum
    assert search.knee([point(50, 0), point(50, 1, ok=False)], 6400).users == [50, 0]
    with pytest.raises(ValueError, match="no point"):
        search.knee([], 6400)


def test_a_journal_goes_on_where_it_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "JOURNALS", tmp_path)
    begun = Journal("some", {"seconds": 5})
    begun.add(point(50))
    begun.add(point(100))
    begun.path.write_bytes(begun.path.read_bytes()[:-20])  # power went while it was written
    again = Journal("some", {"seconds": 5})
    assert [msgspec.convert(line, Point).users for line in again.lines] == [50]
    assert again.started == begun.started
    with pytest.raises(SystemExit, match="--fresh"):
        Journal("some", {"seconds": 6})
    assert Journal("some", {"seconds": 6}, fresh=True).lines == []


def test_a_journal_is_of_one_tree_and_of_one_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "JOURNALS", tmp_path)
    begun = Journal("some", {"commit": "a" * 40, "changes": ""})
    begun.add(point(50))
    begun.pin("sha256:1")
    begun.add(point(100))
    again = Journal("some", {"commit": "a" * 40, "changes": ""})
    assert [msgspec.convert(line, Point).users for line in again.lines] == [50, 100]
    assert (again.head["digest"], again.started) == ("sha256:1", begun.started)
    again.pin("sha256:1")
    with pytest.raises(SystemExit, match="begun with sha256:1"):
        again.pin("sha256:2")
    with pytest.raises(SystemExit, match="--fresh"):
        Journal("some", {"commit": "a" * 40, "changes": "edited"})


@pytest.mark.needs("git")
def test_a_change_of_server_chart_or_load_is_told_from_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "ROOT", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name in ("image/src/server.py", "chart/values.yaml", "loadtests/load.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("first\n", encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    subprocess.run(["git", "-C", str(tmp_path), *who, "commit", "-qm", "first"], check=True)
    (tmp_path / "README.md").write_text("second\n", encoding="utf-8")
    assert (results.commit()[1], results.changes()) == (False, "")
    seen = set()
    for name in ("image/src/server.py", "chart/values.yaml", "loadtests/load.py", "chart/new.yaml"):
        for text in ("second\n", "third\n"):
            (tmp_path / name).write_text(text, encoding="utf-8")
            assert results.commit()[1]
            seen.add(results.changes())
    assert len(seen) == 8


def test_the_slope_of_a_soak_is_that_of_a_line() -> None:
    times = [number**1.2 for number in range(90)]
    assert soak.slope(times, [100 + 0.25 * time for time in times]) == pytest.approx(0.25)
    assert soak.slope([7.0], [1.0]) == soak.slope([7.0, 7.0], [1.0, 2.0]) == 0


def minutes(*, memory: list[float], apart: int, process: str) -> list[Point]:
    """Points of a soak, `apart` seconds from each other."""
    begin = 1_790_000_000
    return [
        point(
            memory_mib=mib,
            process=process,
            at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + apart * number)),
        )
        for number, mib in enumerate(memory)
    ]


def test_a_soak_grows_by_the_clock_and_not_by_the_point() -> None:
    """A point a minute and a half, each with 1 MiB more: 40 MiB an hour, not 60."""
    found = soak.summary(minutes(memory=[200.0 + n for n in range(40)], apart=90, process=""), rate=20)
    assert found["memory_mib_per_hour"] == pytest.approx(40)
    assert found["minutes"] == found["minutes_of_last_process"] == 40


def test_a_soak_that_was_taken_up_is_judged_by_its_last_process() -> None:
    """The first process had grown to 400 MiB; the second stays at 200: nothing leaks, and nothing shrinks."""
    first = minutes(memory=[300.0 + 5 * n for n in range(20)], apart=60, process="1 since 0")
    second = minutes(memory=[200.0] * 30, apart=60, process="2 since 5000")
    found = soak.summary(first + second, rate=20)
    assert found["memory_mib_per_hour"] == 0
    assert found["memory_mib_most"] == 395
    assert (found["minutes"], found["minutes_of_last_process"]) == (50, 30)


def test_a_summary_is_made_anew_from_the_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = results.load(results.RESULTS / "soak-cluster-shared-1pod-mixed.json")
    before.summary |= {"memory_mib_per_hour": 1e9}
    results.save(before, tmp_path)
    monkeypatch.setattr(sys, "argv", ["loadtests", "soak", "--again", before.name, "--out", str(tmp_path)])
    command.main()
    after = results.load(tmp_path / f"{before.name}.json")
    assert after.points == before.points
    assert after.summary == soak.summary(before.points, before.summary["rate"])
    before.kind = "users"
    results.save(before, tmp_path)
    with pytest.raises(SystemExit, match="not soak"):
        soak.again(tmp_path / f"{before.name}.json")
