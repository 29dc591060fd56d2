"""Admission: `limits.connections` requests run, `limits.queue` wait fairly by tenant, the rest is shed: of whom most wait.

A request enters with its body complete. One that waits and whose client hangs up leaves the queue at
once. A call that goes on to a worker gives its slot back (`CallContext.leave_slot`) and waits in the
heavy queue of `compute`; both waits come out of one allowance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Receive

from networkx_mcp.context import CallContext
from networkx_mcp.errors import Cancelled
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
            queue = self.queue
            # Where no wait is possible this raises at once, without the cost of two tasks.
            if not queue.may_wait(call.caller.tenant):
                slot = await queue.enter_for(call)
            elif call.watch is not None:
                slot = await self._watched(call, call.watch)
            else:
                slot = await self._wait(call, receive)
        call.release_slot = slot.release
        return slot

    async def _watched(self, call: CallContext, watch: Callable[[Callable[[], None]], Callable[[], object]]) -> Slot:
        """A slot of the queue, in this very task: two more for each request that waits cost as much as a small answer."""
        task = asyncio.current_task()
        assert task is not None
        gone = False

        def end() -> None:
            nonlocal gone
            gone = True
            task.cancel()

        forget = watch(end)
        try:
            return await self.queue.enter_for(call)
        except asyncio.CancelledError:
            # Whoever else wants this task ended is obeyed.
            if not gone or task.uncancel() > 0:
                raise
            raise _hung_up() from None
        finally:
            forget()

    async def _wait(self, call: CallContext, receive: Receive) -> Slot:
        """The same where no socket tells that the client is gone."""
        waiting = asyncio.ensure_future(self.queue.enter_for(call))
        gone = asyncio.ensure_future(hung_up(receive))
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise _hung_up()
            return waiting.result()
        except BaseException:
            waiting.cancel()
            waiting.add_done_callback(_give_back)
            raise
        finally:
            gone.cancel()

    def drain(self) -> None:
        """Shed all that wait; from now on a request runs at once or is shed."""
        self.queue.close("The server is shutting down; repeat, and another replica answers.", admit=True)


def _hung_up() -> Cancelled:
    return Cancelled("The client hung up while its request waited.")


async def hung_up(receive: Receive) -> None:
    """Return when the client has hung up. A request without a body that nobody read says one more thing before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _give_back(waiting: asyncio.Future[Slot]) -> None:
    """A slot that was handed over while its request was being told to go away."""
    if not waiting.cancelled() and waiting.exception() is None:
        waiting.result().release()
