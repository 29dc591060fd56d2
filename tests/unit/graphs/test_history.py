"""Replicas that write and read at once make one history, whatever the network does.

Two services share one real store. Writers repeat what was not acknowledged under the same
operation_id. Then: each acknowledged write is in the log exactly once, versions are the one order,
every read saw a version between those it may see, and all equals networkx's replay.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore, weather
from tests.unit.graphs.reference import Picture, Refused, apply, picture, replay, seen

from networkx_mcp.arrays.edits import AddEdges, AddNodes, Edit, RemoveEdges, RemoveNodes, SetNodeAttributes
from networkx_mcp.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from networkx_mcp.graphs.service import Graphs

NODES = list(range(6))


@dataclass
class Write:
    """A write as its caller saw it. `known` is the newest version acknowledged when it began, and
    `latest` when it ended: what it says must hold somewhere between."""

    edits: list[Edit]
    known: int
    version: int = 0
    refused: bool = False
    latest: int = 0


@dataclass
class History:
    graph_id: str
    writes: list[Write] = field(default_factory=list)
    reads: list[tuple[int, int, Picture]] = field(default_factory=list)
    acknowledged: int = 1


def some_edits(rng: random.Random, name: str) -> list[Edit]:
    """One to three edits on few nodes, so that writers get into each other's way."""

    def node() -> int:
        return rng.choice(NODES)

    kinds: list[Any] = [
        lambda: AddNodes(nodes=[name]),
        lambda: AddNodes(nodes=[node(), node()], attributes=[{"by": name}, None]),
        lambda: AddEdges(edges=[(node(), node())], attributes=[{"w": rng.randrange(9)}], if_exists="update"),
        lambda: AddEdges(edges=[(node(), node())]),
        lambda: RemoveNodes(nodes=[node()], if_missing="skip"),
        lambda: RemoveEdges(edges=[(node(), node())]),
        lambda: SetNodeAttributes(nodes=[node()], attributes=[{"last": name}]),
    ]
    return [rng.choice(kinds)() for _ in range(rng.randint(1, 3))]


async def write(graphs: Graphs, history: History, edits: list[Edit], name: str) -> None:
    record = Write(edits, known=history.acknowledged)
    while True:
        try:
            outcome = await graphs.edit(history.graph_id, edits, operation_id=name)
        except StoreUnavailable:
            continue
        except Conflict:
            continue  # too busy: nothing happened
        except (InvalidInput, NotFound):
            record.refused = True
        else:
            record.version = outcome.version
        break
    history.acknowledged = max(history.acknowledged, record.version)
    record.latest = history.acknowledged
    history.writes.append(record)


async def read(graphs: Graphs, history: History) -> None:
    known = history.acknowledged
    while True:
        try:
            state, head, _ = await graphs.view(history.graph_id)
        except StoreUnavailable:
            continue
        history.reads.append((known, head.version, seen(state)))
        return


async def client(graphs: Graphs, history: History, seed: int, operations: int) -> None:
    rng = random.Random(seed)
    for number in range(operations):
        if rng.random() < 0.4:
            await read(graphs, history)
        else:
            await write(graphs, history, some_edits(rng, f"{seed}-{number}"), f"{seed}-{number}")


async def check(history: History, directed: bool, replicas: list[Graphs]) -> None:
    done = sorted((one for one in history.writes if not one.refused), key=lambda one: one.version)
    assert [one.version for one in done] == list(range(2, len(done) + 2)), "each once, in one order"
    graphs = replay([one.edits for one in done], directed=directed)
    pictures = [picture(graph) for graph in graphs]
    for known, version, contents in history.reads:
        assert version >= known, "a read missed an acknowledged write"
        assert contents == pictures[version - 1]
    for one in history.writes:
        if one.refused:
            assert any(_refuses(graphs[at - 1], one.edits) for at in range(one.known, len(graphs) + 1))
    for replica in replicas:
        state, head, _ = await replica.view(history.graph_id)
        assert head.version == len(graphs)
        assert seen(state) == pictures[-1]
        assert (head.nodes, head.edges) == (state.n, state.m)


def _refuses(graph: Any, edits: list[Edit]) -> bool:
    try:
        apply(graph, edits)
    except Refused:
        return True
    return False


@pytest.mark.parametrize("directed", [False, True])
@given(seed=st.integers(0, 2**32), lost=st.sampled_from([0.0, 0.2]), refused=st.sampled_from([0.0, 0.1]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_two_replicas_make_one_history(
    open_graphs: OpenGraphs, store: FaultyStore, directed: bool, seed: int, lost: float, refused: float
) -> None:
    store.hook = None
    one, two = (open_graphs(store={"compact_operations": 7}) for _ in range(2))
    # examples share a store, so each takes a graph of its own
    history = History((await one.create(None, directed)).graph_id)
    store.hook = weather(seed, lost=lost, refused=refused)
    await asyncio.gather(*(client(replica, history, seed + at, 8) for at, replica in enumerate((one, one, two, two))))
    store.hook = None
    await check(history, directed, [one, two, open_graphs()])


async def test_many_writers_of_one_process_do_not_conflict(graphs: Graphs, store: FaultyStore) -> None:
    await graphs.create("g", False)
    outcomes = await asyncio.gather(*(graphs.edit("g", [AddNodes(nodes=[number])]) for number in range(40)))
    assert sorted(outcome.version for outcome in outcomes) == list(range(2, 42))
    assert store.calls["append"] == 40


async def test_writers_of_two_processes_all_succeed_in_the_end(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    replicas = [open_graphs(), open_graphs()]
    await replicas[0].create("g", False)
    await asyncio.gather(
        *(replicas[number % 2].edit("g", [AddNodes(nodes=[number])]) for number in range(60)),
    )
    for replica in replicas:
        assert (await replica.view("g")).state.n == 60
    assert (await replicas[0].info("g")).version == 61
