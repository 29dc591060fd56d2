"""Archives come back as they were, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.errors import InvalidInput
from networkx_mcp.store import archive
from networkx_mcp.store.protocol import Contents, Head


def contents(snapshot: bytes, payloads: list[bytes], version: int = 10) -> Contents:
    head = Head(
        graph_id="g", uid="u", version=version + len(payloads), snapshot_version=version, snapshot_bytes=len(snapshot),
        log_operations=len(payloads), log_bytes=sum(map(len, payloads)), nodes=3, edges=4, meta=b"m", created=1.5,
        updated=2.5,
    )  # fmt: skip
    return Contents(head=head, snapshot=snapshot, log=[(version + 1 + at, one) for at, one in enumerate(payloads)])


def packed_of(one: Contents) -> bytes:
    return b"".join(archive.pack("t", one))


@given(st.binary(max_size=200), st.lists(st.binary(max_size=50), max_size=5))
def test_an_archive_returns_what_was_packed(snapshot: bytes, payloads: list[bytes]) -> None:
    given_ = contents(snapshot, payloads)
    found = archive.unpack(packed_of(given_))
    assert (found.snapshot, found.log) == (given_.snapshot, given_.log)
    assert found.header.version == given_.head.version
    assert (found.header.tenant, found.header.graph_id, found.header.meta) == ("t", "g", b"m")


@given(st.data())
def test_one_changed_byte_is_noticed(data: st.DataObject) -> None:
    packed = bytearray(packed_of(contents(b"snapshot", [b"one", b"two"])))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidInput):
        archive.unpack(bytes(packed))


@given(st.data())
def test_a_cut_off_archive_is_noticed(data: st.DataObject) -> None:
    packed = packed_of(contents(b"snapshot", [b"one"]))
    with pytest.raises(InvalidInput, match="nothing was changed"):
        archive.unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])


def test_trailing_bytes_are_noticed() -> None:
    with pytest.raises(InvalidInput):
        archive.unpack(packed_of(contents(b"", [])) + b"x")


def test_a_log_with_a_gap_is_noticed() -> None:
    broken = contents(b"", [b"one", b"two"])
    broken.log[0] = (5, b"one")
    with pytest.raises(InvalidInput, match="gaps"):
        archive.unpack(packed_of(broken))
