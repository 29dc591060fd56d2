"""Both stores against a simple model, under sequences that hypothesis invents: writes at right and
wrong versions, repeats, deletion and re-creation, compaction, quotas, races, re-opening."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.helpers.redis_server import RedisServer
from tests.unit.store.conftest import AMPLE
from tests.unit.store.model import WEIGHED, Graph, Refused, Tenant

from networkx_mcp.errors import ServiceError
from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.protocol import Head, NewGraph, Operation, Quota, Store, StoredCounts, Usage, Written
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.shared import Recall
from networkx_mcp.store.sqlite_store import SqliteStore

TENANTS, GRAPHS = ("t", "t2"), ("a", "b")
#: Recall, and what it means for the model: all operation ids, or the newest 2 of a graph.
RECALLS = [(Recall(3600, 3600, 1), None), (Recall(0, 3600, 2), 2)]

tenants, graph_ids = st.sampled_from(["t", "t", "t", "t2"]), st.sampled_from(GRAPHS)
#: Which graph a write means; see Machine.pick.
choices = st.integers(0, 9)
bodies = st.one_of(st.binary(max_size=8), st.integers(100, 400).map(lambda size: b"x" * size))
TIGHT = [Quota(250, 600, 100), Quota(10**6, 300, 1), AMPLE._replace(tenant_memory=1100)]
quotas = st.sampled_from([AMPLE, AMPLE, AMPLE, *TIGHT])
#: Of a writer that measured the graph in memory, and of those that did not: release 0.1.0, or somebody who spoiled it.
metas = st.sampled_from(
    [*WEIGHED, b"", b"\n", msgspec.msgpack.encode({"memory": 0}), msgspec.msgpack.encode({"memory": -5})]
)
operations = st.one_of(
    st.none(),
    st.builds(Operation, st.sampled_from("123456"), st.sampled_from(["f", "f", "f", "other"]), st.binary(max_size=4)),
)
#: Distance from the current version that a caller names.
#: Whether a write names the uid of another graph.
strangers = st.sampled_from([False, False, False, True])
offsets = st.sampled_from([0, 0, 0, 0, -1, 1])


def some_graph(machine: Machine) -> bool:
    return any(model.graphs for model in machine.tenants.values())


class Machine(RuleBasedStateMachine):
    open_store: Callable[[Recall], Store]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.created = 0

    def run(self, awaitable: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(awaitable)

    @initialize(kind=st.sampled_from(RECALLS))
    def begin(self, kind: tuple[Recall, int | None]) -> None:
        self.recall, keep = kind
        self.tenants = {name: Tenant(keep) for name in TENANTS}
        self.store = self.open_store(self.recall)
        self.run(self.store.start())

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
        self.loop.close()

    # Helpers -----------------------------------------------------------------------------------

    def new(self, graph_id: str, snapshot: bytes, meta: bytes) -> NewGraph:
        self.created += 1
        return NewGraph(graph_id, f"uid {self.created}", meta, StoredCounts(self.created, 1), snapshot)

    def version(self, tenant: str, graph_id: str) -> int:
        graph = self.tenants[tenant].graphs.get(graph_id)
        return graph.version if graph else 1

    def pick(self, choice: int) -> tuple[str, str]:
        """Tenant and id of a graph that is there, for 9 of 10 choices."""
        there = [(tenant, graph_id) for tenant in TENANTS for graph_id in sorted(self.tenants[tenant].graphs)]
        return there[choice % len(there)] if there and choice != 5 else (TENANTS[0], GRAPHS[choice % 2])

    def uid(self, tenant: str, graph_id: str) -> str:
        graph = self.tenants[tenant].graphs.get(graph_id)
        return graph.uid if graph else "none"

    async def outcome(self, call: Awaitable[Written]) -> Written | ServiceError:
        try:
            return await call
        except ServiceError as error:
            return error

    def compare(self, got: Written | ServiceError, expected: Callable[[], Operation | None], result: bytes) -> None:
        """`got` of the store is what the model, which now takes the same step, answers."""
        try:
            first = expected()
        except Refused as refused:
            name, fact = refused.args
            assert type(got).__name__ == name
            assert isinstance(got, ServiceError)
            key = {"Conflict": "version", "LimitExceeded": "actual", "InvalidInput": "field"}.get(name)
            assert key is None or got.data[key] == fact
        else:
            assert isinstance(got, Written), got
            assert got.repeated == (first is not None)
            assert got.result == (first.result if first else result)

    # Writes ------------------------------------------------------------------------------------

    @rule(tenant=tenants, graph_id=graph_ids, snapshot=bodies, meta=metas, quota=quotas, operation=operations)
    def create(
        self, tenant: str, graph_id: str, snapshot: bytes, meta: bytes, quota: Quota, operation: Operation | None
    ) -> None:
        new = self.new(graph_id, snapshot, meta)
        got = self.run(self.outcome(self.store.create(tenant, new, quota, operation)))
        expected = lambda: self.tenants[tenant].create(new, quota, operation)  # noqa: E731
        self.compare(got, expected, operation.result if operation else b"")

    @precondition(some_graph)
    @rule(choice=choices, payload=bodies, quota=quotas, operation=operations, offset=offsets, stranger=strangers)
    def append(
        self,
        choice: int,
        payload: bytes,
        quota: Quota,
        operation: Operation | None,
        offset: int,
        stranger: bool,
    ) -> None:
        tenant, graph_id = self.pick(choice)
        uid = "stranger" if stranger else self.uid(tenant, graph_id)
        arguments = (
            graph_id,
            uid,
            self.version(tenant, graph_id) + offset,
            payload,
            StoredCounts(7, 7),
            quota,
            operation,
        )
        got = self.run(self.outcome(self.store.append(tenant, *arguments)))
        expected = lambda: self.tenants[tenant].append(*arguments)  # noqa: E731
        self.compare(got, expected, operation.result if operation else b"")

    @precondition(some_graph)
    @rule(
        choice=choices,
        snapshot=bodies,
        meta=metas,
        quota=quotas,
        operation=operations,
        offset=offsets,
        stranger=strangers,
    )
    def replace(
        self,
        choice: int,
        snapshot: bytes,
        meta: bytes,
        quota: Quota,
        operation: Operation | None,
        offset: int,
        stranger: bool,
    ) -> None:
        tenant, graph_id = self.pick(choice)
        uid = "stranger" if stranger else self.uid(tenant, graph_id)
        new, version = self.new(graph_id, snapshot, meta), self.version(tenant, graph_id) + offset
        got = self.run(self.outcome(self.store.replace(tenant, graph_id, uid, version, new, quota, operation)))
        expected = lambda: self.tenants[tenant].replace(uid, version, new, quota, operation)  # noqa: E731
        self.compare(got, expected, operation.result if operation else b"")

    @precondition(some_graph)
    @rule(choice=choices, operation=operations, offset=st.none() | offsets)
    def delete(self, choice: int, operation: Operation | None, offset: int | None) -> None:
        tenant, graph_id = self.pick(choice)
        version = None if offset is None else self.version(tenant, graph_id) + offset
        got = self.run(self.outcome(self.store.delete(tenant, graph_id, version, operation)))
        expected = lambda: self.tenants[tenant].delete(graph_id, version, operation)  # noqa: E731
        self.compare(got, expected, operation.result if operation else b"")

    @precondition(some_graph)
    @rule(choice=choices, snapshot=bodies, back=st.integers(-1, 4), meta=st.none() | metas)
    def compact(self, choice: int, snapshot: bytes, back: int, meta: bytes | None) -> None:
        tenant, graph_id = self.pick(choice)
        arguments = (
            graph_id, self.uid(tenant, graph_id), self.version(tenant, graph_id) - back, snapshot or b"s", meta,
        )  # fmt: skip
        assert self.run(self.store.compact(tenant, *arguments)) == self.tenants[tenant].compact(*arguments)

    # Races -------------------------------------------------------------------------------------

    @precondition(some_graph)
    @rule(choice=choices, count=st.integers(2, 5), compacting=st.booleans())
    def race(self, choice: int, count: int, compacting: bool) -> None:
        """Of writers on top of one version one wins, and the others are told the new version; a
        compaction beside them changes nothing for anybody."""
        tenant, graph_id = self.pick(choice)
        version, uid, quota = self.version(tenant, graph_id), self.uid(tenant, graph_id), AMPLE
        calls: list[Awaitable[Any]] = [
            self.outcome(
                self.store.append(tenant, graph_id, uid, version, b"racer %d" % number, StoredCounts(1, 1), quota, None)
            )
            for number in range(count)
        ]
        if compacting:
            calls.insert(count // 2, self.store.compact(tenant, graph_id, uid, version, b"of the race"))

        async def together() -> list[Any]:
            return await asyncio.gather(*calls)

        outcomes = self.run(together())
        model = self.tenants[tenant]
        if compacting:
            assert outcomes.pop(count // 2) == model.compact(graph_id, uid, version, b"of the race")
        winners = [number for number, got in enumerate(outcomes) if isinstance(got, Written)]
        assert len(winners) == (graph_id in model.graphs)
        order = winners + [number for number in range(count) if number not in winners]
        for number in order:
            payload = b"racer %d" % number
            expected = lambda payload=payload: model.append(  # noqa: E731
                graph_id, uid, version, payload, StoredCounts(1, 1), quota, None
            )
            self.compare(outcomes[number], expected, b"")

    @precondition(some_graph)
    @rule(choice=choices, operation=operations.filter(bool), count=st.integers(2, 4))
    def repeats_at_once(self, choice: int, operation: Operation, count: int) -> None:
        """One write sent several times at once happens once; all get the first one's result."""
        tenant, graph_id = self.pick(choice)
        quota = AMPLE
        arguments = (
            graph_id, self.uid(tenant, graph_id), self.version(tenant, graph_id), b"same", StoredCounts(2, 2), quota,
        )  # fmt: skip
        sent = [operation._replace(result=operation.result + bytes([number])) for number in range(count)]

        async def together() -> list[Any]:
            return await asyncio.gather(*(self.outcome(self.store.append(tenant, *arguments, one)) for one in sent))

        outcomes = self.run(together())
        fresh = [isinstance(got, Written) and not got.repeated for got in outcomes]
        first = fresh.index(True) if True in fresh else 0
        for number in [first, *(number for number in range(count) if number != first)]:
            expected = lambda one=sent[number]: self.tenants[tenant].append(*arguments, one)  # noqa: E731
            self.compare(outcomes[number], expected, sent[number].result)

    @precondition(some_graph)
    @rule(choice=choices)
    def deletion_beside_an_append(self, choice: int) -> None:
        """Either order is right, a mixture is not."""
        tenant, graph_id = self.pick(choice)
        version, uid, quota = self.version(tenant, graph_id), self.uid(tenant, graph_id), AMPLE
        arguments = (graph_id, uid, version, b"last", StoredCounts(1, 1), quota, None)

        async def together() -> tuple[Any, Any]:
            append = self.outcome(self.store.append(tenant, *arguments))
            appended, deleted = await asyncio.gather(
                append, self.outcome(self.store.delete(tenant, graph_id, None, None))
            )
            return appended, deleted

        appended, deleted = self.run(together())
        model = self.tenants[tenant]
        steps = [
            (appended, lambda: model.append(*arguments)),
            (deleted, lambda: model.delete(graph_id, None, None)),
        ]
        for got, expected in steps if isinstance(appended, Written) else reversed(steps):
            self.compare(got, expected, b"")

    @rule()
    def reopen(self) -> None:
        self.run(self.store.close())
        self.store = self.open_store(self.recall)
        self.run(self.store.start())

    # What must hold between the steps ------------------------------------------------------------

    @rule(choice=choices, after=st.integers(0, 12))
    def read_log(self, choice: int, after: int) -> None:
        tenant, graph_id = self.pick(choice)
        graph = self.tenants[tenant].graphs.get(graph_id)
        got = self.run(self.store.read_log(tenant, graph_id, self.uid(tenant, graph_id), after))
        if graph is None or after < graph.base:
            assert got is None
        else:
            assert got == [entry for entry in graph.log if entry[0] > after]

    @invariant()
    def all_that_can_be_read_agrees(self) -> None:
        self.run(self.check())

    async def check(self) -> None:
        had = sorted(name for name, model in self.tenants.items() if model.had_graphs)
        assert await self.store.tenants() == had
        for tenant, model in self.tenants.items():
            assert await self.store.usage(tenant) == Usage(graphs=len(model.graphs), bytes=model.bytes)
            assert await self.store.memory(tenant) == model.memory
            listed = await self.store.list_graphs(tenant, "", 10)
            assert [head.graph_id for head in listed] == sorted(model.graphs)
            assert await self.store.heads([(tenant, name) for name in sorted(model.graphs)]) == listed
            for head in listed:
                await self.check_graph(tenant, head, model.graphs[head.graph_id])
            for graph_id in GRAPHS:
                for name in "16":
                    first = model.operations.get(graph_id, {}).get(name)
                    expected = (first.fingerprint, first.result) if first else None
                    assert await self.store.known_operation(tenant, graph_id, name) == expected

    async def check_graph(self, tenant: str, head: Head, graph: Graph) -> None:
        contents = await self.store.read(tenant, head.graph_id)
        assert contents.head == head
        assert (contents.snapshot, contents.log) == (graph.snapshot, graph.log)
        assert (head.uid, head.version, head.meta) == (graph.uid, graph.version, graph.meta)
        assert (head.nodes, head.edges) == graph.counts
        assert (head.snapshot_version, head.snapshot_bytes) == (graph.snapshot_version, len(graph.snapshot))
        assert head.log_operations == len(graph.log)
        assert head.snapshot_bytes + head.log_bytes == graph.stored


# A failure is worth the time that it takes to find the shortest sequence.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@pytest.mark.long
def test_the_store_behaves_as_the_model(kind: str, request: pytest.FixtureRequest) -> None:
    directory = Path(tempfile.mkdtemp(prefix="nmcp-model-"))
    try:
        if kind == "redis":
            server: RedisServer = request.getfixturevalue("redis_server")

        class OfKind(Machine):
            def __init__(self) -> None:
                super().__init__()
                self.name = token_hex(8)

            def open_store(self, recall: Recall) -> Store:
                if kind == "sqlite":
                    path = directory / self.name
                    return SqliteStore(StoreSettings(path=path, timeout_seconds=10), recall=recall)
                redis = StoreSettings(type="redis", url=server.url, prefix=self.name, timeout_seconds=10)
                return RedisStore(redis, recall=recall)

        run_state_machine_as_test(
            OfKind,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        shutil.rmtree(directory)
