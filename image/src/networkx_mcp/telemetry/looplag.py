"""Loop lag: how late the event loop runs what is due.

All of this process runs on one loop, so what holds it holds every caller and every probe. A task that is due every
PERIOD_SECONDS notes by how much it is late; a hold of a second is one observation of a second, wherever it came from.
"""

from __future__ import annotations

import asyncio

from networkx_mcp.telemetry import metrics

#: Time between two looks, in seconds: a hold is seen but for so much of it. Costs 0.1 % of a core.
PERIOD_SECONDS = 0.05


async def watch() -> None:
    """Observe until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + PERIOD_SECONDS
        await asyncio.sleep(PERIOD_SECONDS)
        metrics.EVENT_LOOP_LAG.observe(max(0.0, loop.time() - due))
