"""What both stores promise (protocol.Store): quotas, lists, tenants, leases and notes."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.store.conftest import AMPLE, MIB, named, new

from networkx_mcp.errors import LimitExceeded
from networkx_mcp.store.protocol import Quota, Store, StoredCounts, Usage
from networkx_mcp.store.shared import record_bytes


class TestQuota:
    async def test_graph_bytes(self, store: Store) -> None:
        quota = Quota(graph_bytes=10, tenant_bytes=MIB, tenant_graphs=9)
        await store.create("t", new(snapshot=b"123456"), quota, None)
        await store.append("t", "g", "u1", 1, b"1234", StoredCounts(0, 0), quota, None)
        with pytest.raises(LimitExceeded) as caught:
            await store.append("t", "g", "u1", 2, b"1", StoredCounts(0, 0), quota, None)
        assert caught.value.data == {
            "limit": "graph_bytes", "setting": "limits.graph_mb", "maximum": 10, "actual": 11,
        }  # fmt: skip
        assert "limits.graph_mb" in caught.value.message
        with pytest.raises(LimitExceeded):
            await store.create("t", new("big", snapshot=b"12345678901"), quota, None)
        with pytest.raises(LimitExceeded):
            await store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=b"12345678901"), quota, None)
        assert await store.usage("t") == Usage(graphs=1, bytes=10)

    async def test_tenant_bytes_hold_all_graphs_and_operation_ids(self, store: Store) -> None:
        record = record_bytes(named("1"))
        quota = Quota(graph_bytes=MIB, tenant_bytes=20 + record, tenant_graphs=9)
        await store.create("t", new("a", snapshot=b"1234567890"), quota, None)
        await store.create("t", new("b", snapshot=b"123456789"), quota, named("1"))
        with pytest.raises(LimitExceeded) as caught:
            await store.append("t", "a", "u1", 1, b"12", StoredCounts(0, 0), quota, None)
        assert caught.value.data == {
            "limit": "tenant_bytes", "setting": "limits.tenant_mb", "maximum": 20 + record, "actual": 21 + record,
        }  # fmt: skip
        with pytest.raises(LimitExceeded):
            await store.append("t", "a", "u1", 1, b"", StoredCounts(0, 0), quota, named("2"))
        await store.append("t", "a", "u1", 1, b"1", StoredCounts(0, 0), quota, None)
        await store.create("t2", new("a", snapshot=b"1234567890"), quota, None)

    async def test_a_write_that_frees_space_is_never_refused(self, store: Store) -> None:
        await store.create("t", new(snapshot=b"x" * 100), AMPLE, None)
        tight = Quota(graph_bytes=50, tenant_bytes=50, tenant_graphs=0)
        await store.replace("t", "g", "u1", 1, new(uid="u2", snapshot=b"x" * 50), tight, None)
        tighter = Quota(graph_bytes=50, tenant_bytes=10, tenant_graphs=0)
        await store.replace("t", "g", "u2", 2, new(uid="u3", snapshot=b"x" * 49), tighter, None)
        await store.delete("t", "g", None, named("d"))

    async def test_graphs_of_a_tenant(self, store: Store) -> None:
        quota = Quota(graph_bytes=MIB, tenant_bytes=MIB, tenant_graphs=2)
        await store.create("t", new("a"), quota, None)
        await store.create("t", new("b"), quota, None)
        with pytest.raises(LimitExceeded) as caught:
            await store.create("t", new("c"), quota, None)
        assert caught.value.data == {
            "limit": "tenant_graphs", "setting": "limits.tenant_graphs", "maximum": 2, "actual": 3,
        }  # fmt: skip
        await store.delete("t", "a", None, None)
        await store.create("t", new("c"), quota, None)

    async def test_racing_writers_do_not_pass_it_together(self, store: Store) -> None:
        quota = Quota(graph_bytes=MIB, tenant_bytes=100, tenant_graphs=1000)
        tries = (store.create("t", new(f"g{number}", snapshot=b"1234567890"), quota, None) for number in range(30))
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(outcome, LimitExceeded) for outcome in outcomes) == 20
        assert await store.usage("t") == Usage(graphs=10, bytes=100)


class TestListsAndTenants:
    async def test_graphs_are_listed_by_id_in_pages(self, store: Store) -> None:
        ids = ["a", "a-b", "a0", "b", "b_c", "z" * 64, "0"]
        for one in ids:
            await store.create("t", new(one), AMPLE, None)
        listed: list[str] = []
        while page := await store.list_graphs("t", listed[-1] if listed else "", 3):
            assert len(page) <= 3
            listed += [head.graph_id for head in page]
        assert listed == sorted(ids)
        assert [head.graph_id for head in await store.list_graphs("t", "a0", 100)] == ["b", "b_c", "z" * 64]
        assert await store.list_graphs("t", "", 0) == []

    async def test_a_page_may_be_long(self, store: Store) -> None:
        ids = [f"g{number:04}" for number in range(1100)]
        await asyncio.gather(*(store.create("t", new(one), AMPLE._replace(tenant_graphs=2000), None) for one in ids))
        assert [head.graph_id for head in await store.list_graphs("t", "", 2000)] == ids
        assert [head.graph_id for head in await store.list_graphs("t", "g0000", 1050)] == ids[1:1051]

    async def test_heads_of_several_tenants_in_one_call(self, store: Store) -> None:
        await store.create("t", new("a"), AMPLE, None)
        await store.create("t2", new("b"), AMPLE, None)
        heads = await store.heads([("t2", "b"), ("t", "b"), ("t", "a"), ("nobody", "a")])
        assert [head and head.graph_id for head in heads] == ["b", None, "a", None]
        assert await store.heads([]) == []

    async def test_tenants_are_apart_whatever_their_names(self, store: Store) -> None:
        names = ["t", "t:x", "{t}", "t%7D", "t}", "ü", "a b", "t/x"]
        for number, name in enumerate(names):
            await store.create(name, new(snapshot=b"x" * number), AMPLE, None)
        assert await store.tenants() == sorted(names)
        for number, name in enumerate(names):
            assert await store.usage(name) == Usage(graphs=1, bytes=number)

    async def test_a_tenant_stays_known_without_graphs_but_not_without_a_first(self, store: Store) -> None:
        await store.create("had", new(), AMPLE, None)
        await store.delete("had", "g", None, None)
        with pytest.raises(LimitExceeded):
            await store.create("never", new(), Quota(0, 0, 0), None)
        assert await store.tenants() == ["had"]
        assert await store.usage("never") == Usage(graphs=0, bytes=0)


class TestSharedFacts:
    async def test_notes(self, store: Store) -> None:
        assert await store.get_note("backup") is None
        await store.put_note("backup", "1")
        await store.put_note("backup", "ä 2")
        assert await store.get_note("backup") == "ä 2"

    async def test_a_note_is_settled_once_whoever_comes_first(self, store: Store) -> None:
        told = await asyncio.gather(*(store.settle_note("id", f"of {number}") for number in range(5)))
        assert len(set(told)) == 1
        assert told[0] == await store.get_note("id") == await store.settle_note("id", "late")

    async def test_a_lease_grants_the_burst_and_then_the_rate(self, store: Store) -> None:
        assert await store.lease("b", 7, 0.001, 10) == 7
        assert await store.lease("b", 7, 0.001, 10) == 3
        assert await store.lease("b", 7, 0.001, 10) == 0
        assert await store.lease("other", 100, 0.001, 10) == 10
        assert await store.lease("b", 0, 0.001, 10) == 0
        assert await store.lease("b", -5, 0.001, 10) == 0

    async def test_tokens_come_back_with_time_up_to_the_burst(self, store: Store) -> None:
        assert await store.lease("b", 10, 50, 10) == 10
        await asyncio.sleep(0.5)
        assert await store.lease("b", 100, 50, 10) == 10

    async def test_racing_leases_share_one_bucket(self, store: Store) -> None:
        granted = await asyncio.gather(*(store.lease("b", 7, 0.001, 100) for _ in range(30)))
        assert sum(granted) == 100

    async def test_health(self, store: Store) -> None:
        health = await store.health()
        assert health.up
        assert health.persistence_ok
        assert health.product.startswith(("SQLite 3", "Redis ", "Valkey "))
