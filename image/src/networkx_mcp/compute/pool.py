"""`Compute`: heavy calls, one at a time per slot, each in a process of its own that can be killed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from networkx_mcp import context, errors
from networkx_mcp.compute import registry
from networkx_mcp.compute.budget import Level, MemoryBudget
from networkx_mcp.compute.fairqueue import FairQueue
from networkx_mcp.settings import MIB, Settings


@dataclass(slots=True)
class TaskResult:
    """What a task answered. `fds` belong to the receiver, who closes them (`close`)."""

    value: Any
    fds: list[int] = field(default_factory=list)
    #: Time in the worker, in seconds.
    seconds: float = 0.0
    #: Peak resident set of the worker, in MiB.
    memory_mb: float = 0.0

    def close(self) -> None:
        """Close the descriptors that are still listed."""
        while self.fds:
            os.close(self.fds.pop())


class Compute:
    """The compute room of one process."""

    def __init__(self, settings: Settings, budget: MemoryBudget) -> None:
        self.settings = settings
        self.budget = budget
        self.queue = FairQueue("heavy", slots=settings.limits.effective_workers, places=settings.limits.queue)
        self.alive = False
        self.dead_seconds = 0.0

    async def start(self) -> None:
        """Start the zygote."""
        self.alive = True

    async def close(self) -> None:
        """End all workers and the zygote."""
        self.alive = False

    def drain(self) -> None:
        """Shed all that wait; what runs may finish, and take its next step where a slot is free."""
        self.queue.close("The server is shutting down; repeat, and another replica answers.", admit=True)

    async def run(
        self,
        task: str,
        params: Any,
        *,
        fds: Sequence[int] = (),
        deadline: float | None = None,
        reservation: int | None = None,
        tenant: str | None = None,
    ) -> TaskResult:
        """Run a task (first form: in this process; the zygote follows)."""
        try:
            call: context.CallContext | None = context.current()
        except LookupError:
            call = None
        if self.budget.level >= Level.PROTECTIVE and self.budget.level is not Level.DRAINING:
            raise errors.Shed("Memory is short: heavy calls are refused for the moment.", retry_after=5)
        if call is not None:
            call.leave_slot()
            slot = await self.queue.enter_for(call, tenant)
        else:
            slot = await self.queue.enter(tenant or "default", timeout=self.settings.limits.queue_timeout_seconds)
        with slot:
            nbytes = reservation if reservation is not None else self.settings.memory.worker_mb * MIB
            with await self.budget.reserve_soon("workers", nbytes, timeout=1):
                started = time.monotonic()
                output = await asyncio.to_thread(registry.resolve(task), params, [os.dup(fd) for fd in fds])
                if not isinstance(output, registry.TaskOutput):
                    output = registry.TaskOutput(output)
                return TaskResult(output.value, output.fds, time.monotonic() - started)
