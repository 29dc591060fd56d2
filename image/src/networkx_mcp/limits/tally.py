"""Who has how many places of something that all tenants share, and who has most: the law of shedding is read from it.

The law of every bounded queue here: when all places are taken, the newest that can still be turned away of the tenant with
most is shed, the newcomer counted as one of its own. So a tenant with at most its fair share is never shed while another has
more, and a flood sheds itself.
"""

from __future__ import annotations


class Tally:
    """Counts by tenant. Every operation is O(1), `leader` too: counts change by one."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        #: Count -> the tenants that have it, the last to reach it at the end.
        self._ranks: dict[int, dict[str, None]] = {}
        self._most = 0

    def __getitem__(self, tenant: str) -> int:
        return self._counts.get(tenant, 0)

    @property
    def leader(self) -> str | None:
        """The tenant with most; of several with as many the last to get there. None: nobody has any."""
        return next(reversed(self._ranks[self._most])) if self._most else None

    def leads(self, tenant: str) -> bool:
        """Whether nobody would have more than `tenant` if it had one more: then it is the one to be shed."""
        return self[tenant] + 1 >= self._most

    def add(self, tenant: str) -> None:
        """One more of a tenant."""
        count = self[tenant]
        self._leave(tenant, count)
        self._enter(tenant, count + 1)
        self._most = max(self._most, count + 1)

    def remove(self, tenant: str) -> None:
        """One less of a tenant. Raises KeyError where it has none."""
        count = self._counts[tenant]
        self._leave(tenant, count)
        self._enter(tenant, count - 1)
        if self._most not in self._ranks:
            self._most -= 1  # it was the only one there, and is one below now

    def clear(self) -> None:
        """Nobody has any."""
        self._counts.clear()
        self._ranks.clear()
        self._most = 0

    def _leave(self, tenant: str, count: int) -> None:
        if count:
            rank = self._ranks[count]
            del rank[tenant]
            if not rank:
                del self._ranks[count]

    def _enter(self, tenant: str, count: int) -> None:
        if count:
            self._counts[tenant] = count
            self._ranks.setdefault(count, {})[tenant] = None
        else:
            del self._counts[tenant]
