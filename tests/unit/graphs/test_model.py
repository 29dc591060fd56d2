"""Names: graph ids, minted ids, operation ids, fingerprints, cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.errors import InvalidInput
from networkx_mcp.graphs import model

IDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)


@given(IDS)
def test_ids_of_the_stated_form_are_accepted(graph_id: str) -> None:
    assert model.check_graph_id(graph_id) == graph_id


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("Air Routes.csv", "air-routes"),
        ("csv_NA.csv", "csv_na"),
        ("_A", "a"),
        ("Zürich", "z-rich"),
        ("a" * 65, "a" * 64),
    ],
)
def test_a_name_that_is_nearly_an_id_is_answered_with_the_id(given: str, near: str) -> None:
    """`curl -T FILE URL/graphs/` takes the name of the file."""
    with pytest.raises(InvalidInput, match=f"for example {near}$"):
        model.check_graph_id(given)
    assert model.check_graph_id(near) == near


@pytest.mark.parametrize("graph_id", ["", "-a", "_a", "A", "a b", "a/b", "é", "a\n", "a" * 65, "a:b", "{a}"])
def test_others_are_refused_with_the_rule(graph_id: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        model.check_graph_id(graph_id)
    assert model.GRAPH_ID_RULE in caught.value.message
    assert caught.value.data["field"] == "graph_id"


def test_a_long_wrong_id_is_not_echoed_whole() -> None:
    with pytest.raises(InvalidInput) as caught:
        model.check_graph_id("A" * 10_000)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("operation_id", ["", "a b", "é", "\n", "x" * 129])
def test_operation_ids_that_no_header_carries_are_refused(operation_id: str) -> None:
    with pytest.raises(InvalidInput):
        model.check_operation_id(operation_id)


def test_minted_ids_are_valid_and_differ() -> None:
    minted = {model.mint_graph_id("t", None) for _ in range(1000)}
    assert len(minted) == 1000
    assert all(model.GRAPH_ID.fullmatch(graph_id) and len(graph_id) == 14 for graph_id in minted)


@given(st.text(), st.from_regex(model.OPERATION_ID, fullmatch=True))
def test_a_named_creation_mints_the_same_id_each_time_and_another_for_another_tenant(tenant: str, name: str) -> None:
    minted = model.mint_graph_id(tenant, name)
    assert minted == model.mint_graph_id(tenant, name)
    assert minted != model.mint_graph_id(tenant + "x", name)
    assert model.check_graph_id(minted)


def test_fingerprints_tell_requests_apart() -> None:
    prints = [
        model.fingerprint("edit", "g", None, b"x"),
        model.fingerprint("edit", "g", 0, b"x"),
        model.fingerprint("edit", "h", None, b"x"),
        model.fingerprint("create", "g", None, b"x"),
        model.fingerprint("edit", "g", None, b"y"),
    ]
    assert len(set(prints)) == len(prints)


@given(IDS, st.lists(IDS, max_size=20))
def test_the_cursor_of_a_prefix_is_below_all_that_begin_with_it_and_above_the_rest_before(
    prefix: str, others: list[str]
) -> None:
    cursor = model.below(prefix)
    assert cursor < prefix
    for other in others:
        if other.startswith(prefix):
            assert other > cursor
        elif other < prefix:
            assert other <= cursor or other > cursor == ""
