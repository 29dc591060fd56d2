"""A graph under random edits is networkx's graph under the same, at every step."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Literal

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.arrays import graphs
from tests.unit.arrays.graphs import assert_pages, assert_same, attributes, maybe_attributes, node_ids, pairs

from networkx_mcp.arrays import edits
from networkx_mcp.arrays.frozen import compress, decompress
from networkx_mcp.arrays.state import Counts, EditSummary, GraphState
from networkx_mcp.errors import InvalidInput, NotFound


class Refused(Exception):
    """The reference refuses the batch."""


def reference(graph: nx.Graph[Any], edit: edits.Edit, total: dict[str, int]) -> None:
    """What an edit means, said with networkx; Refused where it cannot be done."""
    match edit:
        case edits.AddNodes(nodes, given):
            for k, node in enumerate(nodes):
                total["nodes_added"] += node not in graph
                values = (given[k] if given else None) or {}
                graph.add_node(node, **values)
                total["attributes_set"] += len(values)
        case edits.RemoveNodes(nodes, if_missing):
            for node in nodes:
                if node in graph:
                    before = graph.number_of_edges()
                    graph.remove_node(node)
                    total["nodes_removed"] += 1
                    total["edges_removed"] += before - graph.number_of_edges()
                elif if_missing == "error":
                    raise Refused
        case edits.AddEdges(edges, given, if_exists):
            for k, (u, v) in enumerate(edges):
                values = (given[k] if given else None) or {}
                if graph.has_edge(u, v):
                    if if_exists == "error":
                        raise Refused
                    if if_exists == "skip":
                        continue
                else:
                    total["edges_added"] += 1
                before = graph.number_of_nodes()
                graph.add_edge(u, v, **values)
                total["nodes_added"] += graph.number_of_nodes() - before
                total["attributes_set"] += len(values)
        case edits.RemoveEdges(edges, if_missing):
            for u, v in edges:
                if graph.has_edge(u, v):
                    graph.remove_edge(u, v)
                    total["edges_removed"] += 1
                elif if_missing == "error":
                    raise Refused
        case edits.SetNodeAttributes(nodes, given):
            for node, values in zip(nodes, given, strict=True):
                if node not in graph:
                    raise Refused
                graph.nodes[node].update(values)
                total["attributes_set"] += len(values)
        case edits.SetEdgeAttributes(edges, given):
            for (u, v), values in zip(edges, given, strict=True):
                if not graph.has_edge(u, v):
                    raise Refused
                graph.edges[u, v].update(values)
                total["attributes_set"] += len(values)
        case edits.RemoveAttributes(names, nodes, edges, of_graph):
            if not names or not (nodes or edges or of_graph):
                raise Refused
            if not all(node in graph for node in nodes) or not all(graph.has_edge(u, v) for u, v in edges):
                raise Refused
            for values in [
                *(graph.nodes[node] for node in nodes),
                *(graph.edges[u, v] for u, v in edges),
                *([graph.graph] if of_graph else []),
            ]:
                for name in names:
                    values.pop(name, None)
        case edits.SetGraphAttributes(given):
            graph.graph.update(given)
            total["attributes_set"] += len(given)
        case edits.Clear():
            total["nodes_removed"] += graph.number_of_nodes()
            total["edges_removed"] += graph.number_of_edges()
            graph.clear()


names = st.sampled_from(["weight", "name", "any", "no such"])
some_nodes, some_edges = st.lists(node_ids, max_size=3), st.lists(pairs, max_size=3)


IF_EXISTS: tuple[Literal["update", "skip", "error"], ...] = ("update", "skip", "error")


def beside(items: Any, values: Any) -> Any:
    """Items and a list of values of the same length."""
    return items.flatmap(
        lambda found: st.tuples(st.just(found), st.lists(values, min_size=len(found), max_size=len(found)))
    )


any_edit = (
    beside(some_nodes, maybe_attributes).map(lambda given: edits.AddNodes(*given))
    | st.builds(edits.RemoveNodes, some_nodes, st.sampled_from(["skip", "skip", "error"]))
    | st.tuples(beside(st.lists(pairs, max_size=6), maybe_attributes), st.sampled_from(IF_EXISTS)).map(
        lambda given: edits.AddEdges(given[0][0], given[0][1], given[1])
    )
    | st.builds(edits.AddEdges, st.lists(pairs, max_size=8), st.none(), st.just("skip"))
    | st.builds(edits.RemoveEdges, some_edges, st.sampled_from(["skip", "skip", "error"]))
    | beside(some_nodes, attributes).map(lambda given: edits.SetNodeAttributes(*given))
    | beside(some_edges, attributes).map(lambda given: edits.SetEdgeAttributes(*given))
    | st.builds(edits.RemoveAttributes, st.lists(names, max_size=2), some_nodes, some_edges, st.booleans())
    | st.builds(edits.SetGraphAttributes, attributes)
    | st.builds(edits.Clear)
)


class EditedGraph(RuleBasedStateMachine):
    @initialize(graph=graphs.networkx_graphs(), frozen=st.booleans())
    def start(self, graph: nx.Graph[Any], frozen: bool) -> None:
        if frozen:
            self.state = GraphState.from_networkx(graph)
        else:
            graph.clear()
            self.state = GraphState(None, graph.is_directed())
        self.graph = graph

    @rule(batch=st.lists(any_edit, min_size=1, max_size=4))
    def edit(self, batch: list[edits.Edit]) -> None:
        expected: nx.Graph[Any] = copy.deepcopy(self.graph)
        total = dict.fromkeys(EditSummary.__struct_fields__, 0)
        sent = edits.decode(edits.encode(batch))
        try:
            for edit in batch:
                reference(expected, edit, total)
        except Refused:
            with pytest.raises((InvalidInput, NotFound)) as caught:
                self.state.apply(sent)
            assert caught.value.data["field"].startswith("edits[")
            return  # the invariant checks that nothing has changed
        prepared = self.state.prepare(sent)
        assert_same(self.state, self.graph)
        assert prepared.summary == EditSummary(**total)
        assert prepared.counts == Counts(expected.number_of_nodes(), expected.number_of_edges())
        assert self.state.commit(prepared) == prepared.summary
        self.graph = expected

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data())
    def remove_what_is_there(self, data: st.DataObject) -> None:
        node = data.draw(st.sampled_from(list(self.graph)))
        batch: list[edits.Edit] = [edits.RemoveNodes([node])]
        if edges := list(self.graph.edges):
            batch.insert(data.draw(st.integers(0, 1)), edits.RemoveEdges([data.draw(st.sampled_from(edges))], "skip"))
        self.edit(batch)

    @rule(through_the_store=st.booleans())
    def freeze(self, through_the_store: bool) -> None:
        frozen = self.state.freeze()
        assert (frozen.n, frozen.m) == (self.state.n, self.state.m)
        self.state = GraphState(decompress(compress(frozen)) if through_the_store else frozen)
        assert self.state.clean

    @rule(start=st.integers(0, 12), limit=st.integers(0, 5))
    def page(self, start: int, limit: int) -> None:
        assert_pages(self.state, self.graph, start, limit)

    @invariant()
    def same(self) -> None:
        if hasattr(self, "graph"):
            assert_same(self.state, self.graph)
            attributed = any(data for _, data in self.graph.nodes(data=True))
            attributed |= any(data for *_, data in self.graph.edges(data=True))
            assert not (self.state.bare and attributed)


TestEditedGraph = pytest.mark.long(EditedGraph.TestCase)
TestEditedGraph.settings = settings(max_examples=120, stateful_step_count=12, deadline=None)


@given(
    batch=st.lists(
        any_edit.filter(lambda edit: not getattr(edit, "graph", isinstance(edit, edits.SetGraphAttributes)))
    ),
    directed=st.booleans(),
    data=st.data(),
)
@settings(deadline=None)
def test_a_graph_that_was_emptied_node_by_node_is_said_to_hold_nothing(
    batch: list[edits.Edit], directed: bool, data: st.DataObject
) -> None:
    state = GraphState(None, directed)
    for edit in batch:
        with contextlib.suppress(InvalidInput, NotFound):
            state.apply([edit])
    for node in data.draw(st.permutations(list(state.nodes()))):
        state.apply([edits.RemoveNodes([node])])
    assert state.overlay_bytes == 0
