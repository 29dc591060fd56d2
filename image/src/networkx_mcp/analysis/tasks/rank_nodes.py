"""rank_nodes: centralities and other numbers of nodes (and edges), highest first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from networkx_mcp.analysis import keeping, sampling
from networkx_mcp.analysis.corrected import undefined
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import NotConverged, table
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.backend.kernels.degrees import degrees
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.errors import InvalidInput
from networkx_mcp.vocabulary import MEASURES, Measure

#: Which element of a result of hits (hubs and authorities) holds the scores.
_PART = {"hits": 1, "hubs": 0}
#: Defaults that differ from networkx's because they change only when it gives up.
FIXED: dict[str, dict[str, Any]] = {"eigenvector": {"max_iter": 1000}}


@task
def rank_nodes(graph: LoadedGraph, args: Params) -> Facts:
    """Nodes by a measure, highest first; equal scores in node order.

    Arguments: `measure` (of MEASURES), `weight` (edge attribute; "" for none), `limit`, `offset`,
    `nodes` (only these, with their rank among all), `sample` and `seed` (betweenness from that many
    sources instead of all), `normalized`, `endpoints`, `alpha`, `max_iter`, `tol` as in networkx.
    Rows: rank, node, score (edge_betweenness: rank, source, target, score).
    """
    name = args["measure"]
    measure = MEASURES[name]
    limit, offset = args["limit"], args["offset"]
    weight = args.weight(measure.default_weight, negative=measure.negative) if measure.weighted else None
    options = {option: args[option] for option in measure.options if args.given(option)}
    wanted = args.nodes("nodes") if args.given("nodes") else None
    facts: Facts = {"measure": name, "weight": weight, **_sample(graph, args, name, options)}

    run = Run(graph, measure.algorithm)
    scores = scored(graph, run, name, measure, weight, options)
    _defined(graph, measure.algorithm, scores)
    edges = name == "edge_betweenness"
    args.save(lambda: keeping.by_edge(graph, scores.items()) if edges else keeping.by_node(graph, scores))
    if isinstance(scores, NodeValues) and scores.rows is None and wanted is None:
        return run.report({**_top(scores, limit, offset), **facts})
    order = graph.order  # networkx's dicts are not all in node order
    items = list(scores.items()) if edges else sorted(scores.items(), key=lambda item: order[item[0]])
    ranked = sorted(items, key=lambda item: _descending(item[1]))
    rows = [[rank, *(key if edges else (key,)), _number(score)] for rank, (key, score) in enumerate(ranked, 1)]
    if wanted is not None:
        keep = set(wanted)
        rows = [row for row in rows if row[1] in keep or (edges and row[2] in keep)]
    columns = ["rank", "source", "target", "score"] if edges else ["rank", "node", "score"]
    return run.report({**table(columns, rows, limit=limit, offset=offset), **facts})


def _defined(graph: LoadedGraph, algorithm: str, scores: Any) -> None:
    """Remark on scores that are not defined. Raises InvalidInput where none is."""
    values = scores.array if isinstance(scores, NodeValues) else list(scores.values())
    if isinstance(values, np.ndarray) and values.dtype.kind != "f":
        return
    without = int(np.isnan(values).sum()) if isinstance(values, np.ndarray) else sum(v != v for v in values)
    if not without:
        return
    reason = undefined.why_undefined(algorithm)
    if without == len(values):
        raise InvalidInput(f"{algorithm} is not defined on this graph: {reason}.", field="measure")
    graph.remark(f"{without} without a score, last: {reason}.")


def _number(score: Any) -> Any:
    return None if score != score else score


def _top(scores: NodeValues, limit: int, offset: int) -> Facts:
    """The same table from arrays: only rows that are answered get their ids."""
    keys = scores.array
    keys = np.where(np.isnan(keys), np.inf, -keys) if keys.dtype.kind == "f" else -keys
    end = min(offset + limit, len(keys))
    if end < len(keys):
        candidates = np.flatnonzero(keys <= np.partition(keys, end)[end])
        chosen = candidates[np.argsort(keys[candidates], kind="stable")]
    else:
        chosen = np.argsort(keys, kind="stable")
    chosen = chosen[offset:end]
    nodes = scores.graph.frozen.ids_of(chosen.tolist())
    ranked = zip(range(offset + 1, end + 1), nodes, map(_number, scores.array[chosen].tolist()), strict=True)
    answer = table(["rank", "node", "score"], [list(row) for row in ranked], limit=limit)
    cut = offset + len(answer["rows"])
    more = cut < len(keys) and offset < len(keys)
    return {**answer, "total": len(keys), "truncated": more, "next_offset": cut if more else None}


def _sample(graph: LoadedGraph, args: Params, name: str, options: dict[str, Any]) -> Facts:
    """Put sampling into `options`; what the answer says about it."""
    if not args.given("sample"):
        return {}
    sample, seed = args["sample"], args.seed()
    if sample >= graph.state.n:
        return {}
    options.update(k=sample, seed=seed)
    facts: Facts = {"exact": False, "sample": sample, "seed": seed}
    if name == "betweenness" and options.get("normalized", True) and not options.get("endpoints", False):
        facts["error_bound"] = float(f"{sampling.sample_error(graph.state.n, sample):.2g}")
    return facts


def scored(
    graph: LoadedGraph, run: Run, name: str, measure: Measure, weight: str | None, options: dict[str, Any]
) -> dict[Any, Any]:
    """A measure of every node, whoever asks for it; `options` come before FIXED."""
    options = {**FIXED.get(name, {}), **options}
    if measure.algorithm == "hits":  # networkx's hits weighs by the attribute "weight", always
        return _hits(graph, run, _PART[name], weight, options)
    if measure.weighted:
        options[measure.parameter] = weight
    try:
        scores: dict[Any, Any] = run(**options)
    except NotConverged as error:
        if name == "katz":
            raise _katz_alpha(graph, error) from error
        raise
    return scores


def _hits(graph: LoadedGraph, run: Run, part: int, weight: str | None, options: dict[str, Any]) -> dict[Any, Any]:
    # here, because they load networkx and scipy, which the API has no need of
    from networkx_mcp.analysis.corrected.spectra import NOTHING_POINTS, rounded, weighs
    from networkx_mcp.backend.kernels import spectral

    takes = {"max_iter": 100, "tol": 1e-8, "normalized": True, **options}
    if not weighs(graph, weight):
        raise NOTHING_POINTS
    try:
        found = run.timed(lambda: spectral.hits_by(graph.arrays, weight, nstart=None, **takes))
    except Unsuited:  # integers that floats do not hold exactly: near enough
        found = run.timed(lambda: spectral.hits_by(rounded(graph, weight).arrays, "weight", nstart=None, **takes))
    run.engine = spectral.ENGINE
    return found[part]  # type: ignore[no-any-return]


def _katz_alpha(graph: LoadedGraph, error: InvalidInput) -> InvalidInput:
    """The spectral radius is at most the largest degree, so alpha below its inverse converges."""
    largest = int(degrees(graph.arrays).max(initial=0))
    return InvalidInput(
        f"{error.message} Katz converges when alpha is below 1/(largest eigenvalue); "
        f"alpha below {1 / max(largest, 1):.3g} (1/largest degree) always does on an unweighted graph.",
        field="alpha",
    )


def _descending(score: Any) -> Any:
    """NaN last; integers stay what they are: sums of weights may be past floats."""
    return math.inf if score != score else -score
