"""Tool calls of many clients at once, each with what became of it: an answer, a named error, or no answer at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
from tests.helpers.patience import PATIENCE
from tests.helpers.server import NO_TLS, Server, message, modern

from networkx_mcp import mcp_wire

#: What a caller may simply send again, under the same operation_id.
AGAIN = frozenset({"lost", "store_unavailable", "unavailable", "shed", "rate_limited"})


@dataclass(frozen=True)
class ToolAnswer:
    """What a caller was told. `error`: the code of the error, `lost` where no answer came, "" where all is well."""

    status: int
    error: str
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.error


def read(response: httpx.Response) -> ToolAnswer:
    """An HTTP answer of /mcp as a caller understands it."""
    found = message(response)
    facts = mcp_wire.refusal(found)
    if "error" in found:
        error = found["error"]
        code = (facts or {}).get("error", str(error["code"]))
        return ToolAnswer(response.status_code, code, facts or {}, error["message"], response.headers)
    result = found["result"]
    text = result["content"][0].get("text", "") if result.get("content") else ""
    if facts is not None:
        return ToolAnswer(response.status_code, facts["error"], facts, text, response.headers)
    return ToolAnswer(response.status_code, "", result.get("structuredContent") or {}, text, response.headers)


class ReplicaClient:
    """One client of one or several replicas; it goes on to the next when one fails it."""

    def __init__(self, *servers: Server, token: str | None = None, timeout: float = PATIENCE) -> None:
        self.servers = list(servers)
        self.token = token if token is not None else servers[0].token
        self._http = httpx.AsyncClient(timeout=timeout, verify=NO_TLS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def call(self, tool: str, /, **arguments: Any) -> ToolAnswer:
        """One try, on the replica of the moment."""
        request = modern("tools/call", {"name": tool, "arguments": arguments}, token=self.token)
        try:
            return read(await self._http.post(self.servers[0].url, **request))
        except (httpx.TransportError, ValueError) as error:  # no answer, or half of one
            return ToolAnswer(0, "lost", text=repr(error))

    async def until_told(self, tool: str, /, *, seconds: float = PATIENCE, **arguments: Any) -> ToolAnswer:
        """Send it until an answer says what became of it; each replica in turn."""
        until = asyncio.get_running_loop().time() + seconds
        while True:
            answer = await self.call(tool, **arguments)
            busy = answer.error == "conflict" and "retry_after" in answer.data
            if answer.error not in AGAIN and not busy:
                return answer
            if asyncio.get_running_loop().time() > until:
                raise AssertionError(f"{tool} was not answered within {seconds:g} s: {answer}")
            self.servers.append(self.servers.pop(0))
            await asyncio.sleep(0.02)
