"""File descriptors: the limit of the process, who may hold how many, and how many are open.

Each client holds one, each graph in memory two (its memfd, and the copy that Python keeps of a mapped one), the store,
the zygote and workers the rest. Where they run out, nothing can be opened: no connection, no worker, no file. So the usual soft
limit of 1,024 is raised to the hard one when the server starts, and where that is low too, sockets and graphs share
what there is. What cannot be had is said in the log, and `networkx_mcp_descriptors_limit` tells what is.
"""

from __future__ import annotations

import logging
import os
import resource
from dataclasses import dataclass

from networkx_mcp import platform
from networkx_mcp.settings import Limits
from networkx_mcp.telemetry import logs, metrics

#: Descriptors of a graph in memory.
PER_GRAPH = 2
#: Kept for all else: listeners, the store's connections and files, zygote, workers, spools, whoever reads a file.
KEPT = 192
#: Share of the limit at which graphs are dropped, whatever holds the rest.
FULL_RATIO = 0.9


@dataclass(frozen=True, slots=True)
class DescriptorLimits:
    """How many descriptors there are, and how many sockets and graphs may be held with them."""

    limit: int
    sockets: int
    graphs: int


def raise_limit() -> int:
    """Raise the soft limit to the hard one, for this process and those it starts; the limit that is in force now.

    Linux takes any value up to the hard one (getrlimit(2)).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = platform.MOST_DESCRIPTORS
    wanted = hard if most is None or 0 <= hard <= most else most  # an infinite one is negative
    if soft != wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            logs.event("descriptors_not_raised", level=logging.WARNING, soft=soft, hard=hard, message=str(error))
    return limit()


def limit() -> int:
    """Descriptors that the process may have open."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 2**30 if soft == resource.RLIM_INFINITY else soft


def shares(limits: Limits, total: int, reserve: int) -> DescriptorLimits:
    """Divide `total` descriptors: `limits.sockets` and `reserve` sockets beside the kept ones, what is left for graphs.

    Where that would leave graphs less than half, each gets half of what is not kept.
    """
    free = max(total - KEPT, total // 2)
    sockets = min(limits.sockets, max(16, free // 2 - reserve))
    graphs = max(1, (free - sockets - reserve) // PER_GRAPH)
    if sockets < limits.sockets:
        logs.event(
            "descriptors_few",
            level=logging.WARNING,
            message=f"{total} file descriptors (ulimit -n) allow {sockets} sockets, not the {limits.sockets} of limits.sockets, "
            f"and {graphs} graphs in memory: raise the hard limit",
        )
    metrics.DESCRIPTORS_LIMIT.set(total)
    return DescriptorLimits(total, sockets, graphs)


def count() -> int:
    """Descriptors that are open now. Raises OSError where there is none left to look with."""
    return platform.open_descriptors()


def available() -> bool:
    """Whether one more can be opened, by this process and by the machine."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
