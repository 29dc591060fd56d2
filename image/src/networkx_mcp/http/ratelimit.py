"""Rate limit per token over all replicas, without a round trip per call.

Each replica holds a small local bucket per token and fills it with leases from the bucket that all
replicas share in the store. It asks ahead, when half of a lease is left, so that calls wait for the
store only when a token's first call arrives or its budget is nearly used up. A replica never holds
more than one lease, so all replicas together overshoot by at most one lease each.

A store that does not answer must not stop calls: the replica then allows its share by itself, the
configured rate divided by `ratelimit.replicas`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from collections import OrderedDict
from typing import NoReturn, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.context import SCOPE_KEY, CallContext, Caller
from networkx_mcp.errors import RateLimited, StoreUnavailable
from networkx_mcp.settings import RateLimit
from networkx_mcp.telemetry import logs, metrics

#: Tokens whose local buckets are kept; the longest unused one goes first.
_BUCKETS = 10_000
#: Time between two questions to a store that did not answer, in seconds.
_RETRY_SECONDS = 2.0


class Lender(Protocol):
    """The part of the store that rate limits use."""

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int: ...


class _Bucket:
    __slots__ = ("available", "filled", "name", "refill", "refused_until", "retry_store")

    def __init__(self, name: str) -> None:
        self.name = name
        self.available = 0.0
        self.refill: asyncio.Task[None] | None = None
        # Monotonic times: the store has nothing before; the share was last added; the store is asked
        # again (0: the store answers).
        self.refused_until = 0.0
        self.filled = 0.0
        self.retry_store = 0.0


class RateLimiter:
    """Buckets of one replica."""

    def __init__(self, settings: RateLimit, lender: Lender) -> None:
        self._settings = settings
        self._lender = lender
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        # A lease is never so large a part of the burst that one replica could hold most of it.
        self.lease = max(1, min(settings.lease, settings.burst // 4))
        self._share_rate = settings.requests_per_second / settings.replicas
        self._share_burst = max(1.0, settings.burst / settings.replicas)

    async def take(self, caller: Caller) -> None:
        """Take one request out of the caller's budget. Raises RateLimited with the time to wait."""
        if not self._settings.enabled:
            return
        bucket = self._bucket(caller)
        while bucket.available < 1:
            now = time.monotonic()
            if bucket.retry_store:  # the store did not answer: go by the own share, never wait for it
                self._add_share(bucket, now)
                if now >= bucket.retry_store:
                    self._ask(bucket)
                if bucket.available < 1:
                    self._refuse(bucket)
                break
            if bucket.refill is None:
                if now < bucket.refused_until:
                    self._refuse(bucket)
                self._ask(bucket)
            if bucket.refill is not None:
                # Others may wait too and use all that is granted: look again.
                await asyncio.shield(bucket.refill)
        bucket.available -= 1
        if bucket.available < self.lease / 2 and not bucket.retry_store and time.monotonic() >= bucket.refused_until:
            self._ask(bucket)

    def _bucket(self, caller: Caller) -> _Bucket:
        name = f"{caller.tenant}/{caller.user_id}"
        bucket = self._buckets.get(name)
        if bucket is None:
            # The name in the store has a fixed alphabet and length, whatever an issuer calls its users.
            bucket = _Bucket(hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32])
            self._buckets[name] = bucket
            if len(self._buckets) > _BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(name)
        return bucket

    def _ask(self, bucket: _Bucket) -> None:
        if bucket.refill is None:
            bucket.refill = asyncio.get_running_loop().create_task(self._refill(bucket))

    async def _refill(self, bucket: _Bucket) -> None:
        rate = self._settings.requests_per_second
        try:
            wanted = max(1, math.floor(self.lease - bucket.available))
            granted = await self._lender.lease(bucket.name, wanted, rate, self._settings.burst)
        except Exception as error:  # whatever the store's trouble is, calls go on by the replica's share
            if not isinstance(error, StoreUnavailable):
                logs.event("ratelimit_store_failed", level=logging.ERROR, exc_info=error)
            now = time.monotonic()
            if not bucket.retry_store:  # begin with the full share of the burst
                bucket.filled = now - self._share_burst / self._share_rate
            bucket.retry_store = now + _RETRY_SECONDS
        else:
            bucket.retry_store = 0.0
            bucket.available += granted
            if granted == 0:
                bucket.refused_until = time.monotonic() + min(1.0, max(0.02, 1 / rate))
        finally:
            bucket.refill = None

    def _add_share(self, bucket: _Bucket, now: float) -> None:
        added = (now - bucket.filled) * self._share_rate
        bucket.available = min(self._share_burst, max(0.0, bucket.available) + added)
        bucket.filled = now

    def _refuse(self, bucket: _Bucket) -> NoReturn:
        metrics.RATE_LIMITED.inc()
        rate = self._share_rate if bucket.retry_store else self._settings.requests_per_second
        raise RateLimited(
            f"This token sends more than {self._settings.requests_per_second:g} requests per second "
            "(ratelimit.requests_per_second). Repeat after the time in Retry-After.",
            retry_after=max(1.0, 1 / rate),
            setting="ratelimit.requests_per_second",
            maximum=self._settings.requests_per_second,
        )


class RateLimiting:
    """Takes each request out of its caller's budget before it is served."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self.app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: CallContext = scope[SCOPE_KEY]
        await self._limiter.take(call.caller)
        # Its token and its rate may have asked somebody: an issuer for its keys, a store that hangs for a lease.
        call.waited_seconds = time.monotonic() - call.arrived
        await self.app(scope, receive, send)
