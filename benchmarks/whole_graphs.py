"""What keeping a result, comparing two graphs and merging a file cost: `python benchmarks/whole_graphs.py [--repeats 9] [--out FILE]`.

The graph of `benchmarks/query.py` (100,000 nodes and 300,000 edges, text ids, five attributes). CPU milliseconds (medians, in turns, in
one process), each beside the closest that does the same. Prints one JSON object:

* `saved`: an analysis whose result becomes an attribute of all nodes, and how much more that is than the analysis alone (`added_ms`),
  beside a copy of the graph by the task of `derive_graph` (`copy_ms`): both hand back a buffer and a snapshot.
* `compared`: the graph and a changed one of it: `differences_ms` is what finds all that differs, `task_ms` the task of `compare_graphs`, with
  components, degrees and clustering of both; beside DuckDB's full joins on tables of its own (`duckdb_ms`), and beside sets and dicts of
  networkx's graphs (`networkx_ms`).
* `merged`: a CSV of all nodes with two attributes, and one of edges half of which are new, merged into the graph with buffer and snapshot
  (`task_ms`), beside the same file as a graph by itself (`load_ms`), and beside DuckDB, which reads the file and joins it with its table (`duckdb_ms`).
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import duckdb
import networkx as nx
import provenance
import pyarrow
import query
from cost import machine

from networkx_mcp.analysis.graph_tasks import parse_upload
from networkx_mcp.analysis.tasks.compare_graphs import compare_graphs
from networkx_mcp.analysis.tasks.find_components import find_components
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.arrays import compare
from networkx_mcp.arrays.edits import AddEdges, RemoveEdges, SetNodeAttributes
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.workers.task_registry import TaskOutput

#: One of so many nodes, and of edges, is changed for the comparison.
SHARE = 100
ANALYSES: Mapping[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "pagerank": (rank_nodes, {"measure": "pagerank", "limit": 20, "offset": 0}),
    "degree": (rank_nodes, {"measure": "degree", "limit": 20, "offset": 0}),
    "weak components": (find_components, {"kind": "weak", "limit": 20, "offset": 0, "members": 5}),
}
KEPT = {"name": "kept", "replace": False, "of": "nodes", "value_bytes": 1 << 18}
JOINS = {
    "nodes": "SELECT id FROM nodes a FULL JOIN other_nodes b USING (id) WHERE (a.country, a.name, a.population) IS DISTINCT FROM "
    "(b.country, b.name, b.population)",
    "edges": "SELECT source, target FROM edges a FULL JOIN other_edges b USING (source, target) WHERE (a.weight, a.kind) IS DISTINCT FROM "
    "(b.weight, b.kind)",
}


def ran(output: Any) -> Any:
    """The value of a task; the descriptors of what it made are closed."""
    if not isinstance(output, TaskOutput):
        return output
    for fd in output.fds:
        os.close(fd)
    return output.value


def saved(graph: FrozenGraph, repeats: int) -> dict[str, Any]:
    def asked(name: str, **more: Any) -> None:
        work, arguments = ANALYSES[name]
        ran(work(*query.job(graph, **arguments, **more)))

    found: dict[str, Any] = {}
    for name in ANALYSES:
        works = (partial(asked, name), partial(asked, name, save=KEPT), partial(query.made, graph, {}))
        plain, kept, copy = query.in_turns(repeats, *works)
        row = {"plain_ms": plain, "kept_ms": kept, "added_ms": kept - plain, "copy_ms": copy}
        found[name] = {**{key: round(value, 1) for key, value in row.items()}, "ratio": round((kept - plain) / copy, 2)}
    return found


def changed(graph: FrozenGraph) -> FrozenGraph:
    """The graph with other populations of some nodes, without some edges and with some new ones."""
    chance, names = random.Random(query.SEED), graph.all_ids()
    state = GraphState(graph, directed=True)
    rows = range(0, graph.m, SHARE)
    gone = [(names[graph.src[row]], names[graph.dst[row]]) for row in rows]
    others = chance.sample(names, len(gone))
    made = [(u, v) for (u, _), v in zip(gone, others, strict=True)]
    some = names[::SHARE]
    edits = [
        RemoveEdges(gone),
        AddEdges(made, [{"weight": -1.0, "kind": "new"}] * len(made), "update"),
        SetNodeAttributes(some, [{"population": -1}] * len(some)),
    ]
    state.apply(edits)
    return state.freeze()


def _differences(a: FrozenGraph, b: FrozenGraph) -> tuple[int, int]:
    """How many nodes, and edges, are only in one or differ."""
    nodes, edges = compare.nodes(a, b), compare.edges(a, b)
    differ = (
        compare.differences(a.node_table, b.node_table, nodes),
        compare.differences(a.edge_table, b.edge_table, edges),
    )
    counts = [len(two.only_a) + len(two.only_b) + one.pairs for one, two in zip(differ, (nodes, edges), strict=True)]
    return counts[0], counts[1]


def _joined(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    nodes, edges = (len(query.fetched(connection, sql)) for sql in JOINS.values())
    return nodes, edges


def _in_dicts(a: nx.DiGraph[Any], b: nx.DiGraph[Any]) -> tuple[int, int]:
    counts = []
    for mine, other in ((dict(a.nodes(data=True)), dict(b.nodes(data=True))), _edges(a, b)):
        counts.append(sum(mine.get(key) != other.get(key) for key in mine.keys() | other.keys()))
    return counts[0], counts[1]


def _edges(*graphs: nx.DiGraph[Any]) -> tuple[dict[Any, Any], ...]:
    return tuple({(u, v): data for u, v, data in graph.edges(data=True)} for graph in graphs)


def compared(graph: FrozenGraph, repeats: int) -> dict[str, Any]:
    other = changed(graph)
    connection, theirs = query.alone(graph), query.alone(other)
    for name in ("nodes", "edges"):
        connection.register("given", theirs.table(name).to_arrow_table())
        connection.execute(f"CREATE TABLE other_{name} AS FROM given")
        connection.unregister("given")
    plain = [GraphState(one, directed=True).to_networkx() for one in (graph, other)]

    def task() -> None:
        given = [{"base": place, "directed": True, "batches": ()} for place in range(2)]
        ran(compare_graphs({"graphs": given, "limit": 20, "offset": 0}, [os.dup(other.fd), os.dup(graph.fd)]))

    counted = _differences(graph, other)
    assert counted == _joined(connection) == _in_dicts(*plain), (counted, _joined(connection), _in_dicts(*plain))
    works = (partial(_differences, graph, other), task, partial(_joined, connection), partial(_in_dicts, *plain))
    times = query.in_turns(repeats, *works)
    names = ("differences_ms", "task_ms", "duckdb_ms", "networkx_ms")
    row = {name: round(value, 1) for name, value in zip(names, times, strict=True)}
    return {"nodes": counted[0], "edges": counted[1], **row, "ratio": round(times[0] / times[2], 2)}


def tables(graph: FrozenGraph) -> dict[str, str]:
    """The files that are merged."""
    chance, names = random.Random(query.SEED), graph.all_ids()
    nodes = "id,rank,code\n" + "".join(f"{name},{row},c{row % 300}\n" for row, name in enumerate(names))
    known = [(names[graph.src[row]], names[graph.dst[row]]) for row in range(0, graph.m, 2)]
    new = dict.fromkeys((chance.choice(names), chance.choice(names)) for _ in known)
    rows = dict.fromkeys([*known, *new])
    return {
        "nodes": nodes,
        "edges": "source,target,fare\n" + "".join(f"{u},{v},{k}\n" for k, (u, v) in enumerate(rows)),
    }


def merged(graph: FrozenGraph, repeats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    connection = query.alone(graph)
    keys = {"nodes": "id", "edges": "source, target"}
    limits = {"nodes": 10**7, "edges": 10**7, "bytes": 10**10, "value": 1 << 18}

    def load(path: str, part: str, *, into: bool) -> None:
        with Path(path).open("rb") as file:
            given = [{"base": 1, "directed": True, "batches": ()}] if into else []
            options = {"part": part} if into else {"part": part, "directed": True}
            hints = {"format": "csv", "filename": "", "encoding": "", "if_missing": "add"}
            descriptors = [os.dup(file.fileno()), *([os.dup(graph.fd)] if into else [])]
            ran(parse_upload({"graphs": given, "options": options, **hints, **limits}, descriptors))
            os.close(descriptors[0])

    def joined(path: str, part: str) -> None:
        connection.execute(
            f"CREATE OR REPLACE TABLE made AS SELECT * FROM {part} FULL JOIN read_csv('{path}') USING ({keys[part]})"
        )

    with tempfile.TemporaryDirectory() as directory:
        for part, text in tables(graph).items():
            path = str(Path(directory, f"{part}.csv"))
            Path(path).write_text(text, encoding="utf-8")
            works = (
                partial(load, path, part, into=True),
                partial(load, path, part, into=False),
                partial(joined, path, part),
            )
            task, load_, duck = query.in_turns(repeats, *works)
            found[part] = {
                "rows": text.count("\n") - 1,
                "task_ms": round(task, 1),
                "load_ms": round(load_, 1),
                "duckdb_ms": round(duck, 1),
                "ratio": round(task / load_, 2),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--nodes", type=int, default=query.NODES, help="of the graph, with three times as many edges")
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    arguments = parser.parse_args()
    pyarrow.set_cpu_count(1)
    query.NODES, query.EDGES = arguments.nodes, 3 * arguments.nodes
    graph = query.sample()
    facts = {
        "machine": machine(),
        "versions": {name: version(name) for name in ("duckdb", "networkx", "pyarrow", "numpy")},
        "nodes": graph.n,
        "edges": graph.m,
        "saved": saved(graph, arguments.repeats),
        "compared": compared(graph, arguments.repeats),
        "merged": merged(graph, arguments.repeats),
    }
    provenance.publish(facts, arguments.out)


if __name__ == "__main__":
    main()
