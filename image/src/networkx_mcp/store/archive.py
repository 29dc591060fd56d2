"""One graph as bytes that any store can take back: head, snapshot and log, each with a checksum.

Layout: `MAGIC`, then four parts, each an 8-byte little-endian length, the BLAKE2b-256 digest of its
bytes, and the bytes: the header (msgpack), the snapshot, the log (msgpack of [version, payload]
pairs), and an empty part that ends the file, so that a cut-off archive is noticed.
"""

from __future__ import annotations

import hashlib
import struct

import msgspec

from networkx_mcp.errors import InvalidInput
from networkx_mcp.store.protocol import Contents

MAGIC = b"networkx-mcp graph 1\n"
_LENGTH = struct.Struct("<Q")
#: Largest version: what every store, Lua's floats included, counts exactly.
_MAX_VERSION = 2**53
_DIGEST_BYTES = 32


class ArchiveHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive says of its graph. `tenant` and `graph_id` are where it came from."""

    tenant: str
    graph_id: str
    version: int
    snapshot_version: int
    nodes: int
    edges: int
    meta: bytes
    created: float
    updated: float


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was read and whose checksums hold."""

    header: ArchiveHeader
    snapshot: bytes
    log: list[tuple[int, bytes]]


def pack(tenant: str, contents: Contents) -> list[bytes]:
    """The archive of one consistent read, in pieces: the snapshot is not copied."""
    head = contents.head
    header = ArchiveHeader(
        tenant=tenant,
        graph_id=head.graph_id,
        version=head.version,
        snapshot_version=head.snapshot_version,
        nodes=head.nodes,
        edges=head.edges,
        meta=head.meta,
        created=head.created,
        updated=head.updated,
    )
    parts = [msgspec.msgpack.encode(header), contents.snapshot, msgspec.msgpack.encode(contents.log), b""]
    return [MAGIC, *(piece for part in parts for piece in (_LENGTH.pack(len(part)), digest(part), part))]


def unpack(data: bytes | memoryview) -> Archive:
    """The inverse of `pack`. Raises InvalidInput (field `archive`) for anything else, or one byte changed."""
    view = memoryview(data)
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise broken("it does not begin as one")
    at, parts = len(MAGIC), []
    for _ in range(4):
        start = at + _LENGTH.size + _DIGEST_BYTES
        if start > len(view):
            raise broken("it is cut off")
        (size,) = _LENGTH.unpack_from(view, at)
        if size > len(view) - start:
            raise broken("it is cut off")
        part = bytes(view[start : start + size])
        if digest(part) != bytes(view[at + _LENGTH.size : start]):
            raise broken("a checksum does not hold")
        parts.append(part)
        at = start + size
    if at != len(view) or parts[3]:
        raise broken("something follows its end")
    try:
        header = msgspec.msgpack.decode(parts[0], type=ArchiveHeader)
        log = msgspec.msgpack.decode(parts[2], type=list[tuple[int, bytes]])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise broken(str(error)) from None
    if not 1 <= header.version <= _MAX_VERSION or len(log) > header.version:
        raise broken(f"its version {header.version} is none")
    versions = [version for version, _ in log]
    if versions != list(range(header.version - len(log) + 1, header.version + 1)):
        raise broken("its log has gaps")
    return Archive(header=header, snapshot=parts[1], log=log)


def digest(part: bytes) -> bytes:
    """The checksum that stands before a part."""
    return hashlib.blake2b(part, digest_size=_DIGEST_BYTES).digest()


def broken(reason: str) -> InvalidInput:
    """The error for bytes that are no archive, or not a sound one."""
    return InvalidInput(f"this is not a graph archive of networkx-mcp: {reason}; nothing was changed", field="archive")
