"""What the official conformance suite wants to find on a server: tools, resources and prompts `test_*`.

They are added to the real server, on the same app and the same transport, and exist in tests only.
The suite's documentation of each scenario says what the fixture must do.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import zlib
from typing import Annotated, Any

from mcp.server.lowlevel import Server
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    ClientCapabilities,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    MissingRequiredClientCapabilityErrorData,
    SamplingCapability,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from pydantic import Field

fixtures: MCPServer[Any] = MCPServer("conformance-fixtures", subscriptions=False)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: One red pixel.
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    + _chunk(b"IEND", b"")
)
#: Eight samples of silence.
WAV = b"RIFF" + struct.pack("<I", 44) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
WAV += b"data" + struct.pack("<I", 8) + b"\x80" * 8


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _image() -> ImageContent:
    return ImageContent(type="image", data=_text(PNG), mime_type="image/png")


# --- tools that answer at once


@fixtures.tool()
async def test_simple_text() -> str:
    """Plain text."""
    return "This is a simple text response for testing."


@fixtures.tool()
async def test_image_content() -> ImageContent:
    """A picture."""
    return _image()


@fixtures.tool()
async def test_audio_content() -> AudioContent:
    """A sound."""
    return AudioContent(type="audio", data=_text(WAV), mime_type="audio/wav")


@fixtures.tool()
async def test_embedded_resource() -> EmbeddedResource:
    """A resource inside of the answer."""
    contents = TextResourceContents(
        uri="test://embedded-resource", mime_type="text/plain", text="This is an embedded resource content."
    )
    return EmbeddedResource(type="resource", resource=contents)


@fixtures.tool()
async def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    """Text, picture and resource."""
    contents = TextResourceContents(
        uri="test://mixed-content-resource", mime_type="application/json", text='{"test":"data","value":123}'
    )
    return [
        TextContent(type="text", text="Multiple content types test:"),
        _image(),
        EmbeddedResource(type="resource", resource=contents),
    ]


@fixtures.tool()
async def test_error_handling() -> str:
    """Always fails."""
    raise ToolError("This tool intentionally returns an error for testing")


# --- tools that report while they run


@fixtures.tool()
async def test_tool_with_logging(ctx: Context) -> str:
    """Three log messages."""
    await ctx.info("Tool execution started")
    await asyncio.sleep(0.05)
    await ctx.info("Tool processing data")
    await asyncio.sleep(0.05)
    await ctx.info("Tool execution completed")
    return "Tool with logging executed successfully"


@fixtures.tool()
async def test_logging_tool(ctx: Context) -> str:
    """One log message, for clients that asked for it."""
    await ctx.info("only for those who want it")
    return "logged"


@fixtures.tool()
async def test_tool_with_progress(ctx: Context) -> str:
    """Progress 0, 50 and 100 of 100."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await asyncio.sleep(0.05)
    return "Tool with progress executed successfully"


@fixtures.tool()
async def test_streaming_elicitation(ctx: Context) -> str | InputRequiredResult:
    """Emits progress, then asks."""
    await ctx.report_progress(1, 2)
    if (answer := _answer(ctx, "name")) is None:
        return _required({"name": _elicit("What is your name?", {"name": {"type": "string"}})})
    return f"Hello, {answer['content']['name']}!"


# --- handshake era: requests from the server, which need a session


@fixtures.tool()
async def test_sampling(prompt: str, ctx: Context) -> str:
    """Asks the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    result = await ctx.session.create_message(messages=[message], max_tokens=100)
    return f"LLM response: {getattr(result.content, 'text', '')}"


async def _ask(ctx: Context, message: str, properties: dict[str, Any], required: list[str]) -> str:
    schema = {"type": "object", "properties": properties, "required": required}
    result = await ctx.session.elicit_form(message, schema)
    return f"action={result.action}, content={json.dumps(result.content)}"


@fixtures.tool()
async def test_elicitation(message: str, ctx: Context) -> str:
    """Asks the user."""
    properties = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    return "User response: " + await _ask(ctx, message, properties, ["username", "email"])


@fixtures.tool()
async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    """Asks with a default for each primitive type."""
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return "Elicitation completed: " + await _ask(ctx, "Please review", properties, [])


@fixtures.tool()
async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    """Asks with each way to write an enumeration."""
    titled = [{"const": f"value{n}", "title": f"{word} Option"} for n, word in enumerate(("First", "Second"), 1)]
    options = ["option1", "option2", "option3"]
    properties = {
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return "Elicitation completed: " + await _ask(ctx, "Please choose", properties, [])


# --- modern era: an answer that asks for input


def _elicit(message: str, properties: dict[str, Any]) -> ElicitRequest:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=tokens))


def _required(requests: dict[str, Any], state: str | None = None) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


def _answer(ctx: Context, key: str) -> dict[str, Any] | None:
    """The client's answer under `key`, if it is an accepted one."""
    found = (ctx.input_responses or {}).get(key)
    if found is None:
        return None
    answer: dict[str, Any] = found if isinstance(found, dict) else found.model_dump(by_alias=True)
    return answer


_NAME = {"name": {"type": "string"}}


@fixtures.tool()
async def test_input_required_result_elicitation(ctx: Context) -> str | InputRequiredResult:
    """Asks the user's name."""
    answer = _answer(ctx, "user_name")
    name = (answer or {}).get("content") or {}
    if not isinstance(name, dict) or "name" not in name:
        return _required({"user_name": _elicit("What is your name?", _NAME)})
    return f"Hello, {name['name']}!"


@fixtures.tool()
async def test_input_required_result_sampling(ctx: Context) -> str | InputRequiredResult:
    """Asks the client's model."""
    if (answer := _answer(ctx, "capital_question")) is None:
        return _required({"capital_question": _sample("What is the capital of France?", 100)})
    return f"The model says: {answer['content']}"


@fixtures.tool()
async def test_input_required_result_list_roots(ctx: Context) -> str | InputRequiredResult:
    """Asks for the client's roots."""
    if (answer := _answer(ctx, "client_roots")) is None:
        return _required({"client_roots": ListRootsRequest()})
    return f"Roots: {', '.join(str(root['uri']) for root in answer['roots'])}"


@fixtures.tool()
async def test_input_required_result_request_state(ctx: Context) -> str | InputRequiredResult:
    """Gets its state back."""
    if _answer(ctx, "confirm") is None or ctx.request_state is None:
        return _required({"confirm": _elicit("Please confirm", {"ok": {"type": "boolean"}})}, "waiting for ok")
    return "state-ok" if ctx.request_state == "waiting for ok" else "state-lost"


@fixtures.tool()
async def test_input_required_result_tampered_state(ctx: Context) -> str | InputRequiredResult:
    """Its state is sealed by the SDK: a changed one is refused before it comes here."""
    if _answer(ctx, "confirm") is None or ctx.request_state is None:
        return _required({"confirm": _elicit("Please confirm", {"ok": {"type": "boolean"}})}, "sealed")
    return "state-ok"


@fixtures.tool()
async def test_input_required_result_multiple_inputs(ctx: Context) -> str | InputRequiredResult:
    """Asks three things at once."""
    keys = ("user_name", "greeting", "client_roots")
    if any(_answer(ctx, key) is None for key in keys):
        requests = {
            "user_name": _elicit("What is your name?", _NAME),
            "greeting": _sample("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        }
        return _required(requests, "three things")
    return "All three answers are here."


@fixtures.tool()
async def test_input_required_result_multi_round(ctx: Context) -> str | InputRequiredResult:
    """Asks twice."""
    if ctx.request_state == "round 2" and _answer(ctx, "step2") is not None:
        return "Both rounds are done."
    if ctx.request_state == "round 1" and _answer(ctx, "step1") is not None:
        color = {"color": {"type": "string"}}
        return _required({"step2": _elicit("Step 2: What is your favorite color?", color)}, "round 2")
    return _required({"step1": _elicit("Step 1: What is your name?", _NAME)}, "round 1")


@fixtures.tool()
async def test_input_required_result_capabilities(ctx: Context) -> str | InputRequiredResult:
    """Asks only what the client can answer."""
    can = ctx.client_capabilities or ClientCapabilities()
    requests: dict[str, Any] = {}
    if can.elicitation is not None:
        requests["name"] = _elicit("What is your name?", _NAME)
    if can.sampling is not None:
        requests["greeting"] = _sample("Generate a greeting", 50)
    return _required(requests) if requests and not ctx.input_responses else "nothing to ask"


@fixtures.tool()
async def test_missing_capability(ctx: Context) -> str:
    """Needs sampling."""
    can = ctx.client_capabilities
    if can is None or can.sampling is None:
        needs = ClientCapabilities(sampling=SamplingCapability())
        data = MissingRequiredClientCapabilityErrorData(required_capabilities=needs)
        dumped = data.model_dump(by_alias=True, mode="json", exclude_none=True)
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool needs sampling", dumped)
    return "sampling is there"


# --- schemas


@fixtures.tool()
async def test_custom_header(
    region: Annotated[str, Field(description="Goes into a header", json_schema_extra={"x-mcp-header": "Region"})],
) -> str:
    """An argument that travels as a header, too."""
    return f"region {region}"


@fixtures.tool()
async def json_schema_2020_12_tool(name: str = "") -> str:
    """A tool whose input schema uses all of JSON Schema 2020-12; see SCHEMA."""
    return name


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
fixtures._tool_manager.get_tool("json_schema_2020_12_tool").parameters = SCHEMA  # type: ignore[union-attr]


# --- resources and prompts


@fixtures.resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """Text that never changes."""
    return "This is the content of the static text resource."


@fixtures.resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """Bytes that never change."""
    return PNG


@fixtures.resource("test://watched-resource", mime_type="text/plain")
def watched() -> str:
    """Something to subscribe to."""
    return "Watched resource content"


@fixtures.resource("test://template/{id}/data", mime_type="application/json")
def template(id: str) -> str:  # noqa: A002 -- the suite names it
    """A resource with a parameter."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


@fixtures.prompt()
def test_simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


@fixtures.prompt()
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@fixtures.prompt()
def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803 -- the suite names it
    """A prompt that carries a resource."""
    contents = TextResourceContents(
        uri=resourceUri, mime_type="text/plain", text="Embedded resource content for testing."
    )
    return [
        UserMessage(EmbeddedResource(type="resource", resource=contents)),
        UserMessage("Please process the embedded resource above."),
    ]


@fixtures.prompt()
def test_prompt_with_image() -> list[Message]:
    """A prompt that carries a picture."""
    return [UserMessage(_image()), UserMessage("Please analyze the image above.")]


@fixtures.prompt()
async def test_input_required_result_prompt(ctx: Context) -> list[Message] | InputRequiredResult:
    """A prompt that asks first."""
    if (answer := _answer(ctx, "user_context")) is None:
        return _required(
            {"user_context": _elicit("What context should the prompt use?", {"context": {"type": "string"}})}
        )
    return [UserMessage(f"Context: {answer['content']['context']}")]


@fixtures.completion()
async def complete(ref: Any, argument: Any, context: Any) -> Completion:
    """Completions of every argument."""
    return Completion(values=[word for word in ("paris", "park", "party") if word.startswith(argument.value)])


# --- added to the server under test


async def _set_level(ctx: Any, params: SetLevelRequestParams) -> EmptyResult:
    return EmptyResult()


async def _subscribe(ctx: Any, params: SubscribeRequestParams | UnsubscribeRequestParams) -> EmptyResult:
    return EmptyResult()


_LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resource_templates",
}
_BY_NAME = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def extend(server: Server[Any]) -> None:
    """Add the fixtures to `server`; what they do not know, it answers itself."""
    inner = fixtures._lowlevel_server
    for method, key in _LISTS.items():
        _join(server, inner, method, key)
    for method, key in _BY_NAME.items():
        _branch(server, inner, method, key)
    for method in ("completion/complete",):
        entry = inner.get_request_handler(method)
        assert entry is not None
        server.add_request_handler(method, entry.params_type, entry.handler)
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, _set_level)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, _subscribe)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, _subscribe)
    # The seal of requestState.
    server.middleware.extend(inner.middleware[1:])
    server.get_tool_input_schema = inner.get_tool_input_schema


def _join(server: Server[Any], inner: Server[Any], method: str, key: str) -> None:
    ours, theirs = server.get_request_handler(method), inner.get_request_handler(method)
    assert ours is not None
    assert theirs is not None

    async def both(ctx: Any, params: Any) -> Any:
        first, second = await ours.handler(ctx, params), await theirs.handler(ctx, params)
        return first.model_copy(update={key: [*getattr(first, key), *getattr(second, key)]})

    server.add_request_handler(method, ours.params_type, both)


def _branch(server: Server[Any], inner: Server[Any], method: str, key: str) -> None:
    ours, theirs = server.get_request_handler(method), inner.get_request_handler(method)
    assert ours is not None
    assert theirs is not None

    async def either(ctx: Any, params: Any) -> Any:
        wanted = str(getattr(params, key))
        fixture = wanted.startswith(("test_", "test://", "json_schema_"))
        known = fixture and "nonexistent" not in wanted
        return await (theirs if known else ours).handler(ctx, params)

    server.add_request_handler(method, ours.params_type, either)
