"""XML, read as a stream and safely: no entities are declared, nothing outside of the file is fetched."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import IO, Any, ClassVar, Final, Protocol
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from networkx_mcp.arrays.formats.common import FormatError, Place, counted
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.ids import NodeId

#: What ours adds to GraphML and GEXF: text that is JSON, and what the ids of a graph are.
JSON: Final = "networkx-mcp.json"
IDS: Final = "networkx-mcp.ids"

_CHUNK: Final = 64 * 1024
#: Longest tag or comment, in bytes. Expat (before 2.6) reads an unfinished one again from its start with each chunk, in time that
#: grows with the square of its length: 18 s for 30 MB.
MAX_TAG: Final = 1024 * 1024
_DECLARED: Final = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*?(\sencoding\s*=\s*(?:"[^"]*"|'[^']*'))""")
#: A document type that declares nothing itself.
_DOCTYPE: Final = re.compile(
    rb"""^(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*\?>|<!--.*?-->)*(<!DOCTYPE\s+[^\s>\[]+(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s*(?:"[^"]*"|'[^']*')?)?\s*>)""",
    re.DOTALL,
)
_TEXT: Final = re.compile(rb"[^\n]")


#: Elements inside each other; GraphML needs five, and groups of nodes count.
_MAX_DEPTH: Final = 64
#: Numbers as values are written; a whole float is an integer where the type says so.
INT: Final = re.compile(r"[+-]?[0-9]{1,400}", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}\.0*", re.ASCII)
FLOAT: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
#: What programs write where there is no number.
NOTHING: Final = frozenset({"", "nan", "+nan", "-nan", "na", "null", "none"})
_decode: Final = msgspec.json.Decoder().decode


class Lines(Protocol):
    """What knows the line that is read."""

    def getLineNumber(self) -> int | None: ...  # noqa: N802


class Elements(ContentHandler):
    """What is told of a file's elements, in order; knows the line, and which elements are open.

    A format says what it knows (`known`) and has a method `_begin_<what>` for each, `_end` for the ends of what it knows, and
    `_unknown` for all else.
    """

    #: Parent and element -> what begins; "" where nothing does, `skip` where the element is passed over.
    known: ClassVar[Mapping[tuple[str, str], str]]

    def __init__(self, place: Lines) -> None:
        super().__init__()
        self._lines = place
        self._graphs = 0
        #: Elements of other programs that were passed over.
        self._foreign: Counter[str] = Counter()
        self._stack: list[str] = []
        #: Depth of an element that is passed over, and all in it.
        self._skip = 0

    @property
    def line(self) -> int:
        """The present line."""
        return int(self._lines.getLineNumber() or 1)

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        parent = self._stack[-1] if self._stack else ""
        self._stack.append(name)
        if len(self._stack) > _MAX_DEPTH:
            raise FormatError(f"elements nest deeper than {_MAX_DEPTH}", self.line)
        if self._skip:
            self._skipped_begins(name)
            return
        what = self.known.get((parent, name))
        if what is None:
            self._unknown(parent, name)
            self._skip = len(self._stack)
        elif what == "skip":
            self._skip = len(self._stack)
        elif what:
            getattr(self, f"_begin_{what}")(attrs)

    def endElement(self, name: str) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        depth = len(self._stack)
        self._stack.pop()
        if not self._skip:
            self._end(name)
            return
        self._skipped_ends(name)
        if depth == self._skip:
            self._skip = 0

    def _end(self, name: str) -> None:
        """An element that is known ends."""

    def _unknown(self, parent: str, name: str) -> None:
        """An element that the format has not here; it is passed over unless this raises FormatError."""

    def _skipped_begins(self, name: str) -> None:
        """An element in one that is passed over begins."""

    def _skipped_ends(self, name: str) -> None:
        """An element that is passed over, or in one that is, ends."""

    def enter_graph(self) -> None:
        """A graph begins. Raises FormatError where it is not the first."""
        self._graphs += 1
        if self._graphs > 1:
            raise FormatError("a second <graph>: send one graph a file", self.line)

    def check_graph(self) -> None:
        """The file ends. Raises FormatError where no graph was in it."""
        if not self._graphs:
            raise FormatError("there is no <graph> in the file", self.line)

    def note_foreign(self, reading: Reading) -> None:
        """Say which elements were passed over."""
        for name, count in self._foreign.items():
            reading.note(f"{counted(count, 'element', f' <{name[:60]}>')} passed over")

    def need(self, attrs: AttributesImpl, name: str, element: str) -> str:
        """An attribute that must be there. Raises FormatError."""
        value: str | None = attrs.get(name)
        if value is None:
            raise FormatError(f"<{element}> has no {name}", self.line)
        return value


def scalar(kind: str, bare: str, name: str, line: int) -> Any:
    """The value that a text without blanks around it is, of kind int, float, boolean or json. Raises FormatError."""
    if kind == "int" and (INT.fullmatch(bare) or _WHOLE.fullmatch(bare)):
        return int(bare.partition(".")[0])
    if kind == "float" and FLOAT.fullmatch(bare) and math.isfinite(float(bare)):
        return float(bare)
    if kind == "float" and (FLOAT.fullmatch(bare) or bare.lower().lstrip("+-") in ("inf", "infinity")):
        raise FormatError(f"{name[:60]!r} is {bare[:60]}, which is no number of JSON: leave it out", line)
    if kind == "boolean" and bare.lower() in ("true", "false", "1", "0"):
        return bare.lower() in ("true", "1")
    if kind == "json":
        try:
            return _decode(bare)
        except (msgspec.DecodeError, RecursionError):
            pass
    raise FormatError(f"{name[:60]!r} is {bare[:60]!r}, which is no {kind}", line)


def json_id(text: str, place: Place) -> NodeId:
    """The id that a JSON text or integer is. Raises FormatError."""
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise FormatError(f"id {text[:60]!r} is no JSON text or integer", place)
    return found


def parse_xml(file: IO[bytes], make: Callable[[Lines], ContentHandler], *, recoded: bool) -> None:
    """Tell the handler that `make` makes what is in a file.

    `recoded`: the text is UTF-8, whatever it declares. A document type is passed over, unless it declares something
    itself: then it is refused. Raises FormatError with the line.
    """
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(make(parser))
    fed = 0
    try:
        data = _plain(file.read(_CHUNK), recoded=recoded)
        if not data.strip(b"\xef\xbb\xbf \t\r\n"):
            raise FormatError("the file is empty: there is no element in it")
        while data:
            parser.feed(data)
            fed += len(data)
            expat: Any = vars(parser)["_parser"]  # xml.sax has no name for it
            # Expat says where the part begins that it could not finish.
            if fed - expat.CurrentByteIndex > MAX_TAG:
                raise FormatError(f"a tag or comment is longer than {MAX_TAG} bytes", parser.getLineNumber() or 1)
            data = file.read(_CHUNK)
        parser.close()
    except SAXParseException as error:
        raise FormatError(f"not well-formed XML: {error.getMessage()}", error.getLineNumber()) from None
    except DefusedXmlException:
        raise FormatError(
            "declarations of entities and document types are not allowed: remove them", parser.getLineNumber() or 1
        ) from None
    except (SAXException, LookupError, ValueError) as error:
        raise FormatError(f"not XML that can be read: {error}", parser.getLineNumber() or 1) from None


def _plain(head: bytes, *, recoded: bool) -> bytes:
    """The beginning of a file with blanks in place of what must not count; lines stay lines."""
    for pattern in (_DECLARED, _DOCTYPE) if recoded else (_DOCTYPE,):
        if found := pattern.match(head):
            head = head[: found.start(1)] + _TEXT.sub(b" ", found[1]) + head[found.end(1) :]
    return head
