"""A client that hangs up ends what runs for it: nobody would read the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import Receive

from networkx_mcp.context import CallContext
from networkx_mcp.errors import Cancelled


@contextmanager
def ends_with_client(call: CallContext, receive: Receive) -> Iterator[None]:
    """Cancel what this task awaits inside when the client hangs up; raises errors.Cancelled then.

    The socket tells, where the call has one that does: no task is made. Else `receive` is asked, and what it says before
    `http.disconnect` is dropped: the body was read, or nobody needs it.
    """
    task = asyncio.current_task()
    assert task is not None
    gone = False

    def end() -> None:
        nonlocal gone
        gone = True
        task.cancel()

    forget = call.watch(end) if call.watch is not None else _listen(receive, end)
    others = 0
    try:
        yield
    except asyncio.CancelledError:
        if not gone:
            raise
    finally:
        forget()
        if gone:
            others = task.uncancel()
    if others:
        raise asyncio.CancelledError  # whoever else wants this task ended is obeyed
    if gone:
        raise Cancelled("The client hung up.")


def _listen(receive: Receive, gone: Callable[[], None]) -> Callable[[], object]:
    """Call `gone` when the client hangs up, until what is returned is called."""

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone()

    return asyncio.ensure_future(listen()).cancel
