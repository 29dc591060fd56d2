"""Wall clocks step by an hour, of one server, of all, and of the store: nothing acknowledged is lost or happens twice.

The processes ask a preloaded clock (clock/), which reads its offset from a file; monotonic clocks stay.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import Release

#: Seconds that each step lasts.
LAST = 8
HOUR = 3600

# What a repeated write is told: the version that the first one made, however the clocks stand.
REPEAT = """
import sys
import httpx
from networkx_mcp import mcp_wire
url, graph = sys.argv[1:3]
token = open("/tokens/smoke").read().strip()
edits = [{"action": "add_nodes", "nodes": [{"id": "once"}]}]
def call(tool, **arguments):
    answer = httpx.post(url, **mcp_wire.post_call(tool, arguments, token), timeout=35)
    return mcp_wire.parsed(answer.content)["result"].get("structuredContent")
call("create_graph", graph_id=graph, operation_id=graph)
call("edit_graph", graph_id=graph, operation_id="once", edits=edits)
print(call("describe_graph", graph_id=graph)["version"])
"""


def split(tag: str) -> tuple[str, str]:
    """Repository and tag."""
    repository, _, version = tag.rpartition(":")
    return repository, version


@pytest.fixture
def stepping(request: pytest.FixtureRequest, release: Release) -> Iterator[Release]:
    """The release on images whose clocks step."""
    server = request.config.getoption("--clock-image")
    store = request.config.getoption("--clock-store-image")
    if not server or not store:
        pytest.skip("no --clock-image and --clock-store-image: the clocks stay")
    words: list[str] = []
    for place, tag in (("image", server), ("store.valkey.image", store)):
        repository, version = split(tag)
        words += ["--set", f"{place}.repository={repository}", "--set-string", f"{place}.tag={version}"]
    release.helm("upgrade", "--force-conflicts", *words)
    yield release
    release.helm("upgrade", "--force-conflicts")


def step(release: Release, selector: str, offset: int, most: int = 9) -> None:
    """Set the clocks of the selector's pods by `offset` seconds, of `most` pods; the processes see it within a second."""
    file = "/run/store/clock" if selector == release.store else "/tmp/clock"
    for pod in release.pods(selector)[:most]:
        into = ("exec", "-i", pod["metadata"]["name"], "--", "sh", "-c", f"cat > {file}.new; mv {file}.new {file}")
        release.kubectl(*into, stdin=f"{offset:+d}\n")


def seen_by_store(release: Release) -> int:
    """The store's own clock, less ours, in seconds."""
    name = release.pods(release.store)[0]["metadata"]["name"]
    script = (
        'export REDISCLI_AUTH="$(cat /etc/store-password/password)"; '
        "$(command -v valkey-cli || command -v redis-cli) TIME"
    )
    return round(float(release.kubectl("exec", name, "--", "sh", "-c", script).split()[0]) - time.time())


def seen_by_servers(release: Release) -> list[int]:
    """The clock of each server as its newest log line tells, less ours, in seconds."""
    found = []
    for pod in release.pods(release.server):
        line = release.kubectl("logs", pod["metadata"]["name"], "-c", "server", "--tail=1").splitlines()[-1]
        told = datetime.fromisoformat(json.loads(line)["timestamp"].replace("Z", "+00:00"))
        found.append(round(told.timestamp() - time.time()))
    return found


@pytest.mark.chaos
def test_clocks_that_step_change_nothing_acknowledged(stepping: Release, chaos: Chaos) -> None:
    release = stepping
    graph = f"clock-{time.monotonic_ns()}"
    version = int(release.exec(REPEAT, release.url, graph))
    workload = release.workload("--seconds", "3000", "--writers", "4", "--readers", "2")
    windows: list[tuple[float, float]] = []
    clocks: dict[str, list[int]] = {}
    versions = set()
    for who, selector, most in (
        ("one server", release.server, 1),
        ("all", release.server, 9),
        ("store", release.store, 1),
    ):
        for offset in (HOUR, -HOUR, 0):
            begin = workload.now()
            step(release, selector, offset, most)
            time.sleep(LAST)
            windows.append((begin, workload.now()))
            clocks[f"{who} {offset:+d}"] = sorted([*seen_by_servers(release), seen_by_store(release)])
            versions.add(int(release.exec(REPEAT, release.url, graph)))
    seen = workload.finish()
    measured = {"clocks_off_seconds": clocks, "versions_after_repeats": sorted(versions)}
    what = f"wall clocks step by +1 h, -2 h, +1 h: of one server, of all, of the store, {LAST} s each"
    fault = chaos.judge(release, "clock-steps", what, seen, windows, measured)
    assert versions == {version}, "a repeated write happened again"
    for who, stepped in (("one server", 1), ("all", 2), ("store", 1)):
        for offset in (HOUR, -HOUR):
            off = [each for each in clocks[f"{who} {offset:+d}"] if abs(each - offset) < 60]
            assert len(off) >= stepped, f"the clocks did not step: {clocks}"
    assert max(fault.recover_seconds) < 30
