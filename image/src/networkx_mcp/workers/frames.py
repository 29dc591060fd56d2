"""What the API, the zygote and the workers say to each other, and how it becomes bytes.

Two kinds of Unix sockets, both anonymous pairs:

* *control* (API - zygote): SOCK_SEQPACKET, one small message a packet; `Fork` brings the worker's end
  of its job channel, `Started` brings the worker's pidfd.
* *job channel* (API - worker): SOCK_STREAM, frames of an 8-byte little-endian length and MessagePack.
  A `Job` goes one way, its `Done` or `Failed` comes back, and then perhaps the next; descriptors (sealed memfds) travel with
  the first byte of their frame (SCM_RIGHTS), so neither graphs nor results are copied or pickled.

Both ends are processes of one release, so there is no version in the messages.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

import msgspec

from networkx_mcp import platform

#: Bytes of a frame; larger things travel as memfds.
JOB_MAX_BYTES = 64 * 1024 * 1024
RESULT_MAX_BYTES = 8 * 1024 * 1024
#: Descriptors of one frame (the kernel's own bound is 253).
MAX_FDS = 64

_LENGTH = struct.Struct("<Q")
_FD_SPACE = socket.CMSG_SPACE(MAX_FDS * array.array("i").itemsize)
_CONTROL_BYTES = 16 * 1024


class Hello(msgspec.Struct, frozen=True, tag=True):
    """zygote -> API: warm and ready to fork. Times in seconds."""

    pid: int
    seconds: float
    #: Why workers that read bytes of others have no sandbox; empty where they have one.
    unshut: str = ""


class Fork(msgspec.Struct, frozen=True, tag=True):
    """API -> zygote: one worker, please; its end of the job channel comes along."""

    number: int
    #: Its job comes later: it has time to rehearse.
    ahead: bool = False


class Started(msgspec.Struct, frozen=True, tag=True):
    """zygote -> API: worker `number` runs; its pidfd comes along."""

    number: int
    pid: int


class ForkFailed(msgspec.Struct, frozen=True, tag=True):
    """zygote -> API: no worker `number`; the kernel said why."""

    number: int
    reason: str


class Exited(msgspec.Struct, frozen=True, tag=True):
    """zygote -> API: a worker ended and is reaped. `status` as os.waitstatus_to_exitcode gives it."""

    pid: int
    status: int
    max_rss_kib: int


class Job(msgspec.Struct, frozen=True, tag=True):
    """API -> worker: what to run, and within which bounds."""

    task: str
    params: Any
    #: Bytes of private memory on top of what the worker has at its start.
    reservation: int
    #: Seconds left until the deadline.
    seconds: float
    correlation_id: str
    #: Another job of the same tenant may follow.
    keep: bool = False


class Done(msgspec.Struct, frozen=True, tag=True):
    """worker -> API: the answer; its descriptors come along."""

    value: Any
    seconds: float
    max_rss_kib: int
    #: The worker waits for another job.
    stays: bool = False


class Failed(msgspec.Struct, frozen=True, tag=True):
    """worker -> API: the task raised.

    `kind` is the name of a class in `networkx_mcp.errors`, "MemoryError", "SystemError" where the interpreter
    lost the exception, or "" for anything else, which is a defect: `detail` (a stack) is for the log alone.
    """

    kind: str
    #: Without the place, and without the hint among `data`.
    problem: str
    retry_after: float | None
    data: dict[str, Any]
    seconds: float
    max_rss_kib: int
    detail: str = ""
    #: The place of the problem, as its message begins with it.
    at: str = ""
    #: The worker waits for another job.
    stays: bool = False


Control = Hello | Fork | Started | ForkFailed | Exited
JobAnswer = Done | Failed


class FrameTooLarge(ValueError):
    """A frame would pass its cap; `size` and `cap` in bytes."""

    def __init__(self, size: int, cap: int) -> None:
        super().__init__(f"a frame of {size} bytes, at most {cap} are allowed")
        self.size = size
        self.cap = cap


def _plain(value: Any) -> Any:
    """numpy scalars and arrays as plain values."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no MessagePack form")


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_control = msgspec.msgpack.Decoder(Control)
_job = msgspec.msgpack.Decoder(Job)
_answer = msgspec.msgpack.Decoder(JobAnswer)


def encode(message: Job | JobAnswer, cap: int) -> bytearray:
    """A frame. Raises FrameTooLarge, or TypeError for a value without a MessagePack form."""
    frame = bytearray(_LENGTH.size)
    _encoder.encode_into(message, frame, _LENGTH.size)
    size = len(frame) - _LENGTH.size
    if size > cap:
        raise FrameTooLarge(size, cap)
    _LENGTH.pack_into(frame, 0, size)
    return frame


def decode_job(body: bytearray) -> Job:
    """The job of a frame's body."""
    job: Job = _job.decode(body)
    return job


def decode_answer(body: bytearray) -> JobAnswer:
    """The answer of a frame's body."""
    answer: JobAnswer = _answer.decode(body)
    return answer


def ancillary(fds: Sequence[int]) -> list[tuple[int, int, array.array[int]]]:
    """`fds` as sendmsg wants them. Raises ValueError for more than MAX_FDS."""
    if len(fds) > MAX_FDS:
        raise ValueError(f"{len(fds)} descriptors in one frame, at most {MAX_FDS} are allowed")
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []


def _descriptors(messages: list[tuple[int, int, bytes]], flags: int) -> list[int]:
    fds = array.array("i")
    for level, kind, data in messages:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    if flags & socket.MSG_CTRUNC:
        close_all(list(fds))
        raise OSError("descriptors were lost on the way: too many, or no room in the table")
    if not platform.CLOSE_ON_EXEC:
        for fd in fds:
            os.set_inheritable(fd, False)
    return list(fds)


def close_all(fds: list[int]) -> None:
    """Close and forget descriptors."""
    while fds:
        os.close(fds.pop())


def send_control(sock: socket.socket, message: Control, fds: Sequence[int] = ()) -> None:
    """Send one control message. Raises OSError (BlockingIOError when the other end does not read)."""
    platform.send_packet(sock, _encoder.encode(message), ancillary(fds))


def receive_control(sock: socket.socket) -> tuple[Control, list[int]] | None:
    """One control message and its descriptors, None at the end. Raises OSError."""
    data, messages, flags = platform.receive_packet(sock, _CONTROL_BYTES, _FD_SPACE)
    fds = _descriptors(messages, flags)
    if not data:
        close_all(fds)
        return None
    try:
        return _control.decode(data), fds
    except msgspec.DecodeError:
        close_all(fds)
        raise


class FrameReader:
    """Collects one frame from a stream socket, however it is cut. The caller owns `fds` afterwards."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._buffer = bytearray(_LENGTH.size)
        self._filled = 0
        self._header = True
        self.fds: list[int] = []
        #: The body once it is complete; None as long as it is not, or at the end of the stream.
        self.body: bytearray | None = None

    def wants_more(self, sock: socket.socket) -> bool:
        """Read once. False when the body is complete or the stream has ended.

        Raises BlockingIOError, OSError and FrameTooLarge.
        """
        with memoryview(self._buffer) as whole, whole[self._filled :] as view:
            count, messages, flags, _ = sock.recvmsg_into([view], _FD_SPACE, platform.CLOSE_ON_EXEC)
        if messages:
            self.fds += _descriptors(messages, flags)
        if count == 0:
            return False
        self._filled += count
        if self._filled < len(self._buffer):
            return True
        if self._header:
            (size,) = _LENGTH.unpack(self._buffer)
            if size > self._cap:
                raise FrameTooLarge(size, self._cap)
            self._header, self._filled, self._buffer = False, 0, bytearray(size)
            return True  # a body is never empty: it is a message
        self.body = self._buffer
        return False


def send_frame(sock: socket.socket, frame: bytearray, fds: Sequence[int] = ()) -> None:
    """Send a frame through a blocking socket. Raises OSError."""
    sent = sock.sendmsg([frame], ancillary(fds))
    if sent < len(frame):
        sock.sendall(memoryview(frame)[sent:])


def receive_frame(sock: socket.socket, cap: int) -> tuple[bytearray, list[int]] | None:
    """One frame's body and descriptors from a blocking socket, None at the end. Raises OSError, FrameTooLarge."""
    reader = FrameReader(cap)
    try:
        while reader.wants_more(sock):
            pass
    except BaseException:
        close_all(reader.fds)
        raise
    if reader.body is None:
        close_all(reader.fds)
        return None
    return reader.body, reader.fds
