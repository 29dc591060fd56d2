"""How long an answer is on the wire, and the refusal of one that clients cannot read.

The Python client ends its stream at an event above 1 MiB. Pages are far below; this is for whatever they do not bound.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from networkx_mcp.errors import LimitExceeded

#: Bytes of one result, in JSON of ASCII; the message around it takes some hundred more.
MAX_BYTES = 900 * 1024 - 8 * 1024
#: Bytes in ASCII for one in UTF-8, at most: a character of two bytes, or of three, takes six, one of four takes twelve.
_INFLATION = 3


def wire_bytes(result: dict[str, Any]) -> int:
    """Bytes of a result as a message carries it; an upper bound where that is within MAX_BYTES."""
    try:
        most = _INFLATION * len(msgspec.json.encode(result))
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError, TypeError):
        most = MAX_BYTES + 1
    return most if most <= MAX_BYTES else len(json.dumps(result, separators=(",", ":")))


def check(result: dict[str, Any], tool: str) -> dict[str, Any]:
    """The result, if clients can read it. Raises LimitExceeded."""
    actual = wire_bytes(result)
    if actual > MAX_BYTES:
        raise LimitExceeded(
            f"The answer of {tool} would take {actual // 1024} KiB, and clients read at most {MAX_BYTES // 1024}: ask for less, "
            "for example with a smaller limit, fewer nodes or attributes, or get the graph by GET /graphs/{graph_id}.",
            limit="answer_bytes",
            maximum=MAX_BYTES,
            actual=actual,
        )
    return result
