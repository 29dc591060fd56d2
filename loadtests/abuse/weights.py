"""Values and graphs that are small where they are stored and large where they are read.

Archives are the way in for what a release before `limits.valueKiB` may have stored; uploads meet the limits.
"""

from __future__ import annotations

import json
from functools import cache

from networkx_mcp.arrays import edits, frozen
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.graphs import model
from networkx_mcp.store import archive
from networkx_mcp.store.protocol import Contents, Head

#: Bytes of JSON of the one large value, empty lists inside a list; and of the large text.
LISTS, TEXT = 12_000_000, 40_000_000
#: Rows of a graph of 55 MB that is stored in some KB.
ROWS = 500


def _archive(graph_id: str, state: GraphState) -> bytes:
    snapshot = frozen.compress(state.freeze())
    head = Head(
        graph_id=graph_id, uid="u", version=1, snapshot_version=1, snapshot_bytes=len(snapshot), log_operations=0, log_bytes=0,
        nodes=state.n, edges=state.m, meta=model.encode_meta(model.Meta()), created=0.0, updated=0.0,
    )  # fmt: skip
    return b"".join(archive.pack("b", Contents(head=head, snapshot=snapshot, log=[])))


@cache
def old_values() -> bytes:
    """An archive of a graph whose node, edge and own attributes hold one large value each."""
    lists: list[list[int]] = [[]] * (LISTS // 3)
    state = GraphState()
    state.apply([edits.AddNodes(["a", "c"], [{"lists": lists}, {"small": 1}])])
    state.apply([edits.AddEdges([("a", "b")], [{"text": "x" * TEXT}]), edits.SetGraphAttributes({"own": lists})])
    return _archive("old", state)


@cache
def inflating(mebibytes: int) -> bytes:
    """An archive of some KB whose graph has so many MiB of text."""
    state = GraphState()
    state.apply([edits.AddNodes(list(range(mebibytes)), [{"t": "x" * 2**20}] * mebibytes)])
    return _archive("bomb", state)


@cache
def upload(value_bytes: int) -> bytes:
    """Node-link JSON with one value of so many bytes."""
    return b'{"nodes":[{"id":1,"v":[' + b"[]," * (value_bytes // 3) + b'[]]}],"edges":[]}'


@cache
def wide() -> bytes:
    """Node-link JSON of many values within the limit that are one text: 55 MB in memory, some KB in the store."""
    return json.dumps({"nodes": [{"id": row, "t": "x" * 110_000} for row in range(ROWS)], "edges": []}).encode()
