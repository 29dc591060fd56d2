"""Tasks of the graph service: decode, freeze and compress, parse an upload, write an export.

They run in a worker, because each of them may touch every node and edge of a graph. What they make
goes back as file descriptors; nothing large travels as a value.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

import msgspec

from networkx_mcp.arrays import edits, formats, frozen, memfd
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.compute.algorithms.load import load_state
from networkx_mcp.compute.registry import TaskOutput, task


def _base(params: dict[str, Any], fds: list[int]) -> FrozenGraph | None:
    """The base of the graph: a sealed buffer (`base`), a compressed snapshot (`snapshot`), or nothing."""
    if (index := params.get("base")) is not None:
        return FrozenGraph.attach(fds[index])
    if (index := params.get("snapshot")) is not None:
        with memfd.attach(fds[index]) as data:
            return frozen.decompress(data)
    return None


@task
def materialise(params: dict[str, Any], fds: list[int]) -> TaskOutput:
    """One sealed buffer of a base and the batches after it.

    Parameters: `directed`; `base` or `snapshot` (index of a descriptor); `batches`;
    `compress`: also the snapshot; `edit`: one more batch, whose summary is wanted.
    Value: `nodes`, `edges`, `summary` (of `edit`). Descriptors: the buffer, then the snapshot.
    Raises ValueError for a corrupt snapshot, InvalidInput or NotFound where `edit` does not apply.
    """
    base = _base(params, fds)
    batches = params.get("batches") or ()
    edit = params.get("edit")
    if base is not None and not batches and edit is None:
        graph, summary = base, None
    else:
        state = GraphState(base, bool(params["directed"]))
        for batch in batches:
            state.apply(edits.decode(batch))
        summary = state.apply(edits.decode(edit)) if edit is not None else None
        graph = state.freeze()
    # A copy: the graph closes its own descriptor, whoever sends this one closes it.
    out = [os.dup(graph.fd)]
    if params.get("compress"):
        out.append(memfd.create("snapshot", [frozen.compress(graph)]))
    return TaskOutput({"nodes": graph.n, "edges": graph.m, "summary": msgspec.to_builtins(summary)}, out)


@task
def parse_upload(params: dict[str, Any], fds: list[int]) -> TaskOutput:
    """A spooled file as a sealed buffer and its snapshot.

    Parameters: `format`, `options`, and the limits `nodes`, `edges`, `bytes`. Descriptors: the file.
    Value: `directed`, `nodes`, `edges`, `digest` (of the file). Descriptors: the buffer, the snapshot.
    Raises InvalidInput that names the line of a broken file, LimitExceeded.
    """
    os.lseek(fds[0], 0, os.SEEK_SET)
    with os.fdopen(os.dup(fds[0]), "rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        file.seek(0)
        limits = formats.ParseLimits(nodes=params["nodes"], edges=params["edges"], bytes=params["bytes"])
        graph = formats.parse(file, params["format"], params["options"], limits)
    snapshot = memfd.create("snapshot", [frozen.compress(graph)])
    value = {"directed": graph.directed, "nodes": graph.n, "edges": graph.m, "digest": digest}
    return TaskOutput(value, [os.dup(graph.fd), snapshot])


@task
def export(params: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """The graph written to a file in a format.

    Parameters: those of the graph (see `algorithms.load`), `format`, `options`. Descriptors: the file
    comes first. Value: `bytes` written. Raises InvalidInput for a format or options that do not fit.
    """
    state = load_state(params, fds)
    written = 0
    with os.fdopen(os.dup(fds[0]), "wb") as file:
        for chunk in formats.write(state, params["format"], params["options"]):
            written += file.write(chunk)
    return {"bytes": written}
