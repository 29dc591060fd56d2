"""Errors are as bounded as answers, whatever a caller sent."""

from __future__ import annotations

import pytest

from networkx_mcp.compute.nearest import nearest
from networkx_mcp.errors import MAX_MESSAGE, InvalidInput, shortened


@pytest.mark.parametrize(("length", "whole"), [(MAX_MESSAGE, True), (MAX_MESSAGE + 1, False)])
def test_an_error_and_its_facts_are_cut_at_the_limit(length: int, whole: bool) -> None:
    text = "x" * length
    error = InvalidInput(text, field=text, nearest=[text, 7], count=length)
    told = text if whole else "x" * (MAX_MESSAGE - 3) + "..."
    assert error.as_dict() == {
        "error": "invalid_input", "message": told, "field": told, "nearest": [told, 7], "count": length,
    }  # fmt: skip
    assert str(error) == told


def test_a_word_is_shortened_past_80_characters() -> None:
    assert shortened("x" * 80) == "x" * 80
    assert shortened("x" * 81) == "x" * 77 + "..."


def test_a_word_is_compared_by_its_beginning() -> None:
    assert nearest("limt", ["limit", "offset"]) == ["limit"]
    name = "a" * 60
    assert nearest(name + "b" * 1_000_000, [name]) == [name]
