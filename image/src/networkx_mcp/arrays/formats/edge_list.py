"""Edge list: one edge a line, `source target`, then nothing, a number (the weight) or a JSON object.

    # comments and empty lines are passed over
    a b
    a c 2.5
    b c {"weight": 1, "since": 2020}
    d

A line with one id is a node by itself. Ids are separated by white space and hold none. The format has
no types for ids (option `ids`) and no attributes of nodes or of the graph: writing a graph that has some is
refused. As networkx.read_edgelist, with JSON in place of Python literals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import msgspec
import pyarrow as pa

from ...errors import InvalidInput
from ..state import GraphState
from .common import FormatError, Options, Sink, bare_id, chunks, lines_of, text_ids

_json = msgspec.json.Decoder(dict[str, Any])


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    del options
    ids: list[str] = []  # in the order of the file: the place of each line's first id is kept
    singles: list[int] = []
    pairs: list[int] = []
    attributes: list[dict[str, Any] | None] = []
    lines: list[int] = []
    some = False
    for number, text in lines_of(file):
        parts = text.split(None, 2)
        if not parts or parts[0][0] == "#":
            continue
        if len(parts) == 1:
            singles.append(len(ids))
            ids.append(parts[0])
            sink.limits.check_nodes(len(singles))
            continue
        found = _attributes(parts[2], number) if len(parts) == 3 else None
        some = some or bool(found)
        pairs.append(len(ids))
        ids += parts[:2]
        attributes.append(found)
        lines.append(number)
    column = text_ids(pa.array(ids, pa.string()), sink.ids)
    _emit(column, singles, pairs, attributes if some else None, lines, sink)


def _emit(
    column: pa.Array,
    singles: list[int],
    pairs: list[int],
    attributes: list[dict[str, Any] | None] | None,
    lines: list[int],
    sink: Sink,
) -> None:
    """Hand nodes and edges over in the order of the file."""
    if attributes is None and not singles:
        places = pa.array(pairs, pa.int64())
        sources, targets = column.take(places), column.take(pa.array([at + 1 for at in pairs], pa.int64()))
        sink.edges(sources, targets, lines=lines)
        return
    values = column.to_pylist()
    alone = iter([*singles, len(values)])
    next_single = next(alone)
    for row, at in enumerate(pairs):
        while next_single < at:
            sink.node(values[next_single])
            next_single = next(alone)
        sink.edge(values[at], values[at + 1], attributes[row] if attributes else None, line=lines[row])
    while next_single < len(values):
        sink.node(values[next_single])
        next_single = next(alone)


def _attributes(text: str, line: int) -> dict[str, Any] | None:
    text = text.strip()
    if not text:
        return None
    if text[0] == "{":
        try:
            return _json.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise FormatError(f"the attributes are no JSON object ({error})", line) from None
    try:
        weight = msgspec.json.decode(text)
    except msgspec.DecodeError:
        weight = None
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise FormatError(
            f"{text[:40]!r} follows the two ids: give a number (the weight) or a JSON object, or use format csv", line
        )
    return {"weight": weight}


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    del options
    return chunks(_rows(state))


def _rows(state: GraphState) -> Iterator[str]:
    if state.graph_attributes:
        raise InvalidInput("an edge list carries no attributes of the graph: use node-link or graphml", field="format")
    for node, attributes in state.nodes(data=True):
        if attributes:
            raise InvalidInput(
                f"an edge list carries no attributes of nodes, and {node!r} has some: use csv, node-link or graphml",
                field="format",
            )
        # Each node on a line of its own, so that their order comes back too.
        yield f"{bare_id(node, 'edge-list')}\n"
    for u, v, attributes in state.edges(data=True):
        ends = f"{bare_id(u, 'edge-list')} {bare_id(v, 'edge-list')}"
        yield f"{ends} {msgspec.json.encode(attributes).decode()}\n" if attributes else f"{ends}\n"
