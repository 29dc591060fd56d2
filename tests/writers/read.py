"""Open what this server exports (tests/unit/formats/exports) with other programs, as far as each knows the format.

    make writers && .tools/writers/bin/python tests/writers/read.py [directory]

Each must find the path R&D - b - c - d, and its weights where the format has them. A line says which program opened which file, or
what it found instead; then the exit code is 1. `make test-full` runs it, and a unit test holds that the files are what is written today.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import igraph
import networkx as nx
import pandas
import polars
import pyarrow as pa
import scipy.io
from pyarrow import csv, parquet

EXPORTS = Path(__file__).parents[1] / "unit" / "formats" / "exports"

#: An edge: its ends, then its weight where the format has one.
Edge: TypeAlias = tuple[Any, ...]
NAMES = ["R&D", "b", "c", "d"]
WEIGHT = 0.5
#: Formats without names, and those without weights.
NUMBERED = {"graph6": 0, "sparse6": 0, "matrix-market": 1}
BARE = ("graph6", "sparse6", "adjacency-list")


def expected(format_: str) -> list[Edge]:
    """The edges that a program must find."""
    nodes: list[Any] = NAMES
    if format_ in NUMBERED:
        nodes = list(range(NUMBERED[format_], NUMBERED[format_] + len(NAMES)))
    weights = () if format_ in BARE else (WEIGHT,)
    return [(u, v, *weights) for u, v in pairwise(nodes)]


def of_networkx(graph: nx.Graph[Any]) -> list[Edge]:
    """Of networkx. Text of DOT is quoted there, its numbers are text."""

    def plain(value: Any) -> Any:
        return value.strip('"') if isinstance(value, str) else value

    assert len(graph) == len(NAMES), f"{len(graph)} nodes"
    return [
        (plain(u), plain(v), *(float(plain(data[name])) for name in ("weight",) if name in data))
        for u, v, data in graph.edges(data=True)
    ]


def of_igraph(graph: igraph.Graph) -> list[Edge]:
    """Of igraph, which numbers nodes; their names are attributes. In ids of GraphML it leaves `&` as an entity."""
    assert graph.vcount() == len(NAMES), f"{graph.vcount()} nodes"
    names = next(graph.vs[key] for key in ("label", "name", "id") if key in graph.vs.attributes())
    weights = "weight" in graph.es.attributes()
    names = [name.replace("&#38;", "&") for name in names]
    return [(names[edge.source], names[edge.target], *([edge["weight"]] if weights else [])) for edge in graph.es]


def of_rows(rows: Iterable[dict[str, Any]]) -> list[Edge]:
    """Of a table; rows without a target are nodes."""
    return [(row["source"], row["target"], row["weight"]) for row in rows if isinstance(row["target"], str)]


def of_matrix(path: Path) -> list[Edge]:
    """Of a matrix, whose lower half is the same as the upper one."""
    matrix = scipy.io.mmread(path).tocoo()
    assert matrix.shape == (len(NAMES), len(NAMES)), f"shape {matrix.shape}"
    return [
        (int(u) + 1, int(v) + 1, float(w)) for u, v, w in zip(matrix.row, matrix.col, matrix.data, strict=True) if u < v
    ]


def of_json(read: Callable[[Any], Any]) -> Callable[[Path], list[Edge]]:
    """Of networkx, from parsed JSON."""
    return lambda path: of_networkx(read(json.loads(path.read_text(encoding="utf-8"))))


def of_pandas(read: Callable[[Path], pandas.DataFrame]) -> Callable[[Path], list[Edge]]:
    """Of a data frame of pandas."""
    return lambda path: of_rows(read(path).to_dict("records"))


def of_polars(read: Callable[[Path], polars.DataFrame]) -> Callable[[Path], list[Edge]]:
    """Of a data frame of polars."""
    return lambda path: of_rows(read(path).to_dicts())


def of_duckdb(read: str) -> Callable[[Path], list[Edge]]:
    """Of a table function of DuckDB."""
    return lambda path: of_rows(duckdb.sql(f"select * from {read}('{path}')").to_arrow_table().to_pylist())


def arrow_of_duckdb(path: Path) -> list[Edge]:
    """DuckDB reads Arrow from memory."""
    table = pa.ipc.open_file(path).read_all()
    return of_rows(duckdb.from_arrow(table).filter("target is not null").to_arrow_table().to_pylist())


READERS: dict[str, dict[str, Callable[[Path], list[Edge]]]] = {
    "csv": {
        "pandas": of_pandas(pandas.read_csv),
        "polars": of_polars(polars.read_csv),
        "DuckDB": of_duckdb("read_csv"),
        "pyarrow": lambda path: of_rows(csv.read_csv(path).to_pylist()),
    },
    "parquet": {
        "pandas": of_pandas(pandas.read_parquet),
        "polars": of_polars(polars.read_parquet),
        "DuckDB": of_duckdb("read_parquet"),
        "pyarrow": lambda path: of_rows(parquet.read_table(path).to_pylist()),
    },
    "arrow": {
        "pandas": of_pandas(pandas.read_feather),
        "polars": of_polars(polars.read_ipc),
        "DuckDB": arrow_of_duckdb,
        "pyarrow": lambda path: of_rows(pa.ipc.open_file(path).read_all().to_pylist()),
    },
    "graphml": {
        "networkx": lambda path: of_networkx(nx.read_graphml(path)),
        "igraph": lambda path: of_igraph(igraph.Graph.Read_GraphML(str(path))),
    },
    "gml": {
        "networkx": lambda path: of_networkx(nx.read_gml(path)),
        "igraph": lambda path: of_igraph(igraph.Graph.Read_GML(str(path))),
    },
    "pajek": {
        "networkx": lambda path: of_networkx(nx.Graph(nx.read_pajek(path))),
        "igraph": lambda path: of_igraph(igraph.Graph.Read_Pajek(str(path))),
    },
    "gexf": {"networkx": lambda path: of_networkx(nx.read_gexf(path))},
    "graph6": {"networkx": lambda path: of_networkx(nx.read_graph6(path))},
    "sparse6": {"networkx": lambda path: of_networkx(nx.read_sparse6(path))},
    "edge-list": {"networkx": lambda path: of_networkx(nx.read_edgelist(path))},
    "adjacency-list": {"networkx": lambda path: of_networkx(nx.read_adjlist(path))},
    "node-link": {"networkx": of_json(nx.node_link_graph)},
    "cytoscape": {"networkx": of_json(nx.cytoscape_graph)},
    "dot": {"networkx": lambda path: of_networkx(nx.Graph(nx.nx_pydot.read_dot(path)))},
    "matrix-market": {"scipy": of_matrix},
}


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else EXPORTS
    wrong = 0
    for path in sorted(directory.iterdir()):
        for program, read in READERS[path.stem].items():
            try:
                found: Any = sorted(read(path))
            except Exception as error:
                found = f"{type(error).__name__}: {error}"
            right = found == expected(path.stem)
            wrong += not right
            print(f"{path.name} {program}: {'read' if right else f'WRONG, {found}'}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
