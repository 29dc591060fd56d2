"""Bytes that this release writes are of the form that 0.1.0 wrote and reads: changed here, an older server could not go back.

What 0.1.0 wrote is in tests/fixtures/release-0.1.0; `way_back.py` there runs 0.1.0 itself behind this release.
"""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
import typing
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from networkx_mcp.arrays import edits, frozen, snapshot
from networkx_mcp.graphs import model
from networkx_mcp.settings import StoreSettings
from networkx_mcp.store import archive
from networkx_mcp.store.protocol import Contents, Head
from networkx_mcp.store.sqlite_store import SqliteStore

FILES = Path(__file__).parents[2] / "fixtures" / "release-0.1.0"
#: The fields of an edit by its tag, as 0.1.0 has them; it refuses a record with more.
LOG = {
    "an": ["nodes", "attributes"],
    "rn": ["nodes", "if_missing"],
    "ae": ["edges", "attributes", "if_exists"],
    "re": ["edges", "if_missing"],
    "sn": ["nodes", "attributes"],
    "se": ["edges", "attributes"],
    "ra": ["names", "nodes", "edges", "graph"],
    "sg": ["attributes"],
    "cl": [],
}


def unpacked(name: str) -> bytes:
    return gzip.decompress((FILES / f"{name}.gz").read_bytes())


@pytest.fixture(scope="module")
def archives() -> dict[str, bytes]:
    """By graph, as they stand in the backup of 0.1.0."""
    with tarfile.open(fileobj=io.BytesIO(unpacked("backup.tar"))) as file:
        parts = [file.extractfile(one) for one in file if one.name.endswith(".graph")]
        found = [part.read() for part in parts if part is not None]
    return {archive.unpack(data).header.graph_id: data for data in found}


def test_the_log_has_the_edits_of_0_1_0_with_their_fields() -> None:
    kinds = {kind.__struct_config__.tag: kind for kind in typing.get_args(edits.Edit)}
    assert {tag: list(kind.__struct_fields__) for tag, kind in kinds.items()} == LOG


def test_what_0_1_0_logged_is_written_again_byte_by_byte(archives: dict[str, bytes]) -> None:
    payloads = [payload for data in archives.values() for _, payload in archive.unpack(data).log]
    assert len(payloads) > 10
    assert {payload[:1] == b"[" for payload in payloads} == {True, False}, "JSON and MessagePack"
    for payload in payloads:
        assert edits.encode(edits.decode(payload)) == payload


def test_archives_of_0_1_0_are_packed_again_byte_by_byte(archives: dict[str, bytes]) -> None:
    for data in archives.values():
        was = archive.unpack(data)
        known = msgspec.structs.asdict(was.header)
        tenant = known.pop("tenant")
        head = Head(uid="u", snapshot_bytes=0, log_operations=0, log_bytes=0, **known)
        again = archive.pack(tenant, Contents(head=head, snapshot=was.snapshot, log=was.log))
        assert b"".join(again) == data
        assert model.encode_meta(model.decode_meta(was.header.meta)) == was.header.meta


def stream(data: bytes) -> tuple[Any, pa.Schema]:
    """Head of a snapshot without sizes, and the schema of its stream."""
    magic, version, size, _ = snapshot._HEAD.unpack_from(data)
    raw = pa.Codec("zstd").decompress(memoryview(data)[snapshot._HEAD.size :], decompressed_size=size)
    return (magic, version), pa.ipc.open_stream(raw).schema


def test_a_snapshot_of_0_1_0_is_packed_again_with_the_same_head_and_schema(archives: dict[str, bytes]) -> None:
    snapshots = [archive.unpack(data).snapshot for data in archives.values()]
    assert sum(map(bool, snapshots)) >= 2
    for was in filter(None, snapshots):
        head, schema = stream(was)
        ours_head, ours = stream(frozen.compress(frozen.decompress(was)))
        assert ours_head == head
        assert ours.equals(schema), "names and types of arrays and columns"
        assert [field.metadata for field in ours] == [field.metadata for field in schema]
        told, were = (msgspec.json.decode(one.metadata[b"networkx_mcp"]) for one in (ours, schema))
        assert told | {"seed": 0} == were | {"seed": 0}


async def test_the_file_of_the_embedded_store_has_the_tables_of_0_1_0(tmp_path: Path) -> None:
    (tmp_path / "old.sqlite3").write_bytes(unpacked("graphs.sqlite3"))
    store = SqliteStore(StoreSettings(path=tmp_path / "new.sqlite3"))
    await store.start()
    await store.close()

    def form(name: str) -> list[Any]:
        with sqlite3.connect(tmp_path / name) as db:
            marks = [db.execute(f"PRAGMA {of}").fetchone() for of in ("application_id", "user_version")]
            return [*marks, *db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name")]

    assert form("new.sqlite3") == form("old.sqlite3")
