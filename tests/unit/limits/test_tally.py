"""Who has most: against a plain count."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.limits.tally import Tally


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60))
def test_the_leader_has_most(steps: list[tuple[str, bool]]) -> None:
    tally, counts = Tally(), Counter[str]()
    for tenant, more in steps:
        if more:
            tally.add(tenant)
            counts[tenant] += 1
        elif counts[tenant]:
            tally.remove(tenant)
            counts[tenant] -= 1
        counts = +counts
        most = max(counts.values(), default=0)
        leader = tally.leader
        assert (counts[leader] if leader is not None else 0) == most
        for one in "abcd":
            assert tally[one] == counts[one]
            assert tally.leads(one) == (counts[one] + 1 >= most)
    tally.clear()
    assert tally.leader is None


def test_of_as_many_the_last_to_get_there_leads() -> None:
    tally = Tally()
    for tenant in "abba":
        tally.add(tenant)
    assert tally.leader == "a"


def test_there_is_nothing_to_take_from_a_tenant_that_has_none() -> None:
    with pytest.raises(KeyError):
        Tally().remove("a")
