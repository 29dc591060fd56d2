"""Weights at the end of floats: each tool answers, or says by name what it cannot do; none ends as internal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from tests.unit.analysis.graphs import ask, column, example

from networkx_mcp.analysis.tasks import (
    draw_graph,
    find_communities,
    find_paths,
    measure_graph,
    partition_graph,
    rank_nodes,
)
from networkx_mcp.arrays import values
from networkx_mcp.errors import InvalidInput, ServiceError
from networkx_mcp.vocabulary import COMMUNITY_METHODS, MEASURES, METRICS

CALLS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    *((rank_nodes.rank_nodes, {"measure": name}) for name in MEASURES),
    *((rank_nodes.rank_nodes, {"measure": name, "weight": "weight"}) for name, one in MEASURES.items() if one.weighted),
    *((measure_graph.measure_graph, {"metrics": [name], "weight": "weight"}) for name in METRICS),
    *((find_communities.find_communities, {"method": name}) for name in COMMUNITY_METHODS),
    *((find_paths.find_paths, {"kind": name, "source": "a", "weight": "weight"}) for name in ("shortest", "reachable")),
    *(
        (find_paths.find_paths, {"kind": name, "source": "a", "target": "f", "weight": "weight"})
        for name in ("shortest", "all_shortest", "k_shortest")
    ),
    (partition_graph.partition_graph, {"k": 2}),
    (draw_graph.draw_graph, {"weight": "weight", "color": "size", "edge_label": "weight"}),
]
LARGEST = (2**1023 - 1, 1.7e308, 2**63)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def of_weight(weight: float, directed: bool = False) -> nx.Graph:
    graph = example(directed)
    nx.set_edge_attributes(graph, weight, "weight")
    return graph


@pytest.mark.parametrize("weight", LARGEST, ids=lambda weight: f"{weight:.0e}")
@pytest.mark.parametrize(("task", "params"), CALLS, ids=lambda part: getattr(part, "__name__", None) or str(part))
def test_no_tool_ends_as_internal(task: Callable[..., Any], params: dict[str, Any], weight: float) -> None:
    for directed in (False, True):
        with contextlib.suppress(ServiceError):
            ask(task, of_weight(weight, directed), **params)


def test_sums_of_integers_past_floats_are_exact() -> None:
    answer = ask(rank_nodes.rank_nodes, of_weight(2**1023 - 1), measure="degree", weight="weight")
    assert column(answer, "score")[0] == str(3 * (2**1023 - 1))
    cut = ask(partition_graph.partition_graph, of_weight(2**63), k=2)
    assert cut["cut_weight"] == 2.0**63
    with pytest.raises(InvalidInput, match="past every float"):
        ask(partition_graph.partition_graph, of_weight(1.7e308), k=2)


@pytest.mark.parametrize("weight", [2**1024 - 1, 2**1023 + 2**1022])
def test_what_is_stored_already_is_refused_by_name_where_it_weighs(
    monkeypatch: pytest.MonkeyPatch, weight: int
) -> None:
    monkeypatch.setattr(values, "MAX_INT_BITS", 1024)
    graph = of_weight(weight)
    graph.nodes["a"]["size"] = weight
    for task, params in CALLS:
        with contextlib.suppress(ServiceError):
            ask(task, graph, **params)
    if weight == 2**1024 - 1:
        with pytest.raises(InvalidInput, match="not a finite number"):
            ask(rank_nodes.rank_nodes, graph, measure="pagerank")
