"""Whether a call can end in time, asked before its worker starts: of the whole graph where that is known to do, else of what its view shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from networkx_mcp.analysis import cost_advice
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.errors import LimitExceeded

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.offload import GraphSource, Offloader

#: See `analysis.view.size`.
SIZE = "networkx_mcp.analysis.view:size"


async def check(
    offloader: Offloader,
    tenant: str,
    analysis: Analysis,
    params: dict[str, Any],
    sizes: Sequence[GraphSize],
    sources: Sequence[GraphSource],
    limit: float,
) -> None:
    """Raise LimitExceeded where the analysis would surely take longer than `limit` seconds on the graphs together.

    A view, which is of the first, is no larger than its graph. Only where they are too much with all of that a worker counts what the
    view shows, which takes a fraction of the analysis, and the same rule is asked again. Raises what is wrong with the view, too.
    """
    first, *others = sizes
    try:
        cost_advice.check(analysis, params, sizes, limit)
    except LimitExceeded:
        if "view" not in params:
            raise
        if others:
            cost_advice.check(analysis, params, others, limit)
        result = await offloader.run(SIZE, {"view": params["view"]}, sources[:1], tenant=tenant, keep=True)
        result.close()
        seen = GraphSize(result.value["nodes"], result.value["edges"], first.directed)
        cost_advice.check(analysis, params, [seen, *others], limit)
