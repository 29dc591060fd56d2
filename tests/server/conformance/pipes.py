"""Between the conformance suite, which speaks HTTP alone, and `networkx-mcp stdio`: what is posted becomes a line of its
stdin, and the lines of its stdout become the answer. It adds nothing and mends nothing: an answer is that line, under the id that
the suite gave.

The server with the fixtures owns the directory, as another host's would, so the process between the pipes is the real one.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import NO_TLS, ROOT, SOURCE, end_with_parent


def answers(socket: Path) -> bool:
    """Whether a server is ready on a socket."""
    try:
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket), verify=NO_TLS), base_url="http://localhost", trust_env=False
        ) as http:
            return http.get("/startup", timeout=PATIENCE).is_success
    except httpx.TransportError:
        return False


class Pipes:
    """A process of `networkx-mcp stdio`, and the address at which it can be reached."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        #: What waits for an answer, by the id of its line.
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        socket = self._directory / "server.sock"
        environment = os.environ | {
            "PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}",
            "NETWORKX_MCP_HTTP_SOCKET": str(socket),
            "NETWORKX_MCP_STORE_PATH": str(self._directory / "graphs.sqlite3"),
        }
        command = [sys.executable, "-m", "tests.server.conformance.serve"]
        self._server = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=end_with_parent
        )
        eventually(lambda: self._server.poll() is not None or answers(socket))
        command = [sys.executable, "-m", "networkx_mcp", "stdio", "--data", str(self._directory)]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        pipes = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                said = pipes.say(json.loads(body))
                if not said:
                    self.send_response(202)
                    self.send_header("content-length", "0")
                    self.end_headers()
                    return
                events = "".join(f"event: message\ndata: {json.dumps(each)}\n\n" for each in said).encode()
                kind, data = "text/event-stream", events
                if len(said) == 1:
                    kind, data = "application/json", json.dumps(said[0]).encode()
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._server.terminate()
        self._server.wait(PATIENCE)

    @property
    def url(self) -> str:
        """The address for the suite."""
        return f"http://127.0.0.1:{self._http.server_port}/mcp"

    def say(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Write a message; the lines until its answer, that one the last. Nothing for a notification."""
        assert self._process.stdin is not None
        answer: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        number = next(self._ids)
        asks = "id" in message and "method" in message
        with self._lock:
            if asks:
                self._waiting[number] = answer
            line = json.dumps(message | ({"id": number} if asks else {}))
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        said = []
        while asks:
            said.append(answer.get(timeout=PATIENCE))
            if "method" not in said[-1]:
                said[-1]["id"] = message["id"]
                break
        return said

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            with self._lock:
                if "method" in message:  # over pipes it names no call; the suite makes one at a time
                    targets = list(self._waiting.values())[-1:]
                else:
                    targets = [self._waiting.pop(message["id"])]
            for target in targets:
                target.put(message)
