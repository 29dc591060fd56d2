"""The dashboard that tells whether users are served, and what limits them."""

from __future__ import annotations

from dashboard_model import NAMESPACE, POD, RATE, Board, Panel, p95, rate

SLO = [
    Panel(
        "Success, last hour",
        "percentunit",
        "Share of requests that did not fail for reasons of ours. The objective is 99 %.",
        {"success": f"1 - namespace:networkx_mcp_errors:ratio_rate1h{{{NAMESPACE}}}"},
        kind="stat",
        width=4,
        below="red",
        steps=((0.95, "yellow"), (0.99, "green")),
    ),
    Panel(
        "Error budget left, 3 days",
        "percentunit",
        "What three days left of the 1 % that may fail; negative: more was spent.",
        {"left": f"1 - namespace:networkx_mcp_errors:ratio_rate3d{{{NAMESPACE}}} / 0.01"},
        kind="stat",
        width=4,
        below="red",
        steps=((0, "yellow"), (0.25, "green")),
    ),
    Panel(
        "Errors",
        "percentunit",
        "Share of requests that ended in timeout, memory_limit, shed, unavailable or internal, over 5 minutes.",
        {"errors": f"namespace:networkx_mcp_errors:ratio_rate5m{{{NAMESPACE}}}"},
        alert="NetworkxMcpErrorRateHigh",
        maximum=0.2,
    ),
    Panel(
        "Burn rate",
        "none",
        "How many times faster than allowed the error budget burns; 1 spends it exactly in 30 days.",
        {
            f"{window}": f"namespace:networkx_mcp_errors:ratio_rate{window}{{{NAMESPACE}}} / 0.01"
            for window in ("5m", "1h", "6h")
        },
        alert="NetworkxMcpErrorBudgetBurn",
        alert_scale=100,
    ),
]

RED = [
    Panel(
        "Requests by tool",
        "reqps",
        "Requests a second; the name is the protocol method where no tool is called.",
        {"{{tool}} {{method}}": rate("networkx_mcp_requests_total", "method, tool")},
        stacked=True,
    ),
    Panel(
        "Requests by outcome",
        "reqps",
        "timeout, memory_limit, shed, unavailable and internal are ours; the rest is the caller's.",
        {"{{outcome}}": rate("networkx_mcp_requests_total", "outcome")},
        stacked=True,
    ),
    Panel(
        "P95 by class",
        "s",
        "Duration from arrival to answer, queues included; bulk transfers left out. What the latency alert looks at: light "
        "calls are answered from memory, heavy ones may need a worker.",
        {"{{class}}": f"namespace_class:networkx_mcp_request_duration_seconds:p95_rate5m{{{NAMESPACE}}}"},
        alert="NetworkxMcpLatencyHigh",
        maximum=6,
    ),
    Panel(
        "P95 by tool",
        "s",
        "Duration from arrival to answer, by tool.",
        {"{{tool}}": p95("networkx_mcp_request_duration_seconds", "tool", ', tool!=""')},
        width=12,
        alert="NetworkxMcpLatencyHigh",
    ),
    Panel(
        "Errors of ours by tool",
        "percentunit",
        "Share of a tool's requests that failed for reasons of ours.",
        {
            "{{tool}}": "1 - "
            + rate(
                "networkx_mcp_requests_total",
                "tool",
                POD + ', tool!="", outcome!~"timeout|memory_limit|shed|unavailable|internal"',
            )
            + " / "
            + rate("networkx_mcp_requests_total", "tool", POD + ', tool!=""')
        },
        width=12,
        alert="NetworkxMcpErrorRateHigh",
        maximum=0.2,
    ),
]

USE = [
    Panel(
        "Memory against limit",
        "percentunit",
        "Working set of the server's container over its limit.",
        {"{{pod}}": f"pod:networkx_mcp_memory_working_set:ratio{{{POD}}}"},
        alert="NetworkxMcpMemoryHigh",
        maximum=1,
    ),
    Panel(
        "Memory by process",
        "bytes",
        "Proportional set sizes of the API, the zygote that workers are forked from and the workers; the graphs' shared memory.",
        {
            "{{process}}": f"sum by (process) (networkx_mcp_memory_bytes{{{POD}}})",
            "limit": f"sum(networkx_mcp_memory_limit_bytes{{{POD}}})",
        },
    ),
    Panel(
        "CPU against limit",
        "percentunit",
        "CPU time over the container's limit; heavy calls run at low priority and use what is free.",
        {
            "{{pod}}": f'sum by (pod) (rate(container_cpu_usage_seconds_total{{{POD}, container="server"}}{RATE}))'
            f' / max by (pod) (kube_pod_container_resource_limits{{{POD}, container="server", resource="cpu"}})'
        },
        maximum=1,
    ),
    Panel(
        "CPU throttled",
        "percentunit",
        "Share of scheduling periods in which the container was stopped at its CPU limit.",
        {
            "{{pod}}": f'sum by (pod) (rate(container_cpu_cfs_throttled_periods_total{{{POD}, container="server"}}{RATE}))'
            f' / sum by (pod) (rate(container_cpu_cfs_periods_total{{{POD}, container="server"}}{RATE}))'
        },
        maximum=1,
    ),
    Panel(
        "Requests in flight against limit",
        "percentunit",
        "Requests that hold a slot, over the slots of the pod, averaged over 5 minutes.",
        {"{{pod}}": f"pod:networkx_mcp_requests_in_flight:ratio_avg5m{{{POD}}}"},
        alert="NetworkxMcpRequestsInFlightHigh",
        maximum=1,
    ),
    Panel(
        "Queues against limit",
        "percentunit",
        "Requests that wait, over the places of their queue: for a slot (admission), for a worker (heavy).",
        {"{{pod}} {{queue}}": f"pod:networkx_mcp_requests_queued:ratio_avg5m{{{POD}}}"},
        alert="NetworkxMcpQueueSaturated",
        maximum=1,
    ),
    Panel(
        "Refused requests",
        "reqps",
        "Requests refused to protect those that run, by reason.",
        {"{{reason}}": rate("networkx_mcp_requests_shed_total", "reason")},
        stacked=True,
    ),
    Panel(
        "Sockets against limit",
        "percentunit",
        "Open client sockets over those that may be open.",
        {"{{pod}}": f"max by (pod) (networkx_mcp_sockets{{{POD}}} / networkx_mcp_sockets_limit{{{POD}}})"},
        maximum=1,
    ),
    Panel(
        "File descriptors against limit",
        "percentunit",
        "Open file descriptors of the server process over those that it may open.",
        {"{{pod}}": f"max by (pod) (networkx_mcp_descriptors{{{POD}}} / networkx_mcp_descriptors_limit{{{POD}}})"},
        alert="NetworkxMcpDescriptorsHigh",
        maximum=1,
    ),
    Panel(
        "Event loop held, P99",
        "s",
        "How late the event loop ran what was due, of 99 % of looks: while it is held, nobody is answered.",
        {"{{pod}}": p95("networkx_mcp_event_loop_lag_seconds", "pod").replace("0.95", "0.99")},
    ),
    Panel(
        "Rate limited and unauthenticated",
        "reqps",
        "Answers 429 and 401: a runaway client, an expired or wrong token.",
        {
            "rate limited": f"sum(rate(networkx_mcp_rate_limited_total{{{POD}}}{RATE}))",
            "token {{reason}}": rate("networkx_mcp_auth_failures_total", "reason"),
        },
    ),
]

PODS = [
    Panel(
        "Degradation level",
        "none",
        "0 normal, 1 constrained (caches dropped, large loads refused), 2 protective (writes and heavy calls refused), "
        "3 draining.",
        {"{{pod}}": f"max by (pod) (networkx_mcp_degradation_level{{{POD}}})"},
        alert="NetworkxMcpDegraded",
        maximum=3,
    ),
    Panel(
        "Replicas",
        "none",
        "Pods that run, and the autoscaler's bounds.",
        {
            "current": f"sum(kube_horizontalpodautoscaler_status_current_replicas{{{NAMESPACE}}})",
            "wanted": f"sum(kube_horizontalpodautoscaler_status_desired_replicas{{{NAMESPACE}}})",
            "minimum": f"sum(kube_horizontalpodautoscaler_spec_min_replicas{{{NAMESPACE}}})",
            "maximum": f"sum(kube_horizontalpodautoscaler_spec_max_replicas{{{NAMESPACE}}})",
        },
    ),
    Panel(
        "Restarts, last hour",
        "none",
        "Restarts of the server's and the store's containers within an hour.",
        {
            "{{pod}} {{container}}": "max by (pod, container) (increase("
            f'kube_pod_container_status_restarts_total{{{NAMESPACE}, container=~"server|store"}}[1h]))'
        },
        alert="NetworkxMcpRestarting",
    ),
]

STORE = [
    Panel(
        "Store reachable",
        "none",
        "1 while the store answers a pod.",
        {"{{pod}}": f"min by (pod) (networkx_mcp_store_up{{{POD}}})"},
        below="red",
        steps=((1, "green"),),
        maximum=1,
    ),
    Panel(
        "P95 of the store by operation",
        "s",
        "Round trip to the store. A write waits for its disk.",
        {"{{operation}}": p95("networkx_mcp_store_duration_seconds", "operation")},
    ),
    Panel(
        "Store memory against limit",
        "percentunit",
        "Memory of the store over what it may use; nothing is drawn for a store without a limit.",
        {"memory": f"namespace:networkx_mcp_store_memory:ratio{{{NAMESPACE}}}"},
        alert="NetworkxMcpStoreMemoryHigh",
        maximum=1,
    ),
    Panel(
        "Last write to disk succeeded",
        "bool_yes_no",
        "What the store says of its persistence.",
        {"persistence": f"min(networkx_mcp_store_persistence_ok{{{NAMESPACE}}})"},
        kind="stat",
        below="red",
        steps=((1, "green"),),
    ),
    Panel(
        "Conflicts",
        "ops",
        "Writes that met a newer version of their graph.",
        {"conflicts": f"sum(rate(networkx_mcp_store_conflicts_total{{{POD}}}[5m]))"},
        kind="stat",
    ),
    Panel(
        "Last good backup",
        "dateTimeFromNow",
        "Time of the last verified backup; decades ago: none yet. The alert is BackupOld.",
        {"backup": f"1000 * max(networkx_mcp_backup_last_success_timestamp_seconds{{{NAMESPACE}}})"},
        kind="stat",
        below="text",
    ),
]

FIRING = [
    Panel(
        "Firing",
        "short",
        "Alerts of this namespace that fire now. The heartbeat always does.",
        {
            "": "max by (alertname, severity, namespace, pod, queue, container) "
            f'(ALERTS{{{NAMESPACE}, alertname=~"NetworkxMcp.*", alertstate="firing"}})'
        },
        kind="table",
        width=24,
        below="text",
    )
]

OVERVIEW = Board(
    "networkx-mcp-overview",
    "networkx-mcp / Overview",
    "Whether users are served, and what limits them: objective, requests, resources, pods, store, alerts.",
    {
        "Objective: 99 % of requests succeed": SLO,
        "Requests": RED,
        "Resources against their limits": USE,
        "Pods and degradation": PODS,
        "Store": STORE,
        "Alerts": FIRING,
    },
)
