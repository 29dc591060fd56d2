"""A crowd of new connections waits for a few turns of a busy event loop, not for one turn each."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest
import uvloop

from networkx_mcp.http.listening import ACCEPTS, accept_more

CROWD = 5 * ACCEPTS


async def turns_until_all_are_in(more: bool) -> int:
    """How many turns of the loop it takes until a crowd that came while the loop was busy has been accepted."""
    came = 0

    class Came(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal came
            came += 1

    server = await asyncio.get_running_loop().create_server(Came, "127.0.0.1", 0, backlog=2 * CROWD)
    servers = [server, *(await accept_more(server, Came, 2 * CROWD) if more else [])]
    address = server.sockets[0].getsockname()
    turns = 0
    with ExitStack() as stack:
        for _ in range(CROWD):  # the kernel takes them in; this loop does not run meanwhile
            stack.enter_context(socket.create_connection(address, timeout=5))
        while came < CROWD:
            await asyncio.sleep(0)
            turns += 1
    for one in servers:
        one.close()
    for one in servers:
        await one.wait_closed()
    with pytest.raises(ConnectionRefusedError):  # the port is closed with the last of them
        socket.create_connection(address, timeout=5)
    return turns


def test_a_crowd_is_let_in_a_group_at_a_time() -> None:
    assert uvloop.run(turns_until_all_are_in(more=True)) <= 2 * CROWD / ACCEPTS


def test_the_loop_alone_lets_one_in_at_a_time() -> None:
    """If this fails, uvloop has changed, and `http/listening.py` can go."""
    assert uvloop.run(turns_until_all_are_in(more=False)) >= CROWD
