"""What is known of a format, in one record: the module that reads and writes it makes it, `registry` finds it.

Names, content types, documents, tools and tests are made from these records, so a new format is one new file.
"""

from __future__ import annotations

import codecs
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Final, Literal, TypeAlias

from networkx_mcp.arrays.aggregate import AGGREGATES
from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.state import GraphState

if TYPE_CHECKING:
    from networkx_mcp.arrays.formats.sink import Sink

#: Reads a file into the sink. Raises FormatError, LimitExceeded, InvalidInput (options).
Parser: TypeAlias = "Callable[[IO[bytes], Options, Sink], None]"
#: Makes the bytes of a file. Raises InvalidInput, as late as they are made, for what the format cannot carry.
Writer: TypeAlias = Callable[[GraphState, Options], Iterator[bytes]]


def late(module: str, name: str) -> Callable[..., Any]:
    """A parser or writer that stands in another module of this package, imported when it is first called.

    All records are made where a server starts, and only a worker parses: expat and what it needs is nothing to the others.
    """

    def call(*arguments: Any) -> Any:
        return getattr(importlib.import_module(f"{__package__}.{module}"), name)(*arguments)

    return call


#: What a format has a place for.
Part: TypeAlias = Literal["direction", "ids", "nodes", "node attributes", "edge attributes", "graph attributes"]

#: How sure a look at a file's beginning is: it has a mark that files of other formats do not have, ...
SURE: Final = 100
#: ... it looks like this format and hardly like another, ...
LIKELY: Final = 60
#: ... or it may be this format where nothing else is surer.
POSSIBLE: Final = 20
#: Bytes that are looked at.
HEAD_BYTES: Final = 64 * 1024


#: A declaration, comments and a document type may come first.
_FIRST_ELEMENT: Final = re.compile(
    r"\s*(?:(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[[^]]*\]\s*)?>)\s*)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL
)


class FileHead:
    """The beginning of a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data[:HEAD_BYTES]

    @cached_property
    def text(self) -> str:
        """As UTF-8 text without byte order mark, lines ended by `\\n`; empty where it is none."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        try:
            text = decoder.decode(self.data, final=len(self.data) < HEAD_BYTES)  # the last character may be cut
        except UnicodeDecodeError:
            return ""
        return "" if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def lines(self) -> list[str]:
        """Whole lines that are not empty, without white space around them; those of the beginning."""
        lines = self.text.split("\n")
        if len(self.data) >= HEAD_BYTES:
            lines.pop()
        return [line.strip() for line in lines if line.strip()]

    @cached_property
    def content(self) -> list[str]:
        """As `lines`, without comments (`#` and `%` begin one)."""
        return [line for line in self.lines if line[0] not in "#%"]

    @cached_property
    def json(self) -> str:
        """The text where it begins as a JSON object does, else empty."""
        return self.text if re.match(r'\s*\{\s*("|\})', self.text) else ""

    def has_element(self, name: str) -> bool:
        """Whether it is XML whose first element has this name, whatever its prefix."""
        wide = self.data[:2] in (b"\xff\xfe", b"\xfe\xff")
        # Names of elements are ASCII, whatever 8-bit encoding the file declares.
        markup = self.text or self.data.decode("utf-16" if wide else "latin-1", "replace")
        found = _FIRST_ELEMENT.match(markup)
        return found is not None and found[1] == name


def never(_: FileHead) -> int:
    """Content tells nothing: another format's files look the same."""
    return 0


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a format."""

    name: str
    #: What it does, in a sentence.
    meaning: str
    #: The words that it may be; empty: any text.
    values: tuple[str, ...] = ()
    #: What holds where it is not given, in words.
    default: str = ""
    reading: bool = True
    writing: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A format."""

    #: As in `?format=`.
    name: str
    #: As in a sentence.
    title: str
    #: What it is and who writes it, in sentences for the documents.
    about: str
    #: Ends of file names, without the dot, in lower case; a download is named with the first.
    extensions: tuple[str, ...]
    #: The first is that of downloads. One that several formats have says nothing.
    content_types: tuple[str, ...]
    #: None: it is not read.
    parse: Parser | None
    #: None: it is not written.
    write: Writer | None
    #: How surely a file is one of these (SURE, LIKELY, POSSIBLE or 0).
    sniff: Callable[[FileHead], int] = never
    #: Whether files are text, so that they may pass through a model.
    text: bool = True
    #: Whether a file may say itself in which encoding its text is.
    declares_encoding: bool = False
    #: What comes back as it was written. `direction`: the file says whether it is directed; `ids`: ids keep
    #: their types; `nodes`: nodes without edges.
    keeps: frozenset[Part] = frozenset()
    #: Whether it holds undirected graphs alone: a directed one is refused when writing, and a file need not say what it is.
    undirected: bool = False
    #: Whether it is a table with named columns.
    tabular: bool = False
    #: Its place in lists: what is used most comes first.
    rank: int = 50
    #: Those of its own; all formats have the ones in `COMMON`.
    options: tuple[Option, ...] = ()
    #: What is understood beside the plain case, and what is refused, in sentences for the documents.
    reads: tuple[str, ...] = ()
    #: A small file, for the documents; empty for binary ones.
    example: str = ""

    @property
    def content_type(self) -> str:
        """That of downloads."""
        return self.content_types[0]


#: What may become of an edge that stands twice.
DUPLICATES: Final = ("error", "update", "skip", *AGGREGATES)
#: Options of all formats when reading.
COMMON: Final = (
    Option(
        "directed",
        "Whether edges have a direction. Where the file says it itself the two must agree.",
        ("true", "false"),
        "what the file says, else false",
    ),
    Option(
        "duplicates",
        "What an edge that stands twice is: an error; an update of the attributes; nothing (`skip`); or how the values of each attribute "
        "become one: sums and means of numbers, extremes, the `first` or `last` that is there, a `list`. `count` keeps the first and counts "
        "the rows in an attribute `count`.",
        DUPLICATES,
        "error",
    ),
    Option(
        "ids",
        "How untyped text names nodes: `auto` makes integers where every id of the file is one.",
        ("auto", "string", "integer"),
        "auto; string where the format says that ids are text",
    ),
    Option(
        "encoding",
        "The encoding of a text file, such as latin-1 or utf-16.",
        (),
        "the charset of the content type, else UTF-8",
    ),
)
#: Options of every upload, whatever its format: not the parsers but the graph service takes them.
OF_UPLOADS: Final = (
    Option(
        "mode",
        "What becomes of the graph that is there: the file takes its place, or is merged into it.",
        ("replace", "merge"),
        "replace",
    ),
    Option(
        "if_missing",
        "With `mode=merge`, nodes of the file that the graph does not have: made, left out with their edges, or an error.",
        ("add", "skip", "error"),
        "add",
    ),
)
#: Names of options that say that a file is a table.
OF_TABLES: Final = ("part", "id", "incomplete", "sql")
#: Those, and further ones that tell the format of a text, as no other has them.
TELLING_TABLES: Final = (*OF_TABLES, "source", "target", "header")
DELIMITER: Final = Option("delimiter", "One character that separates cells.", (), "white space", True, False)
