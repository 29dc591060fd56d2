"""What attributes a graph has: the same by a look at a few nodes and by columns, whatever the values are."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import graphs

from networkx_mcp.analysis import schema
from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.arrays.state import GraphState

VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([2**70, -(2**70), 1.0, 0.5, "", "x", "1"])


def of(graph: nx.Graph) -> dict[str, Any]:
    return schema.of_arrays(GraphState.from_networkx(graph).freeze())


def described(values: list[Any]) -> list[Any]:
    """What is said of an attribute of nodes that has these values."""
    graph = nx.Graph()
    for number, value in enumerate(values):
        graph.add_node(number, x=value)
    (row,) = of(graph)["rows"]
    assert row[:2] == ["nodes", "x"]
    return row[2:]


@given(graph=graphs(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_few_nodes_are_told_as_columns_are(graph: nx.Graph, data: st.DataObject) -> None:
    for attributes in [*(d for _, d in graph.nodes(data=True)), *(d for *_, d in graph.edges(data=True))]:
        attributes.update(data.draw(st.dictionaries(st.sampled_from("xyz"), VALUES)))
    state = GraphState.from_networkx(graph)
    frozen = GraphState(state.freeze())
    assert schema.of_little(frozen) == of(graph)
    assert state.bare == frozen.bare == (not of(graph)["rows"])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([3, 1, 2, 1], ["integer", 4, 3, 1, 3, [[1, 2], [3, 1], [2, 1]]]),
        ([1, 2, 3], ["integer", 3, 3, 1, 3, []]),
        ([1, 0.5, 1], ["number", 3, 2, 0.5, 1, []]),
        (["b", "a", "b"], ["text", 3, 2, None, None, [["b", 2], ["a", 1]]]),
        ([True, False, True], ["boolean", 3, 2, None, None, [[True, 2], [False, 1]]]),
        ([[1], [1]], ["list", 2, None, None, None, []]),
        ([1, "1", True, 1], ["boolean or integer or text", 4, 3, None, None, [[1, 2], ["1", 1], [True, 1]]]),
        ([None, None], ["null", 2, None, None, None, []]),
        (["y" * 100, "y" * 100], ["text", 2, 1, None, None, [["y" * 37 + "...", 2]]]),
        ([2**70, 1], ["integer", 2, 2, 1, str(2**70), []]),
    ],
)  # fmt: skip
def test_what_is_told_of_values(values: list[Any], told: list[Any]) -> None:
    assert described(values) == told


def test_an_attribute_that_few_have_is_told_too() -> None:
    graph = nx.path_graph(100)
    graph.nodes[7]["rare"] = "once"
    graph.edges[3, 4]["weight"] = 2
    assert of(graph)["rows"] == [
        ["nodes", "rare", "text", 1, 1, None, None, []],
        ["edges", "weight", "integer", 1, 1, 2, 2, []],
    ]


def test_long_values_are_not_decoded_to_be_told() -> None:
    assert described(["z" * 10_000, "a"]) == ["text", 2, None, None, None, []]
    assert described([["z" * 10_000], {"b": 1}]) == ["long JSON or object", 2, None, None, None, []]


def test_more_attributes_than_are_told_are_counted_and_the_fullest_come_first() -> None:
    graph = nx.empty_graph(3)
    for number in range(80):
        graph.nodes[0][f"x{number:02}"] = 1
    graph.nodes[1]["x79"] = 1
    found = of(graph)
    assert (len(found["rows"]), found["nodes_total"]) == (schema.MOST_ATTRIBUTES, 80)
    assert [row[1] for row in found["rows"][:2]] == ["x79", "x00"]


@pytest.mark.parametrize(
    "graph",
    [
        nx.Graph([(node, node + 1, {"x": 1}) for node in range(schema.LITTLE)]),
        nx.Graph([(0, 1, {str(n): 1 for n in range(schema.LITTLE_VALUES + 1)})]),
        nx.Graph([(0, 1, {"x": "y" * (schema.LITTLE_CHARACTERS + 1)})]),
        nx.Graph([(0, 1, {"x": [1]})]),
    ],
)
def test_what_is_more_than_little_is_a_worker_s(graph: nx.Graph) -> None:
    assert schema.of_little(GraphState.from_networkx(graph)) is None


def test_a_graph_of_which_nothing_has_attributes_is_known_without_a_look_at_each_edge() -> None:
    state = GraphState(None, directed=False)
    state.apply([AddEdges([(k, k + 1) for k in range(50)])])
    assert state.bare
    assert schema.of_little(state) == of(nx.path_graph(51))
    state.apply([AddEdges([(k, k + 1) for k in range(50, 2 * schema.LITTLE)])])
    assert schema.of_little(state) == schema.of_little(GraphState(state.freeze())) == of(nx.path_graph(51))
    for edit in (AddEdges([(0, 9)], [{"w": 1}]), AddNodes(["new"], [{"x": 1}])):
        other = GraphState(None, directed=False)
        other.apply([AddEdges([(0, 1)]), edit])
        assert not other.bare
        assert [row[1] for row in schema.of_little(other)["rows"]] == ["w" if isinstance(edit, AddEdges) else "x"]


@pytest.mark.parametrize(
    ("values", "least", "most"),
    [
        (["2026-01-02", "2025-12-31", "2026-01-02"], "2025-12-31", "2026-01-02"),
        (["2026-01-02T10:00:00", "2026-01-02T09:30:00.5Z"], "2026-01-02T09:30:00.5Z", "2026-01-02T10:00:00"),
        (["2026-03", "2026-01"], "2026-01", "2026-03"),
        (["2026-01-02", "soon"], None, None),
        (["2026-01-02", 5], None, None),
        (["9999-99-99"], None, None),
        (["01/02/2026", "03/04/2025"], None, None),
    ],
)
def test_dates_have_a_range(values: list[Any], least: str | None, most: str | None) -> None:
    assert described(values)[3:5] == [least, most]
