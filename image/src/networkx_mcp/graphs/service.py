"""`Graphs`: everything that the packages above do with graphs.

All methods act for the tenant of the calling context (`context.current()`); what an administrator does with the graphs of
any tenant is `Graphs.admin`. A foreign id and an absent id are the same `NotFound`. Every
method may raise `StoreUnavailable`; those that need a worker also what `Compute.run` raises
(Shed, DeadlineExceeded, MemoryLimit, Unavailable).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from networkx_mcp import context
from networkx_mcp.errors import NotFound
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.administration import Administration
from networkx_mcp.graphs.analyses import Analyst, Results
from networkx_mcp.graphs.deriving import Derivation, Deriver
from networkx_mcp.graphs.editing import Editor
from networkx_mcp.graphs.keeping import Keep, Keeper
from networkx_mcp.graphs.loading import Compactor, Loader
from networkx_mcp.graphs.model import (
    Deleted,
    DerivedGraph,
    EditOutcome,
    Expected,
    GraphInfo,
    GraphPage,
    Stamp,
    Upload,
    UploadedGraph,
    View,
)
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.resident import Residents
from networkx_mcp.graphs.whole_graphs import Recipe, WholeGraphs, plain_options
from networkx_mcp.graphs.write_context import WriteContext
from networkx_mcp.telemetry.audit import audit

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.limits.memory_account import MemoryAccount
    from networkx_mcp.settings import Settings
    from networkx_mcp.store.protocol import Store
    from networkx_mcp.workers.pool import Compute


class Graphs:
    """The graph service of one process; several on one store agree with each other."""

    def __init__(
        self, settings: Settings, store: Store, compute: Compute, budget: MemoryAccount, *, places: int | None = None
    ) -> None:
        """`store`, `compute` and `budget` belong to the caller, who starts and closes them. At most `places` graphs are
        held in memory, where given: as many as there are file descriptors for."""
        offloader = offload.Offloader(compute, budget)
        # Before the graphs: results are the first to make room for work.
        self._results = results = Results(store, budget)
        self.budget = budget
        self.residents = residents = Residents(budget, places)
        self._compactor = compactor = Compactor(settings, store, residents, offloader)
        store.when_replaced(residents.next_era)
        store.when_replaced(results.clear)
        self._loader = loader = Loader(store, residents, offloader, compactor)
        self._write_context = write_context = WriteContext(settings, store, loader, residents, offloader, compactor)
        self._editor = Editor(write_context)
        self._whole_graphs = whole_graphs = WholeGraphs(write_context, results)
        self._deriver = Deriver(write_context, whole_graphs)
        self._analyst = Analyst(settings, loader, offloader, results, residents, budget)
        self._keeper = Keeper(write_context, self._analyst, self._editor, whole_graphs)
        self.admin = Administration(store, budget, loader, whole_graphs, offloader)

    def halve(self) -> None:
        """Let go of the less recently used half of the graphs in memory."""
        self.residents.halve()

    async def start(self) -> None:
        """Nothing to load: graphs come when they are asked for."""

    async def close(self) -> None:
        """End writes under way, stop background work, forget what is resident."""
        await self._write_context.locks.close()
        await self._compactor.close()
        await self._loader.close()
        await self._results.close()
        self.residents.close()

    async def create(
        self,
        graph_id: str | None,
        directed: bool,
        description: str = "",
        attributes: dict[str, Any] | None = None,
        edits: Sequence[Edit] = (),
        operation_id: str | None = None,
    ) -> GraphInfo:
        """Make a graph at version 1, with graph attributes and the contents that `edits` make.

        Without `graph_id` one is minted (from the operation_id, where there is one). Raises
        InvalidInput, LimitExceeded (nodes, edges, quota), Conflict (the id exists), Shed (memory).
        """
        return await self._whole_graphs.create(
            _tenant(), graph_id, directed, description, attributes or {}, edits, operation_id
        )

    async def make(
        self,
        graph_id: str | None,
        recipe: Recipe,
        directed: bool = False,
        description: str = "",
        attributes: dict[str, Any] | None = None,
        operation_id: str | None = None,
    ) -> GraphInfo:
        """Make a graph at version 1 that networkx has or makes; it says in its attributes which (`sample` or `generator`).

        Raises InvalidInput that names a parameter, and what `create` raises.
        """
        return await self._whole_graphs.make(
            _tenant(), graph_id, recipe, directed, description, attributes or {}, operation_id
        )

    async def edit(
        self, graph_id: str, edits: Sequence[Edit], if_version: int | None = None, operation_id: str | None = None
    ) -> EditOutcome:
        """Apply a batch, all or nothing; durable when this returns.

        With `if_version`: only on that version, else Conflict (data `version`). With `operation_id`:
        once, however often it is sent; a repeat is answered with the first result and `repeated`.
        Raises InvalidInput, NotFound, LimitExceeded, Conflict, Shed (memory).
        """
        return await self._editor.edit(_tenant(), graph_id, edits, if_version, operation_id)

    async def view(self, graph_id: str) -> View:
        """The graph with every write acknowledged before this call, on whatever replica.

        Read it before the next await: later it may hold later writes. Raises NotFound.
        """
        with _reading():
            entry = await self._loader.current(_tenant(), model.check_graph_id(graph_id))
            return View(entry.state, entry.head, model.info_of(entry.head))

    async def info(self, graph_id: str) -> GraphInfo:
        """The graph without its contents, which need not be loaded for it. Raises NotFound."""
        with _reading():
            return model.info_of(await self._loader.head(_tenant(), model.check_graph_id(graph_id)))

    async def list(self, after: str = "", limit: int = 50, prefix: str = "") -> GraphPage:
        """Graphs with an id above `after` that begins with `prefix`, in order of id; 1 to 200 of them."""
        return await self.admin.list_graphs(_tenant(), after, limit, prefix)

    async def delete(self, graph_id: str, if_version: int | None = None, operation_id: str | None = None) -> Deleted:
        """Remove the graph for good. Raises NotFound, Conflict (data `version`) where `if_version` is not its."""
        with Attempt("delete", graph_id) as attempt:
            return await self._whole_graphs.delete(_tenant(), graph_id, if_version, operation_id, attempt)

    async def put(
        self,
        graph_id: str,
        upload: Upload,
        if_version: int | None = None,
        operation_id: str | None = None,
        if_uid: str = "",
    ) -> UploadedGraph:
        """Make a spooled file the graph's whole contents; the graph need not exist.

        `if_version` n: only onto that version; 0: only where there is no graph; `if_uid`: only if the graph's uid begins so.
        Raises InvalidInput (naming the line), LimitExceeded, Conflict, NotFound, Shed (memory).
        """
        return await self._whole_graphs.upload(_tenant(), graph_id, upload, Expected(if_version, if_uid), operation_id)

    async def derive(
        self,
        graph_ids: Sequence[str],
        into: str,
        analysis: Analysis,
        params: dict[str, Any],
        if_version: int | None = None,
        operation_id: str | None = None,
        *,
        force: bool = False,
    ) -> DerivedGraph:
        """Make a graph of others (a worker does, by the task of `analysis`), and write it as `into`: new, or its next version.

        `if_version`: see `put`. Where `into` is one of the graphs it is written only onto the version that was read.
        Raises InvalidInput, NotFound, LimitExceeded, Conflict, Shed (memory), and what the task raises.
        """
        model.check_graph_id(into, "into")
        checked = [model.check_graph_id(graph_id) for graph_id in graph_ids]
        with _reading():
            return await self._deriver.derive(
                Derivation(_tenant(), checked, into, analysis, params, Expected(if_version), operation_id, force)
            )

    async def export(
        self,
        graph_id: str,
        format: str,  # noqa: A002 -- the name that callers know
        options: dict[str, Any] | None = None,
    ) -> tuple[Stamp, int]:
        """(stamp, descriptor) of the graph in a format: an unlinked file in the spool directory, at
        its beginning, that the caller closes. Raises NotFound, InvalidInput."""
        with _reading():
            return await self._whole_graphs.export(
                _tenant(), model.check_graph_id(graph_id), format, plain_options(options)
            )

    async def analyse(
        self, graph_ids: Sequence[str], analysis: Analysis, params: dict[str, Any], *, force: bool = False
    ) -> tuple[Any, tuple[int, ...]]:
        """(answer of an analysis, version that it saw of each graph). Its task gets `params` and the graphs in this order
        (`graphs`; see `analysis.loaded_graph`). An answer that was cached says so and has no facts of a run.

        Raises NotFound, what the task raises, and LimitExceeded, unless `force`, for a call that would
        surely pass `limits.request_timeout_seconds` (data `estimate_seconds`, `cheaper`)."""
        with _reading():
            checked = [model.check_graph_id(graph_id) for graph_id in graph_ids]
            return await self._analyst.analyse(_tenant(), checked, analysis, params, force)

    async def analyse_and_keep(
        self, graph_id: str, analysis: Analysis, params: dict[str, Any], keep: Keep, *, force: bool = False
    ) -> tuple[dict[str, Any], int]:
        """(answer of an analysis, version that it saw); its result by node or by edge, all of it, becomes an attribute under
        that version. The answer has `saved` and `save`: `attribute`, `of` (nodes or edges), `version` (with the attribute; where it was
        not kept, the graph's), `repeated`, `values`, `lost` (of how many it was taken), `left_out` (numbers that no JSON has), or
        `problem`: why it was not kept.

        Raises what `analyse` does, Conflict where the attribute exists and is not to be replaced, and LimitExceeded where a quota
        has no room for it."""
        with _reading():
            checked = model.check_graph_id(graph_id)
            return await self._keeper.analyse(_tenant(), checked, analysis, params, force, keep)


@contextmanager
def _reading() -> Iterator[None]:
    """Audit a read of a graph that this tenant does not have: whoever tries the ids of others leaves a trace."""
    try:
        yield
    except NotFound as error:
        if error.data.get("kind") == "graph":
            audit("read", graph_id=error.data["graph_id"], outcome=error.outcome)
        raise


def _tenant() -> str:
    return context.current().caller.tenant
