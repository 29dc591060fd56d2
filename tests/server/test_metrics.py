"""The metrics that alerts and dashboards build on: a scrape under traffic against a committed list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import Server, handshake

LIST = Path(__file__).with_name("metrics.txt")

NAMES_OF_LABELS = {
    "outcome": {
        "ok", "client_error", "not_found", "conflict", "cancelled", "rate_limited",
        "timeout", "memory_limit", "shed", "unavailable", "internal",
    },
    "state": {"busy", "idle"},
    "process": {"api", "zygote", "workers", "graphs"},
    "queue": {"admission", "heavy"},
    "class": {"light", "heavy"},
}  # fmt: skip


@pytest.fixture(scope="module")
def scrape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scrape of a server that has answered some of everything."""
    with Server(tmp_path_factory.mktemp("metrics"), auth=True) as server:
        edges = [[f"n{number}", f"n{number + 1}"] for number in range(20)]
        server.call("create_graph", {"graph_id": "g"})
        edit = server.call("edit_graph", {"graph_id": "g", "edits": [{"action": "add_edges", "edges": edges}]})
        assert not edit.get("isError"), edit
        server.call("describe_graph", {"graph_id": "g"}, era=handshake)
        server.call("describe_graph", {"graph_id": "absent"})
        ranked = server.call("rank_nodes", {"graph_id": "g", "measure": "degree"})
        assert not ranked.get("isError"), ranked
        ranked = server.call("rank_nodes", {"graph_id": "g", "measure": "pagerank"})
        assert not ranked.get("isError"), ranked
        server.rpc("tools/list", token="nmcp_wrong")
        httpx.get(server.url, timeout=PATIENCE)
        eventually(lambda: server.metric("memory_bytes", process="zygote") > 0)
        yield server.get("/metrics").text


def described(scrape: str) -> list[str]:
    """`name type label,label` of each family, sorted; `le` belongs to every histogram."""
    lines = []
    for family in text_string_to_metric_families(scrape):
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        name = f"{family.name}_total" if family.type == "counter" else family.name
        lines.append(" ".join(part for part in (name, family.type, ",".join(labels)) if part))
    return sorted(lines)


def test_names_types_and_labels_are_those_of_the_committed_list(scrape: str) -> None:
    listed = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert described(scrape) == listed


def test_labels_come_from_closed_sets(scrape: str) -> None:
    for family in text_string_to_metric_families(scrape):
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label in NAMES_OF_LABELS and not (family.name.endswith("cache_requests") and label == "outcome"):
                    assert value in NAMES_OF_LABELS[label], (sample.name, label, value)
                assert "absent" not in value, (sample.name, label, value)


def test_the_thresholds_of_the_contract_are_bounds_of_buckets(scrape: str) -> None:
    (family,) = [
        found
        for found in text_string_to_metric_families(scrape)
        if found.name == "networkx_mcp_request_duration_seconds"
    ]
    bounds = {sample.labels["le"] for sample in family.samples if "le" in sample.labels}
    assert {"0.5", "2.0", "5.0", "20.0", "25.0", "30.0"} <= bounds


def test_every_limit_is_a_metric(scrape: str) -> None:
    values = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(scrape)
        for sample in family.samples
    }
    assert values[("networkx_mcp_requests_in_flight_limit", ())] == 45
    assert values[("networkx_mcp_requests_queued_limit", (("queue", "admission"),))] == 360
    assert values[("networkx_mcp_sockets_limit", ())] == 2048
    assert values[("networkx_mcp_memory_limit_bytes", ())] > 0
