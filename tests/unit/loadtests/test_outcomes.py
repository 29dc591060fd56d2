"""What an answer means to a load test: the server's failures are found inside HTTP 200, mistakes are kept apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from loadtests.call_outcomes import FAILURES, MISTAKES, outcome
from loadtests.frugal_http import Reply, Requests

from networkx_mcp import errors, mcp_wire


def plain(**parts: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, **parts}).encode()


def failed(code: str) -> bytes:
    facts = {"networkx-mcp/error": {"error": code, "message": "..."}}
    return plain(result={"content": [], "isError": True, "_meta": facts})


def test_every_outcome_of_the_server_is_a_failure_or_a_mistake() -> None:
    assert set(errors.OUTCOMES) - {"ok"} == (FAILURES | MISTAKES) - {"connection", "not_mcp"}
    assert FAILURES - {"connection"} == errors.SERVER_OUTCOMES


@pytest.mark.parametrize("error", [each for each in vars(errors).values() if isinstance(each, type)])
def test_every_error_of_the_server_is_read_as_its_outcome(error: type) -> None:
    if not issubclass(error, errors.ServiceError):
        return
    assert outcome(200, failed(error.code)) == error.outcome
    as_rpc = plain(error={"code": -32000, "message": "...", "data": {"error": error.code}})
    assert outcome(error.status, as_rpc) == error.outcome


def test_a_good_result_is_ok_plain_and_as_a_stream() -> None:
    good = plain(result={"content": [], "structuredContent": {"error": "a node may be called so"}})
    assert outcome(200, good) == "ok"
    assert outcome(200, b": ping\r\n\r\nevent: message\r\ndata: " + good + b"\r\n\r\n") == "ok"


def test_an_error_at_the_end_of_a_stream_counts() -> None:
    progress = plain(method="notifications/progress")
    stream = b"data: " + progress + b"\r\n\r\ndata: " + failed("timeout") + b"\r\n\r\n"
    assert outcome(200, stream) == "timeout"


def test_what_is_no_answer_of_the_protocol_is_never_ok() -> None:
    for body in (b"", b"{}", b"<html>", b"data: \r\n\r\n", b"[]", plain()):
        assert outcome(200, body) == "not_mcp", body
    assert outcome(202, b"") == "not_mcp"
    assert outcome(202, b"", notification=True) == "ok"


@pytest.mark.parametrize(
    ("status", "found"), [(503, "shed"), (429, "rate_limited"), (401, "client_error"), (500, "internal")]
)
def test_a_status_decides_where_the_body_says_nothing(status: int, found: str) -> None:
    assert outcome(status, b"") == found


def test_an_error_of_the_sdk_is_a_mistake() -> None:
    assert outcome(400, plain(error={"code": -32602, "message": "Invalid params"})) == "client_error"


@pytest.mark.parametrize("era", mcp_wire.ERAS)
def test_prepared_requests_are_those_of_the_protocol(era: mcp_wire.Era) -> None:
    """The cheap generator builds requests from parts; they must not differ from the whole."""
    arguments = {"graph_id": "g", "node": "n1", "text": 'a "quoted" \u00fc'}
    method, params = mcp_wire.call("get_neighbors", arguments)
    made = Requests("host:1").call(era, "secret", "get_neighbors", arguments)
    whole = mcp_wire.on_wire("host:1", mcp_wire.post(era, method, params, "secret"))

    def parts(request: bytes) -> tuple[set[bytes], Any]:
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
        return set(head.split(b"\r\n")), json.loads(body)

    assert parts(made) == parts(whole)


BODY = failed("shed")
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    "chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    + b"%x\r\n%s\r\n" % (10, BODY[:10])
    + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY) - 10, BODY[10:]),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_read_however_it_is_cut(name: str) -> None:
    whole = ANSWERS[name]
    for cut in range(1, len(whole)):
        reply = Reply()
        assert reply.feed(whole[:cut]) is None
        assert reply.feed(whole[cut:]) == (200, BODY, False)
    assert reply.feed(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n") == (202, b"", True)
