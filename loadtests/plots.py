"""Pictures of the results for docs/performance.md: `python -m loadtests plots`.

Each is an SVG that names the digest of the results it was drawn from, so that `--check` of `make evidence`
knows a stale one on any machine. Text stays text; nothing depends on the day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import msgspec
from matplotlib import pyplot

from loadtests import contract, results
from loadtests.results import Result

PLOTS = results.RESULTS / "plots"
#: Told apart without colour as well.
STYLES = (
    ("#1f5fa8", "o", "-"),
    ("#c2571a", "s", "--"),
    ("#2e7d4f", "^", "-."),
    ("#7a3e9d", "D", ":"),
    ("#444444", "v", "-"),
)
matplotlib.rcParams.update(
    {"svg.hashsalt": "networkx-mcp", "svg.fonttype": "none", "font.size": 10, "axes.grid": True, "grid.alpha": 0.3}
)

Draw = Callable[[Any, list[Result]], None]


def _finish(axes: Any, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _label(result: Result) -> str:
    pods = f", {result.target.replicas} pods" if result.target.replicas > 1 else ""
    return f"{result.target.kind}, {result.target.store} store{pods}, {result.target.memory_limit_mib:,} MiB"


def latency_by_users(axes: Any, found: list[Result]) -> None:
    """P50, P95 and P99 against users without think time."""
    for result in found:
        if any(point.workload != "mixed" for point in result.points):
            continue
        users = sorted({point.users for point in result.points})
        for (colour, marker, line), name in zip(STYLES, ("p50_ms", "p95_ms", "p99_ms"), strict=False):
            values = [_median([getattr(p, name) for p in result.points if p.users == count]) for count in users]
            label = f"{name[:3].upper()}, {_label(result)}"
            axes.plot(users, values, color=colour, marker=marker, linestyle=line, label=label)
    axes.axhline(2000, color="#999999", linewidth=1)
    axes.set_yscale("log")
    _finish(axes, "Latency by users (objective: P95 2 s)", "users without think time", "milliseconds")


def memory_by_nodes(axes: Any, found: list[Result]) -> None:
    """Memory of the whole server against nodes of one graph."""
    for result, (colour, marker, _) in zip(found, STYLES, strict=False):
        nodes = [size.nodes for size in result.sizes]
        for name, line in (("memory_mib", "-"), ("peak_memory_mib", "--")):
            label = f"{'graph resident' if line == '-' else 'most during algorithms'}, {_label(result)}"
            axes.plot(
                nodes, [getattr(size, name) for size in result.sizes], line, color=colour, marker=marker, label=label
            )
    axes.axhline(contract.PROMISED_MIB, color="#999999", linewidth=1)
    axes.set_xscale("log")
    _finish(axes, "Memory by graph size (line: the default limit of 2 GiB)", "nodes, three edges each", "MiB")


def throughput_by_replicas(axes: Any, found: list[Result]) -> None:
    """Throughput at the knee against pods, in calls per second and per CPU second of the servers."""
    groups: dict[str, list[Result]] = {}
    for result in found:
        if result.target.kind == "cluster" and result.knee and result.points:
            users = results.users_are(result.points[0])
            groups.setdefault(f"{users}, {result.target.store} store", []).append(result)
    for (label, members), (colour, marker, _) in zip(groups.items(), STYLES, strict=False):
        members.sort(key=lambda result: result.target.replicas)
        pods = [result.target.replicas for result in members]
        knees = [result.knee for result in members if result.knee]
        for line, name in (("-", "requests_per_second"), ("--", "requests_per_cpu_second")):
            values = [_median(getattr(knee, name)) for knee in knees]
            what = "calls/s" if line == "-" else "calls per CPU second"
            axes.plot(pods, values, line, color=colour, marker=marker, label=f"{what}, {label}")
    axes.set_xticks(sorted({result.target.replicas for members in groups.values() for result in members}))
    axes.set_ylim(bottom=0)
    _finish(axes, "Throughput at the knee by pods, all on two cores", "pods", "calls")


def time_by_algorithm(axes: Any, found: list[Result]) -> None:
    """What a caller waits for an algorithm, by size."""
    measured = sorted((size for result in found for size in result.sizes), key=lambda size: size.nodes)
    for number, name in enumerate(dict.fromkeys(name for size in measured for name in size.algorithms)):
        colour, marker, _ = STYLES[number % len(STYLES)]
        line = ("-", "--", ":")[number // len(STYLES) % 3]
        sizes = [size for size in measured if name in size.algorithms]
        values = [_median(size.algorithms[name]) for size in sizes]
        axes.plot([size.nodes for size in sizes], values, line, color=colour, marker=marker, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _finish(axes, "Time of a call by algorithm and size", "nodes, three edges each", "milliseconds")


def _median(values: list[float]) -> float:
    middle = sorted(values)
    return middle[len(middle) // 2]


#: Name -> (what draws it, kind of results).
PLOTTED: dict[str, tuple[Draw, str]] = {
    "latency-by-users": (latency_by_users, "users"),
    "memory-by-nodes": (memory_by_nodes, "nodes"),
    "throughput-by-replicas": (throughput_by_replicas, "capacity"),
    "time-by-algorithm": (time_by_algorithm, "nodes"),
}


def digest(found: list[Result]) -> str:
    """What a picture was drawn from."""
    return hashlib.sha256(msgspec.json.encode(found)).hexdigest()


def write_all(directory: Path = PLOTS) -> None:
    """Draw all pictures anew."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, (draw, kind) in PLOTTED.items():
        found = results.load_all(kind)
        figure, axes = pyplot.subplots(figsize=(9, 3.8), layout="constrained")
        draw(axes, found)
        metadata = {"Date": None, "Creator": "networkx-mcp", "Description": f"sha256:{digest(found)}"}
        figure.savefig(directory / f"{name}.svg", metadata=metadata)
        pyplot.close(figure)
        path = directory / f"{name}.svg"
        path.write_text(re.sub(r"[ \t]+\n", "\n", path.read_text(encoding="utf-8")), encoding="utf-8")


def stale(directory: Path = PLOTS) -> list[str]:
    """Pictures that are missing or were drawn from other results."""
    found = []
    for name, (_, kind) in PLOTTED.items():
        path = directory / f"{name}.svg"
        if not path.exists() or digest(results.load_all(kind)) not in path.read_text(encoding="utf-8"):
            found.append(name)
    return found
