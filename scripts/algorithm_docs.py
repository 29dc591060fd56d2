"""Write docs/algorithms.md from the catalogue of algorithms.

`--check` writes nothing and exits with 1 when the file differs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from generated import settle

from networkx_mcp.analysis.catalogue import algorithms
from networkx_mcp.analysis.catalogue_search import categories

TARGET = Path(__file__).resolve().parents[1] / "docs" / "algorithms.md"

INTRO = """\
# Algorithms

<!-- Written by scripts/algorithm_docs.py from image/src/networkx_mcp/analysis/catalogue.json: `make docs`. -->

`run_algorithm` runs these {count} algorithms of [networkx](https://networkx.org/documentation/stable/reference/algorithms/index.html) by
name; a model finds them with `find_algorithms`. Names and arguments are networkx's, without the graph and without what a client
cannot send (functions, Python objects). Where another tool gives the same answer with better rows, the last column names it.
"""


def document() -> Iterator[str]:
    """The whole document, in pieces."""
    entries = algorithms()
    yield INTRO.format(count=len(entries))
    for category in categories():
        yield f"\n## {category}\n\n| algorithm | graphs | what it answers | tool |\n|---|---|---|---|\n"
        for entry in sorted(entries.values(), key=lambda entry: entry.name):
            if entry.category == category:
                tool = f"[`{entry.tool}`](tools.md#{entry.tool})" if entry.tool else ""
                cells = (f"`{entry.signature()}`", entry.graph, _plain(entry.summary), tool)
                yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _plain(summary: str) -> str:
    """A line of a docstring as Markdown: reStructuredText's double backticks are single ones."""
    return " ".join(summary.replace("``", "`").replace("<", "&lt;").split())


def main() -> int:
    """The command line. Returns the exit status."""
    return settle({TARGET: "".join(document())}, "the catalogue says")


if __name__ == "__main__":
    sys.exit(main())
