"""Load at little cost of CPU: `python -m loadtests.generator < job.json` (uvloop, one process).

Client and server share the cores where both run on one machine, so each microsecond spent here is
missing there; the client tells its own CPU time, about a quarter of what Locust took for a call (README.md,
Client). One user is one keep-alive connection that speaks one protocol era and follows one sequence of calls
(`workload`). Two ways to load:

* closed (no `rate`): every user sends its next call when the last is answered, without think time;
* open (`rate` in calls per second): calls are due at fixed times, whichever user is free sends the next
  one, and latency counts from when it was *due*: a server that stalls is charged for everybody
  who would have called meanwhile (no coordinated omission).

Reads a job (`player.GeneratorJob`) on standard input. Prints `begin` and `end` around the measured window, with load
before and after it, so that whoever started it can read the server's CPU time under load; then one JSON
document. Answers are judged by `call_outcomes.outcome`, also inside HTTP 200.

What was due in the window is counted, and the load stays on until all of that is answered: a heavy call that
would wait too long for a worker would get one at once if everybody else stopped with the window.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from collections import Counter, deque
from socket import SOCK_STREAM
from typing import Any

import uvloop

from loadtests import call_outcomes
from loadtests import workload as workloads
from loadtests.frugal_http import ClientConnection, Requests
from loadtests.histogram import Histogram
from loadtests.player import GeneratorJob, User
from loadtests.ready_probes import ANSWER_SECONDS, ReadyProbes
from networkx_mcp import mcp_wire

#: Users arrive over so long, or over half of a shorter warm-up: a crowd at one instant is another test.
RAMP_SECONDS = 2.0
#: The load goes on for at most so long after the window: the server's `limits.connection_timeout`.
LOADED_SECONDS = 30.0


class Load:
    """All users, the schedule, and what was seen."""

    def __init__(self, job: GeneratorJob) -> None:
        self.job = job
        self.host = job.host_header or f"{job.host}:{job.port}"
        self.address = job.host
        self.latencies: dict[str, Histogram] = {}
        self.all = Histogram()
        self.outcomes: dict[str, int] = {}
        self.failed: Counter[str] = Counter()
        self.examples: list[str] = []
        self.completed = 0
        self.probes: ReadyProbes | None = None
        #: Of the measured window; `last`: when the load ended.
        self.begin = self.end = self.last = float("inf")
        self.over = False
        self.idle: deque[User] = deque()
        self.waiting: deque[float] = deque()
        self.requests = Requests(self.host)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.users = [User(self, number) for number in range(job.users)]

    def connect(self, user: User, data: bytes) -> None:
        task = asyncio.ensure_future(self._connect(user, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, user: User, data: bytes) -> None:
        try:
            loop = asyncio.get_running_loop()
            await asyncio.wait_for(loop.create_connection(lambda: user, self.address, self.job.port), 10)
        except (OSError, TimeoutError) as error:
            await asyncio.sleep(0.1)
            user.done("connection", repr(error).encode())
            return
        assert user.transport is not None
        user.transport.write(data)

    def record(self, user: User, outcome: str, body: bytes) -> None:
        """Count a call that was due within the window, and every answer that arrived in it."""
        now = time.perf_counter()
        if outcome == "ok" and self.begin <= now < self.end:
            self.completed += 1
        if not self.begin <= user.due < self.end:
            if outcome in call_outcomes.MISTAKES:
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
                self._example(user, outcome, body)
            return
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        seconds = now - user.due
        self.all.add(seconds)
        by_tool = self.latencies.get(user.tool)
        if by_tool is None:
            by_tool = self.latencies[user.tool] = Histogram()
        by_tool.add(seconds)
        if outcome != "ok":
            self.failed[user.tool] += 1
            self._example(user, outcome, body)

    def _example(self, user: User, outcome: str, body: bytes) -> None:
        if len(self.examples) < 10:
            self.examples.append(
                f"{user.kind} {user.era} {user.tool}: {outcome}: {body[:300].decode('utf-8', 'replace')}"
            )

    def free(self, user: User) -> None:
        """What a user does whose call is answered."""
        now = time.perf_counter()
        if user.opening:  # still meeting the server: nothing of the schedule yet
            user.go(now)
        elif self.job.rate is None:
            if now < self.last:
                user.go(now)
        elif self.waiting:
            user.go(self.waiting.popleft())
        else:
            self.idle.append(user)

    def _arrive(self, user: User) -> None:
        user.go(time.perf_counter())

    async def _arrivals(self, start: float) -> None:
        """Make calls due at their times; who is free sends, else the call waits and its clock runs."""
        assert self.job.rate
        for number in itertools.count():
            due = start + number / self.job.rate
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            if due >= self.last:
                return
            if self.idle:
                self.idle.popleft().go(due)
            else:
                self.waiting.append(due)

    async def _sweep(self) -> None:
        """Give up on answers that are overdue."""
        while True:
            await asyncio.sleep(1)
            now = time.perf_counter()
            for user in self.users:
                if user.busy and now - user.due > ANSWER_SECONDS and user.transport is not None:
                    user.transport.abort()

    async def resolve(self) -> None:
        """Look the host up once: name servers are not what is loaded. A new pod may have to wait for them."""
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(self.job.host, self.job.port, type=SOCK_STREAM)
            except OSError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.5)
            else:
                self.address = str(found[0][4][0])
                return

    async def run(self) -> dict[str, Any]:
        """Warm up, measure, clean up. Returns the document that is printed."""
        job = self.job
        # A fault of this client must never look like a quiet server.
        asyncio.get_running_loop().set_exception_handler(self._broken)
        start = time.perf_counter()
        self.begin = start + job.warmup
        self.end = self.begin + job.seconds
        self.probes = ReadyProbes(self.address, job.port, self.host, self.begin, self.end)
        ramp = min(RAMP_SECONDS, 0.5 * job.warmup)
        for user in self.users:
            asyncio.get_running_loop().call_later(ramp * user.number / job.users, self._arrive, user)
        helpers = [asyncio.ensure_future(self._sweep()), asyncio.ensure_future(self.probes.run())]
        if job.rate is not None:
            helpers.append(asyncio.ensure_future(self._arrivals(start + ramp)))
        await asyncio.sleep(self.begin - time.perf_counter())
        own = time.process_time()
        print("begin", flush=True)
        await asyncio.sleep(max(0.0, self.end - time.perf_counter()))
        own = time.process_time() - own
        print("end", flush=True)
        while self._owed() and time.perf_counter() < self.end + LOADED_SECONDS:
            await asyncio.sleep(0.05)
        self.last = time.perf_counter()
        self.waiting = deque(due for due in self.waiting if due < self.end)
        while (any(user.busy for user in self.users) or self.waiting) and (
            time.perf_counter() < self.last + ANSWER_SECONDS + 2
        ):
            await asyncio.sleep(0.05)
        self.over = True
        for helper in helpers:
            helper.cancel()
        self.probes.close()
        unanswered = self._unanswered()
        if unanswered:
            self.outcomes["connection"] = self.outcomes.get("connection", 0) + unanswered
        await self._clean()
        total = sum(count for outcome, count in self.outcomes.items() if outcome not in call_outcomes.MISTAKES)
        return {
            "seconds": job.seconds,
            "requests": total,
            "outcomes": self.outcomes,
            "success_percent": round(100 * self.outcomes.get("ok", 0) / total, 4) if total else 0.0,
            "mistakes": sum(count for outcome, count in self.outcomes.items() if outcome in call_outcomes.MISTAKES),
            "examples": self.examples,
            "requests_per_second": round(self.completed / job.seconds, 2),
            "client_cpus": round(own / job.seconds, 4),
            **self.all.summary(),
            "tools": {
                name: {"requests": h.total, "failed": self.failed[name], **h.summary()}
                for name, h in sorted(self.latencies.items())
            },
            "probes": self.probes.summary(),
            "histogram": self.all.encode(),
        }

    def _unanswered(self) -> int:
        """Calls due in the window that have no answer yet."""
        sent = sum(user.busy and self.begin <= user.due < self.end for user in self.users)
        return sent + sum(self.begin <= due < self.end for due in self.waiting)

    def _owed(self) -> bool:
        """Whether anything that counts has no answer yet: a call that was due in the window, or a probe begun in it."""
        return self._unanswered() > 0 or (self.probes is not None and self.probes.waiting())

    def _broken(self, loop: asyncio.AbstractEventLoop, facts: dict[str, Any]) -> None:
        loop.default_exception_handler(facts)
        os._exit(70)

    async def _clean(self) -> None:
        """Delete the graphs that agents left behind."""
        for user in self.users:
            for graph_id in sorted(user.left):
                await self.once(user.token, ("delete_graph", {"graph_id": graph_id}))

    async def once(self, token: str, made: workloads.Call) -> str:
        """One call on a connection of its own; its outcome."""
        connection = ClientConnection(self.address, self.job.port)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                request = mcp_wire.on_wire(self.host, mcp_wire.post_call(*made, token))
                status, body = await connection.send(request)
        except ConnectionError:
            return "connection"
        finally:
            connection.close()
        found = call_outcomes.outcome(status, body)
        if found != "ok":
            self.examples.append(f"{made[0]}: {body[:300]!r}")
        return found

    async def prepare(self) -> dict[str, Any]:
        """Make the graphs that users expect, for the first token's tenant."""
        found = [await self.once(self.job.tokens[0], made) for made in workloads.preparation()]
        return {"prepared": found.count("ok"), "wanted": len(found), "examples": self.examples}


def main() -> None:
    job = GeneratorJob(**json.loads(sys.stdin.read()))

    async def work() -> dict[str, Any]:
        load = Load(job)
        await load.resolve()
        return await (load.prepare() if job.prepare else load.run())

    print(json.dumps(uvloop.run(work())), flush=True)


if __name__ == "__main__":
    main()
