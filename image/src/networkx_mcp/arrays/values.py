"""Attribute values: what is allowed, said with the place and the fix when it is not."""

from __future__ import annotations

import math
from typing import Any

from networkx_mcp.errors import InvalidInput

#: Lists and objects inside each other; deeper ones are no attributes but documents.
MAX_DEPTH = 32
#: Bits of an integer: floats end between 2**1023 and 2**1024, and what reads numbers reads them as floats.
MAX_INT_BITS = 1023

_PLAIN = frozenset({bool, type(None)})


def check_attributes(attributes: Any, field: str) -> dict[str, Any]:
    """`attributes` when it is an object of JSON values with text keys, else `InvalidInput`."""
    if type(attributes) is not dict:
        raise InvalidInput(f'attributes are an object such as {{"weight": 2.5}}, not {_name(attributes)}.', at=field)
    for name, value in attributes.items():
        check_name(name, field)
        kind = type(value)
        # the two commonest values of large batches, without a call
        if (kind is float and math.isfinite(value)) or (kind is str and value.isascii()):
            continue
        check_value(value, f"{field}.{name}")
    return attributes


def check_name(name: Any, field: str) -> None:
    """InvalidInput unless `name` can name an attribute."""
    if type(name) is not str:
        raise InvalidInput(f'attribute names are text; write "{name}" instead of {name!r}.', at=field)
    if not name.isascii():
        _check_text(name, field)


def check_value(value: Any, field: str, depth: int = 0) -> None:
    """InvalidInput unless `value` is JSON: null, boolean, integer, finite number, text, list or object."""
    kind = type(value)
    if kind in _PLAIN:
        return
    if kind is str:
        if not value.isascii():
            _check_text(value, field)
    elif kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise InvalidInput(
                f"an integer of {value.bit_length()} bits; at most {MAX_INT_BITS} are allowed. Send it as a string.",
                at=field,
            )
    elif kind is float:
        if not math.isfinite(value):
            raise InvalidInput(
                f"{value} is not JSON. Leave the attribute out, use null, or a large finite number.",
                at=field,
            )
    elif kind is list or kind is dict:
        if depth == 0 and _sound(value):
            return
        if depth >= MAX_DEPTH:
            raise InvalidInput(
                f"lists and objects nest deeper than {MAX_DEPTH}; flatten the value or send it as text.",
                at=field,
            )
        if kind is list:
            for position, item in enumerate(value):
                check_value(item, f"{field}[{position}]", depth + 1)
        else:
            for name, item in value.items():
                check_name(name, field)
                check_value(item, f"{field}.{name}", depth + 1)
    else:
        raise InvalidInput(
            f"a {kind.__name__} is no JSON value; use null, true, false, a number, text, a list or an object.",
            at=field,
        )


def _sound(value: Any) -> bool:
    """Whether `check_value` would pass a list or object; False may also be a depth that only it can tell.

    Level by level and without the names of places, which took most of the time of a value of many small items."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is list:
                below += item
            elif kind is dict:
                if not all(type(name) is str and name.isascii() for name in item):
                    return False
                below += item.values()
            elif kind is str:
                if not item.isascii():
                    return False
            elif kind is int:
                if item.bit_length() > MAX_INT_BITS:
                    return False
            elif kind is float:
                if not math.isfinite(item):
                    return False
            elif kind not in _PLAIN:
                return False
        if not below:
            return True
        level = below
    return False


def is_number(value: Any) -> bool:
    """Whether a value is a number that floats can hold: no boolean, not infinite or NaN, no integer past them."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _check_text(text: str, field: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("the text holds a lone surrogate, which is no Unicode; remove it.", at=field) from None


def _name(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", tuple: "a list", str: "text", bool: "a boolean"}.get(type(value), "a number")
