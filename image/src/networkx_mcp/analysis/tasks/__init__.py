"""What a worker computes of a graph: one module a tool, named as the tool, with one task of the same name.

They are imported when first asked for, so that what needs no networkx does not pay for it.
"""

from __future__ import annotations

import pkgutil


def names() -> tuple[str, ...]:
    """Every tool that has a task here, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def task_name(tool: str) -> str:
    """What `Compute.run` calls the task of a tool."""
    return f"{__name__}.{tool}:{tool}"
