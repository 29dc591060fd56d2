"""Errors that a caller sees. Each knows its outcome label, HTTP status and whether to try again.

The text of an error says what was wrong, what is allowed and what to do instead; it never carries
graph data of another tenant, a token or a stack.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

Outcome = Literal[
    "ok",
    # the caller's
    "client_error",
    "not_found",
    "conflict",
    "cancelled",
    "rate_limited",
    # ours: these alone count as errors in alerts and objectives
    "timeout",
    "memory_limit",
    "shed",
    "unavailable",
    "internal",
]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
SERVER_OUTCOMES = frozenset({"timeout", "memory_limit", "shed", "unavailable", "internal"})


#: Characters of a caller's word that an error says again.
_ECHOED = 80
#: Characters of an error, and of each text among its facts, whatever it names.
MAX_MESSAGE = 4_000


def shortened(text: str, most: int = _ECHOED) -> str:
    """A caller's word as an error says it again: whole up to `most` characters, so that no error is as long as its request."""
    return text if len(text) <= most else text[: most - 3] + "..."


def _bounded(fact: Any) -> Any:
    """A fact of an error with its texts cut, also those of a list."""
    if isinstance(fact, str):
        return shortened(fact, MAX_MESSAGE)
    return [_bounded(item) for item in fact] if isinstance(fact, list) else fact


class ServiceError(Exception):
    """Base of all errors with a meaning for the caller."""

    code: ClassVar[str] = "internal"
    outcome: ClassVar[Outcome] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, retry_after: float | None = None, **data: Any) -> None:
        self.message = shortened(message, MAX_MESSAGE)
        super().__init__(self.message)
        #: Seconds after which a repeat may succeed; None: repeating the same call does not help.
        self.retry_after = retry_after
        #: JSON-compatible facts for programs (field, limit, current version, ...).
        self.data = {name: _bounded(fact) for name, fact in data.items()}

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON: `{"error": code, "message": ..., "retry_after"?: s, ...data}`."""
        body: dict[str, Any] = {"error": self.code, "message": self.message, **self.data}
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
        return body


class InvalidInput(ServiceError):
    """An argument is wrong; `field` names it."""

    code, outcome, status = "invalid_input", "client_error", 400


class LimitExceeded(ServiceError):
    """A size or quota would be passed; data: `limit`, `setting`, `maximum`, `actual`."""

    code, outcome, status = "limit_exceeded", "client_error", 413


class Unauthenticated(ServiceError):
    code, outcome, status = "unauthenticated", "client_error", 401


class Forbidden(ServiceError):
    """The token lacks a scope; data: `scope`."""

    code, outcome, status = "forbidden", "client_error", 403


class NotFound(ServiceError):
    """No such graph, node, edge, attribute or algorithm for this tenant; data: `kind`, `nearest`."""

    code, outcome, status = "not_found", "not_found", 404


class Conflict(ServiceError):
    """The graph is not at the version the caller named, or exists already; data: `version`."""

    code, outcome, status = "conflict", "conflict", 409


class RateLimited(ServiceError):
    code, outcome, status = "rate_limited", "rate_limited", 429


class Cancelled(ServiceError):
    """The client hung up."""

    code, outcome, status = "cancelled", "cancelled", 499


class DeadlineExceeded(ServiceError):
    """The call ran to its deadline and was killed; the message says what to try."""

    code, outcome, status = "timeout", "timeout", 504


class MemoryLimit(ServiceError):
    """A worker passed its reservation, or the process has no memory to reserve."""

    code, outcome, status = "memory_limit", "memory_limit", 507


class Shed(ServiceError):
    """Refused to protect the calls that run: queue full, waited too long, draining, protective."""

    code, outcome, status = "shed", "shed", 503


class Unavailable(ServiceError):
    """Something we depend on is away: the store, the zygote; a repeat is safe."""

    code, outcome, status = "unavailable", "unavailable", 503


class StoreUnavailable(Unavailable):
    code = "store_unavailable"
