"""What is loaded, and how it is looked at: a process here, or a release of the chart on a cluster.

A target makes its tokens and graphs, runs the generator beside it and tells CPU, memory and the server's
own metrics. Four tokens of one tenant call it, so that the rate limit stays on and does not decide.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from loadtests import processes, results
from loadtests.processes import MIB, ProcessUsage

TOKENS = 4
TENANT = "load"


class TargetError(Exception):
    """The target did not do what it was asked; the text says what."""


class LoadTarget:
    """A running server. Subclasses say where it is; use as a context manager."""

    kind = "url"
    store = "embedded"
    replicas = 1

    def __init__(self) -> None:
        self.host, self.port, self.tokens = "", 0, [""]

    def __enter__(self) -> LoadTarget:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing running."""

    def facts(self) -> results.Target:
        """What is loaded, for the result."""
        raise NotImplementedError

    def process(self) -> str:
        """Which processes serve, as a text that changes when one of them starts anew."""
        raise NotImplementedError

    def usage(self) -> list[ProcessUsage]:
        """Usage of each server."""
        raise NotImplementedError

    def store_usage(self) -> list[ProcessUsage]:
        """Usage of the store, where it is a process of its own."""
        return []

    def metrics(self) -> str:
        """The text of /metrics of all servers, one after the other."""
        raise NotImplementedError

    def address(self) -> tuple[str, int]:
        """Host and port where a single caller from here reaches one server."""
        return self.host, self.port

    def generator(self) -> list[str]:
        """The command that runs the generator where it can reach the server."""
        raise NotImplementedError

    def generate(self, **job: Any) -> Iterator[str]:
        """Run the generator; yields its lines as they come. Raises TargetError where it failed."""
        job = {"host": self.host, "port": self.port, "tokens": self.tokens, "users": 1, "workload": "mixed", **job}
        with subprocess.Popen(
            self.generator(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=results.ROOT,
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stderr is not None
            child.stdin.write(json.dumps(job))
            child.stdin.close()
            for line in child.stdout:
                yield line.strip()
            problem = child.stderr.read()
            if child.wait() != 0:
                raise TargetError(f"the generator ended with {child.returncode}: {problem[-2000:]}")

    def prepare(self) -> None:
        """Make the graphs that users expect. Raises TargetError with what the server said."""
        answer = json.loads(list(self.generate(prepare=True, run="prepare"))[-1])
        if answer["prepared"] != answer["wanted"]:
            raise TargetError(f"graphs could not be made: {answer}")

    def runs_over_20s(self) -> int:
        """Algorithm runs of over 20 s since the start, from the servers' histograms."""
        count, within = 0.0, 0.0
        for line in self.metrics().splitlines():
            if line.startswith("networkx_mcp_algorithm_duration_seconds_count"):
                count += float(line.rsplit(" ", 1)[1])
            elif line.startswith("networkx_mcp_algorithm_duration_seconds_bucket") and 'le="20.0"' in line:
                within += float(line.rsplit(" ", 1)[1])
        return round(count - within)


def redis_command(directory: Path) -> tuple[int, list[str]]:
    """(free port, command) of a Redis in `directory`, as durable as the chart's store."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--port {port} --bind 127.0.0.1 --dir {directory} --appendonly yes --appendfsync always"
    return port, ["redis-server", *options.split(), "--maxmemory-policy", "noeviction", "--save", ""]


class LocalTarget(LoadTarget):
    """`networkx-mcp serve` as a process on one core of this machine, with an embedded store or a Redis beside it.

    `settings` are environment variables without their prefix. The core takes the place of the chart's CPU
    limit of 1; memory is the server's own account of `limits.memory_mb`.
    """

    kind = "local"

    def __init__(self, directory: Path, store: str = "embedded", settings: dict[str, str] | None = None) -> None:
        super().__init__()
        self.directory, self.store, self.settings = directory, store, dict(settings or {})
        self._processes: list[subprocess.Popen[bytes]] = []
        self._peak = 0

    def _start(
        self, command: list[str], env: dict[str, str] | None = None, core: bool = False
    ) -> subprocess.Popen[bytes]:
        log = (self.directory / f"{Path(command[0]).name}-{len(self._processes)}.log").open("wb")
        prefix = ["taskset", "-c", "0"] if core and (os.cpu_count() or 1) > 1 else []
        child = subprocess.Popen([*prefix, *command], stdout=log, stderr=log, env=env, cwd=self.directory)
        log.close()
        self._processes.append(child)
        return child

    def entries(self) -> list[dict[str, Any]]:
        """Who may call: makes the tokens, and gives what the server is told of them."""
        from networkx_mcp.http import tokens

        self.tokens = [tokens.mint() for _ in range(TOKENS)]
        return [
            tokens.describe(token, name=f"load{number}", tenant=TENANT, scopes=("read", "write"), days=None)
            for number, token in enumerate(self.tokens)
        ]

    def __enter__(self) -> LocalTarget:
        self.directory.mkdir(parents=True, exist_ok=True)
        secrets = self.directory / "tokens"
        secrets.mkdir(exist_ok=True)
        (secrets / "tokens.json").write_text(json.dumps(self.entries()), encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if not name.startswith("NETWORKX_MCP_")}
        env |= {
            "OMP_NUM_THREADS": "1",
            "NETWORKX_MCP_HTTP_PORT": "0",
            "NETWORKX_MCP_AUTH_TOKENS_DIR": str(secrets),
            "NETWORKX_MCP_STORE_PATH": str(self.directory / "store.sqlite3"),
        }
        try:
            if self.store == "shared":
                env |= self._redis()
            env |= {f"NETWORKX_MCP_{name.upper()}": value for name, value in self.settings.items()}
            self._server = self._start([sys.executable, "-m", "networkx_mcp", "serve"], env, core=True)
            self._wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _redis(self) -> dict[str, str]:
        data = self.directory / "redis"
        data.mkdir(exist_ok=True)
        port, command = redis_command(data)
        self._store = self._start(command)
        return {"NETWORKX_MCP_STORE_TYPE": "redis", "NETWORKX_MCP_STORE_URL": f"redis://127.0.0.1:{port}/0"}

    def _wait_ready(self) -> None:
        log = next(self.directory.glob(f"{Path(sys.executable).name}-*.log"))
        self.host, until = "127.0.0.1", time.monotonic() + 60
        while time.monotonic() < until:
            if self._server.poll() is not None:
                break
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                if '"server_listening"' in line:
                    self.port = json.loads(line)["port"]
            if self.port:
                with contextlib.suppress(OSError):
                    if json.loads(self._get("/ready"))["checks"]["compute"]["state"] == "up":
                        return
            time.sleep(0.1)
        raise TargetError(f"the server did not become ready:\n{log.read_text(errors='replace')[-3000:]}")

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._processes):
            child.terminate()
            try:
                child.wait(40)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def facts(self) -> results.Target:
        found = {"store": "SQLite embedded"}
        if self.store == "shared":
            told = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
            found["store"] = " ".join(told.split()[:3])
        memory = int(self.settings.get("limits_memory_mb", "2048"))
        return results.Target(
            kind="local",
            store=self.store,
            replicas=1,
            cpu_limit=1.0,
            memory_limit_mib=memory,
            settings=dict(self.settings),
            versions=found,
        )

    def process(self) -> str:
        return f"{self._server.pid} since {psutil.Process(self._server.pid).create_time():.0f}"

    def usage(self) -> list[ProcessUsage]:
        found = processes.of_process(self._server.pid, self._peak)
        self._peak = found.peak_memory
        return [found]

    def store_usage(self) -> list[ProcessUsage]:
        return [processes.of_process(self._store.pid)] if self.store == "shared" else []

    def metrics(self) -> str:
        return self._get("/metrics")

    def generator(self) -> list[str]:
        return [sys.executable, "-m", "loadtests.generator"]


def memory_mib(usages: list[ProcessUsage]) -> float:
    """Memory of the largest server, in MiB."""
    return round(max(usage.memory for usage in usages) / MIB, 1)


def cpus(before: list[ProcessUsage], after: list[ProcessUsage]) -> float:
    """Cores in use between two looks at the same servers, summed."""
    return round(sum((b.cpu_seconds - a.cpu_seconds) / (b.at - a.at) for a, b in zip(before, after, strict=True)), 3)
