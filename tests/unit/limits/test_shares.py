"""Who gives back first what all tenants share: the law, on any sequence of requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.context import CallContext, Caller
from networkx_mcp.errors import ServiceError
from networkx_mcp.limits.shares import Share, Shares

ROOM = 100


class State:
    """Whether a request can be turned away."""

    def __init__(self, may_end: bool) -> None:
        self._may_end = may_end

    def may_end(self) -> bool:
        return self._may_end

    def end(self, refusal: ServiceError) -> None:
        raise NotImplementedError


def share(tenant: str, *, runs: bool = False) -> Share:
    call = CallContext(Caller("user", tenant, frozenset()), "-")
    call.waiting = State(not runs)
    return Share(call)


def held(shares: Shares, size: int, tenant: str, *, runs: bool = False) -> Share:
    made = share(tenant, runs=runs)
    made.size = size
    shares.enter(made)
    return made


def test_the_newest_of_the_tenant_with_most_makes_room() -> None:
    shares = Shares()
    flood = [held(shares, 10, "flood") for _ in range(9)]
    other = held(shares, 10, "other")
    assert shares.in_the_way(share("quiet"), 20, 20) == [flood[8], flood[7]]
    assert shares.in_the_way(other, 5, 5) == [flood[8]]
    assert shares.in_the_way(share("flood"), 1, 1) is None, "it is its own newest"
    assert shares.in_the_way(flood[0], 5, 5) == [flood[8]], "the older one goes on"
    assert shares.in_the_way(flood[8], 5, 5) is None


def test_what_runs_is_passed_over_and_nobody_goes_for_nothing() -> None:
    shares = Shares()
    flood = [held(shares, 20, "flood", runs=number > 1) for number in range(4)]
    held(shares, 20, "other", runs=True)
    assert shares.in_the_way(share("quiet"), 20, 20) == [flood[1]]
    assert shares.in_the_way(share("quiet"), 41, 41) is None
    assert shares.in_the_way(share("quiet"), 20, 41) is None


def test_who_would_have_as_many_gets_nothing() -> None:
    shares = Shares()
    for tenant in "abcde":
        held(shares, 20, tenant)
    assert shares.in_the_way(share("f"), 20, 20) is None
    assert shares.in_the_way(share("f"), 19, 19) is not None


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(1, 40), st.booleans(), st.integers(0, 30)),
        max_size=60,
    )
)
def test_only_who_has_most_gives_way_and_nobody_within_a_fair_share(
    steps: list[tuple[str, int, bool, int]],
) -> None:
    shares, there = Shares(), list[Share]()
    for tenant, more, new, pick in steps:
        own = [one for one in there if one.tenant == tenant]
        if pick < 3 and own:
            gone = own[pick % len(own)]
            shares.leave(gone)
            shares.leave(gone)
            there.remove(gone)
        asking = share(tenant) if new or not own or own[0] not in there else own[0]
        known = asking in there
        sums = {one: sum(s.size for s in there if s.tenant == one) for one in "abcd"}
        assert {one: shares.held(one) for one in "abcd"} == sums
        missing = shares.total() + more - ROOM
        sums[tenant] += more
        victims = shares.in_the_way(asking, more, missing) if missing > 0 else []
        if victims is None:
            assert sums[tenant] > ROOM / 4, "a fair share of four tenants is never refused"
            continue
        for number, victim in enumerate(victims):
            assert sums[victim.tenant] == max(sums.values())
            newer = [one for one in there if one.tenant == victim.tenant and there.index(one) > there.index(victim)]
            assert set(newer) <= set(victims[:number])
            sums[victim.tenant] -= victim.size
            missing -= victim.size
        assert missing <= 0
        for victim in victims:
            shares.leave(victim)
            there.remove(victim)
        if not known:
            shares.enter(asking)
            there.append(asking)
        shares.resize(asking, asking.size + more)
        assert shares.total() <= ROOM
