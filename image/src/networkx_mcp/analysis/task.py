"""What all tasks share: arguments, the algorithm called in one place, its time told.

A task is written as ``def f(graph: LoadedGraph, args: Params) -> dict`` and becomes
``f(params, fds)`` by the `task` decorator; one of several graphs takes them one after the other,
``def f(graph: LoadedGraph, other: LoadedGraph, args: Params) -> dict``.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from networkx_mcp.analysis import keeping, show, view
from networkx_mcp.analysis.definition import KEEP, RUN
from networkx_mcp.analysis.loaded_graph import GRAPH_KEYS, NETWORKX, LoadedGraph
from networkx_mcp.analysis.progress import KEY, Progress
from networkx_mcp.analysis.result import rounded
from networkx_mcp.arrays.columns import MISSING, Column
from networkx_mcp.arrays.values import is_number
from networkx_mcp.errors import InvalidInput, NotFound, echoed, nearest_words
from networkx_mcp.workers import task_registry

#: What a task answers: facts by name, rows among them.
Facts = dict[str, Any]
#: Nodes that one argument may name.
_MOST_NODES = 100_000


class Params:
    """The arguments of a task, as its tool checked them: what only the graph can tell is checked here. None counts as absent."""

    def __init__(self, graph: LoadedGraph, params: dict[str, Any]) -> None:
        self.graph = graph
        self._values = {name: value for name, value in params.items() if name not in GRAPH_KEYS}
        #: What the answer must say about how the arguments were taken.
        self.notes: list[str] = []
        #: Whether the result becomes an attribute of the graph.
        self.saves = bool(params.get("save"))
        #: What of the result becomes an attribute, where the call asks for that.
        self.saved: keeping.Values | None = None
        #: Where a task tells what it has found so far.
        self.progress: Progress = params.get(KEY) or Progress()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any:
        value = self._values.get(name)
        return default if value is None else value

    def given(self, name: str) -> bool:
        return self._values.get(name) is not None

    def save(self, values: Callable[[], keeping.Values]) -> None:
        """Have `values()` become an attribute of the graph, where the call asks for that."""
        if self.saves:
            self.saved = values()

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """An integer whose bounds depend on the graph."""
        value: int = self.get(name, default)
        if not low <= value <= high:
            raise InvalidInput(f"{name}: must be an integer from {low} to {high}, not {echoed(value)}.", field=name)
        return value

    def seed(self) -> int:
        """Seed of a random choice; 0 unless given, so that a call repeated gives the same answer."""
        return cast(int, self.get("seed", 0))

    def node(self, name: str) -> str | int:
        """A node of the graph."""
        return self._known(self._values[name], name)

    def nodes(self, name: str) -> list[str | int]:
        """Nodes of the graph, each once."""
        given: list[str | int] = self._values[name]
        if len(given) > _MOST_NODES:
            raise InvalidInput(f"{name}: must be a list of at most {_MOST_NODES} node ids.", field=name)
        return list(dict.fromkeys(self._known(node, name) for node in given))

    def nodes_of(self, part: LoadedGraph, name: str) -> list[str | int]:
        """Nodes of a part of the graph, in the order given, as often as given; none where the argument is absent."""
        given: list[str | int] = self.get(name, [])
        for place, node in enumerate(given):
            if not part.state.has_node(node):
                raise part.missing(node, f"{name}[{place}]")
        return given

    def _known(self, node: str | int, name: str) -> str | int:
        """A node of the graph: itself, or who is called so in the attribute `by`."""
        if self.given("by"):
            from networkx_mcp.analysis import names

            attribute = self._values["by"]
            if self.graph.state.n and self.graph.arrays.frozen.node_table.column(attribute) is None:
                raise unknown_attribute(self.graph, attribute, "by", "node")
            return names.resolve(self.graph, node, attribute, name)
        if not self.graph.state.has_node(node):
            raise self.graph.missing(node, name)
        return node

    def weight(self, default: str | None = None, *, negative: bool = True) -> str | None:
        """The edge attribute to weigh by, None: none. Absent: `default` (networkx's), if an edge has it; "" asks for none.

        An attribute that was named must be on some edge, and be a finite number wherever it is;
        where it is missing networkx counts 1. What was not weighed, though it could be, is noted.
        """
        name = self.get("weight", default)
        if name == "":
            return None
        if name is not None:
            check_edge_numbers(self.graph, name, "weight", required=self.given("weight"), negative=negative)
        used, note = weighed(self.graph, name)
        if note is not None:
            self.notes.append(note)
        return used


#: Edge attributes that a note names.
_NAMED = 5


def weighed(
    graph: LoadedGraph, name: str | None, field: str = "weight", missing: str = "1"
) -> tuple[str | None, str | None]:
    """What edge attribute `name` comes to: itself, or None where no edge has it; and what there is to say, if anything.

    `field` is the argument that would name another, `missing` what an edge without the attribute counts.
    """
    m = graph.state.m
    table = graph.arrays.frozen.edge_table
    column = None if name is None else table.column(name)
    if name is not None and column is not None:
        lacking = m - column.count
        note = f"{lacking} of {m} edges have no attribute {echoed(name)} and count {missing}." if lacking else None
        return name, note
    numeric = [n for n, found in table.columns.items() if found.kind in ("int", "float", "number") and found.count]
    if not numeric or not m:
        return None, None
    why = "" if name is None else f", as none has an attribute {echoed(name)}"
    more = f" and {len(numeric) - _NAMED} more" if len(numeric) > _NAMED else ""
    return None, (
        f"Every edge counts {missing}{why}. Edge attributes that are numbers: {', '.join(map(echoed, numeric[:_NAMED]))}{more}; "
        f"name one as `{field}` to use it."
    )


def check_edge_numbers(graph: LoadedGraph, name: str, field: str, *, required: bool, negative: bool = True) -> None:
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
            f"{field}: attribute {echoed(name)} of edge ({echoed(u)}, {echoed(v)}) is {echoed(value)}, not a finite number. "
            "Correct it with edit_graph, or choose another attribute.",
            field=field,
        )
    raise InvalidInput(
        f"{field}: attribute {echoed(name)} of edge ({echoed(u)}, {echoed(v)}) is {echoed(value)}; this needs values of 0 or more.",
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


def has_attribute(graph: LoadedGraph, name: str) -> bool:
    """Whether some edge or node has the attribute."""
    frozen = graph.arrays.frozen
    return frozen.edge_table.column(name) is not None or frozen.node_table.column(name) is not None


def unknown_attribute(graph: LoadedGraph, name: str, field: str, kind: str) -> NotFound:
    """The error for an attribute that no node (or edge) has, with the names that exist."""
    frozen = graph.arrays.frozen
    names = (frozen.node_table if kind == "node" else frozen.edge_table).names()[:50]
    close = nearest_words(name, names, 3, 0.6)
    near = close or list(names)[:5]
    there = f"{kind.capitalize()} attributes here: {', '.join(map(echoed, near))}."
    if close:
        there = f"Did you mean {', '.join(map(echoed, close))}?"
    elif not near:
        there = f"The {kind}s of this graph have no attributes."
    return NotFound(
        f"{field}: no {kind} has an attribute {echoed(name)}. {there}", kind="attribute", field=field, nearest=near
    )


class Run:
    """One algorithm on one graph: called through the engine that is best at it, and timed."""

    def __init__(self, graph: LoadedGraph, algorithm: str) -> None:
        self.graph = graph
        self.algorithm = algorithm
        self.engine = NETWORKX
        self._seconds = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The algorithm's answer. Raises InvalidInput or NotFound for what networkx would raise."""
        self.graph.prepare(self.algorithm)
        return self.timed(lambda: self._call(args, kwargs))

    def _call(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        value, self.engine = self.graph.call(self.algorithm, args, kwargs)
        return value

    def timed(self, work: Callable[[], Any]) -> Any:
        """`work()` with its time counted and its exceptions explained: for generators, their consumption."""
        started = time.perf_counter()
        try:
            with self.graph.explained(self.algorithm):
                return work()
        finally:
            self._seconds += time.perf_counter() - started

    def report(self, answer: Facts) -> Facts:
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
            RUN: run,
        }

    def _notes(self, answer: Facts) -> Facts:
        remarks = self.graph.remarks
        return {"notes": list(dict.fromkeys([*answer.get("notes", ()), *remarks]))} if remarks else {}


def task(inner: Callable[..., Any]) -> Callable[[dict[str, Any], list[int]], Any]:
    """Make `inner(graph, args)`, or `inner(graph, other, args)`, a task of the worker: `f(params, fds)`."""

    @task_registry.prepared_by(view.prepare)
    @task_registry.task
    @functools.wraps(inner)
    def run(params: dict[str, Any], fds: list[int]) -> Any:
        graph, *others = LoadedGraph.all_of(params, fds)
        if KEY in params:
            params = {**params, KEY: Progress(fds[params[KEY]])}
        asked = params.get("save")
        if asked:
            keeping.check(graph, asked)
        answer = (_on_view if params.get("view") else on_graph)(inner, graph, params, others)
        return keeping.output(graph, asked, answer) if asked else answer

    return run


def _on_view(
    inner: Callable[..., Any], whole: LoadedGraph, params: dict[str, Any], others: Sequence[LoadedGraph]
) -> Any:
    """`on_graph` for the part of the first graph that the call's `view` shows; the answer says what that is."""
    graph, steady = view.seen(whole, params["view"])
    try:
        answer = on_graph(inner, graph, params, others)
    except NotFound as error:
        if error.data.get("kind") != "node":
            raise
        hint = f"{error.hint} The call sees the {graph.state.n} nodes of its view.".strip()
        raise error.moved(error.at, hint) from None
    answer["view"] = view.facts(graph)
    saved: keeping.Values | None = answer.get(keeping.VALUES)
    if saved is not None and graph.part_of is not None:
        answer[keeping.VALUES] = saved.seen_in(graph.part_of[saved.of == "edges"])
    if not steady:
        answer[KEEP] = False
    return answer


def on_graph(
    inner: Callable[..., Any], graph: LoadedGraph, params: dict[str, Any], others: Sequence[LoadedGraph] = ()
) -> Any:
    """Run a task's body (or the task made of it) on graphs that are loaded already; arguments are of the first."""
    body = getattr(inner, "__wrapped__", inner)
    args = Params(graph, params)
    answer = body(graph, *others, args)
    if args.notes and "notes" in answer:
        answer["notes"] = [*answer["notes"], *args.notes]
    if args.given("show") and "columns" in answer:
        show.add(graph, args["show"], answer, args.get("offset", 0))
    if args.saved is not None:
        answer[keeping.VALUES] = args.saved
    return answer
