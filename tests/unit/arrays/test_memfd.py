"""Sealed memfds: what is mapped can never change."""

from __future__ import annotations

import mmap
import os

import pytest

from networkx_mcp.arrays import memfd


def test_the_buffers_stand_one_after_another_and_outlive_the_descriptor() -> None:
    fd = memfd.create("test", [b"abc", memoryview(b"def"), b""])
    view = memfd.attach(fd)
    os.close(fd)
    assert bytes(view) == b"abcdef"
    assert view.readonly


def test_nobody_can_change_resize_or_unseal_it() -> None:
    fd = memfd.create("test", [b"abc"])
    assert memfd.is_sealed(fd)
    for change in (
        lambda: os.pwrite(fd, b"x", 0),
        lambda: os.ftruncate(fd, 1),
        lambda: os.ftruncate(fd, 10),
        lambda: mmap.mmap(fd, 3, mmap.MAP_SHARED, mmap.PROT_WRITE),
    ):
        with pytest.raises(PermissionError):
            change()
    os.close(fd)


def test_an_unsealed_descriptor_is_refused() -> None:
    unsealed = memfd.open_unsealed("test")
    read, write = os.pipe()
    for fd in (unsealed, read):
        with pytest.raises(ValueError, match="not a sealed memfd"):
            memfd.attach(fd)
    for fd in (unsealed, read, write):
        os.close(fd)


def test_an_empty_one_can_be_attached() -> None:
    fd = memfd.create("test", [])
    assert bytes(memfd.attach(fd)) == b""
    os.close(fd)
