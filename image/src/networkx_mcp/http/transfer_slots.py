"""How many transfers of a direction are under way at once, fair by tenant: they bound the spool volume, and may take long.

A tenant gets all but one. Where all are taken and another tenant has fewer, the newest of the tenant with most that still
receives, waits or sends is ended (`limits/shares.py`): a few slow ones of two tenants do not close /graphs to a third.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from networkx_mcp.context import CallContext
from networkx_mcp.errors import Shed
from networkx_mcp.limits.shares import Share, Shares
from networkx_mcp.limits.shed import shed


class TransferSlots:
    """`most` transfers of one direction (`upload`, `download`)."""

    def __init__(self, direction: str, most: int) -> None:
        self._direction = direction
        self._most = most
        #: Of one tenant.
        self._own = max(1, most - 1)
        self._shares = Shares()

    @contextmanager
    def one(self, call: CallContext) -> Iterator[None]:
        """One more, for as long as the block lasts. Raises errors.Shed, here or where `call` waits inside."""
        share, tenant = Share(call), call.caller.tenant
        if self._shares.held(tenant) >= self._own:
            raise self._refusal(f"{self._own} {self._direction}s of yours are under way")
        if self._shares.total() >= self._most:
            others = self._shares.in_the_way(share, 1, 1)
            if others is None:
                raise self._refusal(f"{self._most} {self._direction}s are under way")
            for other in others:
                assert other.call.waiting is not None
                other.call.waiting.end(
                    self._refusal(
                        f"{self._most} {self._direction}s are under way, and another tenant has fewer than you"
                    )
                )
                self._shares.leave(other)
        share.size = 1
        self._shares.enter(share)
        try:
            yield
        finally:
            self._shares.leave(share)

    def _refusal(self, why: str) -> Shed:
        return shed(
            f"{why}: at most {self._most} in all and {self._own} of one tenant (limits.upload_concurrent). "
            "Repeat after the time in Retry-After.",
            retry_after=2,
            reason="transfers",
            setting="limits.upload_concurrent",
        )
