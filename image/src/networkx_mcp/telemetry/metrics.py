"""Every metric of the server, in one place. Alerts and dashboards build on these names.

Labels come from closed sets (an unknown tool counts as ``other``): no graph ids, no tenants.
Every limit is a metric too, so alerts are ratios and no number is written twice. Tests compare a
live scrape with ``tests/server/metrics.txt``.
"""

from __future__ import annotations

import functools
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# One more sample per counter and label, which nothing here is built on.
disable_created_metrics()  # type: ignore[no-untyped-call]

PREFIX = "networkx_mcp"
REGISTRY = CollectorRegistry(auto_describe=True)

# The contract's thresholds (0.5, 2, 5, 20 and 30 s) are bucket bounds, so that a quantile alert at
# a threshold needs no interpolation. 25 s: a heavy call that ran as long as it may and waited little.
_REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 25, 30)
# 0.25 s is the longest hold of the loop that abuse may cause (loadtests/abuse).
_LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
_STORE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2)


Metric = TypeVar("Metric", Counter, Gauge, Histogram)


def _kept(metric: Metric) -> Metric:
    """The metric, which keeps what `labels` gives: labels are of closed sets, and prometheus-client looks each up under a lock by
    texts that it makes anew."""
    metric.labels = functools.cache(metric.labels)  # type: ignore[method-assign]
    return metric


def _counter(name: str, text: str, *labels: str) -> Counter:
    return _kept(Counter(f"{PREFIX}_{name}", text, labels, registry=REGISTRY))


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return _kept(Gauge(f"{PREFIX}_{name}", text, labels, registry=REGISTRY))


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return _kept(Histogram(f"{PREFIX}_{name}", text, labels, buckets=buckets, registry=REGISTRY))


REQUESTS = _counter(
    "requests_total", "Requests answered, by protocol method, tool and outcome.", "method", "tool", "outcome"
)
REQUEST_DURATION = _histogram(
    "request_duration_seconds",
    "Arrival to answer, queues included. Class heavy: tools that may need a worker, and transfers.",
    _REQUEST_BUCKETS,
    "method",
    "tool",
    "class",
)
REQUEST_TIME_LIMIT = _gauge(
    "request_time_limit_seconds",
    "Longest time from a complete request to its answer (limits.connectionTimeoutSeconds).",
)
REQUESTS_IN_FLIGHT = _gauge("requests_in_flight", "Requests that hold a slot (the contract's connections).")
REQUESTS_IN_FLIGHT_LIMIT = _gauge("requests_in_flight_limit", "Slots (limits.connections).")
REQUESTS_QUEUED = _gauge("requests_queued", "Requests that wait, by queue.", "queue")
REQUESTS_QUEUED_LIMIT = _gauge("requests_queued_limit", "Places in a queue.", "queue")
REQUESTS_SHED = _counter("requests_shed_total", "Requests refused to protect those that run, by reason.", "reason")
SOCKETS = _gauge("sockets", "Open client sockets.")
SOCKETS_LIMIT = _gauge("sockets_limit", "Client sockets that may be open (limits.sockets).")
SOCKETS_EVICTED = _counter(
    "sockets_evicted_total", "Idle connections closed because their place was needed, by kind.", "kind"
)
DESCRIPTORS = _gauge("descriptors", "Open file descriptors of the API process.")
DESCRIPTORS_LIMIT = _gauge("descriptors_limit", "File descriptors that the API process may open (ulimit -n).")
EVENT_LOOP_LAG = _histogram(
    "event_loop_lag_seconds", "How late the event loop ran what was due, looked at every 50 ms.", _LAG_BUCKETS
)
MEMORY = _gauge(
    "memory_bytes",
    "Memory by process: proportional set sizes, and as graphs the shared memory that holds graphs.",
    "process",
)
MEMORY_LIMIT = _gauge("memory_limit_bytes", "Memory that the container may use.")
GRAPHS = _gauge("graphs", "Graphs resident in this process.")
GRAPH_NODES = _gauge("graph_nodes", "Nodes of the resident graphs.")
GRAPH_EDGES = _gauge("graph_edges", "Edges of the resident graphs.")
GRAPH_OPERATIONS = _counter("graph_operations_total", "Writes and loads of graphs.", "operation", "outcome")
GRAPH_LIMIT = _gauge("graph_limit", "What graphs are held to, by limit: nodes and edges, else bytes.", "limit")
GRAPH_LIMIT_REFUSALS = _counter(
    "graph_limit_refusals_total", "Writes that would have passed a limit, by limit.", "limit"
)
ALGORITHM_RUNS = _counter("algorithm_runs_total", "Algorithm runs.", "algorithm", "engine", "outcome")
ALGORITHM_DURATION = _histogram(
    "algorithm_duration_seconds", "Run time of the algorithm.", _REQUEST_BUCKETS, "algorithm"
)
ALGORITHM_ELEMENTS = _counter("algorithm_elements_total", "Nodes and edges processed.", "algorithm")
INLINE_ANALYSES = _counter(
    "inline_analyses_total",
    "Analyses that the API began itself (limits.inlineElements): answered, left to a worker, or failed and left to one.",
    "result",
)
CACHE_REQUESTS = _counter("cache_requests_total", "Look-ups in a cache.", "cache", "outcome")
STORE_UP = _gauge("store_up", "1 while the store answers.")
STORE_DURATION = _histogram("store_duration_seconds", "Round trip to the store.", _STORE_BUCKETS, "operation")
STORE_CONFLICTS = _counter("store_conflicts_total", "Writes that met a newer version and were tried again or told so.")
STORE_MEMORY = _gauge("store_memory_bytes", "Memory the store uses.")
STORE_MEMORY_LIMIT = _gauge("store_memory_limit_bytes", "Memory the store may use; 0 where it has no limit.")
STORE_PERSISTENCE_OK = _gauge("store_persistence_ok", "1 while the store's last write to disk succeeded.")
WORKERS = _gauge("workers", "Worker slots, by state (busy, idle).", "state")
WORKER_JOBS = _counter("worker_jobs_total", "Jobs of workers that ended, by reason.", "reason")
WORKER_EXITS = _counter("worker_exits_total", "Workers that ended, by reason.", "reason")
DEGRADATION_LEVEL = _gauge("degradation_level", "0 normal, 1 constrained, 2 protective, 3 draining.")
AUTH_FAILURES = _counter("auth_failures_total", "Requests without a valid token, by reason.", "reason")
RATE_LIMITED = _counter("rate_limited_total", "Requests answered 429.")
BACKUP_LAST_SUCCESS = _gauge(
    "backup_last_success_timestamp_seconds", "Unix time of the last verified backup, read from the store; 0: none."
)
BACKUP_LEFT_OUT = _gauge(
    "backup_graphs_left_out",
    "Graphs that the last verified backup lacks, because they were damaged; read from the store.",
)
BUILD_INFO = _gauge("build_info", "1, labelled with what runs.", "version", "commit", "python", "networkx")
