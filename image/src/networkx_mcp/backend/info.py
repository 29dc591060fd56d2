"""What networkx reads of this backend when it is imported, and the cost model: facts of kernels, and no library that computes.

functions.json is made by `make docs` of the decorators in `kernels/` and of what the benchmarks measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class Function(NamedTuple):
    """A networkx function that has a kernel: what a user should know, and what the kernel takes that is tried first."""

    dispatch: str | None  # networkx's name for dispatch; None: networkx dispatches no call of it
    note: str
    pays_from: int | None  # nodes + edges from which one call pays for a conversion; None: at no size
    engine: str
    graphs: str
    least: int
    parameters: list[str]


#: By the path below `networkx`.
FUNCTIONS = {
    path: Function(**row)
    for path, row in json.loads(Path(__file__).with_name("functions.json").read_text(encoding="utf-8")).items()
}
#: Those that networkx dispatches, by its names for that: `louvain_communities`, not `community.louvain_communities`.
DISPATCHED = {found.dispatch: found for found in FUNCTIONS.values() if found.dispatch}


def get_info() -> dict[str, Any]:
    """The entry point `networkx.backend_info`."""
    return {
        "backend_name": "networkx_mcp",
        "project": "networkx-mcp",
        "package": "networkx_mcp",
        "short_summary": "Algorithms over arrays, with networkx's own answers.",
        "description": "Graphs as compressed sparse rows; algorithms by numpy, scipy, networkit and rustworkx.",
        "functions": {
            name: {"additional_docs": found.note} if found.note else {} for name, found in DISPATCHED.items()
        },
    }
