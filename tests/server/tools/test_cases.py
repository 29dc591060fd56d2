"""The small files of other programs, sent as users send them: without options, by PUT and by load_graph, and read back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.helpers.patience import PATIENCE
from tests.helpers.server import NO_TLS
from tests.server.tools.conftest import Tools

CASES = Path(__file__).parents[2] / "unit" / "formats" / "cases"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
#: Refused as the format that a case names; what the content tells is another one, and it is read.
OTHERWISE = {"el_pajek.net": {"nodes": 3, "edges": 2}}
#: What the refusal says where the format is not named.
UNNAMED = {"csv_no_header.csv": "header=false", "el_nr_comma.edges": "separated by ','.*header=false"}


def check(tools: Tools, name: str, answer: dict[str, Any], error: str) -> None:
    """What came of a case: its graph, or a refusal that says what to do."""
    expected = OTHERWISE.get(name, EXPECTED[name])
    if "refused" in expected:
        assert re.search(UNNAMED.get(name, expected["refused"]), error), error
        return
    assert not error
    assert (answer["nodes"], answer["edges"]) == (expected["nodes"], expected["edges"])
    graph_id = answer["graph_id"]
    if "edge" in expected:
        u, v, attributes = expected["edge"]
        found = tools.data("get_neighbors", graph_id=graph_id, node=u)["neighbors"]
        (edge,) = (row for row in found if row["id"] == v)
        assert edge["attributes"].items() >= attributes.items()
    if "node" in expected:
        node, attributes = expected["node"]
        assert tools.data("get_neighbors", graph_id=graph_id, node=node)["attributes"].items() >= attributes.items()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_read_as_curl_sends_it(tools: Tools, name: str) -> None:
    url = f"{tools.server.base_url}/graphs/{name.lower().replace('.', '-')}"
    sent = httpx.put(url, content=(CASES / name).read_bytes(), timeout=PATIENCE, verify=NO_TLS)
    answer = sent.json()
    check(tools, name, answer, "" if sent.status_code == 201 else answer["message"])


@pytest.mark.parametrize("name", [name for name in EXPECTED if not name.endswith((".parquet", ".arrow"))])
def test_a_file_is_read_as_a_model_sends_it(tools: Tools, name: str) -> None:
    found = tools.result("load_graph", content=(CASES / name).read_text(encoding="utf-8"))
    text = found["content"][0]["text"]
    check(tools, name, found.get("structuredContent", {}), text if found.get("isError") else "")
