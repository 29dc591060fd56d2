"""What an analysis at once costs (`analysis/inline.py`), beside what it is estimated at before it starts.

    python benchmarks/inline.py [--repeats 20]

Each row is one call on a random graph whose arrays are made anew for it, as after an edit: microseconds of CPU (the best of
the repeats: others on the machine make it longer, never shorter), the estimate, and their ratio, which should stay below 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import provenance

from networkx_mcp.analysis import inline
from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.arrays.state import GraphState

SEED = 20261130
SIZES = (
    (10, 15),
    (100, 300),
    (120, 360),
    (300, 900),
    (1000, 1500),
    (1000, 3000),
    (1000, 4000),
    (2500, 2499),
    (4990, 10),
)
PAGE = {"limit": 20, "offset": 0}


def graph(nodes: int, edges: int, directed: bool) -> GraphState:
    """A random graph as edits make it."""
    chance = random.Random(SEED)
    names = [f"node {k}" for k in range(nodes)]
    found: dict[tuple[str, str], None] = {}
    while len(found) < edges:
        u, v = sorted(chance.sample(names, 2))
        found[u, v] = None
    state = GraphState(None, directed=directed)
    state.apply([AddNodes(names), AddEdges(list(found))])
    return state


def calls(state: GraphState) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every kind of call that may be done at once."""
    first, last = next(state.nodes()), list(state.nodes())[-1]
    for measure in ("degree", "degree_centrality", "core", "pagerank", "betweenness"):
        yield "rank_nodes", {"measure": measure, **PAGE}
    yield "rank_nodes", {"measure": "degree", "limit": 1000, "offset": 0}
    yield "rank_nodes", {"measure": "degree", "nodes": [first, last], **PAGE}
    yield "rank_nodes", {"measure": "pagerank", "tol": 1e-15, **PAGE}
    yield "rank_nodes", {"measure": "betweenness", "sample": min(20, state.n), "seed": 1, **PAGE}
    yield "find_components", {"members": 20, **PAGE}
    yield "find_components", {"members": 1000, "limit": 1000, "offset": 0}
    yield "find_paths", {"kind": "shortest", "source": first, "target": last, **PAGE}
    yield "find_paths", {"kind": "reachable", "source": first, **PAGE}


def cpu(tool: str, params: dict[str, Any], state: GraphState, repeats: int) -> float | None:
    """Seconds of CPU; None where a worker would have to answer."""
    best = float("inf")
    for _ in range(repeats):
        state._unsealed = None
        began = time.process_time_ns()
        found = inline.answer(tool, params, state, 10**6)
        best = min(best, (time.process_time_ns() - began) / 1e9)
        if found is None:
            return None
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    options = parser.parse_args()
    rows = []
    for nodes, edges in SIZES:
        for directed in (False, True):
            state = graph(nodes, edges, directed)
            for tool, params in calls(state):
                took = cpu(tool, params, state, options.repeats)
                estimate = inline.cost(tool, params, nodes, edges, made=False)
                if took is None or estimate is None:
                    continue
                row = {"tool": tool, "params": params, "nodes": nodes, "edges": edges, "directed": directed}
                row |= {"cpu_us": round(1e6 * took, 1), "estimate_us": round(estimate / 1e3, 1)}
                row["ratio"] = round(1e9 * took / estimate, 2)
                print(json.dumps(row), file=sys.stderr, flush=True)
                rows.append(row)
    facts = {
        "budget_us": inline.BUDGET / 1e3,
        "longest_us": max(row["cpu_us"] for row in rows),
        "largest_ratio": max(row["ratio"] for row in rows),
        "rows": rows,
    }
    provenance.publish(facts, options.out)


if __name__ == "__main__":
    main()
