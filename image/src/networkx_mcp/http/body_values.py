"""How many JSON values a body holds, told before any is made, and large bodies one a turn of the event loop.

A body is parsed on the event loop. What that costs goes by its values, not by its bytes: 1 MiB of text takes 1 ms, 1 MiB of lists in lists
0.3 s of a core (`python -m loadtests.abuse holds --only bodies`). So values are bounded beside bytes, and of bodies that come near the
bound a turn parses one.
"""

from __future__ import annotations

import asyncio

from networkx_mcp.errors import LimitExceeded

SETTING = "limits.tool_body_values"
#: A body of more values waits for a turn in which no other such body is parsed.
LARGE = 20_000


#: Of the values a body may hold, one in so many may be a list or an object: those are what the garbage collector walks, and
#: 300,000 of them held the loop for up to a second where 87,000 pairs took 0.2 s (`loadtests.abuse holds --only bodies`).
VALUES_PER_CONTAINER = 3


def count(body: bytes, enough: int, marks: bytes = b"[{,") -> int:
    """About how many values a JSON text holds: its lists, objects and commas (`marks`) outside of texts.

    Where it holds at most `enough`, marks within texts may be counted as well, which is cheaper.
    """
    found = _marks(body, marks)
    if found <= enough:
        return found
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    if plain.count(b'"') > 4 * enough + 4:  # so many texts are as many values, or keys
        return found
    return _marks(b" ".join(plain.split(b'"')[::2]), marks)  # every second piece between quotes is within a text


def _marks(text: bytes, marks: bytes) -> int:
    return sum(text.count(bytes((mark,))) for mark in marks)


class Turnstile:
    """Lets bodies through whose parsing is bounded; large ones one a turn."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._one = asyncio.Lock()

    async def enter(self, body: bytes) -> int:
        """Return when `body` may be parsed: about how many values it holds, 0 where they are too few to matter.

        Raises LimitExceeded (413) where it holds more values than the limit.
        """
        if len(body) <= LARGE:
            return 0
        found = count(body, self._limit)
        if found > self._limit:
            raise LimitExceeded(
                f"The request body holds more than {self._limit:,} JSON values ({SETTING}). Send less in one call, "
                "or upload the graph with PUT /graphs/{id}.",
                limit="body_values",
                setting=SETTING,
                maximum=self._limit,
            )
        containers = self._limit // VALUES_PER_CONTAINER
        if found > containers and count(body, containers, b"[{") > containers:
            raise LimitExceeded(
                f"The request body holds more than {containers:,} lists and objects (a third of {SETTING}). Send less in one "
                "call, or upload the graph with PUT /graphs/{id}.",
                limit="body_values",
                setting=SETTING,
                maximum=containers,
            )
        if found <= LARGE:
            return 0
        async with self._one:
            await asyncio.sleep(0)
        return found
