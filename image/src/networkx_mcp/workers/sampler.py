"""Measures what the processes use and enters it in the budget and the metrics.

The working set of the container is read every second (two small files). The proportional set size of
each process needs a walk over its page tables, so it comes every few seconds; both happen in a thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

from networkx_mcp import cgroup, platform
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.telemetry import metrics

logger = logging.getLogger("networkx_mcp.workers")

#: Seconds between two readings of the working set, and readings between two of all processes.
INTERVAL = 1.0
_PROCESSES_EVERY = 5
#: Readings between two times that free memory is given back. Under load of all sizes the C heap of the API grows by pages
#: that hold nothing: 8 MiB after 40,000 malformed requests, of which not a block was in use (`loadtests/README.md`).
_TRIM_EVERY = 60


@dataclass(frozen=True, slots=True)
class Processes:
    """Pids by role at one moment. `idle` are workers without a job."""

    zygote: int | None
    idle: list[int]
    busy: list[int]


@dataclass(frozen=True, slots=True)
class Sample:
    """Sizes in bytes. Proportional set size by role, without shared memory, which is that of graphs and counts once, as
    `graphs`; `baseline` is the API, the zygote and spares."""

    api: int
    zygote: int
    workers: int
    graphs: int
    baseline: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.api + self.zygote + self.workers + self.graphs


def measure(processes: Processes) -> Sample:
    """Read /proc of all processes. Blocks for some milliseconds."""
    groups: dict[str, list[int]] = {
        "api": [os.getpid()],
        "zygote": [processes.zygote] if processes.zygote else [],
        "idle": processes.idle,
        "busy": processes.busy,
    }
    private = dict.fromkeys(groups, 0)
    for name, pids in groups.items():
        for pid in pids:
            if (memory := platform.process_memory(pid)) is not None:
                private[name] += memory.pss - memory.shared
    return Sample(
        api=private["api"],
        zygote=private["zygote"],
        workers=private["idle"] + private["busy"],
        graphs=platform.sealed_bytes(),
        baseline=private["api"] + private["zygote"] + private["idle"],
    )


def own_group(settings: Settings) -> bool:
    """Whether the control group is this server's own, so that its working set is ours.

    Outside a container the group may hold a whole desktop; it has no limit then, or one far above ours.
    """
    limit = cgroup.memory_limit()
    return limit is not None and limit <= settings.limits.memory_mb * MIB


def _of_group() -> tuple[int | None, int]:
    return cgroup.memory_working_set(), cgroup.memory_kernel()


class Sampler:
    """Runs until closed. `processes` tells who is there now; it is called in the event loop."""

    def __init__(self, settings: Settings, budget: MemoryAccount, processes: Callable[[], Processes]) -> None:
        self._budget = budget
        self._processes = processes
        self._own_group = own_group(settings)
        self._task: asyncio.Task[None] | None = None
        #: The newest sample of all processes.
        self.last: Sample | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._task = asyncio.create_task(self._loop(), name="compute-sampler")

    async def close(self) -> None:
        """Stop."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def sample(self) -> Sample:
        """Measure all processes now and enter it."""
        sample = await asyncio.to_thread(measure, self._processes())
        self.last = sample
        for name in ("api", "zygote", "workers", "graphs"):
            metrics.MEMORY.labels(process=name).set(getattr(sample, name))
        await self._enter(sample)
        return sample

    async def _enter(self, sample: Sample | None) -> None:
        working_set, kernel = await asyncio.to_thread(_of_group) if self._own_group else (None, 0)
        if working_set is None and sample is not None:
            working_set = sample.total
        if working_set is not None:
            self._budget.measured(
                working_set=working_set, baseline=None if sample is None else sample.baseline, kernel=kernel
            )

    async def _loop(self) -> None:
        tick = 0
        while True:
            try:
                if tick % _TRIM_EVERY == _TRIM_EVERY - 1:
                    await asyncio.to_thread(platform.trim_heap)
                if tick % _PROCESSES_EVERY == 0:
                    await self.sample()
                elif self._own_group:
                    await self._enter(None)
            except Exception:
                logger.exception("memory could not be measured", extra={"event": "worker_sampler_failed"})
            tick += 1
            await asyncio.sleep(INTERVAL)
