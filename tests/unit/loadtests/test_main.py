"""The command line refuses what would measure something else, and a measurement goes on only where nothing changed."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loadtests import __main__ as command
from loadtests import evidence, measurement, results, soak
from loadtests.abuse import __main__ as abuse
from loadtests.results import Journal
from loadtests.targets import LoadTarget, TargetError


def told(*arguments: str) -> str | None:
    return command.unfit(command.arguments().parse_args(arguments))


def test_a_knee_needs_times_that_hold_what_waits_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told("capacity") is None
    assert told("capacity", "--seconds", "20", "--warmup", "12") is None
    assert "heavy calls are few" in str(told("capacity", "--seconds", "12"))
    assert "emptier server" in str(told("capacity", "--warmup", "5"))
    assert "--every 9.5: a call may wait 10 s" in str(told("capacity", "--every", "9.5"))
    assert told("capacity", "--every", "10") is None
    assert told("users", "--seconds", "5", "--warmup", "1") is None
    monkeypatch.setattr(sys, "argv", ["loadtests", "capacity", "--seconds", "12"])
    with pytest.raises(SystemExit, match="--seconds 12"):
        command.main()


def test_the_warm_up_is_as_long_as_a_call_may_wait() -> None:
    assert command.RAMP_SECONDS + evidence.setting("limits.queue_timeout_seconds") <= command.WARMUP_SECONDS
    assert evidence.setting("limits.connection_timeout_seconds") == command.LOADED_SECONDS
    assert evidence.setting("limits.queue_timeout_seconds") == command.LEAST_EVERY_SECONDS


def test_a_result_is_of_the_tree_that_it_was_begun_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody commits while a measurement runs: the result names the commit of its start."""
    monkeypatch.setattr(results, "JOURNALS", tmp_path)
    monkeypatch.setattr(results, "commit", lambda: ("a" * 40, True))
    monkeypatch.setattr(results, "changes", lambda: "edited")
    options = command.arguments().parse_args(["users", "--out", str(tmp_path), "--name", "some"])
    measured = measurement.Measurement(options, LoadTarget(), Journal("some", command.configuration(options)), 0.0)
    measured.facts = results.load(results.RESULTS / "users-local-embedded-mixed.json").target
    monkeypatch.setattr(results, "commit", lambda: ("b" * 40, False))
    monkeypatch.setattr(results, "changes", lambda: "")
    made = results.load(measured.result())
    assert (made.commit, made.dirty) == ("a" * 40, True)


def test_a_search_says_how_long_it_may_take() -> None:
    said = command.longest(command.arguments().parse_args(["capacity"]))
    assert said.startswith("3 searches of at most 12 points, each 42 s and at most 30 s more")
    assert said.endswith("at most 43 minutes")


def test_users_who_call_at_fixed_times_are_searched_for_by_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["capacity", "--every", "10", "--start", "100", "--maximum", "400", "--repeats", "1"]
    options = command.arguments().parse_args([*given, "--out", str(tmp_path)])
    assert measurement.name_of(options) == "capacity-local-embedded-mixed-every-10s"
    some = results.load(results.RESULTS / "users-local-embedded-mixed.json")
    asked: list[tuple[int, float]] = []

    def take(live: LoadTarget, users: int, repeat: int, rate: float, **_: Any) -> results.Point:
        asked.append((users, rate))
        return msgspec.structs.replace(some.points[0], users=users, repeat=repeat, rate=rate, ok=users <= 250)

    monkeypatch.setattr(results, "JOURNALS", tmp_path)
    monkeypatch.setattr(measurement, "take", take)
    journal = Journal("some", command.configuration(options))
    measured = measurement.Measurement(options, LoadTarget(), journal, 0.0)
    measured.facts = some.target
    command.capacity(measured)
    assert asked == [(100, 10.0), (200, 20.0), (400, 40.0), (300, 30.0), (250, 25.0), (275, 27.5)]
    made = results.load(tmp_path / "capacity-local-embedded-mixed-every-10s.json")
    assert made.knee
    assert made.knee.users == [250]
    assert results.users_are(made.points[0]) == "mixed, a call in 10 s each"
    assert results.users_are(some.points[0]) == "mixed"


def test_a_soak_takes_its_share_of_the_users_or_of_the_calls_of_a_knee(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = results.load(results.RESULTS / "capacity-local-embedded-mixed.json")
    found.knee = results.Knee([100, 300, 200], [50.0, 150.0, 100.0], [1.0] * 3, 200, (100, 300), False)
    monkeypatch.setattr(results, "RESULTS", tmp_path)

    def load(*given: str) -> tuple[int, float]:
        return soak.load_of(command.arguments().parse_args(["soak", *given]))

    results.save(found, tmp_path)
    assert load("--knee", found.name) == (200, 70.0)
    for point in found.points:
        point.rate = point.users / 2
    results.save(found, tmp_path)
    assert load("--knee", found.name) == (140, 70.0)
    assert load("--knee", found.name, "--users", "50") == (50, 70.0)
    assert load("--rate", "10") == (200, 10.0)
    found.knee = None
    results.save(found, tmp_path)
    for wrong in ([], ["--knee", found.name]):
        with pytest.raises(TargetError, match="--knee with the name of a capacity result"):
            load(*wrong)


@pytest.mark.parametrize(
    ("given", "rate", "knee"),
    [
        ([], None, "capacity-local-embedded-mixed"),
        (["SOAK_RATE=300"], 300, None),
        (["LOAD_ARGS=--knee capacity-cluster-shared-1pod-mixed"], None, "capacity-cluster-shared-1pod-mixed"),
        (["LOAD_ARGS=--rate=20 --note short"], 20, None),
        (["LOAD_ARGS=--target cluster --store shared"], None, None),
    ],
)
def test_make_soak_says_which_load(given: list[str], rate: float | None, knee: str | None) -> None:
    """The command that make would run is one that the soak takes, and its knee is there. Of another target it is not the
    knee: without a load the soak says what is missing."""
    made = subprocess.run(
        ["make", "--dry-run", "soak", *given], cwd=results.ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    (line,) = [line for line in made if " -m loadtests soak " in line]
    options = command.arguments().parse_args(shlex.split(line.partition(" -m loadtests ")[2]))
    assert (options.rate, options.knee) == (rate, knee)
    assert knee is None or (results.RESULTS / f"{knee}.json").exists()


@pytest.mark.parametrize("target", ["capacity", "load", "soak"])
def test_make_fetches_helm_and_kubectl_for_a_cluster(target: str) -> None:
    for options, wanted in (("--target cluster --replicas 2", True), ("--repeats 1", False)):
        told = subprocess.run(
            ["make", "--dry-run", target, f"LOAD_ARGS={options}"], cwd=results.ROOT, capture_output=True, text=True, check=True
        )  # fmt: skip
        assert ("scripts/tools.py" in told.stdout) == wanted


def test_a_result_of_abuse_is_of_the_tree_that_was_attacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = results.load(results.RESULTS / "users-local-embedded-mixed.json").target
    live = LoadTarget()
    monkeypatch.setattr(live, "facts", lambda: target)
    monkeypatch.setattr(results, "commit", lambda: ("a" * 40, True))

    def attack(options: argparse.Namespace) -> int:
        monkeypatch.setattr(results, "commit", lambda: ("b" * 40, False))
        abuse.save(options, live, results.now(), 0.0, "some")
        return 0

    monkeypatch.setitem(abuse.COMMANDS, "tenants", attack)
    monkeypatch.setattr(sys, "argv", ["abuse", "tenants", "--name", "some", "--out", str(tmp_path)])
    assert abuse.main() == 0
    made = results.load(tmp_path / "some.json")
    assert (made.commit, made.dirty) == ("a" * 40, True)
