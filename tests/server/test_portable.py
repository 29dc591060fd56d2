"""The portable way (`networkx_mcp/platform/portable.py`), by which macOS runs, on Linux: tools, pipes, and ends by force."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import Server
from tests.server.clients.test_stdio import Host

PORTABLE = {"NETWORKX_MCP_PORTABLE": "1"}
ROOT = Path(__file__).resolve().parents[2]
#: Tests of workers and of shared memory that ask for what only Linux has.
OF_LINUX = (
    "tests/unit/workers/test_jobs.py::test_a_worker_is_a_bounded_lonely_polite_copy_of_the_zygote",  # bounded by RLIMIT_DATA
    "tests/unit/workers/test_jobs.py::test_a_worker_over_its_reservation_gets_memory_limit[numpy_bomb-params1]",  # to the MiB
    # 8 MiB over what is allowed here, for less time than lies between two looks
    "tests/unit/workers/test_kept.py::test_a_job_beyond_its_reservation_ends_its_worker_and_says_so",
    "tests/unit/workers/test_kept.py::test_the_peak_is_that_of_the_job",  # by /proc/self/clear_refs
    "tests/unit/arrays/test_memfd.py::test_nobody_can_change_resize_or_unseal_it",  # by seals
)
#: More rows than any machine counts while a test waits.
ENDLESS = "SELECT count(*) FROM edges a, edges b, edges c WHERE a.source + b.source > c.target"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("portable"), environment=PORTABLE) as started:
        ring = [[node, (node + step) % 400] for node in range(400) for step in range(1, 11)]
        started.call("create_graph", {"graph_id": "ring", "edges": ring})
        yield started


def text(server: Server, tool: str, **arguments: object) -> str:
    found: str = server.call(tool, arguments)["content"][0]["text"]
    return found


def workers(server: Server) -> list[psutil.Process]:
    return [child for zygote in server.zygotes() for child in zygote.children()]


def test_tools_compute_load_and_keep(server: Server) -> None:
    assert "4000" in text(server, "query_graph", graph_id="ring", sql="SELECT count(*) FROM edges")
    assert "community" in text(server, "find_communities", graph_id="ring")
    assert "2 edges" in text(server, "load_graph", graph_id="loaded", content="source,target\na,b\nb,c\n", format="csv")
    assert "a" in text(
        server, "derive_graph", graph_id="loaded", new_graph_id="copied", from_sql={"nodes": "SELECT * FROM nodes"}
    )


def test_nobody_else_can_write_what_a_worker_is_handed(server: Server) -> None:
    open_files = [str(entry.readlink()) for entry in Path(f"/proc/{server.pid}/fd").iterdir()]
    assert not any(name.startswith("/memfd:networkx") or name.startswith("/memfd:graph") for name in open_files)
    assert any("networkx-mcp-" in name and name.endswith("(deleted)") for name in open_files)


def test_workers_are_programs_and_no_forks(server: Server) -> None:
    eventually(lambda: workers(server))
    (zygote,) = server.zygotes()
    assert not any("numpy" in mapped.path for mapped in zygote.memory_maps())  # it has nothing that a fork could harm
    eventually(lambda: all("networkx_mcp.workers.spawned" in worker.cmdline() for worker in workers(server)))
    for worker in workers(server):  # whose end nobody would see while a worker holds a copy of its descriptors
        assert not descriptors(zygote, "socket:") & descriptors(worker, "socket:")


def descriptors(process: psutil.Process, kind: str) -> set[str]:
    """What a process has open, of one kind."""
    open_files = (str(entry.readlink()) for entry in Path(f"/proc/{process.pid}/fd").iterdir())
    return {name for name in open_files if name.startswith(kind)}


def test_a_worker_serves_the_next_call_of_its_tenant_too(server: Server) -> None:
    text(server, "query_graph", graph_id="ring", sql="SELECT max(source) FROM edges")
    served = set(workers(server))
    text(server, "query_graph", graph_id="ring", sql="SELECT min(source) FROM edges")
    assert served & set(workers(server))


def test_a_worker_that_is_killed_costs_its_call_alone(server: Server) -> None:
    eventually(lambda: workers(server))
    for worker in workers(server):
        worker.kill()
    # A call that was given one of them says so, and that it may be repeated.
    eventually(
        lambda: "4000" in text(server, "query_graph", graph_id="ring", sql="SELECT count(*) FROM edges WHERE true")
    )


def test_a_call_beyond_its_time_is_ended(tmp_path: Path) -> None:
    limits = {
        "limits_request_timeout_seconds": 3,
        "limits_connection_timeout_seconds": 20,
        "limits_queue_timeout_seconds": 10,
    }
    with Server(tmp_path, environment=PORTABLE, **limits) as short:
        ring = [[node, (node + step) % 400] for node in range(400) for step in range(1, 11)]
        text(short, "create_graph", graph_id="ring", edges=ring)
        assert "stopped after" in text(short, "query_graph", graph_id="ring", sql=ENDLESS)
        family = short.processes()
        short.process.kill()  # type: ignore[union-attr]
        # No kernel ends them: the zygote sees its socket end, and ends its workers.
        eventually(
            lambda: not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
        )


def test_a_host_over_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(PORTABLE.items())))
    host = Host(tmp_path / "graphs", tmp_path / "stderr.log")
    assert "2 nodes" in host.call("create_graph", graph_id="g", edges=[["a", "b"]])
    assert "count=1" in host.call("find_communities", graph_id="g")
    assert host.close() == 0
    assert host.process.wait(PATIENCE) == 0


@pytest.mark.long
def test_workers_and_shared_memory_pass_their_own_tests() -> None:
    files = [f"tests/unit/workers/test_{name}.py" for name in ("jobs", "kept", "lifetimes")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not needs and not long"]
    command += [*files, "tests/unit/arrays/test_memfd.py", *(f"--deselect={name}" for name in OF_LINUX)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | PORTABLE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
