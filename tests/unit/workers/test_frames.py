"""Frames and descriptors over real socket pairs."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.workers.conftest import open_fds

from networkx_mcp.workers import frames
from networkx_mcp.workers.channel import Channel


def job(params: object) -> bytearray:
    return frames.encode(frames.Job("t", params, 1, 2.0, "c"), frames.JOB_MAX_BYTES)


def memfd(text: bytes) -> int:
    fd = os.memfd_create("test")
    os.write(fd, text)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(params=_VALUES, cuts=st.lists(st.integers(1, 50), max_size=8))
def test_a_frame_arrives_whole_however_it_is_cut(params: object, cuts: list[int]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frame, reader = job(params), frames.FrameReader(frames.JOB_MAX_BYTES)
        theirs.setblocking(False)
        at = 0
        for cut in [*cuts, len(frame)]:
            ours.sendall(frame[at : at + cut])
            at += cut
            while reader.body is None:
                try:
                    if not reader.wants_more(theirs):
                        break
                except BlockingIOError:
                    break
        assert reader.body is not None
        assert frames.decode_job(reader.body).params == params


def test_descriptors_travel_with_their_frame() -> None:
    before = open_fds()
    ours, theirs = socket.socketpair()
    fds = [memfd(b"one"), memfd(b"two")]
    with ours, theirs:
        frames.send_frame(ours, job(None), fds)
        received = frames.receive_frame(theirs, 1000)
        assert received is not None
        assert [os.read(fd, 10) for fd in received[1]] == [b"one", b"two"]
        assert not any(os.get_inheritable(fd) for fd in received[1])
        frames.close_all(received[1])
    frames.close_all(fds)
    assert open_fds() == before


def test_the_largest_frame_passes_and_one_byte_more_does_not() -> None:
    size = len(job(b"")) - 8
    assert len(frames.encode(frames.Job("t", b"", 1, 2.0, "c"), size)) == size + 8
    with pytest.raises(frames.FrameTooLarge) as error:
        frames.encode(frames.Job("t", b"x", 1, 2.0, "c"), size)
    assert (error.value.size, error.value.cap) == (size + 1, size)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frames.send_frame(ours, job(b""))
        assert frames.receive_frame(theirs, size) is not None
        fd = memfd(b"")
        before = open_fds()
        frames.send_frame(ours, job(b"x"), [fd])
        with pytest.raises(frames.FrameTooLarge):
            frames.receive_frame(theirs, size)
        assert open_fds() == before
        os.close(fd)


def test_too_many_descriptors_are_refused_before_anything_is_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(ValueError, match="64"):
            frames.send_frame(ours, job(None), [0] * (frames.MAX_FDS + 1))
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


async def test_a_large_job_is_sent_without_blocking_the_loop() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    blob = os.urandom(4 << 20)
    sending = asyncio.create_task(channel.send(job(blob)))
    await asyncio.sleep(0.01)
    assert not sending.done()  # nobody reads yet; the loop runs on
    received = await asyncio.to_thread(frames.receive_frame, theirs, frames.JOB_MAX_BYTES)
    assert await sending
    assert received is not None
    assert frames.decode_job(received[0]).params == blob
    channel.close()
    theirs.close()


async def test_a_cancelled_wait_for_an_answer_closes_what_came_with_it() -> None:
    before = open_fds()
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    receiving = asyncio.create_task(channel.receive(1000))
    fd = memfd(b"x")
    theirs.sendmsg([job(None)[:9]], frames.ancillary([fd]))  # a part of a frame, and a descriptor
    os.close(fd)
    await asyncio.sleep(0.01)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    channel.close()
    theirs.close()
    assert open_fds() == before


async def test_the_other_end_is_gone() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    theirs.close()
    assert await channel.receive(1000) is None
    assert not await channel.send(job(None))
    channel.close()
