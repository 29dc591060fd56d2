"""How long a browser takes to show a graph, and a selection in it: `python benchmarks/viewer.py [--repeats 3]`.

A server of its own sends a graph of as many nodes and edges as the viewer shows at once to Chromium, which draws by software: a
graphics card is many times faster. The seconds begin when the data has arrived, and end when a pixel of the picture can be read.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
import httpx
import networkx as nx
import provenance
from scripts import programs, viewer
from tests.helpers.server import Server


def graph() -> nx.Graph[Any]:
    """5,000 nodes in 100 communities, and 10,000 edges, nine of ten within one."""
    chance = random.Random(1)
    made: nx.Graph[Any] = nx.Graph()
    made.add_nodes_from((node, {"kind": "abcdef"[node % 6], "age": node % 90}) for node in range(5_000))
    while made.number_of_edges() < 10_000:
        node = chance.randrange(5_000)
        other = node // 50 * 50 + chance.randrange(50) if chance.random() < 0.9 else chance.randrange(5_000)
        if other != node:
            made.add_edge(node, other, weight=1 + chance.randrange(10))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chromium = programs.find("chromium")
    if chromium is None:
        sys.exit(f"chromium is missing: {programs.PROGRAMS['chromium'].remedy}")
    viewer.bring()
    shown = graph()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch, Server(Path(scratch)) as server:
        data = json.dumps(nx.node_link_data(shown, edges="links"))
        httpx.put(f"{server.base_url}/graphs/g?format=node-link", content=data, timeout=60).raise_for_status()
        done = subprocess.run(
            ["node", str(viewer.PACKAGES / "tests/shown.mjs"), server.base_url, "g", str(options.repeats)],
            env={
                **os.environ,
                "CHROMIUM": chromium,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            cwd=viewer.PACKAGES,
            check=True,
            capture_output=True,
            text=True,
        )
    seconds = {name: round(statistics.median(found), 2) for name, found in json.loads(done.stdout).items()}
    facts = {"nodes": len(shown), "edges": shown.number_of_edges(), "median_s": seconds}
    provenance.publish({"load_1min": round(load, 1), "repeats": options.repeats, **facts}, options.out)


if __name__ == "__main__":
    main()
