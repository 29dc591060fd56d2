"""Bodies: complete before a slot is taken, within size, time and the memory of the process."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from networkx_mcp.context import CallContext, Caller
from networkx_mcp.errors import Cancelled, LimitExceeded, MemoryLimit, Shed
from networkx_mcp.http.body import Claim, SlowBody, read_body
from networkx_mcp.limits.fair_queue import FairQueue
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.limits.shares import Shares
from networkx_mcp.settings import Limits, Settings

MIB = 1024 * 1024


@pytest.fixture
def budget() -> MemoryAccount:
    return MemoryAccount(Settings(limits=Limits(body_budget_mb=1)))


def client(*parts: bytes, complete: bool = True, hang_up: bool = False, pause: float = 0.0) -> Any:
    """An ASGI `receive` of a client that sends these parts."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": not complete or number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]
    if hang_up:
        messages.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    return receive


def read(
    receive: Any,
    budget: MemoryAccount,
    *,
    limit: int = 1000,
    seconds: float = 5,
    length: int | None = None,
    **more: Any,
) -> Any:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    until = time.monotonic() + seconds
    return read_body(receive, headers, budget=budget, limit=limit, setting="limits.tool_body_kib", until=until, **more)


@pytest.mark.parametrize("parts", [(b"abc",), (b"a", b"", b"bc"), (b"",)])
async def test_a_body_arrives_whole_and_is_given_on_once(parts: tuple[bytes, ...], budget: MemoryAccount) -> None:
    receive = client(*parts, hang_up=True)
    body = await read(receive, budget)
    assert body.data == b"".join(parts)
    replayed = body.replay(receive)
    assert await replayed() == {"type": "http.request", "body": body.data, "more_body": False}
    assert (await replayed())["type"] == "http.disconnect"


async def test_a_body_of_exactly_the_limit_is_read(budget: MemoryAccount) -> None:
    assert len((await read(client(b"x" * 600, b"y" * 400), budget, limit=1000, length=1000)).data) == 1000


async def test_a_declared_size_past_the_limit_is_refused_before_anything_is_read(budget: MemoryAccount) -> None:
    with pytest.raises(LimitExceeded, match="tool_body_kib") as refusal:
        await read(client(complete=False), budget, limit=1000, length=1001, seconds=60)
    assert refusal.value.status == 413


async def test_a_body_that_declares_nothing_is_refused_when_it_passes_the_limit(budget: MemoryAccount) -> None:
    with pytest.raises(LimitExceeded):
        await read(client(b"x" * 600, b"y" * 401, complete=False), budget, limit=1000, seconds=60)
    assert budget.used("bodies") == 0


async def test_a_sender_that_takes_too_long_is_told_so(budget: MemoryAccount) -> None:
    with pytest.raises(SlowBody, match="body_timeout_seconds") as refusal:
        await read(client(b"x", b"y", complete=False), budget, seconds=0.05)
    assert refusal.value.status == 408
    assert budget.used("bodies") == 0


async def test_drops_that_keep_coming_do_not_extend_the_time(budget: MemoryAccount) -> None:
    with pytest.raises(SlowBody):  # and not the body, which is whole after 20 s
        await read(client(*[b"x"] * 1000, pause=0.02), budget, seconds=0.1)


async def test_a_client_that_hangs_up_leaves_nothing_behind(budget: MemoryAccount) -> None:
    with pytest.raises(Cancelled):
        await read(client(b"x", complete=False, hang_up=True), budget)
    assert budget.used("bodies") == 0


async def test_a_body_is_in_the_account_until_it_is_released(budget: MemoryAccount) -> None:
    body = await read(client(b"x" * 100_000), budget, limit=MIB)
    assert budget.used("bodies") >= 100_000
    body.release()
    body.release()
    assert budget.used("bodies") == 0


async def test_bodies_past_the_account_of_the_process_are_shed(budget: MemoryAccount) -> None:
    held = [await read(client(b"x" * (MIB // 4)), budget, limit=MIB) for _ in range(4)]
    with pytest.raises(Shed, match="body_budget_mb") as refusal:
        await read(client(b"x"), budget, limit=MIB)
    assert refusal.value.retry_after
    for body in held:
        body.release()
    assert (await read(client(b"x"), budget, limit=MIB)).data == b"x"


async def test_a_body_that_the_account_can_never_hold_is_not_told_to_come_back(budget: MemoryAccount) -> None:
    with pytest.raises(MemoryLimit, match="body_budget_mb") as refusal:
        await read(client(b"x" * (MIB + 1)), budget, limit=2 * MIB)
    assert refusal.value.retry_after is None
    with pytest.raises(MemoryLimit, match="body_budget_mb") as refusal:
        await read(client(*[b"x" * (MIB // 4)] * 5), budget, limit=2 * MIB, length=5 * MIB // 4)
    assert refusal.value.retry_after is None
    assert budget.used("bodies") == 0


async def test_a_body_of_another_kind_counts_there_and_as_often_as_it_is_copied(budget: MemoryAccount) -> None:
    body = await read(client(b"x" * (2 * MIB)), budget, limit=2 * MIB, kind="archives", copies=3)
    assert (budget.used("archives"), budget.used("bodies")) == (6 * MIB, 0)
    body.release()
    with budget.reserve("workers", budget.free - 6 * MIB):
        (await read(client(b"x" * (2 * MIB)), budget, limit=2 * MIB, kind="archives", copies=3)).release()
        with pytest.raises(Shed, match="archives"):
            await read(client(b"x" * (2 * MIB), b"x"), budget, limit=3 * MIB, kind="archives", copies=3)
    assert budget.used("archives") == 0


async def test_a_body_that_outgrows_the_account_on_its_way_is_shed(budget: MemoryAccount) -> None:
    with pytest.raises(Shed):
        await read(client(*[b"x" * 300_000] * 4), budget, limit=2 * MIB)
    assert budget.used("bodies") == 0


# --- tenants


class Bodies:
    """The account of bodies, as the endpoint uses it."""

    def __init__(self, budget: MemoryAccount) -> None:
        self.budget, self.shares = budget, Shares()

    def read(self, tenant: str, *parts: bytes, complete: bool = True, length: int | None = None) -> Any:
        """The call, and the task that reads its body."""
        call = CallContext(Caller("user", tenant, frozenset()), "-")
        claim = Claim(call, self.shares, self.budget.reserve("bodies", 0))
        reading = read(client(*parts, complete=complete), self.budget, limit=MIB, length=length, claim=claim)
        return call, asyncio.create_task(reading)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


QUARTER = b"x" * (MIB // 4)


async def test_a_tenant_that_holds_all_bytes_gives_its_newest_body_that_is_still_read(budget: MemoryAccount) -> None:
    bodies = Bodies(budget)
    flood = [bodies.read("flood", QUARTER, complete=False)[1] for _ in range(4)]
    await turns()
    own = bodies.read("flood", b"x")[1]
    with pytest.raises(Shed, match="body_budget_mb"):
        await own
    quiet = [bodies.read("quiet", QUARTER)[1] for _ in range(2)]
    assert [(await one).data for one in quiet] == [QUARTER] * 2
    await turns()
    assert [task.done() for task in flood] == [False, False, True, True]
    for task in flood[2:]:
        with pytest.raises(Shed, match="body_budget_mb") as refusal:
            await task
        assert refusal.value.retry_after
    assert budget.used("bodies") == MIB
    with pytest.raises(Shed):  # half of it each
        await bodies.read("quiet", b"x")[1]
    for task in flood[:2]:
        task.cancel()
    await asyncio.gather(*flood[:2], return_exceptions=True)
    for one in quiet:
        (await one).release()
    assert (budget.used("bodies"), bodies.shares.total()) == (0, 0)


async def test_the_oldest_body_goes_on_where_its_tenant_takes_all(budget: MemoryAccount) -> None:
    bodies = Bodies(budget)
    gate = asyncio.Event()

    async def rest() -> dict[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": True}
        await gate.wait()
        return {"type": "http.request", "body": QUARTER, "more_body": False}

    parts = [QUARTER]
    call = CallContext(Caller("user", "a", frozenset()), "-")
    claim = Claim(call, bodies.shares, budget.reserve("bodies", 0))
    oldest = asyncio.create_task(read(rest, budget, limit=MIB, claim=claim))
    await turns()
    newer = [bodies.read("a", QUARTER, complete=False)[1] for _ in range(3)]
    await turns()
    gate.set()
    assert len((await oldest).data) == MIB // 2
    await turns()
    assert [task.done() for task in newer] == [False, False, True]
    for task in newer:
        task.cancel()
    await asyncio.gather(*newer, return_exceptions=True)


async def test_a_body_that_waits_for_a_slot_makes_room_and_one_that_runs_does_not(budget: MemoryAccount) -> None:
    bodies, queue = Bodies(budget), FairQueue("test", slots=2, places=10)
    held, waiting = [], []
    for _ in range(4):
        call, reading = bodies.read("flood", QUARTER)
        held.append(await reading)
        if (slot := queue.try_enter("flood")) is None:
            waiting.append(asyncio.create_task(queue.enter_for(call)))
            await turns()
        else:
            waiting.append(asyncio.ensure_future(asyncio.sleep(0, slot)))
    for left in (3, 2):
        held.append(await bodies.read("quiet", QUARTER)[1])
        await turns()
        assert queue.waiting == left - 2
        with pytest.raises(Shed, match="body_budget_mb"):
            await waiting[left]
    with pytest.raises(Shed):
        await bodies.read("third", QUARTER)[1]
    for body in held:
        body.release()
    assert (budget.used("bodies"), bodies.shares.total()) == (0, 0)


async def test_a_body_that_is_refused_before_it_is_read_holds_nothing(budget: MemoryAccount) -> None:
    bodies = Bodies(budget)
    with pytest.raises(LimitExceeded):
        await bodies.read("a", length=MIB + 1)[1]
    assert (budget.used("bodies"), bodies.shares.total(), bodies.shares._shares) == (0, 0, {})
