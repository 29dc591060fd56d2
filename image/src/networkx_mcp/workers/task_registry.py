"""What a worker may run: functions marked as tasks, found by name.

A task is `def f(params: dict[str, Any], fds: list[int]) -> Any | TaskOutput`, marked with `@task`.
Its name is ``module:function``.
Only marked functions run, so a name that reached us by mistake is an error and not a call.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Task = Callable[[dict[str, Any], list[int]], Any]
_F = TypeVar("_F", bound=Task)
_MARK = "__networkx_mcp_task__"
_PARSES = "__networkx_mcp_parser__"
_PREPARES = "__networkx_mcp_prepares__"


@dataclass(slots=True)
class TaskOutput:
    """A task's answer with file descriptors (sealed memfds); they are closed in the worker once sent."""

    value: Any
    fds: list[int] = field(default_factory=list)


def task(function: _F) -> _F:
    """Mark a function as one that a worker may run."""
    setattr(function, _MARK, True)
    return function


def parser(function: _F) -> _F:
    """Mark a task that reads bytes of others: its worker is shut in first (see `sandbox`)."""
    setattr(function, _PARSES, True)
    return task(function)


def parses(function: Task) -> bool:
    """Whether the task reads bytes of others."""
    return getattr(function, _PARSES, False)


def prepared_by(prepare: Callable[[dict[str, Any]], None]) -> Callable[[_F], _F]:
    """Say what a task's library needs once in a process: loaded before the job is bounded, and no part of what it may leave.

    `prepare` gets the parameters of the job: not all may need it.
    """

    def mark(function: _F) -> _F:
        setattr(function, _PREPARES, prepare)
        return function

    return mark


def preparation(function: Task) -> Callable[[dict[str, Any]], None] | None:
    """What loads the library of the task; None where the zygote has all."""
    return getattr(function, _PREPARES, None)


def resolve(name: str) -> Task:
    """The task of that name. Raises LookupError for one that does not exist or is not marked."""
    module_name, _, function_name = name.rpartition(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise LookupError(f"no task {name!r}") from error
    if not getattr(function, _MARK, False):
        raise LookupError(f"{name!r} is not marked as a task")
    return function  # type: ignore[no-any-return]
