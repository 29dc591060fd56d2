"""Transfers at once: bounded, and fair by tenant."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from networkx_mcp.context import CallContext, Caller, TurnedAway
from networkx_mcp.errors import Shed
from networkx_mcp.http.transfer_slots import TransferSlots


class Slow:
    """A transfer that goes on until it is told to end; `state` is what it does, or what it was told."""

    def __init__(self, slots: TransferSlots, tenant: str) -> None:
        self.call = CallContext(Caller("user", tenant, frozenset()), "-")
        self.done = asyncio.Event()
        self.state = "new"
        self.task = asyncio.create_task(self._run(slots))

    async def _run(self, slots: TransferSlots) -> None:
        try:
            with slots.one(self.call), TurnedAway(self.call):
                self.state = "receives"
                await self.done.wait()
            self.state = "done"
        except Shed:
            self.state = "refused"


async def states(*slow: Slow) -> list[str]:
    for _ in range(3):
        await asyncio.sleep(0)
    return [one.state for one in slow]


async def end(*slow: Slow) -> list[str]:
    for one in slow:
        one.done.set()
    await asyncio.gather(*(one.task for one in slow))
    return [one.state for one in slow]


async def test_two_slow_tenants_do_not_shut_out_a_third() -> None:
    slots = TransferSlots("upload", 4)
    flood = [Slow(slots, "flood") for _ in range(4)]
    assert await states(*flood) == ["receives"] * 3 + ["refused"]
    second, third = Slow(slots, "second"), Slow(slots, "third")
    assert await states(*flood, second, third) == ["receives"] * 2 + ["refused"] * 2 + ["receives"] * 2
    again = Slow(slots, "flood")  # and does not get it back
    assert await states(again) == ["refused"]
    fourth, fifth = Slow(slots, "fourth"), Slow(slots, "fifth")
    assert await states(*flood, fourth, fifth) == ["receives", *["refused"] * 3, "receives", "refused"]
    assert await end(flood[0], second, third, fourth) == ["done"] * 4
    free = [Slow(slots, "flood") for _ in range(3)]
    assert await states(*free) == ["receives"] * 3
    assert await end(*free) == ["done"] * 3


async def test_a_transfer_that_a_worker_works_for_is_not_ended() -> None:
    slots = TransferSlots("download", 3)
    with contextlib.ExitStack() as stack:
        for tenant in ("flood", "flood", "second"):
            stack.enter_context(slots.one(CallContext(Caller("user", tenant, frozenset()), "-")))
        with pytest.raises(Shed, match="3 downloads are under way"):
            stack.enter_context(slots.one(CallContext(Caller("user", "third", frozenset()), "-")))
    with slots.one(CallContext(Caller("user", "third", frozenset()), "-")):
        pass


async def test_who_is_cancelled_by_others_too_is_cancelled() -> None:
    call = CallContext(Caller("user", "a", frozenset()), "-")

    async def run() -> None:
        with TurnedAway(call):
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    assert call.waiting is not None
    call.waiting.end(Shed("too many", retry_after=1))
    assert not call.waiting.may_end()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert call.waiting is None
