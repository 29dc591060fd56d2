"""From a protocol request to a tool and back: scope, arguments, deadline, errors, outcome.

A failure of a tool is a result with `isError`, whose text tells the model what to do next and
whose `_meta` carries the same facts for programs; only what is wrong with the protocol itself
(an unknown tool) is a JSON-RPC error.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, SERVER_INFO_META_KEY, CallToolRequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from networkx_mcp import context
from networkx_mcp.errors import (
    DeadlineExceeded,
    Forbidden,
    InvalidInput,
    ServiceError,
    echoed,
    nearest_words,
    shortened,
)
from networkx_mcp.telemetry.audit import refused
from networkx_mcp.tools import answer_size
from networkx_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

logger = logging.getLogger(__name__)

#: Key of the error's facts in the `_meta` of a failed call.
ERROR_META = "networkx-mcp/error"
#: Label of calls to tools that do not exist.
OTHER = "other"
#: Time kept back from the deadline to send the answer, in seconds.
_ANSWER_SECONDS = 0.25

#: Parameters named in one error.
_SHOWN = 4

#: A deadline further away than this is none, in seconds.
_FOREVER = 86_400.0

Context = ServerRequestContext[Any, Any]
AnyAnswer = TypeVar("AnyAnswer")


async def follow_call(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Middleware: make the HTTP layer's CallContext current and record method and outcome on it."""
    scope = getattr(ctx.request, "scope", None)
    call = scope.get(context.SCOPE_KEY) if scope is not None else None
    if call is None:
        return await call_next(ctx)
    context.set_current(call)
    return await followed(call, ctx.method, call_next(ctx))


async def followed(call: context.CallContext, method: str, answering: Awaitable[AnyAnswer]) -> AnyAnswer:
    """The answer, with method and outcome recorded on `call`. Raises what `answering` does, and McpError for parameters that
    are not those of the method."""
    call.method = method
    try:
        return await answering
    except asyncio.CancelledError:
        call.outcome = "cancelled"
        raise
    except MCPError as error:
        if call.outcome == "ok":
            call.outcome = "internal" if error.error.code == INTERNAL_ERROR else "client_error"
        raise
    except ValidationError as error:
        call.outcome = "client_error"
        raise invalid_params(error) from None
    except Exception:
        call.outcome = "internal"
        raise


def invalid_params(error: ValidationError) -> MCPError:
    """The JSON-RPC error of parameters that are not those of the method: it names them, and repeats no value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    places = [".".join(map(str, ("params", *one["loc"]))) for one in found[:_SHOWN]]
    problems = "; ".join(f"{shortened(place)}: {one['msg']}" for place, one in zip(places, found, strict=False))
    return MCPError(INVALID_PARAMS, f"Invalid request parameters: {problems}")


class CallResult(NamedTuple):
    """A result of tools/call, and its JSON."""

    value: dict[str, Any]
    encoded: bytes


class Calls:
    """The calls of tools. `server_info` is what the modern era wants in the `_meta` of each result."""

    def __init__(self, tools: Mapping[str, Tool], graphs: Graphs, server_info: dict[str, Any]) -> None:
        self.tools = tools
        self._graphs = graphs
        self._stamp = {SERVER_INFO_META_KEY: server_info}

    async def handle(self, ctx: Context, params: CallToolRequestParams) -> Any:
        """The handler of tools/call, for the SDK: it models the result, which is a dict here."""
        modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
        return (await self.answer(params.name, params.arguments or {}, modern=modern)).value

    async def answer(self, name: str, arguments: dict[str, Any], *, modern: bool) -> CallResult:
        """The result of a call, as a client of this era reads it. Raises MCPError for a tool that is not there."""
        call = context.current()
        tool = self.tools.get(name)
        if tool is None:
            call.tool, call.outcome = OTHER, "client_error"
            raise unknown_tool(name, self.tools)
        call.tool = tool.name
        try:
            return await self._run(tool, arguments, call, modern=modern)
        except ServiceError as error:
            call.outcome = error.outcome
            if isinstance(error, Forbidden):
                refused("authorize", "scope", scope=error.data.get("scope"))
            return self._failed(error, modern=modern)
        except UnicodeEncodeError:
            call.outcome = "client_error"
            text = "the arguments contain text that is not valid Unicode (a lone surrogate)"
            return self._failed(InvalidInput(text), modern=modern)
        except RecursionError:
            call.outcome = "client_error"
            return self._failed(InvalidInput("the arguments are nested too deeply"), modern=modern)
        except Exception:
            call.outcome = "internal"
            logger.exception("tool failed", extra={"event": "tool_failed", "tool": tool.name})
            text = f"{tool.name} failed inside the server (correlation id {call.correlation_id})"
            return self._failed(ServiceError(text), modern=modern)

    async def _run(self, tool: Tool, raw: dict[str, Any], call: context.CallContext, *, modern: bool) -> CallResult:
        if tool.scope not in call.caller.scopes:
            raise _forbidden(tool.name, tool.scope, "use a tool that only reads")
        arguments = tool.parse(raw)
        writes = arguments.writes or tool.kind != "read"
        if writes and context.WRITE not in call.caller.scopes:
            raise _forbidden(f"{tool.name} with save_as", context.WRITE, "leave save_as out")
        left = call.deadline - time.monotonic() - _ANSWER_SECONDS
        if left > _FOREVER or (tool.quick and not writes):
            answer = await tool.run(self._graphs, arguments)
        else:
            try:
                async with asyncio.timeout(max(left, 0.0)):
                    answer = await tool.run(self._graphs, arguments)
            except TimeoutError:
                raise _too_late(tool, writes=writes) from None
        result = self._enveloped(answer.as_result(), modern=modern)
        return CallResult(result, answer_size.checked(result, tool.name))

    def _failed(self, error: ServiceError, *, modern: bool) -> CallResult:
        result = self._enveloped(failed(error), modern=modern)
        return CallResult(result, answer_size.encoded(result))

    def _enveloped(self, result: dict[str, Any], *, modern: bool) -> dict[str, Any]:
        """The result with what the modern era has around it; the other knows no type of results. The SDK would add it by a
        deep copy of its own."""
        if modern:
            result["_meta"] = {**result.get("_meta", {}), **self._stamp}
        else:
            del result["resultType"]
        return result


def _forbidden(what: str, scope: str, instead: str) -> Forbidden:
    text = (
        f"{what} needs the scope `{scope}`, which this token does not have: {instead}, or use a token with that scope"
    )
    return Forbidden(text, scope=scope)


def _too_late(tool: Tool, *, writes: bool) -> DeadlineExceeded:
    if not writes:
        what = ": ask for less, or try again when the server is less busy"
    else:
        # A write on its way to the store is followed to its end without its caller.
        what = "; it may have been done: look at the version, or repeat it with the same operation_id"
    return DeadlineExceeded(f"{tool.name} did not end in time{what}")


def unknown_tool(name: str, tools: Iterable[str]) -> MCPError:
    """The JSON-RPC error of a call to a tool that is not there."""
    close = nearest_words(name, tools)
    hint = f"; did you mean {', '.join(close)}?" if close else "; tools/list names the tools"
    return MCPError(INVALID_PARAMS, f"Unknown tool: {echoed(name)}{hint}", {"nearest": close})


def failed(error: ServiceError) -> dict[str, Any]:
    """The result of a call that failed, in words for the model and facts for programs."""
    text = error.message
    if error.retry_after is not None:
        text += f" Try again after {error.retry_after:g} s."
    return {
        "resultType": "complete",
        "content": [{"type": "text", "text": text}],
        "isError": True,
        "_meta": {ERROR_META: error.as_dict()},
    }
