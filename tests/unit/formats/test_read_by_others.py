"""What is exported is read by networkx, pandas, polars, DuckDB, pyarrow, scipy and igraph, as far as each knows the format."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.helpers import programs
from tests.unit.formats.files import (
    BOTH,
    UNDIRECTED,
    attributes,
    graphs,
    json_values,
    nothing,
    parts,
    read,
    texts,
    words,
    written,
)

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


#: Exports that tests/writers/read.py opens with the programs that know their format.
EXPORTS = Path(__file__).with_name("exports")
ROOT = Path(__file__).parents[3]


def exported() -> nx.Graph[Any]:
    """A path, so that it comes in order everywhere; with a name that needs entities where there may be names."""
    return nx.path_graph(["R&D", "b", "c", "d"])


@pytest.mark.parametrize("format_", BOTH)
def test_exports_are_those_that_other_programs_open(format_: str) -> None:
    """To accept a change: delete the file, and run this twice."""
    graph = exported() if format_ not in UNDIRECTED else nx.path_graph(4)
    if format_ not in (*UNDIRECTED, "adjacency-list"):
        nx.set_edge_attributes(graph, 0.5, "weight")
    path = EXPORTS / f"{format_}.{formats.RECORDS[format_].extensions[0]}"
    if not path.exists():
        path.write_bytes(written(graph, format_))
        pytest.fail(f"{path.name} was missing and is written now: open it with tests/writers/read.py and commit it")
    assert path.read_bytes() == written(graph, format_)


def opened(directory: Path) -> dict[str, tuple[str, ...]]:
    """What tests/writers/read.py says of each format: the programs, in the words `name: read` or `name: WRONG`."""
    command = [programs.path("writers"), str(ROOT / "tests/writers/read.py"), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told: dict[str, tuple[str, ...]] = {}
    for line in done.stdout.splitlines():
        if found := re.match(r"([\w-]+)\.\w+ (\w+: (?:read|WRONG))", line):
            told[found[1]] = (*told.get(found[1], ()), found[2])
    assert done.returncode == ("WRONG" in done.stdout), done.stdout + done.stderr
    return told


@pytest.mark.needs("writers")
def test_other_programs_open_every_export() -> None:
    told = opened(EXPORTS)
    assert set(told) == set(BOTH)
    assert [line for lines in told.values() for line in lines if not line.endswith("read")] == []
    assert {line.partition(":")[0] for lines in told.values() for line in lines} == {
        *("networkx", "igraph", "pandas", "polars", "DuckDB", "pyarrow", "scipy")
    }


@pytest.mark.needs("writers")
def test_an_export_that_is_broken_is_found_by_every_program(tmp_path: Path) -> None:
    for path in EXPORTS.iterdir():
        data = path.read_bytes()
        (tmp_path / path.name).write_bytes(data[: len(data) * 2 // 3])
    told = opened(tmp_path)
    assert set(told) == set(BOTH)
    assert [line for lines in told.values() for line in lines if line.endswith("read")] == []
