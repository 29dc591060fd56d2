"""Bulk data: uploads parsed and exports written in workers."""

from __future__ import annotations

import asyncio
import os
import tempfile
from typing import Any

import msgspec

from networkx_mcp.analysis.graph_tasks import file_digest
from networkx_mcp.arrays.formats import Hints, Reading
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.memfd import attach
from networkx_mcp.errors import InvalidInput, LimitExceeded, WorkerCrashed
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.loading import Loader
from networkx_mcp.graphs.model import LoadedGraph, Meta, Stamp
from networkx_mcp.graphs.refusals import version_conflict
from networkx_mcp.graphs.whole_graphs import WholeGraphs
from networkx_mcp.graphs.write_context import OperationName
from networkx_mcp.graphs.write_locks import Attempt
from networkx_mcp.settings import KIB, MIB, Settings, spool_directory


class Transfer:
    """What moves whole graphs between callers, workers and the store."""

    def __init__(
        self, settings: Settings, loader: Loader, whole_graphs: WholeGraphs, offloader: offload.Offloader
    ) -> None:
        self._limits = settings.limits
        self._loader = loader
        self._whole_graphs = whole_graphs
        self._offloader = offloader

    async def put(
        self,
        tenant: str,
        graph_id: str,
        spool_fd: int,
        format_: str,
        options: dict[str, Any],
        if_version: int | None,
        operation_id: str | None,
        if_uid: str = "",
        hints: Hints | None = None,
    ) -> LoadedGraph:
        """Parse the spooled file and make it the graph's contents; see `Graphs.put`."""
        model.check_graph_id(graph_id)
        model.check_operation_id(operation_id)
        options = dict(options)
        description = model.check_description(str(options.pop("description", "")))
        with Attempt("put", graph_id) as attempt:
            self._offloader.refuse_writes()
            self._offloader.refuse_large()
            if if_version is not None and operation_id is None:
                await self._refuse_early(tenant, graph_id, if_version, if_uid)
            rest = (repr(sorted(options.items())), description, if_version, if_uid)
            try:
                base, snapshot, value = await self._parse(tenant, spool_fd, format_, options, hints or Hints())
            except (InvalidInput, LimitExceeded):
                name = OperationName(operation_id, "")
                if format_ and operation_id is not None:
                    name = _name(operation_id, graph_id, format_, rest, await asyncio.to_thread(file_digest, spool_fd))
                if (first := await self._whole_graphs.repeated(tenant, graph_id, name, attempt)) is None:
                    raise
                return LoadedGraph(**msgspec.structs.asdict(first), reading=Reading(format=format_))
            reading, digest = msgspec.convert(value["reading"], Reading), value["digest"]
            name = _name(operation_id, graph_id, reading.format, rest, digest)
            meta = Meta(directed=base.directed, description=description)
            info = await self._whole_graphs.put(
                tenant,
                graph_id,
                meta,
                base,
                snapshot,
                if_version,
                name,
                attempt,
                if_uid=if_uid,
            )
            return LoadedGraph(**msgspec.structs.asdict(info), reading=reading)

    async def _refuse_early(self, tenant: str, graph_id: str, if_version: int, if_uid: str) -> None:
        """A version that is wrong already need not be parsed; the store checks it again."""
        found = await self._loader.find(tenant, graph_id)
        if model.is_at(found, if_version, if_uid):
            return
        if found is None:
            raise await self._loader.not_found(tenant, graph_id)
        raise version_conflict(graph_id, if_version, found.version)

    async def _parse(
        self, tenant: str, spool_fd: int, format_: str, options: dict[str, Any], hints: Hints
    ) -> tuple[FrozenGraph, bytes, dict[str, Any]]:
        params = {
            "format": format_,
            "filename": hints.filename,
            "encoding": hints.encoding,
            "options": options,
            "nodes": self._limits.graph_nodes,
            "edges": self._limits.graph_edges,
            "bytes": self._limits.upload_mb * MIB,
            "value": self._limits.value_kib * KIB,
        }
        try:
            # A graph may be as large as that, whatever the file is; a larger one is refused when it is there.
            with await self._offloader.admitted(self._limits.graph_mb * MIB, tenant=tenant):
                result = await self._offloader.run(
                    f"{offload.TASKS}:parse_upload", params, tenant=tenant, fds=[spool_fd]
                )
        except WorkerCrashed as error:
            raise InvalidInput(
                f"the {format_} file cannot be read: the process that read it ended ({error.data['signal']}); nothing was "
                "changed",
                field="file",
            ) from None
        try:
            base = FrozenGraph.attach(result.fds.pop(0))
            with attach(result.fds[0]) as data:
                snapshot = bytes(data)
        finally:
            result.close()
        return base, snapshot, result.value

    async def export(self, tenant: str, graph_id: str, format_: str, options: dict[str, Any]) -> tuple[Stamp, int]:
        """Stamp and descriptor (at offset 0, the caller closes it) of a spooled file; see `Graphs.export`."""
        with Attempt("export", graph_id, audited=False):
            entry = await self._loader.current(tenant, graph_id)
            source, stamp = offload.Source.of(entry), Stamp(entry.version, entry.uid)
            with tempfile.TemporaryFile(dir=spool_directory(), prefix="networkx-mcp-export-") as spool:
                await self._offloader.run(
                    f"{offload.TASKS}:export",
                    {"format": format_, "options": options, "most": self._limits.upload_mb * MIB},
                    source,
                    tenant=tenant,
                    fds=[spool.fileno()],
                )
                fd = os.dup(spool.fileno())
            os.lseek(fd, 0, os.SEEK_SET)
            return stamp, fd


def _name(operation_id: str | None, graph_id: str, format_: str, rest: tuple[Any, ...], digest: str) -> OperationName:
    """What an upload is called; `rest` are its options, description, version and uid."""
    return OperationName(operation_id, model.fingerprint("put", graph_id, format_, *rest, digest))


def plain_options(options: Any) -> dict[str, Any]:
    """Options of a format as a dict. Raises InvalidInput for anything that is not JSON-like."""
    try:
        found = msgspec.to_builtins(options or {})
    except TypeError as error:
        raise InvalidInput(f"options: {error}", field="options") from None
    if not isinstance(found, dict):
        raise InvalidInput("options must be an object of names and values", field="options")
    return found
