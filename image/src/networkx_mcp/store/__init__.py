"""Durable graphs: one protocol, on SQLite and on Redis/Valkey."""

from networkx_mcp.store.factory import open_store
from networkx_mcp.store.protocol import (
    Contents,
    Head,
    Health,
    NewGraph,
    Operation,
    Quota,
    Store,
    StoredCounts,
    Usage,
    Written,
)

__all__ = [
    "Contents",
    "Head",
    "Health",
    "NewGraph",
    "Operation",
    "Quota",
    "Store",
    "StoredCounts",
    "Usage",
    "Written",
    "open_store",
]
