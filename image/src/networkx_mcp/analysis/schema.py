"""What attributes the nodes and edges of a graph have: type, how many have it, range or commonest values, which could be weights.

In plain Python over the values, so that it is the same where a worker looks at columns and where the API looks at a few nodes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from networkx_mcp.analysis.result import table
from networkx_mcp.arrays.columns import MISSING, AttributeTable
from networkx_mcp.arrays.deferred import BYTES, Deferred
from networkx_mcp.errors import shortened

if TYPE_CHECKING:
    from networkx_mcp.arrays.frozen import FrozenGraph
    from networkx_mcp.arrays.state import GraphState

#: A row of the answer. `commonest`: pairs of value and count, of what is not different everywhere; `least` and `most` of numbers, and of text that is dates.
COLUMNS = ("of", "attribute", "type", "count", "different", "least", "most", "commonest")
#: Attributes of nodes, and of edges, that are told; those that most have come first.
MOST_ATTRIBUTES = 25
#: Values that are told, and characters of each.
_COMMONEST, _CHARACTERS = 3, 40
#: What the API looks at itself: nodes and edges, values of theirs, bytes and columns of a buffer, characters of a text.
LITTLE, LITTLE_VALUES, LITTLE_BYTES, LITTLE_COLUMNS, LITTLE_CHARACTERS = 500, 800, 64 * 1024, 16, 200

_TYPES: Mapping[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "text", list: "list", dict: "object", type(None): "null"
}  # fmt: skip
#: Text that is in the order of time where it is in the order of text.
_DATE = re.compile(r"[12][0-9]{3}-[01][0-9](-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9].{0,24})?)?$")
_SHORT = frozenset({bool, int, float, type(None)})
_SCALARS = frozenset({bool, int, float, str})


def of_arrays(graph: FrozenGraph) -> dict[str, Any]:
    """The table of all attributes, from columns."""
    return _answer(_columns(graph.node_table), _columns(graph.edge_table))


def of_little(state: GraphState) -> dict[str, Any] | None:
    """The same of a graph that is looked at on the event loop, within a millisecond; None where it is more than little."""
    if state.bare:  # most graphs that agents make, whatever their size
        return _answer((), ())
    if state.n + state.m > LITTLE:
        return None
    base = state.base
    if not state.clean or base is None:
        found = [
            _gathered(data for _, data in state.nodes(data=True)),
            _gathered(data for *_, data in state.edges(data=True)),
        ]
    elif base.nbytes <= LITTLE_BYTES:
        found = [_of_little_table(base.node_table), _of_little_table(base.edge_table)]
    else:
        return None
    few = [values for values in found if values is not None]
    if len(few) < len(found) or sum(len(one) for values in few for one in values.values()) > LITTLE_VALUES:
        return None
    return _answer(*(values.items() for values in few))


def _gathered(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """Values by attribute; None where they are many, or any is long."""
    found: dict[str, list[Any]] = {}
    left = LITTLE_VALUES
    for attributes in rows:
        if (left := left - len(attributes)) < 0:
            return None
        for name, value in attributes.items():
            if not _is_short(value):
                return None
            found.setdefault(name, []).append(value)
    return found


def _of_little_table(attributes: AttributeTable) -> dict[str, list[Any]] | None:
    if attributes.rest is not None or len(attributes.columns) > LITTLE_COLUMNS:
        return None
    found = {
        name: [value for value in column.to_list() if value is not MISSING]
        for name, column in attributes.columns.items()
    }
    return found if all(_is_short(value) for values in found.values() for value in values) else None


def _is_short(value: Any) -> bool:
    return type(value) in _SHORT or (type(value) is str and len(value) <= LITTLE_CHARACTERS)


def _columns(attributes: AttributeTable) -> Iterator[tuple[str, Sequence[Any]]]:
    """The values of each attribute, one after the other: they are many."""
    rare: dict[str, list[tuple[int, Any]]] = {}
    for row, found in attributes.rest_rows(BYTES):
        for name, value in found.items():
            rare.setdefault(name, []).append((row, value))
    for name, column in attributes.columns.items():
        values = column.to_short_list(BYTES)
        for row, value in rare.pop(name, ()):
            values[row] = value
        yield name, [value for value in values if value is not MISSING]
    for name, pairs in rare.items():
        yield name, [value for _, value in pairs]


def _answer(nodes: Iterable[tuple[str, Sequence[Any]]], edges: Iterable[tuple[str, Sequence[Any]]]) -> dict[str, Any]:
    rows: list[list[Any]] = []
    totals = {}
    for of, attributes in (("nodes", nodes), ("edges", edges)):
        found = [[of, name, *_described(values)] for name, values in attributes if values]
        found.sort(key=lambda row: (-row[3], row[1]))
        totals[f"{of}_total"] = len(found)
        rows += found[:MOST_ATTRIBUTES]
    return {**table(COLUMNS, rows, limit=2 * MOST_ATTRIBUTES), **totals}


def _described(values: Sequence[Any]) -> list[Any]:
    """Type, count, different values, least and most, commonest values."""
    kinds = {_kind(value) for value in values}
    numbers = kinds <= {"integer", "number"}
    if numbers and len(kinds) > 1:
        kinds = {"number"}
    kind = " or ".join(sorted(kinds))
    ordered = numbers or (kind == "text" and all(type(value) is str and _DATE.match(value) for value in values))
    least, most = (_told(min(values)), _told(max(values))) if ordered else (None, None)
    if not {type(value) for value in values} <= _SCALARS:
        return [kind, len(values), None, least, most, []]
    # 1, 1.0 and true are one key of a dict
    counted = Counter(values) if len(kinds) == 1 else Counter(map(_Key, values))
    commonest: list[list[Any]] = []
    if len(counted) < len(values) and kind != "number":
        first = sorted(counted.items(), key=lambda item: -item[1])[:_COMMONEST]
        commonest = [[_told(value.value if type(value) is _Key else value), count] for value, count in first]
    return [kind, len(values), len(counted), least, most, commonest]


class _Key:
    """A value that equals those of its own type alone."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and type(self.value) is type(other.value) and bool(self.value == other.value)


def _kind(value: Any) -> str:
    if type(value) is Deferred:
        return "text" if value.kind == "string" else "long JSON"
    return _TYPES[type(value)]


def _told(value: Any) -> Any:
    return shortened(value, _CHARACTERS) if type(value) is str else value
