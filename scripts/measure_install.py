#!/usr/bin/env python3
"""What `uvx networkx-mcp stdio` takes, as JSON: bytes on the disk by extra and by package, seconds to the first answer. `make installed`.

Serves the wheels of a directory as a package index on loopback and lets uvx install from it, with home, cache and data of its own; all
other packages come from the index that this machine uses. Then it starts the command as a host does and waits for the answer to
`initialize`: without bytecode, which uvx leaves to the first start, and with it. Before each start uvx asks the index for newer versions
of all packages, so starts are also measured with `--offline`, where it does not.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "image/src"), str(ROOT / "scripts"), str(ROOT / "benchmarks")]

import install as installation  # noqa: E402
import provenance  # noqa: E402
import psutil  # noqa: E402

from networkx_mcp import mcp_wire  # noqa: E402

UVX = Path(sys.executable).with_name("uvx")
EXTRAS = ("", "draw", "server", "all")
MIB = 1024 * 1024
#: Bytes of each distribution of the environment that runs this, by what its RECORD lists, without bytecode.
SIZES = """\
import importlib.metadata, json, pathlib
sizes = {}
for found in importlib.metadata.distributions():
    paths = [pathlib.Path(found.locate_file(file)) for file in found.files or ()]
    sizes[found.name] = sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.is_file())
print(json.dumps(sizes))
"""


@contextmanager
def index(wheels: Path) -> Iterator[str]:
    """The address of a package index (PEP 503) that has the wheels and sdists of a directory."""
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory) / "networkx-mcp"
        project.mkdir()
        files = sorted(path for path in wheels.iterdir() if path.name.endswith((".whl", ".tar.gz")))
        for path in files:
            (project / path.name).symlink_to(path.resolve())
        links = "".join(f'<a href="{path.name}">{path.name}</a>\n' for path in files)
        (project / "index.html").write_text(f"<!DOCTYPE html>\n{links}", encoding="utf-8")
        handler = functools.partial(_Quiet, directory=directory)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Keep the terminal for the figures."""


def clean(home: Path, address: str) -> dict[str, str]:
    """The environment of a user who has uvx and nothing of ours, with the index that this machine uses behind that of the wheels."""
    told = subprocess.run([*installation.PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "NETWORKX_MCP_", "XDG_", "VIRTUAL_ENV", "OMP_", "OPENBLAS_"))
    }
    return kept | installation.settings(told) | {
        "HOME": str(home),
        "UV_CACHE_DIR": str(home / "cache"),
        "UV_INDEX": address,
        "UV_PYTHON": sys.executable,
    }  # fmt: skip


def package(extra: str) -> str:
    """What uvx is asked for."""
    return f"networkx-mcp[{extra}]" if extra else "networkx-mcp"


def installed(extra: str, environment: dict[str, str], work: Path) -> tuple[Path, dict[str, int]]:
    """Let uvx install it. The environment that it made, and bytes by distribution."""
    python = [str(UVX), "--quiet", "--from", package(extra), "python", "-c"]
    done = functools.partial(subprocess.run, env=environment, cwd=work, capture_output=True, text=True, check=True)
    place = done([*python, "import sys; print(sys.prefix)"]).stdout.strip()
    sizes: dict[str, int] = json.loads(done([*python, SIZES]).stdout)
    return Path(place).resolve(), sizes


def without_bytecode(place: Path) -> None:
    """As uvx leaves an environment."""
    for cache in list(place.rglob("__pycache__")):
        shutil.rmtree(cache)


def first_answer(command: Sequence[str], environment: dict[str, str], work: Path) -> tuple[float, float]:
    """Seconds from the start of `command stdio` to the answer to `initialize`, on a directory without graphs; and CPU seconds of
    the processes that worked on it by then, one after the other, which say less of what else the machine did. Raises RuntimeError."""
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryFile() as log:
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, "stdio", "--data", data],
            env=environment, cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {
            "protocolVersion": mcp_wire.HANDSHAKE,
            "capabilities": {},
            "clientInfo": {"name": "host", "version": "1"},
        }
        process.stdin.write(mcp_wire.message("handshake", "initialize", asked) + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        seconds = time.monotonic() - began
        cpu = sum(map(cpu_seconds, _family(process.pid)))
        process.stdin.close()
        if process.wait(60) or b"serverInfo" not in answer:
            log.seek(0)
            raise RuntimeError(f"no answer: {answer!r}\n{log.read()[-3000:].decode(errors='replace')}")
        return round(seconds, 2), round(cpu, 2)


def _family(pid: int) -> list[psutil.Process]:
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """What a process took; nothing of the zygote and its workers, which get warm beside the others."""
    try:
        times = process.cpu_times()
        return 0.0 if "networkx_mcp.workers.zygote" in process.cmdline() else times.user + times.system
    except psutil.NoSuchProcess:
        return 0.0


def measure(wheels: Path, extras: Sequence[str], runs: int) -> dict[str, Any]:
    """Sizes of each extra; starts of the first."""
    with index(wheels) as address, tempfile.TemporaryDirectory() as scratch:
        home, work = Path(scratch) / "home", Path(scratch) / "work"
        home.mkdir()
        work.mkdir()
        environment = clean(home, address)
        rows: dict[str, Any] = {}
        place_of: dict[str, Path] = {}
        for extra in extras:
            place, sizes = installed(extra, environment, work)
            place_of[extra] = place
            without_bytecode(place)
            files = {
                found.st_ino: found.st_size for path in place.rglob("*") if (found := path.lstat()) and path.is_file()
            }
            largest = sorted(sizes, key=lambda name: -sizes[name])[:8]
            rows[extra] = {
                "mib": round(sum(files.values()) / MIB, 1),
                "packages": len(sizes),
                "largest_mib": {name: round(sizes[name] / MIB, 1) for name in largest},
            }
        asking, offline = ([str(UVX), *options, package(extras[0])] for options in ((), ("--offline",)))
        without_bytecode(place_of[extras[0]])
        os.sync()  # else the first starts would share the disk with what the installations wrote
        starts = {"without_bytecode": [first_answer(offline, environment, work)]}
        for name, command in (("offline", offline), ("asking_the_index", asking)):
            starts[name] = [first_answer(command, environment, work) for _ in range(runs)]
        seconds = {name: [wall for wall, _ in times] for name, times in starts.items()}
        cpu = {name: [cpu for _, cpu in times] for name, times in starts.items()}
        return {"extras": rows, "seconds_to_first_answer": seconds, "cpu_seconds_until_then": cpu}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, default=ROOT / "dist", help="directory of the wheels (make wheel)")
    parser.add_argument("--extras", nargs="*", default=EXTRAS, help="extras, each in an environment of its own")
    parser.add_argument("--runs", type=int, default=5, help="starts with bytecode")
    parser.add_argument("--out", type=Path, help="write the JSON there as well")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    found = measure(options.wheels, options.extras, options.runs)
    machine = {**provenance.machine(), "load_1m": before}
    provenance.publish(
        {
            "machine": machine,
            **found,
        },
        options.out,
    )


if __name__ == "__main__":
    main()
