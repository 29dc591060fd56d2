"""What a client takes for an answer, by its Accept header (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

#: A longer field is read anew each time; most clients send one of a few short ones.
_SHORT = 200


class Accepted(NamedTuple):
    """Whether an answer may be JSON, and whether it may be a stream: a stream is only sent to who names it."""

    json: bool
    stream: bool


def accepted(headers: Iterable[tuple[bytes, bytes]]) -> Accepted:
    """What the Accept headers of a request allow. Without any, or with `*/*`, that is JSON."""
    field = b",".join([value for name, value in headers if name == b"accept"])
    return _known(field) if len(field) <= _SHORT else _read(field)


def _read(field: bytes) -> Accepted:
    quality: dict[str, float] = {}
    for part in field.decode("latin-1").lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind:
            quality[kind] = max(quality.get(kind, 0.0), _quality(parameters))
    if not quality:
        return Accepted(json=True, stream=False)
    # Of several ranges that fit the most specific one counts.
    ranges = ("application/json", "application/*", "*/*")
    json = next((quality[kind] for kind in ranges if kind in quality), 0.0)
    return Accepted(json=json > 0, stream=quality.get("text/event-stream", 0.0) > 0)


_known = lru_cache(maxsize=256)(_read)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0
