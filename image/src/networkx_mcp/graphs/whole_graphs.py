"""Whole graphs: created, uploaded, put in place, exported, deleted. Files are parsed and written in workers."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from networkx_mcp.analysis import graph_makers
from networkx_mcp.analysis.graph_tasks import file_digest
from networkx_mcp.arrays import edits as batches
from networkx_mcp.arrays.formats import OF_UPLOADS, Reading
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.errors import (
    Conflict,
    GraphDamaged,
    InvalidInput,
    LimitExceeded,
    NotFound,
    ServiceError,
    WorkerCrashed,
    echoed,
)
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.model import Deleted, Expected, GraphInfo, Meta, Stamp, Upload, UploadedGraph
from networkx_mcp.graphs.outcomes import Attempt, too_busy, version_conflict
from networkx_mcp.graphs.resident import Resident
from networkx_mcp.graphs.write_context import ATTEMPTS, OperationName, WriteContext, pause
from networkx_mcp.settings import KIB, MIB, spool_directory
from networkx_mcp.store.protocol import Head, NewGraph, Quota, StoredCounts, Written

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.graphs.analyses import Results

#: Times that a file is read and merged anew because the graph changed meanwhile.
MERGES = 4
#: Characters of an upload's SQL.
MOST_SQL = 20_000

_info_result = msgspec.msgpack.Decoder(GraphInfo)
_deleted_result = msgspec.msgpack.Decoder(Deleted)


@dataclass(frozen=True, slots=True)
class NewContents:
    """What a graph as a whole is to be."""

    meta: Meta
    base: FrozenGraph
    snapshot: bytes
    #: Of a graph that is new; one that exists goes on counting.
    version: int = 1
    #: It may take more memory than `limits.graph_mb`: it was backed up, perhaps before that bound.
    restored: bool = False


#: The task that makes graphs of recipes.
MAKE = "networkx_mcp.analysis.graph_makers:make_graph"


class Recipe(NamedTuple):
    """A graph that networkx has (`sample`) or makes (`generator`: its name, parameters and seed)."""

    sample: str | None
    generator: dict[str, Any] | None


class _Merge(NamedTuple):
    """How a file goes into a graph that is there."""

    #: What becomes of nodes that the graph does not have.
    if_missing: str

    @classmethod
    def take(cls, options: dict[str, Any]) -> _Merge | None:
        """Out of the options of an upload; None where it replaces what is there. Raises InvalidInput."""
        mode, if_missing = options.pop("mode", "replace"), options.pop("if_missing", None)
        for option, value in zip(OF_UPLOADS, (mode, if_missing or "add"), strict=True):
            if value not in option.values:
                raise InvalidInput(
                    f"option {option.name} is {echoed(value)}: use {' or '.join(option.values)}",
                    field=f"options.{option.name}",
                )
        if mode == "merge":
            return cls(if_missing or "add")
        if if_missing is not None:
            raise InvalidInput("option if_missing is for mode=merge", field="options.if_missing")
        return None


class _There(NamedTuple):
    """What an upload is written onto."""

    expected: Expected
    #: The graph that the file is merged into, and its nodes and edges.
    source: offload.GraphSource | None = None
    size: tuple[int, int] = (0, 0)


class WholeGraphs:
    """Creations, uploads, replacements, exports and deletions of this process."""

    def __init__(self, write_context: WriteContext, results: Results) -> None:
        self._context = write_context
        self._results = results

    async def create(
        self,
        tenant: str,
        graph_id: str | None,
        directed: bool,
        description: str,
        attributes: dict[str, Any],
        edits: Sequence[Edit],
        operation_id: str | None,
    ) -> GraphInfo:
        """Make a graph; see `Graphs.create`."""
        model.check_operation_id(operation_id)
        asked, graph_id = graph_id, model.mint_graph_id(tenant, operation_id) if graph_id is None else graph_id
        model.check_graph_id(graph_id)
        with Attempt("create", graph_id) as attempt:
            self._context.offloader.refuse_writes()
            meta = Meta(directed=directed, description=model.check_description(description))
            batch = [*([batches.SetGraphAttributes(attributes=attributes)] if attributes else []), *edits]
            payload = self._context.encode_batch(batch)
            name = OperationName.of(operation_id, "create", asked, directed, description, payload)
            try:
                self._context.check_sizes(batch)
                base, snapshot, counts = await self._first_contents(tenant, directed, batch, payload)
            except (InvalidInput, LimitExceeded):
                if (first := await self.repeated(tenant, graph_id, name, attempt)) is None:
                    raise
                return first
            meta = msgspec.structs.replace(meta, memory=base.nbytes if base is not None else 0)
            new = NewGraph(graph_id, model.mint_uid(), model.encode_meta(meta), counts, snapshot)
            return await self._place(tenant, new, base, None, name, attempt, self._context.quota)

    async def make(
        self,
        tenant: str,
        graph_id: str | None,
        recipe: Recipe,
        directed: bool,
        description: str,
        attributes: dict[str, Any],
        operation_id: str | None,
    ) -> GraphInfo:
        """Let a worker make a graph; see `Graphs.make`."""
        model.check_operation_id(operation_id)
        asked, graph_id = graph_id, model.mint_graph_id(tenant, operation_id) if graph_id is None else graph_id
        model.check_graph_id(graph_id)
        description = model.check_description(description)
        limits = self._context.limits
        with Attempt("create", graph_id) as attempt:
            self._context.offloader.refuse_writes()
            self._context.offloader.refuse_large()
            batch = [batches.SetGraphAttributes(attributes=attributes)]
            name = OperationName.of(
                operation_id,
                "make",
                asked,
                directed,
                description,
                self._context.encode_batch(batch),
                graph_makers.request(*recipe),
            )
            try:
                self._context.check_sizes(batch)
                generator = recipe.generator
                if generator is not None:
                    generator = graph_makers.check(generator, directed, limits.graph_nodes, limits.graph_edges)
                params = {
                    "sample": recipe.sample,
                    "generator": generator,
                    "directed": directed,
                    "attributes": attributes,
                }
                with await self._context.offloader.admitted(limits.graph_mb * MIB, tenant=tenant):
                    result = await self._context.offloader.run(MAKE, params, tenant=tenant)
                try:
                    base, snapshot = offload.taken(result.fds)
                finally:
                    result.close()
                self._context.check_limits(base.n, base.m)
                self._context.check_memory(base.nbytes)
            except (InvalidInput, LimitExceeded):
                if (first := await self.repeated(tenant, graph_id, name, attempt)) is None:
                    raise
                return first
            meta = Meta(directed=base.directed, description=description, memory=base.nbytes)
            counts = StoredCounts(base.n, base.m)
            new = NewGraph(graph_id, model.mint_uid(), model.encode_meta(meta), counts, snapshot)
            return await self._place(tenant, new, base, None, name, attempt, self._context.quota)

    async def repeated(self, tenant: str, graph_id: str, name: OperationName, attempt: Attempt) -> GraphInfo | None:
        """What the write answered that `name` named before; of a repeat, a refusal may come from a limit that came since."""
        result = await self._context.known(tenant, graph_id, name)
        if result is None:
            return None
        first = _info_result.decode(result)
        attempt.version_after = first.version
        return msgspec.structs.replace(first, repeated=True)

    async def _first_contents(
        self, tenant: str, directed: bool, batch: Sequence[Edit], payload: bytes
    ) -> tuple[FrozenGraph | None, bytes, StoredCounts]:
        if not batch:
            return None, b"", StoredCounts(0, 0)
        base, snapshot, _ = await self._context.offloader.materialise(
            offload.GraphSource(directed), tenant=tenant, compress=True, edit=payload
        )
        self._context.check_limits(base.n, base.m)
        self._context.check_memory(base.nbytes)
        return base, snapshot, StoredCounts(base.n, base.m)

    async def upload(
        self, tenant: str, graph_id: str, upload: Upload, expected: Expected, operation_id: str | None
    ) -> UploadedGraph:
        """Parse a spooled file and make it the graph's contents, or merge it into them; see `Graphs.put`."""
        options = plain_options(upload.options)
        merge = _Merge.take(options)
        if "sql" in options:
            options["sql"] = check_sql(options["sql"])
        model.check_graph_id(graph_id)
        model.check_operation_id(operation_id)
        description = model.check_description(str(options.pop("description", "")))
        with Attempt("put", graph_id) as attempt:
            self._context.offloader.refuse_writes()
            self._context.offloader.refuse_large()
            if expected.version is not None and operation_id is None:
                await self.refuse_early(tenant, graph_id, expected)
            rest = (repr(sorted(options.items())), description, *expected, *(merge or ()))
            for meeting in range(1, MERGES + 1):
                there = _There(expected)
                if merge is not None:
                    there = await self._merge_into(tenant, graph_id, expected, merge)
                try:
                    base, snapshot, value = await self._parse(tenant, upload, options, there.source, merge)
                    self._context.check_limits(base.n, base.m, there.size)
                except (InvalidInput, LimitExceeded, NotFound):
                    name = OperationName(operation_id, "")
                    if upload.format and operation_id is not None:
                        digest = await asyncio.to_thread(file_digest, upload.fd)
                        name = _name(operation_id, graph_id, upload.format, rest, digest)
                    if (first := await self.repeated(tenant, graph_id, name, attempt)) is None:
                        raise
                    return UploadedGraph(**msgspec.structs.asdict(first), reading=Reading(format=upload.format))
                reading, digest = msgspec.convert(value["reading"], Reading), value["digest"]
                name = _name(operation_id, graph_id, reading.format, rest, digest)
                contents = NewContents(Meta(directed=base.directed, description=description), base, snapshot)
                try:
                    info = await self.put(tenant, graph_id, contents, there.expected, name, attempt)
                except (Conflict, NotFound):
                    # Of a merge: the graph that was read is not the one that is there now.
                    if merge is None or expected.version is not None or meeting == MERGES:
                        raise
                    await pause(meeting)
                else:
                    return UploadedGraph(**msgspec.structs.asdict(info), reading=reading)
        raise AssertionError("the last meeting raises")

    async def _merge_into(self, tenant: str, graph_id: str, expected: Expected, merge: _Merge) -> _There:
        """The graph that a file is merged into. Raises NotFound where there is none and none may be made."""
        if await self._context.loader.find(tenant, graph_id) is None:
            if merge.if_missing != "add":
                raise await self._context.loader.not_found(tenant, graph_id)
            return _There(expected if expected.version is not None else Expected(0))
        entry = await self._context.loader.current(tenant, graph_id)
        at = Expected(entry.version, entry.uid) if expected.met_by(entry.head) else expected
        return _There(at, offload.GraphSource.of(entry), (entry.state.n, entry.state.m))

    async def refuse_early(self, tenant: str, graph_id: str, expected: Expected) -> None:
        """A version that is wrong already need not be made; the store checks it again. Raises Conflict, NotFound."""
        found = await self._context.loader.find(tenant, graph_id)
        if not expected.met_by(found):
            raise await self._unexpected(tenant, graph_id, expected, found)

    async def _unexpected(self, tenant: str, graph_id: str, expected: Expected, head: Head | None) -> ServiceError:
        if head is None:
            return await self._context.loader.not_found(tenant, graph_id)
        assert expected.version is not None, "without a version nothing is unexpected"
        return version_conflict(graph_id, expected.version, head.version)

    async def _parse(
        self,
        tenant: str,
        upload: Upload,
        options: dict[str, Any],
        source: offload.GraphSource | None,
        merge: _Merge | None,
    ) -> tuple[FrozenGraph, bytes, dict[str, Any]]:
        """What a worker makes of a file, merged into `source` where there is one."""
        params = {
            "format": upload.format,
            "filename": upload.hints.filename,
            "encoding": upload.hints.encoding,
            "options": options,
            "nodes": self._context.limits.graph_nodes,
            "edges": self._context.limits.graph_edges,
            "bytes": self._context.limits.upload_mb * MIB,
            "value": self._context.limits.value_kib * KIB,
        }
        try:
            # A graph may be as large as that, whatever the file is; a larger one is refused when it is there.
            with await self._context.offloader.admitted(self._context.limits.graph_mb * MIB, tenant=tenant):
                result = await self._context.offloader.run(
                    f"{offload.TASKS}:parse_upload",
                    params | ({"if_missing": merge.if_missing} if merge is not None else {}),
                    [source] if source is not None else [],
                    tenant=tenant,
                    fds=[upload.fd],
                )
        except WorkerCrashed as error:
            raise InvalidInput(
                f"the {upload.format} file cannot be read: the process that read it ended ({error.data['signal']}); nothing was "
                "changed",
                field="file",
            ) from None
        try:
            base, snapshot = offload.taken(result.fds)
        finally:
            result.close()
        return base, snapshot, result.value

    async def put(
        self,
        tenant: str,
        graph_id: str,
        contents: NewContents,
        expected: Expected,
        name: OperationName,
        attempt: Attempt,
    ) -> GraphInfo:
        """Make `contents` those of the graph, new or not; a graph that exists keeps its description unless they have one.

        What is restored without a version also takes the place of a graph whose head is damaged. That one is deleted first: nothing
        of it can be read any more.
        """
        quota = self._context.quota
        if contents.restored:
            quota = self._context.quota_whatever_memory
        else:
            self._context.check_memory(contents.base.nbytes)
        key = (tenant, graph_id)
        counts = StoredCounts(contents.base.n, contents.base.m)
        for conflicts in range(ATTEMPTS):
            try:
                head = (await self._context.store.heads([key]))[0]
            except GraphDamaged:
                if not contents.restored or expected.version is not None:
                    raise
                await self._context.store.delete(tenant, graph_id, None, None)
                head = None
            attempt.version_before = head.version if head else None
            if not expected.met_by(head):
                result = await self._context.known(tenant, graph_id, name)
                if result is not None:
                    return msgspec.structs.replace(_info_result.decode(result), repeated=True)
                raise await self._unexpected(tenant, graph_id, expected, head)
            meta = msgspec.structs.replace(contents.meta, memory=contents.base.nbytes)
            if head is not None and not meta.description:
                there = model.listed(head) if contents.restored else model.info_of(head)
                meta = msgspec.structs.replace(meta, description=there.description if there else "")
            at = contents.version if head is None else head.version + 1
            new = NewGraph(graph_id, model.mint_uid(), model.encode_meta(meta), counts, contents.snapshot, at)
            try:
                return await self._place(tenant, new, contents.base, head, name, attempt, quota)
            except (Conflict, NotFound):
                await pause(conflicts + 1)
        raise too_busy(graph_id, ATTEMPTS)

    async def _place(
        self,
        tenant: str,
        new: NewGraph,
        base: FrozenGraph | None,
        head: Head | None,
        name: OperationName,
        attempt: Attempt,
        quota: Quota,
    ) -> GraphInfo:
        """Create, or replace what is there (`head`), in a section under the graph's lock."""
        key = (tenant, new.graph_id)
        meta = model.decode_meta(new.meta)
        info = GraphInfo(
            graph_id=new.graph_id,
            version=new.version,
            directed=meta.directed,
            nodes=new.counts.nodes,
            edges=new.counts.edges,
            uid=new.uid,
            description=meta.description,
            created=(now := time.time()),
            updated=now,
            stored_bytes=len(new.snapshot),
        )

        async def section() -> GraphInfo:
            named = name.operation(info)
            if head is None:
                written = await self._context.store.create(tenant, new, quota, named)
            else:
                written = await self._context.store.replace(
                    tenant, new.graph_id, head.uid, head.version, new, quota, named
                )
            if written.repeated:
                first = _info_result.decode(written.result)
                attempt.version_after = first.version
                return msgspec.structs.replace(first, repeated=True)
            assert written.head is not None
            self._context.residents.put(Resident(key, written.head, base, written.head.version))
            attempt.version_after = written.head.version
            return model.info_of(written.head)

        async with self._context.locks.hold(key) as hold:
            try:
                return await self._context.locks.run(key, hold, attempt, section())
            except Conflict as error:
                if head is not None:
                    raise
                raise Conflict(
                    f"graph {new.graph_id!r} exists already; choose another graph_id, or change it with edit_graph",
                    **error.data,
                ) from None

    async def delete(
        self, tenant: str, graph_id: str, if_version: int | None, operation_id: str | None, attempt: Attempt
    ) -> Deleted:
        """Remove a graph, and what was computed of it; see `Graphs.delete`."""
        deleted = await self._delete(tenant, graph_id, if_version, operation_id, attempt)
        self._results.drop(tenant, graph_id)
        return deleted

    async def _delete(
        self, tenant: str, graph_id: str, if_version: int | None, operation_id: str | None, attempt: Attempt
    ) -> Deleted:
        key = (tenant, model.check_graph_id(graph_id))
        name = OperationName.of(model.check_operation_id(operation_id), "delete", graph_id, if_version)

        async def section(version: int | None) -> Written:
            written = await self._context.store.delete(
                tenant, graph_id, version, name.operation(Deleted(graph_id=graph_id, version=version or 0))
            )
            if not written.repeated:
                self._context.residents.drop(key)
            return written

        async with self._context.locks.hold(key) as hold:
            for _ in range(ATTEMPTS):
                try:
                    expected = if_version
                    try:
                        head = await self._context.loader.head(tenant, graph_id)
                        attempt.version_before = head.version
                        expected = head.version if if_version is None else if_version
                    except GraphDamaged:
                        if if_version is not None:
                            raise
                    written = await self._context.locks.run(key, hold, attempt, section(expected))
                except Conflict as error:
                    if if_version is not None:
                        raise version_conflict(graph_id, if_version, error.data.get("version")) from None
                    continue
                except NotFound:
                    result = await self._context.known(tenant, graph_id, name)
                    if result is None:
                        raise await self._context.loader.not_found(tenant, graph_id) from None
                    return msgspec.structs.replace(_deleted_result.decode(result), repeated=True)
                if written.repeated:
                    return msgspec.structs.replace(_deleted_result.decode(written.result), repeated=True)
                return Deleted(graph_id=graph_id, version=expected or 0)
        raise too_busy(graph_id, ATTEMPTS)

    async def export(self, tenant: str, graph_id: str, format_: str, options: dict[str, Any]) -> tuple[Stamp, int]:
        """Stamp and descriptor (at offset 0, the caller closes it) of a spooled file; see `Graphs.export`."""
        with Attempt("export", graph_id, audited=False):
            entry = await self._context.loader.current(tenant, graph_id)
            source, stamp = offload.GraphSource.of(entry), Stamp(entry.version, entry.uid)
            with tempfile.TemporaryFile(dir=spool_directory(), prefix="networkx-mcp-export-") as spool:
                await self._context.offloader.run(
                    f"{offload.TASKS}:export",
                    {"format": format_, "options": options, "most": self._context.limits.upload_mb * MIB},
                    [source],
                    tenant=tenant,
                    fds=[spool.fileno()],
                )
                fd = os.dup(spool.fileno())
            os.lseek(fd, 0, os.SEEK_SET)
            return stamp, fd


def _name(operation_id: str | None, graph_id: str, format_: str, rest: tuple[Any, ...], digest: str) -> OperationName:
    """What an upload is called; `rest` are its options, description, version and uid."""
    return OperationName.of(operation_id, "put", graph_id, format_, *rest, digest)


def check_sql(sql: Any) -> str:
    """The option `sql`. Raises InvalidInput for what is no text, or too long."""
    if not isinstance(sql, str) or not sql.strip():
        raise InvalidInput("option sql is one SELECT over the table rows", field="options.sql")
    if len(sql) > MOST_SQL:
        raise InvalidInput(f"option sql has {len(sql)} characters; at most {MOST_SQL} are allowed", field="options.sql")
    return sql


def plain_options(options: Any) -> dict[str, Any]:
    """Options of a format as a dict of their own. Raises InvalidInput for anything that is not JSON-like."""
    try:
        found = msgspec.to_builtins(options or {})
    except TypeError as error:
        raise InvalidInput(f"options: {error}", field="options") from None
    if not isinstance(found, dict):
        raise InvalidInput("options must be an object of names and values", field="options")
    return found
