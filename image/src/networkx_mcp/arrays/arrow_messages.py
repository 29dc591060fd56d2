"""The messages of an Arrow stream or file, read without pyarrow and without inflating anything.

pyarrow allocates what a compressed buffer declares before it looks at the data, so a few bytes could ask for all
memory; and several columns may share one buffer, so a few bytes may stand for many. Both stand in the message headers
(flatbuffers, read here by hand: the tables are Message, DictionaryBatch and RecordBatch of Arrow's Message.fbs) and in
the first eight bytes of each buffer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_INT32 = struct.Struct("<i")
_INT64 = struct.Struct("<q")
_PAIR = struct.Struct("<qq")
#: Offset, length of the header, length of the body; four bytes between are padding.
_BLOCK = struct.Struct("<qi4xq")
_MARK: Final = b"ARROW1"
SCHEMA: Final = 1
DICTIONARY: Final = 2
RECORDS: Final = 3
_CONTINUES = -1


class ArrowMessage(NamedTuple):
    """One message. `buffers`: (offset, length) of each in the body of `size` bytes."""

    kind: int
    rows: int
    size: int
    buffers: list[tuple[int, int]]
    #: Bytes once all buffers are inflated, as they say.
    inflated: int
    compressed: bool


def messages(stream: Any) -> Iterator[ArrowMessage]:
    """The messages of a stream, one by one. ValueError where it is broken."""
    data = memoryview(stream).cast("B")
    try:
        yield from _messages(data)
    except (struct.error, IndexError) as error:
        raise ValueError("a message header cannot be read") from error


def is_file(data: Any) -> bool:
    """Whether it begins as a file does; else it may be a stream."""
    return bytes(memoryview(data).cast("B")[: len(_MARK)]) == _MARK


def of_file(file: Any) -> Iterator[ArrowMessage]:
    """The dictionaries and batches that the footer of a file names, which is what its readers read: some writers leave
    the end mark of the stream out, others write the schema into the footer alone. ValueError where it is broken."""
    data = memoryview(file).cast("B")
    try:
        yield from _of_file(data)
    except (struct.error, IndexError) as error:
        raise ValueError("the footer or a message header cannot be read") from error


def _of_file(data: memoryview) -> Iterator[ArrowMessage]:
    end = len(data) - len(_MARK) - 4
    if end < 0 or bytes(data[-len(_MARK) :]) != _MARK:
        raise ValueError("it has no end: it was cut off, or is still written")
    (size,) = _INT32.unpack_from(data, end)
    if not 0 < size <= end:
        raise ValueError("the footer is broken")
    footer = data[end - size : end]
    table = _FlatbufferTable(footer, _INT32.unpack_from(footer, 0)[0])
    for field in (2, 3):  # dictionaries, recordBatches of Arrow's File.fbs
        for offset, header, body in table.structs(field, _BLOCK):
            if offset < 0 or header < 8 or body < 0 or offset + header + body > len(data):
                raise ValueError("a message lies outside of the file")
            found = next(_messages(data[offset : offset + header + body]), None)
            if found is None:
                raise ValueError("the footer names a message that is none")
            yield found


def _messages(data: memoryview) -> Iterator[ArrowMessage]:
    at = 0
    while at + 4 <= len(data):
        (size,) = _INT32.unpack_from(data, at)
        at += 4
        if size == _CONTINUES:
            (size,) = _INT32.unpack_from(data, at)
            at += 4
        if size == 0:  # the end of the stream
            return
        if size < 0 or at + size > len(data):
            raise ValueError("cut off or broken")
        message = _FlatbufferTable(data[at : at + size], _INT32.unpack_from(data, at)[0])
        at += size
        kind = message.number(1, "<B")
        length = message.number(3, "<q")
        if length < 0 or at + length > len(data):
            raise ValueError("cut off or broken")
        yield _message(kind, message, data[at : at + length])
        at += length


def _message(kind: int, message: _FlatbufferTable, body: memoryview) -> ArrowMessage:
    if kind == RECORDS:
        batch = message.table(2)
    elif kind == DICTIONARY:
        batch = message.table(2).table(1)
    else:
        return ArrowMessage(kind, 0, len(body), [], 0, False)
    compressed = batch.field(3) is not None
    buffers, total = [], 0
    for offset, length in batch.pairs(2):
        if offset < 0 or length < 0 or offset + length > len(body):
            raise ValueError("a buffer lies outside of its message")
        buffers.append((offset, length))
        if compressed and length >= 8:
            (size,) = _INT64.unpack_from(body, offset)
            total += length if size == -1 else max(0, size)
        else:
            total += length
    return ArrowMessage(kind, max(0, batch.number(0, "<q")), len(body), buffers, total, compressed)


class _FlatbufferTable:
    """A flatbuffers table: fields by number. struct.error or IndexError outside the data."""

    def __init__(self, data: memoryview, at: int) -> None:
        if at < 0:
            raise IndexError(at)
        self._data = data
        self._at = at
        self._fields = at - int(_INT32.unpack_from(data, at)[0])
        if self._fields < 0:
            raise IndexError(self._fields)
        self._size = int(struct.unpack_from("<H", data, self._fields)[0])

    def field(self, number: int) -> int | None:
        """Where a field is, None where it has its default."""
        place = 4 + 2 * number
        if place + 2 > self._size:
            return None
        offset = int(struct.unpack_from("<H", self._data, self._fields + place)[0])
        return self._at + offset if offset else None

    def number(self, number: int, format_: str) -> int:
        """An integer field, 0 by default."""
        at = self.field(number)
        return 0 if at is None else int(struct.unpack_from(format_, self._data, at)[0])

    def table(self, number: int) -> _FlatbufferTable:
        """A table field."""
        return _FlatbufferTable(self._data, self._follow(number))

    def pairs(self, number: int) -> Iterator[tuple[int, int]]:
        """A vector of structs of two 64-bit integers."""
        yield from self.structs(number, _PAIR)

    def structs(self, number: int, layout: struct.Struct) -> Iterator[Any]:
        """A vector of structs."""
        if self.field(number) is None:
            return
        at = self._follow(number)
        (count,) = _INT32.unpack_from(self._data, at)
        for k in range(count):
            yield layout.unpack_from(self._data, at + 4 + layout.size * k)

    def _follow(self, number: int) -> int:
        at = self.field(number)
        if at is None:
            raise IndexError(number)
        return at + int(struct.unpack_from("<I", self._data, at)[0])
