"""Opens the store that the settings name. What the other store needs is not imported."""

from __future__ import annotations

from networkx_mcp import extras
from networkx_mcp.settings import Settings
from networkx_mcp.store.instrumented import InstrumentedStore
from networkx_mcp.store.protocol import Store


def open_store(settings: Settings) -> InstrumentedStore:
    """The store of `settings.store`, measured; call its `start` before anything else. Raises
    InvalidInput where the settings are wrong."""
    store: Store
    if settings.store.type == "redis":
        with extras.needed("redis", "store.type redis", "store.type"):
            from networkx_mcp.store.redis_store import RedisStore

        store = RedisStore(settings.store)
    else:
        from networkx_mcp.store.sqlite_store import SqliteStore

        store = SqliteStore(settings.store)
    return InstrumentedStore(store)
