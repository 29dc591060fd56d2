"""`networkx-mcp stdio` as hosts use it: both SDKs over pipes, several hosts on one directory, ends of all kinds."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client
from tests.helpers import node
from tests.helpers.patience import PATIENCE, eventually
from tests.server.clients.test_clients import check, python_session, typescript_session

from networkx_mcp import mcp_wire
from networkx_mcp.stdio.relay import LONGEST

COMMAND = [sys.executable, "-m", "networkx_mcp", "stdio", "--data"]


class Host:
    """One host: it starts `networkx-mcp stdio`, writes lines and reads lines."""

    def __init__(
        self,
        directory: Path,
        log: Path,
        command: Sequence[str] = COMMAND,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [*command, str(directory)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment,
            )  # fmt: skip
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._last = 0

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def next(self) -> dict[str, Any]:
        """The next message of the server."""
        return self._lines.get(timeout=PATIENCE)

    def ask(self, tool: str, arguments: dict[str, Any]) -> int:
        """Call a tool in the modern era; the id of the request."""
        self._last += 1
        self.send(mcp_wire.message("modern", *mcp_wire.call(tool, arguments), request_id=self._last))
        return self._last

    def call(self, tool: str, **arguments: Any) -> str:
        """The text that a tool answers."""
        request_id = self.ask(tool, arguments)
        answer = self.next()
        assert answer["id"] == request_id
        text: str = answer["result"]["content"][0]["text"]
        return text

    def close(self) -> int:
        """Close the pipe, as a host that ends; the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "graphs"


@pytest.fixture
def host(data: Path, tmp_path: Path) -> Iterator[Callable[[], Host]]:
    made: list[Host] = []

    def start() -> Host:
        made.append(Host(data, tmp_path / "stderr.log"))
        return made[-1]

    yield start
    for each in made:
        each.process.kill()
        each.process.wait()
    eventually(lambda: free(data))


def free(directory: Path) -> bool:
    """Whether no server owns the directory."""
    path = directory / "server.lock"
    if not path.exists():
        return True
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def servers(host: Host) -> list[psutil.Process]:
    """The server that this host's process started, if it is the owner."""
    return [child for child in psutil.Process(host.process.pid).children() if "serve" in child.cmdline()]


def test_the_server_is_started_before_anything_large_is_imported() -> None:
    script = (
        "import sys; from networkx_mcp.__main__ import main; from networkx_mcp.stdio.owner import Owner\n"
        "print({'httpx', 'pydantic', 'numpy', 'mcp'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_the_python_sdk(data: Path, era: str) -> None:
    command = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], str(data)])
    check(await python_session(stdio_client(command), era))


@pytest.mark.parametrize("era", ["modern", "legacy", "v1"])
def test_the_typescript_sdks(data: Path, era: str) -> None:
    check(typescript_session("stdio:" + json.dumps([*COMMAND, str(data)]), era))


def test_the_inspectors_command_line(host: Callable[[], Host], data: Path, tmp_path: Path) -> None:
    host().call("create_graph", graph_id="seen", edges=[["a", "b"], ["b", "c"]])
    program = node.package("@modelcontextprotocol/inspector") / "clients/launcher/build/index.js"

    config = tmp_path / "mcp.json"
    server = {"command": COMMAND[0], "args": [*COMMAND[1:], str(data)]}
    config.write_text(json.dumps({"mcpServers": {"graphs": server}}), encoding="utf-8")

    def inspect(*options: str) -> dict[str, Any]:
        done = node.run(program, "--cli", "--config", str(config), "--server", "graphs", *options)
        assert done.returncode == 0, done.stderr[-3000:]
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    # `--strict` fails where a schema is one that a client may not read.
    assert {"rank_nodes", "edit_graph"} <= {
        tool["name"] for tool in inspect("--strict", "--method", "tools/list")["tools"]
    }
    call = ("--method", "tools/call", "--tool-name", "rank_nodes", "--tool-arg", "graph_id=seen", "measure=betweenness")
    assert inspect(*call)["structuredContent"]["rows"][0][1] == "b"


def test_the_directory_and_the_socket_are_the_users_alone(host: Callable[[], Host], data: Path) -> None:
    host().call("list_graphs")
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "server.sock").stat().st_mode & 0o777 == 0o600


def test_two_hosts_share_their_graphs_and_one_server(host: Callable[[], Host]) -> None:
    one, other = host(), host()
    assert "created shared" in one.call("create_graph", graph_id="shared", edges=[["a", "b"]])
    assert "2 nodes, 1 edges" in other.call("describe_graph", graph_id="shared")
    assert len(servers(one)) + len(servers(other)) == 1


@pytest.mark.parametrize("end", ["close", "kill", "kill the server"])
@pytest.mark.long
def test_when_the_owner_ends_another_takes_over_and_nothing_acknowledged_is_lost(
    host: Callable[[], Host], end: str
) -> None:
    one = host()
    assert "created kept" in one.call("create_graph", graph_id="kept", edges=[["a", "b"]])
    other = host()
    assert "2 nodes" in other.call("describe_graph", graph_id="kept")
    owner = servers(one)[0]
    if end == "close":
        assert one.close() == 0
    else:
        os.kill(one.process.pid if end == "kill" else owner.pid, signal.SIGKILL)
    eventually(lambda: not owner.is_running() or owner.status() == psutil.STATUS_ZOMBIE)
    assert "2 nodes, 1 edges" in other.call("describe_graph", graph_id="kept")
    assert "done" in other.call("edit_graph", graph_id="kept", edits=[{"action": "add_edges", "edges": [["b", "c"]]}])
    assert "3 nodes, 2 edges" in other.call("describe_graph", graph_id="kept")


def test_nothing_is_left_when_the_last_host_ends(host: Callable[[], Host], data: Path) -> None:
    one = host()
    one.call("list_graphs")
    family = psutil.Process(one.process.pid).children(recursive=True)
    assert family
    assert one.close() == 0
    eventually(lambda: not any(child.is_running() for child in family))
    assert not (data / "server.sock").exists()


def test_many_calls_in_one_breath_are_all_answered(host: Callable[[], Host]) -> None:
    one = host()
    one.call("create_graph", graph_id="g", edges=[["a", "b"]])
    asked = {one.ask("get_neighbors", {"graph_id": "g", "node": "a"}) for _ in range(200)}
    assert {one.next()["id"] for _ in asked} == asked


def test_a_cancelled_call_ends_and_is_not_answered(host: Callable[[], Host]) -> None:
    one = host()
    ring = [[node, (node + step) % 400] for node in range(400) for step in range(1, 11)]
    one.call("create_graph", graph_id="ring", edges=ring)
    sql = {
        "graph_id": "ring",
        "sql": "SELECT count(*) FROM edges a, edges b, edges c WHERE a.source + b.source > c.target",
    }
    request_id = one.ask("query_graph", sql)
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}}
    one.send(json.dumps(cancel).encode())
    assert "ring" in one.call("list_graphs")


def test_lines_that_are_no_messages_are_answered_and_the_next_one_works(host: Callable[[], Host]) -> None:
    one = host()
    one.send(b"hello")
    assert one.next()["error"]["code"] == -32700
    one.send(b"[1]")
    assert one.next()["error"]["code"] == -32600
    one.send(b'{"x": "' + b"x" * LONGEST + b'"}')
    assert "at most" in one.next()["error"]["message"]
    one.send(mcp_wire.message("modern", *mcp_wire.call("create_graph", {"description": "x" * 2**21}), request_id=7))
    refused = one.next()
    assert refused["id"] in (7, None)
    assert "KiB" in json.dumps(refused)
    assert one.call("list_graphs")


def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run([*COMMAND, str(tmp_path / "file" / "x")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr
