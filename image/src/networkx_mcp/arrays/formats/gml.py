"""GML: `graph [ node [ id 0 label "a" ] edge [ source 0 target 0 weight 1.5 ] ]`, as networkx.parse_gml.

Nodes are named by their `label`, text or integer; by their `id` where the first node has no label, or by the key of
option `label` (`label=id`, `label=name`). Texts may lack their quotes. `multigraph 1` is understood as long as no two edges are
parallel; their `key` is left out then. NaN is a missing value. Numbers are integers or floats; a key that stands more than once is a list, `key [ ... ]` an object.

GML has no true, false and null, and no lists inside lists: writing them is refused, unless option
`values=json` writes such values as JSON text. Attribute names are a letter, then letters, digits and `_`; names
that GML itself uses (`id` and `label` of nodes, `source` and `target` of edges, ...) are refused. All else comes
back exactly. Text is ASCII with entities (`&#233;`); UTF-8 is understood.
"""

from __future__ import annotations

import re
from typing import Final

from networkx_mcp.arrays.formats.record import SURE, FileHead, Format, Option, late

_BEGIN: Final = re.compile(r'(?:\s|#[^\n]*\n|[A-Za-z]\w*\s+(?:"[^"]*"|[\d.+-]+)\s)*graph\s*\[')


def _sniff(head: FileHead) -> int:
    return SURE if _BEGIN.match(head.text[:4096]) else 0


FORMAT = Format(
    name="gml",
    title="GML",
    about="Keys and values in brackets, as networkx, igraph, yEd and many collections of networks have it.",
    extensions=("gml",),
    content_types=("text/x-gml",),
    parse=late("gml_reader", "parse"),
    write=late("gml_writer", "write"),
    sniff=_sniff,
    keeps=frozenset({"direction", "ids", "nodes", "node attributes", "edge attributes", "graph attributes"}),
    rank=6,
    options=(
        Option(
            "label", "The key that names the nodes, such as id or name.", (), "label; id where the first node has none"
        ),
        Option(
            "values",
            "What is done with values that GML has not (true, false, null, lists in lists): refuse, or write JSON text.",
            ("refuse", "json"),
            "refuse",
            reading=False,
            writing=True,
        ),
    ),
    reads=(
        "Nodes are named by their `label`, or by `id` where the first node has no label, or by the key that option `label` names.",
        "Texts may lack their quotes. `multigraph 1` is understood as long as no two edges are parallel; the `key` of edges is left out then.",
        "Attribute names are a letter, then letters, digits and `_`; names that GML uses itself are refused when writing, but for `label` of nodes, which is written as `networkx_mcp_label` and comes back. Option `values=json` writes true, false, null and lists of lists as JSON text.",
        "GML of other programs is often Latin-1: say `encoding=latin-1`.",
    ),
    example="""\
graph [
  directed 1
  node [ id 0 label "a" color "red" ]
  node [ id 1 label "b" ]
  edge [ source 0 target 1 weight 2.5 ]
]
""",
)
