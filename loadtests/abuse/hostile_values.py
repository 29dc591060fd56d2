"""Hostile values: text, numbers and JSON that servers have stumbled over, each a piece of a request.

`RAW` values are bytes that no JSON encoder writes; `place` puts them where a placeholder stands.
"""

from __future__ import annotations

import copy
import json
import math
from random import Random
from typing import Any

#: Where raw bytes go in an encoded document.
PLACE = "@@raw@@"

#: Control characters, terminal sequences, directions, line ends, and what spreadsheets run.
LABELS = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    '=HYPERLINK("http://127.0.0.1:1/","x")',
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "a\nb",
    "a\r\nevent: message\r\ndata: {}\r\n\r\n",
    '\n{"event":"forged","level":"info"}',
    "a\x00b",
    "\x7f\x80\x85",
    "\u202egnp.exe",
    "\u2028\u2029",
    "\u200b\u200d\ufeff",
    "\U000e0041\U000e0042",
    "<script>alert(1)</script>",
    "<![CDATA[x]]>",
    '"><svg onload=1>',
    "&lt;&amp;&#0;&#x1b;",
    "{{7*7}} ${7*7} %s %n %(name)s {0}",
    "'; DROP TABLE graphs; --",
    "$(touch /tmp/owned)`id`",
    "\ud7ff\ue000\uffff",
    "e\u0301" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "x" * 5000,
    "",
    " ",
    "--5",
    "-",
    "-5-",
    "\u0665",
    "None",
    "__proto__",
    "__class__",
    "constructor",
)

#: Names that try to leave the place where graphs are.
PATHS = (
    "../../etc/passwd",
    "..",
    ".",
    "../a/secret",
    "..\\..\\secret",
    "%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "..%c0%af..%c0%afetc",
    "..%00",
    "secret\x00.csv",
    "secret%00",
    "/etc/passwd",
    "//secret",
    "file:///etc/passwd",
    "graph://secret",
    "\uff0e\uff0e\uff0fsecret",
    "\u2024\u2024\u2215secret",
    "s\u0435cret",
    "secret\u200b",
    "SECRET",
    "secret ",
    "secret.",
    "secret/",
    "a:secret",
    "{a}:secret",
    "nmcp:{a}:g:secret",
    "*",
    "secret*",
    "%",
    "_ecret",
    "?",
    "#",
    ";secret",
    "secret\nx-injected: 1",
    "secret\r\nx-injected: 1\r\n\r\n",
    "CON",
    "~root",
    "$HOME",
    "x" * 64,
    "x" * 65,
    "x" * 129,
    "x" * 10_000,
    "\u00e9" * 64,
    "",
)

#: Raw JSON numbers.
NUMBERS = (
    b"1e999",
    b"-1e999",
    b"1e999999999999",
    b"1E-999999",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"-0",
    b"-0.0",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    str(2**1023).encode(),
    str(2**1024 - 1).encode(),
    str(2**1024).encode(),
    b"9" * 400,
    b"9" * 5000,
    b"1" + b"0" * 100_000,
    b"0." + b"3" * 20_000,
    b"1.0",
    b"0.1e1",
    b"5e-324",
    b"1.7976931348623157e308",
    b"01",
    b"+1",
    b".5",
    b"1.",
    b"0x10",
    b"1_000",
    b"\xd9\xa1",
    b"1e",
    b"--1",
)

#: Raw JSON texts that are no text.
TEXTS = (
    b'"\xff\xfe"',
    b'"\xc0\xaf"',
    b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"',
    b'"\xe2\x82"',
    b'"\x80"',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\ud800\\u0041"',
    b'"\\u0000"',
    b'"\\x41"',
    b'"\\u00g0"',
    b'"a\nb"',
    b'"a\x00b"',
    b'"unterminated',
    b"'single'",
    b"undefined",
    b"nul",
    b"True",
    b"/*x*/1",
    b'"a" "b"',
    b"",
    b",",
    b"]",
    b"}",
    b'"' + b"\\u0041" * 3000 + b'"',
)

#: JSON values of every type.
WRONG: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 0.5, -0.0, 1e308,
    2**1023, 2**1024 - 1, 10**400, math.inf, -math.inf, math.nan,
    "", "a", "1", "true", "null", "[]", "{}", '["a","b"]', "[" * 2000, [], [[]], [None], [[], {}], [1, "a", None, 0.5],
    ["a"] * 2000, {}, {"": ""}, {"a": None}, {"id": "a"}, {"id": {"id": "a"}}, {"$ref": "#"}, {"__proto__": {}}, [["a"]],
    [["a", "b", "c", "d"]], [["a", "a"]], [[1, "1"]], {"a": {"b": {"c": [1]}}},
)  # fmt: skip


def deep(chance: Random) -> bytes:
    """Nested arrays or objects, closed or not."""
    depth = chance.choice((50, 500, 900, 1100, 5000, 50_000, 150_000))
    opening, inner, closing = chance.choice(((b"[", b"", b"]"), (b'{"a":', b"1", b"}"), (b'[{"":', b"0", b"}]")))
    shut = chance.choice((1.0, 1.0, 0.0, 0.5))
    return opening * depth + inner + closing * int(depth * shut)


def raw(chance: Random) -> bytes:
    """Bytes for the place of a JSON value."""
    pick = chance.random()
    if pick < 0.4:
        return chance.choice(NUMBERS)
    if pick < 0.8:
        return chance.choice(TEXTS)
    return deep(chance)


def hostile(chance: Random) -> Any:
    """A JSON value."""
    pick = chance.random()
    if pick < 0.5:
        return copy.deepcopy(chance.choice(WRONG))  # it may be changed itself
    return chance.choice(LABELS if pick < 0.8 else PATHS)


def long_list(chance: Random) -> list[Any]:
    """As many items as a body of 1 MiB holds, all alike and most likely all wrong."""
    return [chance.choice((1, None, "", "a"))] * 150_000


def many_keys() -> dict[str, int]:
    """As many keys as a body of 1 MiB holds."""
    return {f"k{number}": 0 for number in range(75_000)}


def encode(document: Any, piece: bytes = b"") -> bytes:
    """The document as JSON, with `piece` for each value that is PLACE. Lone surrogates stay escaped."""
    return json.dumps(document).encode().replace(b'"' + PLACE.encode() + b'"', piece)
