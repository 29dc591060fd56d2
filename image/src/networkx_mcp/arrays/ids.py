"""Node ids: text or 64-bit integers, never confused with each other.

In the buffer an id is one byte of type tag and the value: `s` + UTF-8, or `i` + eight bytes, little
endian. So `1` and `"1"` are different bytes, hence different nodes; `True` and `1.0`, which Python
takes for equal to `1`, are no ids at all.
"""

from __future__ import annotations

import struct
from typing import Any, TypeAlias

from networkx_mcp.errors import InvalidInput, quoted, shortened

NodeId: TypeAlias = str | int

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
#: Longest text id, in UTF-8 bytes: one row of a bounded answer must be able to hold it.
MAX_ID_BYTES = 1024

_INT = struct.Struct("<q")


def check_id(value: Any, field: str) -> NodeId:
    """`value` when it can name a node.

    Raises `InvalidInput` (data: `field`) that says what was given, what is allowed and how to fix it.
    """
    kind = type(value)
    if kind is str and value.isascii() and len(value) <= MAX_ID_BYTES:
        return value  # type: ignore[no-any-return]  # the common case, decided without encoding
    if kind is int:
        if INT64_MIN <= value <= INT64_MAX:
            return value  # type: ignore[no-any-return]
        raise InvalidInput(f"node id {_short(value)} is outside the 64-bit integers; send it as a string.", at=field)
    if isinstance(value, str):
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise InvalidInput(
                f"node id {_short(value)} holds a lone surrogate, which is no Unicode text; remove it.",
                at=field,
            ) from None
        if size <= MAX_ID_BYTES:
            return str(value)
        raise InvalidInput(
            f"node id {_short(value)} has {size} bytes; at most {MAX_ID_BYTES} are allowed. "
            "Use a short id and keep the text in an attribute.",
            at=field,
        )
    raise InvalidInput(f"a node id is a string or an integer, not {_describe(value)}.{_advice(value)}", at=field)


def twin(value: NodeId) -> NodeId | None:
    """The id of the other type that looks the same: 5 for "5"; None for text that is no integer."""
    if isinstance(value, int):
        return str(value)
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    number = int(value)
    return number if str(number) == value and INT64_MIN <= number <= INT64_MAX else None


def encode_id(value: NodeId) -> bytes:
    """The id as it stands in the buffer; `value` must have passed `check_id`."""
    if isinstance(value, str):
        return b"s" + value.encode()
    return b"i" + _INT.pack(value)


def decode_id(data: bytes) -> NodeId:
    """The inverse of `encode_id`; ValueError for bytes that are no id."""
    tag = data[:1]
    if tag == b"s":
        return data[1:].decode()
    if tag == b"i" and len(data) == 9:
        return _INT.unpack_from(data, 1)[0]  # type: ignore[no-any-return]
    raise ValueError("not an encoded node id")


def format_id(value: NodeId) -> str:
    """The id as an error shows it: text in quotes, integers without, both cut to 60 characters."""
    return _short(value)


def _short(value: Any) -> str:
    if isinstance(value, int):
        # repr of a huge int is quadratic, and refused by Python past 4300 digits
        return str(value) if value.bit_length() <= 256 else f"of {value.bit_length()} bits"
    return quoted(shortened(str(value), 60))


def _describe(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {'true' if value else 'false'}"
    if isinstance(value, float):
        return f"the number {value!r}"
    names: dict[type, str] = {dict: "an object", list: "a list", tuple: "a list"}
    return names.get(type(value), f"a {type(value).__name__}")


def _advice(value: Any) -> str:
    if isinstance(value, bool):
        return f' Write 1 or 0, or the text "{"true" if value else "false"}".'
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return f" Write {int(value)}."
        return f' Write the text "{value!r}".'
    return ""
