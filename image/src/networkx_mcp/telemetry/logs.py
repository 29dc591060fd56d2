"""Logs: one JSON object a line on stdout (in a terminal: `terminal`), whatever text a caller sent.

Every line has the same first fields (`FIELDS`, null where unknown); a request's lines have exactly
these. Text is escaped twice: JSON keeps a line one line, and control, ANSI and bidirectional
characters become visible escapes, so that a log read with `jq -r` cannot drive a terminal either.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import IO, Any

import msgspec
from pythonjsonlogger.core import RESERVED_ATTRS, BaseJsonFormatter

from networkx_mcp import context

FIELDS = (
    "timestamp",
    "level",
    "event",
    "correlation_id",
    "method",
    "tool",
    "duration_ms",
    "success",
    "memory_mb",
    "user_id",
    "tenant",
    "trace_id",
)
#: Characters of one text in a log line; callers choose some of it.
MAX_TEXT = 2000

_RESERVED = frozenset(RESERVED_ATTRS)
_LOGGER = logging.getLogger("networkx_mcp")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# C0 and C1 controls, zero-width and bidirectional marks, line separators, tags, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: str, limit: int = MAX_TEXT) -> str:
    """`text` with every character that moves a cursor or hides text written out, at most `limit` long."""
    if len(text) > limit:
        text = f"{text[:limit]}... ({len(text)} characters)"
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escape, text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {printable(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return printable(str(value))


_second: tuple[int, str] = (0, "")


def _timestamp(now: float) -> str:
    """`now` (Unix seconds) in UTC with milliseconds; the text of a second is made once."""
    global _second
    whole = int(now)
    if _second[0] != whole:
        _second = (whole, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)))
    return f"{_second[1]}.{int((now - whole) * 1000):03d}Z"


def _line(name: str, level: str, now: float) -> dict[str, Any]:
    """The fields that every line begins with, from the context of the call."""
    try:
        call = context.current()
    except LookupError:
        values: tuple[str | None, ...] = (None,) * 6
    else:
        values = (
            call.correlation_id,
            printable(call.method, 100) or None,
            printable(call.tool, 100) or None,
            printable(call.caller.user_id) or None,
            printable(call.caller.tenant) or None,
            call.trace_id or None,
        )
    return {
        "timestamp": _timestamp(now),
        "level": level,
        "event": name,
        "correlation_id": values[0],
        "method": values[1],
        "tool": values[2],
        "duration_ms": None,
        "success": None,
        "memory_mb": None,
        "user_id": values[3],
        "tenant": values[4],
        "trace_id": values[5],
    }


class LineFormatter(BaseJsonFormatter):
    """python-json-logger's formatter with our fields in their order, encoded by msgspec."""

    def format(self, record: logging.LogRecord) -> str:
        line = _line("log", record.levelname.lower(), record.created)
        fields: dict[str, Any] | None = getattr(record, "networkx_mcp", None)
        if fields is None:  # the standard way: text, and perhaps `extra={"event": ..., ...}`
            fields = {name: value for name, value in record.__dict__.items() if name not in _RESERVED}
            line["logger"] = record.name
            line["message"] = printable(record.getMessage())
        else:
            line["event"] = record.msg
        for name, value in fields.items():
            line[name] = _clean(value)
        if record.exc_info and not isinstance(record.exc_info, bool):
            # The lines of a traceback stay lines; JSON escapes their ends.
            text = str(self.formatException(record.exc_info))
            line["exception"] = "\n".join(printable(part) for part in text.split("\n")[-60:])
        return self.jsonify_log_record(line)

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        return _encoder.encode(log_data).decode()


_encoder = msgspec.json.Encoder()
_handler: logging.StreamHandler[Any] | None = None
_formatter = LineFormatter()


def configure(level: str = "info", stream: IO[str] | None = None, form: str = "json") -> None:
    """Send all logs of this process to `stream` (stdout), in the form of the setting `log.format`. May be called again."""
    global _handler, _formatter
    _handler = handler = logging.StreamHandler(stream or sys.stdout)
    _formatter = LineFormatter()
    if form == "text" or (form == "auto" and handler.stream.isatty()):
        from networkx_mcp.telemetry.terminal import TerminalFormatter

        _formatter = TerminalFormatter()
    handler.setFormatter(_formatter)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(_LEVELS[level], logging.WARNING))
    _LOGGER.setLevel(_LEVELS[level])
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # "Invalid HTTP request received." and the like: any stranger can cause them; they are counted.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.access").disabled = True


def enabled(level: int) -> bool:
    """Whether an event of this level is written; ask before computing costly fields."""
    return _LOGGER.isEnabledFor(level)


def event(name: str, *, level: int = logging.INFO, exc_info: BaseException | None = None, **fields: Any) -> None:
    """Write one event line; the call's identity comes from the context, `fields` add or override."""
    if not _LOGGER.isEnabledFor(level):
        return
    handler = _handler
    if handler is None or exc_info is not None or logging.getLogger().handlers != [handler]:
        _LOGGER.log(level, name, exc_info=exc_info, extra={"networkx_mcp": fields})
        return
    # The same line without a log record, which costs as much again.
    line = _line(name, logging.getLevelName(level).lower(), time.time())
    for field, value in fields.items():
        line[field] = _clean(value)
    _write(handler, line)


def request_end(seconds: float, success: bool, memory_mb: float) -> None:
    """Write `mcp_request_end`: as `event` would, whoever else listens."""
    handler = _handler
    if handler is None or not _LOGGER.isEnabledFor(logging.INFO):
        return
    line = _line("mcp_request_end", "info", time.time())
    line["duration_ms"] = int(seconds * 100_000) / 100
    line["success"] = success
    line["memory_mb"] = memory_mb
    _write(handler, line)


def _write(handler: logging.StreamHandler[Any], line: dict[str, Any]) -> None:
    text = _formatter.jsonify_log_record(line) + "\n"
    handler.acquire()
    try:
        handler.stream.write(text)
        handler.flush()
    except Exception:
        handler.handleError(logging.makeLogRecord({"msg": line["event"]}))
    finally:
        handler.release()
