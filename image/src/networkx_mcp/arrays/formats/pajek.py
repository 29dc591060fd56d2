"""Pajek: vertices by number with labels, then arcs and edges.

    *Vertices 3
    1 "a" 0.5 0.25 ellipse ic Red
    2 "b"
    3 "c"
    *Arcs
    1 2 2.5 l "a label"

What it is and what of it is read is said in `FORMAT`. Behind a label stand coordinates, a shape and pairs of a name and a text;
behind the ends of an edge its weight and pairs. networkx writes coordinates 0.0 and the shape ellipse where there are none: these are
taken for none.

Source: http://mrvar.fdv.uni-lj.si/pajek/DrawEPS.htm. It is read here, not by networkx, which splits lines by the rules of a shell (an
apostrophe ends its reading) and takes as many vertices as the file says it has.
"""

from __future__ import annotations

import re
from typing import Final

from networkx_mcp.arrays.formats.lossy import LOST
from networkx_mcp.arrays.formats.record import SURE, FileHead, Format, Option, late

#: What begins a section.
SECTION: Final = re.compile(r"\*\s*(network|vertices|arcs|edges|arcslist|edgeslist|matrix)\b", re.IGNORECASE)


def _sniff(head: FileHead) -> int:
    first = next((line for line in head.lines if line[0] != "%"), "")
    return SURE if SECTION.match(first) else 0


FORMAT = Format(
    name="pajek",
    title="a Pajek network",
    about="Numbered vertices with labels, then arcs and edges, as Pajek, networkx, igraph and VOSviewer write it.",
    extensions=("net", "pajek"),
    content_types=("text/x-pajek",),
    parse=late("pajek_reader", "parse"),
    write=late("pajek_writer", "write"),
    sniff=_sniff,
    keeps=frozenset({"direction", "nodes"}),
    rank=9,
    options=(
        Option("label", "What names the nodes: their label, or their number.", ("label", "number"), "label"),
        LOST,
    ),
    reads=(
        "Sections are `*Vertices`, `*Arcs`, `*Edges`, `*Arcslist`, `*Edgeslist` and `*Matrix`. Other ones (partitions, vectors, events) are refused, as are two-mode networks.",
        "Only arcs make a directed graph, only edges an undirected one; where there are both, the graph is directed and each edge becomes an arc in both directions.",
        "The third number of an edge is the attribute `weight`. Behind it, and behind a label with its coordinates (`x`, `y`, `z`) and `shape`, stand names and texts, which become attributes.",
        "Written are names, `weight`, of nodes `x` and `y` (reals) with `shape`, and texts. Other attributes are refused, or left out by `lost=drop`.",
    ),
    example="""\
*Vertices 3
1 "a" 0.5 0.25 box ic Red
2 "b"
3 "c"
*Arcs
1 2 2.5
2 3 1 l "a label"
""",
)
