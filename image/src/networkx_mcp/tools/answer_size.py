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


def encoded(value: dict[str, Any]) -> bytes:
    """The value as JSON: in UTF-8, or in ASCII where it holds what only Python's own encoder takes, such as half of a surrogate pair."""
    try:
        return msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError, TypeError):
        return json.dumps(value, separators=(",", ":")).encode()


def checked(result: dict[str, Any], tool: str) -> bytes:
    """The result as JSON, if clients can read it. Raises LimitExceeded."""
    body = encoded(result)
    if _INFLATION * len(body) > MAX_BYTES:
        actual = len(json.dumps(result, separators=(",", ":")))
        if actual > MAX_BYTES:
            raise LimitExceeded(
                f"The answer of {tool} would take {actual // 1024} KiB, and clients read at most {MAX_BYTES // 1024}: ask for "
                "less, for example with a smaller limit, fewer nodes or attributes, or get the graph by GET /graphs/{graph_id}.",
                limit="answer_bytes",
                maximum=MAX_BYTES,
                actual=actual,
            )
    return body
