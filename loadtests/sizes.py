"""The contract's table of graph sizes: what graphs of 1,000 to 1,000,000 nodes cost in time and memory.

A graph is uploaded as an edge list (PUT /graphs/{id}), then each algorithm is called as a tool, all through
HTTP, so times hold what a caller waits for (on a cluster with a port-forward of kubectl between). Memory is that of all processes of the server (a pod's
working set on a cluster): idle, with the graph resident, and the most seen while algorithms ran. Limits
on sizes and times are raised, so that the table tells how long a call takes and not that it was stopped.
Memory is divided as it is by default, so a size that is good here is good on the default pod; sizes that need
more are measured under the memory of chart/profiles/large.yaml (`make load`).
"""

from __future__ import annotations

import http.client
import threading
import time
from typing import Any

import msgspec

from loadtests import call_outcomes, workload
from loadtests.measurement import Measurement
from loadtests.processes import MIB
from loadtests.results import Size
from loadtests.targets import LoadTarget, TargetError, memory_mib
from networkx_mcp import mcp_wire

#: Departures from the defaults, as settings and as values of the chart.
SETTINGS = {
    "limits_graph_nodes": "1000000",
    "limits_graph_edges": "10000000",
    "limits_graph_mb": "512",
    "limits_tenant_mb": "1024",
    "limits_upload_mb": "256",
    "limits_request_timeout_seconds": "300",
    "limits_connection_timeout_seconds": "330",
    # Each repeat computes: a kept result would be timed instead.
    "memory_results_mb": "0",
    "store_results_mb": "0",
}
VALUES = {
    "limits_graph_nodes": "limits.graphNodes",
    "limits_graph_edges": "limits.graphEdges",
    "limits_graph_mb": "limits.graphMB",
    "limits_tenant_mb": "limits.tenantMB",
    "limits_upload_mb": "limits.uploadMB",
    "limits_request_timeout_seconds": "limits.requestTimeoutSeconds",
    "limits_connection_timeout_seconds": "limits.connectionTimeoutSeconds",
    "memory_results_mb": "memory.resultsMB",
}
GRAPH = "load-size"

ALGORITHMS: dict[str, workload.Call] = {
    "neighbors": ("get_neighbors", {"node": "n5"}),
    "shortest path": ("find_paths", {"source": "n5", "target": "n900"}),
    "pagerank": ("rank_nodes", {"measure": "pagerank"}),
    "components": ("find_components", {}),
    "clustering": ("rank_nodes", {"measure": "clustering"}),
    "core numbers": ("rank_nodes", {"measure": "core"}),
    "Louvain": ("find_communities", {"method": "louvain"}),
    "betweenness, 10 sources": ("rank_nodes", {"measure": "betweenness", "sample": 10}),
    # One of those that have no kernel: the worker makes a networkx graph first.
    "onion layers, by networkx": ("run_algorithm", {"name": "onion_layers", "limit": 10}),
    "one edit": (
        "edit_graph",
        {"edits": [{"action": "add_edges", "edges": [["n5", "n900", {"weight": 1}]], "if_exists": "update"}]},
    ),
}


class DirectCalls:
    """Calls over one connection to the server, from here."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.http = http.client.HTTPConnection(host, port, timeout=400)
        self.token = token

    def put(self, graph_id: str, text: bytes) -> float:
        """Upload an edge list; milliseconds. Raises TargetError."""
        headers = {"Content-Type": "text/plain", "Authorization": f"Bearer {self.token}"}
        began = time.perf_counter()
        self.http.request("PUT", f"/graphs/{graph_id}?format=edge-list", body=text, headers=headers)
        answer = self.http.getresponse()
        body = answer.read()
        if answer.status >= 300:
            raise TargetError(f"PUT /graphs/{graph_id}: {answer.status} {body[:300]!r}")
        return 1000 * (time.perf_counter() - began)

    def call(self, tool: str, arguments: dict[str, Any]) -> tuple[str, float, dict[str, Any]]:
        """(outcome, milliseconds, message) of a tool call."""
        method, params = mcp_wire.call(tool, arguments)
        body = mcp_wire.message("modern", method, params)
        began = time.perf_counter()
        self.http.request("POST", "/mcp", body=body, headers=mcp_wire.headers("modern", method, params, self.token))
        answer = self.http.getresponse()
        text = answer.read()
        taken = 1000 * (time.perf_counter() - began)
        return call_outcomes.outcome(answer.status, text), taken, mcp_wire.parsed(text) or {}


class Peak:
    """The most memory seen, looked at while something runs."""

    def __init__(self, target: LoadTarget, every: float = 0.5) -> None:
        self.target, self.every, self.mib = target, every, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._stop.wait(self.every):
            self.mib = max(self.mib, memory_mib(self.target.usage()))

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def settled(target: LoadTarget, looks: int = 6, every: float = 0.5) -> float:
    """The least memory seen in some looks, in MiB: workers that are on their way out do not count."""
    found = []
    for _ in range(looks):
        time.sleep(every)
        found.append(memory_mib(target.usage()))
    return min(found)


def one(target: LoadTarget, caller: DirectCalls, nodes: int, repeats: int) -> Size:
    """Measure one size; what does not load is told in `failures`. Raises TargetError where a call is wrong."""
    edges = workload.edges(nodes)
    text = workload.edge_list(edges).encode()
    idle = settled(target)
    loads: list[float] = []
    times: dict[str, list[float]] = {}
    failures: dict[str, str] = {}
    with Peak(target) as peak:
        for _ in range(repeats):
            caller.call("delete_graph", {"graph_id": GRAPH})
            try:
                loads.append(round(caller.put(GRAPH, text), 1))
            except TargetError as error:
                failures["load"] = str(error)[:300]
        caller.call("get_neighbors", {"graph_id": GRAPH, "node": "n5"})
        resident = settled(target)
        for name, (tool, arguments) in ALGORITHMS.items():
            for _ in range(repeats if loads else 0):
                outcome, taken, message = caller.call(tool, {"graph_id": GRAPH, **arguments})
                if outcome != "ok":
                    failures[name] = outcome
                    if outcome in call_outcomes.MISTAKES:
                        raise TargetError(f"{name}: {message}")
                    break
                times.setdefault(name, []).append(round(taken, 2))
    _, _, listed = caller.call("list_graphs", {})
    rows = listed["result"]["structuredContent"]["graphs"]
    stored = next((row["stored_bytes"] for row in rows if row["graph_id"] == GRAPH), 0)
    caller.call("delete_graph", {"graph_id": GRAPH})
    return Size(
        nodes=nodes,
        edges=len(edges),
        upload_mib=round(len(text) / MIB, 2),
        load_ms=loads,
        stored_mib=round(stored / MIB, 3),
        idle_memory_mib=idle,
        memory_mib=resident,
        peak_memory_mib=round(max(peak.mib, resident), 1),
        algorithms=times,
        failures=failures,
    )


def measure(made: Measurement) -> None:
    """All sizes, smallest first, in one server."""
    known = [msgspec.convert(line, Size) for line in made.journal.lines if "nodes" in line]
    caller = DirectCalls(*made.live.address(), made.live.tokens[0])
    for nodes in [int(text) for text in made.options.sizes.split(",")]:
        if nodes in [size.nodes for size in known]:
            continue
        found = one(made.live, caller, nodes, made.options.repeats)
        made.journal.add(found)
        known.append(found)
        print(f"{nodes:>9,} nodes: load {found.load_ms} ms, {found.memory_mib} MiB", flush=True)
    made.result(sizes=known, dataset="preferential attachment, three edges a node", points=[])
