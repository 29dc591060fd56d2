"""The server under attack: two tenants with their tokens, a victim with secrets in her graph, and looks at the process.

Ann (tenant a) is the victim, Bob (tenant b) attacks. `expired` and `revoked` were Ann's; `reader` reads for Bob; `operator`
has the scope admin alone.
"""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from loadtests import processes
from loadtests.targets import LocalTarget
from networkx_mcp import mcp_wire
from networkx_mcp.arrays.formats import RECORDS

#: name -> (tenant, scopes, the entry's own expiry)
PEOPLE: dict[str, tuple[str, tuple[str, ...], str | None]] = {
    "ann": ("a", ("read", "write"), None),
    "bob": ("b", ("read", "write"), None),
    "reader": ("b", ("read",), None),
    "expired": ("a", ("read", "write"), "2020-01-01T00:00:00Z"),
    "revoked": ("a", ("read", "write"), None),
    "operator": ("ops", ("admin",), None),
}
#: Bob's graphs: one with all that a graph may hold, one that every format can hold.
GRAPH, PLAIN = "target", "plain"


@dataclass
class Subject:
    """A running server, whoever started it. `tokens` are those of PEOPLE."""

    host: str
    port: int
    pid: int
    log: Path
    tokens: Mapping[str, str]
    #: What must be seen by Ann alone: parts of her graph. Its id may be in logs, the rest not.
    canaries: list[str] = field(default_factory=lambda: [f"canary-{secrets.token_hex(8)}" for _ in range(5)])
    foreign_id: str = field(default_factory=lambda: f"secret-{secrets.token_hex(4)}")
    #: Bytes of the log that were there before: not judged.
    begin: int = 0

    def __post_init__(self) -> None:
        """From here on the log is ours."""
        self.begin = self.log.stat().st_size

    @property
    def address(self) -> str:
        """For the Host header."""
        return f"{self.host}:{self.port}"

    def exchange(
        self, method: str, path: str, body: bytes, token: str | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes, bytes]:
        """(status, body, headers but date and correlation id) of one request with this token's text."""
        link = http.client.HTTPConnection(self.host, self.port, timeout=60)
        fields = {**headers, **({"Authorization": f"Bearer {token}"} if token is not None else {})}
        try:
            link.request(method, path, body or None, fields)
            answer = link.getresponse()
            kept = [f"{name}: {value}" for name, value in answer.getheaders() if name not in ("date", "x-request-id")]
            return answer.status, answer.read(), "\n".join(kept).encode()
        finally:
            link.close()

    def http(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        token: str | None = "bob",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """(status, body) of one honest request."""
        text = None if token is None else self.tokens.get(token, token)
        return self.exchange(method, path, body, text, headers or {})[:2]

    def rpc(
        self, method: str, params: dict[str, Any], token: str | None = "bob", era: mcp_wire.Era = "modern"
    ) -> tuple[int, dict[str, Any]]:
        """(status, JSON-RPC message) of one honest request."""
        headers = mcp_wire.headers(era, method, params)
        status, body = self.http("POST", "/mcp", mcp_wire.message(era, method, params), token, headers)
        return status, mcp_wire.parsed(body) or {}

    def call(self, name: str, token: str = "bob", /, **arguments: Any) -> dict[str, Any]:
        """The result of a tool call that must succeed. Raises AssertionError telling what came instead."""
        told = self.rpc(*mcp_wire.call(name, arguments), token=token)[1]
        result: dict[str, Any] = told.get("result", {"isError": True})
        assert not result.get("isError"), f"{name}: {result.get('content') or told}"
        return result

    def plant(self) -> None:
        """Ann's graph with its secrets, and Bob's of the same shape with none."""
        one, two, name, value, about = self.canaries
        for token, graph_id, words in (
            ("ann", self.foreign_id, (one, two, name, value, about)),
            ("bob", GRAPH, ("secret-a", "secret-b", "colour", "red", "mine")),
        ):
            nodes = [{"id": words[0], "attributes": {words[2]: words[3]}}, "a", "b", words[1]]
            edges = [
                ["a", "b", {"weight": 2}],
                ["b", words[0], {"weight": 0.5}],
                [words[0], words[1], {words[2]: words[3]}],
            ]
            edges += [[f"n{number}", f"n{(number + 1) % 60}"] for number in range(60)]
            edges += [[f"n{number}", f"n{number + 30}"] for number in range(30)]
            made = {"graph_id": graph_id, "description": words[4], "attributes": {words[2]: words[3]}}
            self.make(token, nodes=nodes, edges=edges, **made)
        self.make("bob", graph_id=PLAIN, edges=[["a", "b"], ["b", "c"], ["c", "a"], ["c", "d"]])

    def make(self, token: str, **graph: Any) -> None:
        """A graph, unless it is there."""
        told = self.rpc(*mcp_wire.call("create_graph", graph), token=token)[1].get("result", {})
        facts = told.get("_meta", {}).get(mcp_wire.ERROR_META, {})
        assert facts.get("error", "") in ("", "conflict"), facts

    def fingerprint(self) -> bytes:
        """Ann's graph as she downloads it."""
        return self.http("GET", f"/graphs/{self.foreign_id}?format=node-link", token="ann")[1]

    def sweep(self) -> int:
        """Delete what the attacks made for Bob; how many graphs he had."""
        names = []
        after = ""
        while True:
            page = json.loads(self.http("GET", f"/graphs?limit=200&after={after}")[1])
            names += [one["graph_id"] for one in page["graphs"]]
            after = page["next_after"] or ""
            if not after:
                break
        for name in names:
            if name not in (GRAPH, PLAIN):
                self.call("delete_graph", graph_id=name)
        return len(names)

    def processes(self) -> list[tuple[int, float]]:
        """(pid, time of its start) of the API and of the zygote: neither may change."""
        root = psutil.Process(self.pid)
        below = [one for one in root.children() if "networkx_mcp.workers.zygote" in one.cmdline()]
        return [(one.pid, one.create_time()) for one in (root, *below)]

    def files(self, formats: Sequence[str]) -> dict[str, bytes]:
        """A graph of Bob's in each format, an example of those that are not written. Raises AssertionError where there is none."""
        found = {}
        for name in formats:
            record = RECORDS[name]
            if record.write is None:
                found[name] = record.example.encode()
                continue
            lost = "&lost=drop" if any(option.name == "lost" for option in record.options) else ""
            status, found[name] = self.http("GET", f"/graphs/{PLAIN}?format={name}{lost}")
            assert status == 200, f"{name}: {found[name]!r}"
        return found

    def look(self) -> dict[str, float]:
        """Memory in MiB (of the tree, of the API alone), open files of the API, processes."""
        usage = processes.of_process(self.pid)
        root = psutil.Process(self.pid)
        return {
            "memory_mib": round(usage.memory / processes.MIB, 2),
            "api_rss_mib": round(root.memory_info().rss / processes.MIB, 2),
            "file_descriptors": usage.file_descriptors,
            "processes": 1 + len(root.children(recursive=True)),
        }


class AbuseTarget(LocalTarget):
    """`networkx-mcp serve` with the tokens of PEOPLE, in a directory of its own."""

    #: File descriptors that the server may have, soft and hard; None: as this process.
    descriptors: int | None = None

    def entries(self) -> list[dict[str, Any]]:
        """Who may call."""
        self.people, entries = mint()
        self.tokens = [self.people["bob"]]
        return entries

    def __enter__(self) -> AbuseTarget:
        super().__enter__()
        return self

    def _start(
        self,
        command: list[str],
        env: dict[str, str] | None = None,
        core: bool = False,  # noqa: ARG002
    ) -> subprocess.Popen[bytes]:
        """On any core: nothing is measured here that one core would make comparable."""
        if self.descriptors is not None:
            bound = f'ulimit -Sn {self.descriptors} && ulimit -Hn {self.descriptors} && exec "$@"'
            child = super()._start(["/bin/sh", "-c", bound, command[0], *command], env, core=False)
            (self.directory / "sh-0.log").rename(self.directory / f"{Path(sys.executable).name}-0.log")
            return child
        return super()._start(command, env, core=False)

    def subject(self) -> Subject:
        """The running server. The revoked token is revoked here; the server has seen that when this returns."""
        log = next(self.directory.glob("python*-*.log"))
        found = Subject(self.host, self.port, self._server.pid, log, self.people)
        revoke(found, self.directory / "tokens" / "tokens.json")
        return found


def mint() -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Tokens of PEOPLE by name, and the entries that a server is given."""
    from networkx_mcp.http import tokens

    people = {name: tokens.mint() for name in PEOPLE}
    entries = [
        {**tokens.describe(people[name], name=name, tenant=tenant, scopes=scopes, days=None), "expires": expires}
        for name, (tenant, scopes, expires) in PEOPLE.items()
    ]
    return people, entries


def revoke(subject: Subject, file: Path) -> None:
    """Take the revoked token out of the server's directory and wait until it is refused. It was good before."""
    import time

    assert subject.http("GET", "/graphs", token="revoked")[0] == 200
    entries = [entry for entry in json.loads(file.read_text(encoding="utf-8")) if entry["name"] != "revoked"]
    fresh = file.with_name(".fresh")
    fresh.write_text(json.dumps(entries), encoding="utf-8")
    fresh.replace(file)
    until = time.monotonic() + 60
    while subject.http("GET", "/graphs", token="revoked")[0] != 401:
        assert time.monotonic() < until, "a revoked token is still served"
        time.sleep(0.2)
