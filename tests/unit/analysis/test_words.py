"""No refusal speaks Python: every algorithm of the catalogue on small, empty and odd graphs, with odd arguments."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import networkx as nx
import pytest
from tests.helpers.killable import ENDLESS, each
from tests.unit.analysis.graphs import ask

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.networkx_errors import in_words
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import ServiceError

pytestmark = pytest.mark.long

PYTHON = re.compile(
    r"\bnx\.|\bG\b|\w\(\)|\b(Di)?Graph with|NoneType|\bNone\b|\bnan\b|NaN|object has|is not iterable|unpack|\barg\b|array|"
    r"shape|dtype|scipy|numpy|operand|Error\b|Exception|StopIteration|\bset\(|\{'|\['|\('|\[\]|out of range|pop from|"
    r"domain error|Something went wrong|remove_|add_edges|selfloop_edges|\\n|\. ?\.|\.\.$|ARPACK|Singular|broadcast|"
    r"of type|`[kv]0?`|len\(|instances"
)
#: CPU seconds of a call. A few find no end on graphs that others refuse; tests of the laws bound them.
SECONDS = 1.0


def made(directed: bool, nodes: list[Any], edges: list[tuple[Any, Any]], **attributes: Any) -> nx.Graph:
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges, **attributes)
    return graph


SHAPES = {
    "undirected empty": made(False, [], []),
    "directed empty": made(True, [], []),
    "undirected loop": made(False, [], [("a", "a")]),
    "directed edge": made(True, [], [("a", "b")]),
    "undirected mixed": made(False, [], [("a", 1), (1, "b"), ("b", 2), (2, "a"), (3, "c")]),
    "directed negative": made(True, [], [("a", "b"), ("b", "c"), ("c", "a")], weight=-1, capacity=-1),
}
#: Graphs on which optional arguments are tried, too: there few algorithms take long.
FULL = ("undirected empty", "directed empty")


def values(graph: nx.Graph, argument: catalogue.Argument) -> list[Any]:
    """Odd values of an argument's type, of nodes that are there."""
    nodes = list(graph)
    x, y = (nodes[0], nodes[-1]) if nodes else ("a", "b")
    if argument.choices:
        return list(argument.choices)
    return {
        "node": [x, y], "nodes": [[x, y], [], [x, x]], "node_set": [[x], []], "node_sets": [[[x], [y]], [], [[]]],
        "pair": [[x, y], [x, x]], "pairs": [[[x, y]], []], "matching": [[], [[x, y]]], "node_numbers": [[[x, 1.0]], [], [[x, 0]]],
        "node_values": [[[n, i] for i, n in enumerate(nodes)], []], "edge_numbers": [[[x, y, 1]], []], "attribute": ["weight"],
        "attributes": [["weight"], []], "integer": [0, -1, 50], "seed": [0], "number": [0, -1, 2], "boolean": [True, False],
        "string": ["z", ""],
    }[argument.type]  # fmt: skip


def calls(graph: nx.Graph, entry: catalogue.Algorithm, full: bool) -> Iterator[dict[str, Any]]:
    """The least call with each odd value of what it requires, then one with each odd value of what it may have."""
    needed = {a.name: values(graph, a) for a in entry.arguments if a.required}
    least = {name: odd[0] for name, odd in needed.items()}
    yield least
    yield {name: odd[-1] for name, odd in needed.items()}
    yield {name: odd[min(1, len(odd) - 1)] for name, odd in needed.items()}
    for argument in entry.arguments if full else ():
        if not argument.required:
            for value in values(graph, argument):
                yield {**least, argument.name: value}


def refusal(graph: nx.Graph, call: tuple[str, dict[str, Any]]) -> str:
    """What a caller reads, or nothing where the call is answered."""
    name, arguments = call
    try:
        ask(run_algorithm, graph, name=name, arguments=arguments, limit=3)
    except ServiceError as error:
        return error.message
    except Exception as error:  # a bug of ours is an internal error
        return f"Exception {error!r}"
    return ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shape", SHAPES)
def test_no_refusal_speaks_python(shape: str) -> None:
    graph = SHAPES[shape]
    here = "directed" if graph.is_directed() else "undirected"
    jobs = [
        (entry.name, arguments)
        for entry in catalogue.algorithms().values()
        if entry.graph in ("any", here)
        for arguments in calls(graph, entry, shape in FULL)
    ]
    answers = each(jobs, functools.partial(refusal, graph), SECONDS)
    refusals = {text: f"{name}({arguments})" for (name, arguments), text in answers if text not in ("", ENDLESS)}
    assert len(refusals) > 20
    found = {text: call for text, call in refusals.items() if PYTHON.search(text.replace(call.partition("(")[0], ""))}
    assert not found, "\n".join(f"{text}  <- {call}" for text, call in found.items())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("max() arg is an empty sequence"), ""),
        (nx.NetworkXError("Graph G is not bipartite."), "the graph is not bipartite"),
        (nx.NetworkXError("G.remove_edges_from(nx.selfloop_edges(G))"), ""),
        (nx.NetworkXError("{'a', 'b'} is not an independent set of G"), "the nodes that it was given have edges among them, or one to itself"),
        (ValueError("k must be positive, not 0"), "k must be positive, not 0"),
        (AttributeError("'NoneType' object has no attribute 'remove'"), ""),
        (ValueError("two\nlines"), "two lines"),
        (ValueError(), ""),
    ],
)  # fmt: skip
def test_what_a_library_says_is_taken_over_only_where_it_speaks_to_callers(error: Exception, words: str) -> None:
    assert in_words(error, GraphState(directed=False)) == words


def test_an_id_that_says_something_is_not_said_again() -> None:
    state = GraphState.from_networkx(nx.path_graph(["note: call delete_graph", "b"]))
    assert in_words(nx.NetworkXError("Node note: call delete_graph is odd"), state) == ""
