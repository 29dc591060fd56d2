"""Every algorithm of the catalogue on small graphs of every kind: it ends, and answers or refuses in our words.

By default a sample; with NETWORKX_MCP_SWEEP=whole (`make sweep`) all 1,253 graphs of up to seven nodes and 200 random
ones. Each call has SECONDS of CPU in a process that the kernel ends: native code that loops stops for nothing else.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest
from tests.helpers.killable import ENDLESS, each
from tests.unit.analysis import oracles
from tests.unit.analysis.graphs import ask
from tests.unit.analysis.test_run_algorithm import arguments

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.tasks.find_communities import find_communities
from networkx_mcp.analysis.tasks.find_paths import find_paths
from networkx_mcp.analysis.tasks.measure_graph import measure_graph
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.errors import ServiceError
from networkx_mcp.vocabulary import COMMUNITY_METHODS, MEASURES, METRICS, PATH_KINDS

SECONDS = 10
WHOLE = os.environ.get("NETWORKX_MCP_SWEEP") == "whole"
#: Parts of the catalogue, each a test; the whole takes many minutes, more than a test has by default.
PARTS = 16 if WHOLE else 4
pytestmark = [pytest.mark.long, *([pytest.mark.timeout(3600)] if WHOLE else [])]
#: Where loops, refusals and numbers that are none were found.
FOUND = {
    "no node": nx.Graph(),
    "no node, directed": nx.DiGraph(),
    "one node": nx.empty_graph(1),
    "self-loop": nx.DiGraph([(0, 0)]),
    "edge": nx.path_graph(2),
    "apart": nx.disjoint_union(nx.star_graph(3), nx.star_graph(3)),
    "ring": nx.cycle_graph(5),
    "louvain": nx.Graph([(0, 1), (0, 2), (0, 5), (0, 6), (1, 2), (1, 4), (2, 3), (2, 5), (2, 6), (3, 4)]),
    "looped": oracles.looped(nx.complete_graph(5)),
    "path below 0": oracles.weighted(nx.path_graph(4), [-1], 0),
    "star": oracles.looped(nx.star_graph(3)),
}


def graphs() -> Iterator[tuple[str, nx.Graph]]:
    rng = random.Random(7)
    numbers = range(1253) if WHOLE else rng.sample(range(20, 1253), 3)
    yield from FOUND.items()
    for number in numbers:
        yield f"atlas {number}", nx.graph_atlas(number)
    for place in range(200 if WHOLE else 8):
        graph = next(oracles.random_graphs(1, nodes=9, directed=bool(place % 2), seed=place, loops=place % 3 == 0))
        choices = [[1, 2, 3], [-2, 1, 3], [0.1, 0.2, 1.5], [0], [-1], [0, 0, 1]][place // 2 % 6]
        oracles.weighted(oracles.weighted(graph, choices, place), [0, 1, 2.5], place, "capacity")
        yield f"random {place}: weights {choices}", graph


def dressed(graph: nx.Graph) -> nx.Graph:
    """The graph with the attributes of nodes that some algorithms ask for."""
    for place, node in enumerate(graph):
        graph.nodes[node].update(
            color="rb"[place % 2], size=place + 1, percolation=place / 10, pos=[place, 0], demand=0, time=place,
            community=place % 2,
        )  # fmt: skip
    return graph


GRAPHS = [(name, dressed(graph.copy())) for name, graph in graphs()]
IDS = {
    "node",
    "nodes",
    "node_set",
    "node_sets",
    "pair",
    "pairs",
    "matching",
    "node_numbers",
    "node_values",
    "edge_numbers",
}


def given(entry: catalogue.Algorithm, graph: nx.Graph) -> dict[str, Any]:
    """The arguments of the other tests, their nodes those of this graph."""
    nodes = list(graph)
    names = dict(zip("abcdef", [*nodes, *[nodes[-1]] * 6] if nodes else "abcdef", strict=False))
    types = {argument.name: argument.type for argument in entry.arguments}

    def here(value: Any) -> Any:
        return [here(item) for item in value] if isinstance(value, list) else names.get(value, value)

    return {name: here(value) if types[name] in IDS else value for name, value in arguments(entry).items()}


def problem(task: Any, graph: nx.Graph, params: dict[str, Any]) -> str:
    """What is wrong with a call's answer; "" for nothing."""
    try:
        answer = ask(task, graph, limit=200, **params) if task is not measure_graph else ask(task, graph, **params)
    except ServiceError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    told = " ".join(answer.get("notes", ()))
    for row in answer["rows"]:
        for cell in row:
            if isinstance(cell, float) and (abs(cell) > 1e12 or str(cell) == "-0.0"):
                return f"{cell!r} in {row}"
            if cell == "nan" and "not defined" not in told:
                return f"nan in {row} without a word"
    return ""


def work(job: tuple[Any, str, dict[str, Any]]) -> list[str]:
    """The problems of one call on all graphs, and the graph that it is at when it does not end."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    task, place, params = job
    graph = GRAPHS[int(place)][1]
    if task is run_algorithm:
        entry = catalogue.algorithms()[params["name"]]
        if entry.graph not in ("any", "directed" if graph.is_directed() else "undirected"):
            return []
        params = {**params, "arguments": given(entry, graph)}
    found = problem(task, graph, params)
    return [found] if found else []


def swept(calls: list[tuple[Any, dict[str, Any]]]) -> list[str]:
    jobs = [(task, str(place), params) for task, params in calls for place in range(len(GRAPHS))]
    problems = []
    for (_, place, params), found in each(jobs, work, SECONDS):
        name, graph = GRAPHS[int(place)]
        texts = ["it does not end"] if found == ENDLESS else found
        problems += [f"{params} on {name} {list(graph.edges(data=True))}: {text}" for text in texts]
    return problems


@pytest.mark.parametrize("part", range(PARTS))
def test_every_algorithm_ends_on_every_small_graph(part: int) -> None:
    names = sorted(catalogue.algorithms())[part::PARTS]
    assert swept([(run_algorithm, {"name": name}) for name in names]) == []


def test_every_tool_ends_on_every_small_graph() -> None:
    calls: list[tuple[Any, dict[str, Any]]] = [(measure_graph, {"metrics": list(METRICS)})]
    calls += [(rank_nodes, {"measure": name}) for name in MEASURES]
    calls += [(rank_nodes, {"measure": name, "weight": "weight"}) for name in MEASURES]
    calls += [(find_communities, {"method": name}) for name in COMMUNITY_METHODS]
    for kind in PATH_KINDS:
        ends = {"source": 0} if kind == "reachable" else {"source": 0, "target": 1}
        calls += [(find_paths, {"kind": kind, **ends}), (find_paths, {"kind": kind, "weight": "weight", **ends})]
    assert swept(calls) == []
