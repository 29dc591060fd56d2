"""Calls that are rehearsed are real ones; a worker that is forked ahead has run them before its job comes."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.patience import soon
from tests.unit.workers.conftest import open_fds

from networkx_mcp.analysis import warm  # enters the calls
from networkx_mcp.workers import warmup, worker
from networkx_mcp.workers.pool import Compute


def own_pages(pid: int) -> int:
    """Memory that a process has written to and shares with nobody, in KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(text.partition("Private_Dirty:")[2].split()[0])


def test_each_call_is_answered() -> None:
    first, *answers = warmup.play()
    assert first is None
    assert len(answers) == len(warmup.CALLS) == len(warm.CALLS)
    assert [answer["_run"]["engine"] != "networkx" for answer in answers] == [True] * len(answers)


def test_nothing_stays_open() -> None:
    warmup.rehearse()
    before = open_fds().total()
    warmup.rehearse()
    assert open_fds().total() == before


def test_a_job_that_is_there_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(warmup, "CALLS", warmup.CALLS * 3)
    answers = warmup.play()
    monkeypatch.setattr(warmup, "play", lambda _: (done.append(answer) or answer for answer in answers))
    warmup.rehearse(enough=lambda: len(done) == 2)
    assert len(done) == 2


def test_a_failure_is_told_and_not_raised(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(warmup, "CALLS", (("no_such_task", {}),))
    warmup.rehearse()
    assert "no_such_task" in capsys.readouterr().err


@pytest.mark.parametrize("sent", [b"", b"job", None])
def test_a_worker_knows_whether_its_job_or_the_end_is_there(sent: bytes | None) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if sent is None:
            ours.close()
        else:
            ours.send(sent)
        assert worker._readable(theirs) == (sent != b"")


@pytest.mark.asyncio(loop_scope="module")
async def test_only_a_worker_that_is_forked_ahead_has_written_to_its_pages(compute: Compute) -> None:
    zygote = compute.supervisor._zygote
    assert zygote is not None
    ahead, wanted = [await zygote.fork(lambda _: None, ahead=ahead) for ahead in (True, False)]
    try:
        await soon(lambda: own_pages(ahead.pid) > 1.5 * own_pages(wanted.pid) > 0)
    finally:
        for one in (ahead, wanted):
            one.kill("spare")
            one.channel.close()
