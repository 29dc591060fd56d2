"""What an agent does that thinks with graphs: a plan of twenty calls on a small graph of its own.

It makes a graph of 100 nodes and 300 edges, edits it and asks: shortest paths, degree, betweenness, components and pagerank, 55
percent of the calls unless another share is wanted; the rest are two writes to a read. `workload` plays it as the users `agentic`, and
`benchmarks/plan.py` beside a plain Python process.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

ANALYSES = ("path", "degree", "betweenness", "components", "pagerank")
#: Analyses in the order in which they are asked for.
ASKED = (
    "path",
    "path",
    "degree",
    "betweenness",
    "path",
    "components",
    "pagerank",
    "path",
    "degree",
    "betweenness",
    "path",
)
CALLS = 20
#: Percent of analyses among the calls.
SHARE = 55


def plan(share: int = SHARE) -> list[str]:
    """The calls, `share` percent of them analyses, spread evenly; writes and reads as 2 to 1 among the others."""
    first = ["create", "add_nodes", "add_edges"]
    rest = CALLS - len(first)
    analyses = min(rest, round(CALLS * share / 100))
    others = ["info", "add_edges", "add_nodes"]
    found: list[str] = []
    for place in range(rest):
        due = (place + 1) * analyses // rest - place * analyses // rest
        number = sum(kind in ANALYSES for kind in found)
        found.append(ASKED[number % len(ASKED)] if due else others[(place - number) % 3])
    return first + found


class AgentGraph:
    """A graph as far as its agent knows it; `seed` makes its calls."""

    def __init__(self, graph_id: str, seed: int | str) -> None:
        self.graph_id = graph_id
        self._chance = random.Random(seed)
        self._nodes: list[str] = []
        self._edges: dict[tuple[str, str], None] = {}

    def arguments(self, kind: str, step: int) -> tuple[str, dict[str, Any]]:
        """The tool and its arguments."""
        graph = {"graph_id": self.graph_id}
        match kind:
            case "create":
                return "create_graph", graph
            case "add_nodes":
                new = [f"x{step}_{k}" for k in range(10)] if self._nodes else [f"n{k}" for k in range(100)]
                self._nodes += new
                return "edit_graph", {**graph, "edits": [{"action": "add_nodes", "nodes": new}]}
            case "add_edges":
                edges = list(self._fresh(20 if self._edges else 300))
                return "edit_graph", {**graph, "edits": [{"action": "add_edges", "edges": edges}]}
            case "path":
                source, target = self._chance.choice(list(self._edges))
                return "find_paths", {**graph, "source": source, "target": target}
            case "info":
                return "describe_graph", graph
            case "components":
                return "find_components", graph
        return "rank_nodes", {**graph, "measure": kind}

    def _fresh(self, count: int) -> Iterator[list[str]]:
        while count:
            u, v = sorted(self._chance.sample(self._nodes, 2))
            if (u, v) not in self._edges:
                self._edges[u, v] = None
                count -= 1
                yield [u, v]
