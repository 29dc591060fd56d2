"""Small files that want to become large ones, or to read what they must not: XML entities, Parquet, Arrow, nesting.

Sizes are of what a naive reader would hold: about 1 GB each.
"""

from __future__ import annotations

import io
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

_HEAD = '<?xml version="1.0"?>\n'
_GRAPHML = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{}<graph edgedefault="undirected">{}</graph></graphml>'
)
#: Rows of a bomb and the size of one cell of text: 5 million x 200 bytes.
_ROWS, _CELL = 5_000_000, "A" * 200


def xml(leak: str, callback: str) -> dict[str, bytes]:
    """GraphML documents by name. `leak` is a file that must not be read, `callback` an address not to be called."""
    node = '<node id="{}"/>'
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "billion laughs": _document(f'<!DOCTYPE g [<!ENTITY l0 "lol">{lol}]>', node.format("&l9;")),
        "quadratic entities": _document(
            f'<!DOCTYPE g [<!ENTITY a "{"A" * 50_000}">]>', node.format("x") + "<desc>" + "&a;" * 20_000 + "</desc>"
        ),
        "entity in an attribute": _document('<!DOCTYPE g [<!ENTITY a "b">]>', node.format("&a;")),
        "external file": _document(f'<!DOCTYPE g [<!ENTITY x SYSTEM "file://{leak}">]>', node.format("&x;")),
        "external file in text": _document(
            f'<!DOCTYPE g [<!ENTITY x SYSTEM "file://{leak}">]>',
            '<node id="n"><data key="k">&x;</data></node>',
            '<key id="k" for="node" attr.name="k" attr.type="string"/>',
        ),
        "external address": _document(f'<!DOCTYPE g [<!ENTITY x SYSTEM "{callback}">]>', node.format("&x;")),
        "external subset": _document(f'<!DOCTYPE g SYSTEM "{callback}dtd">', node.format("x")),
        "parameter entity": _document(
            f'<!DOCTYPE g [<!ENTITY % p SYSTEM "{callback}p"> %p; <!ENTITY % q "&#37;p;"> %q;]>', node.format("x")
        ),
        "schema location": _document(
            "",
            '<node id="x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="x {callback}xsd"/><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
            f'href="file://{leak}" parse="text"/>',
        ),
        "deep elements": (_HEAD + "<graphml>" + "<graph>" * 100_000).encode(),
        "deep and closed": _document("", "<node id='a'>" + "<graph>" * 50_000 + "</graph>" * 50_000 + "</node>"),
        "wide attributes": _document("", "<node id='a' " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>"),
        "long attribute": _document("", node.format("A" * 4_000_000)),
        "colliding keys": _document("", node.format("a"), '<key id="k" for="node" attr.name="k" attr.type="string"/>' * 20_000),
        "control characters": _document("", node.format("&#x1b;[31m")),
        "no XML": b"\x00" * 100_000,
        "utf-16 bomb": _document('<!DOCTYPE g [<!ENTITY a "b">]>', node.format("&a;")).decode().encode("utf-16"),
        "utf-7": b'<?xml version="1.0" encoding="utf-7"?>+ADw-graphml+AD4-',
    }  # fmt: skip


def _document(before: str, inside: str, keys: str = "") -> bytes:
    return (_HEAD + before + _GRAPHML.format(keys, inside)).encode()


@cache
def columnar() -> dict[str, tuple[str, bytes]]:
    """Parquet and Arrow files by name, each with its format."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * _ROWS, pa.int32()), pa.array([_CELL]))
    many = pa.table(
        {"source": pa.nulls(_ROWS, pa.int64()).fill_null(1), "target": pa.nulls(_ROWS, pa.int64()).fill_null(2)}
    )
    strings = pa.table({"source": text, "target": text})
    one = pa.table({"source": ["a"], "target": ["b"], "text": pa.array(["A" * (200 * 2**20)], pa.large_string())})
    columns = pa.table({"source": [1], "target": [2], **{f"c{number}": [0] for number in range(5_000)}})
    nested: pa.Array = pa.array([1])
    for _ in range(60):
        nested = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), nested)
    deep = pa.table({"source": [1], "target": [2], "n": nested})
    return {
        "parquet: many rows": ("parquet", _parquet(many)),
        "parquet: repeated text": ("parquet", _parquet(strings)),
        "parquet: many row groups": ("parquet", _parquet(many.slice(0, 20_000), row_group_size=10)),
        "parquet: one value of 200 MiB": ("parquet", _parquet(one)),
        "parquet: 5,000 columns": ("parquet", _parquet(columns)),
        "parquet: nested lists": ("parquet", _parquet(deep)),
        "arrow: many rows": ("arrow", _arrow(many)),
        "arrow: repeated text": ("arrow", _arrow(strings)),
        "arrow: one value of 200 MiB": ("arrow", _arrow(one)),
    }  # fmt: skip


def _parquet(table: pa.Table, **options: int) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", compression_level=9, **options)
    return sink.getvalue()


def _arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue()
