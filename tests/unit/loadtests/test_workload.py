"""Users repeat: the same seed, the same calls; each call is one that the server's tools take."""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from loadtests import call_outcomes, sizes, workload

from networkx_mcp import mcp_wire

LISTING = Path(__file__).parents[2] / "server/tools/listing.json"


@functools.cache
def tools() -> dict[str, Any]:
    """The schemas of the committed listing, which a test of the server compares with the server's own."""
    listed = json.loads(LISTING.read_text(encoding="utf-8"))
    return {tool["name"]: jsonschema.Draft202012Validator(tool["inputSchema"]) for tool in listed}


def calls(kind: str, user: int = 0, count: int = 200) -> list[workload.Call]:
    return list(itertools.islice(workload.USERS[kind](user, "run"), count))


@pytest.mark.parametrize("kind", workload.USERS)
def test_calls_fit_the_tools_and_repeat_with_the_seed(kind: str) -> None:
    made = calls(kind)
    assert made == calls(kind)
    assert made != calls(kind, user=1)
    for tool, arguments in made[:60]:
        tools()[tool].validate(arguments)


def test_preparation_and_sizes_fit_the_tools() -> None:
    for tool, arguments in workload.preparation():
        tools()[tool].validate(arguments)
    for tool, arguments in sizes.ALGORITHMS.values():
        tools()[tool].validate({"graph_id": "g", **arguments})


@pytest.mark.parametrize(("kind", "task"), [("agent", 15), ("agentic", 21)])
def test_an_agent_deletes_what_it_creates(kind: str, task: int) -> None:
    made = calls(kind, count=task * 5)
    created = [arguments["graph_id"] for tool, arguments in made if tool == "create_graph"]
    assert created == [arguments["graph_id"] for tool, arguments in made if tool == "delete_graph"]
    assert len(set(created)) == 5


def test_half_of_what_an_agentic_user_asks_is_an_analysis_of_a_small_graph() -> None:
    made = calls("agentic", count=21)
    analyses = [tool for tool, _ in made if tool in {"rank_nodes", "find_paths", "find_components"}]
    edges = [edge for _, call in made for edit in call.get("edits", ()) for edge in edit.get("edges", ())]
    assert len(analyses) == 11
    assert 300 <= len(edges) == len({frozenset(edge) for edge in edges}) < 400


def test_editors_share_graphs_and_graphs_do_not_grow() -> None:
    shared = {
        workload.shared_graph(number): set(map(frozenset, found)) for number, found in enumerate(workload._SHARED_EDGES)
    }
    seen: dict[str, set[int]] = {}
    for user in (2, 7):
        for tool, arguments in calls("editor", user):
            if tool == "edit_graph":
                seen.setdefault(arguments["graph_id"], set()).add(user)
                for source, target, _ in arguments["edits"][0]["edges"]:
                    assert frozenset((source, target)) in shared[arguments["graph_id"]]
    assert any(users == {2, 7} for users in seen.values())


def test_the_graph_has_three_edges_a_node_and_none_twice() -> None:
    found = workload.edges(500)
    assert len(found) == 3 * (500 - 3) == len(set(map(frozenset, found)))


def test_ten_users_of_the_mix_are_of_all_kinds() -> None:
    kinds = [workload.kind_of("mixed", user) for user in range(10)]
    assert {kind: kinds.count(kind) for kind in kinds} == {"reader": 6, "editor": 2, "agent": 1, "analyst": 1}


def test_each_kind_of_user_speaks_both_eras() -> None:
    spoken: dict[str, set[str]] = {}
    for user in range(20):
        spoken.setdefault(workload.kind_of("mixed", user), set()).add(call_outcomes.era_of(user, mcp_wire.ERAS))
    assert spoken == {kind: set(mcp_wire.ERAS) for kind in workload.MIX}
