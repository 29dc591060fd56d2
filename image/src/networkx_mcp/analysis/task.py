"""What all tasks share: arguments read with checks, the algorithm called in one place, its time told.

A task is written as ``def f(graph: Loaded, args: Arguments) -> dict`` and becomes
``f(params, fds)`` by the `task` decorator; one of several graphs takes them one after the other,
``def f(graph: Loaded, other: Loaded, args: Arguments) -> dict``.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import GRAPH_KEYS, Loaded
from networkx_mcp.analysis.networkx_errors import explained
from networkx_mcp.analysis.result import MAX_ROWS, rounded
from networkx_mcp.arrays.columns import MISSING, Column
from networkx_mcp.arrays.values import is_number
from networkx_mcp.errors import InvalidInput, NotFound, nearest_words, told
from networkx_mcp.workers import task_registry

Answer = dict[str, Any]
engine.load()


class Arguments:
    """The arguments of a task. None counts as absent; a name that no task reads is refused."""

    def __init__(self, graph: Loaded, params: dict[str, Any]) -> None:
        self.graph = graph
        self._values = {name: value for name, value in params.items() if name not in GRAPH_KEYS}
        self._read: set[str] = set()
        #: What the answer must say about how the arguments were taken.
        self.notes: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self._read.add(name)
        value = self._values.get(name)
        return default if value is None else value

    def given(self, name: str) -> bool:
        return self._values.get(name) is not None

    def finish(self) -> None:
        """Refuse arguments that the task did not look at: a misspelt one would be ignored silently."""
        unknown = [name for name, value in self._values.items() if name not in self._read and value is not None]
        if unknown:
            raise InvalidInput(
                f"{unknown[0]}: not an argument here. Arguments: {', '.join(sorted(self._read))}.", field=unknown[0]
            )

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self.get(name, default)
        if value not in choices:
            near = nearest_words(str(value), choices, 1, 0.6)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InvalidInput(
                f"{name}: {told(value)} is not one of {', '.join(choices)}.{hint}", field=name, allowed=list(choices)
            )
        return cast(str, value)

    def integer(self, name: str, default: int | None, low: int, high: int) -> int:
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidInput(f"{name}: must be an integer from {low} to {high}, not {told(value)}.", field=name)
        return value

    def number(self, name: str, default: float | None, low: float = -math.inf, high: float = math.inf) -> float:
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InvalidInput(f"{name}: must be a number from {low} to {high}, not {told(value)}.", field=name)
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.get(name, default)
        if not isinstance(value, bool):
            raise InvalidInput(f"{name}: must be true or false, not {told(value)}.", field=name)
        return value

    def limit(self, default: int = 20, high: int = MAX_ROWS) -> int:
        return self.integer("limit", default, 1, high)

    def offset(self) -> int:
        return self.integer("offset", 0, 0, 2**31)

    def seed(self) -> int:
        """Seed of a random choice; 0 unless given, so that a call repeated gives the same answer."""
        return self.integer("seed", 0, 0, 2**32 - 1)

    def node(self, name: str) -> str | int:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidInput(f"{name}: must be a node id (a string or an integer), not {told(value)}.", field=name)
        if not self.graph.state.has_node(value):
            raise self.graph.state.missing(value, name)
        return value

    def nodes(self, name: str, maximum: int = 100_000) -> list[str | int]:
        value = self.get(name)
        if not isinstance(value, list) or len(value) > maximum:
            raise InvalidInput(f"{name}: must be a list of at most {maximum} node ids.", field=name)
        state = self.graph.state
        for node in value:
            if isinstance(node, bool) or not isinstance(node, str | int):
                raise InvalidInput(f"{name}: {told(node)} is not a node id (a string or an integer).", field=name)
            if not state.has_node(node):
                raise state.missing(node, name)
        return list(dict.fromkeys(value))

    def weight(self, default: str | None = None, *, negative: bool = True) -> str | None:
        """The edge attribute to weigh by, None: none. Absent: `default` (networkx's), if an edge has it; "" asks for none.

        An attribute that was named must be on some edge, and be a finite number wherever it is;
        where it is missing networkx counts 1. What was not weighed, though it could be, is noted.
        """
        name = self.get("weight", default)
        if name == "":
            return None
        if name is not None and not isinstance(name, str):
            raise InvalidInput(f"weight: must be the name of an edge attribute, not {told(name)}.", field="weight")
        if name is not None:
            check_edge_numbers(self.graph, name, "weight", required=self.given("weight"), negative=negative)
        used, note = weighed(self.graph, name)
        if note is not None:
            self.notes.append(note)
        return used


#: Edge attributes that a note names.
_NAMED = 5


def weighed(
    graph: Loaded, name: str | None, field: str = "weight", missing: str = "1"
) -> tuple[str | None, str | None]:
    """What edge attribute `name` comes to: itself, or None where no edge has it; and what there is to say, if anything.

    `field` is the argument that would name another, `missing` what an edge without the attribute counts.
    """
    m = graph.state.m
    table = graph.arrays.frozen.edge_table
    column = None if name is None else table.column(name)
    if name is not None and column is not None:
        lacking = m - column.count
        note = f"{lacking} of {m} edges have no attribute {told(name)} and count {missing}." if lacking else None
        return name, note
    numeric = [n for n, found in table.columns.items() if found.kind in ("int", "float", "number") and found.count]
    if not numeric or not m:
        return None, None
    why = "" if name is None else f", as none has an attribute {told(name)}"
    more = f" and {len(numeric) - _NAMED} more" if len(numeric) > _NAMED else ""
    return None, (
        f"Every edge counts {missing}{why}. Edge attributes that are numbers: {', '.join(map(told, numeric[:_NAMED]))}{more}; "
        f"name one as `{field}` to use it."
    )


def check_edge_numbers(graph: Loaded, name: str, field: str, *, required: bool, negative: bool = True) -> None:
    """Raise unless edge attribute `name` is a finite number wherever an edge has it.

    `required`: at least one edge must have it (unless there are no edges). `negative`: below 0 is fine.
    """
    column = graph.arrays.frozen.edge_table.column(name)
    if column is None:
        if required and graph.state.m:
            raise unknown_attribute(graph, name, field, "edge")
        return
    bad = _first_bad(column, negative)
    if bad is None:
        return
    frozen = graph.arrays.frozen
    u, v = frozen.ids_of([int(frozen.src[bad]), int(frozen.dst[bad])])
    value = column.get(bad)
    if not is_number(value):
        raise InvalidInput(
            f"{field}: attribute {told(name)} of edge ({told(u)}, {told(v)}) is {told(value)}, not a finite number. "
            "Correct it with edit_graph, or choose another attribute.",
            field=field,
        )
    raise InvalidInput(
        f"{field}: attribute {told(name)} of edge ({told(u)}, {told(v)}) is {told(value)}; this needs values of 0 or more.",
        field=field,
    )


def _first_bad(column: Column, negative: bool) -> int | None:
    """The first row whose value is no finite number, or below 0 where that is not allowed."""
    if column.kind in ("int", "float", "number"):
        values = column.values.fill_null(0).to_numpy(zero_copy_only=False)
        bad = np.flatnonzero(~np.isfinite(values) if negative else ~(np.isfinite(values) & (values >= 0)))
        return int(bad[0]) if len(bad) else None
    for row, value in enumerate(column.to_list()):
        if value is MISSING:
            continue
        if not is_number(value):
            return row
        if value < 0 and not negative:
            return row
    return None


def has_attribute(graph: Loaded, name: str) -> bool:
    """Whether some edge or node has the attribute."""
    frozen = graph.arrays.frozen
    return frozen.edge_table.column(name) is not None or frozen.node_table.column(name) is not None


def unknown_attribute(graph: Loaded, name: str, field: str, kind: str) -> NotFound:
    """The error for an attribute that no node (or edge) has, with the names that exist."""
    frozen = graph.arrays.frozen
    names = (frozen.node_table if kind == "node" else frozen.edge_table).names()[:50]
    near = nearest_words(name, names, 3, 0.6) or list(names)[:5]
    there = (
        f"{kind.capitalize()} attributes here: {', '.join(map(told, near))}."
        if near
        else (f"The {kind}s of this graph have no attributes.")
    )
    return NotFound(
        f"{field}: no {kind} has an attribute {told(name)}. {there}", kind="attribute", field=field, nearest=near
    )


class Run:
    """One algorithm on one graph: called through the engine that is best at it, and timed."""

    def __init__(self, graph: Loaded, algorithm: str) -> None:
        self.graph = graph
        self.algorithm = algorithm
        self.engine = engine.NETWORKX
        self._seconds = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The algorithm's answer. Raises InvalidInput or NotFound for what networkx would raise."""
        _ = self.graph.nx if engine.needs_networkx(self.algorithm) else None  # conversion is not the algorithm's time
        return self.timed(lambda: self._call(args, kwargs))

    def _call(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        value, self.engine = engine.call(self.graph, self.algorithm, args, kwargs)
        return value

    def timed(self, work: Callable[[], Any]) -> Any:
        """`work()` with its time counted and its exceptions explained: for generators, their consumption."""
        started = time.perf_counter()
        try:
            with explained(self.graph.state, self.algorithm):
                return work()
        finally:
            self._seconds += time.perf_counter() - started

    def report(self, answer: Answer) -> Answer:
        """`answer` with the facts of this run added; `_run` is for the metrics of the API process."""
        seconds = rounded(self._seconds)
        run = {
            "algorithm": self.algorithm,
            "engine": self.engine,
            "seconds": seconds,
            "elements": self.graph.elements,
        }
        return {
            "algorithm": self.algorithm,
            "engine": self.engine,
            "seconds": seconds,
            "exact": True,
            **answer,
            **self._notes(answer),
            "_run": run,
        }

    def _notes(self, answer: Answer) -> Answer:
        remarks = self.graph.remarks
        return {"notes": list(dict.fromkeys([*answer.get("notes", ()), *remarks]))} if remarks else {}


def task(inner: Callable[..., Any]) -> Callable[[dict[str, Any], list[int]], Any]:
    """Make `inner(graph, args)`, or `inner(graph, other, args)`, a task of the worker: `f(params, fds)`."""

    @task_registry.task
    @functools.wraps(inner)
    def run(params: dict[str, Any], fds: list[int]) -> Any:
        graph, *others = Loaded.all_of(params, fds)
        return on_graph(inner, graph, params, others)

    return run


def on_graph(inner: Callable[..., Any], graph: Loaded, params: dict[str, Any], others: Sequence[Loaded] = ()) -> Any:
    """Run a task's body (or the task made of it) on graphs that are loaded already; arguments are of the first."""
    body = getattr(inner, "__wrapped__", inner)
    args = Arguments(graph, params)
    answer = body(graph, *others, args)
    if args.notes and "notes" in answer:
        answer["notes"] = [*answer["notes"], *args.notes]
    return answer
