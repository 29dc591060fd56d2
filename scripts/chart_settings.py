"""Write into the chart what image/src/networkx_mcp/settings.py says of each setting that is a value.

values.yaml gets its line and comment, values.schema.json its type and bounds, templates/_environment.tpl its variable.
What else these two first files hold is left as it stands. `--check` writes nothing and exits with 1 when a file differs.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from setting_records import RECORDS, Record

CHART = Path(__file__).resolve().parents[1] / "chart"
#: Groups of values that hold settings alone; where others stand beside them, their schema is written by hand.
WHOLE = ("limits", "memory", "rateLimit")
#: Variables that the chart makes of several values, or of none.
COMPUTED = {
    "ratelimit.replicas": 'include "networkx-mcp.pods" . | quote',
    "oidc.resource_url": 'include "networkx-mcp.resourceUrl" . | quote',
    "http.port": "8080 | quote",
    "http.allowed_hosts": 'include "networkx-mcp.allowedHosts" . | quote',
}
_WIDTH = 130


def values(text: str) -> str:
    """values.yaml with the settings' defaults and comments."""
    lines = text.splitlines()
    before: Record | None = None
    for record in RECORDS:
        if not record.value:
            continue
        place = _block(lines, record.value)
        if place is None:  # a new one stands behind the setting before it
            assert before is not None
            assert before.value.rpartition(".")[0] == record.value.rpartition(".")[0], (
                f"{record.value}: begin its group by hand"
            )
            _, end = _block(lines, before.value) or (0, 0)
            place = end, end
        start, end = place
        lines[start:end] = _lines(record, lines[end - 1] if end > start else "")
        before = record
    return "\n".join(lines) + "\n"


def _block(lines: list[str], value: str) -> tuple[int, int] | None:
    """Where a value's comment begins and its line ends."""
    first = 0
    *groups, key = value.split(".")
    for depth, group in enumerate(groups):
        first = lines.index(f"{'  ' * depth}{group}:", first) + 1
    indent = "  " * len(groups)
    for number in range(first, len(lines)):
        line = lines[number]
        if line.strip() and not line.startswith(indent):  # the group is over
            return None
        if line.startswith(f"{indent}{key}:"):
            start = number
            while lines[start - 1].startswith(f"{indent}#"):
                start -= 1
            return start, number + 1
    return None


def _lines(record: Record, there: str) -> list[str]:
    indent = "  " * record.value.count(".")
    key = record.value.rpartition(".")[2]
    comment = textwrap.wrap(
        f"-- {record.about}",
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if there and yaml.safe_load(there) == {key: record.chart_default}:  # quoted as somebody chose to
        return [*comment, there]
    return [*comment, f"{indent}{key}: {json.dumps(record.chart_default)}"]


def schema(text: str) -> str:
    """values.schema.json with the settings' types and bounds."""
    document: dict[str, Any] = json.loads(text)
    for name in WHOLE:
        document["properties"][name] |= {"properties": {}, "required": []}
    for record in RECORDS:
        if not record.value:
            continue
        *groups, key = record.value.split(".")
        group = document
        for part in groups:
            group = group["properties"][part]
        group["properties"][key] = _rule(record)
        if record.chart_default not in ("", []) and key not in group["required"]:
            group["required"].append(key)
    return json.dumps(document, indent=2) + "\n"


def _rule(record: Record) -> dict[str, Any]:
    """What the chart takes as a value: what the server takes, and texts that look like what they are."""
    if record.unit == "URL":
        return {"$ref": "#/definitions/httpUrl"}
    rule = {name: content for name, content in record.schema.items() if name not in ("title", "default", "description")}
    if rule["type"] == "array":
        return {"type": "array", "items": {"type": "string", "minLength": 1}}
    if rule.keys() == {"type"} and record.default and rule["type"] == "string":
        rule["minLength"] = 1
    return rule


def environment(_: str) -> str:
    """templates/_environment.tpl, one definition a group."""
    return "\n".join(
        [
            "{{/* Written by scripts/chart_settings.py from image/src/networkx_mcp/settings.py: change that, then `make docs`. A setting is",
            "named as its value. toJson, because a large number prints as 1e+06. */}}",
            *(line for group in dict.fromkeys(record.group for record in RECORDS) for line in _definition(group)),
            "",
        ]
    )


def _definition(group: str) -> Iterator[str]:
    lines = [(record.variable, _expression(record)) for record in RECORDS if record.group == group]
    there = [f"{variable}: {{{{ {expression} }}}}" for variable, expression in lines if expression]
    if there:
        yield f'\n{{{{- define "networkx-mcp.settings.{group}" -}}}}'
        yield from there
        yield "{{- end }}"


def _expression(record: Record) -> str:
    if computed := COMPUTED.get(record.name):
        return computed
    if not record.value:
        return ""
    value = f".Values.{record.value}"
    if isinstance(record.default, tuple):
        return f'join "," (default list {value}) | quote'
    if not isinstance(record.default, str):
        return f"toJson {value} | quote"
    return f"{value} | quote" if record.default else f'{value} | default "" | quote'


FILES: dict[str, Callable[[str], str]] = {
    "values.yaml": values,
    "values.schema.json": schema,
    "templates/_environment.tpl": environment,
}


def main() -> int:
    """The command line. Returns the exit status."""
    wrong = []
    for name, make in FILES.items():
        path = CHART / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        made = make(text)
        if made != text:
            wrong.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(made, encoding="utf-8")
    if wrong and "--check" in sys.argv[1:]:
        print(f"chart/{', chart/'.join(wrong)}: not what settings.py says: run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
