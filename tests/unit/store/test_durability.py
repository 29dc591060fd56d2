"""What was acknowledged is there: after SIGKILL of the writer, after SIGKILL of Redis, and by the
order of system calls, which is what a power cut would test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest
from tests.helpers.patience import PATIENCE
from tests.helpers.redis_server import RedisServer
from tests.helpers.syscalls import SystemCall, parse, read_trace, strace, too_early
from tests.unit.store import writer_process

from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.protocol import Store
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.sqlite_store import SqliteStore

#: Acknowledgements after which a process is killed.
ENOUGH = 120


def start_writer(*arguments: str, wrapper: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    program = str(Path(writer_process.__file__))
    command = [*wrapper, sys.executable, program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged_until_killed(writer: subprocess.Popen[str], kill: Callable[[], None]) -> list[tuple[str, int, str]]:
    """Let it write, kill something in the middle, and return all that it told."""
    assert writer.stdout is not None
    assert writer.stderr is not None
    told = []
    first = writer.stdout.readline()
    assert first == "ready\n", writer.stderr.read()
    for line in writer.stdout:
        if line.endswith("\n"):  # a line cut short by the kill was not told
            graph_id, version, payload = line.split()
            told.append((graph_id, int(version), payload))
        if len(told) == ENOUGH:
            kill()
    writer.wait()
    writer.stderr.close()
    writer.stdout.close()
    assert len(told) >= ENOUGH
    return told


async def check_all_there(store: Store, told: list[tuple[str, int, str]]) -> None:
    for graph_id in sorted({graph_id for graph_id, _, _ in told}):
        mine = {version: payload for one, version, payload in told if one == graph_id}
        contents = await store.read("t", graph_id)
        log = dict(contents.log)
        # In flight when the kill came: at most one a graph, as its writer waits for each.
        assert max(mine) <= contents.head.version <= max(mine) + 1
        base = contents.head.version - contents.head.log_operations
        assert sorted(log) == list(range(base + 1, contents.head.version + 1))
        for version, payload in mine.items():
            if version > base:
                assert log[version] == payload.encode()
            else:
                assert contents.snapshot == b"snapshot" * 40_000
            assert await store.known_operation("t", graph_id, payload) == ("", payload.encode())


async def test_sqlite_keeps_every_acknowledged_write_when_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    for _ in range(2):  # the second process continues where the first was killed
        writer = start_writer("sqlite", str(path))
        told = acknowledged_until_killed(writer, writer.kill)
        store = SqliteStore(StoreSettings(path=path))
        await store.start()
        try:
            await check_all_there(store, told)
        finally:
            await store.close()


@pytest.mark.long
async def test_redis_keeps_every_acknowledged_write_when_it_is_killed() -> None:
    prefix = token_hex(8)
    with RedisServer() as server:
        store = RedisStore(StoreSettings(type="redis", url=server.url, prefix=prefix))
        for victim in ("server", "writer"):
            writer = start_writer("redis", server.url, prefix)
            told = acknowledged_until_killed(writer, server.kill if victim == "server" else writer.kill)
            if victim == "server":
                server.start()
            try:
                await check_all_there(store, told)
            finally:
                await store.close()


@pytest.mark.needs("strace")
def test_sqlite_syncs_before_it_acknowledges(tmp_path: Path) -> None:
    # resolve(): the trace names real paths.
    trace, path = tmp_path / "trace", tmp_path.resolve() / "new" / "store.sqlite3"
    writer = start_writer("sqlite", str(path), "--writes", "8", "--writers", "2", wrapper=tuple(strace(trace)))
    _, errors = writer.communicate(timeout=PATIENCE)
    assert writer.returncode == 0, errors
    calls = read_trace(trace, writer.pid)
    for graph in range(2):
        for number in range(8):
            payload = f"payload-g{graph}-{number + 2}-{number}"
            assert too_early(calls, "store.sqlite3-wal", payload, f"g{graph} {number + 2} {payload}") is None

    # The new file's name is durable, and its new directory's, before anything is served.
    ready = next(i for i, call in enumerate(calls) if call.name == "write" and "ready" in call.text)
    synced = {call.file for call in calls[:ready] if call.name in ("fsync", "fdatasync")}
    assert {str(path.parent), str(path.parent.parent)} <= synced


def redis_trace(directory: Path, *options: str) -> list[SystemCall]:
    trace = directory / "trace"
    with RedisServer(*options, wrapper=strace(trace)) as server:
        writer = start_writer("redis", server.url, token_hex(8), "--writes", "8", "--writers", "1")
        _, errors = writer.communicate(timeout=PATIENCE)
        assert writer.returncode == 0, errors
        pid = server.pid
    return read_trace(trace, pid)


def first_too_early(calls: list[SystemCall]) -> str | None:
    """The reply to an append carries the head, a line that begins with uid and version."""
    for number in range(8):
        payload = f"payload-g0-{number + 2}-{number}"
        if reason := too_early(calls, ".aof", payload, f"\\r\\nu {number + 2} "):
            return reason
    return None


@pytest.mark.needs("strace")
def test_redis_syncs_before_it_acknowledges(tmp_path: Path) -> None:
    assert first_too_early(redis_trace(tmp_path)) is None


@pytest.mark.needs("strace")
def test_the_order_of_a_server_that_does_not_sync_is_noticed(tmp_path: Path) -> None:
    reason = first_too_early(redis_trace(tmp_path, "--appendfsync", "no"))
    assert reason is not None
    assert "was written" in reason


ORDERS = {
    "synced": (["pwrite64(8<f-wal>, data", "fdatasync(8<f-wal>) = 0", "write(1<pipe>, ack"], None),
    "not synced": (["pwrite64(8<f-wal>, data", "write(1<pipe>, ack"], "was written"),
    "synced after": (["pwrite64(8<f-wal>, data", "write(1<pipe>, ack", "fdatasync(8<f-wal>) = 0"], "was written"),
    "synced before": (["fdatasync(8<f-wal>) = 0", "pwrite64(8<f-wal>, data", "write(1<pipe>, ack"], "was written"),
    "another file": (["pwrite64(8<f-wal>, data", "fsync(9<f>) = 0", "write(1<pipe>, ack"], "was written"),
    "failed": (["pwrite64(8<f-wal>, data", "fdatasync(8<f-wal>) = -1 EIO", "write(1<pipe>, ack"], "failed"),
    "not written": (["fdatasync(8<f-wal>) = 0", "write(1<pipe>, ack"], "was nothing"),
    "never told": (["pwrite64(8<f-wal>, data", "fdatasync(8<f-wal>) = 0"], "never"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_check_of_an_order_can_fail(name: str) -> None:
    lines, reason = ORDERS[name]
    found = too_early(parse(f"77 {line}" for line in lines), "-wal", "data", "ack")
    assert found is None if reason is None else reason in (found or "")


def test_a_sync_counts_when_it_ends() -> None:
    begun = ["7 pwrite64(8<f-wal>, data", "7 fdatasync(8<f-wal> <unfinished ...>"]
    ended, told = "7 <... fdatasync resumed>) = 0", "9 write(1<pipe>, ack"
    assert "was written" in (too_early(parse([*begun, told, ended]), "-wal", "data", "ack") or "")
    assert too_early(parse([*begun, ended, told]), "-wal", "data", "ack") is None
