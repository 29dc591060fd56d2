"""Errors that a caller sees. Each knows its outcome label, HTTP status and whether to try again.

The text of an error says what was wrong, what is allowed and what to do instead; it never carries
graph data of another tenant, a token or a stack.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Self, get_args

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


#: Characters that end a line, turn the direction of what follows, or are not seen: control, bidirectional, zero-width and
#: other default-ignorable ones (Unicode, DerivedCoreProperties.txt), and surrogates. Without the selector of emoji.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def visible(text: str) -> str:
    """Text with the characters that nobody sees as escapes of JSON: it stays on its line, and shows what it is.

    JSON stays the same JSON.
    """
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def quoted(text: str) -> str:
    """Text of others as JSON in one line: whatever it says, it cannot be taken for words of the server."""
    return visible(_to_json(text))


def echoed(value: Any, most: int = _ECHOED) -> str:
    """A value of a caller or of a graph as an error or a note names it: JSON in one line, of at most about `most` characters."""
    if isinstance(value, str):
        return quoted(shortened(value, most))
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to write integers of thousands of digits
        return str(value) if value.bit_length() <= 256 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict | list | float | bool | None):
        try:
            return shortened(visible(_to_json(value)), most)
        except (TypeError, ValueError, RecursionError):
            pass
    return f"a value of type {type(value).__name__}"


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

    def __init__(
        self, problem: str, *, at: str = "", hint: str = "", retry_after: float | None = None, **data: Any
    ) -> None:
        """`at` is the place of the problem, in the form `edits[0].nodes[2]`: it is told before it, and is the fact `field` where
        no other is given. `hint` says what to do instead: it is told behind it, and is a fact, too."""
        self.problem, self.at, self.hint = shortened(visible(problem), MAX_MESSAGE), at, hint
        whole = f"{at}: {problem}" if at else problem
        self.message = shortened(visible(f"{whole} {hint}" if hint else whole), MAX_MESSAGE)
        super().__init__(self.message)
        if at:
            data.setdefault("field", at)
        if hint:
            data["hint"] = hint
        #: Seconds after which a repeat may succeed; None: repeating the same call does not help.
        self.retry_after = retry_after
        #: JSON-compatible facts for programs (field, limit, current version, ...).
        self.data = {name: _bounded(fact) for name, fact in data.items()}

    def moved(self, at: str, hint: str = "") -> Self:
        """The same problem as another caller knows it: at another place, with other advice."""
        facts = {name: fact for name, fact in self.data.items() if name not in ("field", "hint")}
        return type(self)(self.problem, at=at, hint=hint, retry_after=self.retry_after, **facts)

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


class GraphDamaged(ServiceError):
    """What the store has of a graph is not sound; it comes back from a backup."""

    code = "graph_damaged"


class StoreDamaged(ServiceError):
    """What the store has of a tenant, or of all, beside graphs is of another kind than the server gives it; the message names the
    key and the fix. A repeat does not help."""

    code = "store_damaged"


class WorkerCrashed(Unavailable):
    """A process died of what it computed or read; data: `signal`. Where it read a file, the file is to blame."""


class StoreUnavailable(Unavailable):
    code = "store_unavailable"


#: Characters that are compared: no name of ours is longer, and difflib takes a millisecond for each thousand.
_COMPARED = 64


def nearest_words(word: str, words: Iterable[str], count: int = 3, cutoff: float = 0.5) -> list[str]:
    """The closest of `words` to one that nobody knows, best first: bounded, because the word is the caller's."""
    return difflib.get_close_matches(word[:_COMPARED], list(words), n=count, cutoff=cutoff)
