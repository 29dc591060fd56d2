"""The builder: networkx's order from edges one by one or in columns, duplicates as asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import assert_same, attributes, node_ids

from networkx_mcp.arrays import builder as builder_module
from networkx_mcp.arrays.builder import DuplicateEdge, Duplicates, GraphBuilder
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

steps = st.lists(
    st.tuples(st.just("node"), node_ids, attributes)
    | st.tuples(st.just("edge"), st.tuples(node_ids, node_ids), attributes)
    | st.tuples(st.just("nodes"), st.lists(node_ids, max_size=4), st.none())
    | st.tuples(st.just("edges"), st.lists(st.tuples(node_ids, node_ids), max_size=4), st.none()),
    max_size=25,
)


@given(steps, st.booleans(), st.sampled_from(["update", "skip"]))
def test_it_builds_what_networkx_builds(steps: list[Any], directed: bool, duplicates: Duplicates) -> None:
    builder = GraphBuilder(directed, duplicates=duplicates)
    graph: nx.Graph[Any] = nx.DiGraph() if directed else nx.Graph()

    def add_edge(u: Any, v: Any, given_: dict[str, Any]) -> None:
        if not (duplicates == "skip" and graph.has_edge(u, v)):
            graph.add_edge(u, v, **given_)

    for kind, what, given_ in steps:
        if kind == "node":
            builder.add_node(what, given_)
            graph.add_node(what, **given_)
        elif kind == "edge":
            builder.add_edge(what[0], what[1], given_)
            add_edge(what[0], what[1], given_)
        elif kind == "nodes":
            builder.add_nodes(what, {"position": list(range(len(what)))})
            for position, node in enumerate(what):
                graph.add_node(node, position=position)
        else:
            builder.add_edges([u for u, _ in what], [v for _, v in what], {"position": list(range(len(what)))})
            for position, (u, v) in enumerate(what):
                add_edge(u, v, {"position": position})
    assert_same(GraphState(builder.freeze()), graph)


@given(steps=st.lists(st.tuples(node_ids, node_ids), max_size=30), directed=st.booleans())
def test_the_size_of_pieces_does_not_matter(steps: list[Any], directed: bool) -> None:
    graph: nx.Graph[Any] = nx.DiGraph(steps) if directed else nx.Graph(steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder_module, "_CHUNK", 3)
        builder = GraphBuilder(directed, duplicates="update")
        for u, v in steps:
            builder.add_edge(u, v)
        assert_same(GraphState(builder.freeze()), graph)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda values: pa.array(values), id="arrow"),
        pytest.param(lambda values: pa.chunked_array([values[:1], values[1:]]), id="chunked"),
        pytest.param(lambda values: pa.array(values).dictionary_encode(), id="dictionary"),
        pytest.param(lambda values: np.array(values), id="numpy"),
        pytest.param(lambda values: values, id="list"),
    ],
)
@pytest.mark.parametrize("values", [[3, -1, 2**63 - 1], ["ä", "", "b"]])
def test_columns_of_ids_may_be_arrow_numpy_or_lists(make: Any, values: list[Any]) -> None:
    builder = GraphBuilder(directed=True)
    builder.add_nodes(make(values))
    graph = builder.freeze()
    assert list(graph.iter_ids()) == values
    assert [type(node) for node in graph.iter_ids()] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (pa.array([1, None, 3]), [1, None, 3]),
        (pa.array([1, 2, 3], pa.uint8()), [1, 2, 3]),
        (pa.array([1, 2, 2**64 - 1], pa.uint64()), [1, 2, 2**64 - 1]),
        (pa.array([0.5, None, 1.0], pa.float32()), [0.5, None, 1.0]),
        (pa.array([True, False, None]), [True, False, None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([[1], None, []]), [[1], None, []]),
        (pa.array([0, 1, None], pa.date32()), ["1970-01-01", "1970-01-02", None]),
        ([1, 2.5, None], [1, 2.5, None]),
        ([{"a": 1}, None, [None]], [{"a": 1}, None, [None]]),
        (np.array([1.5, 2.5, 3.5]), [1.5, 2.5, 3.5]),
        (pa.nulls(3), [None, None, None]),
    ],
)
def test_columns_of_attributes_keep_their_values_and_null_is_missing(column: Any, values: list[Any]) -> None:
    builder = GraphBuilder(directed=True)
    builder.add_nodes([0, 1, 2], {"a": column})
    wanted = [{} if value is None else {"a": value} for value in values]
    assert [given_ for _, given_ in GraphState(builder.freeze()).nodes(data=True)] == wanted


@pytest.mark.parametrize("directed", [True, False])
def test_a_second_edge_is_refused_by_name_and_number(directed: bool) -> None:
    builder = GraphBuilder(directed)
    builder.add_edge("b", "a")
    builder.add_edge("a", "b")
    builder.add_edges(["x", "a"], [1, "b"])
    if directed:
        edge, first, second = ["a", "b"], 1, 3
    else:
        edge, first, second = ["a", "b"], 0, 1
    with pytest.raises(DuplicateEdge, match="choose duplicates=update") as caught:
        builder.freeze()
    assert caught.value.data == {"edge": edge, "first": first, "second": second}


def test_direction_and_loops_are_no_duplicates() -> None:
    builder = GraphBuilder(directed=True)
    edges: list[tuple[str | int, str | int]] = [(1, 2), (2, 1), (1, 1), ("1", 1), (1, "1")]
    for u, v in edges:
        builder.add_edge(u, v)
    assert builder.freeze().m == 5


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda b: b.add_node(True, field="line 7"), "line 7: a node id"),
        (lambda b: b.add_edge("a", None, field="line 7"), "line 7: a node id"),
        (lambda b: b.add_node("a", {"x": float("nan")}, field="line 7"), "line 7.x: nan is not JSON"),
        (lambda b: b.add_nodes([1, 2.0]), r"nodes\[1\]: a node id"),
        (lambda b: b.add_nodes(pa.array(["a", None])), r"nodes\[1\]: a node id is missing"),
        (lambda b: b.add_nodes(pa.array([1.5])), "not double"),
        (lambda b: b.add_nodes(pa.array([2**64 - 1], pa.uint64())), "beyond 64 bits; make the column text"),
        (lambda b: b.add_nodes(pa.array(["a", "x" * 2000])), r"nodes\[1\].*at most 1024"),
        (lambda b: b.add_edges([1, 2], [1]), "2 sources but 1 targets"),
        (lambda b: b.add_edges([1], [1], {"w": [1, 2]}), "edges.w: 2 values for 1 rows"),
        (lambda b: b.add_edges([1], [1], {"w": pa.array([float("inf")])}), r"edges.w\[0\]: inf is not JSON"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(call: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        call(GraphBuilder(directed=False))


def test_a_refused_item_leaves_the_builder_as_it_was() -> None:
    builder = GraphBuilder(directed=False)
    builder.add_edge(1, 2, {"w": 1})
    calls: tuple[Callable[[], None], ...] = (
        lambda: builder.add_edge(3, True, {"w": 2}),
        lambda: builder.add_edges([5], [6], {"w": [float("nan")]}),
        lambda: builder.add_nodes([7], {"\ud800": [1]}),
    )
    for call in calls:
        with pytest.raises(InvalidInput):
            call()
    builder.add_edge(1, 3, {"w": 3})
    assert list(GraphState(builder.freeze()).edges(data=True)) == [(1, 2, {"w": 1}), (1, 3, {"w": 3})]
    assert builder.edges_given == 0


def test_nothing_at_all_is_a_graph_too() -> None:
    graph = GraphBuilder(directed=True).freeze()
    assert (graph.n, graph.m, list(graph.iter_ids())) == (0, 0, [])
    assert graph.find("a") == -1
