"""Logs are one JSON object a line with known fields, whatever text a caller sent."""

from __future__ import annotations

import contextvars
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp import context
from networkx_mcp.telemetry import logs
from networkx_mcp.telemetry.audit import audit, refused

REQUEST_FIELDS = [
    "timestamp", "level", "event", "correlation_id", "method", "tool", "duration_ms",
    "success", "memory_mb", "user_id", "tenant", "trace_id",
]  # fmt: skip


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure("debug", stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)


@pytest.fixture
def lines(stream: io.StringIO) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def in_a_call(**fields: Any) -> context.CallContext:
    caller = context.Caller("ann", "acme", frozenset({"read"}))
    return context.CallContext(caller, "corr-1", method="tools/call", tool="edit_graph", trace_id="ab" * 16, **fields)


def within_a_call(work: Callable[..., None], *arguments: Any, **fields: Any) -> None:
    """Do what a request does, in a context of its own: it ends with the request."""

    def run() -> None:
        context.set_current(in_a_call())
        work(*arguments, **fields)

    contextvars.copy_context().run(run)


def test_an_event_has_exactly_the_fields_of_the_design_in_their_order(lines: Any) -> None:
    within_a_call(logs.event, "mcp_request_end", duration_ms=1.5, success=True, memory_mb=100.0)
    (line,) = lines()
    assert list(line) == REQUEST_FIELDS
    assert line["event"] == "mcp_request_end"
    assert line["level"] == "info"
    assert (line["correlation_id"], line["user_id"], line["tenant"]) == ("corr-1", "ann", "acme")
    assert (line["method"], line["tool"], line["trace_id"]) == ("tools/call", "edit_graph", "ab" * 16)
    assert (line["duration_ms"], line["success"], line["memory_mb"]) == (1.5, True, 100.0)


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_an_event_is_the_same_line_whoever_else_listens(lines: Any, level: int) -> None:
    other = logging.NullHandler()
    fields = {"graph_id": "g", "of": ["a\x1b", 1, None], "success": False, "more": {"b\n": object}, "tenant": "\u202e"}
    within_a_call(logs.event, "audit", level=level, **fields)
    logging.getLogger().addHandler(other)
    within_a_call(logs.event, "audit", level=level, **fields)
    logging.getLogger().removeHandler(other)
    direct, recorded = lines()
    assert direct.pop("timestamp") <= recorded.pop("timestamp")
    assert list(direct.items()) == list(recorded.items())


def test_a_library_s_log_has_the_same_fields_and_its_message(lines: Any) -> None:
    logging.getLogger("some.library").warning("disk at %d %%", 93)
    (line,) = lines()
    assert list(line)[:12] == REQUEST_FIELDS
    assert (line["event"], line["logger"], line["message"]) == ("log", "some.library", "disk at 93 %")


def test_a_room_names_its_event_through_extra(lines: Any) -> None:
    logging.getLogger("networkx_mcp.workers").warning("gone", extra={"event": "worker_exit", "reason": "killed"})
    (line,) = lines()
    assert (line["event"], line["reason"], line["message"]) == ("worker_exit", "killed", "gone")


def test_levels_below_the_setting_are_not_written() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before = list(root.handlers), root.level
    try:
        logs.configure("warning", stream)
        logs.event("hidden")
        logs.event("shown", level=logging.WARNING)
        assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["shown"]
        assert not logs.enabled(logging.INFO)
    finally:
        root.handlers[:], level = before
        root.setLevel(level)


def test_an_exception_is_one_line_too(lines: Any, stream: io.StringIO) -> None:
    try:
        raise ValueError("first\nsecond \x1b[31m")
    except ValueError as error:
        logs.event("request_failed", level=logging.ERROR, exc_info=error)
    assert stream.getvalue().count("\n") == 1
    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert "\x1b" not in line["exception"]


@given(st.text())
def test_whatever_the_text_it_stays_one_line_without_control_characters(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "audit", None, None)
    record.networkx_mcp = {"graph_id": text, "nested": {text: [text]}}
    written = logs.LineFormatter().format(record)
    assert len(written.splitlines()) == 1
    assert all(character.isprintable() or character == " " or ord(character) > 0x7F for character in written)
    decoded = json.loads(written)["graph_id"]
    for hostile in "\x1b\n\r\u202e\u2066\u200b\x9b\x7f\u2028":
        assert hostile not in decoded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two\\x0alines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("abc\u202etxt", "abc\\u202etxt"),
        ("Grüße, 世界", "Grüße, 世界"),
        ("x" * 3000, "x" * 2000 + "... (3000 characters)"),
    ],
)
def test_text_is_shown_so_that_it_drives_no_terminal(text: str, shown: str) -> None:
    assert logs.printable(text) == shown


def test_an_audit_line_says_who_did_what_to_which_graph(lines: Any) -> None:
    within_a_call(audit, "edit", graph_id="g-1", version_before=3, version_after=4)
    (line,) = lines()
    assert (line["event"], line["action"], line["outcome"], line["success"]) == ("audit", "edit", "ok", True)
    assert (line["user_id"], line["tenant"], line["graph_id"]) == ("ann", "acme", "g-1")
    assert (line["version_before"], line["version_after"]) == (3, 4)


def test_a_flood_of_refusals_is_sampled_and_says_how_many_were_left_out(
    lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from networkx_mcp.telemetry import audit as module

    valve = module._Valve(rate=0.000001, burst=3)
    monkeypatch.setattr(module, "_failures", valve)
    for _ in range(10):
        refused("authenticate", "unknown")
    assert len(lines()) == 3
    valve._level = 1.0
    refused("authenticate", "unknown")
    assert lines()[-1]["suppressed"] == 7
