"""What runs for a client ends when it hangs up, and for nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message

from networkx_mcp.context import ANONYMOUS, CallContext
from networkx_mcp.errors import Cancelled
from networkx_mcp.hang_up import ends_with_client

Gone = Callable[[], None]


class Socket:
    """Tells those that watch it that the client is gone."""

    def __init__(self) -> None:
        self.watching: list[Gone] = []

    def watch(self, gone: Gone) -> Callable[[], object]:
        self.watching.append(gone)
        return lambda: self.watching.remove(gone)


def call(socket: Socket) -> CallContext:
    return CallContext(ANONYMOUS, "c", watch=socket.watch)


async def still_there() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def work_of(socket: Socket) -> None:
    with ends_with_client(call(socket), still_there):
        await asyncio.sleep(60)


async def test_the_socket_ends_it_and_is_watched_no_longer() -> None:
    socket = Socket()
    task = asyncio.ensure_future(work_of(socket))
    await asyncio.sleep(0)
    socket.watching[0]()
    with pytest.raises(Cancelled, match="hung up"):
        await task
    assert not socket.watching


async def test_a_disconnect_ends_it_where_no_socket_tells() -> None:
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request"}]

    async def receive() -> Message:
        return messages.pop()

    with pytest.raises(Cancelled), ends_with_client(CallContext(ANONYMOUS, "c"), receive):
        await asyncio.sleep(60)


async def test_what_ends_in_time_is_answered() -> None:
    socket = Socket()
    with ends_with_client(call(socket), still_there):
        await asyncio.sleep(0)
    assert not socket.watching


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_whoever_else_wants_the_task_ended_is_obeyed(*, hangs_up: bool) -> None:
    socket = Socket()
    task = asyncio.ensure_future(work_of(socket))
    await asyncio.sleep(0)
    if hangs_up:
        socket.watching[0]()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_met_while_the_client_leaves_stays_that_error() -> None:
    socket = Socket()

    async def fails() -> int:
        try:
            with ends_with_client(call(socket), still_there):
                try:
                    await asyncio.sleep(60)
                finally:
                    raise ValueError("broken")
        except ValueError:
            task = asyncio.current_task()
            assert task is not None
            return task.cancelling()

    task = asyncio.ensure_future(fails())
    await asyncio.sleep(0)
    socket.watching[0]()
    assert await task == 0, "nothing of the cancellation is left"
