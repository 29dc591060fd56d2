"""Adjacency list: a node and the nodes its edges lead to, on one line; as networkx.read_adjlist.

    # comments and empty lines are passed over
    a b c
    b c
    d

Ids are separated by white space and hold none; the format has no types for ids (option `ids`) and no
attributes: writing a graph that has some is refused. In an undirected graph each edge stands once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from ...errors import InvalidInput
from ..state import GraphState
from .common import Options, Sink, bare_id, chunks, lines_of, text_ids


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    del options
    words: list[str] = []
    rows: list[tuple[int, int, int]] = []  # line, place of the first id, number of ids
    edges = 0
    for number, text in lines_of(file):
        parts = text.partition("#")[0].split()
        if parts:
            rows.append((number, len(words), len(parts)))
            words += parts
            edges += len(parts) - 1
    ids = text_ids(pa.array(words, pa.string()), sink.ids).to_pylist()
    for number, at, count in rows:
        sink.node(ids[at], line=number)
        for place in range(at + 1, at + count):
            sink.edge(ids[at], ids[place], line=number)


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    del options
    return chunks(_rows(state))


def _rows(state: GraphState) -> Iterator[str]:
    if state.graph_attributes or any(attributes for _, attributes in state.nodes(data=True)):
        raise InvalidInput("an adjacency list carries no attributes: use csv, node-link or graphml", field="format")
    held: list[str] = []
    last: object = None
    nodes = iter(state.nodes())
    # Edges come grouped by source in the order of nodes, each once.
    for u, v, attributes in state.edges(data=True):
        if attributes:
            raise InvalidInput(
                f"an adjacency list carries no attributes, and the edge {u!r} - {v!r} has some: use csv or node-link",
                field="format",
            )
        if u is not last:
            if held:
                yield " ".join(held) + "\n"
            for node in nodes:
                if node == u and type(node) is type(u):
                    break
                yield bare_id(node, "adjacency-list") + "\n"
            held, last = [bare_id(u, "adjacency-list")], u
        held.append(bare_id(v, "adjacency-list"))
    if held:
        yield " ".join(held) + "\n"
    for node in nodes:
        yield bare_id(node, "adjacency-list") + "\n"
