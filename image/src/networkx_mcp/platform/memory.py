"""How the memory of a process is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """Proportional set size of a process, in bytes."""

    #: All of it: the process's fair share of every page it maps.
    pss: int
    #: The part in shared memory: memfds of graphs, which the budget enters by themselves.
    shared: int
