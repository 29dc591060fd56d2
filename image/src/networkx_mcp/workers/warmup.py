"""Typical calls on a small graph, before the first real one: in the zygote, and in each worker that is forked ahead.

What code does only once (libraries that it loads, tables that it reads, the interpreter's own specialisation of
functions that ran a few times) every worker then has from the zygote. What it writes to, reference counts above all,
is a page shared with the zygote until the first write copies it: a worker forked ahead does that before its call comes.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from networkx_mcp.arrays.edits import AddEdges, Pair
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.workers import frames, task_registry

#: Rounds in the zygote: CPython specialises a function that has run eight times.
TIMES = 10
#: Tasks with their arguments, of a graph with nodes n0 to n7 and weights; modules that the zygote imports add theirs.
CALLS: tuple[tuple[str, dict[str, Any]], ...] = ()


def rehearse(times: int = 1, enough: Callable[[], bool] = lambda: False) -> None:
    """Run the calls `times` over, until there is `enough`. Never raises: without it calls are slower, not wrong."""
    try:
        for _ in play(times):
            if enough():
                break
    except Exception:
        print("rehearsal failed:", traceback.format_exc(limit=-3), file=sys.stderr)


def play(times: int = 1) -> Iterator[Any]:
    """The answers of CALLS `times` over, each encoded once, after a None for the graph. Raises what they raise."""
    names = [f"n{number}" for number in range(8)]
    edges: list[Pair] = [(names[u], names[v]) for u in range(8) for v in range(u + 1, 8) if (u + v) % 3]
    state = GraphState(None, directed=False)
    state.apply([AddEdges(edges, [{"weight": 1 + place % 4} for place in range(len(edges))])])
    graph = state.freeze()
    yield None
    for task, arguments in CALLS * times:
        params = {"graphs": [{"base": 0, "directed": False, "batches": ()}], **arguments}
        answer = task_registry.resolve(task)(params, [os.dup(graph.fd)])  # it owns its descriptor
        frames.encode(frames.Done(answer, 0.0, 0), frames.RESULT_MAX_BYTES)
        yield answer
