"""Pods are their store clients on a real store: every call is carried out, and a connection too many is seen."""

from __future__ import annotations

from loadtests.pods import fleet

from networkx_mcp.store.redis_link import CONNECTIONS


def test_calls_of_several_pods_are_carried_out_and_each_opens_its_connections() -> None:
    found = fleet(3, rate=60, seconds=1, idle_seconds=2.5, maxclients=2048)
    assert found.failed == found.burst_failed == found.burst_refused == 0
    assert found.calls > 0
    assert found.idle_commands_per_second > 0
    assert 3 <= found.connections <= found.burst_connections <= 3 * CONNECTIONS
    assert found.burst_connections > found.burst_each


def test_connections_beyond_the_store_s_are_refused_and_counted() -> None:
    found = fleet(2, rate=20, seconds=1, idle_seconds=0, maxclients=CONNECTIONS)
    assert found.burst_refused > 0
    assert found.burst_connections <= CONNECTIONS
