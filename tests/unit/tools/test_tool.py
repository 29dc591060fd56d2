"""A tool is one file: its record is named as the file, and so is what it runs in a worker."""

from __future__ import annotations

import importlib
from typing import get_type_hints

import pytest

from networkx_mcp.analysis import cost, cost_advice, tasks
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools.mcp_server import HEAVY, TOOLS
from networkx_mcp.tools.tool import Tool
from networkx_mcp.workers import task_registry

#: These are answered from memory, and ask a worker for what only few calls want: short jobs all of them.
AS_A_RULE_QUICK = {"get_neighbors", "describe_graph"}
ANALYSES = {name: tool for name, tool in TOOLS.items() if tool.analysis is not None}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_a_tool_is_the_record_of_the_file_of_its_name(tool: Tool) -> None:
    assert importlib.import_module(f"networkx_mcp.tools.{tool.name}").TOOL is tool


def test_the_tasks_are_those_of_the_tools() -> None:
    assert sorted(ANALYSES) == list(tasks.names())
    for name, tool in ANALYSES.items():
        assert tool.analysis is not None
        assert tool.analysis.name == name
        assert task_registry.resolve(tool.analysis.task)


def test_what_needs_a_worker_is_an_analysis_or_reads_a_file() -> None:
    assert {*ANALYSES, "load_graph"} - AS_A_RULE_QUICK == HEAVY


def test_an_answer_says_that_it_is_cached_where_it_may_be() -> None:
    for tool in ANALYSES.values():
        assert tool.analysis is not None
        if tool.name == "describe_graph":
            continue  # a part of its answer is, which is looked up with each
        assert ("cached" in get_type_hints(tool.answer)) is tool.analysis.cached, tool.name


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("rank_nodes", {"measure": "core", "weight": "w"}, "weight: core does not take it. It is for: degree, "),
        (
            "rank_nodes",
            {"measure": "degree", "alpha": 0.5},
            "alpha: degree does not take it. It is for: katz, pagerank.",
        ),
        ("rank_nodes", {"measure": "degree", "sample": 5}, "sample: degree is not sampled"),
        ("find_communities", {"method": "fluid", "weight": "w"}, "weight: fluid knows no weights"),
        ("find_communities", {"k": 3}, "k: louvain finds the number itself"),
        ("find_paths", {"source": "a", "kind": "k_shortest"}, "target: k_shortest needs the node where paths end"),
        ("find_paths", {"source": "a", "k": 3}, "k: only kind k_shortest takes it, not shortest"),
        ("get_subgraph", {}, "nodes: give either nodes, or center with radius"),
        ("run_algorithm", {"name": "pagerank", "arguments": {"alhpa": 1}}, 'pagerank has no argument "alhpa"'),
    ],
)
def test_what_does_not_go_together_is_refused_before_a_worker_is_taken(
    name: str, arguments: dict[str, object], message: str
) -> None:
    given = TOOLS[name].parse({"graph_id": "g", **arguments})
    with pytest.raises(InvalidInput) as caught:
        given.params()  # type: ignore[attr-defined]  # of an analysis
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("name", "params", "directed"),
    [
        ("rank_nodes", {"measure": "in_degree"}, True),
        ("find_communities", {"method": "leiden"}, False),
        ("find_components", {"kind": "strong"}, True),
        ("find_components", {"kind": "biconnected"}, False),
        ("run_algorithm", {"name": "flow_hierarchy", "arguments": {}}, True),
    ],
)
def test_what_is_for_the_other_type_of_graph_is_refused_before_a_worker_is_taken(
    name: str, params: dict[str, object], directed: bool
) -> None:
    analysis = TOOLS[name].analysis
    assert analysis is not None
    analysis.suits(params, directed)
    with pytest.raises(InvalidInput, match=f"this (graph|one) is {'un' if directed else ''}directed"):
        analysis.suits(params, not directed)


@pytest.mark.parametrize("tool", ANALYSES.values(), ids=lambda tool: tool.name)
def test_a_refusal_by_cost_names_force_where_the_tool_takes_it(tool: Tool) -> None:
    assert tool.analysis is not None
    assert tool.analysis.forced is ("force" in tool.arguments.model_fields)
    estimate = cost.estimate(cost.AlgorithmCall("betweenness_centrality"), 10**6, 10**7, False)
    assert estimate is not None
    refused = cost_advice.refusal(tool.name, GraphSize(10**6, 10**7, False), 20, estimate, forced=tool.analysis.forced)
    assert ("force: true" in refused.message) is tool.analysis.forced
