"""The in-chart store, started by the rendered script with the rendered configuration."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from tests.chart.charts import FULLNAME, find
from tests.helpers.patience import PATIENCE
from tests.helpers.ports import Port
from tests.helpers.redis_server import find_server

from networkx_mcp.store.redis_link import CONNECTIONS


def client(port: int, password: str | None = None) -> redis.Redis:
    """A client that tries once: a refused password is the answer, not a fault to wait out."""
    return redis.Redis(port=port, password=password, retry=Retry(NoBackoff(), 0))


Start = Callable[..., redis.Redis]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the store with the container's paths moved under a temporary directory."""
    places = [f"{tmp_path}/bin", str(Path(find_server()).parent)]  # the first is where a test may put a df of its own
    running: list[subprocess.Popen[bytes]] = []
    ports: list[Port] = []

    def run(volume: bool = True, grace: int = 600, **secret: str) -> redis.Redis:
        data: dict[str, str] = find("ConfigMap", f"{FULLNAME}-store")["data"]
        ports.append(Port())
        port = ports[-1].number
        for name in ("etc/store", "etc/store-password", "run/store", *(["data"] if volume else [])):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
        for key, value in secret.items():
            (tmp_path / "etc/store-password" / key).write_text(value, encoding="utf-8")
        for key, value in data.items():
            moved = value
            for place in ("/etc/store-password", "/etc/store/", "/run/store", "/data"):
                moved = moved.replace(place, f"{tmp_path}{place}")
            if key.endswith(".conf"):
                moved += f"\nport {port}\nbind 127.0.0.1\n"
            moved = moved.replace("-p 6379", f"-p {port}").replace("grace=600", f"grace={grace}")
            (tmp_path / "etc/store" / key).write_text(moved, encoding="utf-8")
        path = {"PATH": os.pathsep.join([*places, os.environ["PATH"]])}
        with (tmp_path / "errors").open("wb") as errors:
            process = subprocess.Popen(
                ["/bin/sh", tmp_path / "etc/store/start.sh"],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=os.environ | path,
            )
        running.append(process)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, f"the store ended: {(tmp_path / 'errors').read_text(encoding='utf-8')}"
                assert time.monotonic() < end
                time.sleep(0.02)
        return client(port, secret["password"])

    yield run
    for process in running:
        process.terminate()
        process.wait(PATIENCE)
    for port in ports:
        port.release()


def test_a_write_is_synced_and_nothing_is_evicted(start: Start) -> None:
    store = start(password="s3cret")
    expected = {
        "appendonly": "yes",
        "appendfsync": "always",
        "no-appendfsync-on-rewrite": "no",
        "maxmemory-policy": "noeviction",
        "maxmemory": str(1024 * 1024 * 1024),
        "save": "",
    }
    assert {name: store.config_get(name)[name] for name in expected} == expected
    assert store.info("persistence")["aof_enabled"] == 1


@pytest.mark.parametrize(
    ("pods", "most"),
    [
        ((), 2048),
        (("autoscaling.maxReplicas=42",), 2048),
        (("autoscaling.maxReplicas=43",), 2064),
        (("autoscaling.enabled=false", "replicas=100"), 4800),
    ],
)
def test_every_pod_may_open_its_connections_while_a_release_replaces_another(pods: tuple[str, ...], most: int) -> None:
    conf: str = find("ConfigMap", f"{FULLNAME}-store", None, *pods)["data"]["valkey.conf"]
    assert f"\nmaxclients {most}\n" in conf
    count = int(pods[-1].rpartition("=")[2]) if pods else 10
    assert most >= 1.5 * count * CONNECTIONS


@pytest.mark.parametrize("password", ["plain", 'with "quotes" and \\ and spaces', "line end\n", "ünïcode$(id)"])
def test_any_password_works_and_is_required(start: Start, password: str, tmp_path: Path) -> None:
    store = start(password=password)
    port = store.connection_pool.connection_kwargs["port"]
    assert client(port, password.rstrip("\n")).ping()
    with pytest.raises(redis.AuthenticationError):
        client(port).ping()
    with pytest.raises(redis.AuthenticationError):
        client(port, "wrong").ping()
    written = tmp_path / "run/store/valkey.conf"
    assert password.strip() not in written.read_text(encoding="utf-8")
    assert written.stat().st_mode & 0o077 == 0


def test_while_a_password_rotates_the_old_one_still_works(start: Start) -> None:
    store = start(password="new", previous="old")
    port = store.connection_pool.connection_kwargs["port"]
    assert client(port, "new").ping()
    assert client(port, "old").ping()


def passwords(store: redis.Redis, *candidates: str) -> set[str]:
    """Those that the store takes."""
    taken = set()
    for candidate in candidates:
        try:
            client(store.connection_pool.connection_kwargs["port"], candidate).ping()
            taken.add(candidate)
        except redis.AuthenticationError:
            pass
    return taken


@pytest.mark.needs("redis-cli", "sed")
def test_a_password_that_changes_in_the_secret_needs_no_restart(start: Start, tmp_path: Path) -> None:
    """External Secrets and `kubectl patch` change the Secret and nothing else."""
    store = start(password="first")
    began = store.info("server")["process_id"]
    secret = tmp_path / "etc/store-password/password"
    secret.write_text("second", encoding="utf-8")
    both = {"first", "second"}
    assert becomes(lambda: passwords(store, "first", "second") == both), "servers may hold either copy"
    secret.write_text("third", encoding="utf-8")
    assert becomes(lambda: passwords(store, "first", "second", "third") == {"second", "third"})
    secret.write_text("", encoding="utf-8")  # a Secret that lost its key takes nothing away
    time.sleep(2.5)
    assert passwords(store, "third") == {"third"}
    assert client(store.connection_pool.connection_kwargs["port"], "third").info("server")["process_id"] == began


@pytest.mark.needs("redis-cli", "sed")
def test_the_password_before_is_forgotten_after_its_grace_unless_the_secret_names_it(
    start: Start, tmp_path: Path
) -> None:
    store = start(grace=2, password="first")
    folder = tmp_path / "etc/store-password"
    (folder / "password").write_text("second", encoding="utf-8")
    assert becomes(lambda: "second" in passwords(store, "second"))
    assert becomes(lambda: passwords(store, "first", "second") == {"second"})
    (folder / "previous").write_text("second", encoding="utf-8")
    (folder / "password").write_text("third", encoding="utf-8")
    assert becomes(lambda: passwords(store, "first", "second", "third") == {"second", "third"})
    time.sleep(4)
    assert passwords(store, "second", "third") == {"second", "third"}


def test_an_empty_password_is_refused(start: Start) -> None:
    with pytest.raises(AssertionError, match="the store ended: the Secret has no key password"):
        start(password="")


def wait_is(tmp_path: Path, script: str) -> None:
    """What the start script does instead of a second's sleep."""
    (tmp_path / "bin").mkdir()
    sleep = tmp_path / "bin/sleep"
    sleep.write_text(f"#!/bin/sh\necho turn >> {tmp_path}/turns\n{script}\n", encoding="utf-8")
    sleep.chmod(0o755)


def test_a_volume_that_opens_late_is_waited_for(start: Start, tmp_path: Path) -> None:
    # For root every directory is writable: one that is not there stands for one that may not be entered.
    wait_is(tmp_path, f"[ $(wc -l < {tmp_path}/turns) -lt 30 ] || mkdir -p {tmp_path}/data; exec /bin/sleep 0.01")
    assert start(volume=False, password="s3cret").ping()
    assert "not writable yet for uid=" in (tmp_path / "errors").read_text(encoding="utf-8")


def test_a_volume_that_stays_closed_is_told_with_the_remedy(start: Start, tmp_path: Path) -> None:
    wait_is(tmp_path, "exec /bin/sleep 0.01")
    with pytest.raises(AssertionError, match=r"not writable after 30 s: set podSecurity\.fsGroup"):
        start(volume=False, password="s3cret")
    assert (tmp_path / "turns").read_text(encoding="utf-8").count("turn") == 30


def has_free(tmp_path: Path, mib: int, of: int = 1024) -> None:
    """From now on `df` tells of a volume of `of` MiB with so much free."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    line = f"/dev/store {of * 1024} {(of - mib) * 1024} {mib * 1024} 50% /data"
    fresh = tmp_path / "bin/df.new"
    fresh.write_text(f"#!/bin/sh\necho Filesystem\necho {line}\n", encoding="utf-8")
    fresh.chmod(0o755)
    fresh.rename(tmp_path / "bin/df")


def becomes(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.needs("redis-cli", "sed")
def test_a_volume_that_fills_refuses_writes_in_time_and_takes_them_again(start: Start, tmp_path: Path) -> None:
    """The log is synced with each write, so a store that finds no room for it ends, and again after each restart."""

    def writable() -> bool:
        try:
            return bool(store.set("b", "2"))
        except redis.OutOfMemoryError:
            return False

    has_free(tmp_path, 500)
    store = start(password="s3cret")
    assert store.set("a", "1")
    has_free(tmp_path, 63)  # a sixteenth is kept
    assert becomes(lambda: not writable())
    assert store.get("a") == b"1"
    assert store.delete("a") == 1, "what is deleted gives space back"
    # The data fits into what is free, so the log is rewritten: only that shrinks it.
    assert becomes(lambda: store.info("persistence")["aof_last_rewrite_time_sec"] >= 0)
    has_free(tmp_path, 65)
    assert becomes(writable)
    assert store.config_get("maxmemory")["maxmemory"] == str(1024 * 1024 * 1024)


@pytest.mark.needs("redis-cli", "sed")
@pytest.mark.parametrize(
    ("of", "free", "full"), [(64, 15, True), (64, 17, False), (1 << 20, 255, True), (1 << 20, 257, False)]
)
def test_what_is_kept_free_is_never_little_and_never_a_share_of_a_large_disk(
    start: Start, tmp_path: Path, of: int, free: int, full: bool
) -> None:
    has_free(tmp_path, 500, 1024)
    store = start(password="s3cret")
    has_free(tmp_path, free, of)
    if full:
        assert becomes(lambda: store.config_get("maxmemory")["maxmemory"] == "1")
    else:
        time.sleep(2.5)  # it looks every second
        assert store.set("a", "1")
