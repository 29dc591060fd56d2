"""describe_graph tells first what attributes there are, of graphs of any size, and never fails for want of a worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.server.tools.conftest import Tools


@pytest.fixture(scope="module")
def airports(tools: Tools) -> str:
    """2,000 airports, more than the API looks at itself."""
    nodes = [
        {"id": f"A{k}", "attributes": {"country": f"C{k % 7}", "altitude": k - 10, **({"hub": True} if k % 500 == 0 else {})}}
        for k in range(2000)
    ]  # fmt: skip
    edges = [[f"A{k}", f"A{k * 7 % 2000}", {"km": k / 2, "delta": -k}] for k in range(1, 2000)]
    return str(tools.data("create_graph", graph_id="airports", directed=True, nodes=nodes, edges=edges)["graph_id"])


def test_the_schema_comes_before_the_samples(tools: Tools, airports: str) -> None:
    lines = tools.text("describe_graph", graph_id=airports, limit=1).splitlines()
    assert lines[1:6] == [
        "node attribute altitude: integer, 2000 of 2000, -10 to 1989, 2000 different",
        "node attribute country: text, 2000 of 2000, 7 different, most C0 (286), C1 (286), C2 (286)",
        "node attribute hub: boolean, 4 of 2000, 1 different, most true (4)",
        "edge attribute delta: integer, 1999 of 1999, -1999 to -1, 1999 different",
        "edge attribute km: number, 1999 of 1999, 0.5 to 999.5, 1999 different; could be a weight",
    ]
    assert lines[6].startswith("export: GET /graphs/airports?format=, with the same token; one of csv, ")
    assert lines[7].startswith("node A0\tcountry=C0")


def test_the_facts_are_those_of_the_text(tools: Tools, airports: str) -> None:
    data = tools.data("describe_graph", graph_id=airports, limit=1)
    assert [found["name"] for found in data["node_attributes"]] == ["altitude", "country", "hub"]
    assert data["weights"] == ["km"]
    assert data["export"]["path"] == "/graphs/airports"
    assert tools.server.get("/graphs/airports?format=graphml").status_code == 200
    assert {"csv", "graphml", "parquet"} <= set(data["export"]["formats"])


def test_later_pages_have_rows_alone(tools: Tools, airports: str) -> None:
    data = tools.data("describe_graph", graph_id=airports, offset=5)
    assert "node_attributes" not in data
    assert len(data["page_nodes"]) == 5


def test_a_change_is_told_at_once(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=list(range(1000)))
    assert tools.data("describe_graph", graph_id=graph_id)["node_attributes"] == []
    tools.data("rank_nodes", graph_id=graph_id, measure="degree", save_as="degree")
    data = tools.data("describe_graph", graph_id=graph_id)
    assert data["node_attributes"] == [
        {"name": "degree", "type": "integer", "count": 1000, "different": 1, "least": 0, "most": 0, "commonest": [[0, 1000]]}
    ]  # fmt: skip
    assert data["version"] == 2


def test_an_attribute_s_name_cannot_speak_as_the_server(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=[{"id": "a", "attributes": {"x: text, 9 of 9\nnote": "note: y"}}])
    lines = tools.text("describe_graph", graph_id=graph_id).splitlines()
    assert lines[1] == 'node attribute "x: text, 9 of 9\\nnote": text, 1 of 1, 1 different'
