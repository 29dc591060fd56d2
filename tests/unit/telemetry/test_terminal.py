"""In a terminal logs are short lines that say how to go on; the text of strangers drives no terminal."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from tests.unit.telemetry.test_logs import within_a_call

from networkx_mcp import __version__
from networkx_mcp.telemetry import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    stream = Terminal()
    logs.configure("info", stream, "auto")
    yield stream
    logs.configure("info", io.StringIO())
    root.handlers[:], level = before
    root.setLevel(level)


def test_the_start_says_where_it_listens_how_to_connect_and_how_to_stop(terminal: Terminal) -> None:
    logs.event("server_listening", host="127.0.0.1", port=8080)
    logging.getLogger("networkx_mcp.store").warning("store is data/x.sqlite3", extra={"event": "store_started"})
    logs.event("server_started", seconds=1.2, store="embedded")
    assert terminal.getvalue().splitlines() == [
        f"networkx-mcp {__version__} listens on http://127.0.0.1:8080/mcp",
        "  connect   claude mcp add --transport http graphs http://127.0.0.1:8080/mcp",
        "  stop      Ctrl-C",
        "  graphs    data/x.sqlite3",
        "ready after 1.2 s",
    ]


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:1/mcp"), ("::1", "http://[::1]:1/mcp")],
)
def test_the_address_is_one_that_a_client_can_use(terminal: Terminal, host: str, url: str) -> None:
    logs.event("server_listening", host=host, port=1)
    assert url in terminal.getvalue()


def test_a_request_is_one_short_line(terminal: Terminal) -> None:
    within_a_call(logs.request_end, 0.0031, True, 100.0)
    within_a_call(logs.request_end, 0.0031, False, 100.0)
    good, failed = terminal.getvalue().splitlines()
    assert good[8:] == " tools/call edit_graph  3.1 ms"
    assert failed[8:] == " tools/call edit_graph  3.1 ms  failed"


def test_other_events_are_their_name_message_and_fields_and_cannot_drive_the_terminal(terminal: Terminal) -> None:
    logs.event("rate_limited", level=logging.WARNING, message="slow\x1b[2J\ndown", limit=3, nothing=None)
    assert terminal.getvalue()[8:] == " WARNING rate_limited slow\\x1b[2J\\x0adown limit=3\n"


def test_an_error_shows_where_it_came_from(terminal: Terminal) -> None:
    try:
        raise ValueError("bad")
    except ValueError as error:
        logs.event("broken", level=logging.ERROR, exc_info=error)
    assert terminal.getvalue().splitlines()[-1] == "ValueError: bad"


@pytest.mark.parametrize("form", ["json", "auto"])
def test_json_stays_json_where_it_is_asked_for_or_nobody_looks(form: str) -> None:
    stream: io.StringIO = Terminal() if form == "json" else io.StringIO()
    root = logging.getLogger()
    before = list(root.handlers), root.level
    try:
        logs.configure("info", stream, form)
        logs.event("server_started", seconds=1)
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
    assert stream.getvalue().startswith('{"timestamp"')
