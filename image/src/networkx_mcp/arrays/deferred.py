"""A stored value that is long and was not decoded: reads of an event loop cost what they show, not what a graph holds.

Arrow tells the length of a value before it is looked at. What is longer than `BYTES` stays where it is, as a view of the graph's
buffer, goes as it is into another graph, and is decoded only by who asks for `value`.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

#: Values of more stored bytes are deferred by reads that ask for it. Answers show no longer ones.
BYTES: Final = 8_000

_decode = msgspec.json.Decoder().decode


class Deferred:
    """A text (`string`), or a value as JSON text (`json`); `nbytes` is the length of either."""

    __slots__ = ("_data", "kind")

    def __init__(self, kind: Literal["string", "json"], data: pa.Buffer | msgspec.Raw | bytes) -> None:
        self.kind = kind
        self._data = data

    @property
    def nbytes(self) -> int:
        """Bytes as stored."""
        return memoryview(self._data).nbytes

    @property
    def text(self) -> str:
        """The text, or the JSON text. Copies it."""
        return str(memoryview(self._data).cast("B"), "utf-8")

    @property
    def value(self) -> Any:
        """What it stands for, decoded: as long as it is."""
        return self.text if self.kind == "string" else _decode(memoryview(self._data).cast("B"))

    def json(self) -> msgspec.Raw:
        """The JSON text, to be put into another."""
        if self.kind == "json":
            return msgspec.Raw(bytes(memoryview(self._data)))
        return msgspec.Raw(msgspec.json.encode(self.text))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Deferred):
            return bool(self.value == other)
        return self.kind == other.kind and memoryview(self._data).cast("B") == memoryview(other._data).cast("B")

    __hash__ = None  # type: ignore[assignment]  # as the lists and objects that it may stand for

    def __str__(self) -> str:
        """What an answer shows in its place."""
        return f"<{self.nbytes} bytes, not shown: GET /graphs/{{graph_id}} carries it>"

    __repr__ = __str__


def plain(value: Any) -> Any:
    """For encoders of JSON: what is deferred, as it is stored."""
    if type(value) is Deferred:
        return value.json()
    raise TypeError(f"{type(value).__name__} is no JSON")


def whole(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes with all values decoded; a new dict."""
    return {name: value.value if type(value) is Deferred else value for name, value in attributes.items()}
