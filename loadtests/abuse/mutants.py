"""Bytes of others, changed on purpose: snapshots, archives, Arrow and Parquet files that were sound once.

Each mutant follows from its kind, seed and number alone. Half of them know the structure they change (the integers of
flatbuffers, offsets, dictionaries, counts, types, checksums put right again), so that they get past the first check;
the others are changed blindly.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from xxhash import xxh3_64_intdigest

from networkx_mcp.arrays import edits, frozen, layout, snapshot
from networkx_mcp.arrays.formats import write
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.graphs import model
from networkx_mcp.store import archive
from networkx_mcp.store.protocol import Contents, Head

KINDS: Final = ("snapshot", "archive", "arrow", "parquet")
#: Numbers at which sizes, signs and counts break.
_NUMBERS: Final = (
    0, 1, 2, 3, 7, 8, 9, 16, 63, 64, 127, 128, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32,
    2**40, 2**53, 2**62, 2**63 - 1, -1, -2, -8, -128, -(2**15), -(2**31), -(2**63),
)  # fmt: skip
_SNAPSHOT_HEAD: Final = struct.Struct("<3sBQQ")
#: JSON texts: sound ones that do not fit where they come to stand, and broken ones.
_TEXTS: Final = (
    "", "null", "1", "-0", "1e400", "NaN", "[", "{", "[1,]", '{"a":1', '"\\ud800"', "9" * 400, "9" * 5000, "[" * 40 + "]" * 40,
    "[" * 2000 + "]" * 2000, "[" * 2000, '{"a":' * 300 + "1" + "}" * 300, '{"a":1}x', "[[],[]]", '"' + "x" * 300 + '"', "\0",
)  # fmt: skip


def mutant(kind: str, seed: int, number: int) -> bytes:
    """The mutant of that number."""
    random = Random(f"{seed} {kind} {number}")
    return _MAKERS[kind](random)


# -- graphs and files that are sound


def _state(directed: bool, nodes: int, rich: bool) -> GraphState:
    random = Random(nodes)
    state = GraphState(None, directed)
    names: list[str | int] = [n if n % 3 else f"n{n}é" for n in range(nodes)]
    about: list[dict[str, Any] | None] = [
        {
            "whole": n, "real": n / 7, "mixed": n if n % 2 else n + 0.5, "text": f"t{n}ü", "flag": n % 2 == 0,
            "any": [None, {"x": n}, "y", 2**70][n % 4],
        }
        for n in range(nodes)
    ]  # fmt: skip
    if nodes > 20:
        about[3] = {"rare": [1], "other": None}
    state.apply([edits.AddNodes(names, about if rich else None)])
    pairs = sorted({(random.randrange(nodes), random.randrange(nodes)) for _ in range(3 * nodes)}) if nodes else []
    pairs = [pair for pair in pairs if directed or pair[0] <= pair[1]]
    weights: list[dict[str, Any] | None] = [{"weight": 0.5 + k, "since": k, "why": f"w{k}"} for k in range(len(pairs))]
    state.apply([edits.AddEdges([(names[u], names[v]) for u, v in pairs], weights if rich else None)])
    if rich:
        state.apply([edits.SetGraphAttributes({"title": "a graph", "nested": {"list": [1, 2.5, None]}})])
    return state


@cache
def graphs() -> tuple[frozen.FrozenGraph, ...]:
    """Graphs of both kinds: empty, bare, and with attributes of every kind of column."""
    shapes = ((False, 0, False), (False, 12, False), (True, 12, False), (False, 40, True), (True, 40, True))
    return tuple(_state(*shape).freeze() for shape in shapes)


@cache
def _snapshots() -> tuple[bytes, ...]:
    return tuple(map(frozen.compress, graphs()))


def inflated(packed: bytes) -> bytes:
    """The Arrow stream in a snapshot."""
    size = snapshot.raw_size(packed)
    return pa.Codec("zstd").decompress(packed[_SNAPSHOT_HEAD.size :], decompressed_size=size, asbytes=True)  # type: ignore[no-any-return]


@cache
def _streams() -> tuple[bytes, ...]:
    """What the snapshots inflate to."""
    return tuple(map(inflated, _snapshots()))


@cache
def _tables() -> tuple[pa.Table, ...]:
    count = 60
    ends = {"source": [f"n{k % 17}" for k in range(count)], "target": [f"m{k}" for k in range(count)]}
    plain = pa.table(
        {"source": list(range(count)), "target": [k + 1 for k in range(count)], "weight": [k / 3 for k in range(count)]}
    )
    rich = pa.table(
        {
            **{name: pa.array(values).dictionary_encode() for name, values in ends.items()},
            "list": pa.array([[k, None] if k % 3 else None for k in range(count)]),
            "struct": pa.array([{"a": k, "b": "x" * (k % 5)} for k in range(count)]),
            "flag": pa.array([None if k % 5 == 0 else k % 2 == 0 for k in range(count)]),
            "large": pa.array([f"text {k}" for k in range(count)], pa.large_string()),
            "nested": pa.array([[[f"{k}"]] for k in range(count)]),
        }
    )
    odd = pa.table(
        {
            **ends,
            "view": pa.array(["short", "longer than twelve bytes"] * (count // 2), pa.string_view()),
            "when": pa.array(range(count), pa.timestamp("us", "Europe/Berlin")),
            "day": pa.array(range(count), pa.date32()),
            "money": pa.array(range(count), pa.int64()).cast(pa.decimal128(24, 2)),
            "small": pa.array([k % 100 for k in range(count)], pa.uint8()),
            "half": pa.array([0.5] * count, pa.float32()),
            "none": pa.nulls(count),
        }
    )
    return plain, rich, odd


@cache
def _arrow_files() -> tuple[bytes, ...]:
    made = [b"".join(write(GraphState(graph), "arrow", {})) for graph in graphs()]
    for table in _tables():
        for codec in (None, "lz4", "zstd"):
            for new in (pa.ipc.new_stream, pa.ipc.new_file):
                sink = io.BytesIO()
                with new(
                    sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
                ) as writer:
                    writer.write_table(table, max_chunksize=25)
                made.append(sink.getvalue())
    return tuple(made)


@cache
def _parquet_files() -> tuple[bytes, ...]:
    made = [b"".join(write(GraphState(graph), "parquet", {})) for graph in graphs()]
    for table in _tables():
        for options in (
            {"compression": "none", "use_dictionary": True},
            {"compression": "snappy", "use_dictionary": False, "data_page_version": "2.0"},
            {"compression": "zstd", "use_dictionary": True, "row_group_size": 20, "data_page_size": 64},
            {"compression": "gzip", "use_dictionary": False, "write_page_index": True},
        ):
            kept = [
                n for n, type_ in zip(table.column_names, table.schema.types, strict=True) if type_ != pa.string_view()
            ]
            sink = io.BytesIO()
            pq.write_table(table.select(kept), sink, **options)
            made.append(sink.getvalue())
    return tuple(made)


# -- changes that know nothing


def blunt(random: Random, data: bytes, low: int = 0, high: int | None = None) -> bytes:
    """Change some bytes between `low` and `high`: bits, numbers, pieces that move, double or go."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        end = min(len(out), len(out) if high is None else high)
        if end <= low:
            break
        at = random.randrange(low, end)
        length = min(end - at, 1 << random.randrange(8))
        match random.randrange(8):
            case 0 | 1:
                out[at] ^= 1 << random.randrange(8)
            case 2 | 3:
                width = random.choice((1, 2, 4, 8))
                at -= at % width
                _put(out, at, width, random.choice(_NUMBERS))
            case 4:
                del out[at : at + length]
            case 5:
                out[at:at] = out[at : at + length]
            case 6:
                out[at : at + length] = random.randbytes(length)
            case _:
                other = random.randrange(low, end)
                piece = bytes(out[other : other + length])
                out[at : at + len(piece)] = piece
    if random.random() < 0.03:
        del out[random.randrange(len(out) + 1) :]
    return bytes(out)


def _put(out: bytearray, at: int, width: int, number: int) -> None:
    out[at : at + width] = (number & (1 << 8 * width) - 1).to_bytes(width, "little")[: max(0, len(out) - at)]


# -- Arrow streams


def _messages(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(start, end of metadata, end of body, kind) of each message of a sound stream."""
    at = 8 if data.startswith(b"ARROW1") else 0
    while at + 8 <= len(data):
        size = struct.unpack_from("<i", data, at + 4)[0]
        if size <= 0:
            return
        start = at + 8
        message = pa.ipc.read_message(pa.py_buffer(data[at:]))
        body = message.body.size if message.body is not None else 0
        kind = {"schema": 1, "dictionary": 2, "record batch": 3}.get(message.type, 0)
        yield start, start + size, start + size + body, kind
        at = start + size + body


@cache
def _spots(data: bytes) -> tuple[tuple[int, int, int], ...]:
    """(place, low, high) of the 64-bit integers of the batches' nodes and buffers: all that bounds what is read.

    Found as pairs of small 64-bit numbers at multiples of eight: structs lie so in flatbuffers.
    """
    found: list[tuple[int, int, int]] = []
    for start, body, end, kind in _messages(data):
        if kind in (2, 3):
            places = range(start, body - 7, 8)
            found += [(at, body, end) for at in places if 0 <= struct.unpack_from("<q", data, at)[0] <= end - body]
    return tuple(found)


def stream(random: Random, data: bytes) -> bytes:
    """Change a sound Arrow stream or file where it matters."""
    messages = list(_messages(data))
    spots = _spots(data)
    match random.randrange(6):
        case 0 | 1 if spots:  # lengths, offsets, counts of nulls
            out = bytearray(data)
            for _ in range(random.choice((1, 1, 2, 3))):
                at, body, end = random.choice(spots)
                old = struct.unpack_from("<q", out, at)[0]
                near = (old + random.choice((1, -1, 8, -8, 64)), old * 2, old // 2, end - body, end - body - 8)
                _put(out, at, 8, random.choice((*_NUMBERS, *near)))
            return bytes(out)
        case 2:  # any number of a flatbuffer
            start, body, _, _ = random.choice(messages)
            out = bytearray(data)
            for _ in range(random.choice((1, 1, 2))):
                width = random.choice((1, 2, 4, 4, 8))
                _put(out, random.randrange(start, body) // width * width, width, random.choice(_NUMBERS))
            return bytes(out)
        case 3:  # metadata, blindly
            start, body, _, _ = random.choice(messages)
            return blunt(random, data, start, body)
        case 4:  # offsets, indices and sizes in the body
            _, body, end, _ = random.choice(messages)
            out = bytearray(data)
            for _ in range(random.choice((1, 1, 2, 8))):
                if end - body >= 8:
                    width = random.choice((4, 4, 8))
                    at = body + random.randrange((end - body) // width) * width
                    old = int.from_bytes(out[at : at + width], "little")
                    _put(out, at, width, random.choice((*_NUMBERS, old + 1, old - 1, old * 2)))
            return bytes(out)
        case _:
            return blunt(random, data)


# -- snapshots


def seal(raw: bytes, size: int | None = None) -> bytes:
    """A snapshot whose size and checksum are right, whatever `raw` is."""
    body: bytes = pa.Codec("zstd").compress(raw, asbytes=True)
    return _closed(body, len(raw) if size is None else size)


def _closed(body: bytes, size: int) -> bytes:
    return _SNAPSHOT_HEAD.pack(b"NXG", snapshot.VERSION, size & 2**64 - 1, xxh3_64_intdigest(body)) + body


def _snapshot(random: Random) -> bytes:
    which = random.randrange(len(_streams()))
    raw, whole = _streams()[which], _snapshots()[which]
    match random.randrange(10):
        case 0 | 1 | 2 | 3:
            return seal(stream(random, raw))
        case 4 | 5:
            return seal(_reshaped(random, raw))
        case 6 | 7:
            return seal(_contents(random, raw))
        case 8:
            if random.random() < 0.5:
                return _closed(
                    blunt(random, whole[_SNAPSHOT_HEAD.size :]), len(raw) + random.choice((0, 0, 1, -1, 2**20))
                )
            return seal(raw, random.choice((*_NUMBERS[:20], len(raw) - 1, len(raw) + 1)))
        case _:
            return blunt(random, whole)


_TYPES: Final[tuple[Callable[[int], pa.Array], ...]] = (
    lambda n: pa.array(range(n), pa.int64()),
    lambda n: pa.array(range(n), pa.int32()),
    lambda n: pa.array([b"sx"] * n, pa.binary()),
    lambda n: pa.array([b"sx"] * n, pa.large_binary()),
    lambda n: pa.array(["x"] * n, pa.string_view()),
    lambda n: pa.DictionaryArray.from_arrays(pa.array([7] * n, pa.int8()), pa.array(["a"]), safe=False),
    lambda n: pa.array([[1]] * n),
    lambda n: pa.array([{"a": 1}] * n),
    lambda n: pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    lambda n: pa.nulls(n),
    lambda n: pa.array(range(n), pa.timestamp("ns", "UTC")),
    lambda n: pa.array(range(n), pa.decimal128(20)),
    lambda n: pa.RunEndEncodedArray.from_arrays([max(1, n)], pa.array([1])),
    lambda n: pa.UnionArray.from_sparse(pa.array([0] * n, pa.int8()), [pa.array(range(n))]),
    lambda n: pa.UnionArray.from_dense(pa.array([3] * n, pa.int8()), pa.array([9] * n, pa.int32()), [pa.array([1])]),
    lambda n: pa.array([b"0123456789abcdef"] * n, pa.binary(16)).cast(pa.binary(16)),
    lambda n: pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"] * n, pa.binary(16))),
    lambda n: pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"] * n, pa.string())),
    lambda n: pa.array([1.5] * n, pa.float16()),
    lambda n: pa.array([True] * n),
    lambda n: pa.FixedSizeListArray.from_arrays(pa.array(range(2 * n)), 2),
    lambda n: pa.ListViewArray.from_arrays(
        pa.array([9] * n, pa.int32()), pa.array([99] * n, pa.int32()), pa.array([1])
    ),
)


def _reshaped(random: Random, raw: bytes) -> bytes:
    """Other types, names, counts of columns, rows and batches, other metadata."""
    with pa.ipc.open_stream(raw) as reader:
        batch = reader.read_next_batch()
    fields, columns = list(batch.schema), list(batch.columns)
    metadata = dict(batch.schema.metadata)
    rows = 1
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(fields))
        inner = columns[at].values if pa.types.is_list(columns[at].type) else columns[at]
        match random.randrange(9):
            case 0:
                values = random.choice(_TYPES)(len(inner) if random.random() < 0.8 else random.randrange(50))
                columns[at] = _listed(values)
            case 1:  # the offsets of the list itself; `blunt` makes the ones that no library would write
                first = random.choice((0, 1, len(inner) // 2))
                if first <= len(inner):
                    offsets = pa.array([first, random.randint(first, len(inner))], pa.int32())
                    columns[at] = pa.ListArray.from_arrays(offsets, inner)
            case 2:
                columns[at] = random.choice(_TYPES)(1)
            case 3:
                del fields[at], columns[at]
                if not fields:
                    break
                continue
            case 4:
                fields.append(fields[at])
                columns.append(columns[at])
                continue
            case 5:
                name = random.choice(("ids", "out_indptr", "index", "x\0y", "é", "", "node:0"))
                fields[at] = pa.field(name, columns[at].type, metadata=fields[at].metadata)
                continue
            case 6:
                note = (fields[at].metadata or {}).get(b"networkx_mcp") or b'{"of":"node","name":"x","kind":"int"}'
                fields[at] = fields[at].with_metadata({b"networkx_mcp": _json(random, note)})
                continue
            case 7:
                metadata[b"networkx_mcp"] = _json(random, metadata[b"networkx_mcp"])
                continue
            case _:
                columns[at] = pa.nulls(1, columns[at].type)
        fields[at] = pa.field(fields[at].name, columns[at].type, metadata=fields[at].metadata)
    schema = pa.schema(fields, metadata=metadata)
    sink = io.BytesIO()
    codec = random.choice((None, None, "zstd", "lz4"))
    with pa.ipc.new_stream(
        sink, schema, options=pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
    ) as writer:
        made = pa.RecordBatch.from_arrays(columns, schema=schema) if columns else batch
        for _ in range(random.choice((rows, rows, 0, 2))):
            writer.write_batch(made)
    return sink.getvalue()


def _listed(values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def _json(random: Random, text: bytes) -> bytes:
    """Other JSON in the place of some."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    if random.random() < 0.3 or not isinstance(value, dict) or not value:
        return blunt(random, text) if random.random() < 0.7 else random.choice(_TEXTS).encode()
    name = random.choice([*value, "part", "of", "kind", "attributes", "loops", "seed"])
    other: Any = random.choice(
        (*_NUMBERS, None, "x", "json", "number", "edge", [], {}, True, 1.5, "é", 2**64, 2**200, {"a": [[]]})
    )
    shown = random.choice((msgspec.json.encode(other), random.choice(_TEXTS).encode()))
    rest = {key: item for key, item in value.items() if key != name}
    return msgspec.json.encode(rest)[:-1] + (b"," if rest else b"") + msgspec.json.encode(name) + b":" + shown + b"}"


def _contents(random: Random, raw: bytes) -> bytes:
    """A sound stream of a graph that contradicts itself."""
    buffer = layout.read(raw)
    header = buffer.header
    for _ in range(random.choice((1, 1, 2))):
        match random.randrange(6):
            case 0 | 1 if buffer.arrays:
                name = random.choice(list(buffer.arrays))
                values = buffer.arrays[name].copy()
                if len(values):
                    at = random.randrange(len(values))
                    values[at] = random.choice(
                        (-1, 0, 1, header.n, header.n - 1, 2**31 - 1, -(2**31), min(int(values[at]) + 1, 2**31 - 1))
                    )
                buffer.arrays[name] = values[: random.choice((None, -1))]
            case 2:
                ids = buffer.ids.to_pylist()
                if ids:
                    ids[random.randrange(len(ids))] = random.choice(
                        (b"", b"s", b"i", b"x1", b"s\xff", b"i12345678", ids[0], None, b"s" + b"x" * 3000)
                    )
                buffer.ids = pa.array(ids[: random.choice((None, -1))], pa.binary())
            case 3:
                name = random.choice(("n", "m", "loops", "seed", "version"))
                buffer.header = msgspec.structs.replace(
                    header, **{name: random.choice((-1, 0, 1, header.n, header.m + 1, 2**31, 2**63, 2**80))}
                )
            case 4:
                buffer.header = msgspec.structs.replace(header, directed=not header.directed)
            case _:
                for table in (buffer.nodes, buffer.edges):
                    for column in [*table.columns.values(), *([table.rest] if table.rest else [])]:
                        if random.random() < 0.4:
                            _spoil(random, column)
    sink = io.BytesIO()
    buffer.write(sink)
    return sink.getvalue()


def _spoil(random: Random, column: Any) -> None:
    values = column.values.to_pylist()
    if not values:
        return
    at = random.randrange(len(values))
    if column.kind == "json":
        values[at] = random.choice(_TEXTS)
    elif column.kind in ("float", "number"):
        values[at] = random.choice((float("nan"), float("inf"), 1e300, 0.5, -0.0))
    elif column.kind == "string":
        values[at] = random.choice(("", "\0", "x" * 5000, None))
    object.__setattr__(column, "values", pa.array(values, column.values.type))
    if column.integral is not None and random.random() < 0.5:
        flags = [random.choice((True, False, None)) for _ in values]
        object.__setattr__(column, "integral", pa.array(flags, pa.bool_()))


# -- archives


def _log() -> list[bytes]:
    return [
        edits.encode([edits.AddEdges([("p", "q"), ("q", 7)], [{"weight": 1.5}, None])]),
        edits.encode([edits.AddNodes(["r"], [{"list": [1, {"x": None}]}]), edits.RemoveEdges([("p", "q")])]),
        edits.encode([edits.SetGraphAttributes({"big": 2**80})]),
    ]


def _archive(random: Random) -> bytes:
    which = random.randrange(len(graphs()))
    graph = graphs()[which]
    packed, log = _snapshots()[which], _log()[: random.randrange(4)]
    nodes, edges = _grown(graph, log)
    head = Head(
        graph_id="g", uid="u", version=5 + len(log), snapshot_version=5, snapshot_bytes=len(packed), log_operations=len(log),
        log_bytes=sum(map(len, log)), nodes=nodes, edges=edges, meta=model.encode_meta(model.Meta(directed=graph.directed)),
        created=1.5, updated=2.5,
    )  # fmt: skip
    found = random.randrange(8)
    if found in (0, 1, 2):
        packed = _snapshot(random)
    elif found in (3, 4) and log:
        at = random.randrange(len(log))
        log[at] = _batch(random, log[at])
    parts = archive.pack("t", Contents(head=head, snapshot=packed, log=[(6 + at, one) for at, one in enumerate(log)]))
    if found in (5, 6):
        parts = _parts(random, parts)
    whole = b"".join(parts)
    return blunt(random, whole) if found == 7 else whole


@cache
def _counts(directed: bool, base: bytes, log: tuple[bytes, ...]) -> tuple[int, int]:
    state = GraphState(frozen.decompress(base), directed)
    for one in log:
        state.apply(edits.decode(one))
    return state.n, state.m


def _grown(graph: frozen.FrozenGraph, log: list[bytes]) -> tuple[int, int]:
    return _counts(graph.directed, _snapshots()[graphs().index(graph)], tuple(log))


def batch(random: Random) -> bytes:
    """A batch of edits that is perhaps none."""
    return _batch(random, random.choice(_log()))


def sound_archive() -> list[bytes]:
    """The archive of a graph with attributes of every kind, in pieces."""
    graph, packed = graphs()[3], _snapshots()[3]
    meta = model.encode_meta(model.Meta(directed=graph.directed))
    head = Head(
        graph_id="g", uid="u", version=5, snapshot_version=5, snapshot_bytes=len(packed), log_operations=0, log_bytes=0,
        nodes=graph.n, edges=graph.m, meta=meta, created=1.5, updated=2.5,
    )  # fmt: skip
    return archive.pack("t", Contents(head=head, snapshot=packed, log=[]))


def _batch(random: Random, payload: bytes) -> bytes:
    """Another batch of edits: blind changes, or values that no batch has."""
    if random.random() < 0.5 or payload[:1] == b"[":
        return blunt(random, payload)
    whole = msgspec.msgpack.decode(payload)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            places.append((value, key))
            if isinstance(item, dict | list):
                walk(item)

    walk(whole)
    holder, key = random.choice(places)
    deep: Any = 1
    for _ in range(random.choice((5, 40, 900))):
        deep = [deep]
    holder[key] = random.choice(
        (
            None,
            True,
            -1,
            2**63,
            1.5,
            float("nan"),
            float("inf"),
            b"bytes",
            [],
            {},
            "x" * 3000,
            ["a"],
            deep,
            "an",
            "cl",
            {"a": deep},
        )
    )
    return msgspec.msgpack.encode(whole)


def _parts(random: Random, parts: list[bytes]) -> list[bytes]:
    """Header, log or the frame of an archive changed, with checksums put right."""
    header = msgspec.msgpack.decode(parts[3])
    log = msgspec.msgpack.decode(parts[9])
    match random.randrange(4):
        case 0:
            name = random.choice([*header, "else"])
            header[name] = random.choice(
                (*_NUMBERS, None, "x", b"", b"\x80", [], {}, 1.5, float("nan"), 2**64 - 1, "\0", "a" * 5000)
            )
            return _framed([_pack(header), parts[6], parts[9], b""])
        case 1:
            log = random.choice(
                ([], [[1, b""]], [[2**63, b"\x90"]], None, [[6]], [[6, "text"]], log * 2, [*log, *log[:1]], {"a": 1})
            )
            return _framed([parts[3], parts[6], _pack(log), b""])
        case 2:
            pieces = [parts[3], parts[6], parts[9], b""]
            at = random.randrange(4)
            pieces[at] = blunt(random, pieces[at] or b"x")
            return _framed(pieces)
        case _:
            at = random.choice((1, 4, 7, 10))
            parts = list(parts)
            parts[at] = struct.pack("<Q", random.choice(_NUMBERS) & 2**64 - 1)
            return parts


def _pack(value: Any) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except OverflowError:
        return b"\xc1"


def _framed(pieces: list[bytes]) -> list[bytes]:
    return [
        archive.MAGIC,
        *(out for piece in pieces for out in (struct.pack("<Q", len(piece)), archive.digest(piece), piece)),
    ]


# -- uploads


def _arrow(random: Random) -> bytes:
    data = random.choice(_arrow_files())
    return stream(random, data) if random.random() < 0.85 else blunt(random, data)


def _parquet(random: Random) -> bytes:
    data = random.choice(_parquet_files())
    if random.random() < 0.5:  # the footer, its length put right
        (size,) = struct.unpack_from("<I", data, len(data) - 8)
        start = len(data) - 8 - size
        footer = blunt(random, data[start : start + size])
        return data[:start] + footer + struct.pack("<I", len(footer)) + b"PAR1"
    return blunt(random, data, 4, max(5, len(data) - 8))


_MAKERS: Final[dict[str, Callable[[Random], bytes]]] = {
    "snapshot": _snapshot,
    "archive": _archive,
    "arrow": _arrow,
    "parquet": _parquet,
}
