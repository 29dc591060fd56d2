"""What the packages below the tools know of an analysis: its task, what it costs, what is cheaper, whether its answers are kept.

Each analysis is defined in the file of its tool and handed down with each call. Nothing here imports networkx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.errors import ServiceError

#: Arguments of a task, without the graph; what was not given is absent.
Params: TypeAlias = Mapping[str, Any]
#: In an answer of a task: facts of the run, for metrics, which are no part of the result.
RUN = "_run"
#: In an answer of a task: whether it may be kept; not where a repeat may answer otherwise.
KEEP = "_keep"
#: In an answer that was made though the worker was ended: the outcome of its run, which is no part of the result.
STOPPED = "_stopped"
#: In an answer of a task: what of its result is to become an attribute of the graph (`analysis.keeping`).
SAVE = "_save"


class GraphSize(NamedTuple):
    """What the cost of an analysis depends on."""

    nodes: int
    edges: int
    directed: bool


class Alternative(NamedTuple):
    """Another call, and what it answers instead."""

    analysis: Analysis
    params: dict[str, Any]
    answers: str


def _unknown(_params: Params, _graph: GraphSize) -> tuple[()]:
    return ()


def _any(_params: Params, _directed: bool) -> None:
    """Every graph suits."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis: a task that runs in a worker, or in the API where it is little (`analysis.inline`)."""

    #: What is run (see `workers.task_registry`).
    task: str
    #: Its answers are kept by version of the graph: they take longer to compute than to keep, and are small.
    cached: bool = False
    #: Replicas may have them from each other, through the store: they are tables.
    shared: bool = True
    #: The algorithms that a call will run, as far as its arguments tell; nothing is refused for what is not known.
    calls: Callable[[Params, GraphSize], Iterable[AlgorithmCall]] = _unknown
    #: Cheaper calls, the nearest in meaning first.
    alternatives: Callable[[Params, GraphSize], Iterable[Alternative]] = _unknown
    #: What is answered when the worker was ended, made of what it had told until then (`analysis.progress`) and of the error
    #: that ended it; None in its place where that is not enough.
    stopped: Callable[[Params, Sequence[dict[str, Any]], ServiceError], dict[str, Any] | None] | None = None
    #: Raises InvalidInput where the arguments are not for a graph that is directed, or that is not.
    suits: Callable[[Params, bool], None] = _any
    #: Its tool takes `force`: a call that would take too long may be tried all the same.
    forced: bool = True

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.task.rpartition(":")[2]
