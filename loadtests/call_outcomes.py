"""What an answer means to a load test, and who of its users speaks which era.

HTTP 200 says little: `outcome` looks for the JSON-RPC error and for `isError` inside, and names the server's own outcome
(see networkx_mcp.errors). Nothing but `mcp_wire` is imported, so what is measured is what any client sees.
"""

from __future__ import annotations

from collections.abc import Sequence

from networkx_mcp.mcp_wire import Era, parsed, refusal

#: The server's part: these are failures of a load test.
FAILURES = frozenset({"timeout", "memory_limit", "shed", "unavailable", "internal", "connection"})
#: The caller's part: here they are mistakes of a scenario, or of how the target was set up.
MISTAKES = frozenset({"client_error", "not_found", "conflict", "cancelled", "rate_limited", "not_mcp"})

#: `error` of an answer's facts -> outcome; what is missing here is its own outcome.
_OUTCOMES = {
    "invalid_input": "client_error",
    "limit_exceeded": "client_error",
    "unauthenticated": "client_error",
    "forbidden": "client_error",
    "store_unavailable": "unavailable",
}
#: HTTP status -> outcome, where the body tells nothing.
_STATUSES = {
    401: "client_error",
    403: "client_error",
    404: "not_found",
    409: "conflict",
    429: "rate_limited",
    500: "internal",
    502: "unavailable",
    503: "shed",
    504: "timeout",
    507: "memory_limit",
}


def era_of(number: int, eras: Sequence[Era]) -> Era:
    """The era of a user. Of the mixed users ten in a row are of all kinds, each at its place (workload.MIX), so the tens
    count as well: each kind speaks each era."""
    return eras[(number + number // 10) % len(eras)]


def outcome(status: int, body: bytes, notification: bool = False) -> str:
    """What became of a request: an outcome of the server, or `not_mcp` for an answer that the protocol does not know."""
    if status == 202 and notification:
        return "ok"
    found = parsed(body)
    if found is None:
        return _STATUSES.get(status, "not_mcp")
    facts = refusal(found)
    if facts is None:
        if "result" not in found:
            return "not_mcp"
        if status == 200:
            return "ok"
    code = (facts or {}).get("error")
    if code is None:
        # Without facts it is the SDK's word on a request that it did not understand.
        return _STATUSES.get(status, "internal" if status >= 500 else "client_error")
    named = _OUTCOMES.get(str(code), str(code))
    return named if named in FAILURES | MISTAKES else "internal"
