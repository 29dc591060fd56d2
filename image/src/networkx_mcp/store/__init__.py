"""Durable graphs: one protocol, on SQLite and on Redis/Valkey."""

from networkx_mcp.store.factory import open_store
from networkx_mcp.store.protocol import (
    Contents,
    Counts,
    Head,
    Health,
    NewGraph,
    Operation,
    Quota,
    Store,
    Usage,
    Written,
)

__all__ = [
    "Contents",
    "Counts",
    "Head",
    "Health",
    "NewGraph",
    "Operation",
    "Quota",
    "Store",
    "Usage",
    "Written",
    "open_store",
]
