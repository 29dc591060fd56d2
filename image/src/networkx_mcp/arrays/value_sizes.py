"""How long values may be: the limit of one attribute value (limits.value_kib), held at every way in.

What counts is the compact JSON of a value, in UTF-8 bytes. Graphs that hold longer values from before the limit stay:
logs and snapshots of the store are not held to it, only what callers send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.edits import AddEdges, AddNodes, Edit, SetEdgeAttributes, SetGraphAttributes, SetNodeAttributes
from networkx_mcp.arrays.ids import NodeId, format_id
from networkx_mcp.errors import InvalidInput, LimitExceeded, shortened

#: Name of the setting, as errors give it.
SETTING: Final = "limits.value_kib"
#: Longest name of an attribute, in UTF-8 bytes: as long as a node id may be.
MAX_NAME_BYTES: Final = 1024
#: A character of text is at most six bytes of JSON (a control character).
_ESCAPED: Final = 6

_SMALL = frozenset({int, float, bool, type(None)})
_encode = msgspec.json.Encoder().encode


def surely_longer(value: Any, most: int) -> bool:
    """Whether the JSON of a value has more than `most` characters, by its least size.

    It looks at no more than `most` items, so that it costs the same for a value of any size. False may still be a value that is
    a few times longer.
    """
    left, waiting = most, [value]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is str:
            left -= len(value) + 2
        elif kind is list:
            left -= max(2, len(value) + 1)
            if left >= 0:
                waiting += value
        elif kind is dict:
            left -= max(2, 4 * len(value) + 1)
            if left >= 0:
                left -= sum(map(len, value))
                waiting += value.values()
        elif kind is int:
            left -= 1 + value.bit_length() * 3 // 10
        else:
            left -= 1
        if left < 0:
            return True
    return False


def longer(value: Any, most: int) -> bool:
    """Whether the JSON of a value has more than `most` bytes. Costs no more than `most` asks for."""
    kind = type(value)
    if kind in _SMALL or (kind is str and _ESCAPED * len(value) + 2 <= most and value.isascii()):
        return False
    return surely_longer(value, most) or len(_encode(value)) > most


def check_sizes(attributes: Mapping[str, Any], most: int, what: str) -> None:
    """LimitExceeded where a value of `attributes`, those of `what`, is longer than `most` bytes of JSON; InvalidInput for a
    name of more than MAX_NAME_BYTES."""
    for name, value in attributes.items():
        if type(name) is not str:  # `values.check_name` has the words
            continue
        if len(name) > MAX_NAME_BYTES // 4 and len(name.encode()) > MAX_NAME_BYTES:
            raise InvalidInput(
                f"{what}: the attribute name {shortened(name)!r} has {len(name.encode())} bytes; at most {MAX_NAME_BYTES} "
                "are allowed. Use a short name and keep the text in the value.",
                field="attributes",
            )
        if longer(value, most):
            raise too_long(what, name, most)


def too_long(what: str, name: str, most: int) -> LimitExceeded:
    """The error for the value of an attribute of `what` that is longer than `most` bytes of JSON."""
    return LimitExceeded(
        f"{what}: the value of attribute {shortened(name)!r} has more than {most // 1024} KiB of JSON ({SETTING}). Divide it "
        "among several attributes or nodes, store it elsewhere and keep its address, or ask the operator to raise the limit.",
        limit="value",
        setting=SETTING,
        maximum=most,
        attribute=name,
    )


def of_node(node: NodeId) -> str:
    """How an error names a node."""
    return f"node {format_id(node)}"


def of_edge(u: NodeId, v: NodeId) -> str:
    """How an error names an edge."""
    return f"edge {format_id(u)} - {format_id(v)}"


def named(*ends: NodeId) -> str:
    """How an error names a node, or the edge between two."""
    return of_node(ends[0]) if len(ends) == 1 else of_edge(ends[0], ends[1])


OF_GRAPH: Final = "the graph"


def check_batch(edits: Iterable[Edit], most: int) -> None:
    """`check_sizes` for all attributes that a batch brings. What is no attributes at all, the planner refuses."""
    for edit in edits:
        if isinstance(edit, SetGraphAttributes):
            if type(edit.attributes) is dict:
                check_sizes(edit.attributes, most, OF_GRAPH)
        elif isinstance(edit, (AddNodes, SetNodeAttributes)):
            _check_rows(edit.attributes, edit.nodes, most)
        elif isinstance(edit, (AddEdges, SetEdgeAttributes)):
            _check_rows(edit.attributes, edit.edges, most)


def _check_rows(attributes: Sequence[Any] | None, items: Sequence[Any], most: int) -> None:
    for number, given in enumerate(attributes or ()):
        if not given or type(given) is not dict:
            continue
        for name, value in given.items():
            # the values of large batches, without a call
            if type(value) not in _SMALL or len(str(name)) > MAX_NAME_BYTES // 4:
                item: Any = items[number] if number < len(items) else number
                what = of_edge(*item) if isinstance(item, (list, tuple)) and len(item) == 2 else of_node(item)
                check_sizes({name: value}, most, what)


def longer_row(values: pa.Array, kind: str, most: int) -> int:
    """The first row of a column of text (`string`) or JSON texts (`json`) whose value is longer than `most`, or -1."""
    if not len(values) or kind not in ("string", "json"):
        return -1
    lengths = pc.binary_length(values)
    bound = most if kind == "json" else (most - 2) // _ESCAPED
    if (pc.max(lengths).as_py() or 0) <= bound:
        return -1
    for row in pc.indices_nonzero(pc.greater(lengths, bound)).to_pylist():
        length = lengths[row].as_py()
        if length > most or (kind == "string" and len(_encode(values[row].as_py())) > most):
            return int(row)
    return -1
