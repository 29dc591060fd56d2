"""What can be done to a graph: the edits of a batch, and their bytes in the log.

A batch is a list of edits, applied in order, all or nothing. Lists that belong together run in
parallel: `attributes[k]` goes with `nodes[k]` or `edges[k]`; `None` for the whole list or for one
item means no attributes. Semantics are networkx's, except where a silent surprise would follow:
an edge that exists is refused, and so is the removal of something that is not there, unless the
edit says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from networkx_mcp.arrays.ids import NodeId

Attributes: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[NodeId, NodeId]


class _Edit(msgspec.Struct, array_like=True, forbid_unknown_fields=True, omit_defaults=True):
    """Stored in logs: new fields only at the end and with a default, tags never change."""


class AddNodes(_Edit, tag="an"):
    """Add nodes; one that exists keeps its place, its attributes are merged."""

    nodes: list[NodeId]
    attributes: list[Attributes | None] | None = None


class RemoveNodes(_Edit, tag="rn"):
    """Remove nodes with their edges; an absent node is an error, or skipped."""

    nodes: list[NodeId]
    if_missing: Literal["error", "skip"] = "error"


class AddEdges(_Edit, tag="ae"):
    """Add edges, and their end nodes where absent (source first).

    An edge that exists: `error` refuses the batch, `update` merges attributes, `skip` leaves it.
    """

    edges: list[Pair]
    attributes: list[Attributes | None] | None = None
    if_exists: Literal["error", "update", "skip"] = "error"


class RemoveEdges(_Edit, tag="re"):
    """Remove edges, never nodes; an absent edge is an error, or skipped."""

    edges: list[Pair]
    if_missing: Literal["error", "skip"] = "error"


class SetNodeAttributes(_Edit, tag="sn"):
    """Merge `attributes[k]` into those of `nodes[k]`, which must exist."""

    nodes: list[NodeId]
    attributes: list[Attributes]


class SetEdgeAttributes(_Edit, tag="se"):
    """Merge `attributes[k]` into those of `edges[k]`, which must exist."""

    edges: list[Pair]
    attributes: list[Attributes]


class RemoveAttributes(_Edit, tag="ra"):
    """Remove the attributes `names` from the nodes and edges listed, and from the graph if `graph`.

    Nodes and edges must exist; an attribute that is not there is no error.
    """

    names: list[str]
    nodes: list[NodeId] = []
    edges: list[Pair] = []
    graph: bool = False


class SetGraphAttributes(_Edit, tag="sg"):
    """Merge into the attributes of the graph itself."""

    attributes: Attributes


class Clear(_Edit, tag="cl"):
    """Remove all nodes, edges and graph attributes, as `nx.Graph.clear` does."""


Edit: TypeAlias = (
    AddNodes
    | RemoveNodes
    | AddEdges
    | RemoveEdges
    | SetNodeAttributes
    | SetEdgeAttributes
    | RemoveAttributes
    | SetGraphAttributes
    | Clear
)

_msgpack = msgspec.msgpack.Encoder()
_json = msgspec.json.Encoder()
_msgpack_decoder: msgspec.msgpack.Decoder[list[Edit]] = msgspec.msgpack.Decoder(list[Edit])
_json_decoder: msgspec.json.Decoder[list[Edit]] = msgspec.json.Decoder(list[Edit])


def encode(edits: Sequence[Edit]) -> bytes:
    """The batch as bytes: msgpack, or JSON where an attribute holds an integer beyond 64 bits."""
    try:
        return _msgpack.encode(edits)
    except OverflowError:  # msgpack has no such integers; JSON has
        return _json.encode(edits)


def decode(data: bytes) -> list[Edit]:
    """The inverse of `encode`; ValueError for bytes that are no batch."""
    try:
        # a JSON list opens with "[", which msgpack takes for a small integer, never for a list
        return _json_decoder.decode(data) if data[:1] == b"[" else _msgpack_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not a batch of edits: {error}") from error
