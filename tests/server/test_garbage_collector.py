"""What the start has made is out of the garbage collector's sight, and what a large body is made of, while it lives: no call waits while
it is looked through."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import NO_TLS, Server

from networkx_mcp import mcp_wire

pytestmark = pytest.mark.long

#: Put before the server's own modules: tells a file, at a signal, how many objects are frozen and how many are not.
ASK = """
import gc, signal
def tell(*_):
    with open({path!r}, "w") as file:
        file.write(f"{{gc.get_freeze_count()}} {{len(gc.get_objects())}}")
signal.signal(signal.SIGUSR2, tell)
"""

#: Adds a line to a file at each full collection of any process: its id, and how many objects it looks through.
WATCH = """
import gc, os
def note(phase, info):
    if phase == "start" and info["generation"] == 2:
        with open({path!r}, "a") as file:
            print(os.getpid(), len(gc.get_objects()), file=file)
gc.callbacks.append(note)
"""


def test_nearly_all_that_lives_after_the_start_is_frozen(tmp_path: Path) -> None:
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(ASK.format(path=str(told)), encoding="utf-8")
    server = Server(tmp_path / "server")
    server.env["PYTHONPATH"] = f"{tmp_path}:{server.env.get('PYTHONPATH', '')}"
    with server:
        assert not server.call("create_graph", {"graph_id": "g", "edges": [["a", "b"]]}).get("isError")
        eventually(lambda: frozen(server, told)[0] > 0)
        frozen_, seen = frozen(server, told)
    assert seen < frozen_ / 2


def test_no_full_collection_looks_through_the_values_of_a_large_body(tmp_path: Path) -> None:
    seen, told = tmp_path / "seen", tmp_path / "told"
    script = ASK.format(path=str(told)) + WATCH.format(path=str(seen))
    (tmp_path / "sitecustomize.py").write_text(script, encoding="utf-8")
    server = Server(tmp_path / "server")
    server.env["PYTHONPATH"] = f"{tmp_path}:{server.env.get('PYTHONPATH', '')}"
    lists = 95_000  # a body may hold 100,000

    def looked_through() -> list[int]:
        """By the process that serves: that which its workers are forked from may still begin, and collects as well."""
        assert server.process is not None
        lines = seen.read_text(encoding="utf-8").splitlines() if seen.exists() else []
        return [int(objects) for pid, objects in map(str.split, lines) if int(pid) == server.process.pid]

    with server:
        eventually(lambda: frozen(server, told)[0] > 0)  # what the start has made was looked through before
        before = len(looked_through())
        for _ in range(5):
            assert server.call("describe_graph", {"graph_id": [[]] * lists})["isError"]
        after = eventually(lambda: looked_through()[before:])
    assert max(after) < lists / 2, after


def test_a_connection_that_stays_open_keeps_nothing_of_its_last_call(tmp_path: Path) -> None:
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(ASK.format(path=str(told)), encoding="utf-8")
    server = Server(tmp_path / "server")
    server.env["PYTHONPATH"] = f"{tmp_path}:{server.env.get('PYTHONPATH', '')}"
    lists = 95_000
    with server, httpx.Client(verify=NO_TLS, timeout=PATIENCE) as http:
        eventually(lambda: frozen(server, told)[0] > 0)
        answer = http.post(server.url, **mcp_wire.post_call("describe_graph", {"graph_id": [[]] * lists}))
        assert "must be a string" in answer.text
        assert frozen(server, told)[1] < lists / 2


def frozen(server: Server, told: Path) -> tuple[int, int]:
    """Objects that are frozen, and those that the collector looks through."""
    told.unlink(missing_ok=True)
    server.signal(signal.SIGUSR2)
    eventually(lambda: told.exists() and " " in told.read_text(encoding="utf-8"))
    first, second = told.read_text(encoding="utf-8").split()
    return int(first), int(second)
