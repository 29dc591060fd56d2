"""A real store behind a bad network: answers lost, calls delayed, callers cancelled, all on demand."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from tests.unit.graphs.callers import act_as

from networkx_mcp.errors import StoreUnavailable
from networkx_mcp.store.protocol import Store

#: Methods whose effect may be unknown to the caller when the answer is lost.
WRITES = frozenset({"create", "append", "replace", "delete", "compact"})


class FaultyStore:
    """Passes every call on to `inner`; `hook(method, phase)` runs before and after each of them.

    Phases are "before" (nothing has happened) and "after" (it has, the caller does not know yet).
    """

    #: A hook may wait.
    immediate = False

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.hook: Callable[[str, str], Awaitable[None]] | None = None
        self.calls: Counter[str] = Counter()

    def when_replaced(self, forget: Callable[[], None]) -> None:
        self.inner.when_replaced(forget)

    def __getattr__(self, method: str) -> Any:
        target = getattr(self.inner, method)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[method] += 1
            if self.hook is not None:
                await self.hook(method, "before")
            result = await target(*args, **kwargs)
            if self.hook is not None:
                await self.hook(method, "after")
            return result

        return call

    def once(
        self, method: str, phase: str, action: Callable[[], Awaitable[object]], *, calls: int = 1, tenant: str = ""
    ) -> None:
        """Do this one time, in this phase of the `calls`th call of `method`; as a caller of `tenant`, where one is named."""
        left = calls

        async def hook(called: str, at: str) -> None:
            nonlocal left
            left -= (called, at) == (method, phase)
            if not left:
                self.hook = None
                if tenant:
                    act_as(tenant)
                await action()

        self.hook = hook

    def lose_answer_of(self, method: str, times: int = 1) -> None:
        """The next `times` calls of `method` happen, and their caller hears StoreUnavailable."""
        left = times

        async def hook(called: str, phase: str) -> None:
            nonlocal left
            if called == method and phase == "after" and left > 0:
                left -= 1
                raise StoreUnavailable("the answer was lost", retry_after=0.1)

        self.hook = hook


def weather(seed: int, *, lost: float = 0.0, refused: float = 0.0) -> Callable[[str, str], Awaitable[None]]:
    """A hook that lets other tasks run a random number of times, and fails calls at these rates."""
    rng = random.Random(seed)

    async def hook(method: str, phase: str) -> None:
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
        if phase == "before" and rng.random() < refused:
            raise StoreUnavailable("the store does not answer", retry_after=0.01)
        if phase == "after" and method in WRITES and rng.random() < lost:
            raise StoreUnavailable("the answer was lost", retry_after=0.01)

    return hook
