"""Graphs as files. Each format is one module with one record (`record`), and `registry` finds them all.

`load` makes a frozen graph and tells what was done (`Reading`), or raises an error that names the line, and changes
nothing; `write` gives the bytes of a file in chunks. What a format cannot carry is said in its module, and refused
when writing, never dropped silently. Options are listed in the records; `COMMON` ones are those of all formats.

The parsers are our own: of the same files with 300,000 edges networkx made its graphs in 1.4 (node-link) to 4.5 (CSV) times their CPU
time, and of GraphML in 832 MiB where ours took 162 (`python benchmarks/formats.py --sizes 100000`; benchmarks/results/formats_beside.json).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from networkx_mcp.arrays.formats.common import FormatError, Hints, Into, NotInteger, Options, ParseLimits, Shape
from networkx_mcp.arrays.formats.encoding import as_utf8
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.formats.recognise import choose
from networkx_mcp.arrays.formats.record import COMMON, OF_TABLES, OF_UPLOADS, TELLING_TABLES, Format, Option
from networkx_mcp.arrays.formats.registry import READ, RECORDS, WRITTEN, known, of_content_type, of_name
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

__all__ = [
    "COMMON",
    "OF_UPLOADS",
    "READ",
    "RECORDS",
    "WRITTEN",
    "Format",
    "FormatError",
    "Hints",
    "Into",
    "Option",
    "ParseLimits",
    "ParsedGraph",
    "Reading",
    "known",
    "load",
    "of_content_type",
    "of_name",
    "parse",
    "write",
]


class ParsedGraph(NamedTuple):
    """A graph and what was done to make it."""

    graph: FrozenGraph
    reading: Reading


def load(
    file: IO[bytes],
    format_: str,
    options: Mapping[str, Any],
    limits: ParseLimits,
    hints: Hints | None = None,
    into: Into | None = None,
    shape: Shape | None = None,
) -> ParsedGraph:
    """The graph in a file that can be read from its present position to its end.

    `format_` empty: as content and name (`hints`) tell. `into`: the graph that it is to be merged into. `shape`: what is made
    of its table first (the option `sql`, in words that this package knows nothing of). Raises FormatError (data `line`, where lines exist),
    InvalidInput for unknown formats and options and where the format cannot be told, LimitExceeded past `limits`.
    """
    hints = hints or Hints()
    limits.check_file(file)
    if shape is not None:
        options = {**options, "sql": ""}
    found = Options(options)
    encoding = found.text("encoding") or hints.encoding
    tabular = next((name for name in OF_TABLES if options.get(name) is not None), None)
    told = any(options.get(name) is not None for name in TELLING_TABLES)
    record, chosen_by = choose(file, format_, hints.filename, encoded=bool(encoding), tabular=told)
    if tabular is not None and not record.tabular:
        raise InvalidInput(
            f"option {tabular} is for tables ({', '.join(name for name in READ if RECORDS[name].tabular)}), and the file is "
            f"{record.title}",
            field=f"options.{tabular}",
        )
    if record.text and encoding:
        file = as_utf8(file, encoding, limits)
    if record.tabular:
        found.text("sql")
    sink = Sink(limits, found, into, shape)
    sink.recoded = record.text and bool(encoding)
    sink.reading.format, sink.reading.format_from = record.name, chosen_by
    assert record.parse is not None
    try:
        record.parse(file, found, sink)
    except NotInteger as error:
        if into is None or sink.ids_given == "integer":
            raise
        hint = "as in the graph; ids=string would make other nodes of all. Send rows with such ids by themselves, with ids=string"
        raise NotInteger(error.problem_of_id, error.place, hint) from None
    except UnicodeDecodeError as error:
        raise FormatError(f"the file is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise FormatError("values are nested too deeply") from None
    return ParsedGraph(sink.freeze(), sink.reading)


def parse(file: IO[bytes], format_: str, options: Mapping[str, Any], limits: ParseLimits) -> FrozenGraph:
    """As `load`, the graph alone."""
    return load(file, format_, options, limits).graph


def write(state: GraphState, format_: str, options: Mapping[str, Any]) -> Iterator[bytes]:
    """The bytes of `state` in a format.

    Raises InvalidInput for unknown formats and options, and (as late as its bytes are made) for what the
    format cannot carry.
    """
    record = known(format_, WRITTEN)
    assert record.write is not None
    return record.write(state, Options(options))
