"""One version read for all requests that arrived before it was sent.

A read is linearizable when it asks the store for the version after it arrived; it need not ask
alone. Requests of one tick of the event loop, and those that arrive while earlier batches are under
way, share one `heads` call. 400 clients that read at once cost a few round trips, not 400.
"""

from __future__ import annotations

import asyncio
import contextvars

from networkx_mcp.errors import GraphDamaged
from networkx_mcp.store.protocol import GraphKey, Head, Store

#: Batches under way at once: a second one hides the round trip of the first.
CONCURRENT_BATCHES = 2
#: Keys of one batch: bounds the time that the store spends on one call.
MAX_KEYS = 256


class HeadBatcher:
    """Fetches heads in batches. Not thread-safe; belongs to one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[GraphKey, list[asyncio.Future[Head | None]]] = {}
        self._scheduled = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def load(self, tenant: str, graph_id: str) -> Head | None:
        """The head of a graph as the store has it after this call began; None where it is absent.

        Raises StoreUnavailable.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Head | None] = loop.create_future()
        self._waiting.setdefault((tenant, graph_id), []).append(future)
        if len(self._under_way) < CONCURRENT_BATCHES:
            self._schedule()
        return await future

    async def close(self) -> None:
        """Let the batches under way end."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _send(self) -> None:
        self._scheduled = False
        keys = list(self._waiting)[:MAX_KEYS]
        batch = {key: self._waiting.pop(key) for key in keys}
        for key, futures in list(batch.items()):
            # A caller that hung up while waiting costs nothing.
            batch[key] = [future for future in futures if not future.done()]
            if not batch[key]:
                del batch[key]
        if not batch:
            if self._waiting:
                self._schedule()
            return
        # A context of its own: the batch belongs to no caller, so nobody's deadline or trace.
        task = asyncio.get_running_loop().create_task(self._fetch(batch), context=contextvars.Context())
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._waiting:
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._send)

    async def _fetch(self, batch: dict[GraphKey, list[asyncio.Future[Head | None]]]) -> None:
        try:
            heads = await self._store.heads(list(batch))
        except GraphDamaged as error:
            if len(batch) > 1:  # of one graph, and the others have nothing to do with it
                for key, futures in batch.items():
                    await self._fetch({key: futures})
                return
            for future in next(iter(batch.values())):
                if not future.done():
                    future.set_exception(error)
            return
        except BaseException as error:
            for futures in batch.values():
                for future in futures:
                    if not future.done():
                        if isinstance(error, Exception):
                            future.set_exception(error)
                        else:
                            future.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for futures, head in zip(batch.values(), heads, strict=True):
            for future in futures:
                if not future.done():
                    future.set_result(head)
