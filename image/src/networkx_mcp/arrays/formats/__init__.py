"""Graphs as files: edge list, CSV, adjacency list, node-link JSON, GraphML, GML, Parquet, Arrow.

`parse` makes a frozen graph or raises an error that names the line, and changes nothing; `write` gives
the bytes of a file in chunks. What a format cannot carry is said in its module, and refused when
writing, never dropped silently.

Options of all formats when reading: `directed` (true or false; where the format says it itself the two
must agree), `duplicates` (`error`, `update` or `skip`: what a repeated edge is), `ids` (`auto`,
`string` or `integer`: how untyped text names nodes; `auto` is integers where every id of the file
is one). Further options are listed in the modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, Final

from ...errors import InvalidInput
from ..frozen import FrozenGraph
from ..state import GraphState
from . import adjacency_list, columnar, csv, edge_list, gml, gml_writer, graphml, graphml_writer, node_link
from .common import FormatError, Options, ParseLimits
from .sink import Sink

__all__ = ["FORMATS", "FormatError", "ParseLimits", "parse", "write"]

Parser = Callable[[IO[bytes], Options, Sink], None]
Writer = Callable[[GraphState, Options], Iterator[bytes]]

_FORMATS: Final[Mapping[str, tuple[Parser, Writer]]] = {
    "csv": (csv.parse, csv.write),
    "edge-list": (edge_list.parse, edge_list.write),
    "adjacency-list": (adjacency_list.parse, adjacency_list.write),
    "node-link": (node_link.parse, node_link.write),
    "graphml": (graphml.parse, graphml_writer.write),
    "gml": (gml.parse, gml_writer.write),
    "parquet": (columnar.parse_parquet, columnar.write_parquet),
    "arrow": (columnar.parse_arrow, columnar.write_arrow),
}
#: Names of the formats.
FORMATS: Final = tuple(_FORMATS)


def parse(file: IO[bytes], format_: str, options: Mapping[str, Any], limits: ParseLimits) -> FrozenGraph:
    """The graph in a file that can be read from its present position to its end.

    Raises FormatError (data `line`, where lines exist), InvalidInput for unknown formats and options,
    LimitExceeded past `limits`.
    """
    reader, _ = _known(format_)
    found = Options(options)
    sink = Sink(limits, found)
    limits.check_file(file)
    try:
        reader(file, found, sink)
    except UnicodeDecodeError as error:
        raise FormatError(f"the file is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise FormatError("values are nested too deeply") from None
    return sink.freeze()


def write(state: GraphState, format_: str, options: Mapping[str, Any]) -> Iterator[bytes]:
    """The bytes of `state` in a format.

    Raises InvalidInput for unknown formats and options, and (as late as its bytes are made) for what the
    format cannot carry.
    """
    _, writer = _known(format_)
    return writer(state, Options(options))


def _known(format_: str) -> tuple[Parser, Writer]:
    try:
        return _FORMATS[format_]
    except KeyError:
        raise InvalidInput(f"format {format_!r} is unknown: use one of {', '.join(FORMATS)}", field="format") from None
