"""A real server process for tests: `Server(directory, limits_connections=2).start()`.

Keyword arguments are settings as in the environment, without the prefix; see PATIENT for those of time. The server takes a free
port by itself and tells it in its log. Use it as a context manager, or `stop`/`kill` it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families
from tests.helpers.patience import PATIENCE, eventually

from networkx_mcp import mcp_wire

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "image" / "src"
#: No server here speaks TLS, and httpx would read all certificates of the machine for each client: 30 ms of CPU.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

#: Of the limits of time that a loaded machine would meet, unless a test is about them: the server's patience is the tests'.
PATIENT = {
    "limits_queue_timeout_seconds": PATIENCE / 4,
    "limits_request_timeout_seconds": PATIENCE / 4,
    "limits_connection_timeout_seconds": PATIENCE / 2,
    "limits_body_timeout_seconds": PATIENCE / 4,
    "limits_upload_min_kib_per_second": 1,
    "store_timeout_seconds": 10,
}
#: Those of one call, which fit each other: a test that sets the last means all.
OF_A_CALL = tuple(PATIENT)[:3]


def _patient(settings: Mapping[str, object]) -> dict[str, object]:
    """PATIENT, and over it what a test sets."""
    own = OF_A_CALL if OF_A_CALL[-1] in settings else ()
    return {name: value for name, value in PATIENT.items() if name not in own} | dict(settings)


def _post(
    era: mcp_wire.Era, method: str, params: Mapping[str, Any] | None, request_id: int | str, token: str | None
) -> dict[str, Any]:
    request = mcp_wire.post(era, method, params, token, request_id=request_id, client=None)
    # One spelling of each name, so that a test can put another value in its place.
    return {
        "headers": {name.lower(): value for name, value in request["headers"].items()},
        "content": request["content"],
    }


def modern(
    method: str, params: Mapping[str, Any] | None = None, *, request_id: int | str = 1, token: str | None = None
) -> dict[str, Any]:
    """`headers` (their names in lower case) and `content` of a request of the modern era, for httpx."""
    return _post("modern", method, params, request_id, token)


def handshake(
    method: str, params: Mapping[str, Any] | None = None, *, request_id: int | str = 1, token: str | None = None
) -> dict[str, Any]:
    """The same of the handshake era."""
    return _post("handshake", method, params, request_id, token)


def message(response: httpx.Response) -> dict[str, Any]:
    """The JSON-RPC message of an answer, plain or the last event of a stream. Raises ValueError where it has none."""
    found = mcp_wire.parsed(response.content)
    if found is None:
        raise ValueError(f"HTTP {response.status_code} without a message: {response.text[:300]}")
    return found


def end_with_parent() -> None:
    """A killed test run leaves no server behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Answered(Protocol):
    """An answer, whoever read it."""

    @property
    def headers(self) -> Mapping[str, str]: ...


class Server:
    """One server process with its own data directory, log file and (with `auth=True`) token directory."""

    def __init__(
        self,
        directory: Path,
        *,
        auth: bool = False,
        command: Sequence[str] = (sys.executable, "-m", "networkx_mcp", "serve"),
        environment: Mapping[str, str] | None = None,
        **settings: object,
    ) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.command = list(command)
        self.log_path = directory / "server.log"
        self.tokens_dir = directory / "tokens"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        #: The plain token of a server with auth: tenant `default`, scopes read and write.
        self.token: str | None = None
        #: Its tokens, as they are stored.
        self.entries: list[dict[str, Any]] = []
        self._scraped = ""
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("NETWORKX_MCP_")}
        self.env |= {
            "PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}",
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",
            "NETWORKX_MCP_HTTP_PORT": "0",
            "NETWORKX_MCP_STORE_PATH": str(directory / "data" / "graphs.sqlite3"),
        }
        if auth:
            self.tokens_dir.mkdir(exist_ok=True)
            self.env["NETWORKX_MCP_AUTH_TOKENS_DIR"] = str(self.tokens_dir)
            self.token = self.add_token("tester")
        for name, value in _patient(settings).items():
            self.env[f"NETWORKX_MCP_{name.upper()}"] = str(value)
        self.env.update(environment or {})

    # -- life --------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self if self.process is not None else self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def start(self, *, wait: str = "/ready", timeout: float = 2 * PATIENCE) -> Self:
        """Start and wait until `wait` answers 200 (`""`: until it listens). Raises RuntimeError with the log."""
        with self.log_path.open("ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.directory,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )
        until = time.monotonic() + timeout
        self.port = 0
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log_text()[-4000:]}")
            if not self.port:
                listening = [line for line in self.logs(begin) if line["event"] == "server_listening"]
                self.port = listening[0]["port"] if listening else 0
            try:
                if self.port and (not wait or self.get(wait).status_code == 200):
                    return self
            except httpx.TransportError:  # it is on its way out: the next round tells why
                pass
            time.sleep(0.02)
        text = self.log_text()[-4000:]
        self.kill()
        raise RuntimeError(f"{wait} did not answer 200 within {timeout} s:\n{text}")

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal to the API process."""
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit code, once the process has ended."""
        assert self.process is not None
        return self.process.wait(timeout)

    def stop(self, timeout: float = PATIENCE) -> int:
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        """SIGKILL to the API process and to whatever it leaves behind."""
        assert self.process is not None
        tree = self.processes() if self.process.poll() is None else []
        self.process.kill()
        self.process.wait(PATIENCE)
        for process in tree:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(tree, timeout=PATIENCE)

    @property
    def pid(self) -> int:
        """Pid of the API process."""
        assert self.process is not None
        return self.process.pid

    def processes(self) -> list[psutil.Process]:
        """The API process and all below it: zygote and workers."""
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def zygotes(self) -> list[psutil.Process]:
        """Its zygote; none while there is none, or while its interpreter is being started."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                # Its workers are forks of it, and called the same.
                if process.ppid() == self.pid and "networkx_mcp.workers.zygote" in process.cmdline():
                    found.append(process)
        return found

    def pids(self) -> list[int]:
        """Pids of `processes`, the API's first."""
        return [process.pid for process in self.processes()]

    # -- talking to it -----------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """http://127.0.0.1:PORT"""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The MCP endpoint."""
        return f"{self.base_url}/mcp"

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET on a connection of its own."""
        return httpx.get(self.base_url + path, timeout=options.pop("timeout", PATIENCE), verify=NO_TLS, **options)

    def rpc(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
        era: Any = modern,
    ) -> httpx.Response:
        """POST a request to /mcp; with the server's own token unless another is given."""
        request = era(method, params, token=token if token is not None else self.token)
        request["headers"].update(headers or {})
        return httpx.post(self.url, timeout=timeout, verify=NO_TLS, **request)

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The result of a tool call. Raises AssertionError where the answer is no result."""
        answer = self.rpc("tools/call", {"name": tool, "arguments": dict(arguments or {})}, **options)
        found = message(answer)
        assert "result" in found, f"{answer.status_code}: {found}"
        result: dict[str, Any] = found["result"]
        return result

    # -- looking at it -----------------------------------------------------------------------------

    def log_text(self) -> str:
        """All that it wrote."""
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    def log_lines(self) -> list[str]:
        """Its complete lines, ended by whatever a reader may take for an end; it may be writing the next one."""
        text = self.log_text()
        return text[: text.rfind("\n") + 1].splitlines()

    def logs(self, begin: int = 0) -> list[dict[str, Any]]:
        """The complete lines of its log that are JSON objects, from byte `begin` on."""
        with self.log_path.open("rb") as file:
            file.seek(begin)
            text = file.read().decode("utf-8", "replace")
        lines = []
        for line in text.split("\n")[:-1]:
            try:
                parsed = json.loads(line)
            except ValueError:
                continue
            if isinstance(parsed, dict):
                lines.append(parsed)
        return lines

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log lines of one event."""
        return [line for line in self.logs() if line["event"] == name]

    def ended(self, answer: Answered) -> list[dict[str, Any]]:
        """The log lines of the request that was answered so, `mcp_request_end` the last of them.

        A client may have the last byte before the server has written, or counted, what became of the request. It does so
        last of all: behind this everything is told, in metrics, too. For ids that the server gave; at log level info.
        """
        wanted = answer.headers["x-request-id"]

        def lines() -> list[dict[str, Any]] | None:
            found = [line for line in self.logs() if line["correlation_id"] == wanted]
            return found if any(line["event"] == "mcp_request_end" for line in found) else None

        found: list[dict[str, Any]] = eventually(lines)
        return found

    def audited(self, answer: Answered) -> list[dict[str, Any]]:
        """The audit lines of the request that was answered so."""
        return [line for line in self.ended(answer) if line["event"] == "audit"]

    def metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """A scrape: {(sample name, sorted labels): value}. It is of now: who asks often is given the last text again."""
        text = self.get("/metrics").text
        while text == self._scraped:
            time.sleep(0.05)
            text = self.get("/metrics").text
        self._scraped = text
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def metric(self, name: str, **labels: str) -> float:
        """Sum of the samples of a metric (without its prefix) that carry these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for (sample, found), value in self.metrics().items()
            if sample == f"networkx_mcp_{name}" and wanted <= set(found)
        )

    # -- tokens ------------------------------------------------------------------------------------

    def add_token(
        self, name: str, *, tenant: str = "default", scopes: Sequence[str] = ("read", "write"), **entry: Any
    ) -> str:
        """Add a token to the directory; the server sees it within its reload time. Returns the plain token."""
        from networkx_mcp.http import tokens

        token = tokens.mint()
        fresh = tokens.describe(token, name=name, tenant=tenant, scopes=scopes, days=None)
        self.entries.append({**fresh, **entry})
        self.write_tokens(self.entries)
        return token

    def write_tokens(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Replace the token file as a whole."""
        path = self.tokens_dir / "tokens.json"
        fresh = self.tokens_dir / ".tokens.json.new"
        fresh.write_text(json.dumps(list(entries)), encoding="utf-8")
        fresh.replace(path)
