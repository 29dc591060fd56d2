"""CSV, written; what and how is said in `csv`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import MISSING, Column
from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import id_column
from networkx_mcp.arrays.formats.table import Page, attribute_names, end_columns, node_rows_wanted, pages
from networkx_mcp.arrays.formats.text import one_type, refuse_graph_attributes
from networkx_mcp.arrays.state import GraphState

#: Rows written at once.
_PAGE: Final = 1 << 15
_encode = msgspec.json.Encoder().encode


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    graph = state.freeze()
    ends = end_columns(options)
    delimiter = options.separator() or ","
    nodes = node_rows_wanted(graph, options)
    options.finish()
    refuse_graph_attributes(graph.graph_attributes, "csv")
    names = attribute_names(graph, ends, "csv")
    ids = _quoted(one_type(id_column(graph), "csv").cast(pa.string()), delimiter)

    def made() -> Iterator[bytes]:
        yield _lines([_quoted(pa.array([name]), delimiter) for name in (*ends, *names)], delimiter)
        for page in pages(graph, nodes, _PAGE):
            yield _lines(_cells(page, ids, names, delimiter), delimiter)

    return made()


def _cells(page: Page, ids: pa.Array, names: list[str], delimiter: str) -> list[pa.Array]:
    count = len(page.sources)
    empty = pa.nulls(count, pa.string())
    cells = [ids.take(pa.array(page.sources)), empty if page.targets is None else ids.take(pa.array(page.targets))]
    for name in names:
        column = page.columns.get(name)
        cells.append(empty if column is None else _texts(column, delimiter))
    return cells


def _lines(cells: list[pa.Array], delimiter: str) -> bytes:
    """Cells of equal length as lines; null is an empty cell."""
    rows = pc.binary_join_element_wise(*cells, delimiter, null_handling="replace", null_replacement="")
    rows = pc.binary_join_element_wise(rows, "", "\n")
    return b"" if not len(rows) else bytes(rows.buffers()[2])


def _texts(column: Column, delimiter: str) -> pa.Array:
    """Values as cells."""
    values = column.values
    if column.kind == "string":
        return _quoted(values, delimiter)
    if column.kind == "json":
        found = [
            None if value is MISSING else value if isinstance(value, str) else _encode(value).decode()
            for value in column.to_list()
        ]
        return _quoted(pa.array(found, pa.string()), delimiter)
    texts = values.cast(pa.string())
    if column.kind == "float":
        # Arrow writes 2.0 as 2, which would come back as an integer.
        bare = pc.match_substring_regex(texts, r"^-?\d+$")
        texts = pc.if_else(bare, pc.binary_join_element_wise(texts, ".0", ""), texts)
    return texts


def _quoted(texts: pa.Array, delimiter: str) -> pa.Array:
    """Text as cells: in quotes where it must be."""
    special = pc.match_substring_regex(texts, f'["\\r\\n{re.escape(delimiter)}]')
    needed = pc.or_(special, pc.equal(pc.binary_length(texts), 0))
    if not pc.any(needed).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise('"', doubled, '"', ""), texts)
