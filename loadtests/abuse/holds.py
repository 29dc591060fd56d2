"""Strikes at a server, one after the other, and whether it held: /health within a second throughout, the event loop never held for more
than HOLD_SECONDS, memory under its limit, everybody with a token served."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from loadtests import processes
from loadtests.abuse import kernel_sockets
from loadtests.abuse.attack import World
from loadtests.abuse.judge import Findings
from loadtests.abuse.prober import Prober
from loadtests.abuse.strikes import Strike, StruckServer
from loadtests.abuse.subject import GRAPH, Subject
from networkx_mcp.limits.socket_memory import BYTES_PER_SOCKET
from networkx_mcp.settings import Limits

HEALTH_SECONDS = 1.0
#: A bound of a bucket of networkx_mcp_event_loop_lag_seconds.
HOLD_SECONDS = 0.25
#: What `networkx-mcp check` and the chart plan for the sockets of a default server.
KERNEL_MIB = Limits().sockets * BYTES_PER_SOCKET / processes.MIB
#: Between two looks at memory, in seconds; after a strike, for what it left.
_LOOK_SECONDS, _SETTLE_SECONDS = 0.2, 1.0
_BUCKET = re.compile(r'^networkx_mcp_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


@dataclass
class Held:
    """What a strike did."""

    name: str
    sent: int
    health_asked: int
    health_slowest_seconds: float
    holds: int
    #: Bound of the highest bucket of loop lag that was met, in seconds; infinite above all.
    longest_hold_below_seconds: float
    memory_peak_mib: float
    #: What the kernel held at most for the server's sockets.
    kernel_peak_mib: float
    #: How long the machine held a process that has nothing to do with the server.
    bystander_seconds: float
    wrong: str

    def findings(self, memory_mib: float) -> Iterable[str]:
        """What is wrong with it."""
        if self.health_slowest_seconds > HEALTH_SECONDS:
            yield f"/health took more than {HEALTH_SECONDS:g} s"
        if self.holds:
            yield f"the event loop was held for more than {HOLD_SECONDS:g} s"
        if self.memory_peak_mib + self.kernel_peak_mib > memory_mib:
            yield "memory over its limit"
        if self.kernel_peak_mib > KERNEL_MIB:
            yield f"the kernel held more than {KERNEL_MIB:g} MiB for sockets"
        if self.wrong:
            yield "a caller was not served"


def lags(subject: Subject) -> dict[float, float]:
    """Loop lag of the server: bound of a bucket in seconds -> observations up to it."""
    text = subject.http("GET", "/metrics", token=None)[1].decode()
    return {float(bound): float(count) for bound, count in _BUCKET.findall(text)}


async def strike(field: StruckServer, one: Strike) -> Held:
    """Throw one, and look at the server meanwhile."""
    subject = field.subject
    before = await asyncio.to_thread(lags, subject)
    prober = Prober(subject.host, subject.port)
    peak, kernel, field.sent, field.wrong = 0.0, 0, 0, ""
    thrown = asyncio.ensure_future(one.throw(field))
    while not thrown.done():
        peak = max(peak, (await asyncio.to_thread(processes.of_process, subject.pid)).memory / processes.MIB)
        kernel = max(kernel, await asyncio.to_thread(kernel_sockets.held, subject.port))
        await asyncio.sleep(_LOOK_SECONDS)
    try:
        thrown.result()
    except (AssertionError, OSError, EOFError, TimeoutError) as error:
        field.wrong = repr(error)[:200]
    await asyncio.sleep(_SETTLE_SECONDS)
    seen = await asyncio.to_thread(prober.end)
    after = await asyncio.to_thread(lags, subject)
    new = {bound: after[bound] - before[bound] for bound in after}
    total = new[float("inf")]
    return Held(
        one.name,
        field.sent,
        len(seen.answers),
        round(max(seen.answers), 3),
        int(total - new[HOLD_SECONDS]),
        min(bound for bound, count in new.items() if count == total),
        round(peak, 1),
        round(kernel / processes.MIB, 1),
        seen.bystander_seconds,
        field.wrong,
    )


async def run(subject: Subject, strikes: Iterable[Strike], findings: Findings, memory_mib: float) -> list[Held]:
    """All of them. What was found goes to `findings`."""
    await asyncio.to_thread(subject.plant)
    field = StruckServer(subject, World(subject.address, subject.tokens, [], [], GRAPH, subject.foreign_id, {}))
    found = []
    for one in strikes:
        held = await strike(field, one)
        found.append(held)
        for sentence in held.findings(memory_mib):
            findings.add(sentence, str(held))
        print(held, file=sys.stderr, flush=True)
    return found
