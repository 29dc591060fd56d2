"""How much memory a store takes that is full to its `maxmemory`: the least that the chart lets it ask for rests on it.

``python benchmarks/store_memory.py [--out FILE]`` fills a Redis or Valkey of this machine with random values of three sizes, as the
chart configures it (AOF, noeviction), and prints resident memory over `maxmemory`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import redis

MAXIMA_MIB = (64, 128, 256)
VALUE_BYTES = (200, 2048, 1 << 20)


def resident_mib(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the process has no VmRSS")


def fill(program: str, maximum: int, size: int) -> float:
    """MiB that a store takes when it refuses the next value of `size` bytes."""
    with tempfile.TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", directory, "--save", ""]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory", f"{maximum}mb"]
        store = subprocess.Popen([*command, "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL)
        try:
            client = redis.Redis(port=port)
            while True:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.05)
            number = 0
            try:
                while True:
                    pipe = client.pipeline(transaction=False)
                    for _ in range(max(1, (4 << 20) // size)):
                        pipe.set(str(number), os.urandom(size))
                        number += 1
                    pipe.execute()
            except redis.ResponseError:
                time.sleep(1)  # what the last pipeline took is given back
                return resident_mib(store.pid)
        finally:
            store.terminate()
            store.wait(30)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    assert program, "redis-server or valkey-server is missing"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    rows: list[dict[str, Any]] = []
    for maximum in MAXIMA_MIB:
        for size in VALUE_BYTES:
            taken = fill(program, maximum, size)
            rows.append({"maxmemory_mib": maximum, "value_bytes": size, "resident_mib": round(taken, 1)})
            print(
                f"maxmemory {maximum} MiB, values of {size} bytes: {taken:.0f} MiB, {taken / maximum:.2f} x", flush=True
            )
    most = max(row["resident_mib"] / row["maxmemory_mib"] for row in rows)
    if options.out:
        found = {"store": version, "machine": platform.platform(), "most_ratio": round(most, 3), "rows": rows}
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
