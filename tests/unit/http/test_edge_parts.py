"""The small repairs and decisions of the edge: headers, ids, hosts, origins, labels."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.errors import Forbidden, Shed
from networkx_mcp.http import respond
from networkx_mcp.http.correlation import correlation_id
from networkx_mcp.http.cors import Cors
from networkx_mcp.http.headers import repaired
from networkx_mcp.http.labels import OTHER, Labels
from networkx_mcp.http.trusted_hosts import HostList, Misdirected
from networkx_mcp.telemetry.tracing import trace_id_of
from networkx_mcp.tools.message import Message

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_white_space_at_the_end_of_a_header_value_is_removed() -> None:
    assert repaired([(b"mcp-method", b"tools/call \t"), (b"host", b"a")]) == [
        (b"mcp-method", b"tools/call"),
        (b"host", b"a"),
    ]


def test_headers_without_fault_are_not_copied() -> None:
    headers = [(b"host", b"a"), (b"empty", b"")]
    assert repaired(headers) is headers


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([(b"x-request-id", b"abc-1.2:3")], "abc-1.2:3"),
        ([(b"x-request-id", b"a" * 128)], "a" * 128),
        ([(b"traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode())], TRACE),
        ([(b"traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode()), (b"x-request-id", b"mine")], "mine"),
    ],
)
def test_the_caller_s_correlation_id_is_kept(headers: Any, expected: str) -> None:
    assert correlation_id(headers) == expected


@pytest.mark.parametrize(
    "value",
    [b"", b"a" * 129, b"with space", b"new\nline", b"\x1b[31m", "ü".encode(), b"-starts-with-a-dash", b'"quoted"'],
)
def test_an_id_that_cannot_be_trusted_in_a_log_is_replaced(value: bytes) -> None:
    made = correlation_id([(b"x-request-id", value)])
    assert made != value.decode("latin-1")
    assert len(made) == 32
    assert made != correlation_id([(b"x-request-id", value)])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"00-zz-11-01",
        f"ff-{TRACE}-00f067aa0ba902b7-01".encode(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01".encode(),
    ],
)
def test_a_traceparent_that_the_standard_forbids_is_none(value: bytes) -> None:
    assert trace_id_of(value) == ""


HOSTS = HostList(("localhost", "[::1]", "graphs.example.org", "*.apps.example.org", "pinned:8443"))


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8080", "[::1]:8080", "graphs.example.org:443", "a.apps.example.org", "pinned:8443"],
)
def test_a_listed_host_is_served_with_any_port(host: str) -> None:
    HOSTS.check([(b"host", host.encode())])


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"")],
        [(b"host", b"evil.org")],
        [(b"host", b"apps.example.org")],
        [(b"host", b"evilapps.example.org")],
        [(b"host", b"localhost.evil.org")],
        [(b"host", b"pinned:80")],
        [(b"host", b"localhost"), (b"host", b"evil.org")],
    ],
)
def test_any_other_host_is_refused(headers: Any) -> None:
    with pytest.raises(Misdirected):
        HOSTS.check(headers)


def test_a_star_admits_every_host() -> None:
    HostList(("*",)).check([(b"host", b"anything.org:1")])


@pytest.mark.parametrize(
    "host", [b"localhost:[80", b"localhost:x", b"[localhost", b'a"b', b"a b", b"a/b", b"[::1", b"\xe9"]
)
def test_a_host_that_is_no_name_is_refused_even_by_a_star(host: bytes) -> None:
    for listed in (("localhost",), ("*",)):
        with pytest.raises(Misdirected):
            HostList(listed).check([(b"host", host)])


async def nothing(*_: Any) -> None:
    """The app behind a wrapper that is asked alone."""


def test_without_a_list_no_browser_may_call_and_everybody_else_may() -> None:
    cors = Cors(nothing, ())
    assert cors.check([(b"host", b"localhost")]) == []
    for origin in (b"http://localhost", b"null", b"https://evil.org"):
        with pytest.raises(Forbidden):
            cors.check([(b"origin", origin)])


def test_a_listed_origin_is_named_in_the_answer() -> None:
    cors = Cors(nothing, ("https://App.example.org/",))
    headers = dict(cors.check([(b"origin", b"https://app.example.org")]))
    assert headers[b"access-control-allow-origin"] == b"https://app.example.org"
    with pytest.raises(Forbidden):
        cors.check([(b"origin", b"https://app.example.org.evil.org")])


def test_a_call_is_labelled_from_its_body() -> None:
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "edit_graph", "arguments": {"a": 1}}}
    message = Message(json.dumps(body).encode())
    assert (message.method, message.tool, message.request_id) == ("tools/call", "edit_graph", 7)


def test_or_from_its_headers_alone() -> None:
    labels = Labels()
    labels.tools = frozenset({"edit_graph"})
    headers = [(b"mcp-method", b"tools/call"), (b"mcp-name", b"edit_graph")]
    assert labels.first("mcp", True, {"headers": headers}) == ("tools/call", "edit_graph")
    other = [(b"mcp-method", b"resources/read"), (b"mcp-name", b"graph://secret")]
    assert labels.first("mcp", True, {"headers": other}) == ("resources/read", "")


@given(
    st.one_of(
        st.binary(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
    )
)
def test_whatever_the_body_it_is_looked_into_without_an_error(body: bytes) -> None:
    found = Message(body)
    assert isinstance(found.request_id, str | int | None)


@pytest.mark.parametrize("request_id", [True, 1.5, None, [1], {"a": 1}])
def test_an_id_that_json_rpc_does_not_know_is_not_repeated(request_id: Any) -> None:
    assert Message(json.dumps({"id": request_id, "method": "ping"}).encode()).request_id is None


def test_labels_come_from_closed_sets() -> None:
    labels = Labels()
    labels.tools = frozenset({"edit_graph"})
    assert labels.method("tools/call") == "tools/call"
    assert labels.method("graphs/put") == "graphs/put"
    assert labels.method("x" * 1000) == OTHER
    assert labels.method("") == OTHER
    assert (labels.tool("edit_graph"), labels.tool("rm -rf"), labels.tool("")) == ("edit_graph", OTHER, "")


def test_an_error_is_json_rpc_with_the_facts_as_data() -> None:
    error = Shed("full", retry_after=2.2, reason="queue_full")
    body = json.loads(respond.jsonrpc_error(error, "a"))
    assert (body["jsonrpc"], body["id"]) == ("2.0", "a")
    assert body["error"]["message"] == "full"
    assert body["error"]["data"] == {
        "error": "shed", "message": "full", "reason": "queue_full", "retry_after": 2.2,
    }  # fmt: skip
    assert respond.retry_after(error) == [(b"retry-after", b"3")]
    assert respond.retry_after(Shed("now", retry_after=0.01)) == [(b"retry-after", b"1")]
    assert respond.retry_after(Shed("never")) == []
