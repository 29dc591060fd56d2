#!/usr/bin/env python3
"""Memory of an idle server and the time it takes to start, as JSON: `make idle`.

Starts `networkx-mcp serve` in a fresh directory, waits until it is ready and its zygote warm, lets it
rest, and adds up the proportional set size of all its processes; repeats that and tells each run.
Inside a container with a control group of its own the working set is told as well.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "image" / "src"
sys.path[:0] = [str(SOURCE), str(ROOT / "benchmarks")]

import provenance  # noqa: E402

MIB = 1024 * 1024


def fetch(url: str) -> Any:
    """The JSON document at `url`; None where nobody answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def children(pid: int) -> list[int]:
    """Pids below `pid`, all generations."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def pss(pid: int) -> int:
    """Proportional set size in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def role(pid: int) -> str:
    """api, zygote or worker."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    if b"networkx_mcp.workers.zygote" not in command:
        return "api"
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return "worker" if b"networkx_mcp.workers.zygote" in Path(f"/proc/{parent}/cmdline").read_bytes() else "zygote"


def port_of(log: Path) -> int:
    """The port that the server took; 0 while it does not listen."""
    for line in log.read_text().splitlines():
        if '"server_listening"' in line:
            port: int = json.loads(line)["port"]
            return port
    return 0


def measure(rest: float) -> dict[str, Any]:
    """One start: seconds until it listens, is ready, is warm; sizes after `rest` seconds."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        env = {name: value for name, value in os.environ.items() if not name.startswith("NETWORKX_MCP_")}
        env |= {"PYTHONPATH": str(SOURCE), "NETWORKX_MCP_HTTP_PORT": "0"}
        began = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "networkx_mcp", "serve"], env=env, cwd=directory, stdout=output, stderr=output
            )
        seen: dict[str, float] = {}
        try:
            while "warm" not in seen:
                passed = round(time.monotonic() - began, 2)
                if process.poll() is not None or passed > 60:
                    raise SystemExit(f"the server did not become ready:\n{log.read_text()[-3000:]}")
                port = port_of(log)
                if port:
                    seen.setdefault("listening", passed)
                ready = fetch(f"http://127.0.0.1:{port}/ready") if port else None
                if ready is not None:
                    seen.setdefault("ready", passed)
                    if ready["checks"]["compute"]["state"] == "up":
                        seen["warm"] = passed
                time.sleep(0.02)
            time.sleep(rest)
            sizes: dict[str, float] = {}
            for pid in [process.pid, *children(process.pid)]:
                name = role(pid)
                sizes[name] = round(sizes.get(name, 0) + pss(pid) / MIB, 1)
            from networkx_mcp import cgroup

            working_set = cgroup.memory_working_set() if os.getpid() == 1 or cgroup.memory_limit() else None
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
        return {
            "seconds_to": seen,
            "pss_mib": {**sizes, "all": round(sum(sizes.values()), 1)},
            "working_set_mib": round(working_set / MIB, 1) if working_set is not None else None,
            "exit_code": code,
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rest", type=float, default=5.0, help="seconds of rest before memory is read")
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    options = parser.parse_args()
    runs = [measure(options.rest) for _ in range(options.runs)]
    machine = {**provenance.machine(), "load_1m": os.getloadavg()[0]}
    provenance.publish(
        {
            "machine": machine,
            "best_seconds_to_ready": min(run["seconds_to"]["ready"] for run in runs),
            "largest_pss_mib": max(run["pss_mib"]["all"] for run in runs),
            "runs": runs,
        },
        options.out,
    )


if __name__ == "__main__":
    main()
