"""Mutants of `mutants` read as the server reads them, in forked children, and what became of each.

A mutant ends as a sound graph or as an error with a name. Anything else is a finding: another exception, a child that
dies or does not end, a graph that cannot be used afterwards. Children have the bounds of workers (memory, time and,
but for snapshots, which the API itself reads, the sandbox).
"""

from __future__ import annotations

import faulthandler
import io
import json
import mmap
import multiprocessing
import os
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgspec

from loadtests.abuse import mutants
from networkx_mcp import platform
from networkx_mcp.analysis import graph_tasks
from networkx_mcp.arrays import formats, frozen, memfd
from networkx_mcp.arrays.formats import columnar
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import ServiceError
from networkx_mcp.workers import sandbox

#: Private memory of a child beyond what it begins with, in bytes.
MEMORY = 512 * 1024 * 1024
#: Longest time of one mutant, in seconds.
SECONDS = 20.0
#: Mutants of one child.
_BATCH = 2_000
_LIMITS = formats.ParseLimits(nodes=100_000, edges=300_000, bytes=16 * 1024 * 1024)
#: (number of the mutant under way, slowest seconds so far and its number)
_SHARED = struct.Struct("<qdq")
#: Errors that are told whole for each kind of finding.
_EXAMPLES = 5


@dataclass
class MutantCounts:
    """What became of the mutants of one kind."""

    kind: str
    count: int = 0
    #: How each ended: `graph`, or the name of the error.
    ends: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    slowest: int = -1
    seconds: float = 0.0

    def add(self, other: MutantCounts) -> None:
        """Count `other` as well."""
        self.count += other.count
        self.ends += other.ends
        self.findings += other.findings
        self.seconds += other.seconds
        if other.slowest_seconds > self.slowest_seconds:
            self.slowest_seconds, self.slowest = other.slowest_seconds, other.slowest

    def described(self) -> dict[str, Any]:
        """For a result."""
        return {
            "mutants": self.count,
            "ends": dict(self.ends.most_common()),
            "findings": self.findings,
            "slowest_seconds": round(self.slowest_seconds, 3),
            "seconds": round(self.seconds, 1),
        }


def run(kind: str, seed: int, count: int, first: int = 0) -> MutantCounts:
    """Read mutants `first` to `first + count - 1`."""
    outcome = MutantCounts(kind)
    started = time.monotonic()
    mutants.mutant(kind, seed, first)  # what they are made of is made once
    sandbox.prepare()
    at = first
    while at < first + count:
        at = _child(outcome, seed, at, min(first + count, at + _BATCH))
    outcome.seconds = time.monotonic() - started
    return outcome


def run_all(seed: int, count: int, processes: int) -> list[MutantCounts]:
    """All kinds, `count` mutants together, in parts that run beside each other."""
    sandbox.prepare()
    each = count // len(mutants.KINDS)
    step = max(1, min(_BATCH, each))
    parts = [(kind, seed, min(step, each - at), at) for kind in mutants.KINDS for at in range(0, each, step)]
    outcomes = {kind: MutantCounts(kind) for kind in mutants.KINDS}
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for part in pool.starmap(run, parts, chunksize=1):
            outcomes[part.kind].add(part)
    return list(outcomes.values())


def _child(outcome: MutantCounts, seed: int, start: int, end: int) -> int:
    """Read from `start` on; the number to go on with, behind a mutant that killed its child."""
    shared = mmap.mmap(-1, _SHARED.size)
    shared[:] = _SHARED.pack(start, 0.0, -1)
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _work(outcome.kind, seed, start, end, shared, writing)
    os.close(writing)
    told = _listened(pid, reading, shared)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    at, slowest, which = _SHARED.unpack(shared)
    if slowest > outcome.slowest_seconds:
        outcome.slowest_seconds, outcome.slowest = slowest, which
    for line in told.splitlines():
        name, finding = json.loads(line)
        outcome.ends[name] += 1
        if finding and len(outcome.findings) < 100:
            outcome.findings.append(finding)
    if status == 0:
        outcome.count += end - start
        return end
    name = "not ended" if status == -signal.SIGKILL else f"death {status}"
    outcome.count += at + 1 - start
    outcome.ends[name] += 1
    outcome.findings.append(f"{outcome.kind} {at}: {name}")
    return int(at) + 1


def _listened(pid: int, reading: int, shared: mmap.mmap) -> bytes:
    """What the child told until it ended; it is killed where it is at one mutant for too long."""
    told = bytearray()
    last, since = -1, time.monotonic()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while True:
            if select.select([pipe], [], [], 1.0)[0]:
                data = pipe.read(1 << 16)
                if not data:
                    return bytes(told)
                told += data
            at = _SHARED.unpack(shared)[0]
            if at != last:
                last, since = at, time.monotonic()
            elif time.monotonic() - since > SECONDS:
                os.kill(pid, signal.SIGKILL)


def _work(kind: str, seed: int, start: int, end: int, shared: mmap.mmap, pipe: int) -> NoReturn:
    code = 70
    try:
        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a dying library says
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limit = platform.data_bytes() + MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        if kind != "snapshot":
            sandbox.enter()
        slowest, which = 0.0, -1
        for number in range(start, end):
            shared[:] = _SHARED.pack(number, slowest, which)
            try:
                data = mutants.mutant(kind, seed, number)
            except Exception as error:
                line = json.dumps(["not made", f"{kind} {number}: not made: {_reason(error)}"])
                os.write(pipe, line.encode() + b"\n")
                continue
            began = time.monotonic()
            name, finding = judged(kind, data)
            taken = time.monotonic() - began
            if taken > slowest:
                slowest, which = taken, number
            line = json.dumps([name, finding and f"{kind} {number}: {finding}"])
            os.write(pipe, line.encode() + b"\n")
        shared[:] = _SHARED.pack(end, slowest, which)
        code = 0
    finally:
        os._exit(code)


def judged(kind: str, data: bytes) -> tuple[str, str]:
    """(how reading ended, what is wrong with that)."""
    try:
        graph = _READERS[kind](data)
    except ValueError as error:
        # Snapshots are read by `decompress`; who calls it gives the error its name.
        return ("named: corrupt snapshot", "") if kind == "snapshot" else ("ValueError", _reason(error))
    except (ServiceError, MemoryError) as error:
        name = type(error).__name__
        if type(error) is ServiceError:
            name = "named: " + error.message[:40]
        return name, ""
    except BaseException as error:
        return type(error).__name__, _reason(error)
    try:
        use(graph)
    except BaseException as error:
        return "graph", "the graph that was read cannot be used: " + _reason(error)
    return "graph", ""


def _reason(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=-6))[-1500:]


def _snapshot(data: bytes) -> FrozenGraph:
    return frozen.decompress(data, _LIMITS.bytes * columnar.INFLATE)


def _archive(data: bytes) -> FrozenGraph:
    fd = memfd.create("archive", [data])
    try:
        output = graph_tasks.read_archive({"archive": 0}, [fd])
    finally:
        os.close(fd)
    graph = FrozenGraph.attach(output.fds[0])
    os.close(output.fds[1])
    return graph


def _upload(format_: str) -> Any:
    def read(data: bytes) -> FrozenGraph:
        return formats.parse(io.BytesIO(data), format_, {"directed": True}, _LIMITS)

    return read


_READERS = {"snapshot": _snapshot, "archive": _archive, "arrow": _upload("arrow"), "parquet": _upload("parquet")}


def use(graph: FrozenGraph) -> None:
    """Do with a graph what a caller can make the server do. Raises where the graph is not sound."""
    ids = graph.ids_of(range(graph.n))
    assert len(set(ids)) == graph.n
    assert [graph.find(node) for node in ids] == list(range(graph.n))
    state = GraphState(graph)
    for table in (graph.node_table, graph.edge_table):
        msgspec.json.encode(table.dicts())
        for row in range(0, table.rows, max(1, table.rows // 50)):
            table.row(row)
        for name in table.names():
            table.column(name)
    msgspec.json.encode(graph.graph_attributes)
    for row, node in enumerate(ids):
        assert len(state.successors(node)) == graph.out_degree(row)
        assert len(state.predecessors(node)) == graph.in_degree(row)
    for u, v in state.edges():
        assert graph.edge_row(graph.find(u), graph.find(v)) >= 0
    packed = frozen.compress(graph)
    assert frozen.compress(frozen.decompress(packed)) == packed


def described(outcomes: list[MutantCounts], seed: int) -> dict[str, Any]:
    """For a result."""
    return {"seed": seed, "sandbox": sandbox.kind(), "kinds": {one.kind: one.described() for one in outcomes}}
