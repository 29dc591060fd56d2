"""Faults that an operator meets, made on purpose and taken back: a `with` block each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.cluster import Release, eventually

TRAFFIC = Path(__file__).with_name("alerts_traffic.py")
STOP = "/tmp/alerts-stop"

# Memory of the server's container up to a share of its limit, until the stop file is there or two minutes are over.
BALLAST = """
import pathlib, re, sys, time
share, stop = float(sys.argv[1]), pathlib.Path("/tmp/ballast-stop")
stop.unlink(missing_ok=True)

def figure(*names):
    for name in names:
        path = pathlib.Path("/sys/fs/cgroup") / name
        if path.exists():
            return path.read_text()

def total():
    used = int(figure("memory.current", "memory/memory.usage_in_bytes"))
    stat = figure("memory.stat", "memory/memory.stat")
    return used - int(re.search(r"^(?:total_)?inactive_file (\\d+)", stat, re.M)[1])

limit = int(figure("memory.max", "memory/memory.limit_in_bytes"))
held = []
while total() < share * limit:
    held.append(b"\\1" * (8 << 20))
for _ in range(240):
    if stop.exists():
        break
    time.sleep(0.5)
"""

# PID 1 takes no SIGKILL from its own container; a limit on CPU time that it has passed makes the kernel send one.
KILL = """
import resource, urllib.request
resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))
for _ in range(200):
    urllib.request.urlopen("http://127.0.0.1:8080/metrics", timeout=5).read()
"""

# The store hangs for 2.5 s, again and again: servers wait 2 s for it, its readiness probe 5 s.
PAUSE = """
export REDISCLI_AUTH="$(cat /etc/store-password/password)"
cli=$(command -v valkey-cli || command -v redis-cli)
rm -f /run/store/resume
for turn in $(seq 140); do
  [ ! -e /run/store/resume ] || break
  "$cli" CLIENT PAUSE 2500 ALL > /dev/null
done
rm -f /run/store/resume
"""


@contextmanager
def traffic(release: Release, kind: str, url: str, seconds: int = 600) -> Iterator[Callable[[], dict[str, int]]]:
    """Calls of a kind of alerts_traffic.py; what is yielded tells, after the block, how they were answered."""
    call = ("exec", "-i", "client", "--", "python", "-", url, kind, str(seconds), STOP)
    script = TRAFFIC.read_text(encoding="utf-8")
    running = _in_background(lambda: release.kubectl(*call, stdin=script, timeout=seconds + 60))
    try:
        yield lambda: json.loads(running())
    finally:
        release.kubectl("exec", "client", "--", "touch", STOP)
        running()


@contextmanager
def ballast(release: Release, pod: str, share: float) -> Iterator[None]:
    """A process in the server's container that fills its memory to `share` of the limit."""
    call = ("exec", "-i", pod, "-c", "server", "--", "python", "-", str(share))
    running = _in_background(lambda: release.kubectl(*call, stdin=BALLAST, timeout=240))
    try:
        yield
    finally:
        release.kubectl("exec", pod, "-c", "server", "--", "touch", "/tmp/ballast-stop")
        running()


@contextmanager
def stopped_store(release: Release) -> Iterator[None]:
    def scale(pods: int) -> None:
        release.kubectl("scale", "statefulset", f"{release.fullname}-store", f"--replicas={pods}")

    scale(0)
    try:
        yield
    finally:
        scale(1)
        eventually("the store to come back", lambda: release.pods(release.store), 120)


@contextmanager
def hanging_store(release: Release) -> Iterator[None]:
    """The store hangs for seconds: calls wait for it and hold their slots."""
    pod = release.pods(release.store)[0]["metadata"]["name"]
    into = ("exec", "-i", pod, "-c", "store", "--")
    running = _in_background(lambda: release.kubectl(*into, "sh", "-s", stdin=PAUSE, timeout=450))
    try:
        yield
    finally:
        release.kubectl(*into, "touch", "/run/store/resume")
        running()


def kill_server(release: Release, pod: str) -> None:
    """Kill the server's container of a pod (exit status 137) and wait until it runs again."""
    before = restarts(release, pod)
    release.kubectl("exec", "-i", pod, "-c", "server", "--", "python", "-", stdin=KILL, check=False, timeout=120)
    eventually(f"{pod} to be started again", lambda: restarts(release, pod) > before, 120)
    ready = lambda: pod in {item["metadata"]["name"] for item in release.pods(release.server)}  # noqa: E731
    eventually(f"{pod} to be ready", ready, 120)


def restarts(release: Release, pod: str) -> int:
    """Restarts of the server's container."""
    status: list[dict[str, Any]] = release.get("pod", pod)["status"]["containerStatuses"]
    return sum(int(item["restartCount"]) for item in status if item["name"] == "server")


def _in_background(call: Callable[[], str]) -> Callable[[], str]:
    """Start a call in a thread; the result waits for its end."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    return future.result
