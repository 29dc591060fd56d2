"""compare_graphs: two graphs side by side, or one and a view of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis import isomorphism
from networkx_mcp.analysis.loaded_graph import NETWORKX, LoadedGraph
from networkx_mcp.analysis.result import MAX_ROWS, Values
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.analysis.tasks.measure_graph import Measuring, measured
from networkx_mcp.analysis.tasks.rank_nodes import scored
from networkx_mcp.arrays import compare
from networkx_mcp.arrays.columns import MISSING, AttributeTable
from networkx_mcp.arrays.deferred import BYTES
from networkx_mcp.backend.kernels.components import labels
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.errors import InvalidInput
from networkx_mcp.vocabulary import COMPARED, MEASURES, METRICS

_COLUMNS = ["difference", "item", "attribute", "a", "b"]
_RANKS = ["node", "rank_a", "rank_b", "change", "score_a", "score_b"]
#: What a difference is called: node_only_a, edge_attribute, graph_attribute_only_b, ...
ONLY_A, ONLY_B, DIFFERS = "_only_a", "_only_b", ""
#: Nodes that fell out of the largest component and are named.
_CUT_OFF = 20
#: Digits of a score that count: sums of floats in another order differ in later ones.
_DIGITS = 10


@task
def compare_graphs(b: LoadedGraph, a: LoadedGraph, args: Params) -> Facts:
    """What differs between `a` and `b`; the call's view is one of `b`, which is why it comes first.

    Arguments: `rows` (nodes, edges or attributes; default all three), or `measure` (of MEASURES: rank changes instead), `limit`,
    `offset`. Rows: difference (node_only_a, node_only_b, edge_only_a, edge_only_b, or of what both have graph_attribute,
    node_attribute, edge_attribute, each also with _only_a and _only_b), item (id or pair of ids), attribute, a, b (all attributes of
    what only one has; the values that differ); or node, rank_a, rank_b,
    change (above 0: it ranks higher in b), score_a, score_b of the nodes whose rank or score changed, most first. Facts: `a`, `b` (nodes, edges), `nodes` and
    `edges` (only_a, only_b, both, differ), `measures` (name, a, b, change), `isomorphic` (None: not asked, or not decided), `cut_off` (nodes
    of a's largest component that b parts from most of it).
    Raises InvalidInput where one graph is directed and the other is not.
    """
    if a.directed != b.directed:
        here = "directed" if a.directed else "undirected"
        raise InvalidInput(
            f"b: a is {here} and b is not, so their edges are not of one kind; compare graphs of the same kind.",
            field="b",
        )
    run = Run(b, "compare_graphs")
    return run.report(run.timed(lambda: _answer(a, b, args, run)))


def _answer(a: LoadedGraph, b: LoadedGraph, args: Params, run: Run) -> Facts:
    compared = _Compared(a, b)
    values = Values()
    facts: Facts = {
        "a": _size(a),
        "b": _size(b),
        "nodes": _counts(compared.nodes, compared.node_differences),
        "edges": _counts(compared.edges, compared.edge_differences),
        **_measures(a, b, run),
        **_isomorphic(compared, values),
        **_cut_off(compared),
    }
    if args.given("measure"):
        facts |= {"measure": args["measure"], **_ranks(compared, args, values)}
        columns = _RANKS
        rows = facts.pop("ranked")
    else:
        columns, rows = _COLUMNS, _rows(compared, args.get("rows"))
    limit, offset = args["limit"], args["offset"]
    page = [[values.json(cell) for cell in row] for row in rows.slice(offset, min(limit, MAX_ROWS))]
    end = offset + len(page)
    more = end < rows.total and bool(page)
    return {
        "columns": columns,
        "rows": page,
        "total": rows.total,
        "truncated": more,
        "next_offset": end if more else None,
        "notes": values.notes.lines,
        **facts,
    }


class _Compared:
    """Two graphs and what is the same in them; each part is found at most once."""

    def __init__(self, a: LoadedGraph, b: LoadedGraph) -> None:
        self.a, self.b = a, b
        self.frozen_a, self.frozen_b = a.arrays.frozen, b.arrays.frozen

    @cached_property
    def nodes(self) -> compare.Matched:
        return compare.nodes(self.frozen_a, self.frozen_b)

    @cached_property
    def edges(self) -> compare.Matched:
        return compare.edges(self.frozen_a, self.frozen_b)

    @cached_property
    def node_differences(self) -> compare.Differences:
        return compare.differences(self.frozen_a.node_table, self.frozen_b.node_table, self.nodes)

    @cached_property
    def edge_differences(self) -> compare.Differences:
        return compare.differences(self.frozen_a.edge_table, self.frozen_b.edge_table, self.edges)

    @property
    def same(self) -> bool:
        """Whether they have the same nodes and edges."""
        return not any(len(rows) for found in (self.nodes, self.edges) for rows in (found.only_a, found.only_b))


class _Section(NamedTuple):
    """Some rows, of which only those that are asked for are made."""

    total: int
    make: Callable[[int, int], list[list[Any]]]


class _Sections:
    """Sections one after the other."""

    def __init__(self, sections: Sequence[_Section]) -> None:
        self._sections = sections
        self.total = sum(section.total for section in sections)

    def slice(self, offset: int, limit: int) -> list[list[Any]]:
        found: list[list[Any]] = []
        for section in self._sections:
            if offset < section.total and len(found) < limit:
                found += section.make(offset, min(section.total, offset + limit - len(found)))
            offset = max(0, offset - section.total)
        return found


# -- nodes, edges, attributes


def _size(graph: LoadedGraph) -> Facts:
    return {"nodes": graph.state.n, "edges": graph.state.m}


def _counts(matched: compare.Matched, differences: compare.Differences) -> Facts:
    return {
        "only_a": len(matched.only_a),
        "only_b": len(matched.only_b),
        "both": len(matched.both_a),
        "differ": differences.pairs,
    }


def _rows(compared: _Compared, wanted: str | None) -> _Sections:
    a, b = compared.frozen_a, compared.frozen_b
    sections = []
    for kind, plural, found, of_a, of_b in (
        ("node", "nodes", compared.nodes, a.node_table, b.node_table),
        ("edge", "edges", compared.edges, a.edge_table, b.edge_table),
    ):
        if wanted in (None, plural):
            edges = kind == "edge"
            sections += [
                _only(kind, ONLY_A, found.only_a, of_a, partial(compare.items, a, edges=edges)),
                _only(kind, ONLY_B, found.only_b, of_b, partial(compare.items, b, edges=edges)),
            ]
    if wanted in (None, "attributes"):
        sections.append(_graph_attributes(a.short_graph_attributes(), b.short_graph_attributes()))
        sections.append(_differing("node", compared.nodes, compared.node_differences, compared))
        sections.append(_differing("edge", compared.edges, compared.edge_differences, compared))
    return _Sections(sections)


def _only(
    kind: str, where: str, rows: compare.Rows, table: AttributeTable, items: Callable[[list[int]], Any]
) -> _Section:
    """What only one of the graphs has, with all its attributes."""

    def make(start: int, end: int) -> list[list[Any]]:
        chosen = rows[start:end].tolist()
        found = []
        for row, item in zip(chosen, items(chosen), strict=True):
            attributes = table.row(row, BYTES)
            sides = [attributes, None] if where == ONLY_A else [None, attributes]
            found.append([kind + where, item, None, *sides])
        return found

    return _Section(len(rows), make)


def _differing(kind: str, matched: compare.Matched, differences: compare.Differences, compared: _Compared) -> _Section:
    """Attributes of what both have."""
    edges = kind == "edge"
    a, b = compared.frozen_a, compared.frozen_b
    of_a, of_b = (a.edge_table, b.edge_table) if edges else (a.node_table, b.node_table)

    def make(start: int, end: int) -> list[list[Any]]:
        pairs = differences.pair[start:end]
        rows_a, rows_b = matched.both_a[pairs].tolist(), matched.both_b[pairs].tolist()
        names = [differences.names[place] for place in differences.name[start:end].tolist()]
        items = compare.items(a, rows_a, edges=edges)
        return [
            _changed(kind, item, name, compare.short(of_a, row_a, name), compare.short(of_b, row_b, name))
            for item, name, row_a, row_b in zip(items, names, rows_a, rows_b, strict=True)
        ]

    return _Section(len(differences.pair), make)


def _graph_attributes(a: dict[str, Any], b: dict[str, Any]) -> _Section:
    names = [name for name in {**a, **b} if not compare.equal(a.get(name, MISSING), b.get(name, MISSING))]

    def make(start: int, end: int) -> list[list[Any]]:
        return [_changed("graph", None, name, a.get(name, MISSING), b.get(name, MISSING)) for name in names[start:end]]

    return _Section(len(names), make)


def _changed(kind: str, item: Any, name: str, mine: Any, other: Any) -> list[Any]:
    """A row; a value that is missing is None, and its first cell says so: null is a value, too."""
    where = ONLY_B if mine is MISSING else ONLY_A if other is MISSING else DIFFERS
    return [f"{kind}_attribute{where}", item, name, *(None if value is MISSING else value for value in (mine, other))]


# -- measures, shape


def _measures(a: LoadedGraph, b: LoadedGraph, run: Run) -> Facts:
    names = [name for name in COMPARED if a.directed or not METRICS[name].directed]
    sides = []
    engines = set()
    for graph in (a, b):
        measuring = Measuring(graph, None)
        sides.append([measured(measuring, name) for name in names])
        engines |= measuring.engines
    run.engine = "+".join(sorted(engines)) or NETWORKX
    rows = []
    for (name, mine, why), (_, other, why_b) in zip(*sides, strict=True):
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (mine, other))
        rows.append([name, mine, other, _change(mine, other) if numbers else None, why or why_b])
    return {"measures": rows}


def _change(mine: float, other: float) -> float:
    """b - a; 0 where they differ by rounding alone, as sums do whose numbers come in another order. One edge more in the largest
    graph changes its density by more."""
    return 0 if math.isclose(mine, other, rel_tol=1e-12, abs_tol=1e-14) else other - mine


def _isomorphic(compared: _Compared, values: Values) -> Facts:
    if compared.same:
        return {"isomorphic": True}
    a, b = compared.frozen_a, compared.frozen_b
    if (a.n, a.m, a.loops) != (b.n, b.m, b.loops):
        return {"isomorphic": False}
    if not isomorphism.small(a):
        values.notes.add(
            f"Isomorphism is looked at up to {isomorphism.MOST_NODES} nodes and {isomorphism.MOST_EDGES} edges."
        )
        return {"isomorphic": None}
    found = isomorphism.isomorphic(a, b)
    if found is None:
        values.notes.add("Whether the graphs are isomorphic was not decided in the time there is for it.")
    return {"isomorphic": found}


def _cut_off(compared: _Compared) -> Facts:
    """Nodes of both that were in the largest component of a and that b parts from most of it; direction plays no role."""
    of_a, of_b = labels(compared.a.arrays), labels(compared.b.arrays)
    if not len(of_a):
        return {}
    matched = compared.nodes
    largest = of_a[matched.both_a] == np.argmax(np.bincount(of_a))
    stayed = of_b[matched.both_b]
    most = np.argmax(np.bincount(stayed[largest], minlength=1))
    lost = matched.both_a[largest & (stayed != most)]
    if not len(lost):
        return {}
    return {"cut_off": compared.frozen_a.ids_of(lost[:_CUT_OFF].tolist()), "cut_off_total": len(lost)}


# -- ranks


def _ranks(compared: _Compared, args: Params, values: Values) -> Facts:
    """Changes of rank among the nodes of both; scores are those in each whole graph."""
    name = args["measure"]
    measure = MEASURES[name]
    matched = compared.nodes
    columns = []
    for graph, rows in ((compared.a, matched.both_a), (compared.b, matched.both_b)):
        weight = (
            Params(graph, {}).weight(measure.default_weight, negative=measure.negative) if measure.weighted else None
        )
        columns.append(_scores(graph, scored(graph, Run(graph, measure.algorithm), name, measure, weight, {}), rows))
    score_a, score_b = columns
    rank_a, rank_b = _rank(score_a), _rank(score_b)
    by = rank_a - rank_b
    gain = np.nan_to_num(np.abs(_rounded(score_b) - _rounded(score_a)))
    moved = np.flatnonzero((by != 0) | (gain != 0))
    order = moved[np.lexsort((moved, -gain[moved], -np.abs(by[moved])))]

    def make(start: int, end: int) -> list[list[Any]]:
        chosen = order[start:end]
        nodes = compared.frozen_a.ids_of(matched.both_a[chosen].tolist())
        cells = [found[chosen].tolist() for found in (rank_a, rank_b, by, score_a, score_b)]
        return [
            [node, first, second, change, *(None if score != score else score for score in scores)]
            for node, first, second, change, *scores in zip(nodes, *cells, strict=True)
        ]

    values.notes.add(
        f"Ranks are among the {len(matched.both_a)} nodes that both graphs have, equal scores share one; scores are of each whole graph. "
        "change above 0: higher in b."
    )
    return {"ranked": _Sections([_Section(len(order), make)])}


def _scores(graph: LoadedGraph, scores: Any, rows: compare.Rows) -> NDArray[Any]:
    """The scores of some nodes, by row."""
    if isinstance(scores, NodeValues) and scores.rows is None:
        return np.asarray(scores.array[rows])
    found = [scores[node] for node in graph.arrays.frozen.ids_of(rows.tolist())]
    try:
        return np.array(found, np.int64 if all(type(score) is int for score in found) else np.float64)
    except OverflowError:
        return np.array(found, np.float64)


def _rounded(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Scores to the digits that count."""
    found = scores.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.power(10.0, _DIGITS - 1 - np.floor(np.log10(np.abs(found))))
        return np.where(np.isfinite(scale) & np.isfinite(found), np.round(found * scale) / scale, found)


def _rank(scores: NDArray[Any]) -> NDArray[np.int64]:
    """1 for the highest; equal scores share the best rank, those that are not defined are last."""
    found = np.nan_to_num(_rounded(scores), nan=-np.inf)
    ordered = np.sort(-found)
    return np.searchsorted(ordered, -found, side="left") + 1
