"""Edges alone as JSON, as programs and models write them: pairs, triples, objects; with nodes between them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from tests.unit.formats.files import LIMITS, read, refused

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats.common import ParseLimits
from networkx_mcp.errors import LimitExceeded


def edges(data: str, **options: Any) -> list[Any]:
    return list(read(data, "node-link", **options).edges(data=True))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ('[["a","b"],["b","c"]]', [("a", "b", {}), ("b", "c", {})]),
        ("\ufeff \n[ [1, 2],\n [2, 3, 0.5] ]", [(1, 2, {}), (2, 3, {"weight": 0.5})]),
        ('[["a","b",{"kind":"x"}]]', [("a", "b", {"kind": "x"})]),
        ('[{"source":"a","target":"b","w":1},{"from":"b","to":"c"}]', [("a", "b", {"w": 1}), ("b", "c", {})]),
        ('{"edges":[["a","b"]]}', [("a", "b", {})]),
        ('{"links":[{"source":"a","target":"b"}]}', [("a", "b", {})]),
        ('{"nodes":[{"id":"a"},{"id":"b"}],"edges":[["a","b",3]]}', [("a", "b", {"weight": 3})]),
        ('[["a","b",NaN]]', None),
        ("[[1.0,2]]", [(1, 2, {})]),
    ],
)
def test_edges_are_read_however_they_stand(data: str, found: list[Any] | None) -> None:
    if found is None:
        assert "must be [source, target]" in refused(data, "node-link").message
    else:
        assert edges(data) == found


def test_a_list_may_hold_nodes_too_and_directions_are_an_option() -> None:
    data = '[{"id":"z","x":1},["a","b"],["b","a"]]'
    graph = read(data, "node-link", directed="true")
    assert graph.is_directed()
    assert (dict(graph.nodes(data=True))["z"], graph.number_of_edges()) == ({"x": 1}, 2)


@pytest.mark.parametrize("data", ['[["a","b"],["b","c"]]', '[{"source":"a","target":"b"}]', '{"edges":[["a","b"]]}'])
def test_content_tells_the_format_and_nothing_is_said_of_nodes_that_are_not_listed(data: str) -> None:
    found = formats.load(io.BytesIO(data.encode()), "", {}, LIMITS)
    assert (found.reading.format, found.reading.format_from, found.reading.notes) == ("node-link", "content", [])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('[["a"]]', "edges[0] must be [source, target]"),
        ('[["a","b"],["a","b",1,2]]', "edges[1] must be [source, target], [source, target, weight] or"),
        ('[["a","b","x"]]', "edges[0] must be"),
        ('[["a","b",{"source":1}]]', "edges[0] must be"),
        ('[["a",null]]', "a node id is a string or an integer, not null"),
        ('[["a","b"],["b","a"]]', "option directed=true"),
        ('[["a","b"],5]', "Expected `object`, got `int`"),
        ('[["a","b"],', "not JSON"),
        ('{"a":["b"]}', 'it has neither nodes nor edges; it is {"nodes": [{"id": "a"}, ...], "edges": '),
        ('{"nodes":{"a":1}}', 'or the edges alone: [["a", "b"], ...]'),
    ],
)
def test_what_is_no_edge_is_refused_with_its_place_or_the_form(data: str, told: str) -> None:
    assert told in refused(data, "node-link").message


def test_a_long_value_of_an_edge_is_refused_in_whatever_form() -> None:
    data = json.dumps([["a", "b", {"v": "x" * 5000}]])
    with pytest.raises(LimitExceeded):
        read(data, "node-link", ParseLimits(10, 10, 10**6, 4096))
