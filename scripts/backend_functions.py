"""Write image/src/networkx_mcp/backend/functions.json: what is known of each kernel without importing it.

Its decorator says what it takes and what a user should know; benchmarks/results/backend.json says from which size on a
conversion pays. `--check` writes nothing and exits with 1 when the file differs.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

import networkx as nx
from generated import settle

from networkx_mcp.backend.kernel import kernels

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "image/src/networkx_mcp/backend/functions.json"
MEASURED = ROOT / "benchmarks/results/backend.json"


def functions() -> dict[str, dict[str, Any]]:
    """A row for each function that has kernels, by its path below `networkx`."""
    sizes = pays_from()
    found = {}
    for path, there in sorted(kernels().items()):
        dispatch = _dispatched(path)
        first = there[0]
        found[path] = {
            "dispatch": dispatch,
            "note": " ".join(dict.fromkeys(kernel.note for kernel in there if kernel.note)),
            "pays_from": sizes.get(dispatch or ""),  # a new function must be here before it can be measured
            "engine": first.engine,
            "graphs": first.graphs,
            "least": first.least,
            "parameters": list(first.parameters),
        }
    return found


def _dispatched(path: str) -> str | None:
    """networkx's name for dispatch of a function; None where networkx dispatches no call of it."""
    found = functools.reduce(lambda where, part: getattr(where, part, None), path.split("."), nx)
    name = getattr(found, "name", None)
    return name if name in nx.utils.backends._registered_algorithms else None


def pays_from() -> dict[str, int | None]:
    """Nodes + edges from which on one call with the conversion was faster than networkx, at every larger size too.

    None where it was so at no size that was measured, 0 where networkx has no implementation of its own.
    """
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))["milliseconds"]
    alone = {row["function"] for row in measured} - {row["function"] for row in measured if row["networkx"] is not None}
    least: dict[str, int | None] = {}
    for row in measured:
        ours, theirs, name = row["with_conversion"], row["networkx"], row["function"]
        if ours is not None and theirs is not None and ours >= theirs:
            least[name] = None
        elif least.setdefault(name, None) is None and ours is not None:
            least[name] = row["elements"]
    return least | dict.fromkeys(alone, 0)


def main() -> int:
    """The command line. Returns the exit status."""
    rows = (f"{json.dumps(path)}: {json.dumps(row)}" for path, row in functions().items())
    return settle({TARGET: "{\n" + ",\n".join(rows) + "\n}\n"}, "the kernels say")


if __name__ == "__main__":
    sys.exit(main())
