"""What the tests of the formats share: reading and writing in one line, and graphs at random."""

from __future__ import annotations

import io
from typing import Any

import networkx as nx
import pytest
from hypothesis import strategies as st

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import FormatError, ParseLimits
from networkx_mcp.arrays.state import GraphState

LIMITS = ParseLimits(nodes=10_000, edges=100_000, bytes=64 * 1024 * 1024)
#: Formats that go in and out.
BOTH = tuple(name for name in formats.READ if name in formats.WRITTEN)
#: Of these, those that do not say whether edges have a direction.
UNDECIDED = tuple(
    name for name in BOTH if "direction" not in formats.RECORDS[name].keeps and not formats.RECORDS[name].undirected
)
#: Those that hold undirected graphs alone.
UNDIRECTED = tuple(name for name in BOTH if formats.RECORDS[name].undirected)

words = st.text("abcxyz-_.äß,;'\"&<>[]{}", min_size=1, max_size=6)
numbers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("\t\n\r"))
scalars = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | texts
json_values = st.recursive(
    st.none() | scalars | st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc"), inner, max_size=2),
    max_leaves=4,
)


def attributes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some attributes: of one type, numbers of both, and any of `values`."""
    return st.fixed_dictionaries(
        {},
        optional={
            "weight": st.integers(-5, 5) | st.floats(-5, 5),
            "color": st.text("abc "),
            "n": numbers,
            "any": values,
        },
    )


any_attributes = attributes(json_values)


@st.composite
def graphs(
    draw: st.DrawFn,
    nodes: st.SearchStrategy[Any] = words | numbers,
    node_data: st.SearchStrategy[dict[str, Any]] = any_attributes,
    edge_data: st.SearchStrategy[dict[str, Any]] = any_attributes,
    graph_data: st.SearchStrategy[dict[str, Any]] = any_attributes,
) -> nx.Graph[Any]:
    """Directed or undirected graphs, self-loops and isolated nodes included."""
    graph: nx.Graph[Any] = draw(st.sampled_from([nx.Graph, nx.DiGraph]))()
    graph.graph.update(draw(graph_data))
    pool = draw(st.lists(nodes, min_size=1, max_size=6, unique_by=lambda node: (type(node), node)))
    for node in draw(st.lists(st.sampled_from(pool), max_size=6)):
        graph.add_node(node, **draw(node_data))
    for u, v in draw(st.lists(st.tuples(st.sampled_from(pool), st.sampled_from(pool)), max_size=12)):
        graph.add_edge(u, v, **draw(edge_data))
    return graph


nothing = st.just(dict[str, Any]())


def read(data: bytes | str, format_: str, limits: ParseLimits = LIMITS, **options: Any) -> nx.Graph[Any]:
    """The graph of a file, as networkx."""
    raw = data.encode() if isinstance(data, str) else data
    return GraphState(formats.parse(io.BytesIO(raw), format_, options, limits)).to_networkx()


def written(graph: nx.Graph[Any], format_: str, **options: Any) -> bytes:
    """The file of a graph."""
    return b"".join(formats.write(GraphState.from_networkx(graph), format_, options))


def refused(data: bytes | str, format_: str, **options: Any) -> FormatError:
    """The error that a file raises."""
    with pytest.raises(FormatError) as caught:
        read(data, format_, **options)
    assert caught.value.message.endswith("; nothing was changed")
    return caught.value


def typed(value: Any) -> Any:
    """The value with the types of all its parts: 1, 1.0 and True are equal in Python, not here."""
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [typed(item) for item in value]
    return type(value).__name__, repr(value)


def parts(graph: nx.Graph[Any]) -> Any:
    """All of a graph that files keep: kind, attributes, nodes and edges in order, with types."""
    edges = list(graph.edges(data=True))
    return typed([graph.is_directed(), graph.graph, list(graph.nodes(data=True)), edges])
