"""Errors are as bounded as answers, whatever a caller sent."""

from __future__ import annotations

import json
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.errors import MAX_MESSAGE, InvalidInput, echoed, nearest_words, quoted, shortened, visible


@pytest.mark.parametrize(("length", "whole"), [(MAX_MESSAGE, True), (MAX_MESSAGE + 1, False)])
def test_an_error_and_its_facts_are_cut_at_the_limit(length: int, whole: bool) -> None:
    text = "x" * length
    error = InvalidInput(text, field=text, nearest=[text, 7], count=length)
    cut = text if whole else "x" * (MAX_MESSAGE - 3) + "..."
    assert error.as_dict() == {
        "error": "invalid_input", "message": cut, "field": cut, "nearest": [cut, 7], "count": length,
    }  # fmt: skip
    assert str(error) == cut


def test_a_word_is_shortened_past_80_characters() -> None:
    assert shortened("x" * 80) == "x" * 80
    assert shortened("x" * 81) == "x" * 77 + "..."


def test_a_word_is_compared_by_its_beginning() -> None:
    assert nearest_words("limt", ["limit", "offset"]) == ["limit"]
    name = "a" * 60
    assert nearest_words(name + "b" * 1_000_000, [name]) == [name]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("alice", '"alice"'),
        ('a "b"', '"a \\"b\\""'),
        ("a\nnote: b", '"a\\nnote: b"'),
        ("\x1b[31mred\u202e\u200b\u2028\x85", '"\\u001b[31mred\\u202e\\u200b\\u2028\\u0085"'),
        ("\U000e0041", '"\\udb40\\udc41"'),
        ("Zürich 日本 ❤\ufe0f", '"Zürich 日本 ❤\ufe0f"'),
        (True, "true"),
        (None, "null"),
        (0.5, "0.5"),
        ([1, "a\n"], '[1,"a\\n"]'),
        (2**300, "an integer of 301 bits"),
        ("x" * 81, '"' + "x" * 77 + '..."'),
        ({1, 2}, "a value of type set"),
    ],
)
def test_a_value_of_others_is_told_in_one_line_and_shows_what_it_is(value: object, text: str) -> None:
    assert echoed(value) == text


@given(st.text())
def test_what_is_quoted_is_the_same_text_as_json_and_none_of_it_is_unseen(text: str) -> None:
    assert json.loads(quoted(text)) == text
    assert quoted(text) == visible(quoted(text))
    assert not {category(character) for character in quoted(text)} & {"Cc", "Zl", "Zp", "Cs"}


def test_a_message_stays_on_one_line_whatever_it_repeats() -> None:
    error = InvalidInput("no such thing: a\r\ntruncated: b\u2028c\u202e")
    assert error.message == "no such thing: a\\r\\ntruncated: b\\u2028c\\u202e"


def test_an_error_tells_its_place_before_the_problem_and_its_hint_behind_and_has_both_as_facts() -> None:
    error = InvalidInput("the edge exists.", at="edits[0].edges[2]", hint="Use another.", edge=[1, 2])
    assert error.message == "edits[0].edges[2]: the edge exists. Use another."
    assert error.data == {"field": "edits[0].edges[2]", "hint": "Use another.", "edge": [1, 2]}


def test_an_error_moves_to_the_place_where_another_caller_knows_it_without_a_look_at_its_words() -> None:
    error = InvalidInput("edits[0]: is in the text, too.", at="edits[0].edges[2]", hint="Use another.", edge=[1, 2])
    moved = error.moved("edges[2]", hint="Name it once.")
    assert (type(moved), moved.message) == (InvalidInput, "edges[2]: edits[0]: is in the text, too. Name it once.")
    assert moved.data == {"field": "edges[2]", "hint": "Name it once.", "edge": [1, 2]}
    assert error.moved("edges[2]").data == {"field": "edges[2]", "edge": [1, 2]}
