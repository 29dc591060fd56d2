"""The values of a body are counted before they are made; large bodies are parsed one a turn."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.errors import LimitExceeded
from networkx_mcp.http.body_values import LARGE, VALUES_PER_CONTAINER, Turnstile, count

TEXT = st.text(st.sampled_from('[]{},:"\\ab\n'), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=40,
)


def marks(value: Any) -> int:
    """Lists, objects, and commas between what is in them."""
    if isinstance(value, dict):
        return 1 + max(0, len(value) - 1) + sum(map(marks, value.values()))
    if isinstance(value, list):
        return 1 + max(0, len(value) - 1) + sum(map(marks, value))
    return 0


@given(JSON)
def test_what_stands_in_texts_is_not_counted_where_it_matters(value: Any) -> None:
    body = json.dumps(value).encode()
    exact = marks(value)
    assert count(body, 0) >= exact
    assert count(body, len(body)) >= exact
    assert count(body, exact) <= exact


@pytest.mark.parametrize("part", ["[]", "{}", '""', "1", "[0]", '{"a":1}', "[[[[]]]]", "null"])
def test_a_body_on_both_sides_of_the_limit(part: str) -> None:
    async def enter(number: int) -> None:
        await Turnstile(30_000).enter(("[" + ",".join([part] * number) + "]").encode())

    each = 1 + marks(json.loads(part))
    most = 30_000 // each
    if containers := part.count("[") + part.count("{"):  # a third of the values, the list around them among these
        most = min(most, (30_000 // VALUES_PER_CONTAINER - 1) // containers)
    asyncio.run(enter(most))
    with pytest.raises(LimitExceeded, match=r"limits\.tool_body_values"):
        asyncio.run(enter(most + 1))


@pytest.mark.parametrize("text", ["1,2\n" * 200_000, '","[' * 100_000, "\\" * 500_001 + ',"' * 200_000])
def test_text_is_one_value_whatever_stands_in_it(text: str) -> None:
    asyncio.run(Turnstile(1000).enter(json.dumps({"content": text}).encode()))


def test_of_large_bodies_a_turn_parses_one() -> None:
    body = b"[" + b"1," * LARGE + b"1]"

    async def most() -> int:
        turnstile = Turnstile(10 * LARGE)
        parsed: list[int] = []
        turn = 0

        async def call() -> None:
            await turnstile.enter(body)
            parsed.append(turn)

        calls = [asyncio.ensure_future(call()) for _ in range(20)]
        while not all(one.done() for one in calls):
            turn += 1
            await asyncio.sleep(0)
        return max(parsed.count(number) for number in parsed)

    assert asyncio.run(most()) == 1
