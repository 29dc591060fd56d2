"""Who calls what: users as endless sequences of tool calls on seeded graphs. No network in here.

| user | calls |
|---|---|
| `reader` | point reads: neighbours of random nodes, now and then the description of the graph |
| `editor` | 3 edits to 7 reads of graphs that all editors share; weights of edges, so that graphs do not grow |
| `analyst` | algorithms, on a graph of 1,000 nodes |
| `agent` | creates a graph, loads data, analyses, queries, deletes; again |
| `agentic` | a plan of twenty calls, half of them analyses, on a small graph of its own (`agentic.py`), and deletes it; again |
| `mixed` | of ten users six readers, two editors, one agent, one analyst |

The same seed gives each user the same calls; an analyst's differ from run to run as well, because the server keeps
results of what it computed. Graphs are of preferential attachment with three edges a
node (ids `n0`, `n1`, ...), which has the hubs that real graphs have.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from loadtests import agentic as plan_of_twenty

SEED = 20261123
#: Tools of these calls that take a worker; every other is answered from memory. So are those of `agentic`, whose graphs are small.
HEAVY = frozenset({"find_communities", "find_components", "find_paths", "get_subgraph", "load_graph", "rank_nodes"})
#: Nodes of the graph that readers and analysts use; of each graph that editors share.
NODES, SHARED_NODES = 1000, 200
SHARED_GRAPHS = 8
READ_GRAPH = "load-read"

Call = tuple[str, dict[str, Any]]
Edge = tuple[str, str]


def edges(nodes: int, seed: int = SEED) -> list[Edge]:
    """A graph of preferential attachment with three edges a node, none twice. `nodes` is at least 4."""
    chance = random.Random(seed)
    ends = [0, 1, 2]
    found: list[Edge] = []
    for node in range(3, nodes):
        targets: set[int] = set()
        while len(targets) < 3:
            targets.add(ends[int(chance.random() * len(ends))])
        for target in sorted(targets):
            found.append((f"n{node}", f"n{target}"))
            ends += (node, target)
    return found


def edge_list(found: list[Edge]) -> str:
    """Edges as the text of an edge-list file."""
    return "".join(f"{source} {target}\n" for source, target in found)


def shared_graph(number: int) -> str:
    """Id of one of the graphs that editors share."""
    return f"load-shared-{number % SHARED_GRAPHS}"


def preparation() -> list[Call]:
    """The calls that make all graphs which users expect; they may be repeated."""
    graphs = [(READ_GRAPH, NODES, SEED)]
    graphs += [(shared_graph(number), SHARED_NODES, SEED + 1 + number) for number in range(SHARED_GRAPHS)]
    return [
        (
            "load_graph",
            {"graph_id": graph_id, "format": "edge-list", "replace": True, "content": edge_list(edges(nodes, seed))},
        )
        for graph_id, nodes, seed in graphs
    ]


def reader(user: int, run: str, seed: int = SEED) -> Iterator[Call]:
    """Point reads."""
    del run
    chance = random.Random(f"{seed} reader {user}")
    while True:
        if chance.random() < 0.05:
            yield "describe_graph", {"graph_id": READ_GRAPH}
        else:
            yield "get_neighbors", {"graph_id": READ_GRAPH, "node": f"n{chance.randrange(NODES)}"}


_SHARED_EDGES = [edges(SHARED_NODES, SEED + 1 + number) for number in range(SHARED_GRAPHS)]


def editor(user: int, run: str, seed: int = SEED) -> Iterator[Call]:
    """Edits of graphs that others edit at the same time, and reads of them."""
    chance = random.Random(f"{seed} editor {user}")
    for serial in itertools.count():
        number = chance.randrange(SHARED_GRAPHS)
        graph_id = shared_graph(number)
        source, target = chance.choice(_SHARED_EDGES[number])
        if chance.random() < 0.3:
            edit = {
                "action": "add_edges",
                "edges": [[source, target, {"weight": chance.randrange(100)}]],
                "if_exists": "update",
            }
            operation = f"{run}-{user}-{serial}"
            yield "edit_graph", {"graph_id": graph_id, "edits": [edit], "operation_id": operation}
        else:
            yield "get_neighbors", {"graph_id": graph_id, "node": source}


def _analysis(chance: random.Random) -> Call:
    """What an analyst asks, with arguments that hardly come twice: a kept result must not pass for a computed one."""
    node, seed = f"n{chance.randrange(NODES)}", chance.randrange(2**32)
    choices: tuple[tuple[int, Call], ...] = (
        (6, ("find_paths", {"source": node, "target": f"n{chance.randrange(NODES)}"})),
        (4, ("rank_nodes", {"measure": "pagerank", "alpha": round(chance.uniform(0.5, 0.9), 6)})),
        (3, ("find_components", {"node": node, "members": chance.randrange(1, 1000)})),
        (2, ("find_communities", {"method": "louvain", "seed": seed})),
        (2, ("rank_nodes", {"measure": "betweenness", "sample": 50, "seed": seed})),
        (2, ("rank_nodes", {"measure": "clustering", "nodes": [node]})),
        (1, ("rank_nodes", {"measure": "closeness", "nodes": [node]})),
    )
    tool, arguments = chance.choices([made for _, made in choices], [weight for weight, _ in choices])[0]
    return tool, {"graph_id": READ_GRAPH, **arguments}


def analyst(user: int, run: str, seed: int = SEED) -> Iterator[Call]:
    """Algorithms and shortest paths."""
    chance = random.Random(f"{seed} analyst {user} {run}")
    while True:
        yield _analysis(chance)


def agent(user: int, run: str, seed: int = SEED) -> Iterator[Call]:
    """One task after the other, each on a graph of its own: 15 calls, 7 of them point reads."""
    chance = random.Random(f"{seed} agent {user}")
    for task in itertools.count():
        graph_id = f"agent-{run}-{user}-{task}"
        made = edges(120, chance.randrange(2**32))
        nodes = [f"n{chance.randrange(3, 120)}" for _ in range(8)]
        yield "create_graph", {"graph_id": graph_id, "description": "what an agent found"}
        yield "load_graph", {"graph_id": graph_id, "format": "edge-list", "replace": True, "content": edge_list(made)}
        yield "describe_graph", {"graph_id": graph_id}
        yield "rank_nodes", {"graph_id": graph_id, "measure": "pagerank", "limit": 5}
        yield "find_communities", {"graph_id": graph_id}
        for node in nodes[:6]:
            yield "get_neighbors", {"graph_id": graph_id, "node": node}
        notes = [{"id": node, "attributes": {"seen": True}} for node in sorted(set(nodes))]
        yield "edit_graph", {"graph_id": graph_id, "edits": [{"action": "add_nodes", "nodes": notes}]}
        yield "find_paths", {"graph_id": graph_id, "source": nodes[6], "target": nodes[7]}
        yield "get_subgraph", {"graph_id": graph_id, "center": nodes[0], "radius": 1}
        yield "delete_graph", {"graph_id": graph_id}


def agentic(user: int, run: str, seed: int = SEED) -> Iterator[Call]:
    """One plan of twenty calls after the other, each on a graph of its own."""
    for task in itertools.count():
        graph = plan_of_twenty.AgentGraph(f"agentic-{run}-{user}-{task}", f"{seed} agentic {user} {task}")
        for step, kind in enumerate(plan_of_twenty.plan()):
            yield graph.arguments(kind, step)
        yield "delete_graph", {"graph_id": graph.graph_id}


#: The kinds of users of `mixed`, by the last digit of their number.
MIX = ("reader", "reader", "editor", "reader", "agent", "reader", "reader", "editor", "reader", "analyst")

User = Callable[[int, str], Iterator[Call]]
USERS: dict[str, User] = {"reader": reader, "editor": editor, "analyst": analyst, "agent": agent, "agentic": agentic}


def kind_of(workload: str, user: int) -> str:
    """The kind of a user. Raises KeyError for a workload that does not exist."""
    if workload == "mixed":
        return MIX[user % len(MIX)]
    USERS[workload]
    return workload


#: Users whose calls build on the first one of their task.
BUILDERS = frozenset({"agent", "agentic"})
WORKLOADS = (*USERS, "mixed")
