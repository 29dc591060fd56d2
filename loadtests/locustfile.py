"""Locust scenarios: `locust -f loadtests/locustfile.py --headless -H URL -u USERS -t TIME CLASS...`

Classes: Agent, Reader, Analyst, Editor (name several to mix them; their weights are 1, 6, 1, 2), Flood, Slow.
`python -m loadtests scenario NAME` starts a target and runs them. Exit code 3: a scenario's own mistakes;
1: the server failed requests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from locust import events, task

from loadtests.mcp_user import McpUser
from loadtests.seen import SEEN
from loadtests.slow import Slow

__all__ = ["Agent", "Analyst", "Editor", "Flood", "Reader", "Slow"]


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: Any) -> None:
    parser.add_argument("--tokens", default="", env_var="LOADTESTS_TOKENS", help="bearer tokens, comma-separated")
    parser.add_argument("--era", default="both", choices=("both", "modern", "handshake"))
    parser.add_argument("--rate", type=float, default=0.0, help="calls per second of all users, due at fixed times")
    parser.add_argument("--think", type=float, default=1.0, help="scale of think times; 0: none")
    parser.add_argument("--seen", default="", help="file for what was seen, as JSON")


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _end(environment: Any, **_: Any) -> None:
    document = SEEN.document()
    if environment.parsed_options.seen:
        Path(environment.parsed_options.seen).write_text(json.dumps(document), encoding="utf-8")
    if document["mistakes"]:
        print("mistakes of the scenario:", *document["examples"], sep="\n  ")
        environment.process_exit_code = 3
    elif SEEN.failures or not document["requests"]:
        environment.process_exit_code = 1
    else:
        environment.process_exit_code = 0


class Agent(McpUser):
    """A model at work: creates a graph, loads data, analyses, queries, deletes."""

    kind, think, weight = "agent", (0.5, 3.0), 1

    @task
    def next_call(self) -> None:
        """One step of its task."""
        self.work()


class Reader(McpUser):
    """Point reads."""

    kind, think, weight = "reader", (0.1, 1.0), 6

    @task
    def next_call(self) -> None:
        """One read."""
        self.work()


class Analyst(McpUser):
    """Algorithms."""

    kind, think, weight = "analyst", (1.0, 5.0), 1

    @task
    def next_call(self) -> None:
        """One analysis."""
        self.work()


class Editor(McpUser):
    """Concurrent edits of graphs that all editors share."""

    kind, think, weight = "editor", (0.2, 2.0), 2

    @task
    def next_call(self) -> None:
        """One edit or read."""
        self.work()


class Flood(McpUser):
    """Far over the limit, without a pause: what is refused must be refused in order, with `Retry-After`."""

    kind, think, weight = "reader", (0.0, 0.0), 1
    expected = frozenset({"shed", "rate_limited"})

    @task
    def next_call(self) -> None:
        """One read, and another."""
        self.work()
