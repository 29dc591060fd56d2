"""Refusals of the graph service: each names what was wrong, what is allowed and what to do."""

from __future__ import annotations

from networkx_mcp.errors import Conflict, LimitExceeded
from networkx_mcp.settings import MIB

#: What a graph or a tenant is held to, as errors (data `limit`) and metrics name it.
LIMITS = (
    "value", "graph_nodes", "graph_edges", "graph_bytes", "tenant_bytes", "tenant_graphs", "upload",
)  # fmt: skip


def limit_exceeded(name: str, maximum: int, actual: int) -> LimitExceeded:
    """The error for a graph with too many `nodes` or `edges`."""
    setting = f"limits.graph_{name}"
    return LimitExceeded(
        f"the graph would have {actual} {name}; at most {maximum} are allowed ({setting}). "
        "Split it into several graphs, or ask the operator to raise the limit",
        limit=f"graph_{name}",
        setting=setting,
        maximum=maximum,
        actual=actual,
    )


def memory_exceeded(maximum: int, actual: int) -> LimitExceeded:
    """The error for a graph that is too large in memory, in bytes."""
    return LimitExceeded(
        f"the graph would take {-(-actual // MIB)} MiB in memory; at most {maximum // MIB} MiB are allowed (limits.graph_mb), "
        "however small it is stored. Remove attributes or nodes, split the graph, or ask the operator to raise the limit",
        limit="graph_bytes",
        setting="limits.graph_mb",
        maximum=maximum,
        actual=actual,
    )


def version_conflict(graph_id: str, wanted: int, version: int | None) -> Conflict:
    """The error for an `if_version` that is not the graph's; 0 means that there must be none."""
    if wanted == 0:
        return Conflict(f"graph {graph_id!r} exists already, at version {version}", version=version)
    if wanted == version:
        return Conflict(
            f"graph {graph_id!r} is another one now, also at version {version}: it was deleted or replaced, and made "
            "anew; read it again and decide with what it is now",
            version=version,
        )
    return Conflict(
        f"graph {graph_id!r} is at version {version}, not {wanted}; read it again and decide with what it is now",
        version=version,
    )


def too_busy(graph_id: str, times: int, version: int | None = None) -> Conflict:
    """The error for a write that met another replica's again and again."""
    return Conflict(
        f"graph {graph_id!r} was changed by others {times} times in a row; try again", retry_after=1, version=version
    )
