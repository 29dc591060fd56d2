"""/health, /startup, /ready: whether the process lives, has started, and can serve.

They pass no host list, no token and no queue. `/health` is 503 when only a new process can help: after 30 s in which this one
could open nothing, or could not have a zygote. `/ready` is 503 only while the process starts, while it
drains (or an administrator took it out), and when compute has been dead for more than 5 s. A store that went away later leaves it 200:
taking every replica out at once would help nobody, and calls are told `store_unavailable`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from networkx_mcp.http.admission import Admission
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.store.protocol import Health as StoreHealth
from networkx_mcp.workers.pool import Compute

#: Compute may be dead for this long before the pod is taken out, in seconds.
COMPUTE_GRACE_SECONDS = 5.0
#: Time without a free file descriptor, or without a zygote, after which the process should be started anew, in seconds.
BROKEN_SECONDS = 30.0
_MIB = 1024 * 1024


@dataclass
class Status:
    """What the process knows of itself; the app keeps it current."""

    admission: Admission
    budget: MemoryAccount
    compute: Compute
    #: Open sockets and their limit.
    sockets: Callable[[], tuple[int, int]] = field(default=lambda: (0, 0))
    started: bool = False
    draining: bool = False
    #: Taken out by an administrator: not ready, but whoever still calls is served.
    cordoned: bool = False
    #: Why it has not started yet.
    waiting_for: str = "starting"
    store: StoreHealth | None = None
    #: Since when no file descriptor is free (time.monotonic()); None while one is.
    cannot_open_since: float | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def leaving(self) -> bool:
        """Whether clients should look for another replica."""
        return self.draining or self.cordoned

    def health(self) -> tuple[int, dict[str, Any]]:
        """200: whoever can answer this has a running event loop. 503 with the reason where only a restart repairs."""
        uptime = round(time.monotonic() - self.began, 1)
        if (reason := self._broken()) is not None:
            return 503, {"status": "broken", "detail": reason, "uptime_seconds": uptime}
        return 200, {"status": "alive", "uptime_seconds": uptime}

    def _broken(self) -> str | None:
        """Why a new process is needed. One that ends, or has not started, is left alone: other probes judge it."""
        if self.draining or not self.started:
            return None
        if self.cannot_open_since is not None:
            seconds = time.monotonic() - self.cannot_open_since
            if seconds > BROKEN_SECONDS:
                return f"no free file descriptor for {seconds:.0f} s"
        dead = self.compute.dead_seconds
        return f"no zygote for {dead:.0f} s" if dead > BROKEN_SECONDS else None

    def startup(self) -> tuple[int, dict[str, Any]]:
        """200 once the store has answered and all services are open."""
        if self.started:
            return 200, {"status": "started"}
        return 503, {"status": "starting", "detail": self.waiting_for}

    def ready(self) -> tuple[int, dict[str, Any]]:
        """200 while this process can serve; `checks` name each part with state and detail."""
        compute = self._compute()
        if self.leaving:
            code, state = 503, "draining"
        elif not self.started:
            code, state = 503, "starting"
        elif compute["state"] == "down" and self.compute.dead_seconds > COMPUTE_GRACE_SECONDS:
            code, state = 503, "compute_down"
        else:
            code, state = 200, "ready"
        checks = {
            "storage": self._storage(),
            "memory": self._memory(),
            "connections": self._connections(),
            "compute": compute,
        }
        return code, {"status": state, "checks": checks}

    def _storage(self) -> dict[str, Any]:
        if self.store is None:
            return {"state": "unknown", "detail": self.waiting_for}
        if not self.store.up:
            return {"state": "down", "detail": self.store.detail, "product": self.store.product}
        state = "up" if self.store.persistence_ok else "not_persisting"
        return {"state": state, "detail": self.store.detail, "product": self.store.product}

    def _memory(self) -> dict[str, Any]:
        budget = self.budget
        level = budget.level.label
        used = round(budget.use_ratio * 100)
        return {
            "state": level,
            "detail": f"{used} % of {budget.total // _MIB} MiB in use",
            "ratio": round(budget.use_ratio, 3),
        }

    def _connections(self) -> dict[str, Any]:
        queue = self.admission.queue
        sockets, most = self.sockets()
        busy = "full" if queue.waiting >= queue.places else "queueing"
        return {
            "state": "free" if queue.running < queue.slots else busy,
            "detail": f"{queue.running} of {queue.slots} run, {queue.waiting} of {queue.places} wait, "
            f"{sockets} of {most} sockets",
            "running": queue.running,
            "limit": queue.slots,
            "waiting": queue.waiting,
        }

    def _compute(self) -> dict[str, Any]:
        queue = self.compute.queue
        detail = f"{queue.running} of {queue.slots} workers busy, {queue.waiting} wait"
        if self.compute.alive:
            return {"state": "up", "detail": detail}
        return {"state": "down", "detail": f"no zygote for {self.compute.dead_seconds:.1f} s; {detail}"}
