"""Uploads on their way to disk: how fast, how much, and a disk that is full."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.types import Message, Receive

from networkx_mcp.errors import Cancelled, LimitExceeded, Shed
from networkx_mcp.http import spool
from networkx_mcp.http.spool import Pace, spool_body
from networkx_mcp.settings import MIB, Limits

LIMITS = Limits(upload_mb=1)


def sender(*parts: bytes, end: bool = True) -> Receive:
    """The parts of a body; without `end` the client hangs up after them."""
    messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b"", "more_body": False} if end else {"type": "http.disconnect"})

    async def receive() -> Message:
        return messages.pop(0)

    return receive


def test_a_pause_shorter_than_the_window_is_forgiven() -> None:
    pace = Pace(rate=100, seconds=10, now=0)
    assert pace.patience(0) == 10
    assert pace.patience(9) == 1
    pace.moved(1000, 9)
    assert pace.patience(9.5) == 0.5
    assert pace.patience(10) > 0  # 1000 bytes in 10 s


def test_too_little_over_a_window_is_too_slow() -> None:
    pace = Pace(rate=100, seconds=10, now=0)
    pace.moved(999, 5)
    assert pace.patience(10) == 0
    # what came before the window does not count
    pace = Pace(rate=100, seconds=10, now=0)
    pace.moved(100_000, 1)
    assert pace.patience(11) > 0
    pace.moved(1, 12)
    pace.moved(1, 23)
    assert pace.patience(23) == 0


async def test_a_body_is_a_file_at_its_end() -> None:
    with await spool_body(sender(b"a" * MIB), [], LIMITS) as file:
        assert file.tell() == MIB
        file.seek(0)
        assert file.read() == b"a" * MIB


async def test_a_byte_too_many_is_refused_declared_or_not() -> None:
    with pytest.raises(LimitExceeded) as declared:
        await spool_body(sender(), [(b"content-length", b"%d" % (MIB + 1))], LIMITS)
    with pytest.raises(LimitExceeded) as passed:
        await spool_body(sender(b"a" * MIB, b"b"), [], LIMITS)
    for error in (declared.value, passed.value):
        assert (error.status, error.data["setting"], error.data["maximum"]) == (413, "limits.upload_mb", MIB)


async def test_a_client_that_hangs_up_ends_it() -> None:
    with pytest.raises(Cancelled):
        await spool_body(sender(b"a", end=False), [], LIMITS)


async def test_a_full_volume_is_told_as_something_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_unnamed_file", lambda: Path("/dev/full").open("w+b", buffering=0))  # noqa: SIM115
    with pytest.raises(Shed, match="TMPDIR") as caught:
        await spool_body(sender(b"a" * 100), [], LIMITS)
    assert caught.value.retry_after
