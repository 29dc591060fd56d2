"""CPU of the process that answers, by kind of call of the plan of twenty; of this checkout, and by turns of another.

    python benchmarks/api_cpu.py [--against ../before/image/src] [--users 40] [--rounds 6]

Each round plays the plan of `plan.py` with `--users` users in step: all of them make the same kind of call at once, and what the
API process (without workers) took meanwhile is shared among them. `kept` asks once more what was just answered. The checkouts take
turns, so that a busy machine disturbs them alike. Microseconds a call: the median of the rounds and the least of them; `plan` is the
mean of the twenty calls.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import provenance
from loadtests.agentic import ANALYSES, AgentGraph, plan
from loadtests.frugal_http import ClientConnection, Requests
from plan import SEED
from serving import HOST, free_port, own_cpu_seconds, process

CALLS = plan()
#: Time for what an answer leaves to be done, in seconds.
_REST = 0.005


def group(kind: str) -> str:
    return "analysis" if kind in ANALYSES else kind


async def play(port: int, pid: int, users: int, name: str) -> dict[str, list[float]]:
    """One round: microseconds of each call of the plan, by kind."""
    requests = Requests(f"{HOST}:{port}")
    connections = [ClientConnection(HOST, port) for _ in range(users)]
    found: dict[str, list[float]] = {}
    players = [AgentGraph(f"{name}-{number}", SEED + number) for number in range(users)]
    for step, kind in enumerate((*CALLS, "degree", "kept")):
        asked = "degree" if kind == "kept" else kind
        bodies = [requests.call("modern", "", *player.arguments(asked, step)) for player in players]
        before = own_cpu_seconds(pid)
        answers = await asyncio.gather(*(one.send(body) for one, body in zip(connections, bodies, strict=True)))
        await asyncio.sleep(_REST)
        taken = (own_cpu_seconds(pid) - before) / users
        for status, body in answers:
            if status != 200 or b'"isError":true' in body or b'"error":' in body:
                raise SystemExit(f"{kind} failed: {body[:300]!r}")
        if step != len(CALLS):
            found.setdefault(group(kind), []).append(1e6 * taken)
    for connection in connections:
        connection.close()
    return found


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="the image/src of another checkout")
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    every = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {every[-1]})
    sources = {"here": Path(__file__).parents[1] / "image/src"}
    if options.against:
        sources = {"against": options.against.resolve(), **sources}
    seen: dict[str, dict[str, list[float]]] = {name: {} for name in sources}
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        servers: dict[str, tuple[int, int]] = {}
        for name, source in sources.items():
            port = free_port()
            env = {
                "PYTHONPATH": str(source),
                "NETWORKX_MCP_HTTP_PORT": str(port),
                "NETWORKX_MCP_LOG_LEVEL": "warning",
                "NETWORKX_MCP_STORE_PATH": str(Path(directory, name, "store.sqlite3")),
                "NETWORKX_MCP_LIMITS_TENANT_GRAPHS": "100000",
                "NETWORKX_MCP_LIMITS_WORKERS": "1",
            }
            command = ["taskset", "--cpu-list", str(every[0]), sys.executable, "-m", "networkx_mcp", "serve"]
            servers[name] = port, stack.enter_context(process(command, port, "/ready", env))
            await play(*servers[name], options.users, "first")  # what only the first calls pay for
        for turn in range(options.rounds):
            for name, (port, pid) in servers.items():
                for kind, values in (await play(port, pid, options.users, f"turn-{turn}")).items():
                    seen[name].setdefault(kind, []).extend(values)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for name, kinds in seen.items():
        rows[name] = {
            kind: {"median_us": round(statistics.median(values)), "least_us": round(min(values))}
            for kind, values in kinds.items()
        }
        rows[name]["plan"] = {
            figure: round(statistics.mean(rows[name][group(kind)][figure] for kind in CALLS))
            for figure in ("median_us", "least_us")
        }
    command = "python benchmarks/api_cpu.py " + " ".join(sys.argv[1:])
    print(json.dumps({"command": command, "commit": provenance.commit(), "rows": rows}, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
