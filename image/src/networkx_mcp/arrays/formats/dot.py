"""DOT, the language of Graphviz: statements of nodes and edges with attributes. What is read and written is said in `FORMAT`.

    digraph "a name" {
      "a" [color="red"];
      "a" -> "b" [weight=2.5];
    }

Source: https://graphviz.org/doc/info/lang.html. It is read here: the parsers of Python that are kept (pydot, on pyparsing) recurse with
the nesting of a file and take milliseconds for each edge, so that no limit but the time would hold them.
"""

from __future__ import annotations

import re
from typing import Final

from networkx_mcp.arrays.formats.record import SURE, FileHead, Format, Option, late

_BEGIN: Final = re.compile(
    r'(?:\s|^\#(?! ids are separated by)[^\n]*|//[^\n]*|(?>/\*.*?\*/))*+(?:strict\s+)?(?:di)?graph(?:\s+(?:\w+|"[^"\\]*+(?:\\.[^"\\]*+)*+"))?\s*\{',
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def _sniff(head: FileHead) -> int:
    return SURE if _BEGIN.match(head.text[:4096]) else 0


FORMAT = Format(
    name="dot",
    title="a graph in the DOT language",
    about="Statements of nodes and edges with attributes, as Graphviz, pydot and many tools of programmers write it.",
    extensions=("dot", "gv"),
    content_types=("text/vnd.graphviz",),
    parse=late("dot_reader", "parse"),
    write=late("dot_writer", "write"),
    sniff=_sniff,
    keeps=frozenset({"direction", "nodes", "node attributes", "edge attributes", "graph attributes"}),
    rank=8,
    options=(
        Option(
            "values",
            "What is done with values that DOT has not (true, false, null, lists, objects): refuse, or write JSON text.",
            ("refuse", "json"),
            "refuse",
            reading=False,
            writing=True,
        ),
    ),
    reads=(
        "Numbers without quotes are numbers among attributes, all else is text; numbers in quotes are numbers too where all values of that attribute are and one has no quotes (pydot has them around those below 0). The name of the graph is its attribute `name`. Ports are the attributes `tailport` and `headport` of an edge.",
        "Chains, subgraphs as ends of edges, and defaults (`node [...]`, `edge [...]`) are understood; attributes of subgraphs are passed over and counted. Edges that stand twice in a `strict` graph are merged, as Graphviz does.",
        "Refused when writing: text in which a backslash stands before a quote, a line end or the end, which DOT cannot hold.",
    ),
    example="""\
digraph "a name" {
  a [color=red];
  a -> b -> c [weight=2.5];
}
""",
)
