"""Messages that are none, and headers that say something else than the body: refused by name, whatever they are."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from tests.helpers.server import handshake, modern

from networkx_mcp.tools.accept import accepted
from networkx_mcp.tools.message import REQUESTS, Message
from networkx_mcp.tools.message_checks import MessageRefused, check

PARSE, INVALID, PARAMS, MISMATCH, VERSION = -32700, -32600, -32602, -32020, -32022
META = "io.modelcontextprotocol/protocolVersion"


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def read(body: bytes, headers: list[tuple[bytes, bytes]]) -> Message:
    message = Message(body)
    check(message, headers)
    return message


def refused(body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    with pytest.raises(MessageRefused) as caught:
        read(content, raw(headers or {}))
    assert caught.value.answer["jsonrpc"] == "2.0"
    return caught.value.answer


BAD_IDS = [None, True, False, 1.5, 1.0, [1], {"a": 1}, 10**30, -(2**63) - 1, 2**64, float("nan"), "x" * 1025, "\ud800"]


@pytest.mark.parametrize("request_id", BAD_IDS, ids=str)
@pytest.mark.parametrize("method", ["tools/list", "tools/call", "no/such"])
def test_an_id_that_is_none_is_named(request_id: Any, method: str) -> None:
    answer = refused({"jsonrpc": "2.0", "id": request_id, "method": method, "params": {}})
    assert (answer["id"], answer["error"]["code"]) == (None, INVALID)
    assert answer["error"]["message"].startswith("id ")


@pytest.mark.parametrize("request_id", [0, -1, 2**64 - 1, -(2**63), "", "seven", "x" * 1024, "ä\U0001f600", "\x00"])
def test_an_id_that_is_one_is_taken(request_id: int | str) -> None:
    assert read(json.dumps({"jsonrpc": "2.0", "id": request_id, "method": "ping"}).encode(), []).wants_answer


@pytest.mark.parametrize(
    ("changed", "code", "word", "request_id"),
    [
        ({"jsonrpc": "1.0"}, INVALID, "jsonrpc", 7),
        ({"jsonrpc": 2.0}, INVALID, "jsonrpc", 7),
        ({"jsonrpc": None}, INVALID, "jsonrpc", 7),
        ({"jsonrpc": ...}, INVALID, "jsonrpc", 7),
        ({"method": ...}, INVALID, "method", 7),
        ({"method": 5}, INVALID, "method", 7),
        ({"method": None}, INVALID, "method", 7),
        ({"method": ["tools/list"]}, INVALID, "method", 7),
        ({"params": [1]}, PARAMS, "params", 7),
        ({"params": "x"}, PARAMS, "params", 7),
        ({"params": 5}, PARAMS, "params", 7),
        ({"id": ...}, INVALID, "id", None),
        ({"method": ..., "result": {}, "error": {}}, INVALID, "method", 7),
        ({"method": ..., "id": ..., "result": {}}, INVALID, "method", None),
    ],
)
def test_what_a_message_lacks_is_named(changed: dict[str, Any], code: int, word: str, request_id: int | None) -> None:
    full = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {}, **changed}
    answer = refused({name: value for name, value in full.items() if value is not ...})
    assert (answer["error"]["code"], answer["id"]) == (code, request_id)
    assert word in answer["error"]["message"]


@pytest.mark.parametrize(
    "body", [[], [{"jsonrpc": "2.0", "id": 1, "method": "ping"}], 5, None, "x", True, float("nan")]
)
def test_a_body_that_is_no_message_is_named(body: Any) -> None:
    answer = refused(body)
    assert (answer["error"]["code"], answer["id"]) == (INVALID, None)
    assert "batch" in answer["error"]["message"] if isinstance(body, list) else "object" in answer["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff", b'{"a":1}x', b'{"id":' + b"[" * 5000])
def test_a_body_that_is_not_json_is_named(body: bytes) -> None:
    assert refused(body)["error"]["code"] == PARSE


def test_what_python_takes_for_json_is_read_as_before() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_graphs","arguments":{"a":NaN,"b":"\\ud800"}}}'
    assert read(body, []).wants_answer


@pytest.mark.parametrize("method", ["notifications/initialized", "notifications/cancelled", "no/such"])
def test_a_notification_needs_no_id(method: str) -> None:
    message = read(json.dumps({"jsonrpc": "2.0", "method": method}).encode(), [])
    assert (message.method, message.wants_answer) == (method, False)


@pytest.mark.parametrize("answer", [{"id": 1, "result": {}}, {"id": "a", "error": {}}, {"id": None, "error": {}}])
def test_an_answer_of_a_client_is_no_request(answer: dict[str, Any]) -> None:
    message = read(json.dumps({"jsonrpc": "2.0", **answer}).encode(), [])
    assert (message.method, message.wants_answer) == ("", False)


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("version", ["2099-01-01", "1.0", "latest", "x" * 500, "2025-11-25 "])
def test_a_version_that_nobody_speaks_is_named_with_those_that_are(era: Any, version: str) -> None:
    request = era("tools/list")
    body = json.loads(request["content"])
    body.pop("params", None)
    answer = refused(body, {**request["headers"], "mcp-protocol-version": version})
    error = answer["error"]
    assert (error["code"], answer["id"]) == (VERSION, 1)
    assert "MCP-Protocol-Version" in error["message"]
    assert version[:40] in error["message"]
    assert "_meta" not in error["message"]
    for spoken in (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS):
        assert spoken in error["message"]
    assert error["data"]["supported"] == list(MODERN_PROTOCOL_VERSIONS)


@pytest.mark.parametrize("header", ["2025-11-25", "2099-01-01", None])
@pytest.mark.parametrize("meta", ["2026-07-28", "2099-12-31", 5, None, ["2026-07-28"]])
def test_versions_of_header_and_meta_that_differ_are_both_named(header: str | None, meta: Any) -> None:
    request = modern("tools/list")
    body = json.loads(request["content"])
    body["params"]["_meta"][META] = meta
    headers = {name: value for name, value in request["headers"].items() if name != "mcp-protocol-version"}
    if header is not None:
        headers["mcp-protocol-version"] = header
    error = refused(body, headers)["error"]
    assert error["code"] == MISMATCH
    assert (header or "missing") in error["message"]
    assert (meta if isinstance(meta, str) else json.dumps(meta)) in error["message"]


@pytest.mark.parametrize("text", [b'"\xff"', b'"a\xed\xa0\x80"', b'"\\ud800"', b"1e999", b"9" * 400])
@pytest.mark.parametrize("member", ["jsonrpc", "id", "method", "name", "uri", "_meta", META])
def test_a_value_that_a_scan_passes_and_no_reader_takes_is_refused_or_left_to_the_sdk(member: str, text: bytes) -> None:
    """msgspec passes over such a value without a look, and raises three kinds of errors when it is read."""
    request = modern("tools/call", {"name": "x", "uri": "y", "arguments": {}})
    body = json.loads(request["content"])
    params = body["params"]
    holder = body if member in body else params["_meta"] if member == META else params
    holder[member] = "@@"
    content = json.dumps(body).encode().replace(b'"@@"', text)
    if member in ("uri", "_meta") or (
        holder is not body and b"ud800" in text
    ):  # no header repeats it, or the SDK reads it
        assert read(content, raw(request["headers"])).wants_answer
        return
    error = refused(content, request["headers"])["error"]
    assert error["code"] == (MISMATCH if member in ("name", META) else INVALID)
    assert error["message"].isprintable()


def test_the_other_routing_headers_are_compared_and_named_too() -> None:
    request = modern("tools/call", {"name": "list_graphs", "arguments": {}})
    for header, said in (("mcp-method", "tools/list"), ("mcp-name", "delete_graph"), ("mcp-name", "=?base64?x?=")):
        error = refused(request["content"], {**request["headers"], header: said})["error"]
        assert error["code"] == MISMATCH
        assert said in error["message"]
        assert ("tools/call" if header == "mcp-method" else "list_graphs") in error["message"]
    message = read(request["content"], raw(request["headers"]))
    assert (message.method, message.wants_answer, message.tool) == ("tools/call", True, "list_graphs")


def test_a_plain_request_is_built_once_from_its_parts() -> None:
    plain = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "x", "arguments": {"a": [1, "ä"]}}}
    assert Message(json.dumps(plain).encode()).request() == plain
    assert Message(json.dumps({**plain, "more": 1}).encode()).request() is None, "other members are the SDK's to judge"
    assert Message(json.dumps({**plain, "result": 1}).encode()).request() is None
    assert Message(json.dumps({**plain, "params": None}).encode()).request() is None


def test_a_version_that_is_sent_twice_is_refused() -> None:
    request = modern("tools/list")
    with pytest.raises(MessageRefused, match="more than once"):
        read(request["content"], [*raw(request["headers"]), (b"mcp-protocol-version", b"2025-11-25")])


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=400, deadline=None)
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "jsonrpc": st.just("2.0") | ANY,
            "id": ANY,
            "method": st.sampled_from(sorted(REQUESTS)) | ANY,
            "params": ANY
            | st.fixed_dictionaries({}, optional={"_meta": ANY | st.dictionaries(st.just(META), ANY), "name": ANY}),
            "result": ANY,
            "error": ANY,
        },
    )
    | ANY
    | st.binary(max_size=30),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"mcp-protocol-version", b"mcp-method", b"mcp-name", b"accept"]),
            st.sampled_from([b"2026-07-28", b"2025-11-25", b"tools/call", b"", b"*/*;q=x;;,,"]) | st.binary(max_size=9),
        ),
        max_size=4,
    ),
)
def test_whatever_is_sent_is_taken_or_refused(body: Any, headers: list[tuple[bytes, bytes]]) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    try:
        message = read(content, headers)
    except MessageRefused as refusal:
        found = refusal.answer
    else:
        found = None
        assert isinstance(message.method, str)
        assert message.request() is None or message.request() == json.loads(content)
    if found is not None:
        assert len(json.dumps(found)) < 20_000
        assert found["error"]["message"]
    accepted(headers)


@pytest.mark.parametrize(
    ("accept", "json_", "stream"),
    [
        (None, True, False),
        ("*/*", True, False),
        ("application/*", True, False),
        ("application/json", True, False),
        ("Application/JSON; charset=utf-8", True, False),
        ("application/json, text/event-stream", True, True),
        ("text/event-stream;q=0.5, application/json;q=0.9", True, True),
        ("application/json, text/event-stream;q=0", True, False),
        ("text/event-stream, */*;q=0.1", True, True),
        ("application/json;q=0, */*", False, False),
        ("application/json;q=0.0", False, False),
        ("text/event-stream", False, True),
        ("text/html", False, False),
        ("text/*", False, False),
        ("", True, False),
    ],
)
def test_what_a_client_accepts(accept: str | None, json_: bool, stream: bool) -> None:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    assert accepted(headers) == (json_, stream)


def test_ranges_in_several_headers_are_one_list() -> None:
    assert accepted([(b"accept", b"application/json"), (b"accept", b"text/event-stream")]) == (True, True)


@pytest.mark.parametrize(
    "member", ["jsonrpc", "id", "method", "params", "result", "params.name", "params.uri", "params._meta"]
)
def test_a_scan_builds_no_list_whatever_member_it_is(member: str) -> None:
    """The scan comes before a slot is taken and before values are counted, so it may cost no more than its bytes."""
    whole: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {}}
    holder = whole["params"] if member.startswith("params.") else whole
    holder[member.rpartition(".")[2]] = [[]] * 50_000
    body = json.dumps(whole).encode()
    tracemalloc.start()
    try:
        Message(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(body), "a list of 50,000 takes ten times its text"
