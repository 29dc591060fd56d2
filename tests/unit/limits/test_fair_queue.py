"""The bounded queue, fair by tenant, before admission and before the workers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.metrics import sample

from networkx_mcp.context import ANONYMOUS, CallContext
from networkx_mcp.errors import Shed
from networkx_mcp.limits.fair_queue import FairQueue, Slot
from networkx_mcp.telemetry import metrics


def queue(slots: int = 1, places: int = 10, name: str = "heavy", reserve: int = 0) -> FairQueue:
    return FairQueue(name, slots=slots, places=places, reserve=reserve)


def shed_count(reason: str) -> float:
    return sample("requests_shed_total", reason=reason)


def queued(name: str) -> float:
    value = metrics.REGISTRY.get_sample_value("networkx_mcp_requests_queued", {"queue": name})
    assert value is not None
    return value


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_as_many_run_as_there_are_slots_and_the_next_waits() -> None:
    q = queue(slots=2)
    first, second = await q.enter("a", timeout=1), await q.enter("a", timeout=1)
    third = asyncio.create_task(q.enter("a", timeout=5))
    await turn()
    assert (q.running, q.waiting, third.done()) == (2, 1, False)
    first.release()
    (await third).release()
    second.release()
    assert (q.running, q.waiting) == (0, 0)


async def test_a_slot_is_given_back_once_however_often_it_is_released() -> None:
    q = queue()
    with await q.enter("a", timeout=1) as slot:
        slot.release()
        slot.release()
    assert q.running == 0


async def test_tenants_take_turns_and_each_is_served_in_order() -> None:
    q, order = queue(), []
    held = await q.enter("x", timeout=1)

    async def call(tenant: str, number: int) -> None:
        with await q.enter(tenant, timeout=5):
            order.append((tenant, number))

    tasks = [asyncio.create_task(call("busy", n)) for n in range(4)]
    await turn()
    tasks += [asyncio.create_task(call("quiet", n)) for n in range(2)]
    await turn()
    held.release()
    await asyncio.gather(*tasks)
    assert order == [("busy", 0), ("quiet", 0), ("busy", 1), ("quiet", 1), ("busy", 2), ("busy", 3)]


async def test_the_reserve_is_for_a_tenant_that_holds_no_slot() -> None:
    q = queue(slots=1, reserve=1)
    long = await q.enter("busy", timeout=1)
    second = asyncio.create_task(q.enter("busy", timeout=5))
    await turn()
    assert (q.running, q.waiting) == (1, 1)  # the reserve is free, and not for the tenant that runs already
    other = await q.enter("quiet", timeout=0)
    with pytest.raises(Shed):  # nor does the reserve hold more than itself
        await q.enter("third", timeout=0)
    other.release()
    await turn()
    assert (q.running, q.waiting) == (1, 1)
    long.release()
    (await second).release()
    assert (q.running, q.waiting) == (0, 0)


async def test_a_slot_that_comes_back_goes_past_those_who_may_not_have_it() -> None:
    q = queue(slots=1, reserve=1)
    long, other = await q.enter("busy", timeout=1), await q.enter("quiet", timeout=1)
    waiting = [asyncio.create_task(q.enter(tenant, timeout=5)) for tenant in ("busy", "third")]
    await turn()
    other.release()
    (await waiting[1]).release()
    assert not waiting[0].done()
    long.release()
    (await waiting[0]).release()


async def test_a_tenant_that_gives_back_its_only_slot_may_take_the_reserve() -> None:
    q = queue(slots=2, reserve=1)
    held = {tenant: await q.enter(tenant, timeout=1) for tenant in "ab"}
    waiting = [asyncio.create_task(q.enter(tenant, timeout=5)) for tenant in "ba"]
    await turn()
    held["a"].release()  # b's second call takes the slot, and a has none now
    for slot in [held["b"], *await asyncio.gather(*waiting)]:
        slot.release()
    assert (q.running, q.waiting) == (0, 0)


@pytest.mark.parametrize("places", [0, 1, 3])
async def test_the_last_place_is_given_and_the_next_request_is_shed(places: int) -> None:
    q, before = queue(places=places), shed_count("queue_full")
    held = await q.enter("a", timeout=1)
    waiting = [asyncio.create_task(q.enter("a", timeout=5)) for _ in range(places)]
    await turn()
    assert (q.waiting, queued("heavy")) == (places, places)
    with pytest.raises(Shed, match=rf"limits.queue \({places}\)") as refused:
        await q.enter("a", timeout=5)
    assert refused.value.retry_after
    assert refused.value.data == {"reason": "queue_full", "queue": "heavy"}
    assert shed_count("queue_full") == before + 1
    held.release()
    for task in waiting:
        (await task).release()
    assert (q.running, q.waiting, queued("heavy")) == (0, 0, 0)


async def test_of_a_full_queue_the_newest_of_the_tenant_with_most_is_shed() -> None:
    q, before = queue(places=4), shed_count("queue_full")
    held = await q.enter("flood", timeout=1)
    flood = [asyncio.create_task(q.enter("flood", timeout=5)) for _ in range(4)]
    await turn()
    quiet = [asyncio.create_task(q.enter("quiet", timeout=5)) for _ in range(3)]
    await turn()
    # Each has two places: the third of the quiet one is the newest of as many as the flood's, and so is the flood's next.
    assert [task.done() for task in flood] == [False, False, True, True]
    assert [task.done() for task in quiet] == [False, False, True]
    for task in (flood[3], flood[2], quiet[2], asyncio.create_task(q.enter("flood", timeout=5))):
        with pytest.raises(Shed, match="nobody has more"):
            await task
    assert (q.waiting, shed_count("queue_full")) == (4, before + 4)
    held.release()
    for task in (flood[0], quiet[0], flood[1], quiet[1]):
        (await task).release()
    assert (q.running, q.waiting) == (0, 0)


async def test_a_place_of_a_request_that_is_being_cancelled_costs_nobody_another() -> None:
    q, before = queue(places=3), shed_count("queue_full")
    held = await q.enter("flood", timeout=1)
    flood = [asyncio.create_task(q.enter("flood", timeout=5)) for _ in range(3)]
    await turn()
    flood[2].cancel()
    quiet = asyncio.ensure_future(q.enter("quiet", timeout=5))
    await turn()
    assert (q.waiting, flood[1].done(), shed_count("queue_full")) == (3, False, before)
    held.release()
    for task in (flood[0], quiet, flood[1]):
        (await task).release()
    assert (q.running, q.waiting) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(
    places=st.integers(0, 9),
    calls=st.lists(st.tuples(st.sampled_from("aaaabbcd"), st.integers(0, 9)), min_size=1, max_size=80),
)
def test_a_tenant_with_its_fair_share_is_never_shed_while_another_has_more(
    places: int, calls: list[tuple[str, int]]
) -> None:
    """Arrivals, and sometimes a slot that comes back or a caller that hangs up, in any order."""

    async def main() -> None:
        q = queue(places=places)
        held = [await q.enter("x", timeout=1)]
        waiting: dict[asyncio.Task[Slot], str] = {}

        def hold_what_was_given() -> None:
            for task in [task for task in waiting if task.done()]:
                held.append(task.result())
                del waiting[task]

        for tenant, then in calls:
            before = Counter(waiting.values())
            waiting[asyncio.create_task(q.enter(tenant, timeout=60))] = tenant
            before[tenant] += 1
            await turn()
            gone = [task for task in waiting if task.done() and task.exception() is not None]
            assert len(gone) == (bool(held) and before.total() > places)
            for task in gone:
                whose = waiting[task]
                assert before[whose] == max(before.values()), "shed although another tenant had more"
                assert before[whose] >= before.total() / len(before), "shed below its fair share"
                newest = [one for one, tenant in waiting.items() if tenant == whose][-1]
                assert task is newest, "shed although a newer one of the same tenant waits"
                del waiting[task]
            hold_what_was_given()
            if then == 0 and held:
                held.pop().release()
                await turn()
            elif then == 1 and waiting:
                task = next(iter(waiting))
                task.cancel()
                await turn()
                del waiting[task]
            hold_what_was_given()
            assert q.waiting == len(waiting) <= places
            assert {tenant: q._tally[tenant] for tenant in set(waiting.values())} == Counter(waiting.values())
        while held:
            held.pop().release()
            await turn()
            hold_what_was_given()
        assert (q.running, q.waiting, q._tenants, q._tally.leader) == (0, 0, {}, None)

    asyncio.run(main())


async def test_a_wait_that_is_too_long_is_shed_and_frees_its_place() -> None:
    q, before = queue(), shed_count("queue_timeout")
    held = await q.enter("a", timeout=1)
    with pytest.raises(Shed, match=r"limits.queue_timeout_seconds"):
        await q.enter("a", timeout=0.01)
    with pytest.raises(Shed):
        await q.enter("a", timeout=0)
    assert (q.waiting, shed_count("queue_timeout")) == (0, before + 2)
    held.release()
    assert q.running == 0


async def test_the_wait_is_charged_to_the_requests_one_allowance() -> None:
    q = queue()
    call = CallContext(ANONYMOUS, "c", queue_seconds=0.05)
    held = await q.enter("a", timeout=1)
    with pytest.raises(Shed):
        await q.enter_for(call)
    assert call.queue_seconds == 0
    held.release()
    with await q.enter_for(call):  # a free slot needs no allowance
        pass
    held = await q.enter("a", timeout=1)
    with pytest.raises(Shed):
        await q.enter_for(call)
    held.release()


async def test_closing_sheds_all_that_wait_at_once_and_everybody_after() -> None:
    q = queue()
    held = await q.enter("a", timeout=1)
    waiting = [asyncio.create_task(q.enter(tenant, timeout=60)) for tenant in "abc"]
    await turn()
    q.close("shutting down")
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(result) for result in results] == ["shutting down"] * 3
    held.release()
    with pytest.raises(Shed, match="shutting down"):
        await q.enter("a", timeout=1)
    assert (q.running, q.waiting, q.closed, q.try_enter("a")) == (0, 0, True, None)


async def test_a_closed_queue_may_go_on_to_give_free_slots_but_nobody_waits() -> None:
    q = queue()
    q.close("shutting down", admit=True)
    with await q.enter("a", timeout=1), pytest.raises(Shed):
        await q.enter("a", timeout=1)
    assert q.running == 0


async def test_a_slot_handed_to_a_request_that_is_cancelled_in_the_same_turn_goes_on() -> None:
    q = queue()
    held = await q.enter("a", timeout=1)
    first = asyncio.create_task(q.enter("a", timeout=5))
    second = asyncio.create_task(q.enter("a", timeout=5))
    await turn()
    held.release()  # the future of `first` holds a slot now, its task has not run yet
    first.cancel()
    (await second).release()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (q.running, q.waiting) == (0, 0)


def test_sizes_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError):
        FairQueue("heavy", slots=0, places=1)
    with pytest.raises(ValueError):
        FairQueue("heavy", slots=1, places=-1)
    with pytest.raises(ValueError):
        FairQueue("heavy", slots=1, places=1, reserve=-1)


@settings(max_examples=60, deadline=None)
@given(
    slots=st.integers(1, 4),
    reserve=st.integers(0, 2),
    places=st.integers(0, 12),
    seed=st.integers(0, 2**32),
    calls=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.001, 5.0]), st.booleans()), min_size=1, max_size=40
    ),
)
def test_no_interleaving_leaks_a_slot_or_runs_too_many(
    slots: int, reserve: int, places: int, seed: int, calls: list[tuple[str, float, bool]]
) -> None:
    async def main() -> None:
        rng = random.Random(seed)
        q = queue(slots, places, reserve=reserve)
        running: Counter[str] = Counter()

        async def call(tenant: str, timeout: float) -> None:
            for _ in range(rng.randrange(4)):
                await asyncio.sleep(0)
            slot: Slot = await q.enter(tenant, timeout=timeout)
            with slot:
                running[tenant] += 1
                # Beyond the slots runs at most one call of a tenant, and at most the reserve in all.
                assert running.total() <= q.running <= slots + reserve
                assert max(running.values()) <= slots
                # Nobody waits who might run.
                assert not any(map(q._may_run, q._tenants))
                for _ in range(rng.randrange(6)):
                    await asyncio.sleep(0)
                running[tenant] -= 1

        tasks = [asyncio.create_task(call(tenant, timeout)) for tenant, timeout, _ in calls]
        for task, (_, _, cancel) in zip(tasks, calls, strict=True):
            if cancel:
                for _ in range(rng.randrange(3)):
                    await asyncio.sleep(0)
                task.cancel()
            assert q.waiting <= places
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (q.running, q.waiting, q._tenants) == (0, 0, {})

    asyncio.run(main())
