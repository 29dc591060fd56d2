"""Bodies that are held in memory: read completely before a slot is taken, within size, time and memory.

A slow sender holds a socket and the bytes it has sent, never a slot. All bodies together come out of
one account of the process (`limits.body_budget_mb`; archives of /admin out of all that is free). Where that of calls
is full, the newest that is being read or waits of the tenant with most bytes makes room (`limits/shares.py`).
"""

from __future__ import annotations

import asyncio
import time

from starlette.types import Message, Receive

from networkx_mcp.context import CallContext, TurnedAway
from networkx_mcp.errors import Cancelled, InvalidInput, LimitExceeded, MemoryLimit, ServiceError
from networkx_mcp.limits.memory_account import Kind, MemoryAccount, Reservation
from networkx_mcp.limits.shares import Share, Shares
from networkx_mcp.limits.shed import shed

#: Smallest step in which a body is entered in the account, in bytes.
_STEP = 16 * 1024


class SlowBody(InvalidInput):
    """The body did not arrive in time."""

    code, status = "body_timeout", 408


class Body:
    """A complete body and its entry in the account of memory; `release` gives that back."""

    __slots__ = ("_reservation", "data")

    def __init__(self, data: bytes, reservation: Reservation | Claim) -> None:
        self.data = data
        self._reservation = reservation

    def release(self) -> None:
        """Leave the account. Harmless when repeated."""
        self._reservation.release()

    def replay(self, receive: Receive) -> Receive:
        """An ASGI `receive` that gives this body once and then what the connection says."""
        pending: Message | None = {"type": "http.request", "body": self.data, "more_body": False}

        async def replayed() -> Message:
            nonlocal pending
            if pending is not None:
                message, pending = pending, None
                return message
            return await receive()

        return replayed


class Claim(Share):
    """What a call's body holds of the account for bodies, fair by tenant; as a Reservation of `budget`."""

    __slots__ = ("_reservation", "_shares")

    def __init__(self, call: CallContext, shares: Shares, reservation: Reservation) -> None:
        super().__init__(call)
        self._shares, self._reservation = shares, reservation
        shares.enter(self)

    @property
    def nbytes(self) -> int:
        """Bytes that are entered."""
        return self.size

    def resize(self, nbytes: int) -> None:
        """Change the size. Raises MemoryLimit, and changes nothing, when it does not fit and no other body has to go."""
        try:
            self._reservation.resize(nbytes)
        except MemoryLimit as error:
            if error.retry_after is None:
                raise
            more = nbytes - self.size
            others = self._shares.in_the_way(self, more, self._reservation.missing(more))
            if others is None:
                raise
            for other in others:
                assert isinstance(other, Claim)
                assert other.call.waiting is not None
                other.call.waiting.end(_full(error))
                other.release()
            self._reservation.resize(nbytes)
        self._shares.resize(self, nbytes)

    def release(self) -> None:
        """Give the bytes back. Harmless when repeated."""
        self._shares.leave(self)
        self._reservation.release()


def too_large(limit: int, setting: str, unit: int = 1024, name: str = "KiB") -> LimitExceeded:
    """The 413 of a body past `limit` bytes."""
    return LimitExceeded(
        f"The request body is larger than {limit // unit} {name} ({setting}). Send less in one call, "
        "or upload the graph with PUT /graphs/{id}.",
        limit="body",
        setting=setting,
        maximum=limit,
    )


def declared_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Content-Length, None where the body is chunked or the header is no number."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


async def read_body(
    receive: Receive,
    headers: list[tuple[bytes, bytes]],
    *,
    budget: MemoryAccount,
    limit: int,
    setting: str,
    until: float | None,
    kind: Kind = "bodies",
    copies: int = 1,
    claim: Claim | None = None,
) -> Body:
    """Read a body of at most `limit` bytes until the monotonic time `until`; None: it is all here already.

    It is entered in the account as `kind`, `copies` times its size, or in `claim`, which may have to make room for others.
    Raises LimitExceeded (413) at once when the size is declared or passed, SlowBody (408), Shed (503) when there is no
    memory for it now, MemoryLimit (507) when there never will be, Cancelled when the client hangs up.
    """
    reservation = claim if claim is not None else budget.reserve(kind, 0)
    try:
        declared = declared_length(headers)
        if declared is not None and declared > limit:
            raise too_large(limit, setting)
        if declared is not None and _round(copies * declared) > budget.cap(kind):
            budget.reserve(kind, _round(copies * declared))  # raises: the parts alone might fit one after the other
        if claim is None:
            data = await _read(receive, limit, setting, until, copies, reservation)
        else:
            with TurnedAway(claim.call):
                data = await _read(receive, limit, setting, until, copies, reservation)
    except BaseException:
        reservation.release()
        raise
    return Body(data, reservation)


async def _read(
    receive: Receive, limit: int, setting: str, until: float | None, copies: int, reservation: Reservation | Claim
) -> bytes:
    chunks = bytearray()
    message = await _next(receive, until)
    while True:
        if message["type"] != "http.request":
            raise Cancelled("The client hung up before the request was complete.")
        part: bytes = message.get("body", b"")
        if len(chunks) + len(part) > limit:
            raise too_large(limit, setting)
        size = _round(copies * (len(chunks) + len(part)))
        try:
            if size > reservation.nbytes:
                reservation.resize(size)
        except MemoryLimit as error:
            raise _full(error) from None
        if not message.get("more_body", False):
            return bytes(chunks) + part if chunks else part
        chunks += part
        message = await _next(receive, until)


async def _next(receive: Receive, until: float | None) -> Message:
    if until is None:
        return await receive()
    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            return await receive()
    except TimeoutError:
        raise SlowBody(
            "The request body did not arrive in time (limits.body_timeout_seconds).",
            setting="limits.body_timeout_seconds",
        ) from None


def _round(size: int) -> int:
    return -(-size // _STEP) * _STEP


def _full(error: MemoryLimit) -> ServiceError:
    if error.retry_after is None:
        return error
    return shed(
        f"There is no memory to hold this request now: {error.message}",
        retry_after=1,
        reason="body_budget",
        setting=error.data["setting"],
    )
