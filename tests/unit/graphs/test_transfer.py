"""Whole graphs in and out: parsed and written in workers, all or nothing, on the version that was named."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen
from tests.unit.graphs.test_workers import caller, compute, shared_store, small_memory, store  # noqa: F401 - fixtures

from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound, StoreUnavailable
from networkx_mcp.graphs.model import Upload
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")

CSV = b"source,target,weight\na,b,1\nb,c,2.5\n"


@contextmanager
def spooled(data: bytes) -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.fileno()


async def put(graphs: Graphs, data: bytes, format_: str = "csv", graph_id: str = "g", **more: Any) -> Any:
    with spooled(data) as fd:
        upload = Upload(fd, format_, **{name: more.pop(name) for name in ("options", "hints") if name in more})
        return await graphs.put(graph_id, upload, **more)


async def get(graphs: Graphs, format_: str, **options: Any) -> tuple[int, bytes]:
    (version, _), fd = await graphs.export("g", format_, options)
    with os.fdopen(fd, "rb") as file:
        return version, file.read()


@pytest_asyncio.fixture(loop_scope="module")
async def pair(store: FaultyStore, compute: Compute) -> AsyncIterator[list[Graphs]]:  # noqa: F811
    replicas = [Graphs(small_memory(), store, compute, compute.budget) for _ in range(2)]
    yield replicas
    for replica in replicas:
        await replica.close()


async def test_a_repeat_that_a_lower_limit_would_refuse_is_answered_as_the_first_time(
    pair: list[Graphs],
    store: FaultyStore,  # noqa: F811
    compute: Compute,  # noqa: F811
) -> None:
    """The first answer was lost, and the server that has the repeat takes shorter values and fewer nodes."""
    one, _ = pair
    long, edits = {"v": "x" * 3000}, [AddNodes(nodes=list(range(40)), attributes=[{"v": "x" * 3000}] * 40)]
    data = b"source,target,v\na,b," + b"x" * 3000 + b"\n" + b"".join(b"a,%d,1\n" % k for k in range(40))
    made = await one.create("made", False, attributes=long, edits=edits, operation_id="create")
    grown = await one.edit("made", [AddNodes(nodes=["z"], attributes=[long])], operation_id="edit")
    loaded = await put(one, data, operation_id="put")
    settings = small_memory()
    limits = settings.limits.model_copy(update={"value_kib": 1, "graph_nodes": 20})
    strict = Graphs(settings.model_copy(update={"limits": limits}), store, compute, compute.budget)
    try:
        again = await strict.create("made", False, attributes=long, edits=edits, operation_id="create")
        assert (again.version, again.uid, again.repeated) == (made.version, made.uid, True)
        edited = await strict.edit("made", [AddNodes(nodes=["z"], attributes=[long])], operation_id="edit")
        assert (edited.version, edited.repeated) == (grown.version, True)
        put_again = await put(strict, data, operation_id="put")
        assert (put_again.version, put_again.uid, put_again.repeated) == (loaded.version, loaded.uid, True)

        with pytest.raises(LimitExceeded):
            await strict.create("new", False, attributes=long, operation_id="other")
        with pytest.raises(LimitExceeded):
            await strict.edit("made", [AddNodes(nodes=["y"], attributes=[long])], operation_id="other")
        with pytest.raises(LimitExceeded):
            await put(strict, data, operation_id="other")
        with pytest.raises(LimitExceeded):
            await put(strict, data)
        with pytest.raises(InvalidInput, match="another request"):
            await put(strict, data + b"c,d,1\n", operation_id="put")
        assert (await strict.info("made")).version == grown.version
    finally:
        await strict.close()


async def test_a_file_makes_a_graph_that_all_see(pair: list[Graphs]) -> None:
    one, two = pair
    info = await put(one, CSV, options={"directed": True, "description": "from a file"})
    assert (info.version, info.nodes, info.edges, info.directed, info.description) == (1, 3, 2, True, "from a file")
    state, head, _ = await two.view("g")
    assert state.edge_attributes("b", "c") == {"weight": 2.5}
    assert head.version == 1


async def test_a_file_replaces_a_graph_and_keeps_its_description(pair: list[Graphs]) -> None:
    one, two = pair
    await one.create("g", True, "old", edits=[AddNodes(nodes=["gone"])])
    await two.view("g")
    info = await put(one, CSV)
    assert (info.version, info.description, info.directed) == (2, "old", False)
    for replica in pair:
        state, head, _ = await replica.view("g")
        assert not state.has_node("gone")
        assert head.version == 2
    assert (await two.edit("g", [AddNodes(nodes=["more"])])).version == 3
    assert (await put(one, CSV, options={"description": "new"})).description == "new"


async def test_the_descriptor_is_read_from_its_beginning_and_stays_the_caller_s(pair: list[Graphs]) -> None:
    with spooled(CSV) as fd:
        os.lseek(fd, 5, os.SEEK_SET)
        await pair[0].put("g", Upload(fd, "csv"))
        os.fstat(fd)


@pytest.mark.parametrize(
    ("there", "if_version", "taken"), [(0, 0, True), (0, 1, False), (2, 0, False), (2, 1, False), (2, 2, True)]
)
async def test_the_named_version_decides(pair: list[Graphs], there: int, if_version: int, taken: bool) -> None:
    one, _ = pair
    if there:
        await one.create("g", False)
        await one.edit("g", [AddNodes(nodes=[1])])
    if taken:
        assert (await put(one, CSV, if_version=if_version)).version == there + 1
        return
    for operation_id in (None, "op"):
        with pytest.raises(Conflict if there else NotFound) as caught:
            await put(one, CSV, if_version=if_version, operation_id=operation_id)
        if there:
            assert caught.value.data["version"] == there


@pytest.mark.parametrize("conditional", [True, False])
async def test_a_graph_made_anew_between_check_and_write_is_not_taken_for_the_one_before(
    pair: list[Graphs],
    store: FaultyStore,  # noqa: F811
    conditional: bool,
) -> None:
    one, two = pair
    seen = await one.create("g", False, "", edits=[AddNodes(nodes=["old"])])

    async def anew(method: str, phase: str) -> None:
        if (method, phase) == ("replace", "before"):
            store.hook = None
            await two.delete("g")
            await two.create("g", False, "", edits=[AddNodes(nodes=["anew"])])

    store.hook = anew
    if conditional:
        with pytest.raises(Conflict):
            await put(one, CSV, if_version=seen.version, if_uid=seen.uid[:8])
        assert (await two.view("g")).state.has_node("anew")
    else:
        assert (await put(one, CSV)).version == 2


async def test_a_repeat_is_recognised_and_another_file_under_its_id_refused(
    pair: list[Graphs],
    store: FaultyStore,  # noqa: F811
) -> None:
    one, two = pair
    store.lose_answer_of("create")
    with pytest.raises(StoreUnavailable):
        await put(one, CSV, if_version=0, operation_id="op")
    store.hook = None
    for replica in pair:
        again = await put(replica, CSV, if_version=0, operation_id="op")
        assert (again.repeated, again.version, again.nodes) == (True, 1, 3)
    with pytest.raises(InvalidInput) as caught:
        await put(two, CSV + b"c,d,3\n", if_version=0, operation_id="op")
    assert caught.value.data["field"] == "operation_id"
    with pytest.raises(InvalidInput) as caught:
        await put(two, CSV, options={"description": "another"}, if_version=0, operation_id="op")
    assert caught.value.data["field"] == "operation_id"
    assert (await one.info("g")).version == 1


async def test_a_broken_file_names_its_line_and_changes_nothing(pair: list[Graphs]) -> None:
    one, _ = pair
    await one.create("g", False, edits=[AddNodes(nodes=["kept"])])
    with pytest.raises(InvalidInput) as caught:
        await put(one, CSV + b"b,c,3\n")
    assert caught.value.data["line"] == 4
    with pytest.raises(InvalidInput, match="format"):
        await put(one, CSV, "no-such-format")
    assert (await one.view("g")).state.has_node("kept")
    assert (await one.info("g")).version == 1


async def test_limits_hold_for_files(pair: list[Graphs], store: FaultyStore, compute: Compute) -> None:  # noqa: F811
    for limits, taken in (({"graph_nodes": 3}, True), ({"graph_nodes": 2}, False), ({"graph_edges": 1}, False)):
        graphs = Graphs(small_memory(limits={"workers": 2, **limits}), store, compute, compute.budget)
        if taken:
            await put(graphs, CSV)
        else:
            with pytest.raises(LimitExceeded):
                await put(graphs, CSV)
        await graphs.close()
    assert (await pair[0].info("g")).version == 1


@pytest.mark.parametrize(
    "format_",
    [
        *("csv", "edge-list", "adjacency-list", "node-link", "graphml", "gml", "parquet", "arrow"),
        *("gexf", "cytoscape", "dot", "pajek", "matrix-market"),
    ],
)
async def test_what_goes_out_comes_back(pair: list[Graphs], format_: str) -> None:
    one, two = pair
    await one.create("g", False, edits=[AddEdges(edges=[("a", "b"), ("b", "c"), ("c", "a")])])
    await one.edit("g", [AddEdges(edges=[("c", "d")])])  # in the log, not in the base
    before = seen((await one.view("g")).state)
    version, data = await get(two, format_)
    assert version == 2
    assert data
    info = await put(two, data, format_)
    assert info.version == 3
    assert seen((await one.view("g")).state) == before


async def test_an_export_of_an_unknown_format_is_refused(pair: list[Graphs]) -> None:
    await pair[0].create("g", False)
    with pytest.raises(InvalidInput):
        await pair[0].export("g", "no-such-format")


async def test_nothing_stays_in_the_spool(pair: list[Graphs], monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        await put(pair[0], CSV)
        _, data = await get(pair[0], "csv")
        assert data
        with pytest.raises(InvalidInput):
            await pair[0].export("g", "no-such-format")
        assert os.listdir(directory) == []  # noqa: PTH208
