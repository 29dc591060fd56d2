"""Who calls, for how long, under which correlation id: the one thing every package may ask for.

`http` makes a `CallContext` for each request and set it for the tasks that serve it; code
further down reads it with `current()`. It holds no graph data.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from networkx_mcp.errors import ServiceError

#: Key of the CallContext in an ASGI scope, for code that the MCP SDK calls in a task of its own.
SCOPE_KEY = "networkx_mcp.call"

READ, WRITE, ADMIN = SCOPES = ("read", "write", "admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `user_id` names the token, never its secret."""

    user_id: str
    tenant: str
    scopes: frozenset[str]


#: The caller on a loopback server without tokens.
ANONYMOUS = Caller("anonymous", "default", frozenset({READ, WRITE, ADMIN}))


class Waiting(Protocol):
    """A request that nobody works for yet, or that only sends or receives: it can be turned away."""

    def may_end(self) -> bool:
        """Whether it still can."""

    def end(self, refusal: ServiceError) -> None:
        """Turn it away, with this answer. To be called where `may_end`, and by another task than the request's."""


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
    #: Calls what it is given, once, when the client hangs up; until what it returns is called. None where no socket tells.
    watch: Callable[[Callable[[], None]], Callable[[], object]] | None = None
    #: Set while it can be turned away for the sake of other tenants.
    waiting: Waiting | None = None
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


class TurnedAway:
    """A `with` block in which the request of this task only sends or receives, so that it may be turned away.

    Raises the refusal where it was; a cancellation of the task by others stays one.
    """

    def __init__(self, call: CallContext) -> None:
        self._call = call
        self._task: asyncio.Task[object] | None = None
        self._refusal: ServiceError | None = None

    def may_end(self) -> bool:
        """Whether the block is under way."""
        return self._task is not None and self._refusal is None

    def end(self, refusal: ServiceError) -> None:
        """End the block at what it waits for."""
        assert self._task is not None
        self._refusal = refusal
        self._task.cancel()

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._call.waiting = self
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        task, self._task = self._task, None
        self._call.waiting = None
        # The cancellation is ours to take back, whatever the block has made of it.
        if self._refusal is not None and task is not None and task.uncancel() == 0:
            raise self._refusal from None


_current: ContextVar[CallContext] = ContextVar("networkx_mcp_call")


def current() -> CallContext:
    """The context of the request that this task serves. Raises LookupError outside of one."""
    return _current.get()


def set_current(call: CallContext) -> None:
    """Make `call` the context of this task and of those it starts."""
    _current.set(call)
