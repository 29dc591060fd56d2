"""A fresh install: admitted, ready, answering through every replica."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.cluster import Release, eventually


def test_two_replicas_are_ready_on_two_nodes(release: Release) -> None:
    # A first install starts one pod; the autoscaler's minimum adds the second.
    pods = eventually("two ready pods", lambda: (p := release.pods(release.server)) and len(p) == 2 and p, 90)
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2


def test_no_pod_restarted_while_it_started(release: Release) -> None:
    restarts = {
        pod["metadata"]["name"]: status["restartCount"]
        for pod in release.pods("app.kubernetes.io/instance=nmcp")
        for status in pod["status"]["containerStatuses"]
    }
    last = {name: release.kubectl("logs", name, "--previous", "--tail=12") for name, count in restarts.items() if count}
    assert any(name.endswith("-store-0") for name in restarts)
    assert not last, f"restarts {restarts}; the last words: {last}"


def test_helm_test_makes_a_real_call(release: Release) -> None:
    output = release.helm_test()
    assert "Phase:" in output
    assert "Succeeded" in output
    assert "Failed" not in output


READ_ACROSS = """
import asyncio, json, sys
import httpx
from networkx_mcp import mcp_wire

writer, reader, token = sys.argv[1:4]
token = open(token).read().strip()

async def call(url, tool, arguments):
    async with httpx.AsyncClient(timeout=30, headers={"Host": "localhost"}) as client:
        response = await client.post(url, **mcp_wire.post_call(tool, arguments, token))
    return response.status_code, mcp_wire.parsed(response.content)

async def main():
    stale = 0
    await call(writer, "create_graph", {"graph_id": "across"})
    for number in range(100):
        edit = {"action": "add_nodes", "nodes": [f"n{number}"]}
        _, written = await call(writer, "edit_graph", {"graph_id": "across", "edits": [edit]})
        version = written["result"]["structuredContent"]["version"]
        _, read = await call(reader, "describe_graph", {"graph_id": "across"})
        stale += read["result"]["structuredContent"]["version"] != version
    status, neighbours = await call(reader, "get_neighbors", {"graph_id": "across", "node": "n99"})
    await call(writer, "delete_graph", {"graph_id": "across"})
    print(json.dumps({"stale": stale, "status": status, "is_error": neighbours["result"].get("isError", False)}))

asyncio.run(main())
"""


def pod_urls(release: Release) -> list[str]:
    return [f"http://{pod['status']['podIP']}:8080/mcp" for pod in release.pods(release.server)]


def test_what_one_pod_wrote_the_other_reads_at_once(release: Release) -> None:
    writer, reader = pod_urls(release)[:2]
    result: dict[str, Any] = json.loads(release.exec(READ_ACROSS, writer, reader, "/tokens/smoke"))
    assert result == {"stale": 0, "status": 200, "is_error": False}


PROBES = """
import json, sys
import httpx
print(json.dumps({path: httpx.get(sys.argv[1] + path, timeout=5).status_code
                  for path in ("/health", "/ready", "/startup", "/metrics", "/mcp", "/admin", "/graphs")}))
"""


def test_probes_and_metrics_need_no_token_and_the_rest_does(release: Release) -> None:
    base = pod_urls(release)[0].removesuffix("/mcp")
    statuses = json.loads(release.exec(PROBES, base))
    assert {path: statuses[path] for path in ("/health", "/ready", "/startup", "/metrics")} == {
        "/health": 200,
        "/ready": 200,
        "/startup": 200,
        "/metrics": 200,
    }
    assert all(statuses[path] in (401, 405, 421) for path in ("/mcp", "/admin", "/graphs")), statuses


def test_logs_are_one_json_object_a_line(release: Release) -> None:
    lines = release.kubectl("logs", "-l", release.server, "-c", "server", "--tail=50").splitlines()
    assert lines
    for line in lines:
        assert {"timestamp", "level", "event"} <= json.loads(line).keys()
