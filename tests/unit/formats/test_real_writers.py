"""Files that networkx, scipy, igraph, pydot, pandas, polars and DuckDB wrote: 100 of each text format are read and come back.

`tests/writers/make.py` wrote them, from graphs with a seed each. A file must give the graph that it was made of, and a file of ours
must give that again, where the format is written too.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from tests.unit.formats.files import LIMITS, UNDECIDED, parts, read, written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.state import GraphState

WRITTEN = Path(__file__).with_name("written")
FORMATS = tuple(name for name in formats.READ if formats.RECORDS[name].text)


def edges(graph: nx.Graph[Any], *, exact: bool = True) -> Any:
    """The edges whatever their order; values by their size alone where a format has no types."""

    def value(given: Any) -> Any:
        return given if exact or isinstance(given, str) else float(given)

    return sorted(
        (
            [*(sorted((str(u), str(v))) if not graph.is_directed() else (str(u), str(v)))],
            sorted((name, repr(value(given))) for name, given in data.items()),
        )
        for u, v, data in graph.edges(data=True)
    )


@pytest.mark.parametrize("format_", FORMATS)
def test_files_of_other_programs_are_read_and_come_back(format_: str) -> None:
    entries = json.loads((WRITTEN / f"{format_}.json").read_text(encoding="utf-8"))
    assert len(entries) == 100
    for entry in entries:
        graph: nx.Graph[Any] = nx.DiGraph() if entry["directed"] else nx.Graph()
        graph.add_nodes_from(entry["nodes"])
        graph.add_edges_from(entry["edges"])
        data, options = entry["file"].encode(), entry["options"]
        found = GraphState(formats.load(io.BytesIO(data), format_, options, LIMITS).graph).to_networkx()
        assert found.is_directed() is graph.is_directed(), data[:500]
        assert edges(found, exact=False) == edges(graph, exact=False), data[:2000]
        if format_ not in ("csv", "edge-list"):
            assert {str(node) for node in found} == {str(node) for node in graph}
        if format_ not in formats.WRITTEN:
            continue
        untyped = "ids" not in formats.RECORDS[format_].keeps and isinstance(next(iter(found)), str)
        ids = {"ids": "string"} if untyped else {}
        directed = {"directed": found.is_directed()} if format_ in UNDECIDED else {}
        nodes = {"nodes": "all"} if format_ == "csv" else {}
        again = read(written(found, format_, **nodes), format_, **ids, **directed)
        assert parts(again) == parts(found), data[:2000]
