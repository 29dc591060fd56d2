"""The dashboard of what is stored and computed."""

from __future__ import annotations

from dashboard_model import POD, Board, Panel, p95, rate

GRAPHS = [
    Panel(
        "Resident graphs",
        "short",
        "Graphs held in memory, by pod: a cache of what the store holds.",
        {"{{pod}}": f"sum by (pod) (networkx_mcp_graphs{{{POD}}})"},
    ),
    Panel(
        "Nodes and edges resident",
        "short",
        "Sizes of the resident graphs together.",
        {
            "nodes": f"sum(networkx_mcp_graph_nodes{{{POD}}})",
            "edges": f"sum(networkx_mcp_graph_edges{{{POD}}})",
        },
    ),
    Panel(
        "Cache",
        "reqps",
        "Look-ups of graphs: hit, stale (caught up with the store's log), miss (read from the store).",
        {"{{cache}} {{outcome}}": rate("networkx_mcp_cache_requests_total", "cache, outcome")},
        stacked=True,
    ),
    Panel(
        "Operations",
        "ops",
        "Writes and loads of graphs.",
        {"{{operation}} {{outcome}}": rate("networkx_mcp_graph_operations_total", "operation, outcome")},
        stacked=True,
        width=12,
    ),
    Panel(
        "Conflicts to writes",
        "percentunit",
        "Writes that met a newer version, over all writes, in 10 minutes.",
        {
            "conflicts": f"sum(rate(networkx_mcp_store_conflicts_total{{{POD}}}[10m]))"
            f' / sum(rate(networkx_mcp_graph_operations_total{{{POD}, operation=~"edit|put|delete"}}[10m]))'
        },
        width=12,
        alert="NetworkxMcpConflictRateHigh",
        maximum=0.5,
    ),
]

ALGORITHMS = [
    Panel(
        "Runs by algorithm",
        "ops",
        "Runs a second.",
        {"{{algorithm}}": rate("networkx_mcp_algorithm_runs_total", "algorithm")},
        stacked=True,
    ),
    Panel(
        "Runs by engine",
        "ops",
        "What computed it; empty where the run did not come to its end.",
        {"{{engine}}": rate("networkx_mcp_algorithm_runs_total", "engine")},
        stacked=True,
    ),
    Panel(
        "Runs by outcome",
        "ops",
        "How runs ended.",
        {"{{outcome}}": rate("networkx_mcp_algorithm_runs_total", "outcome")},
        stacked=True,
    ),
    Panel(
        "P95 by algorithm",
        "s",
        "Run time of the algorithm; 20 s is the default deadline.",
        {"{{algorithm}}": p95("networkx_mcp_algorithm_duration_seconds", "algorithm")},
        width=12,
    ),
    Panel(
        "Nodes and edges a second",
        "short",
        "Nodes and edges processed for each second of run time.",
        {
            "{{algorithm}}": rate("networkx_mcp_algorithm_elements_total", "algorithm")
            + " / "
            + rate("networkx_mcp_algorithm_duration_seconds_sum", "algorithm")
        },
        width=12,
    ),
]

WORKERS = [
    Panel(
        "Workers",
        "short",
        "Slots of workers, busy and idle.",
        {"{{state}}": f"sum by (state) (networkx_mcp_workers{{{POD}}})"},
        stacked=True,
    ),
    Panel(
        "Heavy calls that wait",
        "short",
        "Calls that wait for a worker.",
        {"{{pod}}": f'sum by (pod) (networkx_mcp_requests_queued{{{POD}, queue="heavy"}})'},
    ),
    Panel(
        "Memory of workers",
        "bytes",
        "Proportional set size of all workers of a pod.",
        {"{{pod}}": f'sum by (pod) (networkx_mcp_memory_bytes{{{POD}, process="workers"}})'},
    ),
    Panel(
        "Jobs of workers",
        "ops",
        "How jobs ended; timeout, memory_limit, crashed and zygote_lost are those that the alert counts.",
        {"{{reason}}": rate("networkx_mcp_worker_jobs_total", "reason")},
        stacked=True,
        width=6,
    ),
    Panel(
        "Analyses without a worker",
        "ops",
        "Analyses of small graphs that the API began itself. `worker`: it could not answer, and a worker did. `failed`: by a "
        "defect, which the log names (`inline_failed`); a worker answered.",
        {"{{result}}": rate("networkx_mcp_inline_analyses_total", "result")},
        stacked=True,
        width=6,
    ),
    Panel(
        "Ends of workers",
        "ops",
        "Processes that ended. `idle`: they were kept for more jobs of their tenant, and none came, or another tenant's did.",
        {"{{reason}}": rate("networkx_mcp_worker_exits_total", "reason")},
        stacked=True,
        width=6,
    ),
    Panel(
        "Jobs that did not end well",
        "percentunit",
        "Share of jobs that ended by timeout, memory limit or crash, over 15 minutes.",
        {
            "share": f'sum(rate(networkx_mcp_worker_jobs_total{{{POD}, reason=~"timeout|memory_limit|crashed|zygote_lost"}}[15m]))'
            f' / sum(rate(networkx_mcp_worker_jobs_total{{{POD}, reason!="shutdown"}}[15m]))'
        },
        width=6,
        alert="NetworkxMcpWorkerExits",
        maximum=0.5,
    ),
]

GRAPHS_AND_ALGORITHMS = Board(
    "networkx-mcp-graphs",
    "networkx-mcp / Graphs and algorithms",
    "What is stored and computed: graphs, operations, algorithms, workers.",
    {"Graphs": GRAPHS, "Algorithms": ALGORITHMS, "Workers": WORKERS},
)
