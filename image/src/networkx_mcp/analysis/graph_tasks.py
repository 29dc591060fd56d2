"""Tasks of the graph service: decode, freeze and compress, parse an upload, write an export.

They run in a worker, because each of them may touch every node and edge of a graph. What they make
goes back as file descriptors; nothing large travels as a value. The API process imports this module
for what is small enough to do there, so it must not pull in networkx.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from networkx_mcp.arrays import compose, edits, frozen, id_columns, memfd
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.arrays.state import EditSummary, GraphState
from networkx_mcp.errors import GraphDamaged, InvalidInput, LimitExceeded, NotFound
from networkx_mcp.settings import MIB
from networkx_mcp.store import archive
from networkx_mcp.workers.task_registry import TaskOutput, parser, prepared_by, task

if TYPE_CHECKING:
    from networkx_mcp.arrays.formats.common import Ids
    from networkx_mcp.arrays.formats.reading import Reading


def read_snapshot(snapshot: bytes) -> FrozenGraph:
    """A snapshot from the store. Raises GraphDamaged where it is corrupt."""
    try:
        return frozen.decompress(snapshot)
    except ValueError as error:
        raise unreadable(str(error)) from error


def _applied(directed: bool, base: FrozenGraph | None, batches: Sequence[bytes]) -> GraphState:
    """A base and the stored batches after it. ValueError where they do not belong together."""
    state = GraphState(base, directed)
    for number, batch in enumerate(batches, 1):
        try:
            state.apply(edits.decode(batch))
        except (InvalidInput, NotFound) as error:
            raise ValueError(f"operation {number} of its log does not apply: {error.message}") from error
    return state


def unreadable(why: str) -> GraphDamaged:
    """The error for a graph whose bytes in the store are not sound."""
    return GraphDamaged(f"the stored graph cannot be read ({why}); restore it from a backup")


def merge(
    directed: bool, base: FrozenGraph | None, batches: Sequence[bytes], edit: bytes | None = None
) -> tuple[FrozenGraph, EditSummary | None]:
    """One buffer of a base and the batches after it, and what the last one, `edit`, did.

    Raises InvalidInput or NotFound where `edit` does not apply, GraphDamaged where the stored batches do not.
    """
    try:
        state = _applied(directed, base, batches)
    except ValueError as error:
        raise unreadable(str(error)) from error
    summary = state.apply(edits.decode(edit)) if edit is not None else None
    return state.freeze(), summary


def _sent(told: dict[str, Any], fds: list[int]) -> FrozenGraph | None:
    """The base of a graph that was sent to a worker, None where it has none."""
    if (index := told.get("base")) is not None:
        return FrozenGraph.attach(fds[index])
    if (index := told.get("snapshot")) is not None:
        with memfd.attach(fds[index]) as data:
            return read_snapshot(bytes(data))
    return None


@parser
def materialise(params: dict[str, Any], fds: list[int]) -> TaskOutput:
    """`merge` in a worker.

    Parameters: `graphs`, one with `directed`, `base` (a sealed buffer) or `snapshot`, as index of a descriptor, and
    `batches`; `edit`; `compress`: the snapshot is wanted, too.
    Value: `summary` (of `edit`). Descriptors: the buffer, then the snapshot.
    """
    (told,) = params["graphs"]
    graph, summary = merge(told["directed"], _sent(told, fds), told["batches"], params.get("edit"))
    # A copy: the graph closes its own descriptor, whoever sends this one closes it.
    out = [os.dup(graph.fd)]
    if params.get("compress"):
        out.append(memfd.create("snapshot", [frozen.compress(graph)]))
    return TaskOutput({"summary": msgspec.to_builtins(summary)}, out)


class _HeadMeta(msgspec.Struct):
    """What the graph service writes into a head, as far as it decides how the log is read."""

    directed: bool = False


@parser
def read_archive(params: dict[str, Any], fds: list[int]) -> TaskOutput:
    """An archive, checked in full: its graph as a sealed buffer and the snapshot of that.

    Parameters: `archive`, the index of its descriptor. Value: `version`, `graph_id`, `meta` of the header.
    Descriptors: the buffer, the snapshot. Raises InvalidInput (field `archive`) for what is no archive, is
    damaged, or holds another graph than it says.
    """
    with memfd.attach(fds[params["archive"]]) as data:
        found = archive.unpack(data)
    header = found.header
    try:
        directed = msgspec.msgpack.decode(header.meta, type=_HeadMeta).directed
        base = frozen.decompress(found.snapshot) if found.snapshot else None
        graph = _applied(directed, base, [payload for _, payload in found.log]).freeze()
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise archive.broken(str(error)) from None
    if (graph.n, graph.m) != (header.nodes, header.edges):
        raise archive.broken(
            f"it says {header.nodes} nodes and {header.edges} edges, and holds {graph.n} and {graph.m}"
        )
    value = {"version": header.version, "graph_id": header.graph_id, "meta": header.meta}
    return TaskOutput(value, [os.dup(graph.fd), memfd.create("snapshot", [frozen.compress(graph)])])


def file_digest(fd: int) -> str:
    """The digest of a spooled file, by which a repeated upload is known."""
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(os.dup(fd), "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _prepare_shape(params: dict[str, Any]) -> None:
    if "sql" in params["options"]:
        # All of it: once the worker is shut in it can open no file, and a module is one.
        from networkx_mcp.analysis.sql import engine, shaping  # noqa: F401

        engine.prepare()


@prepared_by(_prepare_shape)
@parser
def parse_upload(params: dict[str, Any], fds: list[int]) -> TaskOutput:
    """A spooled file as a sealed buffer and its snapshot.

    Parameters: `format` (empty: as content and name tell), `filename`, `encoding`, `options`, and the limits `nodes`,
    `edges`, `bytes`, `value`; `graphs`: one that the file is merged into, or none, and then `if_missing` (see `_merged`).
    Descriptors: the file, then those of the graph. Value: `digest` (of the file), `reading` (a `formats.Reading`).
    Descriptors: the buffer, the snapshot.
    Raises InvalidInput that names the line of a broken file, LimitExceeded, NotFound (a node that must be there).
    """
    from networkx_mcp.arrays import formats

    base = into = None
    for told in params.get("graphs", ()):
        base, _ = merge(told["directed"], _sent(told, fds), told["batches"])
        into = formats.Into(base.directed, _ids_of(base))
    digest = file_digest(fds[0])
    os.lseek(fds[0], 0, os.SEEK_SET)
    with os.fdopen(os.dup(fds[0]), "rb") as file:
        limits = formats.ParseLimits(**{name: params[name] for name in ("nodes", "edges", "bytes", "value")})
        hints = formats.Hints(filename=params["filename"], encoding=params["encoding"])
        options = dict(params["options"])
        shape = None
        if (sql := options.pop("sql", None)) is not None:
            from networkx_mcp.analysis.sql import shaping

            shape = shaping.shaper(sql)
        graph, reading = formats.load(file, params["format"], options, limits, hints, into, shape)
    if base is not None:
        graph = _merged(base, graph, params["if_missing"], reading)
    snapshot = memfd.create("snapshot", [frozen.compress(graph)])
    return TaskOutput({"digest": digest, "reading": reading.as_dict()}, [os.dup(graph.fd), snapshot])


def _ids_of(base: FrozenGraph) -> Ids:
    """What untyped ids of a file that is merged into the graph are to be."""
    kinds = id_columns.kinds(base.ids)
    if len(kinds) != 1:
        return "auto"
    return "string" if "text" in kinds else "integer"


#: Ids that an error or a note names.
_NAMED = 5


def _merged(base: FrozenGraph, addition: FrozenGraph, if_missing: str, reading: Reading) -> FrozenGraph:
    """`addition` merged into `base`, told in `reading`. Of nodes that `base` lacks `if_missing` says: `add`, `skip` or `error` (NotFound)."""
    absent = compose.unknown(base, addition)
    if if_missing == "error" and len(absent):
        state = GraphState(base)
        first = addition.id_of(int(absent[0]))
        named = ", ".join(map(format_id, addition.ids_of(absent[:_NAMED].tolist())))
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        raise NotFound(
            f"the graph has no node {named}{more}, which the file names; nothing was changed",
            hint="if_missing=add makes them, if_missing=skip leaves their rows out.",
            kind="node",
            node=first,
            nearest=state.nearest_nodes(first),
        )
    made = compose.compose(base, addition, known_only=if_missing == "skip")
    reading.added_nodes, reading.added_edges = made.nodes_added, made.edges_added
    reading.changed_nodes, reading.changed_edges = made.nodes_changed, made.edges_changed
    reading.unknown_nodes, reading.unknown_edges = made.nodes_left_out, made.edges_left_out
    if base.n and addition.n and len(absent) == addition.n:
        reading.note(
            f"no node of the file was in the graph: its ids are such as {format_id(base.id_of(0))}, those of the file such as "
            f"{format_id(addition.id_of(0))}"
        )
    return made.graph


@task
def export(params: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """The graph written to a file in a format.

    Parameters: the graph (see `loaded_graph`), `format`, `options`, `most` (bytes). Descriptors:
    the file comes first. Value: `bytes` written. Raises InvalidInput for a format or options that do not
    fit, LimitExceeded past `most`.
    """
    from networkx_mcp.analysis.loaded_graph import load_state
    from networkx_mcp.arrays import formats

    state = load_state(params, fds)
    written = 0
    with os.fdopen(os.dup(fds[0]), "wb") as file:
        for chunk in formats.write(state, params["format"], params["options"]):
            written += file.write(chunk)
            if written > params["most"]:
                raise LimitExceeded(
                    f"as {params['format']} the graph is larger than {params['most'] // MIB} MiB (limits.upload_mb): "
                    "take parquet or arrow",
                    limit="download",
                    setting="limits.upload_mb",
                    maximum=params["most"],
                )
    return {"bytes": written}


@task
def measure(params: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Nodes and edges of the graph as a worker sees it."""
    from networkx_mcp.analysis.loaded_graph import load_state

    state = load_state(params, fds)
    return {"nodes": state.n, "edges": state.m}
