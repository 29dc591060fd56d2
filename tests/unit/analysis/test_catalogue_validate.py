"""Arguments are checked against the catalogue before a worker is taken, and each error helps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networkx_mcp.analysis import catalogue, catalogue_validate
from networkx_mcp.analysis.catalogue_validate import validate_arguments
from networkx_mcp.errors import InvalidInput, NotFound


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("pagerank", {}),
        ("pagerank", {"alpha": 0.9, "max_iter": 10, "personalization": [["a", 1], [2, 0.5]]}),
        ("shortest_path", {"source": "a", "target": 1}),
        ("group_degree_centrality", {"S": ["a", 1]}),
        ("community.modularity", {"communities": [["a"], [1, 2]]}),
        ("contracted_edge", {"edge": ["a", 1]}),
        ("jaccard_coefficient", {"ebunch": [["a", "b"]]}),
        ("k_edge_augmentation", {"k": 2, "avail": [["a", "b", 1.5]]}),
        ("minimum_spanning_tree", {"algorithm": "prim", "ignore_nan": True}),
        ("snap_aggregation", {"node_attributes": ["color"]}),
        ("maximum_flow", {"s": 1, "t": 2, "flow_func": "dinitz"}),
        ("betweenness_centrality", {"seed": 0}),
        ("betweenness_centrality", {"seed": 2**32 - 1}),
    ],
)
def test_what_fits_passes_unchanged(name: str, arguments: dict[str, Any]) -> None:
    assert validate_arguments(name, arguments) == arguments


def test_an_object_serves_where_ids_are_strings() -> None:
    assert validate_arguments("pagerank", {"personalization": {"a": 1, "b": 2}}) == {
        "personalization": [["a", 1], ["b", 2]]
    }


def test_null_is_absent_except_where_it_means_no_weights() -> None:
    assert validate_arguments("pagerank", {"alpha": None, "weight": None, "nstart": None}) == {"weight": None}
    assert validate_arguments("pagerank", None) == {}


def test_a_whole_number_may_be_written_with_a_point() -> None:
    found = validate_arguments("pagerank", {"max_iter": 10.0})["max_iter"]
    assert (found, type(found)) == (10, int)


@pytest.mark.parametrize(
    ("name", "arguments", "field", "message"),
    [
        ("pagerank", {"alhpa": 0.9}, "alhpa", r"Did you mean alpha\? It takes: alpha, "),
        ("is_tree", {"source": 1}, "source", "takes no arguments"),
        ("maximum_flow", {"s": "a"}, "t", r"needs it: a node id\. Call: maximum_flow\(s, t"),
        ("maximum_flow", {"s": "a", "t": None}, "t", "needs it"),
        ("pagerank", {"alpha": "high"}, "alpha", 'wants a number, not "high"'),
        ("pagerank", {"alpha": True}, "alpha", "wants a number, not true"),
        ("pagerank", {"alpha": float("nan")}, "alpha", "wants a number, not NaN"),
        ("pagerank", {"max_iter": 1.5}, "max_iter", "wants an integer, not 1.5"),
        ("pagerank", {"max_iter": 2**63}, "max_iter", "wants an integer"),
        ("betweenness_centrality", {"seed": -1}, "seed", "wants an integer from 0 to 4294967295, not -1"),
        ("betweenness_centrality", {"seed": 2**32}, "seed", "wants an integer from 0"),
        ("shortest_path", {"source": 1.0}, "source", "wants a node id, not 1.0"),
        ("shortest_path", {"source": True}, "source", "wants a node id, not true"),
        ("shortest_path", {"source": ["a"]}, "source", "wants a node id"),
        ("shortest_path", {"method": "dijkstar"}, "method", "Did you mean dijkstra"),
        ("maximum_flow", {"s": 1, "t": 2, "flow_func": "os.system"}, "flow_func", "wants one of boykov_kolmogorov"),
        ("group_degree_centrality", {"S": "ab"}, "S", 'wants a list of node ids, not "ab"'),
        ("group_degree_centrality", {"S": [None]}, "S", "wants a list of node ids"),
        ("community.modularity", {"communities": ["ab"]}, "communities", "a list of lists of node ids"),
        ("contracted_edge", {"edge": ["a"]}, "edge", r"a pair \[node, node\]"),
        ("k_edge_augmentation", {"k": 1, "avail": [["a", "b"]]}, "avail", "a list of triples"),
        ("pagerank", {"personalization": {"a": "x"}}, "personalization", r"pairs \[node, number\]"),
        ("pagerank", ["alpha"], "arguments", "must be an object"),
        ("is_k_regular", {"k": False}, "k", "wants an integer, not false"),
        ("transitive_closure", {"reflexive": 2}, "reflexive", "wants true or false, not 2"),
    ],
)
def test_what_does_not_fit_is_told(name: str, arguments: Any, field: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as error:
        validate_arguments(name, arguments)
    assert error.value.data["field"] == field


def test_an_unknown_algorithm_is_not_validated() -> None:
    with pytest.raises(NotFound, match='no algorithm "pgrank"'):
        validate_arguments("pgrank", {})


def test_a_list_has_a_limit() -> None:
    most = catalogue_validate.MAX_ITEMS
    assert validate_arguments("group_degree_centrality", {"S": [1] * most})
    with pytest.raises(InvalidInput, match="wants a list"):
        validate_arguments("group_degree_centrality", {"S": [1] * (most + 1)})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_no_argument_makes_it_fail_otherwise(data: st.DataObject) -> None:
    entry = catalogue.get(data.draw(st.sampled_from(sorted(catalogue.algorithms()))))
    names = st.sampled_from([argument.name for argument in entry.arguments] or ["x"]) | st.text(max_size=4)
    arguments = data.draw(st.dictionaries(names, anything, max_size=3))
    try:
        found = validate_arguments(entry.name, arguments)
    except InvalidInput:
        return
    assert set(found) <= set(arguments)


def test_what_nobody_knows_is_said_again_in_short() -> None:
    long, short = "x" * 1_000_000, "x" * 77 + "..."
    with pytest.raises(InvalidInput) as caught:
        validate_arguments("pagerank", {long: 1})
    assert caught.value.message.startswith(f'pagerank has no argument "{short}".')
    assert caught.value.data["field"] == short
    with pytest.raises(NotFound) as absent:
        validate_arguments(long, {})
    assert f'no algorithm "{short}"' in absent.value.message
