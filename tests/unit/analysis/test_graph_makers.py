"""Generators as they are given: an object, or a call as networkx's documents have it."""

from __future__ import annotations

import inspect
import json
from typing import Any

import networkx as nx
import pytest

from networkx_mcp.analysis import graph_makers
from networkx_mcp.analysis.graph_makers import GENERATORS, check, form, read
from networkx_mcp.errors import InvalidInput

BARABASI = {"name": "barabasi_albert_graph", "n": 100, "m": 2}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("barabasi_albert_graph(100, 2)", BARABASI),
        ("barabasi_albert_graph(n=100, m=2)", BARABASI),
        (" nx.barabasi_albert_graph(100, m=2, seed=7) ", {**BARABASI, "seed": 7}),
        ("networkx.barabasi_albert(100,2)", BARABASI),
        ("erdos_renyi_graph(50, 0.1)", {"name": "erdos_renyi_graph", "n": 50, "p": 0.1}),
        ("erdos_renyi(50, 1e-2)", {"name": "erdos_renyi_graph", "n": 50, "p": 0.01}),
        ("gnm(10, 20)", {"name": "gnm_random_graph", "n": 10, "m": 20}),
        ("path_graph(-1)", {"name": "path_graph", "n": -1}),
        ("path_graph", {"name": "path_graph"}),
        ("no_such_graph(1, 2)", {"name": "no_such_graph"}),
    ],
)
def test_a_call_in_text_is_the_object_that_it_means(text: str, meant: dict[str, Any]) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "barabasi_albert_graph(100, two)",
        "barabasi_albert_graph(100, 2, 3)",
        "barabasi_albert_graph(100, n=2)",
        "barabasi_albert_graph(100, k=2)",
        "barabasi_albert_graph(100, m=2, create_using=nx.DiGraph)",
    ],
)
def test_what_a_call_cannot_mean_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert caught.value.message.endswith('Give {"name":"barabasi_albert_graph","n":100,"m":3,"seed":1}.')


@pytest.mark.parametrize("text", ["a graph with 100 nodes", "__import__('os').system('x')", "path_graph((3))", ""])
def test_what_is_no_call_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no generator with its parameters"):
        read(text)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_form_of_each_is_taken_and_its_parameters_are_in_networkx_order(name: str) -> None:
    given = json.loads(form(name))
    assert check(given, False, 10**6, 10**6) == given
    order = [key for key in inspect.signature(getattr(nx, name)).parameters if key in GENERATORS[name].takes]
    assert list(GENERATORS[name].takes) == order


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "barabasi_albert_graph", "args": [100, 2]}, 'takes n, m, seed. Give {"name":"barabasi_albert_graph"'),
        (
            {"name": "barabasi_albert_graph", "n": 100},
            'generator.m: is missing. Give for example {"name":"barabasi_albert_graph"',
        ),
        ({"type": "path_graph", "n": 3}, "generator.name: is missing. Give for example"),
        ({"name": 5}, "5 is no generator here"),
    ],
)
def test_an_object_that_lacks_something_is_refused_with_the_form(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(given, False, 10**6, 10**6)
    assert told in caught.value.message


def test_names_without_their_ending_are_known() -> None:
    assert (
        graph_makers.check({"name": "barabasi_albert", "n": 10, "m": 2}, False, 100, 100)["name"]
        == "barabasi_albert_graph"
    )
