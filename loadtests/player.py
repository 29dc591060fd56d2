"""One user of the generator: a keep-alive connection that speaks one era and follows one sequence of calls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from loadtests import call_outcomes
from loadtests import workload as workloads
from loadtests.frugal_http import Reply, Requests
from networkx_mcp import mcp_wire


@dataclass
class GeneratorJob:
    """What to do. Times are in seconds; `tokens` are handed to users in turn; `run` makes ids unique."""

    host: str
    port: int
    workload: str
    users: int
    run: str
    seconds: float = 10.0
    warmup: float = 2.0
    rate: float | None = None
    tokens: list[str] = field(default_factory=lambda: [""])
    eras: list[mcp_wire.Era] = field(default_factory=lambda: list(mcp_wire.ERAS))
    seed: int = workloads.SEED
    #: Value of the Host header; empty: host and port.
    host_header: str = ""
    #: Make the graphs first and do nothing else.
    prepare: bool = False


class Load(Protocol):
    """What a user asks of the load that it belongs to (`generator.Load`)."""

    job: GeneratorJob
    #: Value of the Host header.
    host: str
    requests: Requests
    #: Nobody waits for answers any more.
    over: bool

    def connect(self, user: User, data: bytes) -> None:
        """Open a connection for the user and send `data` on it."""

    def record(self, user: User, outcome: str, body: bytes) -> None:
        """Count an answer."""

    def free(self, user: User) -> None:
        """Say what the user does next."""


class User(asyncio.Protocol):
    """One user on one connection at a time."""

    def __init__(self, load: Load, number: int) -> None:
        job = load.job
        self.load, self.number = load, number
        self.era = call_outcomes.era_of(number, job.eras)
        self.token = job.tokens[number % len(job.tokens)]
        self.kind = workloads.kind_of(job.workload, number)
        self.calls: Iterator[workloads.Call] = workloads.USERS[self.kind](number, job.run)
        self.transport: asyncio.Transport | None = None
        #: Connections that were ended here and are not gone yet.
        self.closing = 0
        self.reply = Reply()
        self.due = 0.0
        self.tool = ""
        self.opening: deque[tuple[str, dict[str, Any], int | None]] = deque(mcp_wire.opening(self.era))
        self.busy = False
        self.left: set[str] = set()  # graphs that it made and did not delete
        self.failed = False

    # -- sending

    def next_call(self) -> workloads.Call:
        tool, arguments = next(self.calls)
        if self.failed and self.kind in workloads.BUILDERS:  # what follows builds on what failed: the next task
            while tool != "create_graph":
                tool, arguments = next(self.calls)
        self.failed = False
        if tool == "create_graph":
            self.left.add(arguments["graph_id"])
        elif tool == "delete_graph":
            self.left.discard(arguments["graph_id"])
        return tool, arguments

    def go(self, due: float) -> None:
        """Send the next request, which was due at `due` (perf_counter seconds)."""
        self.busy, self.due = True, due
        if self.opening:
            method, params, request_id = self.opening.popleft()
            self.tool = method
            request = mcp_wire.post(self.era, method, params, self.token, request_id=request_id)
            self.send(mcp_wire.on_wire(self.load.host, request))
            return
        self.tool, arguments = self.next_call()
        self.send(self.load.requests.call(self.era, self.token, self.tool, arguments))

    def send(self, data: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            self.load.connect(self, data)
        else:
            self.transport.write(data)

    # -- receiving

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are not derived from it
        self.reply = Reply()

    def data_received(self, data: bytes) -> None:
        answer = self.reply.feed(data)
        if answer is None:
            return
        status, body, close = answer
        if close and self.transport is not None:
            self.transport.close()
            self.transport = None
            self.closing += 1
        if status == 200 and b'"isError"' not in body and b'"error"' not in body and b'"result"' in body:
            self.done("ok", b"")
        else:
            self.done(call_outcomes.outcome(status, body, self.tool.startswith("notifications/")), body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.closing:  # one that was ended here, as its last answer asked; the next may be under way
            self.closing -= 1
            return
        self.transport = None
        if self.busy and not self.load.over:
            self.done("connection", repr(exc).encode())

    def done(self, outcome: str, body: bytes) -> None:
        """The request is over: count it, and go on."""
        if not self.busy:
            return
        self.busy = False
        self.failed = outcome != "ok"
        self.load.record(self, outcome, body)
        self.load.free(self)
