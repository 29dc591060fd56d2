"""Results of analyses that become attributes of their graph: computed in a worker, and written under the version that was analysed.

What few values make is appended as an edit; the worker's new buffer takes the place of the graph's contents else. Where the write
is refused (the graph moved on, a quota, the store), the caller has the result all the same, and is told why it was not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from networkx_mcp.analysis.definition import KEEP, SAVE
from networkx_mcp.analysis.keeping import FEW_VALUES
from networkx_mcp.arrays import edits as batches
from networkx_mcp.arrays.values import check_name
from networkx_mcp.errors import ServiceError
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.model import Expected
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.whole_graphs import NewContents
from networkx_mcp.graphs.write_context import OperationName, WriteContext
from networkx_mcp.settings import KIB
from networkx_mcp.store import shared

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.analyses import Analyst
    from networkx_mcp.graphs.editing import Editor
    from networkx_mcp.graphs.whole_graphs import WholeGraphs
    from networkx_mcp.store.protocol import Head
    from networkx_mcp.workers.pool import TaskResult

#: Bytes of a value in a column of numbers.
_NUMBER = 8


class Keep(NamedTuple):
    """What a call wants to be kept."""

    attribute: str
    replace: bool = False
    operation_id: str | None = None
    #: What the result will be of, where that is known before.
    of: Literal["nodes", "edges"] | None = None
    #: It will have a number for each node (or edge), unless a view leaves some out.
    numbers: bool = False


class _Named(msgspec.Struct):
    """What a write under the same operation_id answered, as far as it is told again: an edit or new contents."""

    version: int


_named = msgspec.msgpack.Decoder(_Named)


class Keeper:
    """Analyses of this process whose results are kept."""

    def __init__(
        self, write_context: WriteContext, analyst: Analyst, editor: Editor, whole_graphs: WholeGraphs
    ) -> None:
        self._context = write_context
        self._analyst = analyst
        self._editor = editor
        self._whole_graphs = whole_graphs

    async def analyse(
        self, tenant: str, graph_id: str, analysis: Analysis, params: dict[str, Any], force: bool, keep: Keep
    ) -> tuple[dict[str, Any], int]:
        """The answer and the version that was analysed; see `Graphs.analyse_and_keep`."""
        self._context.offloader.refuse_writes()
        model.check_operation_id(keep.operation_id)
        check_name(keep.attribute, "save_as")
        name = OperationName.of(
            keep.operation_id, "keep", graph_id, analysis.name, params, keep.attribute, keep.replace
        )
        first = await self._context.known(tenant, graph_id, name)
        if first is not None:
            value, (version,) = await self._analyst.analyse(tenant, [graph_id], analysis, params, force)
            return {**value, **_told(keep, _named.decode(first).version, repeated=True)}, version
        head = await self._context.loader.head(tenant, graph_id)
        await self._check_quotas(tenant, head, params, keep)
        save = {
            "name": keep.attribute,
            "replace": keep.replace,
            "of": keep.of,
            "value_bytes": self._context.limits.value_kib * KIB,
        }
        result, head = await self._analyst.computed(tenant, graph_id, analysis, {**params, "save": save}, force)
        try:
            return await self._kept(tenant, head, keep, name, result), head.version
        finally:
            result.close()

    async def _check_quotas(self, tenant: str, head: Head, params: dict[str, Any], keep: Keep) -> None:
        """Raises LimitExceeded where the write would surely be refused: before anything is computed."""
        grows = 0
        if keep.numbers and not keep.replace and "view" not in params:
            values = head.edges if keep.of == "edges" else head.nodes
            grows = _NUMBER * values if values > FEW_VALUES else 0
        there = shared.memory_of(head.meta, head.snapshot_bytes, head.log_bytes)
        self._context.check_memory(there + grows, before=there)
        if keep.replace:
            return
        quota = self._context.quota
        used = (await self._context.store.usage(tenant)).bytes
        if used >= quota.tenant_bytes:
            raise shared.over("tenant_bytes", quota, used + 1)
        memory = await self._context.store.memory(tenant)
        if memory + grows > quota.tenant_memory:
            raise shared.over("tenant_memory", quota, memory + grows)

    async def _kept(
        self, tenant: str, head: Head, keep: Keep, name: OperationName, result: TaskResult
    ) -> dict[str, Any]:
        """The answer, after what it says is kept, or why it is not."""
        value: dict[str, Any] = result.value
        value.pop(KEEP, None)
        save: dict[str, Any] = value.pop(SAVE)
        keep = keep._replace(of=save["of"])
        if "refused" in save:
            return {**value, **_refused(keep, save["refused"], head.version)}
        try:
            with Attempt("keep", head.graph_id) as attempt:
                attempt.version_before = head.version
                version, repeated = await self._write(tenant, head, name, result, save, attempt)
        except ServiceError as error:
            current = error.data.get("version")
            return {**value, **_refused(keep, error.message, current if isinstance(current, int) else head.version)}
        counts = {fact: save[fact] for fact in ("values", "lost", "left_out")}
        return {**value, **_told(keep, version, repeated=repeated, **counts)}

    async def _write(
        self,
        tenant: str,
        head: Head,
        name: OperationName,
        result: TaskResult,
        save: dict[str, Any],
        attempt: Attempt,
    ) -> tuple[int, bool]:
        """The version with the attribute, and whether it was there before, under this operation_id."""
        expected = Expected(head.version, head.uid)
        if "edit" not in save:
            base, snapshot = offload.taken(result.fds)
            contents = NewContents(model.meta_of(head), base, snapshot)
            info = await self._whole_graphs.put(tenant, head.graph_id, contents, expected, name, attempt)
            return info.version, info.repeated
        payload: bytes = save["edit"]
        edits = batches.decode(payload)
        if not edits:
            return head.version, False
        outcome = await self._editor.apply(tenant, head.graph_id, edits, payload, expected, name, attempt)
        return outcome.version, outcome.repeated


def _told(
    keep: Keep, version: int, *, repeated: bool, values: int | None = None, lost: int = 0, left_out: int = 0
) -> dict[str, Any]:
    facts = _about(keep, version, repeated=repeated)
    if values is not None:
        facts |= {"values": values, "lost": lost, "left_out": left_out}
    return {"saved": True, "save": facts}


def _refused(keep: Keep, why: str, version: int) -> dict[str, Any]:
    return {"saved": False, "save": {**_about(keep, version, repeated=False), "problem": why}}


def _about(keep: Keep, version: int, *, repeated: bool) -> dict[str, Any]:
    of = {} if keep.of is None else {"of": keep.of}
    return {"attribute": keep.attribute, **of, "version": version, "repeated": repeated}
