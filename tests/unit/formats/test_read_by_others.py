"""What is exported is read by networkx, pandas, polars, DuckDB, scipy and igraph, as far as each knows the format."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import duckdb
import igraph
import networkx as nx
import pandas
import polars
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import BOTH, attributes, graphs, json_values, nothing, parts, read, texts, words, written

from networkx_mcp.arrays import formats

#: Values that programs trip over.
HARD = ["", "two words", "a  b", "a#b", "x&y", 'say "x"', "it's", "Łódź", "true", "null", "a\tb", "a\u00a0b"]


def hard(*, nested: bool = True) -> nx.Graph[Any]:
    graph: nx.Graph[Any] = nx.DiGraph()
    for k, text in enumerate(HARD):
        graph.add_edge(f"n{k}", f"n{(k + 1) % len(HARD)}", weight=k / 2, s=text, yes=True, no=False)
    if nested:
        graph.edges["n0", "n1"]["nothing"] = None
        graph.edges["n0", "n1"]["list"] = [True, None, {"a": False, "b": "true null"}]
    return graph


def test_networkx_reads_true_and_null_in_our_edge_list() -> None:
    graph = hard()
    found = nx.read_edgelist(io.BytesIO(written(graph, "edge-list")), create_using=nx.DiGraph)
    assert dict(found.edges) == dict(graph.edges)
    assert parts(read(written(graph, "edge-list"), "edge-list", directed=True)) == parts(graph)


plain = st.text("abcxyz", min_size=1, max_size=4)


@given(graph=graphs(plain, nothing, attributes(json_values), nothing))
def test_networkx_reads_every_edge_list_of_ours(graph: nx.Graph[Any]) -> None:
    found = nx.read_edgelist(io.BytesIO(written(graph, "edge-list")), create_using=type(graph))
    assert {frozenset((u, v)) if not graph.is_directed() else (u, v): d for u, v, d in found.edges(data=True)} == {
        frozenset((u, v)) if not graph.is_directed() else (u, v): d for u, v, d in graph.edges(data=True)
    }


def test_igraph_reads_entities_of_our_gml(tmp_path: Path) -> None:
    graph = nx.Graph([('R&D "x"', "b", {"s": "x&y"})], name="a&b")
    path = tmp_path / "a.gml"
    path.write_bytes(written(graph, "gml"))
    found = igraph.Graph.Read_GML(str(path))
    assert found.vs["label"] == ['R&D "x"', "b"]
    assert found.es["s"] == ["x&y"]
    assert set(nx.read_gml(path)) == set(graph)


@pytest.mark.parametrize("labels", [["x", "x"], ["a", None], [1, 2.5], ["b", "a"]])
def test_gml_of_a_graph_whose_nodes_have_labels(labels: list[Any], tmp_path: Path) -> None:
    graph = nx.Graph([("a", "b")])
    for node, label in zip(graph, labels, strict=True):
        if label is not None:
            graph.nodes[node]["label"] = label
    data = written(graph, "gml")
    assert parts(read(data, "gml")) == parts(graph)
    path = tmp_path / "a.gml"
    path.write_bytes(data)
    assert set(nx.read_gml(path)) == {"a", "b"}
    assert igraph.Graph.Read_GML(str(path)).vcount() == 2


@given(
    graph=graphs(
        words, attributes(texts), attributes(texts), st.fixed_dictionaries({}, optional={"name": texts.filter(bool)})
    )
)
def test_gexf_and_cytoscape_come_back(graph: nx.Graph[Any]) -> None:
    for format_ in ("gexf", "cytoscape"):
        assert parts(read(written(graph, format_), format_)) == parts(graph)


@given(graph=graphs(graph_data=st.fixed_dictionaries({}, optional={"name": st.text("ab ", min_size=1)})))
def test_all_values_and_ids_come_back(graph: nx.Graph[Any]) -> None:
    if len({str(node) for node in graph}) < len(graph):
        return
    for format_ in ("gexf", "cytoscape"):
        assert parts(read(written(graph, format_), format_)) == parts(graph)


def test_networkx_reads_our_gexf_and_we_read_its() -> None:
    graph = nx.gnp_random_graph(12, 0.3, seed=4, directed=True)
    for u, _, data in graph.edges(data=True):
        data.update(weight=u / 3, label=f"e{u}", ok=True, n=u)
    for node in graph:
        graph.nodes[node].update(color="red", viz={"size": 2.0, "color": {"r": 1, "g": 2, "b": 3, "a": 1.0}})
    found = nx.read_gexf(io.BytesIO(written(graph, "gexf")), node_type=int)
    assert dict(found.edges) == dict(graph.edges)
    file = io.BytesIO()
    nx.write_gexf(graph, file)
    ours = read(file.getvalue(), "gexf", ids="integer")
    theirs = nx.read_gexf(io.BytesIO(file.getvalue()), node_type=int)
    assert dict(ours.nodes) == dict(theirs.nodes)
    assert dict(ours.edges) == dict(theirs.edges)


GEXF = '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz"><graph {}>{}</graph></gexf>'


def test_gexf_of_others() -> None:
    nodes = '<nodes><node id="a"><nodes><node id="b"/></nodes><viz:position x="1" y="2"/></node></nodes>'
    mutual = GEXF.format(
        'defaultedgetype="directed"', nodes + '<edges><edge source="a" target="b" type="mutual"/></edges>'
    )
    graph = read(mutual, "gexf")
    assert set(graph.edges) == {("a", "b"), ("b", "a")}
    assert graph.nodes["b"] == {"pid": "a"}
    assert graph.nodes["a"] == {"viz": {"position": {"x": 1.0, "y": 2.0}}}
    other = GEXF.format("", nodes + '<edges><edge source="a" target="b" type="directed"/></edges>')
    assert read(other, "gexf").is_directed()
    dynamic = (
        '<attributes class="node" mode="dynamic"><attribute id="0" title="p" type="float"/></attributes>'
        '<nodes><node id="a"><attvalues><attvalue for="0" value="1" start="1" end="2"/><attvalue for="0" value="3" start="2"/>'
        "</attvalues></node></nodes>"
    )
    assert read(GEXF.format('mode="dynamic"', dynamic), "gexf").nodes["a"] == {"p": [[1.0, 1.0, 2.0], [3.0, 2.0, None]]}


def test_networkx_reads_our_cytoscape_and_we_read_its() -> None:
    graph = nx.DiGraph([(1, 2, {"w": 1}), ("a", 1, {})], name="x")
    graph.nodes[1]["color"] = "red"
    found = nx.cytoscape_graph(json.loads(written(graph, "cytoscape")))
    assert (set(found), set(found.edges), found.graph) == (set(graph), set(graph.edges), graph.graph)
    ours = read(json.dumps(nx.cytoscape_data(graph)), "cytoscape")
    assert (set(ours), dict(ours.edges), ours.graph) == (set(graph), dict(graph.edges), graph.graph)
    flat = '[{"group": "nodes", "data": {"id": "a"}, "position": {"x": 1, "y": 2}}, {"data": {"id": "e", "source": "a", "target": "a"}}]'
    assert read(flat, "cytoscape").nodes["a"] == {"position": {"x": 1, "y": 2}}
    assert formats.load(io.BytesIO(flat.encode()), "", {}, formats.ParseLimits(9, 9, 999)).reading.format == "cytoscape"


def opened(format_: str, path: Path) -> dict[str, tuple[int, ...]]:
    """By program: edges, and nodes where it has them, of a file of ours."""
    name = str(path)
    duck = duckdb.connect()
    ig: dict[str, Any] = {
        "graphml": igraph.Graph.Read_GraphML,
        "gml": igraph.Graph.Read_GML,
        "pajek": igraph.Graph.Read_Pajek,
    }
    nxs: dict[str, Any] = {
        "graphml": nx.read_graphml,
        "gml": nx.read_gml,
        "gexf": nx.read_gexf,
        "pajek": nx.read_pajek,
        "graph6": nx.read_graph6,
        "sparse6": nx.read_sparse6,
        "edge-list": nx.read_edgelist,
        "adjacency-list": nx.read_adjlist,
        "node-link": lambda name: nx.node_link_graph(json.loads(Path(name).read_text())),
        "cytoscape": lambda name: nx.cytoscape_graph(json.loads(Path(name).read_text())),
        "matrix-market": lambda name: nx.from_scipy_sparse_array(scipy.io.mmread(name)),
    }
    tables: dict[str, tuple[Any, Any, str]] = {
        "csv": (pandas.read_csv, polars.read_csv, f"read_csv('{name}')"),
        "parquet": (pandas.read_parquet, polars.read_parquet, f"read_parquet('{name}')"),
        "arrow": (pandas.read_feather, polars.read_ipc, ""),
    }
    found: dict[str, tuple[int, ...]] = {}
    if format_ in nxs:
        graph = nxs[format_](name)
        found["networkx"] = (graph.number_of_edges(), len(graph))
    if format_ in ig:
        other = ig[format_](name)
        found["igraph"] = (other.ecount(), other.vcount())
    if format_ in tables:
        pd, pl, sql = tables[format_]
        found["pandas"] = (len(pd(name).dropna(subset=["target"])),)
        found["polars"] = (len(pl(name).drop_nulls("target")),)
        if sql:
            found["duckdb"] = (len(duck.sql(f"select source, target from {sql} where target is not null").fetchall()),)
    return found


@pytest.mark.parametrize("format_", BOTH)
def test_every_export_is_opened_by_the_programs_that_know_it(format_: str, tmp_path: Path) -> None:
    graph = nx.cycle_graph(7)
    if format_ not in ("graph6", "sparse6", "adjacency-list"):
        nx.set_edge_attributes(graph, 0.5, "weight")
    path = tmp_path / f"a.{formats.RECORDS[format_].extensions[0]}"
    path.write_bytes(written(graph, format_))
    found = opened(format_, path)
    assert found or format_ == "dot"  # networkx reads it by pydot or Graphviz
    for program, counts in found.items():
        assert counts == (7, 7)[: len(counts)], program
