"""That a request shows no valid token."""

from __future__ import annotations

from networkx_mcp.errors import Unauthenticated

#: Closed set of the `reason` label of auth_failures_total.
REASONS = ("missing", "malformed", "unknown", "expired", "signature", "issuer", "audience", "claims")


class AuthFailure(Unauthenticated):
    """No valid token. `reason` is one of REASONS; the caller is told no more than its kind."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
