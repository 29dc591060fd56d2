"""The Lua scripts: read from the package, sent by digest, in full only where the server lost them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError

from networkx_mcp.store.redis_link import Command, Link, raise_for

#: Scripts that begin with lua/common.lua.
_WITH_COMMON = frozenset({"create", "append", "replace", "compact", "delete", "known", "memory"})


class Script(NamedTuple):
    text: str
    digest: str


@cache
def script(name: str) -> Script:
    """The script lua/<name>.lua, with the common part where it needs it."""
    folder = files("networkx_mcp.store") / "lua"
    text = (folder / f"{name}.lua").read_text(encoding="utf-8")
    if name in _WITH_COMMON:
        text = (folder / "common.lua").read_text(encoding="utf-8") + text
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


async def run(
    link: Link,
    name: str,
    keys: Sequence[str],
    arguments: Sequence[str | bytes | int | float],
    *,
    before: Sequence[Command] = (),
    read_only: bool = False,
    era: int | None = None,
) -> Any:
    """Run a script after the commands `before`, in one round trip; returns the script's reply.
    Raises StoreUnavailable where any of them fails, Replaced as `Link.call` does."""
    wanted = script(name)
    send = link.ask if read_only else partial(link.call, era=era)
    *first, reply = await send(*before, ("EVALSHA", wanted.digest, len(keys), *keys, *arguments))
    for command, other in zip(before, first, strict=True):
        raise_for(other, str(command[1]))
    if isinstance(reply, NoScriptError):
        # The server restarted or its script cache was flushed; nothing ran.
        (reply,) = await send(("EVAL", wanted.text, len(keys), *keys, *arguments))
    return raise_for(reply)
