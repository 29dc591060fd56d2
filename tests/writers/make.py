"""Write what tests/unit/formats/test_real_writers.py reads: 100 small files of each text format, by the writers of others.

The programs are in an environment of their own, because pandas in the server's would be loaded by pyarrow in every process:

    uv venv .tools/writers && uv pip install --python .tools/writers/bin/python --require-hashes -r tests/writers/requirements.txt
    .tools/writers/bin/python tests/writers/make.py

One JSON file a format; each entry is a file as text, the options that it needs, and the graph that it was made of. The graphs have
a seed each. igraph is under the GPL: it is run here, and nothing of it is distributed.
"""

from __future__ import annotations

import json
import random
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


def without(graph: nx.Graph[Any], keep: tuple[str, ...] = ()) -> nx.Graph[Any]:
    """The edges with the attributes that are kept."""
    found = type(graph)()
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


WRITERS = {
    "csv": csv_files,
    "edge-list": edge_list_files,
    "adjacency-list": adjacency_files,
    "node-link": node_link_files,
    "graphml": markup_files("write_graphml", "graphml"),
    "gml": markup_files("write_gml", "gml"),
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
