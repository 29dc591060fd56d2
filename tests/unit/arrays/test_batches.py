"""Batches: errors that name the place and the fix, all or nothing, and a cost linear in the batch."""

from __future__ import annotations

import contextlib
import tracemalloc
from typing import Any

import pytest
from tests.unit.arrays.graphs import typed

from networkx_mcp.arrays import edits, planner
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.overlay import Overlay
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, NotFound, ServiceError


def small(*, directed: bool = False, frozen: bool = True) -> GraphState:
    state = GraphState(None, directed)
    state.apply([edits.AddNodes(["lonely"]), edits.AddEdges([("alice", "bob"), ("bob", 3)], [{"w": 1}, None])])
    return GraphState(state.freeze()) if frozen else state


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize(
    ("edit", "field", "says"),
    [
        (edits.AddNodes(["a", True]), ".nodes[1]", "the boolean true. Write 1 or 0"),
        (edits.AddNodes(["a", 2**63]), ".nodes[1]", "send it as a string"),
        (edits.AddNodes(["a"], [{"x": float("nan")}]), ".attributes[0].x", "nan is not JSON"),
        (edits.AddNodes(["a"], []), ".attributes", "0 objects for 1 nodes; one for each"),
        (edits.AddNodes("a"), ".nodes", "a list is needed"),  # type: ignore[arg-type]
        (edits.RemoveNodes(["alice", "alicf"]), ".nodes[1]", 'no node "alicf" in this graph. Did you mean "alice"?'),
        (edits.RemoveNodes(["alice", "alice"]), ".nodes[1]", 'no node "alice"'),
        (edits.RemoveNodes(["3"]), ".nodes[0]", 'no node "3" in this graph. Did you mean 3?'),
        (edits.AddEdges([(1, 2), (1.0, 2)]), ".edges[1][0]", "Write 1."),  # type: ignore[list-item]
        (edits.AddEdges([(1, 2), (2, None)]), ".edges[1][1]", "not null"),  # type: ignore[list-item]
        (edits.AddEdges([(1, 2, 3)]), ".edges[0]", "an edge is a pair"),  # type: ignore[list-item]
        (edits.AddEdges(["ab"]), ".edges[0]", "an edge is a pair"),  # type: ignore[list-item]
        (edits.AddEdges([(1, 2), ("bob", "alice")]), ".edges[1]", '"bob" - "alice" exists, and parallel edges'),
        (edits.AddEdges([(1, 2), (2, 1)]), ".edges[1]", "Use set_edge_attributes"),
        (edits.AddEdges([(1, 2)], [{1: 2}]), ".attributes[0]", "attribute names are text"),  # type: ignore[dict-item]
        (edits.RemoveEdges([("alice", 3)]), ".edges[0]", 'no edge "alice" - 3'),
        (edits.RemoveEdges([("alice", "bob"), ("bob", "alice")]), ".edges[1]", "no edge"),
        (edits.RemoveEdges([("alice", "bobb")]), ".edges[0][1]", 'Did you mean "bob"?'),
        (edits.SetNodeAttributes(["lonely", "x"], [{}, {}]), ".nodes[1]", 'no node "x"'),
        (edits.SetNodeAttributes(["lonely"], None), ".attributes", "a list is needed"),  # type: ignore[arg-type]
        (edits.SetEdgeAttributes([("alice", "lonely")], [{}]), ".edges[0]", "no edge"),
        (edits.RemoveAttributes([], ["alice"]), "", "nothing to remove; give names"),
        (edits.RemoveAttributes(["w"]), "", "nothing to remove"),
        (edits.RemoveAttributes(["w"], ["alice"], [("alice", 3)]), ".edges[0]", "no edge"),
        (edits.SetGraphAttributes({"x": [float("inf")]}), ".attributes.x[0]", "inf is not JSON"),
        ("add_nodes", "", "is no edit"),
    ],
)
def test_a_bad_edit_names_its_place_and_the_fix_and_nothing_of_the_batch_happens(
    edit: Any, field: str, says: str, frozen: bool
) -> None:
    state = small(frozen=frozen)
    before = contents(state)
    good: list[edits.Edit] = [
        edits.AddEdges([("new", "alice")]),
        edits.SetNodeAttributes(["bob"], [{"x": 1}]),
        edits.SetGraphAttributes({"title": "x"}),
    ]
    with pytest.raises((InvalidInput, NotFound)) as caught:
        state.apply([*good, edit])
    assert caught.value.data["field"] == f"edits[3]{field}"
    assert caught.value.message.startswith(f"edits[3]{field}: ")
    assert says in caught.value.message
    assert contents(state) == before


def test_the_reverse_of_a_directed_edge_is_another_and_named() -> None:
    state = small(directed=True)
    with pytest.raises(NotFound, match=r'no edge "bob" -> "alice".*There is "alice" -> "bob"') as caught:
        state.prepare([edits.RemoveEdges([("bob", "alice")])])
    assert caught.value.data["nearest"] == [["alice", "bob"]]
    assert state.apply([edits.AddEdges([("bob", "alice")])]).edges_added == 1


def test_a_prepared_batch_is_worth_nothing_after_another() -> None:
    state = small()
    first, second = state.prepare([edits.AddNodes([7])]), state.prepare([edits.AddNodes([8])])
    state.commit(first)
    with pytest.raises(RuntimeError, match="has changed since"):
        state.commit(second)
    assert list(state.nodes()) == ["lonely", "alice", "bob", 3, 7]


def test_edits_of_a_batch_see_each_other() -> None:
    state = small()
    summary = state.apply(
        [
            edits.AddEdges([("x", "y"), ("y", "z")], [{"w": 1}, None]),
            edits.SetEdgeAttributes([("y", "x")], [{"w": 2}]),
            edits.RemoveNodes(["y"]),
            edits.AddEdges([("y", "y"), ("x", "y")]),
            edits.RemoveNodes(["alice"]),
            edits.RemoveEdges([("bob", 3)]),
            edits.AddEdges([(3, "bob")]),
            edits.RemoveNodes(["bob"]),
        ]
    )
    assert list(state.nodes()) == ["lonely", 3, "x", "z", "y"]
    assert list(state.edges(data=True)) == [("x", "y", {}), ("y", "y", {})]
    assert summary.edges_removed == 2 + 1 + 1 + 1
    assert state.degree("y") == 3


def test_attributes_given_back_are_copies() -> None:
    for frozen in (True, False):
        state = small(frozen=frozen)
        state.apply([edits.SetNodeAttributes(["bob"], [{"x": 1}]), edits.SetGraphAttributes({"t": 1})])
        state.node_attributes("bob")["x"] = 2
        state.edge_attributes("alice", "bob")["w"] = 2
        state.graph_attributes["t"] = 2
        for _, values in state.nodes(data=True):
            values.clear()
        for _, _, values in state.edges(data=True):
            values.clear()
        assert state.node_attributes("bob") == {"x": 1}
        assert state.edge_attributes("alice", "bob") == {"w": 1}
        assert state.graph_attributes == {"t": 1}


class Counting(Overlay):
    """Counts what a batch looks up."""

    looked = 0

    def find(self, node: Any) -> int:
        self.looked += 1
        return super().find(node)

    def has_edge(self, u: int, v: int) -> bool:
        self.looked += 1
        return super().has_edge(u, v)

    def entries_of(self, index: int, *, forward: bool, start: int = 0) -> Any:
        for entry in super().entries_of(index, forward=forward, start=start):
            self.looked += 1
            yield entry


def star(leaves: int) -> Any:
    builder = GraphBuilder(directed=False)
    builder.add_edges(["hub"] * leaves, list(range(leaves)))
    return builder.freeze()


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param([edits.RemoveNodes(list(range(1000)))], id="leaves"),
        pytest.param([edits.RemoveNodes(list(range(500))), edits.RemoveNodes(["hub"])], id="leaves and hub"),
        pytest.param(
            [
                edit
                for _ in range(300)
                for edit in (edits.RemoveNodes(["hub"]), edits.AddEdges([("hub", k) for k in range(3)]))
            ],
            id="the hub again and again",
        ),
        pytest.param([edits.AddEdges([("x", k) for k in range(1000)]), edits.RemoveNodes([1, "x", 2])], id="new hub"),
        pytest.param([edits.RemoveNodes([k]) for k in range(1000)] + [edits.RemoveNodes(["nobody"])], id="bad at last"),
    ],
)
def test_looking_up_is_linear_in_the_batch_and_the_removed_degrees(batch: list[edits.Edit]) -> None:
    overlay = Counting(star(5000), False)
    given = sum(len(getattr(edit, "nodes", ())) + 3 * len(getattr(edit, "edges", ())) for edit in batch)
    with contextlib.suppress(ServiceError):
        planner.Planner(overlay, lambda _: []).run(batch)
    assert overlay.looked <= 5000 + 2 * given


def overlay_growth(base: Any, batches: list[bytes]) -> tuple[int, int]:
    """(bytes that the allocator says, bytes that the overlay says)."""
    state = GraphState(base, False)
    before = state.overlay_bytes
    tracemalloc.start()
    for batch in batches:
        state.apply(edits.decode(batch))
    real = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return real, state.overlay_bytes - before


@pytest.mark.parametrize(
    ("frozen", "make"),
    [
        pytest.param(False, lambda k: edits.AddNodes([f"n{k}-{i}" for i in range(300)]), id="nodes"),
        pytest.param(False, lambda k: edits.AddNodes([f"n{k}-{i}" * 100 for i in range(300)]), id="long ids"),
        pytest.param(False, lambda k: edits.AddEdges([(f"n{i}", k * 1000 + i) for i in range(300)]), id="edges"),
        pytest.param(
            False,
            lambda k: edits.AddEdges([(f"n{i}", k * 1000 + i) for i in range(300)], [{"w": i / 7} for i in range(300)]),
            id="weighted edges",
        ),
        pytest.param(
            False,
            lambda k: edits.AddNodes(
                [f"n{k}-{i}" for i in range(300)], [{"name": f"name {k} {i}", "of": [1, {"a": i}]} for i in range(300)]
            ),
            id="attributes",
        ),
        pytest.param(True, lambda k: edits.RemoveEdges([("hub", k * 300 + i) for i in range(300)]), id="removed edges"),
        pytest.param(
            True,
            lambda k: edits.SetNodeAttributes([k * 300 + i for i in range(300)], [{"a": 1000 + i} for i in range(300)]),
            id="changed nodes",
        ),
    ],
)
def test_the_overlay_knows_its_size_within_a_factor_of_two(frozen: bool, make: Any) -> None:
    base = star(6000) if frozen else None
    real, said = overlay_growth(base, [edits.encode([make(k)]) for k in range(20)])
    assert real / 2 <= said <= real * 2


def test_what_is_removed_again_is_not_counted() -> None:
    state = GraphState(None, False)
    state.apply([edits.AddEdges([(1, 2), ("b", 3)], [{"name": "x" * 1000}, None])])
    state.apply([edits.RemoveEdges([(1, 2)]), edits.RemoveNodes([1, 2, "b", 3])])
    assert state.overlay_bytes == 0


def contents(state: GraphState) -> Any:
    return typed(
        [
            list(state.nodes(data=True)),
            list(state.edges(data=True)),
            [list(state.out_edges(node)) for node in state.nodes()],
            state.graph_attributes,
            [state.n, state.m, state.overlay_bytes, state.revision],
        ]
    )


@pytest.mark.parametrize("between", [[], [edits.RemoveEdges([("a", "b")])], [edits.RemoveNodes(["b"])]])
@pytest.mark.parametrize("loop", [[], [("a", "a")]])
def test_both_directions_of_an_edge_are_counted_when_their_node_goes_in_the_same_batch(
    between: list[edits.Edit], loop: list[tuple[str, str]]
) -> None:
    """The first removal of a node begins a list of what the batch added; it held a pair of nodes once, not twice."""
    batch = [
        edits.AddNodes(["c"]),
        edits.RemoveNodes(["c"]),
        edits.AddEdges([("a", "b"), ("b", "a"), ("d", "d"), *loop]),
        *between,
        edits.RemoveNodes(["a"]),
    ]
    state = GraphState(None, directed=True)
    prepared = state.prepare(batch)
    state.commit(prepared)
    frozen = state.freeze()
    assert (prepared.counts.nodes, prepared.counts.edges) == (frozen.n, frozen.m) == (2 - ("b" not in state), 1)
    assert prepared.summary.edges_added - prepared.summary.edges_removed == 1
