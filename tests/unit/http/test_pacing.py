"""A turn of the event loop starts a few requests and parses for a bounded time, whoever is ready."""

from __future__ import annotations

import asyncio
from collections import Counter

from networkx_mcp.http import pacing
from networkx_mcp.http.pacing import CROWD, CROWD_PARSE_SECONDS, PARSE_SECONDS, STARTS, STARTS_OF_KNOWN, Pacer


async def turns(pacer: Pacer, started: list[tuple[int, str]], turn: list[int]) -> Counter[tuple[int, str]]:
    """Run turns until nothing waits: (turn, kind) -> requests that began in it."""
    while pacer.waiting:
        turn[0] += 1
        await asyncio.sleep(0)
    return Counter(started)


def test_a_crowd_begins_a_few_a_turn_and_those_with_a_token_first() -> None:
    async def crowd() -> None:
        pacer, turn = Pacer(), [0]
        started: list[tuple[int, str]] = []
        for kind in ["stranger"] * 100 + ["known"] * 40:
            pacer.start(lambda kind=kind: started.append((turn[0], kind)), "a" if kind == "known" else None)  # type: ignore[misc]
        assert len(started) == STARTS
        found = await turns(pacer, started, turn)
        each = Counter(number for number, _ in started)
        assert len(started) == 140
        assert max(each.values()) == STARTS
        assert found[(1, "known")] == STARTS_OF_KNOWN
        assert found[(1, "stranger")] == STARTS - STARTS_OF_KNOWN  # they are not starved

    asyncio.run(crowd())


def test_a_tenant_with_a_thousand_requests_keeps_no_other_waiting() -> None:
    async def flood() -> None:
        pacer, turn = Pacer(), [0]
        started: list[tuple[int, str]] = []

        def come(tenant: str) -> None:
            pacer.start(lambda: started.append((turn[0], tenant)), tenant)

        for _ in range(1000):
            come("flood")
        for _ in range(3):
            come("a")
        come("b")
        await turns(pacer, started, turn)
        assert [number for number, tenant in started if tenant != "flood"] == [1, 1, 1, 1]
        assert len(started) == 1004
        assert max(Counter(number for number, _ in started).values()) == STARTS

    asyncio.run(flood())


def test_large_requests_of_a_tenant_keep_no_other_waiting() -> None:
    async def flood() -> None:
        pacer, done = Pacer(), list[str]()

        def parse(tenant: str) -> None:
            done.append(tenant)
            pacer.parsed(PARSE_SECONDS / 2)

        pacer.parsed(PARSE_SECONDS)
        for tenant in ["flood"] * 100 + ["a", "a"]:
            pacer.later(lambda tenant=tenant: parse(tenant), tenant)  # type: ignore[misc]
        for _ in range(102):
            await asyncio.sleep(0)
        assert len(done) == 102
        assert done[:4] == ["flood", "a"] * 2

    asyncio.run(flood())


def test_who_comes_alone_does_not_wait() -> None:
    async def alone() -> None:
        pacer = Pacer()
        for _ in range(3 * STARTS):
            begun: list[int] = []
            pacer.start(lambda begun=begun: begun.append(1), None)  # type: ignore[misc]
            assert begun
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(alone())


def test_reads_past_the_time_of_a_turn_come_in_later_ones() -> None:
    async def read() -> None:
        pacer, done = Pacer(), 0

        def parse() -> None:
            nonlocal done
            done += 1
            pacer.parsed(PARSE_SECONDS / 2)

        pacer.parsed(PARSE_SECONDS)
        assert not pacer.may_parse()
        for _ in range(10):
            pacer.later(parse, None)
        seen = []
        while done < 10:
            await asyncio.sleep(0)
            seen.append(done)
        assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) == 2

    asyncio.run(read())
    assert pacing.PARSE_SECONDS < 0.25


def test_reads_of_which_nothing_is_kept_end_a_turn_as_well() -> None:
    async def read() -> None:
        pacer, reads = Pacer(), 0
        while pacer.may_parse() and reads < 10_000:
            pacer.parsed(0.0)
            reads += 1
        assert 100 < reads < 1000

    asyncio.run(read())


def test_while_a_crowd_comes_turns_are_short_for_strangers() -> None:
    """A probe waits to be let in behind all who came before it."""

    async def come() -> None:
        pacer, turn = Pacer(), [0]
        started: list[tuple[int, str]] = []
        for kind in ["stranger"] * 100 + ["known"] * 40:
            pacer.start(lambda kind=kind: started.append((turn[0], kind)), "a" if kind == "known" else None)  # type: ignore[misc]
        for _ in range(4):
            for _ in range(CROWD):
                pacer.accepted()
            turn[0] += 1
            await asyncio.sleep(0)
        found = Counter(started)
        assert {found[(number, "stranger")] for number in range(1, 5)} == {STARTS - STARTS_OF_KNOWN}
        assert found[(1, "known")] == STARTS_OF_KNOWN
        pacer.parsed(CROWD_PARSE_SECONDS)
        assert not pacer.may_parse()
        await turns(pacer, started, turn)  # nobody comes any more
        assert Counter(started)[(6, "stranger")] == STARTS
        assert not pacer.crowd
        pacer.parsed(CROWD_PARSE_SECONDS)
        assert pacer.may_parse()

    asyncio.run(come())
