"""Names of keys and the text form of a head, shared with the Lua scripts (see lua/common.lua).

All keys of a tenant carry the tenant in braces, so they lie in one hash slot and one script may
touch them together. Heads are a line of numbers and then the meta: one GET, no per-field parsing,
and still readable with redis-cli.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from secrets import token_hex
from urllib.parse import quote, unquote

from networkx_mcp.store import shared
from networkx_mcp.store.protocol import Head

#: Element of a snapshot's list, in bytes. UNLINK frees a list of more than 64 elements in another
#: thread, so a script never waits for more than 64 of these (8 MiB) to be freed.
PIECE_BYTES = 128 * 1024
#: The line of numbers of a head. lua/common.lua `read_head` takes the same: no head is sound to one and damaged to the other.
_LINE = re.compile(rb"([A-Za-z0-9_.~%-]+)" + rb" ([0-9]{1,19})" * 8 + rb" ([0-9]{1,12}\.[0-9]{6})" * 2 + rb"\n")


def piece_count(size: int) -> int:
    """How many elements a snapshot of `size` bytes has. CHUNK_BYTES is a multiple of PIECE_BYTES."""
    return -(-size // PIECE_BYTES)


@lru_cache(maxsize=4096)
def safe(name: str) -> str:
    """`name` without the characters that mean something in a key or a record (percent-encoded)."""
    return quote(name, safe="")


class Keys:
    """Key names under one prefix."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.tenants = f"{prefix}:tenants"
        self.notes = f"{prefix}:notes"

    def bucket(self, name: str) -> str:
        return f"{self.prefix}:rate:{{{safe(name)}}}"

    def _of(self, tenant: str) -> str:
        return f"{self.prefix}:{{{safe(tenant)}}}:"

    def head(self, tenant: str, graph_id: str) -> str:
        return f"{self._of(tenant)}g:{safe(graph_id)}"

    def log(self, tenant: str, graph_id: str) -> str:
        return f"{self._of(tenant)}l:{safe(graph_id)}"

    def snapshot(self, tenant: str, graph_id: str) -> str:
        return f"{self._of(tenant)}s:{safe(graph_id)}"

    def staging(self, tenant: str) -> str:
        """A new name each time: no two uploads meet."""
        return f"{self._of(tenant)}t:{token_hex(8)}"

    def usage(self, tenant: str) -> str:
        return f"{self._of(tenant)}usage"

    def ids(self, tenant: str) -> str:
        return f"{self._of(tenant)}ids"

    def operations(self, tenant: str) -> str:
        return f"{self._of(tenant)}ops"

    def results(self, tenant: str, graph_id: str) -> str:
        """Results of analyses of one graph."""
        return f"{self._of(tenant)}r:{safe(graph_id)}"

    def of_results(self, tenant: str, graph_id: str) -> list[str]:
        """KEYS 2 to 4 of lua/keep_result.lua."""
        base = self._of(tenant)
        return [self.results(tenant, graph_id), f"{base}results:order", f"{base}results:sizes"]

    def of_script(self, tenant: str, graph_id: str, staging: str | None) -> list[str]:
        """KEYS of lua/common.lua, in its order."""
        base, operations = self._of(tenant), self.operations(tenant)
        snapshot = self.snapshot(tenant, graph_id)
        return [
            self.head(tenant, graph_id),
            self.log(tenant, graph_id),
            snapshot,
            f"{base}usage",
            f"{base}ids",
            operations,
            f"{operations}:fresh",
            f"{operations}:kept",
            staging or snapshot,
            *self.of_results(tenant, graph_id),
        ]


def parse_head(graph_id: str, raw: bytes) -> Head:
    """The head that lua/common.lua `write_head` wrote. Raises GraphDamaged where it is another text."""
    found = _LINE.match(raw)
    if found is None:
        raise shared.damaged(graph_id, "its head is none")
    uid, version, base, snapshot_version, snapshot_bytes, base_total, log_total, nodes, edges, created, updated = (
        found.groups()
    )
    head = Head(
        graph_id=graph_id,
        uid=unquote(uid.decode()),
        version=int(version),
        snapshot_version=int(snapshot_version),
        snapshot_bytes=int(snapshot_bytes),
        log_operations=int(version) - int(base),
        log_bytes=int(log_total) - int(base_total),
        nodes=int(nodes),
        edges=int(edges),
        meta=raw[found.end() :],
        created=float(created),
        updated=float(updated),
    )
    if min(head.log_operations, head.log_bytes) < 0 or max(head.created, head.updated) >= shared.LAST_SECOND:
        raise shared.damaged(graph_id, "its head is none")
    return head


def parse_log(graph_id: str, elements: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """(version, payload) of each operation, from the two elements that each is in a log. Raises GraphDamaged."""
    labels, payloads = elements[::2], elements[1::2]
    try:
        return [(int(label.partition(b" ")[0]), payload) for label, payload in zip(labels, payloads, strict=True)]
    except ValueError:
        raise shared.damaged(graph_id, "its log is none") from None
