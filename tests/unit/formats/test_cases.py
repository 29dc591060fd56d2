"""Small files as other programs write them, each with the graph or the refusal that it must give."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.unit.formats.files import read, refused

CASES = Path(__file__).with_name("cases")
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_another_program_gives_its_graph(name: str) -> None:
    data, expected = (CASES / name).read_bytes(), EXPECTED[name]
    if "refused" in expected:
        assert re.search(expected["refused"], refused(data, expected["format"], **expected["options"]).message)
        return
    graph = read(data, expected["format"], **expected["options"])
    assert (len(graph), graph.number_of_edges()) == (expected["nodes"], expected["edges"])
    if "edge" in expected:
        u, v, attributes = expected["edge"]
        assert graph.edges[u, v].items() >= attributes.items()
        assert {name: type(graph.edges[u, v][name]) for name in attributes} == {
            name: type(value) for name, value in attributes.items()
        }
    if "node" in expected:
        node, attributes = expected["node"]
        assert graph.nodes[node].items() >= attributes.items()


def test_every_file_has_an_expectation() -> None:
    assert {path.name for path in CASES.iterdir()} == {*EXPECTED, "expected.json"}
