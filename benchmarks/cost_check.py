"""How right the refusals are: `python benchmarks/cost_check.py [--out benchmarks/results/cost_check.json]`.

Calls that tools make, and algorithms of the catalogue drawn at random (seed 1), are run for real on graphs of shapes that
the calibration (`benchmarks/cost.py`) has not seen, at sizes where the estimate is about --target CPU seconds; a run is
ended after 5 times that. A call is refused at the limit L when its least time is above L; a factor f on top of the safety
that is in it (`cost.SAFETY`) shows what more or less of it would do. So

* a false refusal: least / f is above the time that the call really took: with a limit between the two it would have
  been refused, and would have ended;
* a missed refusal: it took longer than --target, and would not have been refused with that as the limit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import cost as calibration
import networkx as nx
from cost_graphs import SHAPES, frozen, oriented

from networkx_mcp.analysis import catalogue, cost
from networkx_mcp.errors import ServiceError
from networkx_mcp.vocabulary import COMMUNITY_METHODS, COMPONENT_KINDS, MEASURES, METRICS

SEED = 1
SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384)
NEW = {
    "power law, clustered": lambda n: nx.powerlaw_cluster_graph(n, 2, 0.5, seed=SEED),
    "ring of neighbours": lambda n: nx.watts_strogatz_graph(n, 8, 0.05, seed=SEED),
    "communities": lambda n: nx.random_partition_graph([n // 8] * 8, min(1.0, 64 / n), 1 / n, seed=SEED),
    "sparse random": lambda n: nx.gnm_random_graph(n, 2 * n, seed=SEED),
    "directed, scale-free": lambda n: nx.DiGraph(nx.scale_free_graph(n, seed=SEED)),
    "directed, random": lambda n: oriented(nx.gnm_random_graph(n, 4 * n, seed=SEED)),
}
FACTORS = (0.2, 0.33, 0.5, 1.0, 2.0)


def calls(count: int) -> list[str]:
    """What the tools call, and `count` others."""
    named = (*MEASURES.values(), *METRICS.values(), *COMMUNITY_METHODS.values(), *COMPONENT_KINDS.values())
    tools = {one.algorithm for one in named if one.algorithm} | {"partition_graph"}
    others = sorted(cost.table().rows.keys() & catalogue.algorithms().keys() - tools)
    return sorted(tools) + random.Random(SEED).sample(others, min(count, len(others)))


def sized(name: str, shape: str, target: float) -> tuple[Any, cost.Estimate] | None:
    """The largest graph of the shape whose estimate is at most `target`; None where all of them are quick."""
    best = None
    for n in SIZES:
        graph = frozen(shape, n)
        found = cost.estimate(cost.AlgorithmCall(name), graph.n, graph.m, graph.directed)
        if found is None:
            return None
        if best is None or found.seconds <= 2 * target:
            best = graph, found
        if found.seconds > target:
            return best
    return None


def took(name: str, graph: Any, most: float) -> float | None:
    """CPU seconds of one call in a child; infinity past `most`; None where the graph does not suit."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, most)
        before = time.process_time()
        try:
            calibration.once(name, {}, graph)
        except (ServiceError, MemoryError, RecursionError):
            os._exit(3)
        os.write(send, str(time.process_time() - before).encode())
        os._exit(0)
    os.close(send)
    select.select([receive], [], [], 60)
    text = os.read(receive, 100) if select.select([receive], [], [], 0)[0] else b""
    os.close(receive)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if text:
        return float(text)
    return None if os.WIFEXITED(status) else float("inf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=float, default=0.4, help="estimate of the calls that are run, CPU seconds")
    parser.add_argument("--others", type=int, default=40, help="algorithms beside those of the tools")
    parser.add_argument("--minutes", type=float, default=10, help="end after this, whatever is left")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    SHAPES.update(NEW)
    runs: list[dict[str, Any]] = []
    end = time.monotonic() + 60 * given.minutes
    pairs = [(name, shape) for name in calls(given.others) for shape in NEW]
    random.Random(SEED).shuffle(pairs)  # whatever ends it early, it has seen some of all
    for name, shape in pairs:
        if time.monotonic() > end:
            break
        with contextlib.suppress(nx.NetworkXException):
            chosen = sized(name, shape, given.target)
            if chosen is None:
                continue
            graph, found = chosen
            seconds = took(name, graph, 5 * given.target)
            if seconds is not None:
                runs.append(
                    {
                        "algorithm": name, "shape": shape, "nodes": graph.n, "edges": graph.m, "engine": found.engine,
                        "estimate": round(found.seconds, 4), "least": round(found.least, 4),
                        "took": round(seconds, 4) if seconds != float("inf") else None,
                    }
                )  # fmt: skip
    report = {
        "command": " ".join(["python", *sys.argv]), **calibration.machine(), "target": given.target, "runs": len(runs),
        "algorithms": len({run["algorithm"] for run in runs}), "factors": {str(f): judged(runs, f, given.target) for f in FACTORS},
        "falsely_refused": [run for run in runs if run["took"] is not None and run["least"] > run["took"]],
        "cases": runs,
    }  # fmt: skip
    text = json.dumps(report, indent=1)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in report.items() if key != "cases"}, indent=1))


def judged(runs: list[dict[str, Any]], factor: float, target: float) -> dict[str, int]:
    """Counts at a safety factor."""
    ended = [run for run in runs if run["took"] is not None]
    long = [run for run in runs if run["took"] is None or run["took"] > target]
    return {
        "ended": len(ended),
        "false_refusals": sum(run["least"] / factor > run["took"] for run in ended),
        "longer_than_target": len(long),
        "missed_refusals": sum(run["least"] / factor <= target for run in long),
    }


if __name__ == "__main__":
    main()
