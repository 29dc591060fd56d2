"""Results of every shape that networkx has become rows."""

from __future__ import annotations

from itertools import count
from typing import Any

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.normalise import Normaliser
from networkx_mcp.analysis.result import table

GRAPH = nx.Graph([("c", "a"), ("a", "b")])  # node order: c, a, b


def rows(value: Any, columns: list[str] | None = None) -> dict[str, Any]:
    found = Normaliser(LoadedGraph.from_networkx(GRAPH), None, columns).rows(value)
    answer = table(found.columns, found.rows, limit=100, total=found.total)
    return {"columns": answer["columns"], "rows": answer["rows"], "total": answer["total"], **found.facts}


@pytest.mark.parametrize(
    ("value", "columns", "expected"),
    [
        (3, ["value"], [[3]]),
        (None, ["value"], [[None]]),
        ("text", ["value"], [["text"]]),
        (np.float64(0.5), ["value"], [[0.5]]),
        ({"c": 1, "a": 2}, ["node", "value"], [["c", 1], ["a", 2]]),
        ({("c", "a"): 1}, ["source", "target", "value"], [["c", "a", 1]]),
        ({2: 0.5}, ["key", "value"], [[2, 0.5]]),
        ({"c": {"a": 1}, "a": {}}, ["source", "target", "value"], [["c", "a", 1]]),
        ({"c": {"a", "b"}}, ["node", "nodes"], [["c", ["a", "b"]]]),
        ({"c": ["b", "a"]}, ["node", "nodes"], [["c", ["b", "a"]]]),
        ({"c": [0.5]}, ["node", "values"], [["c", [0.5]]]),
        ({}, ["key", "value"], []),
        ({"b", "a", "c"}, ["node"], [["c"], ["a"], ["b"]]),
        ({("b", "a"), ("c", "a")}, ["source", "target"], [["c", "a"], ["b", "a"]]),
        ([{"b"}, {"a", "c"}], ["size", "nodes"], [[1, ["b"]], [2, ["c", "a"]]]),
        ([["b", "a"]], ["size", "nodes"], [[2, ["b", "a"]]]),
        (["b", "c"], ["node"], [["b"], ["c"]]),
        ([1.5, 2.5], ["index", "value"], [[0, 1.5], [1, 2.5]]),
        ([], ["value"], []),
        (("c", "a"), ["source", "target"], [["c", "a"]]),
        ((1, 2), ["value_1", "value_2"], [[1, 2]]),
        (({"c"}, {"a", "b"}), ["part", "size", "nodes"], [[1, 1, ["c"]], [2, 2, ["a", "b"]]]),
        (({"c": 1}, {"c": ["a"]}), ["node", "value_1", "value_2"], [["c", 1, ["a"]]]),
        ([("c", "a", {"w": 1})], ["source", "target", "attributes"], [["c", "a", {"w": 1}]]),
        ([("c", "a", 0.5)], ["source", "target", "value"], [["c", "a", 0.5]]),
        ([("c", {"a": 1, "b": 2})], ["source", "target", "value"], [["c", "a", 1], ["c", "b", 2]]),
        ([("c", ({"a": 1}, {"a": ["c", "a"]}))], ["source", "target", "value_1", "value_2"], [["c", "a", 1, ["c", "a"]]]),
        ([("c", ["a"])], ["node", "nodes"], [["c", ["a"]]]),
        ([(("c", "a"), "b")], ["source", "target", "value"], [["c", "a", "b"]]),
        ([("x", 1, 2, 3)], ["value_1", "value_2", "value_3", "value_4"], [["x", 1, 2, 3]]),
        ([({"c"}, {"a"})], ["size", "groups"], [[2, [["c"], ["a"]]]]),
        ([nx.Graph([("c", "a")])], ["nodes", "edges"], [[["c", "a"], [["c", "a"]]]]),
        (np.array([0.5, 1.5]), ["index", "value"], [[0, 0.5], [1, 1.5]]),
        (np.eye(3), ["row", "column", "value"], [["c", "c", 1.0], ["a", "a", 1.0], ["b", "b", 1.0]]),
        (sp.csr_array([[0, 2]]), ["row", "column", "value"], [[0, 1, 2]]),
    ],
)  # fmt: skip
def test_a_result_is_rows(value: Any, columns: list[str], expected: list[Any]) -> None:
    answer = rows(value)
    assert answer["columns"] == columns
    assert answer["rows"] == expected
    if not isinstance(value, list):
        assert answer["total"] == len(expected)
    lazily = rows(iter(value)) if isinstance(value, list) and columns != ["index", "value"] else answer
    assert lazily["rows"] == expected


def test_a_number_beside_a_container_is_a_fact() -> None:
    answer = rows((7, {"c": {"a": 3}}))
    assert (answer["value"], answer["rows"]) == (7, [["c", "a", 3]])
    cut = rows((2.5, ({"c"}, {"a"})))
    assert (cut["value"], cut["columns"]) == (2.5, ["part", "size", "nodes"])


def test_a_derived_graph_is_its_edges_with_what_is_new_of_its_nodes() -> None:
    derived = nx.DiGraph([("c", ("a", "b"), {"w": 1})])
    derived.add_node("b")
    derived.add_node("a", rank=1)
    answer = rows(derived)
    assert answer["rows"] == [["c", ["a", "b"], {"w": 1}]]
    assert answer["graph"] == {"nodes": 4, "edges": 1, "directed": True}
    assert answer["isolated"] == ["b", "a"]
    assert answer["nodes"] == [[("a", "b"), {}], ["a", {"rank": 1}]]


def test_columns_that_the_catalogue_names_are_taken() -> None:
    assert rows([4, 2], ["#degree", "count"])["rows"] == [[0, 4], [1, 2]]
    assert rows(["x", "y", "z"], ["node", "label"])["rows"] == [["c", "x"], ["a", "y"], ["b", "z"]]
    assert rows(np.array([1, 2, 3]), ["node", "value"])["rows"] == [["c", 1], ["a", 2], ["b", 3]]
    assert rows({"c": 1}, ["node", "color"])["columns"] == ["node", "color"]
    assert rows({"c": 1}, ["too", "many", "columns"])["columns"] == ["node", "value"]


def test_an_endless_generator_is_read_as_far_as_needed() -> None:
    endless = Normaliser(LoadedGraph.from_networkx(GRAPH)).rows({"c", "a"} for _ in count())
    assert len(table(endless.columns, endless.rows, limit=3)["rows"]) == 3
