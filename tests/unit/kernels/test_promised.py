"""Every algorithm that is promised answers as networkx does on every family of graphs, errors included."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import networkx as nx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import ask, column
from tests.unit.kernels.families import FAMILIES, attributed
from tests.unit.kernels.promised import CASES, PROMISED

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.tasks.partition_graph import partition_graph
from networkx_mcp.errors import InvalidInput
from networkx_mcp.vocabulary import COMMUNITY_METHODS, COMPONENT_KINDS, MEASURES, METRICS

#: The same graphs in each run, unless more are asked for: EQUALITY_EXAMPLES=100 pytest tests/unit/kernels/test_promised.py
EXAMPLES = os.environ.get("EQUALITY_EXAMPLES")
few = settings(
    max_examples=int(EXAMPLES or 2),
    derandomize=EXAMPLES is None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning"), pytest.mark.long]


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_a_family_has_what_its_name_says(family: str, data: st.DataObject) -> None:
    assert FAMILIES[family].has(data.draw(FAMILIES[family].graphs))


@pytest.mark.parametrize("words", PROMISED)
@given(data=st.data())
@few
def test_it_answers_as_networkx_does(words: str, data: st.DataObject) -> None:
    for name, family in FAMILIES.items():
        graph = attributed(data.draw(family.graphs))
        for case in PROMISED[words]:
            options = case.drawn(data, graph)
            hint = f"{case.function}({options}) on {name}: {nx.to_dict_of_dicts(graph)}"
            with warnings.catch_warnings(), explained(hint):
                warnings.simplefilter("ignore")
                case.holds(graph, options)


@contextmanager
def explained(hint: str) -> Iterator[None]:
    """Nothing is shrunk here: what failed is told as it was drawn."""
    try:
        yield
    except Exception as error:
        error.add_note(hint)
        raise


def test_nothing_promised_is_without_a_test_nor_is_what_tools_call_or_kernels_compute() -> None:
    assert all(PROMISED.values())
    tested = {case.function for case in CASES}
    for name in tested:
        assert callable(engine.function(name))
    named = (*MEASURES.values(), *METRICS.values(), *COMMUNITY_METHODS.values(), *COMPONENT_KINDS.values())
    tools = {one.algorithm for one in named if one.algorithm}
    assert (tools | set(engine.KERNELS)) - tested == set()


@given(data=st.data())
@few
def test_parts_are_balanced_and_their_cut_is_told_on_every_family(data: st.DataObject) -> None:
    for name, family in FAMILIES.items():
        graph = data.draw(family.graphs)
        if isinstance(graph, nx.DiGraph):
            graph = graph.to_undirected()
        k = data.draw(st.integers(1, max(len(graph), 1)))
        if name in ("empty", "weights below 0") or not len(graph):
            with pytest.raises(InvalidInput):
                ask(partition_graph, graph, k=k)
            continue
        parts = ask(partition_graph, graph, k=k, imbalance=0, limit=100, members=100)
        nodes = column(parts, "nodes")
        assert sorted(repr(node) for part in nodes for node in part) == sorted(map(repr, graph))
        assert len(nodes) == k
        assert max(map(len, nodes)) - min(map(len, nodes)) <= 1
        place = {node: i for i, part in enumerate(nodes) for node in part}
        assert parts["cut_edges"] == sum(place[u] != place[v] for u, v in nx.Graph(graph).edges)
