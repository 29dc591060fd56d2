"""What is measured of the processes, and where it goes."""

from __future__ import annotations

import asyncio
import os

import pytest
from tests.helpers.metrics import sample
from tests.unit.workers.conftest import TASKS, at_rest, make_settings

from networkx_mcp import platform
from networkx_mcp.settings import MIB
from networkx_mcp.workers import sampler, task_registry
from networkx_mcp.workers.echo import ECHO, echo
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")


def memory(process: str) -> float:
    return sample("memory_bytes", process=process)


async def test_each_kind_of_process_has_its_size(compute: Compute) -> None:
    await at_rest(compute)
    sample = await compute.sampler.sample()
    told = (memory("api"), memory("zygote"), memory("workers"), memory("graphs"))
    assert told == (sample.api, sample.zygote, sample.workers, sample.graphs)
    assert min(sample.api, sample.zygote, sample.workers) > MIB
    assert sample.total == sample.api + sample.zygote + sample.workers + sample.graphs
    assert compute.budget.baseline == sample.baseline <= sample.total


async def test_a_busy_worker_is_covered_by_its_reservation_and_not_by_the_baseline(compute: Compute) -> None:
    await at_rest(compute)
    before = await compute.sampler.sample()
    told, tells = os.pipe()
    call = asyncio.create_task(compute.run(f"{TASKS}:hold", {"bytes": 40 * MIB}, fds=[tells]))
    assert await asyncio.to_thread(os.read, told, 1) == b"x"
    os.close(told)
    os.close(tells)
    during = await compute.sampler.sample()
    assert compute.budget.used("workers") >= 64 * MIB
    call.cancel()
    await at_rest(compute)
    assert during.workers > before.workers + 30 * MIB
    assert during.baseline < before.baseline + 30 * MIB


async def test_a_graph_in_a_memfd_is_entered_as_resident_and_not_as_baseline(compute: Compute) -> None:
    import mmap

    await at_rest(compute)
    before = await compute.sampler.sample()
    fd = os.memfd_create("graph")
    os.ftruncate(fd, 50 * MIB)
    with mmap.mmap(fd, 50 * MIB) as mapped:
        mapped.write(b"x" * 50 * MIB)
        after = await compute.sampler.sample()
    unmapped = await compute.sampler.sample()
    os.close(fd)
    for taken in (after, unmapped):
        assert taken.graphs >= before.graphs + 50 * MIB, "what lies in a memfd is reported once, mapped or not"
        assert taken.api < before.api + 10 * MIB
    assert after.baseline < before.baseline + 10 * MIB


async def test_free_pages_between_blocks_in_use_go_back_to_the_kernel() -> None:
    blocks = [bytes(2000) for _ in range(20_000)]  # too large for CPython's own arenas
    kept = blocks[::100]
    before = platform.resident_kib(os.getpid())
    del blocks
    platform.trim_heap()
    assert before - platform.resident_kib(os.getpid()) > 20 * 1024
    assert len(kept) == 200


async def test_a_process_that_is_gone_has_no_size() -> None:
    processes = sampler.Processes(zygote=None, idle=[2**22 - 1], busy=[])
    assert sampler.measure(processes).workers == 0
    assert platform.resident_kib(2**22 - 1) == 0


@pytest.mark.parametrize(("limit", "own"), [(None, False), (2048 * MIB, True), (2049 * MIB, False), (256 * MIB, True)])
async def test_the_groups_working_set_is_ours_where_the_group_is_the_containers(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, own: bool
) -> None:
    monkeypatch.setattr("networkx_mcp.cgroup.memory_limit", lambda: limit)
    assert sampler.own_group(make_settings()) is own


async def test_only_what_is_marked_as_a_task_is_found() -> None:
    assert task_registry.resolve(ECHO) is echo
    for name in ("", "Any", "task", "os:getcwd", "networkx_mcp.workers.echo:", "nothing", "no.module:f", ":"):
        with pytest.raises(LookupError):
            task_registry.resolve(name)
