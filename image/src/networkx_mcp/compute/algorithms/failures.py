"""Exceptions of networkx (and of numpy and scipy under it) as errors that tell a caller what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

import networkx as nx

from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, NotFound, ServiceError

_LIBRARIES = frozenset({"networkx", "scipy", "numpy"})


@contextmanager
def explained(state: GraphState, algorithm: str) -> Iterator[None]:
    """Raise InvalidInput or NotFound with a helpful text for what `algorithm` raises.

    MemoryError passes through: the worker reports it. So do errors of our own code, which are bugs.
    """
    try:
        yield
    except (ServiceError, MemoryError):
        raise
    except nx.NetworkXException as error:
        raise translated(error, state, algorithm) from error
    except Exception as error:  # libraries raise what they like for an input that does not suit them
        if not _from_library(error):
            raise
        raise _unsuitable(error, algorithm) from error


def translated(error: nx.NetworkXException, state: GraphState, algorithm: str) -> ServiceError:
    """The error of this service for an exception of networkx."""
    text = str(error).strip().rstrip(".")
    kind = "directed" if state.directed else "undirected"
    match error:
        case nx.NodeNotFound():
            return NotFound(f"{algorithm}: {text}.", kind="node", nearest=[])
        case nx.PowerIterationFailedConvergence():
            return InvalidInput(
                f"{algorithm} did not converge ({text}). Raise max_iter, or raise tol for a coarser answer.",
                field="max_iter",
            )
        case nx.NetworkXNotImplemented():
            return _not_implemented(text, algorithm, kind)
        case nx.NetworkXNoPath():
            return NotFound(f"{algorithm}: no path. {text}.", kind="path", nearest=[])
        case nx.NetworkXNoCycle():
            return NotFound(f"{algorithm}: the graph has no such cycle.", kind="cycle", nearest=[])
        case nx.NetworkXUnbounded():
            return InvalidInput(
                f"{algorithm} has no finite answer: {text or 'unbounded'}. Negative cycles and paths of "
                "unlimited capacity cause this: check the weights or capacities, or use the graph unweighted.",
                field="weight",
            )
        case nx.NetworkXUnfeasible():
            return InvalidInput(f"{algorithm} has no answer on this graph: {text or 'not feasible'}.")
        case nx.NetworkXPointlessConcept():
            return InvalidInput(f"{algorithm} is not defined on an empty graph ({text}). Add nodes first.")
        case nx.AmbiguousSolution():
            return InvalidInput(f"{algorithm}: {text}. Name the nodes explicitly (for example top_nodes).")
        case nx.HasACycle():
            return InvalidInput(f"{algorithm} needs a graph without cycles: {text}.")
        case _:
            return InvalidInput(f"{algorithm}: {text or type(error).__name__}.")


def _not_implemented(text: str, algorithm: str, kind: str) -> InvalidInput:
    """`graph` is in its data where the type of the graph is what is wrong."""
    refused = re.search(r"not implemented for (\w+) type", text)
    if refused and refused.group(1) == kind:
        wanted = "undirected" if kind == "directed" else "directed"
        return InvalidInput(
            f"{algorithm}: defined for {wanted} graphs only; this graph is {kind}. "
            f"Choose an algorithm for {kind} graphs (find_algorithms tells), or create a graph that is {wanted}.",
            field="algorithm",
            graph=kind,
        )
    return InvalidInput(f"{algorithm}: {text or 'not implemented for this graph'}.", field="algorithm")


def _unsuitable(error: BaseException, algorithm: str) -> InvalidInput:
    if isinstance(error, TypeError) and ("'str' and 'int'" in str(error) or "'int' and 'str'" in str(error)):
        return InvalidInput(
            f"{algorithm} compares ids, and this graph has strings and integers among them ({error}). "
            "Give all nodes ids of one type."
        )
    if isinstance(error, RecursionError):
        return InvalidInput(f"{algorithm} recurses too deeply on this graph. Use an iterative algorithm.")
    name = type(error).__name__
    if isinstance(error, KeyError) and " " in str(error.args[0] if error.args else ""):
        return InvalidInput(f"{algorithm}: {str(error.args[0]).rstrip('.')}.")
    if isinstance(error, KeyError) and error.args:
        return InvalidInput(
            f"{algorithm} cannot run here: {error.args[0]!r} is missing "
            "(a node, or an attribute that every node or edge must have)."
        )
    if isinstance(error, ZeroDivisionError):
        return InvalidInput(f"{algorithm} is not defined on this graph (division by zero: too small or without edges).")
    if isinstance(error, NameError):
        return InvalidInput(f"{algorithm} cannot run with these arguments: with so few iterations it has no result.")
    if "Arpack" in name:
        return InvalidInput(f"{algorithm} did not converge ({error}). Raise max_iter, or raise tol.", field="max_iter")
    return InvalidInput(f"{algorithm} cannot run on this graph with these arguments: {str(error) or name}.")


def _from_library(error: BaseException) -> bool:
    """Whether the exception was raised inside networkx, numpy or scipy, not in our own code."""
    trace = error.__traceback__
    frames = []
    while trace is not None:
        frames.append(PurePath(trace.tb_frame.f_code.co_filename).parts)
        trace = trace.tb_next
    # Our own code may be called back by a library: the innermost of the two families decides.
    for parts in reversed(frames):
        if "networkx_mcp" in parts:
            return False
        if not _LIBRARIES.isdisjoint(parts):
            return True
    return False
