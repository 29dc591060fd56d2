"""The one account of memory, and the degradation levels that follow from it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networkx_mcp.errors import MemoryLimit
from networkx_mcp.limits.memory_account import CEILING_RATIO, KINDS, Kind, Level, MemoryAccount, Reservation
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.telemetry import metrics


@pytest.fixture(autouse=True)
def no_cgroup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("networkx_mcp.settings.memory_limit", lambda: None)


def make(memory_mb: int = 1000, baseline_mb: int = 100, **memory: object) -> MemoryAccount:
    budget = MemoryAccount(Settings.model_validate({"limits": {"memory_mb": memory_mb}, "memory": memory}))
    budget.measured(working_set=0, baseline=baseline_mb * MIB)
    return budget


def test_what_the_kernel_holds_cannot_be_promised_a_second_time() -> None:
    budget = make()
    free = budget.free
    budget.measured(working_set=0, kernel=300 * MIB)
    assert free - budget.free == 300 * MIB
    assert budget.use_ratio == pytest.approx(0.4)
    with pytest.raises(MemoryLimit):
        budget.reserve("workers", budget.free + 1)
    assert budget.cap("workers") == budget.free
    budget.measured(working_set=0)
    assert budget.free == free


def test_what_fits_below_the_ceiling_is_entered_and_the_next_byte_is_refused() -> None:
    budget = make()
    room = int(1000 * MIB * CEILING_RATIO) - 100 * MIB
    with budget.reserve("workers", room):
        assert budget.free == 0
        with pytest.raises(MemoryLimit, match=r"limits.memory_mb") as refused:
            budget.reserve("workers", 1)
        assert refused.value.retry_after
        assert refused.value.data["setting"] == "limits.memory_mb"
    assert budget.free == room


@pytest.mark.parametrize(
    ("kind", "setting", "mib"),
    [
        ("resident", "memory.resident_mb", 640),
        ("results", "memory.results_mb", 32),
        ("bodies", "limits.body_budget_mb", 64),
    ],
)
def test_a_kind_has_its_own_cap(kind: Kind, setting: str, mib: int) -> None:
    budget = make()
    with budget.reserve(kind, mib * MIB), pytest.raises(MemoryLimit, match=setting):
        budget.reserve(kind, 1)
    with pytest.raises(MemoryLimit) as never:
        budget.reserve(kind, mib * MIB + 1)
    assert never.value.retry_after is None  # waiting does not make the request smaller


def test_what_lies_in_the_measured_heap_counts_once() -> None:
    budget = make(baseline_mb=100)
    heap = 0
    budget.in_heap_with(lambda: heap)
    resident, body = budget.reserve("resident", 0), budget.reserve("bodies", 0)
    resident.resize(50 * MIB)
    heap = 30 * MIB  # the other 20 are shared memory, which no baseline has
    body.resize(10 * MIB)
    budget.measured(working_set=0, baseline=(100 + 30 + 10) * MIB)
    assert budget.baseline == 100 * MIB
    assert budget.free == budget.ceiling - (100 + 50 + 10) * MIB


@pytest.mark.parametrize(("kind", "baseline"), [("bodies", 100), ("archives", 110)])
def test_what_is_promised_and_not_there_yet_takes_nothing_off_the_baseline(kind: Kind, baseline: int) -> None:
    budget = make(baseline_mb=100)
    with budget.reserve(kind, 60 * MIB):
        budget.measured(working_set=0, baseline=110 * MIB)
        assert budget.baseline == baseline * MIB


def test_a_reservation_can_grow_and_shrink_and_is_released_once() -> None:
    budget = make()
    held = budget.reserve("bodies", 10 * MIB)
    held.resize(20 * MIB)
    with pytest.raises(MemoryLimit):
        held.resize(65 * MIB)
    assert budget.used("bodies") == 20 * MIB
    held.resize(5 * MIB)
    assert budget.used("bodies") == 5 * MIB
    held.release()
    held.release()
    assert budget.used("bodies") == 0
    with pytest.raises(ValueError, match="released"):
        held.resize(1)
    with pytest.raises(ValueError, match="negative"):
        budget.reserve("bodies", -1)


def test_caches_are_asked_to_make_room_for_a_worker() -> None:
    budget = make()
    graphs = [budget.reserve("resident", 200 * MIB) for _ in range(3)]
    asked: list[int] = []

    def reclaim(missing: int) -> None:
        asked.append(missing)
        graphs.pop().release()

    budget.reclaim_with(reclaim)
    budget.reserve("workers", 300 * MIB)
    assert asked == [50 * MIB]
    assert budget.used("resident") == 400 * MIB


async def test_a_worker_waits_for_memory_that_others_give_back_in_turn() -> None:
    budget = make()
    held = budget.reserve("workers", 800 * MIB)
    first = asyncio.create_task(budget.reserve_soon("workers", 500 * MIB, tenant="a", timeout=5))
    await asyncio.sleep(0)
    small = asyncio.create_task(budget.reserve_soon("workers", 10 * MIB, tenant="a", timeout=5))
    await asyncio.sleep(0)
    assert not small.done()  # it would fit, but it is not its turn
    held.release()
    (await first).release()
    (await small).release()
    assert budget.used("workers") == 0


async def test_memory_goes_first_to_the_tenant_that_holds_least() -> None:
    budget = make()
    held = [await budget.reserve_soon("loads", 250 * MIB, tenant="flood", timeout=0) for _ in range(3)]
    order: list[str] = []

    async def wait(tenant: str) -> None:
        with await budget.reserve_soon("loads", 250 * MIB, tenant=tenant, timeout=5):
            order.append(tenant)
            await asyncio.sleep(0)

    tasks = []
    for tenant in ("flood", "flood", "flood", "quiet", "other", "quiet"):
        tasks.append(asyncio.create_task(wait(tenant)))
        await asyncio.sleep(0)
    for one in held:
        one.release()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order[:2] == ["quiet", "other"]
    assert sorted(order) == ["flood"] * 3 + ["other"] + ["quiet"] * 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 300)), max_size=25), st.integers(0, 2**32))
def test_nobody_is_served_before_a_tenant_that_waits_and_holds_less(calls: list[tuple[str, int]], seed: int) -> None:
    async def main() -> None:
        rng, budget = random.Random(seed), make()
        waiting: list[str] = []
        given: list[tuple[str, Reservation]] = []

        async def call(tenant: str, mib: int) -> None:
            waiting.append(tenant)
            entry = await budget.reserve_soon("loads", mib * MIB, tenant=tenant, timeout=60)
            waiting.remove(tenant)
            given.append((tenant, entry))

        def serve(entry: Reservation) -> None:
            """Give bytes back, and look at who gets them: all that are served before this returns."""
            before = {future: wait.tenant for future, wait in budget._waiters.items()}
            counts = Counter(budget._held)
            counts[entry._tenant or ""] -= entry.nbytes
            sizes = {future: wait.nbytes for future, wait in budget._waiters.items()}
            entry.release()
            served = [future for future in before if future.done()]
            left = {before[future] for future in before if not future.done()}
            for future in served:
                counts[before[future]] += sizes[future]
            # The last that was served held no more, before it was, than any that still waits.
            for future in served:
                for tenant in left:
                    mine = [sizes[one] for one in served if before[one] == before[future]]
                    assert counts[before[future]] - max(mine) <= counts[tenant] or tenant == before[future]

        tasks = []
        for tenant, mib in calls:
            tasks.append(asyncio.create_task(call(tenant, mib)))
            await asyncio.sleep(0)
            if given and rng.random() < 0.3:
                serve(given.pop(rng.randrange(len(given)))[1])
                await asyncio.sleep(0)
        while given or waiting:
            serve(given.pop(rng.randrange(len(given)))[1])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        assert not budget._held

    asyncio.run(main())


async def test_a_wait_for_memory_ends_in_time_and_what_never_fits_does_not_wait() -> None:
    budget = make()
    with budget.reserve("workers", 800 * MIB):
        with pytest.raises(MemoryLimit) as later:
            await budget.reserve_soon("workers", 500 * MIB, tenant="a", timeout=0.01)
        assert later.value.retry_after
        with pytest.raises(MemoryLimit) as never:
            await budget.reserve_soon("workers", 900 * MIB, tenant="a", timeout=60)
        assert never.value.retry_after is None


def test_the_level_rises_at_its_thresholds_and_falls_below_them() -> None:
    budget = make()
    seen: list[Level] = []
    budget.subscribe(seen.append)

    def level_at(percent: float) -> str:
        budget.measured(working_set=int(percent / 100 * budget.total))
        return budget.level.label

    assert level_at(79.9) == "normal"
    assert level_at(80) == "constrained"
    assert level_at(79) == "constrained"  # no flapping around the threshold
    assert level_at(75.1) == "constrained"
    assert level_at(74.9) == "normal"
    assert level_at(90) == "protective"
    assert level_at(86) == "protective"
    assert level_at(84.9) == "constrained"
    assert level_at(10) == "normal"
    assert seen == [Level.CONSTRAINED, Level.NORMAL, Level.PROTECTIVE, Level.CONSTRAINED, Level.NORMAL]
    assert metrics.REGISTRY.get_sample_value("networkx_mcp_degradation_level") == 0


def test_the_account_counts_where_the_measurement_is_behind_but_reservations_do_not() -> None:
    budget = make(baseline_mb=200)
    with budget.reserve("workers", 700 * MIB):
        assert budget.level.label == "normal"
    with budget.reserve("resident", 600 * MIB):
        assert budget.level.label == "constrained"
    assert budget.level.label == "normal"


def test_an_administrator_can_force_a_level_and_draining_is_for_good() -> None:
    budget = make()
    budget.set_override(Level.PROTECTIVE)
    assert budget.level.label == "protective"
    budget.set_override(None)
    assert budget.level.label == "normal"
    budget.drain()
    budget.set_override(Level.NORMAL)
    assert budget.level.label == "draining"
    assert metrics.REGISTRY.get_sample_value("networkx_mcp_degradation_level") == 3


def test_a_listener_that_fails_does_not_keep_the_others_from_hearing() -> None:
    budget = make()
    heard: list[Level] = []

    def broken(level: Level) -> None:
        raise RuntimeError

    budget.subscribe(broken)
    budget.subscribe(heard.append)
    budget.drain()
    assert heard == [Level.DRAINING]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    calls=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 700),
            st.sampled_from([0.0, 0.002, 5.0]),
            st.sampled_from("abc"),
            st.booleans(),
        ),
        max_size=30,
    ),
)
def test_no_interleaving_leaks_bytes_or_passes_the_ceiling(
    seed: int, calls: list[tuple[Kind, int, float, str, bool]]
) -> None:
    async def main() -> None:
        rng, budget = random.Random(seed), make()

        async def call(kind: Kind, mib: int, timeout: float, tenant: str) -> None:
            with await budget.reserve_soon(kind, mib * MIB, tenant=tenant, timeout=timeout):
                assert budget.baseline + sum(map(budget.used, KINDS)) <= budget.ceiling
                assert budget.used(kind) <= budget.cap(kind)
                for _ in range(rng.randrange(5)):
                    await asyncio.sleep(0)

        tasks = [asyncio.create_task(call(*given)) for *given, _ in calls]
        for task, (*_, cancel) in zip(tasks, calls, strict=True):
            if cancel:
                for _ in range(rng.randrange(3)):
                    await asyncio.sleep(0)
                task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert result is None or isinstance(result, MemoryLimit | asyncio.CancelledError), result
        assert [budget.used(kind) for kind in KINDS] == [0] * len(KINDS)
        assert not budget._waiters
        assert not budget._held

    asyncio.run(main())
