"""Attributes of an edge as Python or JSON text: networkx writes `{'weight': 7, 'color': 'green'}`."""

from __future__ import annotations

import ast
import math
import re
import warnings
from typing import Any, Final

import msgspec

from networkx_mcp.arrays.formats.common import FormatError
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.values import check_attributes
from networkx_mcp.errors import InvalidInput

#: Longest text that Python's own parser gets to see, in characters: it needs some hundred bytes for each.
MAX_TEXT: Final = 1 << 18
#: What networkx does not read in JSON, or not as it stands.
_TRIPS: Final = re.compile(r"true|false|null|#|[^\S ]|  ")
_PIECES: Final = re.compile(r'"(?:[^"\\]|\\.)*"|true|false|null')
_IN_TEXT: Final = re.compile(r"#|[^\S ]|(?<= ) ")
_WORDS: Final = {"true": "True", "false": "False", "null": "None"}
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_NAMES: Final = {
    "true": True,
    "false": False,
    "null": None,
    "nan": math.nan,
    "NaN": math.nan,
    "inf": math.inf,
    "Infinity": math.inf,
}


def attributes(text: str, line: int, reading: Reading) -> dict[str, Any]:
    """The attributes in `{...}`; values that are NaN are missing, left out and counted. Raises FormatError."""
    try:
        return _decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        reason = str(error)
    if "'" in text and '"' not in text and "\\" not in text:
        # Texts in single quotes alone are the same in double ones; True, False and None are not JSON and fail here.
        try:
            return _decode(text.replace("'", '"'))
        except (msgspec.MsgspecError, RecursionError):
            pass
    try:
        if len(text) > MAX_TEXT:
            raise ValueError("too long")
        with warnings.catch_warnings(action="ignore"):  # of escapes that Python does not know
            found = _value(ast.parse(text, mode="eval").body)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise FormatError(f"the attributes are no JSON object ({reason}), and no dict of Python", line) from None
    if not isinstance(found, dict):
        raise FormatError("the attributes are no JSON object, and no dict of Python", line)
    kept = without_nan(found, reading)
    try:
        return check_attributes(kept, "the attributes")
    except InvalidInput as error:
        raise FormatError(error.message.rstrip("."), line) from None


def as_python(text: str) -> str:
    """A JSON object as a dict of Python, which networkx reads (and cuts at `#`, and at white space, which it puts together again as
    single blanks). What is too long for Python's parser stays JSON."""
    return _PIECES.sub(_python, text) if _TRIPS.search(text) and len(text) <= MAX_TEXT // 8 else text


def _python(found: re.Match[str]) -> str:
    piece = found[0]
    return _IN_TEXT.sub(lambda one: f"\\u{ord(one[0]):04x}", piece) if piece[0] == '"' else _WORDS[piece]


def without_nan(attributes_: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """The attributes whose values are not NaN; the others are counted as missing."""
    kept = {name: value for name, value in attributes_.items() if value == value}
    reading.missing_values += len(attributes_) - len(kept)
    return kept


def _value(node: ast.expr) -> Any:
    """The value of a literal. Raises ValueError for everything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.Dict):
        keys = [_value(key) if key is not None else None for key in node.keys]
        if not all(isinstance(key, str | int) for key in keys):
            raise ValueError("a key that is no text")
        return {str(key): _value(value) for key, value in zip(keys, node.values, strict=True)}
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _value(node.operand)
        if isinstance(inner, int | float) and not isinstance(inner, bool):
            return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords and _is_numpy(node.func):
        return _value(node.args[0])
    raise ValueError("no literal")


def _is_numpy(function: ast.expr) -> bool:
    """Whether it is `np.float64` or the like: how numpy shows its numbers."""
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "np"
