"""Workers that read bytes of others: what they can still do, and that all that they are for works inside."""

from __future__ import annotations

import io
import os
import socket
import struct
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from tests.unit.formats.files import UNDECIDED
from tests.unit.workers.conftest import TASKS

from networkx_mcp import errors
from networkx_mcp.analysis import graph_tasks
from networkx_mcp.arrays import arrow_messages, formats, frozen, memfd
from networkx_mcp.arrays.edits import AddEdges, AddNodes, SetGraphAttributes, encode
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.workers import sandbox, task_registry
from networkx_mcp.workers.pool import Compute, TaskResult

PARSERS = "networkx_mcp.analysis.graph_tasks"


@pytest.fixture(scope="module")
def listener() -> Any:
    """A port that answers here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_can_be_reached_but_descriptors(
    compute: Compute, tmp_path: Path, listener: socket.socket, capfd: Any
) -> None:
    """No file, no socket, no program, no other process; and the answer comes back all the same."""
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    directory = os.open("/proc/self", os.O_RDONLY)
    own = memfd.create("own", [b"given"])
    params = {"file": str(secret), "port": listener.getsockname()[1], "pid": os.getpid()}
    told = (await compute.run(f"{TASKS}:escape", params, fds=[directory, own])).value
    os.close(directory)
    os.close(own)
    assert told.pop("its own descriptors") == "given"
    assert {name: end for name, end in told.items() if end != "refused"} == {}
    assert len(told) == 29
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret"]


def test_every_task_that_reads_bytes_of_others_is_shut_in() -> None:
    for task in (graph_tasks.materialise, graph_tasks.parse_upload, graph_tasks.read_archive):
        assert task_registry.parses(task)
    assert not task_registry.parses(graph_tasks.measure)


async def parse(compute: Compute, data: bytes, format_: str, *, encoding: str = "", **options: Any) -> TaskResult:
    limits = {"nodes": 1000, "edges": 1000, "bytes": 1 << 24, "value": 1 << 20, "filename": "", "encoding": encoding}
    fd = memfd.create("file", [data])
    try:
        return await compute.run(f"{PARSERS}:parse_upload", {"format": format_, "options": options, **limits}, fds=[fd])
    finally:
        os.close(fd)


def graph() -> GraphState:
    state = GraphState(None, directed=True)
    names = [f"n{n}" for n in range(60)]
    pairs = list(pairwise(names))
    state.apply([AddEdges(pairs, [{"weight": n / 3, "whole": n, "text": f"t{n}ü"} for n in range(len(pairs))])])
    return state


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("format_", sorted({*formats.READ} & {*formats.WRITTEN}))
async def test_every_format_is_read_inside(compute: Compute, format_: str) -> None:
    state = graph()
    if format_ == "adjacency-list":  # it has no attributes
        state.apply([])
        bare = GraphState(None, directed=True)
        bare.apply([AddEdges([(u, v) for u, v in state.edges()])])
        state = bare
    if formats.RECORDS[format_].undirected:  # nor directions, nor names
        state = GraphState(None, directed=False)
        state.apply([AddNodes(list(range(40))), AddEdges([(u, v) for u in range(40) for v in range(u + 1, 40, 3)])])
    writing = {"lost": "drop"} if format_ in ("pajek", "matrix-market") else {}
    options = {"directed": True} if format_ in UNDECIDED else {}
    result = await parse(compute, b"".join(formats.write(state, format_, writing)), format_, **options)
    read = frozen.FrozenGraph.attach(result.fds.pop(0))
    result.close()
    found = list(GraphState(read).edges(data=True))
    if not writing:
        assert found == list(state.edges(data=True))
    elif format_ == "pajek":
        kept = [(u, v, {"weight": d["weight"], "text": d["text"]}) for u, v, d in state.edges(data=True)]
        assert found == kept
    else:
        assert found == [(u, v, {"weight": d["weight"]}) for u, v, d in state.edges(data=True)]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "iso-8859-1", "iso-8859-15", "windows-1252", "koi8-r", "ascii"]
)
async def test_xml_in_any_encoding_of_one_byte_is_read_inside(compute: Compute, encoding: str) -> None:
    """The codec is a module, which nobody can import any more."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><graphml><graph edgedefault="directed"><node id="a"/></graph></graphml>'
    result = await parse(compute, text.encode(encoding), "graphml")
    read = frozen.FrozenGraph.attach(result.fds.pop(0))
    result.close()
    assert read.all_ids() == ["a"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("format_", sorted({*formats.READ} & {*formats.WRITTEN}))
@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"{" * 5000, b"PAR1" + b"\0" * 40, b"<a>", b"a,b\n\xff", b"graph [ node [ id"]
)
async def test_what_is_broken_has_the_same_error_inside(compute: Compute, format_: str, data: bytes) -> None:
    def outside() -> str:
        try:
            graph = formats.parse(io.BytesIO(data), format_, {}, formats.ParseLimits(1000, 1000, 1 << 24))
        except errors.ServiceError as error:
            return error.message
        return f"{graph.n} nodes"

    try:
        result = await parse(compute, data, format_)
    except errors.ServiceError as error:
        told = error.message
    else:
        told = f"{result.value['nodes']} nodes"
        result.close()
    assert told == outside()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_snapshot_and_its_log_are_read_inside(compute: Compute) -> None:
    snapshot = memfd.create("snapshot", [frozen.compress(graph().freeze())])
    batches = [encode([AddEdges([("n1", 7)])]), encode([SetGraphAttributes({"big": 2**80})])]
    params = {"graphs": [{"directed": True, "snapshot": 0, "batches": batches}], "compress": True}
    result = await compute.run(f"{PARSERS}:materialise", params, fds=[snapshot])
    os.close(snapshot)
    made = frozen.FrozenGraph.attach(result.fds.pop(0))
    result.close()
    assert (made.n, made.graph_attributes) == (61, {"big": 2**80})


@pytest.mark.asyncio(loop_scope="module")
async def test_a_stored_batch_that_is_none_is_an_error_with_a_name(compute: Compute) -> None:
    for batch in (b"", b"\xc1", b"\x91" * 100_000, b"[" * 100_000, encode([AddEdges([("a", "b")])])[:-2]):
        with pytest.raises(errors.ServiceError, match="the stored graph cannot be read"):
            await compute.run(f"{PARSERS}:materialise", {"graphs": [{"directed": True, "batches": [batch]}]})


# -- where it may run


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a process of its own."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            told = msgspec.json.encode(work())
        except BaseException:
            told = msgspec.json.encode(traceback.format_exc())
        os.write(writing, told)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return msgspec.json.decode(told)


def _opens() -> str:
    try:
        os.close(os.open("/proc/self/status", os.O_RDONLY))
    except PermissionError:
        return "refused"
    return "opened"


def test_it_holds_for_a_user_without_privileges_below_another_filter() -> None:
    """As in the chart: uid 1000, no capabilities, no new privileges, a filter of the runtime's already there."""
    from seccompy import Action, Filter

    def work() -> list[str]:
        if os.getuid() == 0:
            os.setgroups([])
            os.setresgid(1000, 1000, 1000)
            os.setresuid(1000, 1000, 1000)
        outer = Filter(Action.ALLOW)
        for name in ("mount", "bpf", "keyctl", "unshare", "io_uring_setup", "userfaultfd"):
            outer.errno(name, 1)
        outer.load()  # sets no_new_privs
        before = _opens()
        sandbox.enter()
        read = formats.parse(io.BytesIO(b"a b\nb c\n"), "edge-list", {}, formats.ParseLimits(10, 10, 1000))
        return [str(os.getuid() != 0), before, _opens(), str(read.n)]

    sandbox.prepare()
    assert sandbox.kind() == "seccomp"
    assert in_child(work) == ["True", "opened", "refused", "3"]


def test_without_the_kernel_s_help_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from seccompy import Action, Filter

    def work() -> list[str]:
        refusing = Filter(Action.ALLOW)
        refusing.errno("seccomp", 38)  # ENOSYS
        refusing.load()
        sandbox.prepare()
        sandbox.enter()
        return [sandbox.kind(), str(bool(sandbox.missing())), _opens()]

    monkeypatch.setattr(sandbox, "_missing", None)
    assert in_child(work) == ["none", "True", "opened"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_file_that_states_a_size_beyond_64_bits_is_refused_by_name(compute: Compute) -> None:
    """Else its error could not be sent, and looked like a defect of the server."""
    table = pa.table({"source": ["a"] * 9, "target": ["b"] * 9, "text": ["x" * 99] * 9, "more": ["y" * 99] * 9})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    data = bytearray(sink.getvalue())
    *_, batch = (message for message in arrow_messages.messages(bytes(data)) if message.kind == arrow_messages.RECORDS)
    body = len(data) - 8 - batch.size
    for offset, length in batch.buffers:
        if length >= 8:
            data[body + offset : body + offset + 8] = struct.pack("<q", 2**63 - 1)
    with pytest.raises(errors.LimitExceeded, match="inflates to"):
        await parse(compute, bytes(data), "arrow", directed=True)
