"""A real call to a running server: `python -m networkx_mcp.smoke URL --token-file FILE`.

In both protocol eras it creates a graph, edits it, reads it and deletes it, with plain HTTP, `mcp_wire` and nothing
of the server's or the SDK's code, so that it sees what a client sees. `helm test` and deployment jobs
run it; it prints one line a step and exits with 1 at the first answer that is wrong. A server that is
busy (429, 503) is asked again as `Retry-After` says, for a minute.
"""

from __future__ import annotations

import argparse
import secrets
import ssl
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from networkx_mcp import mcp_wire

_CLIENT = "networkx-mcp-smoke"
_PATIENCE_SECONDS = 60.0


class SmokeError(Exception):
    """An answer that is not what the server promises."""


class SmokeClient:
    """The few requests of one protocol era. Raises SmokeError for anything unexpected."""

    def __init__(self, http: httpx.Client, url: str, era: mcp_wire.Era = "modern") -> None:
        self.http, self.url, self.era, self.version = http, url, era, mcp_wire.VERSIONS[era]
        self._id = 0

    def _post(self, method: str, params: dict[str, Any], request_id: int | None) -> httpx.Response:
        request = mcp_wire.post(self.era, method, params, request_id=request_id, client=_CLIENT)
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            response = self.http.post(self.url, **request)
            if response.status_code not in (429, 503) or time.monotonic() >= end:
                return response
            after = response.headers.get("retry-after", "1")
            time.sleep(min(float(after) if after.isdigit() else 1.0, 10.0))

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of one request, whether it comes as JSON or as an event stream."""
        self._id += 1
        response = self._post(method, params, self._id)
        if response.status_code != 200:
            raise SmokeError(f"{method}: HTTP {response.status_code}: {response.text[:300]}")
        message = mcp_wire.parsed(response.content)
        if message is None or message.get("id") != self._id:
            raise SmokeError(f"{method}: no answer to it: {response.text[:300]}")
        if "error" in message:
            raise SmokeError(f"{method}: {message['error']}")
        result: dict[str, Any] = message["result"]
        return result

    def begin(self) -> str:
        """Meet the server as the era does. Returns its name and version."""
        (method, params, _), *rest = mcp_wire.opening(self.era, _CLIENT)
        result = self.request(method, params)
        if self.era == "handshake" and result.get("protocolVersion") != self.version:
            raise SmokeError(f"{method}: the server answered with version {result.get('protocolVersion')}")
        for notification, facts, _ in rest:
            if (status := self._post(notification, facts, None).status_code) != 202:
                raise SmokeError(f"{notification}: HTTP {status}")
        info = result.get("serverInfo") or result.get("_meta", {}).get("io.modelcontextprotocol/serverInfo", {})
        return f"{info.get('name', 'the server')} {info.get('version', '')}".strip()

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The structured answer of a tool."""
        result = self.request(*mcp_wire.call(tool, arguments))
        if result.get("isError"):
            text = " ".join(part.get("text", "") for part in result.get("content", []))
            raise SmokeError(f"{tool}: {text}")
        data: dict[str, Any] = result["structuredContent"]
        return data


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SmokeError(f"{what}: expected {expected!r}, found {found!r}")


def check(client: SmokeClient) -> None:
    """Create, edit, read and delete one graph. Raises SmokeError; a graph it made is deleted in any case."""
    graph = f"smoke-{secrets.token_hex(6)}"
    print(f"{client.version}: met {client.begin()}")
    made = client.call("create_graph", {"graph_id": graph, "edges": [["a", "b", {"weight": 2}]]})
    try:
        _expect("edges of the new graph", made["edges"], 1)
        # Ids keep their type: the node 1 is not the node "1".
        edits = [{"action": "add_edges", "edges": [["b", 1], ["b", "1"]]}]
        arguments = {"graph_id": graph, "edits": edits, "operation_id": f"{graph}-1"}
        edited = client.call("edit_graph", arguments)
        _expect("version after the edit", edited["version"], made["version"] + 1)
        _expect(
            "version when the edit is sent again", client.call("edit_graph", arguments)["version"], edited["version"]
        )
        read = client.call("get_neighbors", {"graph_id": graph, "node": "b"})
        _expect("neighbors", [neighbor["id"] for neighbor in read["neighbors"]], ["a", 1, "1"])
        print(f"{client.version}: created, edited once, read {graph}")
    finally:
        client.call("delete_graph", {"graph_id": graph})
    print(f"{client.version}: deleted {graph}")


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="networkx_mcp.smoke", description="Make real calls to a running server.")
    parser.add_argument("url", help="URL of /mcp")
    parser.add_argument("--token-file", type=Path, help="file with a bearer token that may read and write")
    parser.add_argument("--ca-file", help="certificate authority of an https URL")
    options = parser.parse_args(arguments)
    headers = {}
    try:
        if options.token_file:
            headers["Authorization"] = f"Bearer {options.token_file.read_text(encoding='utf-8').strip()}"
        # Only the URL given: no proxy of the environment stands between.
        http = httpx.Client(
            headers=headers, timeout=35.0, trust_env=False, verify=ssl.create_default_context(cafile=options.ca_file)
        )
        with http:
            for era in mcp_wire.ERAS:
                check(SmokeClient(http, options.url, era))
    except (SmokeError, httpx.HTTPError, OSError, ValueError, KeyError) as error:
        print(f"smoke: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print("smoke: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
