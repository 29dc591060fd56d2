"""A Locust user that speaks MCP: headers and opening of its era, and failures found inside HTTP 200.

What the server is answerable for (`protocol.FAILURES`) counts as a failed request. What the scenario itself did
wrong (`protocol.MISTAKES`) is no failure of the server: it is kept apart and the run ends with exit code 3.

With `--rate` calls are due at fixed times and latency counts from when a call was due, so a server that stalls
is charged for all who would have called meanwhile (no coordinated omission).
"""

from __future__ import annotations

import itertools
import time
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser

from loadtests import protocol, workload
from loadtests.seen import SEEN

#: Seconds after which no answer is expected: the server promises one within 30.
ANSWER_SECONDS = 35.0

_numbers = itertools.count()


class ServerFailure(Exception):
    """An outcome that the server is answerable for; its text is the outcome and what the server said."""


class Schedule:
    """Times at which the calls of one user are due: `rate` per second over all users, each at its own phase."""

    def __init__(self, rate: float, users: int, number: int, start: float) -> None:
        self.interval = users / rate
        self.next = start + (number % users) * self.interval / users

    def take(self) -> float:
        """When the next call is due, on the clock of perf_counter. It may have passed: then it is sent at once."""
        due = self.next
        self.next += self.interval
        return due


class McpUser(FastHttpUser):
    """Follows the calls of `kind` (see workload). Seconds between them: `think`, in units of --think."""

    abstract = True
    kind: ClassVar[str] = "reader"
    #: Least and most seconds between two calls of a person or a model at work.
    think: ClassVar[tuple[float, float]] = (0.0, 0.0)
    #: Outcomes that this scenario provokes; they are no failures here.
    expected: ClassVar[frozenset[str]] = frozenset()

    network_timeout = ANSWER_SECONDS
    connection_timeout = 10.0

    def on_start(self) -> None:
        """Meet the server as the era does."""
        options = self.environment.parsed_options
        self.number = next(_numbers)
        eras = protocol.ERAS if options.era == "both" else (options.era,)
        self.era = protocol.era_of(self.number, eras)
        tokens = options.tokens.split(",")
        self.token = tokens[self.number % len(tokens)]
        self.calls = workload.USERS[self.kind](self.number, SEEN.run)
        self.schedule = (
            Schedule(options.rate, options.num_users or 1, self.number, time.perf_counter()) if options.rate else None
        )
        for method, params, request_id in protocol.opening(self.era):
            self.request(method, params, request_id)

    def wait_time(self) -> float:
        """Think time; none where calls are due at fixed times."""
        if self.schedule is not None:
            return 0.0
        least, most = self.think
        scale: float = self.environment.parsed_options.think
        return scale * (least + (most - least) * SEEN.chance.random())

    def work(self) -> str:
        """The next call; its outcome."""
        due = None
        if self.schedule is not None:
            due = self.schedule.take()
            if (ahead := due - time.perf_counter()) > 0:
                gevent.sleep(ahead)
        tool, arguments = next(self.calls)
        outcome = self.request(*protocol.call(tool, arguments), due=due)
        if outcome != "ok" and self.kind == "agent":
            # What follows builds on what failed: on to the end of the task.
            while tool != "delete_graph":
                tool, arguments = next(self.calls)
            self.request(*protocol.call(tool, arguments))
        return outcome

    def request(self, method: str, params: dict[str, Any], request_id: int | None = 1, due: float | None = None) -> str:
        """One exchange; its outcome."""
        began = time.perf_counter()
        with self.client.post(
            "/mcp",
            data=protocol.message(self.era, method, params, request_id).decode(),
            headers=protocol.headers(self.era, method, params, self.token),
            name=str(params["name"]) if method == "tools/call" else method,
            catch_response=True,
        ) as answer:
            body = answer.content or b""
            outcome = (
                protocol.outcome(answer.status_code, body, request_id is None) if answer.status_code else "connection"
            )
            if due is not None:
                answer.request_meta["response_time"] += 1000 * (began - due)
            if outcome in ("shed", "rate_limited") and not answer.headers.get("retry-after"):
                outcome = "internal"  # a refusal must say when to come back
            if outcome in protocol.FAILURES - self.expected:
                answer.failure(ServerFailure(f"{outcome}: {answer.status_code} {body[:200]!r}"))
            else:
                answer.success()
            facts = f"{self.kind} {self.era} {method} {params.get('name', '')}: {body[:300]!r}"
            SEEN.add(outcome, answer.request_meta["response_time"] / 1000, facts, self.expected)
        return outcome
