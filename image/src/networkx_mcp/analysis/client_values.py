"""What a client meant by a value that its field cannot hold: many send numbers, truth values and lists as text.

Each function gives back what it cannot read as it is, for the check after it to refuse. None of them may be asked about a
node id or the value of an attribute: there `"5"` and `5` are two things, and both are meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

#: No number of ours has more digits; `int` of more than some thousands is refused by Python, and slow.
_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,40})(?:\.0*)?\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?\s*", re.ASCII)
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
#: What stands between names, and around them, in text that is a list but no JSON: `[a, b]`, `'a' 'b'`.
_BETWEEN = re.compile(r"[\s,;\[\]'\"]+")


def integer(value: Any) -> Any:
    """`5` for `"5"`, `5.0` and `"5.0"`."""
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is str and (found := _INTEGER.fullmatch(value)):
        return int(found[1])
    return value


def number(value: Any) -> Any:
    """`0.5` for `"0.5"`, `5` for `"5"`."""
    if type(value) is not str or not _NUMBER.fullmatch(value):
        return value
    whole = integer(value)
    return whole if type(whole) is int else float(value)


def boolean(value: Any) -> Any:
    """`true` for `"true"`, `"True"`, `1` and `"1"`; `false` likewise."""
    if type(value) is int and value in (0, 1):
        return bool(value)
    return _TRUTH.get(value.strip().lower(), value) if type(value) is str else value


def array(value: Any) -> Any:
    """The list that is written in text as JSON."""
    return _written(value, "[", list)


def mapping(value: Any) -> Any:
    """The object that is written in text as JSON."""
    return _written(value, "{", dict)


def objects(value: Any) -> Any:
    """A list of objects, for which the list, its objects or both may be written in text, or one object stand alone."""
    value = mapping(array(value))
    if type(value) is dict:
        return [value]
    return [mapping(item) for item in value] if type(value) is list else value


def names(value: Any) -> Any:
    """A list of one name for that name. Nothing but JSON makes more of one text: a name may hold commas."""
    value = array(value)
    return [value] if type(value) is str else value


def choices(allowed: Sequence[str]) -> Callable[[Any], Any]:
    """A function that reads names of `allowed` from one text, with commas or spaces between them."""
    known = frozenset(allowed)

    def read(value: Any) -> Any:
        value = array(value)
        if type(value) is not str:
            return value
        parts = [part for part in _BETWEEN.split(value[: 100 * len(known)]) if part]
        return parts if parts and known.issuperset(parts) else [value]

    return read


def document(value: Any) -> Any:
    """The JSON text of a list or an object that stands where the text of a file belongs."""
    return json.dumps(value) if type(value) in (list, dict) else value


def _written(value: Any, opening: str, kind: type) -> Any:
    if type(value) is not str or value.lstrip()[:1] != opening:
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if type(found) is kind else value
