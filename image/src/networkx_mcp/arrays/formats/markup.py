"""XML, read as a stream and safely: no entities are declared, nothing outside of the file is fetched."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO, Any, Final, Protocol
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from networkx_mcp.arrays.formats.common import FormatError

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


class Lines(Protocol):
    """What knows the line that is read."""

    def getLineNumber(self) -> int | None: ...  # noqa: N802


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
