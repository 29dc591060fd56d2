"""Heads that the embedded store need not read again: its process is alone with the file, so a head stays what it is until the next
write to its graph. Reading one costs as much as all else that a point read does with the store.

Nothing is known of a graph while a write to it is under way: whoever asks then reads the file. One event loop uses this.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

from networkx_mcp.store.protocol import GraphKey, Head

#: Heads that are kept, the most recently used, and bytes of `meta` that one may have, in which a graph's description is: all of them take
#: some 3 MB at most.
MOST, META_BYTES = 2048, 1024


class KnownHeads:
    """The heads of one open file."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heads: OrderedDict[GraphKey, Head] = OrderedDict()
        #: Writes under way, by graph.
        self._writes: Counter[GraphKey] = Counter()

    def get(self, key: GraphKey) -> Head | None:
        """The head as the file has it; None where it must be read."""
        head = self._heads.get(key)
        if head is not None:
            self._heads.move_to_end(key)
        return head

    def keep(self, key: GraphKey, head: Head) -> None:
        """It was read in this turn of the event loop."""
        if key not in self._writes and len(head.meta) <= META_BYTES:
            self._heads[key] = head
            if len(self._heads) > self._most:
                self._heads.popitem(last=False)

    def begin(self, key: GraphKey) -> None:
        """A write to the graph was begun."""
        self._writes[key] += 1
        self._heads.pop(key, None)

    def end(self, key: GraphKey, head: Head | None) -> None:
        """It ended, and left `head`; None: nobody knows what it left."""
        self._writes[key] -= 1
        if not self._writes[key]:
            del self._writes[key]
            if head is not None:
                self.keep(key, head)

    def clear(self) -> None:
        """Forget all heads."""
        self._heads.clear()
