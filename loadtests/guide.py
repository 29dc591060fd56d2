"""The arithmetic of the capacity guide: from users, graphs and sizes to pods, memory and store.

Every constant is read from results/: see `model`. Sizes are in MiB, times in seconds. Memory: a pod holds its
processes, what they keep once they have held a graph, and the graphs that are in use; both are of the line through every
second measured size, the other sizes test it. Throughput: a pod is planned at 0.7 of its least knee in calls of users
who call every so many seconds, as those of a plan do: without think time whoever gets cheap answers calls most. Store: bytes
that one node costs in a snapshot, twice, because the log is rewritten beside the old one. The store's one thread is the
first thing that more pods do not help: what calls and the looks of idle pods take of its one core is measured by
loadtests/pods.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import linear_regression
from typing import Any

import yaml

from loadtests import evidence, results
from loadtests.results import Result, Size, heavy_calls
from networkx_mcp.store.redis_link import CONNECTIONS

#: Share of the knee that a pod is planned for: what is left is for a pod that is away and for peaks.
PLANNED = 0.7
#: Relative error that tests hold of the memory for a graph, that of the server without one left out, over measured
#: sizes that the model was not made from: 10,000 nodes and more.
STATED_ERROR = 0.15
NODES, LARGE = "nodes-local-embedded", "nodes-local-embedded-large"
POD, FLEETS = "capacity-cluster-shared-1pod-mixed-every-10s", "pods"
#: Users whose calls are analyses of small graphs of their own, in half; planned for once a pod was measured with them.
AGENTS = "capacity-cluster-shared-1pod-agentic-every-10s"
#: The same readers without think time, by both clients.
GENERATOR, LOCUST = "users-local-embedded-reader", "scenario-local-embedded-reader"


@dataclass(frozen=True)
class CapacityModel:
    """What was measured, as the guide needs it."""

    #: Of a server that has just started, and what its processes keep of their own once they have held graphs.
    idle_mib: float
    held_mib: float
    mib_per_node: float
    stored_mib_per_node: float
    #: Calls per second of a pod at the least knee of any repeat, and how many of them took a worker.
    pod_calls: float
    pod_heavy: float
    pod_cpus: float
    #: Cores of the store for a call a second, and for a pod that nobody calls.
    store_cpus_per_call: float
    store_cpus_per_pod: float
    store_kib_per_connection: float


@dataclass(frozen=True)
class Need:
    """What somebody asks of the service: calls per second of one user, and graphs by nodes."""

    name: str
    users: int
    calls_per_user: float
    graphs: dict[int, int]
    in_use: float = 0.2
    #: The result with the knee that its pods are planned by.
    pod: str = POD


def _result(name: str) -> Result:
    return results.load(results.RESULTS / f"{name}.json")


def measured(name: str) -> bool:
    """Whether there is such a result."""
    return (results.RESULTS / f"{name}.json").exists()


@cache
def pod_calls(name: str) -> float:
    """Calls per second of a pod at the least knee of any repeat of a result."""
    return min(point.requests_per_second for point in results.at_knee(_result(name)))


def _sizes(name: str) -> list[Size]:
    return [size for size in _result(name).sizes if size.load_ms]


def graph_mib(sizes: list[Size]) -> list[tuple[int, float]]:
    """(nodes, memory above that of the server when it had just started) of sizes that one server held in turn."""
    return [(size.nodes, size.memory_mib - sizes[0].idle_memory_mib) for size in sizes]


@cache
def model() -> CapacityModel:
    """The constants, from every second graph, the smallest and the largest among them, and from the points at the knee."""
    sizes = _sizes(NODES)
    least, most = sizes[0], sizes[-1]
    per_node, held = linear_regression(*zip(*graph_mib(sizes)[::2], strict=True))
    pod = _result(POD)
    knee = min(results.at_knee(pod), key=lambda point: point.requests_per_second)
    fleets = _result(FLEETS).fleets
    fewest, largest = fleets[0], fleets[-1]
    return CapacityModel(
        idle_mib=least.idle_memory_mib,
        held_mib=held,
        mib_per_node=per_node,
        stored_mib_per_node=most.stored_mib / most.nodes,
        pod_calls=knee.requests_per_second,
        pod_heavy=heavy_calls(knee),
        pod_cpus=pod.target.cpu_limit,
        store_cpus_per_call=max(fleet.store_us_per_call for fleet in fleets) / 1e6,
        store_cpus_per_pod=(largest.idle_store_cpus - fewest.idle_store_cpus) / (largest.pods - fewest.pods),
        store_kib_per_connection=max(fleet.connection_kib for fleet in fleets),
    )


def client_ms(name: str) -> float:
    """CPU that the client of a result spent on a call, in milliseconds."""
    point = _result(name).points[0]
    return 1000 * point.client_cpus / point.requests_per_second


def held_out() -> list[tuple[int, float]]:
    """(nodes, memory for the graph) of measured sizes that the model is not made from, those of a larger pod too."""
    return graph_mib(_sizes(NODES))[1::2] + graph_mib(_sizes(LARGE))


def graphs_mib(graphs: dict[int, int]) -> float:
    """What graphs (by nodes) add to the memory of a pod that holds them at once."""
    found = model()
    nodes = sum(size * count for size, count in graphs.items())
    return found.held_mib + found.mib_per_node * nodes if nodes else 0.0


def memory_mib(graphs: dict[int, int]) -> float:
    """Memory of a pod at rest that holds so many graphs (by nodes) at once."""
    return model().idle_mib + graphs_mib(graphs)


def pods(need: Need) -> int:
    """Pods for the calls, and at least two."""
    return max(2, math.ceil(need.users * need.calls_per_user / (PLANNED * pod_calls(need.pod))))


def store_mib(need: Need) -> float:
    """Data of all graphs in the store, and as much again while the log is rewritten."""
    return 2 * model().stored_mib_per_node * sum(nodes * count for nodes, count in need.graphs.items())


def stores(need: Need) -> int:
    """Stores (one for each release, tenants divided over them), each planned at the same share of its core."""
    found = model()
    cpus = need.users * need.calls_per_user * found.store_cpus_per_call + pods(need) * found.store_cpus_per_pod
    return max(1, math.ceil(cpus / PLANNED))


def pods_of_a_store() -> dict[str, int]:
    """Pods that one store bears, by what runs out first: its core, planned at the same share, or half of what the
    chart lets it hold, taken by connections."""
    found = model()
    each = PLANNED * found.pod_calls * found.store_cpus_per_call + found.store_cpus_per_pod
    memory = evidence.chart("store.valkey.maxMemoryMB") / 2 * 1024
    return {
        "core": math.floor(PLANNED / each),
        "core, nobody calls": math.floor(PLANNED / found.store_cpus_per_pod),
        "memory of connections": math.floor(memory / (CONNECTIONS * found.store_kib_per_connection)),
    }


EXAMPLES = (
    Need("a team", 50, 0.5, {1_000: 200, 10_000: 20}),
    Need("a company", 2_000, 0.5, {1_000: 10_000, 10_000: 500}),
    Need("a service", 200_000, 0.5, {1_000: 500_000, 10_000: 20_000}),
    *((Need("agents that compute", 2_000, 0.5, {100: 20_000}, pod=AGENTS),) if measured(AGENTS) else ()),
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


def reservations() -> str:
    """What a reader must know of the results that the guide rests on: those of a tree with changes, and what their notes say."""
    told = []
    for name in (NODES, LARGE, POD, AGENTS, FLEETS, GENERATOR, LOCUST):
        if name == AGENTS and not measured(name):
            continue
        result = _result(name)
        if result.dirty:
            told.append(f"[{name}](results/{name}.json) ({result.note or 'no note of what else ran'})")
    if not told:
        return ""
    return f"Of a tree with changes that are in no commit, so not to be repeated exactly: {'; '.join(told)}."


def table() -> str:
    """The guide's examples and the constants behind them."""
    found = model()
    lines = [
        *([warning, ""] if (warning := reservations()) else []),
        "| constant | value | from |",
        "|---|---|---|",
        f"| memory of a pod without graphs | {found.idle_mib:.0f} MiB | {NODES} |",
        f"| more, once it has held a graph | {found.held_mib:.1f} MiB | {NODES} |",
        f"| memory of 1,000 nodes with three edges each | {1000 * found.mib_per_node:.3f} MiB | {NODES} |",
        f"| stored size of the same | {1000 * found.stored_mib_per_node:.4f} MiB | {NODES} |",
        f"| calls/s of a pod at its least knee, users: {results.users_are(_result(POD).points[0])} | {found.pod_calls:.0f} | {POD} |",
        f"| of these heavy calls/s | {found.pod_heavy:.1f} | {POD} |",
        *(
            [
                f"| the same, users: {results.users_are(_result(AGENTS).points[0])} | {pod_calls(AGENTS):.0f} | {AGENTS} |"
            ]
            if measured(AGENTS)
            else []
        ),
        f"| CPU of the client a call, generator | {client_ms(GENERATOR):.2f} ms | {GENERATOR} |",
        f"| CPU of the client a call, Locust with its start | {client_ms(LOCUST):.2f} ms | {LOCUST} |",
        f"| CPU of the store a call, one of ten a write | {1e6 * found.store_cpus_per_call:.0f} us | {FLEETS} |",
        f"| CPU of the store for 1,000 pods that nobody calls | {1000 * found.store_cpus_per_pod:.3f} cores | {FLEETS} |",
        f"| memory of the store a connection, of which a pod has {CONNECTIONS} at most | {found.store_kib_per_connection:.0f} KiB | {FLEETS} |",
        "",
        "| pods on one store | idle: commands/s, cores | CPU of the store a call, us | P50, P95, P99 ms | connections: under load, all opened, refused |",
        "|---|---|---|---|---|",
        *(
            f"| {fleet.pods:,} | {fleet.idle_commands_per_second:g}, {fleet.idle_store_cpus:.4f} | {fleet.store_us_per_call:g} | "
            f"{fleet.p50_ms:g}, {fleet.p95_ms:g}, {fleet.p99_ms:g} | "
            f"{fleet.connections:,}, {fleet.burst_connections:,}, {fleet.burst_refused:,} |"
            for fleet in _result(FLEETS).fleets
        ),
        "",
        "| what of one store runs out | pods |",
        "|---|---|",
        *(f"| {what} | {count:,} |" for what, count in pods_of_a_store().items()),
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
