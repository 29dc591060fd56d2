"""Who calls, in a test without a server."""

from __future__ import annotations

from networkx_mcp import context


def act_as(tenant: str) -> None:
    """Make this task's caller one of `tenant`."""
    caller = context.Caller("tester", tenant, frozenset({context.READ, context.WRITE}))
    context.set_current(context.CallContext(caller, "test"))
