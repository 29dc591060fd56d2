"""Ids: strings and 64-bit integers, and nothing that could be taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN, MAX_ID_BYTES, check_id, decode_id, encode_id
from networkx_mcp.errors import InvalidInput

ids = st.integers(INT64_MIN, INT64_MAX) | st.text(st.characters(codec="utf-8"), max_size=50)


@given(ids)
def test_an_id_survives_the_buffer_with_its_type(value: str | int) -> None:
    again = decode_id(encode_id(check_id(value, "node")))
    assert again == value
    assert type(again) is type(value)


@given(ids, ids)
def test_different_ids_have_different_bytes(first: str | int, second: str | int) -> None:
    assert (encode_id(first) == encode_id(second)) == (first == second)


def test_one_and_its_text_are_two_nodes() -> None:
    assert encode_id(1) != encode_id("1")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (True, "the boolean true. Write 1 or 0, or the text"),
        (1.0, "the number 1.0. Write 1."),
        (0.5, 'the number 0.5. Write the text "0.5".'),
        (None, "not null"),
        ([1], "not a list"),
        ({}, "not an object"),
        (b"a", "not a bytes"),
        (2**63, "9223372036854775808 is outside the 64-bit integers; send it as a string"),
        (-(2**63) - 1, "outside the 64-bit integers"),
        pytest.param(10**5000, "outside the 64-bit integers", id="huge"),
        ("\ud800", "lone surrogate"),
        ("ab\ud800", "remove it"),
    ],
)
def test_what_can_be_no_id_is_refused_with_the_place_and_the_fix(value: object, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_id(value, "edits[3].edges[17]")
    assert caught.value.message.startswith("edits[3].edges[17]: ")
    assert says in caught.value.message
    assert caught.value.data == {"field": "edits[3].edges[17]"}


def test_the_longest_integers_and_texts_are_allowed_and_no_longer_ones() -> None:
    for good in (INT64_MIN, INT64_MAX, "a" * MAX_ID_BYTES, "ä" * (MAX_ID_BYTES // 2), ""):
        assert check_id(good, "node") == good
    for bad in ("a" * (MAX_ID_BYTES + 1), "ä" * (MAX_ID_BYTES // 2) + "a"):
        with pytest.raises(InvalidInput, match=f"{MAX_ID_BYTES + 1} bytes; at most {MAX_ID_BYTES}"):
            check_id(bad, "node")


@pytest.mark.parametrize("data", [b"", b"x", b"i123", b"i" + bytes(9), b"s\xff"])
def test_bytes_that_are_no_id_are_an_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode_id(data)
