"""What is promised of capacity is what was measured, and is said alike everywhere."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from loadtests import evidence, guide, plots, results
from loadtests.histogram import Histogram
from loadtests.search import knee

RESULTS = sorted(results.RESULTS.glob("*.json"))


def values() -> dict[str, float]:
    return {name: float(item["value"]) for name, item in evidence.document()["values"].items()}


def test_nothing_departs_from_capacity_yaml() -> None:
    assert evidence.departures() == []


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_keeps_the_schema_and_its_own_arithmetic(path: Path) -> None:
    result = results.load(path)
    assert result.name == path.stem
    assert result.command
    assert len(result.commit) == 40
    assert result.points or result.sizes or result.summary or result.abuse or result.faults or result.fleets
    for fault in result.faults:
        assert fault.passed, fault.name
        assert fault.lost == fault.stale == 0 < fault.acknowledged
        assert fault.times == len(fault.fault_seconds) == len(fault.recover_seconds) == len(fault.longest_wait_seconds)
    for point in result.points:
        stored = Histogram.decode(point.histogram)
        assert stored.summary() == {name: getattr(point, name) for name in stored.summary()}
        assert stored.total <= point.requests
        assert point.mistakes == 0
    if result.knee:
        assert result.knee == knee(result.points, 0 if result.knee.at_maximum else 10**9)


def test_a_result_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    text = RESULTS[0].read_text(encoding="utf-8").replace('"kind":', '"extra": 1, "kind":', 1)
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="extra"):
        results.load(tmp_path / "other.json")


def test_two_memory_limits_are_two_lines_of_a_picture() -> None:
    labels = [plots._label(result) for result in results.load_all("nodes")]
    assert len(labels) == len(set(labels)) > 1


def test_pictures_are_those_of_the_results() -> None:
    assert plots.stale() == [], "run: make evidence"


@pytest.mark.parametrize("name", evidence.document()["values"])
def test_a_value_that_moves_alone_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    item: dict[str, Any] = evidence.document()["values"][name]
    checked = item["places"]
    assert checked, f"{name} stands nowhere"
    monkeypatch.setitem(item, "value", item["value"] * 1.01 + 0.001)
    told = [line for line in evidence.departures() if line.startswith(f"{name}: ")]
    assert len(told) == len(checked)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("request_timeout", 31, "request timeout < shutdown"),
        ("grace_slack", -1, "shutdown < grace period"),
        ("memory_protective", 0.7, "memory"),
        ("memory_per_pod", 1700, "memory"),
        ("p95_warning", 3, "P95"),
        ("liveness_failures", 1, "liveness"),
        ("readiness_timeout", 6, "probes"),
    ],
)
def test_rules_between_values_are_held(name: str, value: float, rule: str) -> None:
    assert evidence.rules(values()) == []
    assert any(rule in broken for broken in evidence.rules({**values(), name: value}))


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        ({}, None),
        ({"max_ms": 3000.0}, "took 3000 ms"),
        ({"failed": 1}, "1 failed"),
        ({"count": 53}, "53 probes"),
    ],
)
def test_a_good_point_with_slow_failed_or_missing_probes_is_noticed(seen: dict[str, float], wrong: str | None) -> None:
    result = results.load(results.RESULTS / "capacity-cluster-shared-1pod-mixed.json")
    point = next(point for point in result.points if point.ok)
    result.points = [point]
    point.seconds = 30
    point.probes = {"every": 0.5, "count": 60, "failed": 0, "max_ms": 100.0} | seen
    told = evidence.slow_probes(values(), result, point.users)
    assert told == [] if wrong is None else wrong in told[0]
    assert evidence.slow_probes(values(), result, point.users - 1) == []


def test_probes_that_waited_for_each_other_are_not_counted() -> None:
    """Older results: how many there were says nothing, what they took does."""
    result = results.load(results.RESULTS / "capacity-cluster-shared-1pod-mixed.json")
    result.points = [next(point for point in result.points if point.ok)]
    result.points[0].probes = {"count": 1, "failed": 0, "max_ms": 100.0}
    assert evidence.slow_probes(values(), result, 10**6) == []


def test_a_limit_above_its_knee_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    item: dict[str, Any] = evidence.document()["knees"]["users"]
    path = results.RESULTS / f"{item['result']}.json"
    low = evidence.knee_of("users", results.load(path))
    monkeypatch.setitem(item, "provisional", False)
    monkeypatch.setitem(evidence.document()["values"]["queue"], "value", low)
    assert any("above 0.9 x the knee" in line for line in evidence.departures())


def test_a_limit_above_the_least_knee_of_any_repeat_is_refused() -> None:
    """Below the median's bound and above the worst repeat's."""
    item: dict[str, Any] = evidence.document()["knees"]["users"]
    most = evidence.bound(item["least"])
    assert evidence.least_knees({"connections": 45, "queue": most - 45}, "users", item) == []
    (told,) = evidence.least_knees({"connections": 45, "queue": most - 44}, "users", item)
    assert "above 0.9 x the least knee" in told


@pytest.mark.parametrize(
    "said", [{"least": 560}, {"of": ["capacity-cluster-shared-1pod-mixed"]}, {"beside": {"capacity-local-embedded-mixed": 400}}]
)  # fmt: skip
def test_a_least_knee_that_no_result_has_is_noticed(said: dict[str, Any]) -> None:
    item: dict[str, Any] = evidence.document()["knees"]["users"]
    assert evidence.least_knees(values(), "users", item | said)


def test_the_largest_size_is_called_the_largest_that_was_tried() -> None:
    """Where a larger one was tried and failed, capacity.yaml and README have to say something else."""
    item = evidence.document()["knees"]["nodes"]
    tried = max(size.nodes for size in results.load(results.RESULTS / f"{item['result']}.json").sizes)
    why = evidence.document()["values"]["graph_nodes"]["why"]
    assert why.startswith(f"0.9 of {item['knee']:,}, the largest size that was tried")
    assert tried == item["knee"]


def test_a_provisional_knee_is_called_so_where_the_limits_stand() -> None:
    text = (results.ROOT / "docs/operate.md").read_text(encoding="utf-8")
    provisional = any(item.get("provisional") for item in evidence.document()["knees"].values())
    assert ("provisional" in text) == provisional


# --- the capacity guide


def test_the_guide_shows_the_arithmetic_of_its_examples() -> None:
    text = (results.ROOT / "loadtests/README.md").read_text(encoding="utf-8")
    for example in guide.EXAMPLES:
        assert guide.told(example) in text, guide.told(example)


def astray() -> list[int]:
    """Sizes that the model was not made from whose graph takes another part of the memory than the guide states."""
    return [
        nodes
        for nodes, mib in guide.held_out()
        if guide.graphs_mib({nodes: 1}) != pytest.approx(mib, rel=guide.STATED_ERROR)
    ]


def test_the_arithmetic_meets_measured_points() -> None:
    """The memory for a graph alone: beside that of a server without one, any cost of a node would look right."""
    assert [nodes for nodes, _ in guide.held_out()] == [10_000, 100_000, 500_000, 1_000_000]
    assert astray() == []
    text = (results.ROOT / "loadtests/README.md").read_text(encoding="utf-8")
    assert f"A test holds it to {guide.STATED_ERROR:.0%}".replace("%", " %") in text
    nodes, mib = guide.graph_mib(guide._sizes(guide.NODES))[0]
    assert nodes == 1000
    assert 0 < guide.graphs_mib({nodes: 1}) - mib < 2
    assert "below,\nit says up to 2 MiB too much" in text
    assert f"add `memory.workerMB` ({evidence.chart('memory.workerMB'):g} MiB) for each heavy call" in text


@pytest.mark.parametrize("changed", [{"mib_per_node": 0.7}, {"mib_per_node": 1.4}, {"held_mib": 0.0}])
def test_a_wrong_cost_of_a_graph_is_noticed(changed: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    right = guide.model()
    wrong = dataclasses.replace(right, **{name: getattr(right, name) * factor for name, factor in changed.items()})
    monkeypatch.setattr(guide, "model", lambda: wrong)
    assert astray()


def test_a_pod_carries_for_long_more_than_the_guide_plans_for_it() -> None:
    soak = results.load(results.RESULTS / "soak-cluster-shared-1pod-mixed-every-10s.json")
    assert soak.summary["minutes"] >= 10
    goal = evidence.document()["objective"]
    assert guide.PLANNED * guide.model().pod_calls <= soak.summary["rate"]
    assert min(point.success_percent for point in soak.points) >= goal["success_percent"]
    assert median(point.p95_ms for point in soak.points) <= 1000 * goal["p95_seconds"]


def test_a_pod_carried_more_heavy_calls_for_two_hours_than_the_guide_plans_for_it() -> None:
    soak = results.load(results.RESULTS / "soak-cluster-shared-1pod-mixed.json")
    assert soak.summary["minutes"] >= 120
    assert [point.failed for point in soak.points if not point.ok] == []
    assert guide.PLANNED * guide.model().pod_heavy <= mean(map(results.heavy_calls, soak.points))


def test_the_guide_names_what_it_rests_on_that_nobody_can_repeat() -> None:
    text = (results.ROOT / "loadtests/README.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- guide -->")[2].partition("<!-- end -->")[0]
    warning = shown.partition("| constant |")[0]
    for name in set(re.findall(r"\| ([a-z0-9-]+) \|$", shown, re.MULTILINE)):
        if (path := results.RESULTS / f"{name}.json").exists():
            assert (name in warning) == results.load(path).dirty, name


@pytest.mark.parametrize("profile", ["contract", "small", "large"])
def test_a_profile_names_its_evidence_and_fits_the_arithmetic(profile: str) -> None:
    path = results.ROOT / f"chart/profiles/{profile}.yaml"
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"results/([a-z0-9-]+\.json)", text)
    assert named
    for name in named:
        assert (results.RESULTS / name).exists(), name
    told = guide.profile(path)
    assert told["limits"]["memoryMB"] == evidence._number(told["resources"]["limits"]["memory"])
    assert guide.memory_mib({told["limits"]["graphNodes"]: 1}) < 0.8 * told["limits"]["memoryMB"]
