"""Who calls, for how long, under which correlation id: the one thing every room may ask for.

The HTTP rooms make a `CallContext` for each request and set it for the tasks that serve it; code
further down reads it with `current()`. It holds no graph data.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

#: Key of the CallContext in an ASGI scope, for code that the MCP SDK calls in a task of its own.
SCOPE_KEY = "networkx_mcp.call"

READ, WRITE, ADMIN = "read", "write", "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `user_id` names the token, never its secret."""

    user_id: str
    tenant: str
    scopes: frozenset[str]


#: The caller on a loopback server without tokens.
ANONYMOUS = Caller("anonymous", "default", frozenset({READ, WRITE, ADMIN}))


@dataclass(slots=True)
class CallContext:
    """One request from its arrival to its answer. Times are `time.monotonic()` seconds."""

    caller: Caller
    correlation_id: str
    arrived: float = field(default_factory=time.monotonic)
    #: Seconds this request may still wait in queues; both queues take from it.
    queue_seconds: float = 10.0
    #: Seconds it was kept for its token and its rate, before anybody looked at its body.
    waited_seconds: float = 0.0
    #: The answer must have left by then.
    deadline: float = float("inf")
    #: Gives the admission slot back before a wait for a worker. Called at most once, never blocks.
    release_slot: Callable[[], None] | None = None
    method: str = ""
    tool: str = ""
    trace_id: str = ""
    #: Set by the layer that knows best what became of the call; see `errors.Outcome`.
    outcome: str = "ok"

    def leave_slot(self) -> None:
        """Give the admission slot back, if this request still holds one."""
        release, self.release_slot = self.release_slot, None
        if release is not None:
            release()


_current: ContextVar[CallContext] = ContextVar("networkx_mcp_call")


def current() -> CallContext:
    """The context of the request that this task serves. Raises LookupError outside of one."""
    return _current.get()


def set_current(call: CallContext) -> None:
    """Make `call` the context of this task and of those it starts."""
    _current.set(call)
