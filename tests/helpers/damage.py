"""What somebody who can write to the store does to a graph of tenant `t`, past the server."""

from __future__ import annotations

from typing import Any

from networkx_mcp.store.protocol import Store
from networkx_mcp.store.redis_store import RedisStore


async def damage_head(store: Store, graph_id: str) -> None:
    """Put what is none in place of its head."""
    if isinstance(store, RedisStore):
        await store._link.call(("SET", store._keys.head("t", graph_id), b"no line of numbers"))
        return
    sqlite: Any = store
    text = "UPDATE graphs SET snapshot_bytes='many', version=-1 WHERE graph_id=?"
    await sqlite._submitted(lambda db: db.execute(text, (graph_id,)))


async def damage_meta(store: Store, graph_id: str) -> None:
    """Leave its head sound, and its description no text."""
    if isinstance(store, RedisStore):
        key = store._keys.head("t", graph_id)
        (raw,) = await store._link.ask(("GET", key))
        await store._link.call(("SET", key, raw.partition(b"\n")[0] + b"\n\xc1"))
        return
    sqlite: Any = store
    await sqlite._submitted(lambda db: db.execute("UPDATE graphs SET meta=x'c1' WHERE graph_id=?", (graph_id,)))
