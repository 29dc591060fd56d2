"""GEXF: XML of Gephi, as networkx, Gephi, NodeXL and sigma.js write it. What and how is said in `FORMAT`.

Two additions that other programs pass over make the way back exact: an attribute with `networkx-mcp.json="true"` holds JSON text (null,
lists, objects, large integers), and `networkx-mcp.ids="json"` of the graph says that ids are JSON texts where both types occur. Integer
ids are `idtype="integer"`.

Source: https://gexf.net/schema.html (1.1 to 1.3). It is read here by the safe reader of XML, not by networkx, whose reader is open to
entities that inflate.
"""

from __future__ import annotations

from networkx_mcp.arrays.formats.record import SURE, FileHead, Format, late


def _sniff(head: FileHead) -> int:
    return SURE if head.has_element("gexf") else 0


FORMAT = Format(
    name="gexf",
    title="GEXF",
    about="XML of Gephi with typed attributes, as Gephi, networkx, NodeXL and sigma.js write it.",
    extensions=("gexf",),
    content_types=("application/gexf+xml",),
    parse=late("gexf_reader", "parse"),
    write=late("gexf_writer", "write"),
    sniff=_sniff,
    declares_encoding=True,
    keeps=frozenset({"direction", "ids", "nodes", "node attributes", "edge attributes"}),
    rank=7,
    reads=(
        'Labels of nodes and edges, `id` and `weight` of edges, `pid`, `start`, `end` and `viz` are attributes of that name, as networkx reads them. Ids are text unless the file says `idtype="integer"`, or you say `ids=auto` or `ids=integer`.',
        "Nodes inside of nodes are nodes like others, their attribute `pid` names the outer one. A mutual edge of a directed graph is an edge in both directions. Directed and undirected edges in one graph are refused; where all are of the other kind than the file says, they count.",
        "A value that changes with time is a list of `[value, start, end]`, the attribute `spells` one of `[start, end]`.",
        "Of attributes of the graph only `name`, a text, has a place; others are refused when writing.",
    ),
    example="""\
<gexf xmlns="http://gexf.net/1.3" version="1.3">
  <graph defaultedgetype="directed">
    <attributes class="node">
      <attribute id="0" title="color" type="string"/>
    </attributes>
    <nodes>
      <node id="a" label="Ann"><attvalues><attvalue for="0" value="red"/></attvalues></node>
      <node id="b"/>
    </nodes>
    <edges>
      <edge source="a" target="b" weight="2.5"/>
    </edges>
  </graph>
</gexf>
""",
)
