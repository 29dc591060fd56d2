"""Logs as somebody reads them who started the server in a terminal: what happens, in short lines, and how to go on."""

from __future__ import annotations

import ipaddress
from typing import Any

from networkx_mcp import __version__
from networkx_mcp.telemetry.logs import FIELDS, LineFormatter

#: Fields that a line for people leaves out, where it does not say them anyway.
_LEFT_OUT = frozenset({*FIELDS, "logger", "message", "exception"})


class TerminalFormatter(LineFormatter):
    """The same events as in JSON, one short line each."""

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """The line of one event."""
        phrase = _PHRASES.get(log_data["event"])
        if phrase is not None:
            return phrase(log_data)
        words = [log_data["timestamp"][11:19]]
        if log_data["level"] != "info":
            words.append(log_data["level"].upper())
        words.append(log_data["event"])
        if log_data.get("message"):
            words.append(log_data["message"])
        words += [f"{name}={value}" for name, value in log_data.items() if name not in _LEFT_OUT and value is not None]
        text = " ".join(words)
        return f"{text}\n{log_data['exception']}" if log_data.get("exception") else text


def _listening(line: dict[str, Any]) -> str:
    if "socket" in line:
        return f"networkx-mcp {__version__} listens on the socket {line['socket']}"
    address = ipaddress.ip_address(line["host"])
    host = f"[{address}]" if address.version == 6 else str(address)
    url = f"http://{'127.0.0.1' if address.is_unspecified else host}:{line['port']}/mcp"
    return (
        f"networkx-mcp {__version__} listens on {url}\n"
        f"  connect   claude mcp add --transport http graphs {url}\n"
        "  stop      Ctrl-C"
    )


def _store(line: dict[str, Any]) -> str:
    return f"  graphs    {line['message'].removeprefix('store is ')}"


def _started(line: dict[str, Any]) -> str:
    return f"ready after {line['seconds']} s"


def _request(line: dict[str, Any]) -> str:
    what = " ".join(word for word in (line["method"], line["tool"]) if word) or "request"
    failed = "" if line["success"] else "  failed"
    return f"{line['timestamp'][11:19]} {what}  {line['duration_ms']:g} ms{failed}"


_PHRASES = {
    "server_listening": _listening,
    "store_started": _store,
    "server_started": _started,
    "mcp_request_end": _request,
}
