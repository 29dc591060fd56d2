"""CSV: a header line, then an edge a line; columns of the ends by name, every other column an attribute.

    source,target,weight,color
    a,,,red
    a,b,2.5,

A row without a target is a node by itself, its other cells are attributes of the node.

The header may stand behind comments (`#`, `%`, of which the last may be the header itself), behind a line `sep=;`, and
have names in any case and with blanks around them. The ends are the columns that `table.END_NAMES` lists, or those of options
`source` and `target`; nothing is guessed from the position of a column. The row numbers that pandas and R write first are
left out. Gephi's `Type` says whether the graph is directed.

Ids are text, or integers where all of the file are. In a column of attributes an empty cell is a missing value
(`""` is empty text) and the others are integers, numbers or true/false where all of them read so, else text,
dates included. Among numbers and true/false `NA`, `NULL`, `None`, `NaN`, `\\N` and the like are missing values, which is what
programs mean that write them; they are counted. In a column of text they are text. JSON has no `inf`: a column with
infinities (`inf`, `1e999`), or of nothing but `nan`, is text. So types are those of the
columns: `007` in a column of numbers is 7, text that reads as a number comes back as one, integers beyond 64 bits as
floats.

Writing: rows of nodes come first when any node has attributes or no edge (option `nodes`: `auto`, `all`, `none`);
null, lists and objects are written as JSON text. Attributes of the graph and ids of both types are refused.
"""

from __future__ import annotations

from networkx_mcp.arrays.formats.csv_layout import find_layout
from networkx_mcp.arrays.formats.record import LIKELY, FileHead, Format, Option, late
from networkx_mcp.arrays.formats.table import ENDS, NODE_ROWS, SHAPES


def _sniff(head: FileHead) -> int:
    """A header that names the ends, and cells behind it."""
    layout = find_layout(head.text, None)
    return LIKELY if layout is not None and layout.ends is not None else 0


FORMAT = Format(
    name="csv",
    title="a CSV table",
    about="A table with a header line and an edge a line, as spreadsheets, pandas, R, Gephi and databases write it.",
    extensions=("csv", "tsv"),
    content_types=("text/csv", "text/tab-separated-values", "application/csv"),
    parse=late("csv_reader", "parse"),
    write=late("csv_writer", "write"),
    sniff=_sniff,
    keeps=frozenset({"nodes", "node attributes", "edge attributes"}),
    tabular=True,
    rank=1,
    options=(
        *ENDS,
        *SHAPES,
        Option(
            "delimiter",
            "One character that separates cells.",
            (),
            "as the header tells when reading (comma, semicolon, tab, |); a comma when writing",
            True,
            True,
        ),
        Option("header", "Whether the first line names the columns.", ("true", "false"), "true"),
        Option("decimal", "What stands before the fraction of a number.", (".", ","), "."),
        NODE_ROWS,
    ),
    reads=(
        "The two columns of the ends are found by their names, in any case and with blanks around them: `source` and `target`, `from` and `to`, `src` and `dst`, `:START_ID` and `:END_ID` and a few more. Where none of these are there, name them by the options `source` and `target`: nothing is guessed from the position of a column. The answer says which columns were taken.",
        "Every other column is an attribute. A row without a target is a node by itself, and its other cells are attributes of that node.",
        "Comments (`#`, `%`) and empty lines may stand before the header, and the last comment may be the header. The first line of SNAP (`# Directed graph`) makes the graph directed. Rows of empty cells are passed over. A line `sep=;` of Excel is understood, as are semicolons, tabs and bars where the header shows them.",
        "A table without a header needs `header=false`: the columns are then source, target and, where there is a third one alone, weight.",
        "Row numbers that pandas and R write into a first column without a name are left out. A `Type` column of Gephi that says Directed in all rows makes a directed graph; a mixed one is refused.",
        "A column whose cells are all integers, numbers or true/false has that type; everything else is text, dates included. Empty cells are missing. Among numbers and true/false so are `NA`, `NULL`, `None`, `NaN`, `\\N` and the like; in a column of text they are text. A column with infinite numbers stays text, and the answer says so. Numbers with a decimal comma need `decimal=,`.",
        "Ids are integers where all of the file are: `ids=string` keeps them text.",
    ),
    example="""\
source,target,weight,color
a,,,red
a,b,2.5,
""",
)
