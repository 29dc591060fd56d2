"""What the start has made is out of the garbage collector's sight, so that no call waits while it is looked through."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.helpers.server import Server, eventually

#: Put before the server's own modules: tells a file, at a signal, how many objects are frozen and how many are not.
ASK = """
import gc, signal
def tell(*_):
    with open({path!r}, "w") as file:
        file.write(f"{{gc.get_freeze_count()}} {{len(gc.get_objects())}}")
signal.signal(signal.SIGUSR2, tell)
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


def frozen(server: Server, told: Path) -> tuple[int, int]:
    """Objects that are frozen, and those that the collector looks through."""
    told.unlink(missing_ok=True)
    server.signal(signal.SIGUSR2)
    eventually(lambda: told.exists() and " " in told.read_text(encoding="utf-8"))
    first, second = told.read_text(encoding="utf-8").split()
    return int(first), int(second)
