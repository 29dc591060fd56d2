"""The arithmetic of the capacity guide: from users, graphs and sizes to pods, memory and store.

Every constant is read from results/: see `model`. Sizes are in MiB, times in seconds. Memory: a pod holds its
processes and the graphs that are in use; each node with three edges costs what the largest measured graph
says. Throughput: a pod is planned at 0.7 of its knee. Store: bytes that one node costs in a snapshot, twice,
because the log is rewritten beside the old one. The store's one thread is the first thing that more pods do
not help: the calls that it bears are those that take all of its one core.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from loadtests import evidence, results
from loadtests.results import Result, Size

#: Share of the knee that a pod is planned for: what is left is for a pod that is away and for peaks.
PLANNED = 0.7
#: Relative error of `memory_mib` that tests hold, over measured sizes that the model was not made from.
STATED_ERROR = 0.25
NODES, POD, SHARED = "nodes-local-embedded", "capacity-local-embedded-mixed", "capacity-cluster-shared-1pod-mixed"
#: The same readers without think time, by both clients.
GENERATOR, LOCUST = "users-local-embedded-reader", "scenario-local-embedded-reader"


@dataclass(frozen=True)
class Model:
    """What was measured, as the guide needs it."""

    idle_mib: float
    mib_per_node: float
    stored_mib_per_node: float
    pod_calls: float
    pod_cpus: float
    store_calls: float


@dataclass(frozen=True)
class Need:
    """What somebody asks of the service: calls per second of one user, and graphs by nodes."""

    name: str
    users: int
    calls_per_user: float
    graphs: dict[int, int]
    in_use: float = 0.2


def _result(name: str) -> Result:
    return results.load(results.RESULTS / f"{name}.json")


def _sizes() -> list[Size]:
    return [size for size in _result(NODES).sizes if size.load_ms]


@cache
def model() -> Model:
    """The constants, from the smallest and largest graph and from the points at the knee."""
    sizes = _sizes()
    least, most = sizes[0], sizes[-1]
    pod = _result(POD)
    assert pod.knee is not None
    shared = [point for point in _result(SHARED).points if point.store_cpus]
    # A store that did next to nothing cannot be measured: the busiest point says most.
    busiest = max(shared, key=lambda point: point.store_cpus)
    return Model(
        idle_mib=least.idle_memory_mib,
        mib_per_node=max(0.0, most.memory_mib - least.idle_memory_mib) / most.nodes,
        stored_mib_per_node=most.stored_mib / most.nodes,
        pod_calls=median(pod.knee.requests_per_second),
        pod_cpus=pod.target.cpu_limit,
        store_calls=busiest.requests_per_second / busiest.store_cpus,
    )


def client_ms(name: str) -> float:
    """CPU that the client of a result spent on a call, in milliseconds."""
    point = _result(name).points[0]
    return 1000 * point.client_cpus / point.requests_per_second


def held_out() -> list[Size]:
    """Measured sizes between those that the model is made from."""
    return _sizes()[1:-1]


def memory_mib(graphs: dict[int, int]) -> float:
    """Memory of a pod that holds so many graphs (by nodes) at once."""
    found = model()
    return found.idle_mib + found.mib_per_node * sum(nodes * count for nodes, count in graphs.items())


def pods(need: Need) -> int:
    """Pods for the calls, and at least two."""
    return max(2, math.ceil(need.users * need.calls_per_user / (PLANNED * model().pod_calls)))


def store_mib(need: Need) -> float:
    """Data of all graphs in the store, and as much again while the log is rewritten."""
    return 2 * model().stored_mib_per_node * sum(nodes * count for nodes, count in need.graphs.items())


def stores(need: Need) -> int:
    """Stores (shards by tenant) for the calls, each planned at the same share."""
    return max(1, math.ceil(need.users * need.calls_per_user / (PLANNED * model().store_calls)))


EXAMPLES = (
    Need("a team", 50, 0.5, {1_000: 200, 10_000: 20}),
    Need("a company", 2_000, 0.5, {1_000: 10_000, 10_000: 500}),
    Need("a service", 200_000, 0.5, {1_000: 500_000, 10_000: 20_000}),
)


def told(need: Need) -> str:
    """One row of the guide's table."""
    graphs = sum(need.graphs.values())
    nodes = sum(size * count for size, count in need.graphs.items())
    used = {size: math.ceil(count * need.in_use / pods(need)) for size, count in need.graphs.items()}
    return (
        f"| {need.name} | {need.users:,} x {need.calls_per_user:g}/s | {graphs:,} graphs, {nodes:,} nodes | {pods(need):,} | "
        f"{memory_mib(used):,.0f} MiB | {store_mib(need):,.0f} MiB | {stores(need):,} |"
    )


def table() -> str:
    """The guide's examples and the constants behind them."""
    found = model()
    lines = [
        "| constant | value | from |",
        "|---|---|---|",
        f"| memory of a pod without graphs | {found.idle_mib:.0f} MiB | {NODES} |",
        f"| memory of 1,000 nodes with three edges each | {1000 * found.mib_per_node:.3f} MiB | {NODES} |",
        f"| stored size of the same | {1000 * found.stored_mib_per_node:.4f} MiB | {NODES} |",
        f"| calls/s of a pod at its knee, mixed users | {found.pod_calls:.0f} | {POD} |",
        f"| CPU of the client a call, generator | {client_ms(GENERATOR):.2f} ms | {GENERATOR} |",
        f"| CPU of the client a call, Locust with its start | {client_ms(LOCUST):.2f} ms | {LOCUST} |",
        f"| calls/s that fill the one core of a store | {found.store_calls:.0f} | {SHARED} |",
        "",
        "| who | calls | data | pods | memory of a pod | store | stores |",
        "|---|---|---|---|---|---|---|",
        *(told(need) for need in EXAMPLES),
    ]
    return "\n".join(lines)


def profile(path: Path) -> dict[str, Any]:
    """The chart's values with a profile over them."""

    def over(base: Any, top: Any) -> Any:
        if isinstance(base, dict) and isinstance(top, dict):
            return {**base, **{name: over(base.get(name), value) for name, value in top.items()}}
        return top

    found: dict[str, Any] = over(evidence._values(), yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    return found
