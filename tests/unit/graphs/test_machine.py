"""Any sequence of calls on two replicas, with faults and restarts between them, against a model.

The model is one dict of networkx graphs. Calls come one after the other here (test_history is about
calls at once), so each answer is known: what the model does, or that it was refused.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import networkx as nx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import Refused, apply, picture, seen

from networkx_mcp.arrays.edits import AddEdges, AddNodes, Edit, RemoveEdges, RemoveNodes, SetNodeAttributes
from networkx_mcp.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.store.sqlite_store import SqliteStore
from networkx_mcp.workers.pool import Compute

T = TypeVar("T")

NAMES = st.sampled_from(["a", "b"])
REPLICAS = st.sampled_from([0, 1])
NODE = st.sampled_from([0, 1, 2, "0", "1", "x"])
PAIRS = st.tuples(NODE, NODE)
ATTRIBUTES = st.dictionaries(st.sampled_from(["w", "t"]), st.sampled_from([0, 1.5, "s", None, [1]]), max_size=2)
EDIT = st.one_of(
    st.builds(lambda node, data: AddNodes(nodes=[node], attributes=[data]), NODE, ATTRIBUTES),
    st.builds(lambda nodes: AddNodes(nodes=nodes), st.lists(NODE, max_size=3)),
    st.builds(lambda node: RemoveNodes(nodes=[node]), NODE),
    st.builds(lambda pairs: AddEdges(edges=pairs, if_exists="update"), st.lists(PAIRS, max_size=4)),
    st.builds(lambda pair, data: AddEdges(edges=[pair], attributes=[data]), PAIRS, ATTRIBUTES),
    st.builds(lambda pair: RemoveEdges(edges=[pair]), PAIRS),
    st.builds(lambda node, data: SetNodeAttributes(nodes=[node], attributes=[data]), NODE, ATTRIBUTES),
)
BATCH = st.lists(EDIT, min_size=1, max_size=4)


class Model:
    """One graph: what it holds and how often it was written."""

    def __init__(self, graph: nx.Graph[Any]) -> None:
        self.graph = graph
        self.version = 1


class Replicas(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.settings = Settings(store={"path": Path(self.directory.name) / "store.sqlite3", "compact_operations": 4})
        self.model: dict[str, Model] = {}
        #: (graph, operation_id) -> request and the first answer
        self.operations: dict[str, tuple[str, list[Edit], int]] = {}
        self.count = 0

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        async def as_tenant() -> T:
            act_as("t")
            return await call

        return self.loop.run_until_complete(as_tenant())

    @initialize()
    def start(self) -> None:
        async def open_() -> None:
            self.store = FaultyStore(SqliteStore(self.settings.store))
            await self.store.inner.start()
            self.replicas = [self.service(), self.service()]

        self.run(open_())

    def service(self) -> Graphs:
        budget = MemoryAccount(self.settings)
        return Graphs(self.settings, self.store, Compute(self.settings, budget), budget)

    def teardown(self) -> None:
        async def close() -> None:
            for replica in self.replicas:
                await replica.close()
            await self.store.inner.close()

        self.run(close())
        self.loop.close()
        self.directory.cleanup()

    @rule(at=REPLICAS, name=NAMES, directed=st.booleans(), edits=st.lists(EDIT, max_size=3))
    def create(self, at: int, name: str, directed: bool, edits: list[Edit]) -> None:
        try:
            made = apply(nx.DiGraph() if directed else nx.Graph(), edits)
        except Refused:
            made = None
        try:
            info = self.run(self.replicas[at].create(name, directed, edits=edits))
        except (InvalidInput, NotFound):
            assert made is None
        except Conflict as error:
            assert error.data["version"] == self.model[name].version  # noqa: PT017
        else:
            assert made is not None
            assert name not in self.model
            assert info.version == 1
            self.model[name] = Model(made)

    @rule(at=REPLICAS, name=NAMES, edits=BATCH, named=st.booleans(), lose=st.booleans())
    def edit(self, at: int, name: str, edits: list[Edit], named: bool, lose: bool) -> None:
        self.count += 1
        operation_id = f"op{self.count}" if named else None
        model = self.model.get(name)
        try:
            after = apply(model.graph, edits) if model else None
        except Refused:
            after = None
        if lose and named and after is not None:
            self.store.lose_answer_of("append")
            try:
                self.run(self.replicas[at].edit(name, edits, operation_id=operation_id))
                raise AssertionError("the answer was not lost")
            except StoreUnavailable:
                self.store.hook = None
        try:
            outcome = self.run(self.replicas[at].edit(name, edits, operation_id=operation_id))
        except (InvalidInput, NotFound):
            assert after is None
            return
        assert model is not None
        assert after is not None
        model.graph, model.version = after, model.version + 1
        assert outcome.version == model.version
        assert (outcome.nodes, outcome.edges) == (after.number_of_nodes(), after.number_of_edges())
        assert outcome.repeated == (lose and named)
        if operation_id:
            self.operations[operation_id] = (name, edits, outcome.version)

    @precondition(lambda self: self.operations)
    @rule(at=REPLICAS, data=st.data())
    def repeat(self, at: int, data: st.DataObject) -> None:
        operation_id = data.draw(st.sampled_from(sorted(self.operations)))
        name, edits, version = self.operations[operation_id]
        outcome = self.run(self.replicas[at].edit(name, edits, operation_id=operation_id))
        assert (outcome.repeated, outcome.version) == (True, version)

    @rule(at=REPLICAS, name=NAMES, edits=BATCH, off=st.sampled_from([0, 0, 1, -1]))
    def edit_on_version(self, at: int, name: str, edits: list[Edit], off: int) -> None:
        model = self.model.get(name)
        if model is None:
            return
        try:
            outcome = self.run(self.replicas[at].edit(name, edits, if_version=model.version + off))
        except Conflict as error:
            assert off
            assert error.data["version"] == model.version  # noqa: PT017
        except (InvalidInput, NotFound):
            assert not off
        else:
            assert not off
            model.graph, model.version = apply(model.graph, edits), outcome.version

    @rule(at=REPLICAS, name=NAMES)
    def delete(self, at: int, name: str) -> None:
        try:
            assert self.run(self.replicas[at].delete(name)).version == self.model[name].version
        except NotFound:
            assert name not in self.model
        self.model.pop(name, None)

    @rule(at=REPLICAS)
    def drop_what_is_resident(self, at: int) -> None:
        self.replicas[at].residents.clear()

    @rule(at=REPLICAS)
    def restart(self, at: int) -> None:
        async def again() -> Graphs:
            await self.replicas[at].close()
            return self.service()

        self.replicas[at] = self.run(again())

    @rule()
    def let_the_background_run(self) -> None:
        self.run(asyncio.sleep(0.005))

    @rule(at=REPLICAS)
    def look(self, at: int) -> None:
        for name in ("a", "b"):
            model = self.model.get(name)
            try:
                state, head, info = self.run(self.replicas[at].view(name))
            except NotFound:
                assert model is None
                continue
            assert model is not None
            assert head.version == info.version == model.version
            assert state.directed == info.directed == model.graph.is_directed()
            assert seen(state) == picture(model.graph)

    @invariant()
    def lists_agree(self) -> None:
        if not hasattr(self, "replicas"):
            return
        page = self.run(self.replicas[0].list())
        assert [(info.graph_id, info.version) for info in page.items] == [
            (name, self.model[name].version) for name in sorted(self.model)
        ]


Replicas.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestReplicas = pytest.mark.long(Replicas.TestCase)
