"""GraphML, as networkx.write_graphml and others write it: keys with types, nodes, edges, data.

Read: types boolean, int, integer, long, float, double, string; defaults are given to every node or edge
without the value. Ids are text (option `ids`: `string`, the default, `auto` or `integer`). An `id` of an edge
becomes its attribute `id`. Of yEd's graphics only the labels are read, as attribute `label`. Refused:
hyperedges, ports, graphs inside nodes, edges whose direction differs from the graph's, document type declarations.

Written: a key for each name and type of value. Two additions that other programs pass over make the way back
exact: a key with `networkx-mcp.json="true"` holds JSON text (null, lists, objects), and `networkx-mcp.ids` of the
graph says that ids are integers, or (`json`) JSON texts where both types occur. Characters that XML cannot
hold are refused.
"""

from __future__ import annotations

from networkx_mcp.arrays.formats.record import SURE, FileHead, Format, late


def _sniff(head: FileHead) -> int:
    return SURE if head.has_element("graphml") else 0


FORMAT = Format(
    name="graphml",
    title="GraphML",
    about="XML with typed keys, as networkx, yEd, Gephi, igraph and Neo4j write it.",
    extensions=("graphml",),
    content_types=("application/graphml+xml",),
    parse=late("graphml_reader", "parse"),
    write=late("graphml_writer", "write"),
    sniff=_sniff,
    declares_encoding=True,
    keeps=frozenset({"direction", "ids", "nodes", "node attributes", "edge attributes", "graph attributes"}),
    rank=5,
    reads=(
        "Types are boolean, int, long, float, double and string; values of types that GraphML has not are text. An empty number or truth value is missing. Ids are text unless you say `ids=auto` or `ids=integer`.",
        "Nodes inside of groups are nodes like others, as networkx reads them. Ports and locators are passed over; the ports of an edge are its attributes `sourceport` and `targetport`.",
        "Of the XML of yEd and yFiles the labels are read, as attribute `label`. XML of other programs is passed over and counted.",
        "A document type that declares nothing is passed over. Entities, hyperedges and a second graph are refused.",
    ),
    example="""\
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="w" for="edge" attr.name="weight" attr.type="double"/>
  <graph edgedefault="directed">
    <node id="a"/>
    <node id="b"/>
    <edge source="a" target="b"><data key="w">2.5</data></edge>
  </graph>
</graphml>
""",
)
