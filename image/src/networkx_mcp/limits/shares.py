"""Who holds how much of something that all tenants share and that is counted in bytes or places, and who gives it back first.

The law is that of every bounded queue (see `tally`), with sizes: when something does not fit, the newest that can still be turned
away of the tenant with most makes room, what is asked for counted as its tenant's own. So a tenant within its fair share never
loses anything to another, and one that takes all loses its own. What can no longer be turned away (it runs) is passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from networkx_mcp.context import CallContext


class Share:
    """What one request holds. Made by `Shares.enter`."""

    __slots__ = ("call", "size")

    def __init__(self, call: CallContext) -> None:
        self.call = call
        self.size = 0

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.call.caller.tenant


class Shares:
    """The shares of one thing. Sizes are in its unit, bytes or places."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        #: Of each tenant, the oldest first.
        self._shares: dict[str, dict[Share, None]] = {}

    def held(self, tenant: str) -> int:
        """What all requests of a tenant hold."""
        return self._held[tenant]

    def total(self) -> int:
        """What all hold."""
        return self._held.total()

    def enter(self, share: Share) -> None:
        """Add the newest of its tenant; whatever its size is."""
        self._shares.setdefault(share.tenant, {})[share] = None
        self._held[share.tenant] += share.size

    def resize(self, share: Share, size: int) -> None:
        """It, which has entered, holds `size` now."""
        self._held[share.tenant] += size - share.size
        share.size = size

    def leave(self, share: Share) -> None:
        """It holds nothing any more. Harmless when repeated."""
        shares = self._shares.get(share.tenant, {})
        if share in shares:
            del shares[share]
            self._held[share.tenant] -= share.size
            if not shares:
                del self._shares[share.tenant], self._held[share.tenant]

    def in_the_way(self, asking: Share, more: int, missing: int) -> list[Share] | None:
        """Whom to turn away so that `asking` may have `more`, of which `missing` are not free; None: `asking` itself.

        Nobody is turned away for nothing: None, too, where all that the law allows would not be enough. `asking` need not
        have entered; then it is the newest of its tenant. O(tenants and shares), and asked only where something is full.
        """
        held = self._held.copy()
        held[asking.tenant] += more
        ways: dict[str, Iterator[Share]] = {}
        found: list[Share] = []
        while missing > 0:
            # Of as many the asking tenant, which gets nothing at the cost of one that has no more than it would have.
            tenant = max(held, key=lambda one: (held[one], one == asking.tenant))
            if tenant not in ways:
                ways[tenant] = self._newest(tenant, asking)
            share = next(ways[tenant], None)
            if share is None and tenant != asking.tenant:
                del held[tenant]  # all that it has runs
            elif share is None or share is asking:
                return None
            else:
                found.append(share)
                held[tenant] -= share.size
                missing -= share.size
        return found

    def _newest(self, tenant: str, asking: Share) -> Iterator[Share]:
        """Those of a tenant that can be turned away, and `asking` where its turn comes, the newest first."""
        shares = self._shares.get(tenant, {})
        if tenant == asking.tenant and asking not in shares:
            yield asking
        for share in reversed(shares):
            waiting = share.call.waiting
            if share is asking or (waiting is not None and waiting.may_end()):
                yield share
