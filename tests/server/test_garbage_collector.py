"""What the start has made is out of the garbage collector's sight, and what a large body is made of, while it lives: no call waits while
it is looked through."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import NO_TLS, Server

from networkx_mcp import mcp_wire

#: Put before the server's own modules: tells a file, at a signal, how many objects are frozen and how many are not.
ASK = """
import gc, signal
def tell(*_):
    with open({path!r}, "w") as file:
        file.write(f"{{gc.get_freeze_count()}} {{len(gc.get_objects())}}")
signal.signal(signal.SIGUSR2, tell)
"""

#: Adds a line to a file at each full collection of the process that serves: how many objects it looks through.
WATCH = """
import gc, os
pid = os.getpid()
def note(phase, info):
    if phase == "start" and info["generation"] == 2 and os.getpid() == pid:
        with open({path!r}, "a") as file:
            print(len(gc.get_objects()), file=file)
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
        return [int(line) for line in seen.read_text(encoding="utf-8").split()] if seen.exists() else []

    with server:
        eventually(lambda: frozen(server, told)[0] > 0)  # what the start has made was looked through before
        before = len(looked_through())
        for _ in range(5):
            assert server.call("describe_graph", {"graph_id": [[]] * lists})["isError"]
        after = eventually(lambda: looked_through()[before:])
    # On a crowded machine one of some sixty was begun while something of the call before it still lived.
    assert sum(objects > lists / 2 for objects in after) <= 1, after


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
