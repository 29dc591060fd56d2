"""Open what this server exports (tests/unit/formats/exports) with networkx, scipy, igraph, pandas, polars and DuckDB, as far as each knows it.

    .tools/writers/bin/python tests/writers/read.py

The environment is that of `make.py`. A unit test holds that the files are what is written today.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import igraph
import networkx as nx
import pandas
import polars

EXPORTS = Path(__file__).parents[1] / "unit" / "formats" / "exports"

GRAPHS: dict[str, dict[str, Callable[[str], Any]]] = {
    "networkx": {
        "graphml": nx.read_graphml,
        "gml": nx.read_gml,
        "gexf": nx.read_gexf,
        "pajek": nx.read_pajek,
        "graph6": nx.read_graph6,
        "sparse6": nx.read_sparse6,
        "edge-list": nx.read_edgelist,
        "adjacency-list": nx.read_adjlist,
        "node-link": lambda name: nx.node_link_graph(json.loads(Path(name).read_text(encoding="utf-8"))),
        "cytoscape": lambda name: nx.cytoscape_graph(json.loads(Path(name).read_text(encoding="utf-8"))),
    },
    "igraph": {
        "graphml": igraph.Graph.Read_GraphML,
        "gml": igraph.Graph.Read_GML,
        "pajek": igraph.Graph.Read_Pajek,
    },
}
TABLES: dict[str, Callable[[str], Any]] = {
    "pandas": pandas.read_csv,
    "polars": polars.read_csv,
    "duckdb": lambda name: duckdb.sql(f"select * from read_csv('{name}')").fetchall(),
}


def main() -> None:
    for path in sorted(EXPORTS.iterdir()):
        format_ = path.stem
        for program, readers in GRAPHS.items():
            if format_ in readers:
                graph = readers[format_](str(path))
                found = (graph.ecount(), graph.vcount()) if program == "igraph" else (graph.size(), len(graph))
                assert found == (3, 4), f"{program} reads {path.name} as {found}"
                print(f"{program}: {path.name}")
        if format_ == "csv":
            for program, reader in TABLES.items():
                assert len(reader(str(path))) == 3, f"{program} reads {path.name}"
                print(f"{program}: {path.name}")
    labels = igraph.Graph.Read_GML(str(EXPORTS / "gml.gml")).vs["label"]
    assert labels == ["R&D", "b", "c", "d"], labels


if __name__ == "__main__":
    main()
