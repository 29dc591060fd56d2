"""Write docs/settings.md from image/src/networkx_mcp/settings.py, so that they cannot part.

`--check` writes nothing and exits with 1 when the file differs.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generated import settle
from setting_records import RECORDS, Record

from networkx_mcp.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "settings.md"

INTRO = """\
# Settings

<!-- Written by scripts/settings_docs.py from image/src/networkx_mcp/settings.py: change that, then `make docs`. -->

A setting is an environment variable: `NETWORKX_MCP_`, then its name in capitals with `_` for the point. `limits.queue_timeout_seconds` is
`NETWORKX_MCP_LIMITS_QUEUE_TIMEOUT_SECONDS`. In a cluster most settings are [values of the chart](../chart/README.md#values); the chart sets the
others as a pod needs them, and `extraEnv` changes them.

If a value has the wrong type or is out of bounds, the server does not start, and its error names the setting. If a variable looks like a
setting but is none, `networkx-mcp check` and the log of the start (`setting_unknown`) name the nearest one. `GET /admin/settings` shows those
in force. A default that names [capacity.yaml](../loadtests/capacity.yaml) rests on a measurement or a promise that stands there.
"""
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def document() -> Iterator[str]:
    """The whole document, in pieces."""
    yield INTRO
    for group, info in Settings.model_fields.items():
        yield f"\n## {group}\n\n{re.sub('`+', '`', inspect.getdoc(info.annotation) or '')}\n"
        yield "\n| setting | value of the chart | default | unit | bounds | what it is | why this default |\n|---|---|---|---|---|---|---|\n"
        for record in RECORDS:
            if record.group == group:
                yield "| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(record)) + " |\n"


def _cells(record: Record) -> tuple[str, ...]:
    default = _shown(record.default)
    if record.value and _plain(record.default) != record.chart_default:
        default += f"; in a pod {_shown(record.chart_default)}"
    value = f"`{record.value}`" if record.value else ""
    return f"`{record.name}`", value, default, record.unit, _bounds(record.schema), record.about, record.why


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if value in ("", None, ()):
        return "empty"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{json.dumps(value) if isinstance(value, bool | int | float) else value}`"


def _bounds(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "pattern" in schema:
        return f"`{schema['pattern']}`"
    return ", ".join(f"{sign} {schema[name]:g}" for name, sign in _BOUNDS.items() if name in schema)


def main() -> int:
    """The command line. Returns the exit status."""
    return settle({TARGET: "".join(document())}, "settings.py says")


if __name__ == "__main__":
    sys.exit(main())
