"""Write what tests/unit/formats/test_real_writers.py reads: 100 small files of each text format, by the writers of others.

The programs are in an environment of their own, because pandas in the server's would be loaded by pyarrow in every process:

    make writers && .tools/writers/bin/python tests/writers/make.py

One JSON file a format; each entry is a file as text, the options that it needs, and the graph that it was made of. The graphs have
a seed each. igraph is under the GPL: it is run here, and nothing of it is distributed.

GEXF, Cytoscape JSON, graph6 and sparse6 have one writer here, networkx; Matrix Market scipy; DIMACS igraph, which knows flows (`max`)
alone: no program here writes its other problems.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import igraph
import networkx as nx
import pandas
import polars
import scipy.io

TARGET = Path(__file__).parents[1] / "unit" / "formats" / "written"
FILES = 100
NAMES = [
    "Ann",
    "Bob",
    "Łukasz",
    "O'Hara",
    "Smith-Jones",
    "東京",
    "x_1",
    "a.b",
    "Zoë",
    "R&D",
    "é",
    "node",
    "true",
    "-",
    "1a",
]


def sample(seed: int, *, attributes: bool = True, text: bool = True, spaced: bool = False) -> nx.Graph[Any]:
    """A small graph of the kinds that people have: sparse, dense, star, tree, with loops, directed or not."""
    dice = random.Random(seed)
    n = dice.randrange(2, 13)
    make: list[Callable[[], nx.Graph[Any]]] = [
        lambda: nx.gnm_random_graph(n, 2 * n, seed=seed),
        lambda: nx.gnp_random_graph(n, 0.6, seed=seed, directed=True),
        lambda: nx.star_graph(n),
        lambda: nx.random_labeled_tree(n, seed=seed),
        lambda: nx.scale_free_graph(n, seed=seed),
        lambda: nx.barabasi_albert_graph(n + 3, 2, seed=seed),
    ]
    shape = make[seed % len(make)]()
    graph: nx.Graph[Any] = nx.DiGraph() if shape.is_directed() else nx.Graph()
    graph.add_nodes_from(shape)
    graph.add_edges_from(shape.edges())
    if not graph.number_of_edges():
        graph.add_edge(0, 1)
    if text and seed % 3:
        names = [f"{dice.choice(NAMES)}{' ' if spaced else '_'}{k}" for k in range(len(graph))]
        graph = nx.relabel_nodes(graph, dict(zip(graph, names, strict=True)))
    if attributes:
        for _, _, data in graph.edges(data=True):
            share = round(dice.random(), 6)  # some programs write no more digits
            data["weight"] = dice.choice((dice.randrange(-5, 100), share)) if seed % 2 else share
            if seed % 4 == 1:
                data["kind"] = dice.choice(("road", "rail", "a,b", 'say "x"', "ü", "two words"))
            if seed % 5 == 2:
                data["seen"] = dice.randrange(10**9)
            if seed % 7 == 3:
                data["ok"] = dice.random() < 0.5
    return graph


def table(graph: nx.Graph[Any]) -> dict[str, list[Any]]:
    """The edges as columns; numbers of a column are of one type, as tables have it."""
    rows = list(graph.edges(data=True))
    names = list(dict.fromkeys(name for _, _, data in rows for name in data))
    columns: dict[str, list[Any]] = {"source": [u for u, _, _ in rows], "target": [v for _, v, _ in rows]}
    for name in names:
        values = [data.get(name) for _, _, data in rows]
        columns[name] = [float(v) for v in values] if any(isinstance(v, float) for v in values) else values
    return columns


def csv_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    for seed in range(2 * FILES):
        graph = sample(seed, spaced=True)
        columns = table(graph)
        options: dict[str, Any] = {"directed": graph.is_directed()}
        path = directory / "file.csv"
        match seed % 10:
            case 0:
                pandas.DataFrame(columns).to_csv(path)
            case 1:
                pandas.DataFrame(columns).to_csv(path, index=False, sep=";")
            case 2:
                pandas.DataFrame(columns).to_csv(path, sep="\t", encoding="utf-8-sig", lineterminator="\r\n")
            case 3:
                pandas.DataFrame(columns).rename(columns={"source": "Source", "target": "Target"}).to_csv(
                    path, quoting=1
                )
            case 4:
                polars.DataFrame(columns, strict=False).rename({"source": "src", "target": "dst"}).write_csv(path)
            case 5:
                polars.DataFrame(columns, strict=False).write_csv(
                    path, separator="|", include_bom=True, quote_style="always"
                )
            case 6:
                frame = pandas.DataFrame(columns)
                duckdb.from_df(frame).write_csv(str(path))
            case 7:
                frame = pandas.DataFrame(columns).rename(columns={"source": "from", "target": "to"})
                duckdb.from_df(frame).write_csv(str(path), sep="|", quoting="ALL")
            case 8:
                nx.to_pandas_edgelist(graph).to_csv(path, index=False, na_rep="NA")
            case _:
                polars.DataFrame(columns, strict=False).write_csv(path, include_header=False)
                options["header"] = False
                if len(columns) > 3 or (len(columns) == 3 and "weight" not in columns):
                    continue
        yield path.read_bytes(), graph, options


def edge_list_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    path = directory / "file"
    for seed in range(FILES):
        graph = sample(seed, text=seed % 5 != 4)  # igraph writes ASCII names alone
        options: dict[str, Any] = {"directed": graph.is_directed()}
        match seed % 5:
            case 0 | 1:
                nx.write_edgelist(graph, path)
            case 2:
                nx.write_weighted_edgelist(graph, path)
                graph = without(graph, keep=("weight",))
            case 3:
                nx.write_edgelist(graph, path, data=False, delimiter="\t")
                graph = without(graph)
            case _:
                theirs = igraph.Graph.from_networkx(graph)
                theirs.write_ncol(
                    str(path), names="_nx_name" if isinstance(next(iter(graph)), str) else None, weights="weight"
                )
                graph = without(graph, keep=("weight",))
        yield path.read_bytes(), graph, options


def without(graph: nx.Graph[Any], keep: tuple[str, ...] = (), *, alone: bool = False) -> nx.Graph[Any]:
    """The edges with the attributes that are kept; `alone`: nodes without edges too."""
    found = type(graph)()
    found.add_nodes_from(graph if alone else ())
    found.add_edges_from((u, v, {k: x for k, x in data.items() if k in keep}) for u, v, data in graph.edges(data=True))
    return found


def adjacency_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    for seed in range(FILES):
        graph = sample(seed, attributes=False)
        path = directory / "file"
        nx.write_adjlist(graph, path)
        yield path.read_bytes(), graph, {"directed": graph.is_directed()}


def node_link_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    for seed in range(FILES):
        graph = sample(seed, spaced=True)
        match seed % 4:
            case 0:
                text = json.dumps(nx.node_link_data(graph))
            case 1:
                text = json.dumps(nx.node_link_data(graph, edges="links"), indent=2)
            case 2:
                edges_ = pandas.DataFrame(table(graph)).to_json(orient="records", force_ascii=False)
                nodes = pandas.DataFrame({"id": list(graph)}).to_json(orient="records")
                text = f'{{"directed": {str(graph.is_directed()).lower()}, "nodes": {nodes}, "links": {edges_}}}'
            case _:
                edges_ = "[" + ",".join(polars.DataFrame(table(graph), strict=False).write_ndjson().splitlines()) + "]"
                nodes = json.dumps([{"id": node} for node in graph])
                text = f'{{"directed": {str(graph.is_directed()).lower()}, "nodes": {nodes}, "edges": {edges_}}}'
        yield text.encode(), graph, {}


def markup_files(write: str, theirs: str) -> Callable[[Path], Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]]:
    def made(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
        path = directory / "file"
        for seed in range(FILES):
            graph = sample(seed, spaced=True)
            if theirs == "gml":
                for _, _, data in graph.edges(data=True):
                    data.pop("ok", None)
            if seed % 2:
                getattr(nx, write)(graph, path)
                yield path.read_bytes(), graph, {}
                continue
            other = igraph.Graph.from_networkx(graph)
            with warnings.catch_warnings(action="ignore"):
                other.write(str(path), format=theirs)
            # igraph numbers the nodes and keeps their names as an attribute
            names = dict(enumerate(graph)) if theirs == "gml" else {f"n{k}": node for k, node in enumerate(graph)}
            yield path.read_bytes(), nx.relabel_nodes(graph, {node: key for key, node in names.items()}), {}

    return made


def gexf_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    path = directory / "file"
    for seed in range(FILES):
        graph = sample(seed, spaced=True)
        nx.write_gexf(graph, path, prettyprint=seed % 3 > 0, version=("1.2draft", "1.1draft")[seed % 2])
        for k, (_, _, data) in enumerate(graph.edges(data=True)):
            data["id"] = str(k)  # networkx numbers the edges
        # the day of writing would be another one each day
        yield re.sub(rb'lastmodifieddate="[^"]*"', b'lastmodifieddate="2026-01-01"', path.read_bytes()), graph, {}


def pajek_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    path = directory / "file"
    for seed in range(FILES):
        graph = sample(seed, spaced=True)
        if seed % 2:
            for _, _, data in graph.edges(data=True):
                if data.get("kind") == 'say "x"':
                    data["kind"] = "it's"  # networkx does not escape quotes: nobody can read them
            with warnings.catch_warnings(action="ignore"):
                nx.write_pajek(graph, path)  # it writes weight and text
            yield path.read_bytes(), without(graph, keep=("weight", "kind"), alone=True), {}
        else:
            other = igraph.Graph.from_networkx(graph)
            other.vs["name"] = [str(node) for node in graph]
            other.write_pajek(str(path))
            yield path.read_bytes(), without(graph, keep=("weight",), alone=True), {}


def matrix_market_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    path = directory / "file.mtx"
    for seed in range(FILES):
        graph = nx.convert_node_labels_to_integers(sample(seed, text=False), first_label=1)
        field = ("real", None, "pattern")[seed % 3]
        keep = () if field == "pattern" else ("weight",)
        graph = without(graph, keep=keep, alone=True)
        dense = seed % 4 == 0 and field == "real"
        for _, _, data in graph.edges(data=True):
            if dense and not data["weight"]:
                data["weight"] = 1  # a zero is no edge there
        matrix = nx.to_scipy_sparse_array(graph, weight="weight", format="coo")
        scipy.io.mmwrite(path, matrix.toarray() if dense else matrix, comment="made by scipy", field=field)
        yield path.read_bytes(), graph, {}


def dot_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    path = directory / "file"
    for seed in range(FILES):
        graph = sample(seed, spaced=True)
        if seed % 2:
            nx.nx_pydot.write_dot(graph, path)
            for _, _, data in graph.edges(data=True):
                data.update({name: str(value) for name, value in data.items() if isinstance(value, bool)})
            yield path.read_bytes(), graph, {}
        else:
            # igraph numbers the nodes and keeps their names as an attribute
            with warnings.catch_warnings(action="ignore"):
                igraph.Graph.from_networkx(graph).write_dot(str(path))
            for _, _, data in graph.edges(data=True):
                data.update({name: int(value) for name, value in data.items() if isinstance(value, bool)})
            yield path.read_bytes(), nx.relabel_nodes(graph, {node: k for k, node in enumerate(graph)}), {}


def cytoscape_files(_: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    for seed in range(FILES):
        graph = sample(seed, spaced=True)
        graph.graph["name"] = f"graph {seed}"
        text = json.dumps(nx.cytoscape_data(graph), indent=None if seed % 4 else 2, ensure_ascii=bool(seed % 2))
        yield text.encode(), graph, {}


def coded_files(write: str) -> Callable[[Path], Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]]:
    """graph6 and sparse6: numbers from 0 and undirected edges; some have more nodes than one character tells."""

    def made(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
        path = directory / "file"
        for seed in range(FILES):
            graph = nx.Graph(sample(seed, attributes=False, text=False))
            if seed % 10 == 9:
                graph = nx.gnm_random_graph(55 + seed // 5, 40, seed=seed)
            if write == "write_graph6":
                graph.remove_edges_from(list(nx.selfloop_edges(graph)))
            graph = nx.convert_node_labels_to_integers(graph)
            getattr(nx, write)(graph, path, header=seed % 2 == 0)
            yield path.read_bytes(), graph, {}

    return made


def dimacs_files(directory: Path) -> Iterator[tuple[bytes, nx.Graph[Any], dict[str, Any]]]:
    path = directory / "file"
    for seed in range(FILES):
        graph = nx.convert_node_labels_to_integers(sample(seed, text=False).to_directed(), first_label=1)
        graph = without(graph, keep=("weight",), alone=True)
        for _, _, data in graph.edges(data=True):
            data["capacity"] = abs(data.pop("weight"))
        other = igraph.Graph.from_networkx(graph)
        other.write_dimacs(str(path), source=0, target=len(graph) - 1, capacity="capacity")
        yield path.read_bytes(), graph, {}


WRITERS = {
    "csv": csv_files,
    "edge-list": edge_list_files,
    "adjacency-list": adjacency_files,
    "node-link": node_link_files,
    "graphml": markup_files("write_graphml", "graphml"),
    "gml": markup_files("write_gml", "gml"),
    "gexf": gexf_files,
    "pajek": pajek_files,
    "matrix-market": matrix_market_files,
    "dot": dot_files,
    "cytoscape": cytoscape_files,
    "graph6": coded_files("write_graph6"),
    "sparse6": coded_files("write_sparse6"),
    "dimacs": dimacs_files,
}


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for format_, files in WRITERS.items():
            entries = [
                {
                    "file": data.decode(),
                    "options": options,
                    "directed": graph.is_directed(),
                    "nodes": list(graph),
                    "edges": [[u, v, attributes] for u, v, attributes in graph.edges(data=True)],
                }
                for data, graph, options in islice(files(Path(name)), FILES)
            ]
            lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
            (TARGET / f"{format_}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
            print(format_, len(entries))


if __name__ == "__main__":
    main()
