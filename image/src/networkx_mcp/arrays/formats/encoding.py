"""Text in other encodings than UTF-8, where the caller says which."""

from __future__ import annotations

import codecs
import io
import re
from typing import IO, Final

from networkx_mcp.arrays.formats.common import FormatError, ParseLimits
from networkx_mcp.errors import InvalidInput, shortened

_LINES: Final = re.compile(rb"\r\n|\r|\n")
#: Python's names of the encodings that files have; codecs that are none, or slow on purpose (idna, punycode), are not.
ALLOWED: Final = frozenset(
    {"utf-8", "utf-8-sig", "ascii", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "mac-roman"}
    | {f"iso8859-{part}" for part in (1, *range(2, 12), *range(13, 17))}
    | {f"cp{page}" for page in (437, 850, 852, 858, 866, 932, 936, 949, 950, *range(1250, 1259))}
    | {"koi8-r", "koi8-u", "shift_jis", "euc_jp", "euc_kr", "gb2312", "gbk", "gb18030", "big5"}
)


def known_encoding(name: str) -> str:
    """Python's name of an encoding. Raises InvalidInput (field `options.encoding`) for what is none that is read."""
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        found = ""
    if found not in ALLOWED:
        raise InvalidInput(
            f"encoding {shortened(repr(name))} is not known here: use utf-8, utf-16, latin-1, windows-1252 or the like, "
            "or send UTF-8 text",
            field="options.encoding",
        )
    return found


def as_utf8(file: IO[bytes], encoding: str, limits: ParseLimits) -> IO[bytes]:
    """The rest of a file as UTF-8. Raises FormatError where its bytes are not of the encoding, LimitExceeded where the
    text is too large."""
    name = known_encoding(encoding)
    if name in ("utf-8", "utf-8-sig", "ascii"):
        return file  # bytes that are not UTF-8 are refused with their line
    data = file.read()
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        raise FormatError(f"not {encoding[:40]} text ({error.reason} at byte {error.start} of the file)") from None
    again = io.BytesIO(text.removeprefix("\ufeff").encode())
    limits.check_file(again)
    return again


def refuse_encoding(data: bytes, lines_before: int = 0) -> None:
    """Raises FormatError with the line and what to do where bytes are not UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = lines_before + len(_LINES.findall(data, 0, error.start)) + 1
        raise FormatError(not_utf8(error), line) from None


def not_utf8(error: UnicodeDecodeError) -> str:
    """What is wrong and what to do."""
    return (
        f"not UTF-8 text ({error.reason} at byte {error.start}): save it as UTF-8, or give its encoding, often latin-1 or "
        "windows-1252, by option encoding or by the charset of the content type"
    )
