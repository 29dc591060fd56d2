"""run_algorithm: any algorithm of the catalogue by name, its result as bounded rows."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from itertools import tee
from typing import Any

import networkx as nx
import numpy as np

from networkx_mcp.analysis import catalogue, keeping
from networkx_mcp.analysis.catalogue import Algorithm, Argument
from networkx_mcp.analysis.corrected import undefined
from networkx_mcp.analysis.corrected.domains import NON_NEGATIVE
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.normalise import Normaliser, UncutTable
from networkx_mcp.analysis.result import Values, table
from networkx_mcp.analysis.task import (
    Facts,
    Params,
    Run,
    check_edge_numbers,
    has_attribute,
    task,
    unknown_attribute,
    weighed,
)
from networkx_mcp.errors import InvalidInput, echoed

#: Edge attributes by these names are numbers for every algorithm that takes them.
_NUMBERS = ("weight", "distance", "capacity")
#: Arguments that name the attribute by which edges are weighed; these algorithms weigh nodes by them.
_WEIGHTS = (*_NUMBERS, "attr", "matching_weight", "edge_weight")
_OF_NODES = frozenset(
    {"max_weight_clique", "approximation.min_weighted_dominating_set", "approximation.min_weighted_vertex_cover"}
)
#: These look whether edges have weights: their answer says itself that none has.
_ASKING = frozenset({"is_weighted", "is_negatively_weighted"})
#: A seed changes how these are found, not what is found; betweenness is sampled only with k.
_EXACT_WITH_SEED = ("algebraic_connectivity", "fiedler_vector", "spectral_ordering")

#: networkx runs for ever on these when an edge joins a node to itself.
_NO_LOOPS = ("threshold.find_creation_sequence", "threshold.find_threshold_graph")


@task
def run_algorithm(graph: LoadedGraph, args: Params) -> Facts:
    """One algorithm of the catalogue.

    Arguments: `name`, `arguments` (nodes and attributes are checked here, against the graph), `limit`, `offset`, `order` (networkx's own order, or by the last column, which must hold
    numbers). Columns depend on the result: node and value, source, target and value, size and nodes,
    ...; a scalar is one row with `value`. A derived graph is its edges, with its size in `graph` and
    nodes that are new or have attributes of their own in `nodes`.
    """
    algorithm = catalogue.algorithms()[args["name"]]
    limit, offset, order = args["limit"], args["offset"], args["order"]
    given: dict[str, Any] = args["arguments"]
    kwargs = call_arguments(graph, algorithm, given)
    facts = {**seeded(algorithm, kwargs), **_weighed(graph, algorithm, given, args)}
    if not facts["exact"]:
        facts["arguments"] = Values().json(given)

    run = Run(graph, algorithm.name)
    labels = kwargs.get("nodelist") or kwargs.get("rc_order")
    normaliser = Normaliser(graph, labels, algorithm.result.split(",") if algorithm.result else None)

    def answer() -> Facts:
        whole = normaliser.rows(run(**kwargs))
        if args.saves:
            _save(graph, args, whole)
        rows = _sorted(whole, order, offset + limit + 1)
        values = Values()
        found = table(rows.columns, rows.rows, limit=limit, total=rows.total, offset=offset, values=values)
        extra = {name: values.json(fact) for name, fact in rows.facts.items()}
        _unfinished(algorithm.name, found, values)
        return {**found, **_bounded(extra, limit, values)}

    return run.report({**run.timed(answer), **facts})


def _save(graph: LoadedGraph, args: Params, whole: UncutTable) -> None:
    """Have all rows become an attribute. Raises InvalidInput where they are of neither nodes nor edges."""
    if "graph" in whole.facts:
        raise InvalidInput("the result is a graph: only results by node or by edge are kept.", at="save_as")
    first, whole.rows = tee(whole.rows)
    args.save(lambda: keeping.by_row(graph, whole.columns, first))


def call_arguments(graph: LoadedGraph, algorithm: Algorithm, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call as networkx takes them. Raises InvalidInput, NotFound for what does not fit the graph."""
    if algorithm.name in _NO_LOOPS and (loop := next(nx.selfloop_edges(graph.nx), None)):
        raise InvalidInput(f"{algorithm.name} knows no self-loops; node {echoed(loop[0])} has one.", field="name")
    negative = algorithm.name not in NON_NEGATIVE
    for field in _NUMBERS:
        if isinstance(given.get(field), str) and not negative:
            check_edge_numbers(graph, given[field], field, required=False, negative=False)
    kwargs = {
        argument.parameter: _value(graph, algorithm, argument, given)
        for argument in algorithm.arguments
        if argument.name in given
    }
    for argument in algorithm.arguments:  # networkx's default weight must be a number too, where there is one
        if (
            argument.name in _WEIGHTS
            and algorithm.name not in _OF_NODES
            and argument.name not in given
            and isinstance(argument.default, str)
        ):
            check_edge_numbers(graph, argument.default, argument.name, required=False, negative=negative)
    return kwargs


def _weighed(graph: LoadedGraph, algorithm: Algorithm, given: dict[str, Any], args: Params) -> Facts:
    """The attribute that edges are weighed by, as a fact; notes of defaults that no edge has and of edges that have none."""
    facts: Facts = {}
    if algorithm.name in _OF_NODES | _ASKING:
        return facts
    for argument in algorithm.arguments:
        if argument.name not in _WEIGHTS or argument.type != "attribute":
            continue
        name = given.get(argument.name, argument.default)
        missing = "1"
        if algorithm.category == "flow":
            missing = "as unlimited" if argument.name == "capacity" else "0"
        used, note = weighed(graph, name if isinstance(name, str) else None, argument.name, missing)
        if argument.name != "capacity":
            facts["weight"] = used
        asked_for_none = argument.name in given and given[argument.name] is None
        if note is not None and not asked_for_none:
            args.notes.append(note)
    return facts


def seeded(algorithm: Algorithm, kwargs: dict[str, Any]) -> Facts:
    """Make random choices repeatable; what the answer says about it."""
    exact = algorithm.category != "approximation" and not algorithm.name.startswith("approximate")
    takes = any(argument.name == "seed" for argument in algorithm.arguments)
    if takes:
        kwargs.setdefault("seed", 0)
    seed = kwargs.get("seed", 0)
    random.seed(seed)  # some algorithms take the global generators, whatever their seed
    np.random.seed(seed)
    if not takes or (
        "k" in {a.name for a in algorithm.arguments} and algorithm.category == "centrality" and "k" not in kwargs
    ):
        return {"exact": exact}
    return {"exact": exact and algorithm.name in _EXACT_WITH_SEED, "seed": seed}


def _value(graph: LoadedGraph, algorithm: Algorithm, argument: Argument, given: dict[str, Any]) -> Any:
    """An argument as networkx takes it. Raises NotFound for nodes and attributes that are not there."""
    value = given[argument.name]
    if value is None:
        return None
    field = argument.name
    match argument.type:
        case "node":
            return _node(graph, value, field)
        case "nodes":
            return [_node(graph, node, field) for node in value]
        case "node_set":
            return {_node(graph, node, field) for node in value}
        case "node_sets":
            return [{_node(graph, node, field) for node in group} for group in value]
        case "pair":
            return tuple(_node(graph, node, field) for node in value)
        case "pairs":
            pairs = [tuple(_node(graph, node, field) for node in pair) for pair in value]
            return set(pairs) if field in ("matching", "cover") else pairs
        case "matching":  # networkx's bipartite matchings are dicts that hold each pair both ways
            ends = [(_node(graph, u, field), _node(graph, v, field)) for u, v in value]
            return dict(ends) | {v: u for u, v in ends}
        case "node_numbers" | "node_values":
            return {_node(graph, node, field): number for node, number in value}
        case "edge_numbers":
            return [(_node(graph, u, field), _node(graph, v, field), number) for u, v, number in value]
        case "attribute":
            return _attribute(graph, algorithm, value, field)
        case "attributes":
            return [_attribute(graph, algorithm, name, field) for name in value]
        case "function":
            package = nx.algorithms.flow if field == "flow_func" else nx.approximation
            return getattr(package, value)
        case _:
            return value


def _node(graph: LoadedGraph, node: Any, field: str) -> Any:
    if not graph.state.has_node(node):
        raise graph.missing(node, field)
    return node


def _attribute(graph: LoadedGraph, algorithm: Algorithm, name: str, field: str) -> str:
    """An attribute that some node or edge has; what weighs edges must be a number of edges."""
    if field in _WEIGHTS and algorithm.name not in _OF_NODES:
        check_edge_numbers(graph, name, field, required=True)
    elif graph.state.n and not has_attribute(graph, name):
        raise unknown_attribute(graph, name, field, "node")
    return name


def _sorted(rows: UncutTable, order: str, most: int) -> UncutTable:
    """The first `most` rows by their last column, nan last; networkx's own order is taken as it comes.

    All rows are made, to be compared, but no more than `most` are kept.
    """
    if order == "networkx":
        return rows
    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        for count, row in enumerate(rows.rows, 1):  # noqa: B007  the number of rows is told afterwards
            if isinstance(row[-1], bool) or not isinstance(row[-1], int | float | np.number):
                raise InvalidInput(
                    f"order: the last column ({rows.columns[-1]}) does not hold numbers; leave order out.",
                    field="order",
                )
            yield row

    sign = -1 if order == "descending" else 1
    first = heapq.nsmallest(most, counted(), key=lambda row: (row[-1] != row[-1], sign * row[-1]))
    return UncutTable(rows.columns, first, count, rows.facts)


def _unfinished(name: str, found: Facts, values: Values) -> None:
    """Note why numbers are nan or infinite. Raises InvalidInput where the answer holds nothing but nan."""
    rows = found["rows"]
    if values.undefined and rows:
        reason: str | None = undefined.why_undefined(name)
        if values.undefined >= len(rows) == found["total"]:
            raise InvalidInput(f"{name} is not defined on this graph: {reason}.")
        values.notes.add(f'"nan" means not defined: {reason}.')
    if values.infinite and (reason := undefined.why_infinite(name)):
        values.notes.add(f'"inf" means infinite: {reason}.')


def _bounded(facts: dict[str, Any], limit: int, values: Values) -> dict[str, Any]:
    """Lists beside the table, cut like it."""
    for name, fact in list(facts.items()):
        if isinstance(fact, list) and len(fact) > limit:
            facts[name] = fact[:limit]
            facts[f"{name}_total"] = len(fact)
            values.notes.add(f"Only the first {limit} of {name} are listed; raise limit for more.")
    return facts
