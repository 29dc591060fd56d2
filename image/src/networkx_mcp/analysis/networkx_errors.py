"""Exceptions of networkx (and of numpy and scipy under it) as errors that tell a caller what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

import networkx as nx

from networkx_mcp.analysis.result import NotConverged
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, NotFound, ServiceError, echoed

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
        raise _unsuitable(error, state, algorithm) from error


def translated(error: nx.NetworkXException, state: GraphState, algorithm: str) -> ServiceError:
    """The error of this service for an exception of networkx."""
    text = in_words(error, state)
    kind = "directed" if state.directed else "undirected"
    match error:
        case nx.NodeNotFound():
            return refusal(
                algorithm, "a node that it was given is not in the graph.", NotFound, kind="node", nearest=[]
            )
        case nx.PowerIterationFailedConvergence():
            return _not_converged(error, algorithm)
        case nx.NetworkXNotImplemented():
            return _not_implemented(text, algorithm, kind)
        case nx.NetworkXNoPath() if "disconnected" in text:
            return refusal(algorithm, "defined for connected graphs only; this graph is not.")
        case nx.NetworkXNoPath():
            way = " along the direction of edges" if state.directed else ""
            return refusal(
                algorithm, f"no path. The nodes it was given are not joined{way}.", NotFound, kind="path", nearest=[]
            )
        case nx.NetworkXNoCycle():
            return refusal(algorithm, "the graph has no such cycle.", NotFound, kind="cycle", nearest=[])
        case nx.NetworkXUnbounded():
            return InvalidInput(
                f"{algorithm} has no finite answer: {text or 'unbounded'}. Negative cycles and paths of "
                "unlimited capacity cause this: check the weights or capacities, or use the graph unweighted.",
                field="weight",
            )
        case nx.NetworkXUnfeasible():
            return InvalidInput(f"{algorithm} has no answer on this graph: {text or 'not feasible'}.")
        case nx.NetworkXPointlessConcept():
            return InvalidInput(f"{algorithm} is not defined on an empty graph. Add nodes first.")
        case nx.AmbiguousSolution():
            text = text or "it has several answers here"
            return refusal(algorithm, f"{text}. Name the nodes explicitly (for example top_nodes).")
        case nx.HasACycle():
            return InvalidInput(f"{algorithm} needs a graph without cycles; this one has some.")
        case _:
            return refusal(algorithm, f"{text}.") if text else InvalidInput(_cannot(state, algorithm))


#: Words of networkx that call for Python, and what a caller can do; the first that fits. Ids of nodes are in some: none is
#: repeated, because they are texts of others.
_OURS: tuple[tuple[str, str], ...] = (
        (r"self.?loops? (which )?is not permitted|no self.?loops|Self.?loops are not|Self loop found",
         "a graph without self-loops is needed, and this one has some; edit_graph removes edges"),
        (r"edgeless graph", "a graph with edges is needed"),
        (r"valid partition|partition invalid|not a partition", "the groups must hold every node exactly once"),
        (r"sets (x, y, included )?are not disjoint|not disjoint", "the sets of nodes that it was given share nodes"),
        (r"restricted set", "the separating set must lie within `restricted`"),
        (r"Included nodes", "the nodes of `included` must lie within the separating set"),
        (r"not an independent set", "the nodes that it was given have edges among them, or one to itself"),
        (r"do not form a clique", "the nodes that it was given are no clique: each must have an edge to each other"),
        (r"community information", "every node needs the attribute with its community that `community` names"),
        (r"\(and all nodes\) must have", "every node needs the attribute that `pos_name` names"),
        (r"requested weight field|weight field of node", "every node needs an integer in the attribute that `weight` names"),
        (r"Not all nodes have a", "every node needs the attribute that `time` names"),
        (r"isolated source node", "the source has no edges"),
        (r"^Edge .* does not exist", "there is no edge between the two nodes that it was given"),
        (r"Contradictory paths", "the weights must not be below 0; name another attribute, or none"),
        (r"Must provide all|duplicates|no repeats|duplicate nodes|contained duplicates",
         "a list of nodes that it was given is incomplete or names a node twice"),
        (r"nodes to project onto", "the nodes to project onto must be a part of the graph, each once, and not all of it"),
        (r"edges? weights? .*(positive|negative)|negative.weighted|negative edge weights|nonnegative",
         "the weights must not be below 0; name another attribute, or none"),
        (r"not a complete|must be a complete", "a graph with an edge between each two nodes is needed"),
        (r"initial vector cannot have all zero", "nstart must hold a number other than 0"),
        (r"Number random pairs", "it would take more pairs than kmax allows: raise kmax or epsilon"),
        (r"root. must be provided", "root must be given for a directed graph"),
        (r"null graph|[Ee]mpty [Gg]raph|no nodes or edges|empty list|non-empty", "a graph (or a list) with nodes is needed"),
        (r"treewidth_bound", "treewidth_bound is passed: raise it"),
        (r"infeasible|does not contain a perfect matching", "no matching holds every node"),
        (r"has fewer than four nodes", "a graph of four nodes or more is needed"),
        (r"number_of_sets", "number_of_sets must be from 1 to the number of nodes"),
)  # fmt: skip
#: What is left of Python after that: names, calls, values and types as Python writes them.
_PYTHON = re.compile(
    r"\w\(\)|\w+\(\w+\)\.|\bnx\.|\bG\.|\b(len|set|dict|list|tuple|range|frozenset|max|min|repr|str|int|float|bool|iter)\(|NoneType|"
    r"\bNone\b|\bNaN|\bnan\b|\b(Multi)?(Di)?Graph with\b|object|attribute '|operand|iterable|subscript|unpack|sequence|"
    r"argument '|keyword|positional|array|shape|dtype|scipy|numpy|\bndarray|unhashable|instance|traceback|Error\b|Exception|"
    r"\bstr\b|\bint\b|\bdict\b|\blen\b|recursion|[\[{]|errno|\(\'|Something went wrong|domain error|[Ss]ingular|`v0`|satisfying|floating|[A-Z]+PACK|_\w+\("
)
#: Words of networkx for what callers call otherwise.
_SAID: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (
        r"\b(the )?([Ii]nput |provided )?(graph|Graph) G\b|\bthe input graph\b|\bInput graph\b|\binput graph\b",
        "the graph",
    ),
    (r"\bG\b", "the graph"),
    (r"\b(Multi)?DiGraphs?\b|\bdigraphs?\b", "directed graph"),
    (r"\bGraph(s?)\b", r"graph\1"),
    (r"\bNetworkX\b", "networkx"),
    (
        r"^(The|A|An|Cannot|No|Not|Both|Every|Each|This|Maximum|Number|Tree|Disconnected)\b",
        lambda found: found[0].lower(),
    ),
)
#: Ids that a message may hold as they are: words that say nothing.
_WORD = re.compile(r"\w{0,20}", re.ASCII)


def in_words(error: BaseException, state: GraphState) -> str:
    """What an exception of a library says, in one sentence without Python; empty where it says nothing else."""
    text = ". ".join(str(part) for part in error.args) if error.args else ""
    text = " ".join(text.split()).strip().rstrip(".!")
    for pattern, words in _OURS:
        if re.search(pattern, text):
            return words
    if _PYTHON.search(text) or len(text) > _LONGEST:
        return ""
    for pattern, said in _SAID:
        text = re.sub(pattern, said, text)
    if any(len(node) > 3 and not _WORD.fullmatch(node) and node in text for node in state.nodes() if type(node) is str):
        return ""  # what others have written is not said again
    return text.replace("'", '"')


#: Characters of a sentence of a library that is taken over.
_LONGEST = 300


def _cannot(state: GraphState, algorithm: str) -> str:
    """That the algorithm cannot answer, where nothing better is known."""
    nodes, edges = (
        f"{count} {what}{'' if count == 1 else 's'}" for count, what in ((state.n, "node"), (state.m, "edge"))
    )
    return (
        f"{algorithm} has no answer for this graph ({nodes}, {edges}) with these arguments. find_algorithms with its `name` "
        "tells what it takes."
    )


def refusal(algorithm: str, why: str, of: type[ServiceError] = InvalidInput, /, **facts: Any) -> ServiceError:
    """The error that names the algorithm before `why`, which is a fact, too (`reason`): who has named it says that alone."""
    return of(f"{algorithm}: {why}", reason=why, **facts)


def _not_converged(error: BaseException, algorithm: str) -> ServiceError:
    found = re.search(r"within (-?\d+) iterations", str(error.args))
    if found and int(found[1]) < 1:
        return refusal(algorithm, "max_iter must be 1 or more.", field="max_iter")
    within = f" within {found[1]} iterations" if found else ""
    return NotConverged(
        f"{algorithm} did not converge{within}. Raise max_iter, or raise tol for a coarser answer.", field="max_iter"
    )


def _not_implemented(text: str, algorithm: str, kind: str) -> ServiceError:
    """`graph` is in its data where the type of the graph is what is wrong."""
    refused = re.search(r"not implemented for (\w+(?: graph)?) type", text)
    if refused and refused.group(1).removesuffix(" graph") == kind:
        wanted = "undirected" if kind == "directed" else "directed"
        return refusal(
            algorithm,
            f"defined for {wanted} graphs only; this graph is {kind}. "
            f"Choose an algorithm for {kind} graphs (find_algorithms tells), or create a graph that is {wanted}.",
            field="algorithm",
            graph=kind,
        )
    return refusal(algorithm, f"{text or 'not implemented for this graph'}.", field="algorithm")


def _unsuitable(error: BaseException, state: GraphState, algorithm: str) -> ServiceError:
    """The error for an exception that no library meant for callers: by its kind, and by its words only if they are words."""
    text = str(error)
    if isinstance(error, TypeError) and ("'str' and 'int'" in text or "'int' and 'str'" in text):
        return InvalidInput(
            f"{algorithm} compares ids, and this graph has strings and integers among them. Give all nodes ids of one type."
        )
    if "can be compared" in text or "not supported between" in text:
        return InvalidInput(
            f"{algorithm} compares ids, and those of this graph do not compare. Give all ids of one type."
        )
    if isinstance(error, RecursionError):
        return InvalidInput(f"{algorithm} recurses too deeply on this graph. Use an iterative algorithm.")
    if isinstance(error, NameError):
        return InvalidInput(f"{algorithm} cannot run with these arguments: with so few iterations it has no result.")
    if "rpack" in type(error).__name__.lower():
        return NotConverged(f"{algorithm} did not converge. Raise max_iter, or raise tol.", field="max_iter")
    if isinstance(error, ZeroDivisionError):
        return InvalidInput(f"{algorithm} is not defined on this graph (division by zero: too small or without edges).")
    if isinstance(error, OverflowError) or ("out of range" in text and "Numerical" in text):
        return refusal(algorithm, "a number that it was given, or that it comes to, is past every float.")
    if isinstance(error, KeyError) and error.args and " " not in str(error.args[0]):
        return InvalidInput(
            f"{algorithm} cannot run here: {echoed(error.args[0])} is missing "
            "(a node, or an attribute that every node or edge must have)."
        )
    words = in_words(error, state) if isinstance(error, ValueError | KeyError | TypeError) else ""
    return refusal(algorithm, f"{words}.") if words else InvalidInput(_cannot(state, algorithm))


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
