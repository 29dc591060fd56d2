"""Graphs that networkx has or makes: in a worker, with a seed, and none that is too large to begin."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import networkx as nx
import pytest
import pytest_asyncio
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.analysis.graph_makers import GENERATORS, SAMPLES, check
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.graphs.whole_graphs import Recipe
from networkx_mcp.settings import Settings
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Small values of every parameter.
SMALL: dict[str, Any] = {"n": 12, "m": 2, "k": 4, "p": 0.3, "r": 2, "h": 3, "l": 3, "d": 3, "radius": 0.4, "n1": 3, "n2": 4,
                         "m1": 4, "m2": 2, "p_in": 0.8, "p_out": 0.1}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="module")
async def graphs(store: FaultyStore, compute: Compute) -> AsyncIterator[Graphs]:
    made = Graphs(Settings(**{"memory": {"worker_mb": 96}}), store, compute, compute.budget)
    yield made
    await made.close()


async def test_samples_and_generators_are_networkxs(graphs: Graphs) -> None:
    for name, function in SAMPLES.items():
        info = await graphs.make(None, Recipe(name, None))
        expected = getattr(nx, function)()
        state = (await graphs.view(info.graph_id)).state
        assert list(state.nodes(data=True)) == list(expected.nodes(data=True))
        assert list(state.edges(data=True)) == list(expected.edges(data=True))
        assert state.graph_attributes == {"sample": name}
    asked = {"name": "barabasi_albert_graph", "n": 50, "m": 3, "seed": 7}
    info = await graphs.make("ba", Recipe(None, asked), description="hubs", attributes={"of": "test"}, operation_id="k")
    state = (await graphs.view("ba")).state
    assert list(state.edges()) == list(nx.barabasi_albert_graph(50, 3, seed=7).edges)
    assert state.graph_attributes == {"generator": asked, "of": "test"}
    assert info.description == "hubs"
    again = await graphs.make(
        "ba", Recipe(None, asked), description="hubs", attributes={"of": "test"}, operation_id="k"
    )
    assert (again.repeated, again.uid) == (True, info.uid)
    with pytest.raises(Conflict, match="exists already"):
        await graphs.make("ba", Recipe(None, asked))
    directed = await graphs.make("gnm", Recipe(None, {"name": "gnm_random_graph", "n": 10, "m": 20}), directed=True)
    assert (directed.directed, directed.edges) == (True, 20)
    with pytest.raises(InvalidInput, match="networkx refuses these parameters"):
        await graphs.make("bad", Recipe(None, {"name": "barabasi_albert_graph", "n": 3, "m": 5}))


async def test_every_generator_makes_a_graph(graphs: Graphs) -> None:
    for name, record in GENERATORS.items():
        values = {key: SMALL[key] for key in record.takes}
        info = await graphs.make(None, Recipe(None, {"name": name, **values}))
        nodes, edges = record.size(**values)
        assert 0 < info.nodes <= nodes, name
        assert record.random or info.edges <= edges, name


@pytest.mark.parametrize(
    ("given", "directed", "why"),
    [
        ({"name": "barabasi_albrt_graph", "n": 5, "m": 2}, False, "did you mean barabasi_albert_graph"),
        ({"n": 5}, False, r"generator\.name: is missing"),
        ({"name": "barabasi_albert_graph", "n": 5}, False, r"generator\.m: is missing"),
        ({"name": "barabasi_albert_graph", "n": 5, "m": 2, "k": 1}, False, r"generator\.k: .*takes n, m, seed"),
        ({"name": "barabasi_albert_graph", "n": 5.5, "m": 2}, False, r"generator\.n: must be a whole number"),
        (
            {"name": "barabasi_albert_graph", "n": 10**9, "m": 2},
            False,
            r"generator\.n: must be a whole number from 0 to",
        ),
        ({"name": "erdos_renyi_graph", "n": 5, "p": 1.5}, False, r"generator\.p: must be a number from 0 to 1"),
        ({"name": "barabasi_albert_graph", "n": math.inf, "m": 2}, False, r"generator\.n: must be a whole number"),
        ({"name": "barabasi_albert_graph", "n": math.nan, "m": 2}, False, r"generator\.n: must be a whole number"),
        ({"name": "barabasi_albert_graph", "n": 10**400, "m": 2}, False, r"generator\.n: must be a whole number"),
        ({"name": "erdos_renyi_graph", "n": "5", "p": 0.5}, False, r"generator\.n: must be a number"),
        ({"name": "gnm_random_graph", "n": 5, "m": 2, "seed": -1}, False, r"generator\.seed"),
        ({"name": "path_graph", "n": 5, "seed": 1}, False, r"generator\.seed: path_graph takes n"),
        ({"name": "barabasi_albert_graph", "n": 5, "m": 2}, True, "undirected graphs alone"),
    ],
)
async def test_what_is_wrong_is_named(given: dict[str, Any], directed: bool, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check(given, directed, 1000, 5000)


@pytest.mark.parametrize(
    "given",
    [
        {"name": "barabasi_albert_graph", "n": 2**70, "m": 2},
        {"name": "barabasi_albert_graph", "n": math.inf, "m": 2},
        {"name": "path_\ud800", "n": 5},
    ],
)
async def test_what_no_generator_takes_is_refused_also_where_a_repeat_would_be_known(
    graphs: Graphs, given: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="generator"):
        await graphs.make(None, Recipe(None, given), operation_id="k")


@pytest.mark.parametrize(
    "given",
    [
        {"name": "complete_graph", "n": 200},
        {"name": "balanced_tree", "r": 10, "h": 10**7},
        {"name": "grid_2d_graph", "m": 10**7, "n": 10**7},
        {"name": "random_geometric_graph", "n": 900, "radius": 10**6},
        {"name": "barabasi_albert_graph", "n": 999, "m": 500},
    ],
)
async def test_what_would_be_too_large_does_not_begin(given: dict[str, Any]) -> None:
    with pytest.raises(LimitExceeded, match="would make about"):
        check(given, False, 1000, 5000)
