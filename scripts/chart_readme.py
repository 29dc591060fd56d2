"""Write chart/README.md from chart/values.yaml and the report of `make e2e-full`, so that they cannot part.

The prose is chart/README.md.j2, a template. A comment `# --` above a key says what the value is; a plain comment above a top-level key begins its
section. `--check` writes nothing and exits with 1 when the file differs; a value without a comment is an
error in both cases.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import yaml
from generated import settle

CHART = Path(__file__).resolve().parents[1] / "chart"
#: What the last `make e2e-full` measured.
REPORT = CHART.parent / "tests" / "e2e" / "report.json"
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][A-Za-z0-9]*):(?P<rest>.*)$")


class Value(NamedTuple):
    """A line of a table: a value, or an object that is described as a whole."""

    name: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class ValuesTable:
    """Values under one heading."""

    title: str
    introduction: str | None
    rows: list[Value] = field(default_factory=list)


def comments(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Descriptions by dotted path, and introductions of top-level keys."""
    described: dict[str, str] = {}
    introduced: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    pending: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            pending.append(stripped.removeprefix("#").strip())
            continue
        match = _KEY.match(line)
        if match:
            indent = len(match["indent"])
            while path and path[-1][0] >= indent:
                path.pop()
            path.append((indent, match["key"]))
            name = ".".join(key for _, key in path)
            start = next((i for i, part in enumerate(pending) if part.startswith("-- ")), None)
            if start is not None:
                described.setdefault(name, " ".join(pending[start:]).removeprefix("-- "))
            if indent == 0 and (plain := pending[:start]):
                introduced[name] = " ".join(plain)
        pending = []
    return described, introduced


def rows(values: dict[str, Any], described: dict[str, str], prefix: str = "") -> list[Value]:
    """Every value with its default. Raises SystemExit naming one without a comment."""
    found: list[Value] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and name not in described:
            found += rows(value, described, f"{name}.")
        elif name not in described:
            raise SystemExit(f"chart/values.yaml: {name} has no `# --` comment above it")
        else:
            found.append(Value(name, json.dumps(value), described[name]))
    return found


def tables(text: str) -> list[ValuesTable]:
    """The tables of values.yaml: one for each top-level key, and one for those that stand alone beside each other."""
    described, introduced = comments(text)
    found: list[ValuesTable] = []
    follows = False  # whether the value above stood alone too
    for key, value in yaml.safe_load(text).items():
        values = rows({key: value}, described)
        alone = values[0].name == key
        if not (alone and follows):
            title = key if not alone else "pods" if found else "names"
            found.append(ValuesTable(title, introduced.get(key)))
        follows = alone
        found[-1].rows.extend(values)
    return found


def render() -> str:
    """The whole README."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    facts = json.loads(REPORT.read_text(encoding="utf-8"))["facts"]
    # Markdown, not HTML: nothing is escaped but what would end a cell.
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["cell"] = lambda text: text.replace("|", "\\|")
    template = environment.from_string((CHART / "README.md.j2").read_text(encoding="utf-8"))
    return template.render(
        graphs=facts["restore_valkey"]["graphs"],
        rto_valkey=facts["restore_valkey"]["rto_s"],
        rto_embedded=facts["restore_embedded"]["rto_s"],
        description=chart["description"],
        version=chart["version"],
        app=chart["appVersion"],
        kube=chart["kubeVersion"].removesuffix("-0").replace(">=", "") + " or later",
        tables=tables((CHART / "values.yaml").read_text(encoding="utf-8")),
    )


def main() -> int:
    """The command line. Returns the exit status."""
    return settle({CHART / "README.md": render()}, "README.md.j2, values.yaml and tests/e2e/report.json say")


if __name__ == "__main__":
    sys.exit(main())
