"""capacity.yaml against the chart, the settings, the alerts, the dashboards and the results.

`departures` lists every place that says something else than capacity.yaml, and every rule between values
that does not hold. `update` writes the knees of the results into it.
"""

from __future__ import annotations

import ast
import json
import math
import operator
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from loadtests import results
from loadtests.results import Result

ROOT = results.ROOT
CAPACITY = Path(__file__).with_name("capacity.yaml")
SHARE = 0.9
_QUANTITY = re.compile(r"(\d+)(Mi|Gi)")


@cache
def document() -> dict[str, Any]:
    """capacity.yaml."""
    found: dict[str, Any] = yaml.safe_load(CAPACITY.read_text(encoding="utf-8"))
    return found


@cache
def _values(path: Path = ROOT / "chart/values.yaml") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _number(found: Any) -> float:
    """A number, or the MiB of a quantity."""
    if isinstance(found, str) and (quantity := _QUANTITY.fullmatch(found)):
        return int(quantity[1]) * (1024 if quantity[2] == "Gi" else 1)
    return float(found)


def chart(path: str) -> float:
    """A number of chart/values.yaml; quantities in MiB. Raises KeyError."""
    found: Any = _values()
    for part in path.split("."):
        found = found[part]
    return _number(found)


def setting(path: str) -> float:
    """The default of a setting of the server. Raises KeyError."""
    from networkx_mcp.settings import Settings

    group, _, name = path.partition(".")
    return float(Settings.model_fields[group].get_default(call_default_factory=True).model_dump()[name])


_OPERATORS = {ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Add: operator.add, ast.Sub: operator.sub}


def _arithmetic(text: str) -> float:
    def value(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return float(_OPERATORS[type(node.op)](value(node.left), value(node.right)))
        assert isinstance(node, ast.Constant), text
        return float(node.value)  # type: ignore[arg-type]

    return value(ast.parse(text, mode="eval").body)


@cache
def _rules() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "alerts/prometheusrule.yaml").read_text(encoding="utf-8"))
    return found


@cache
def _board(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / f"alerts/dashboards/{name}.json").read_text(encoding="utf-8"))
    return found


def alert(words: str) -> float:
    """The threshold of an alert's first comparison: `NAME SEVERITY`. Raises KeyError."""
    name, severity = words.split()
    for group in _rules()["spec"]["groups"]:
        for rule in group["rules"]:
            if rule.get("alert") == name and rule["labels"]["severity"] == severity:
                found = re.search(r"> ([\d./* ]+)", rule["expr"])
                assert found, rule["expr"]
                return _arithmetic(found[1].strip())
    raise KeyError(words)


def dashboard(words: str) -> float:
    """The value at which a panel takes a colour: `FILE COLOUR PANEL`. Raises KeyError."""
    name, colour, title = words.split(maxsplit=2)
    for panel in _board(name)["panels"]:
        if panel.get("title") == title:
            for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
                if step["color"] == colour:
                    return float(step["value"])
    raise KeyError(words)


_PLACES = {"chart": chart, "setting": setting, "alert": alert, "dashboard": dashboard}


def _place(name: str, value: float, place: str) -> str | None:
    """What is wrong with one place; None when it says the value."""
    kind, _, rest = place.partition(" ")
    try:
        found = _PLACES[kind](rest)
    except KeyError as missing:
        return f"{name}: {place} is not there ({missing})"
    return None if math.isclose(found, value, rel_tol=1e-5) else f"{name}: {place} is {found:g}, not {value:g}"


def knee_of(name: str, result: Result) -> int:
    """The knee that a result of that kind shows."""
    if name == "nodes":
        good = [
            size.nodes
            for size in result.sizes
            if not size.failures
            and size.peak_memory_mib <= result.target.memory_limit_mib
            and all(max(times) <= 20_000 for times in size.algorithms.values())
        ]
        return max(good, default=0)
    return int(result.knee.median_users) if result.knee else 0


def least_knee(names: Iterable[str]) -> int:
    """The least knee in users of any repeat of the named results. Raises ValueError where one has none."""
    found: list[int] = []
    for name in names:
        knee = results.load(results.RESULTS / f"{name}.json").knee
        if knee is None:
            raise ValueError(f"{name} has no knee")
        found += knee.users
    return min(found)


def pods_measured() -> list[str]:
    """Names of all results of one pod of the chart with a knee of mixed users without think time, the queue opened."""
    return [
        result.name
        for result in results.load_all("capacity")
        if result.knee and result.target.kind == "cluster" and result.target.replicas == 1
        if not result.name.endswith("as-set")
        if all(point.workload == "mixed" and point.rate is None for point in result.points)
    ]


def least_knees(values: dict[str, float], name: str, item: dict[str, Any]) -> list[str]:
    """What is wrong with what capacity.yaml says of the least knees, and with what rests on them."""
    if "least" not in item:
        return []
    found = []
    if item["of"] != pods_measured():
        found.append(f"knee {name}: the least is of {item['of']}, one pod was measured by {pods_measured()}")
    wanted = {"least": (item["least"], item["of"])} | {other: (said, [other]) for other, said in item["beside"].items()}
    for place, (said, names) in wanted.items():
        if said != (least := least_knee(names)):
            found.append(f"knee {name}: {place} is {said}, the results say {least}: make evidence")
    return found + [
        f"{carries} is {carried(values, carries):g}, above {SHARE} x the least knee {item['least']}"
        for carries in item["carries"]
        if carried(values, carries) > bound(item["least"])
    ]


def rules(values: dict[str, float]) -> list[str]:
    """Rules between values that do not hold."""
    v = values
    wanted = {
        "memory: added pods < warning < critical < limit": v["memory_per_pod"]
        < v["memory_constrained"] * v["memory_mib"]
        < v["memory_protective"] * v["memory_mib"]
        < v["memory_mib"],
        "errors: warning < critical": v["errors_warning"] < v["errors_critical"],
        "P95: objective = warning < critical < request timeout": document()["objective"]["p95_seconds"]
        == v["p95_warning"]
        < v["p95_critical"]
        < v["request_timeout"],
        "in flight: warning < limit": v["in_flight_warning"] < 1,
        "queue: warning < critical < limit": v["queue_warning"] < v["queue_critical"] < 1,
        "queue + run <= answer": v["queue_timeout"] + v["request_timeout"] <= v["connection_timeout"],
        "request timeout < shutdown": v["request_timeout"] < v["shutdown_timeout"],
        "shutdown < grace period": v["pre_stop"] + v["shutdown_timeout"] < grace_seconds(v),
        "drain < what a run leaves of shutdown": v["drain"] < v["shutdown_timeout"] - v["request_timeout"],
        "probes: timeout < period": v["readiness_timeout"] < v["readiness_period"]
        and v["liveness_timeout"] < v["liveness_period"],
        "readiness gives up before liveness": v["readiness_period"] * v["readiness_failures"]
        < v["liveness_period"] * v["liveness_failures"],
        "no run is cut by liveness": v["liveness_period"] * v["liveness_failures"] > v["connection_timeout"],
    }
    return [f"does not hold: {rule}" for rule, holds in wanted.items() if not holds]


def grace_seconds(v: dict[str, float]) -> float:
    """The pod's grace period as the chart computes it."""
    return v["pre_stop"] + v["shutdown_timeout"] + v["grace_slack"]


def carried(values: dict[str, float], name: str) -> float:
    """What rests on a knee, as a number."""
    return values["connections"] + values["queue"] if name == "connections_and_queue" else values[name]


#: Of the probes that a window has room for, so many must be there: where they are missing, nobody asked.
PROBED = 0.9


def slow_probes(values: dict[str, float], result: Result, most: int) -> list[str]:
    """Good points of up to `most` users, which is what limits may admit, at which a probe took longer than the kubelet
    waits, or failed, or at which probes are missing. Results from before `every` was kept made one probe after the
    other, so that those which hung hid themselves: their count says nothing."""
    found = []
    for point in result.points:
        seen = point.probes
        if not point.ok or point.users > most or not seen:
            continue
        if seen["failed"] or seen["max_ms"] >= 1000 * values["readiness_timeout"]:
            found.append(
                f"{result.name}: at {point.users} users /ready took {seen['max_ms']:g} ms, {seen['failed']:g} failed"
            )
        if "every" in seen and seen["count"] < PROBED * point.seconds / seen["every"]:
            found.append(
                f"{result.name}: at {point.users} users {seen['count']:g} probes of /ready were made in {point.seconds:g} s"
            )
    return found


def departures() -> list[str]:
    """Everything that departs; nothing when all is said alike and within what was measured."""
    found = []
    values: dict[str, float] = {name: float(item["value"]) for name, item in document()["values"].items()}
    for name, item in document()["values"].items():
        found += [wrong for place in item["places"] if (wrong := _place(name, values[name], place))]
    found += rules(values)
    for name, item in document()["knees"].items():
        path = results.RESULTS / f"{item['result']}.json"
        if not path.exists():
            found.append(f"knee {name}: {path.name} is not there")
            continue
        result = results.load(path)
        knee = knee_of(name, result)
        if not item.get("provisional"):
            found += slow_probes(values, result, bound(knee))
        found += least_knees(values, name, item)
        if (item["knee"], item["bound"]) != (knee, bound(knee)):
            found.append(f"knee {name}: {item['knee']}, bound {item['bound']}; the result says {knee}: make evidence")
        for carries in item["carries"]:
            if not item.get("provisional") and carried(values, carries) > bound(knee):
                found.append(f"{carries} is {carried(values, carries):g}, above {SHARE} x the knee {knee} of {name}")
    return found


def bound(knee: int) -> int:
    """0.9 x knee, rounded down."""
    return int(knee * SHARE + 1e-9)


def update() -> None:
    """Write the knees of the results into capacity.yaml."""
    text = CAPACITY.read_text(encoding="utf-8")
    for name, item in document()["knees"].items():
        path = results.RESULTS / f"{item['result']}.json"
        if path.exists():
            knee = knee_of(name, results.load(path))
            block = re.compile(rf"(\n    result: {re.escape(item['result'])}\n    knee: )\d+(\n    bound: )\d+")
            text = block.sub(rf"\g<1>{knee}\g<2>{bound(knee)}", text)
        if "least" in item:
            text = re.sub(r"(\n    least: )\d+", rf"\g<1>{least_knee(item['of'])}", text)
        for other in item.get("beside", {}):
            text = re.sub(rf"(\n      {re.escape(other)}: )\d+", rf"\g<1>{least_knee([other])}", text)
    CAPACITY.write_text(text, encoding="utf-8")
    document.cache_clear()
