"""rank_nodes: centralities and other numbers of nodes (and edges), highest first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from networkx_mcp.analysis import cost_advice
from networkx_mcp.analysis.corrected import undefined
from networkx_mcp.analysis.corrected.spectra import NOTHING_POINTS, rounded, weighs
from networkx_mcp.analysis.loaded_graph import Loaded
from networkx_mcp.analysis.result import table
from networkx_mcp.analysis.task import Answer, Arguments, Run, task
from networkx_mcp.backend.kernels import spectral
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.backend.kernels.degrees import degrees
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Measure:
    """How a measure is asked of networkx."""

    algorithm: str
    #: Name of networkx's parameter for the weight; None: the measure knows no weights.
    weight: str | None = None
    #: networkx's own default weight.
    default_weight: str | None = None
    #: The measure is defined for weights below 0.
    negative: bool = False
    #: Optional parameters that are passed on as given.
    options: tuple[str, ...] = ()
    #: Which element of a tuple result holds the scores (hits gives hubs and authorities).
    part: int | None = None
    #: Defaults that differ from networkx's because they change only when it gives up.
    fixed: tuple[tuple[str, Any], ...] = ()


_POWER = ("max_iter", "tol")
MEASURES: dict[str, Measure] = {
    "degree": Measure("degree", "weight", negative=True),
    "in_degree": Measure("in_degree", "weight", negative=True),
    "out_degree": Measure("out_degree", "weight", negative=True),
    "degree_centrality": Measure("degree_centrality"),
    "betweenness": Measure("betweenness_centrality", "weight", options=("normalized", "endpoints")),
    "edge_betweenness": Measure("edge_betweenness_centrality", "weight", options=("normalized",)),
    "closeness": Measure("closeness_centrality", "distance"),
    "harmonic": Measure("harmonic_centrality", "distance"),
    "load": Measure("load_centrality", "weight", options=("normalized",)),
    "eigenvector": Measure(
        "eigenvector_centrality", "weight", negative=True, options=_POWER, fixed=(("max_iter", 1000),)
    ),
    "katz": Measure("katz_centrality", "weight", negative=True, options=("alpha", "normalized", *_POWER)),
    "pagerank": Measure("pagerank", "weight", "weight", options=("alpha", *_POWER)),
    "hits": Measure("hits", "weight", "weight", options=("normalized", *_POWER), part=1),
    "hubs": Measure("hits", "weight", "weight", options=("normalized", *_POWER), part=0),
    "clustering": Measure("clustering", "weight"),
    "triangles": Measure("triangles"),
    "core": Measure("core_number"),
    "constraint": Measure("constraint", "weight"),
    "eccentricity": Measure("eccentricity", "weight"),
}
SAMPLED = ("betweenness", "edge_betweenness")
_DEGREES = ("degree", "in_degree", "out_degree")


@task
def rank_nodes(graph: Loaded, args: Arguments) -> Answer:
    """Nodes by a measure, highest first; equal scores in node order.

    Arguments: `measure` (see MEASURES), `weight` (edge attribute; "" for none), `limit`, `offset`,
    `nodes` (only these, with their rank among all), `sample` and `seed` (betweenness from that many
    sources instead of all), `normalized`, `endpoints`, `alpha`, `max_iter`, `tol` as in networkx.
    Rows: rank, node, score (edge_betweenness: rank, source, target, score).
    """
    name = args.choice("measure", tuple(MEASURES), "degree")
    measure = MEASURES[name]
    limit, offset = args.limit(), args.offset()
    weight = args.weight(measure.default_weight, negative=measure.negative) if measure.weight else None
    options = _options(args, measure)
    wanted = args.nodes("nodes") if args.given("nodes") else None
    facts: Answer = {"measure": name, "weight": weight, **_sample(graph, args, name, options)}
    _not_taken(args, name, measure)
    args.finish()

    run = Run(graph, measure.algorithm)
    scores = _scores(graph, run, name, measure, weight, options)
    _defined(graph, measure.algorithm, scores)
    edges = name == "edge_betweenness"
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


def _defined(graph: Loaded, algorithm: str, scores: Any) -> None:
    """Remark on scores that are not defined. Raises InvalidInput where none is."""
    values = scores.array if isinstance(scores, NodeValues) else list(scores.values())
    without = int(np.isnan(values).sum()) if isinstance(values, np.ndarray) else sum(v != v for v in values)
    if not without:
        return
    reason = undefined.why_undefined(algorithm)
    if without == len(values):
        raise InvalidInput(f"{algorithm} is not defined on this graph: {reason}.", field="measure")
    graph.remark(f"{without} without a score, last: {reason}.")


def _number(score: Any) -> Any:
    return None if score != score else score


def _top(scores: NodeValues, limit: int, offset: int) -> Answer:
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


def _options(args: Arguments, measure: Measure) -> dict[str, Any]:
    options = dict(measure.fixed)
    for option in measure.options:
        if not args.given(option):
            continue
        match option:
            case "normalized" | "endpoints":
                options[option] = args.flag(option, default=True)
            case "max_iter":
                options[option] = args.integer(option, 100, 1, 1_000_000)
            case _:
                options[option] = args.number(option, None, 0)
    return options


def _sample(graph: Loaded, args: Arguments, name: str, options: dict[str, Any]) -> Answer:
    """Put sampling into `options`; what the answer says about it."""
    seed = args.seed()
    if not args.given("sample"):
        return {}
    if name not in SAMPLED:
        raise InvalidInput(
            f"sample: {name} is not sampled; leave sample out. Sampled measures: {', '.join(SAMPLED)}.", field="sample"
        )
    sample = args.integer("sample", None, 1, 2**31)
    if sample >= graph.state.n:
        return {}
    options.update(k=sample, seed=seed)
    facts: Answer = {"exact": False, "sample": sample, "seed": seed}
    if name == "betweenness" and options.get("normalized", True) and not options.get("endpoints", False):
        facts["error_bound"] = float(f"{cost_advice.sample_error(graph.state.n, sample):.2g}")
    return facts


def _not_taken(args: Arguments, name: str, measure: Measure) -> None:
    """Refuse an option of other measures with a text that names the measure."""
    known = {option for other in MEASURES.values() for option in other.options} | {"weight"}
    for option in sorted(known - set(measure.options) - ({"weight"} if measure.weight else set())):
        if args.given(option) and args.get(option) != "":
            takes = [other for other, m in MEASURES.items() if option in m.options or (option == "weight" and m.weight)]
            raise InvalidInput(f"{option}: {name} does not take it. It is for: {', '.join(takes)}.", field=option)


def _scores(
    graph: Loaded, run: Run, name: str, measure: Measure, weight: str | None, options: dict[str, Any]
) -> dict[Any, Any]:
    if name in _DEGREES:
        if name != "degree" and not graph.directed:
            raise InvalidInput(f"measure: {name} is for directed graphs; this graph is undirected. Use degree.")
        return run(weight=weight)  # type: ignore[no-any-return]
    if measure.algorithm == "hits":  # networkx's hits weighs by the attribute "weight", always
        return _hits(graph, run, measure.part or 0, weight, options)
    if measure.weight:
        options[measure.weight] = weight
    try:
        scores: dict[Any, Any] = run(**options)
    except InvalidInput as error:
        if name == "katz" and "converge" in error.message:
            raise _katz_alpha(graph, error) from error
        raise
    return scores


def _hits(graph: Loaded, run: Run, part: int, weight: str | None, options: dict[str, Any]) -> dict[Any, Any]:
    takes = {"max_iter": 100, "tol": 1e-8, "normalized": True, **options}
    if not weighs(graph, weight):
        raise NOTHING_POINTS
    try:
        found = run.timed(lambda: spectral.hits_by(graph.arrays, weight, nstart=None, **takes))
    except Unsuited:  # integers that floats do not hold exactly: near enough
        found = run.timed(lambda: spectral.hits_by(rounded(graph, weight).arrays, "weight", nstart=None, **takes))
    run.engine = spectral.ENGINE
    return found[part]  # type: ignore[no-any-return]


def _katz_alpha(graph: Loaded, error: InvalidInput) -> InvalidInput:
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
