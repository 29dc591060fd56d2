"""Admission: `limits.connections` requests run, `limits.queue` wait fairly by tenant, the rest is shed: of whom most wait.

A request enters with its body complete. One that waits and whose client hangs up leaves the queue at
once. A call that goes on to a worker gives its slot back (`CallContext.leave_slot`) and waits in the
heavy queue of `compute`; both waits come out of one allowance.
"""

from __future__ import annotations

from starlette.types import Receive

from networkx_mcp.context import CallContext
from networkx_mcp.hang_up import ends_with_client
from networkx_mcp.limits.fair_queue import FairQueue, Slot
from networkx_mcp.settings import Limits
from networkx_mcp.telemetry import metrics


class Admission:
    """The slots of one process."""

    def __init__(self, limits: Limits) -> None:
        self.queue = FairQueue("admission", slots=limits.connections, places=limits.queue)
        metrics.REQUESTS_IN_FLIGHT_LIMIT.set(limits.connections)
        metrics.REQUEST_TIME_LIMIT.set(limits.connection_timeout_seconds)
        metrics.REQUESTS_IN_FLIGHT.set_function(lambda: self.queue.running)

    async def enter(self, call: CallContext, receive: Receive) -> Slot:
        """A slot for `call`, which may give it back early through `call.leave_slot`.

        What `receive` says before `http.disconnect` is dropped: the caller has read the body, or needs none.
        Raises errors.Shed (503), errors.Cancelled.
        """
        slot = self.queue.try_enter(call.caller.tenant)
        if slot is None:
            # Where no wait is possible this raises at once, and nothing watches the client.
            if self.queue.may_wait(call.caller.tenant):
                with ends_with_client(call, receive):
                    slot = await self.queue.enter_for(call)
            else:
                slot = await self.queue.enter_for(call)
        call.release_slot = slot.release
        return slot

    def drain(self) -> None:
        """Shed all that wait; from now on a request runs at once or is shed."""
        self.queue.close("The server is shutting down; repeat, and another replica answers.", admit=True)
