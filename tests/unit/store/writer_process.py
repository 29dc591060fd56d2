"""A process of its own that writes to a store and tells of each acknowledged write, to be killed.

    python writer_process.py sqlite PATH | redis URL PREFIX    with --writes N to end by itself

Standard output, unbuffered: `ready`, then `<graph> <version> <payload>` after each acknowledgement.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.protocol import NewGraph, Operation, Quota, Store, StoredCounts
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.sqlite_store import SqliteStore

AMPLE = Quota(1 << 30, 1 << 30, 1000)
WRITERS = 4


def tell(line: str) -> None:
    os.write(1, line.encode() + b"\n")


async def write(store: Store, graph_id: str, writes: int) -> None:
    (head,) = await store.heads([("t", graph_id)])
    if head is None:
        head = (await store.create("t", NewGraph(graph_id, "u", b"", StoredCounts(0, 0)), AMPLE, None)).head
    assert head is not None
    version = head.version
    for number in range(writes):
        payload = f"payload-{graph_id}-{version + 1}-{number}".encode()
        operation = Operation(payload.decode(), "", payload)
        written = await store.append("t", graph_id, "u", version, payload, StoredCounts(0, 0), AMPLE, operation)
        assert written.head is not None
        version = written.head.version
        tell(f"{graph_id} {version} {payload.decode()}")
        if number % 20 == 10:
            await store.compact("t", graph_id, "u", version - 5, b"snapshot" * 40_000)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("place")
    parser.add_argument("prefix", nargs="?", default="nmcp")
    parser.add_argument("--writes", type=int, default=10**9)
    parser.add_argument("--writers", type=int, default=WRITERS)
    arguments = parser.parse_args()
    store: Store
    if arguments.kind == "sqlite":
        store = SqliteStore(StoreSettings(path=Path(arguments.place)))
    else:
        # The durability of the server is the test's business.
        settings = StoreSettings(type="redis", url=arguments.place, prefix=arguments.prefix, allow_volatile=True)
        store = RedisStore(settings)
    await store.start()
    tell("ready")
    await asyncio.gather(*(write(store, f"g{number}", arguments.writes) for number in range(arguments.writers)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
