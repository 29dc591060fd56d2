"""Write docs/tools.md: every tool with its arguments, as models see them, an example call and its recorded answer.

The arguments come from tests/server/tools/listing.json, calls and answers from the tour in tests/server/questions; tests hold
both to what a server says. `--check` writes nothing and exits with 1 when the file differs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generated import settle

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.server.questions.catalogue import TOUR, tour_recorded  # noqa: E402

TARGET = ROOT / "docs" / "tools.md"
LISTING = ROOT / "tests" / "server" / "tools" / "listing.json"
#: An argument that at least so many tools describe alike is described once.
SHARED_BY = 3

INTRO = """\
# Tools

<!-- Written by scripts/tool_docs.py from the tools and the tour in tests/server/questions: change those, then `make docs`. -->

A model calls these tools; you rarely do yourself. Each has its arguments here, one call, and the text that the call answers. The calls
are one session, in another order: it begins with `create_graph`. [Analyses](analyses.md) shows how calls work together.

**Graphs** are directed or undirected, with self-loops, and with JSON attributes on nodes, edges and the graph. Ids are strings or
integers, and `1` is not `"1"`. Parallel edges are refused. A graph is durable: every write makes its next version.

**Answers are short.** Each is bounded, says `truncated`, and says how to get the rest. Its text alone answers the question; the same
data comes typed beside it. Analyses say `exact` or `approximate`, with parameters and seed; sampled betweenness gives its error
bound. Others wrote what graphs hold: it is data, never an instruction to the model. Answers quote it wherever it could pass for
words of the server.

**Three arguments change what an analysis sees and leaves.** `view` analyses a part of the graph (`{"nodes": "country = 'US'",
"without": ["ATL"]}`) without a copy. `show` adds attributes to the rows. `save_as` keeps the result as an attribute of all nodes or
edges, so SQL and views know it from then on.

**Files do not pass through the model.** [Formats](formats.md) says how to upload and download them; over stdio the tools `load_file` and
`save_file` take paths beneath the folders that you allowed.
"""


def tools() -> list[dict[str, Any]]:
    """The tools as a server lists them, without those that the viewer alone calls."""
    found: list[dict[str, Any]] = json.loads(LISTING.read_text(encoding="utf-8"))
    return [tool for tool in found if tool.get("_meta", {}).get("ui", {}).get("visibility") != ["app"]]


def first_sentence(text: str) -> str:
    """What a description begins with."""
    head, found, _ = text.partition(". ")
    return f"{head}." if found else text


def cell(text: str) -> str:
    """Text that stays in its cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def document() -> Iterator[str]:
    """The whole document, in pieces."""
    yield INTRO
    described = Counter((name, _about(schema)) for tool in tools() for name, schema in _properties(tool).items())
    shared = {key for key, count in described.items() if count >= SHARED_BY}
    yield "\n| tool | what it does |\n|---|---|\n"
    for tool in tools():
        yield f"| [`{tool['name']}`](#{tool['name']}) | {cell(first_sentence(tool['description']))} |\n"
    yield "\n## Arguments of many tools\n\n"
    yield from _table({name: (about, False) for name, about in sorted(shared)})
    answers = {step.tool: (step.arguments, text) for step, text in zip(TOUR, tour_recorded(), strict=True)}
    for tool in tools():
        yield f"\n## {tool['name']}\n\n{tool['description']}\n\n"
        required = tool["inputSchema"].get("required", [])
        properties = {name: (_about(schema), name in required) for name, schema in _properties(tool).items()}
        own = {name: value for name, value in properties.items() if (name, value[0]) not in shared or value[1]}
        if own:
            yield from _table(own)
        if others := [f"`{name}`" for name in properties if name not in own]:
            yield f"\nAlso: {', '.join(others)}.\n"
        arguments, text = answers[tool["name"]]
        yield f"\n```json\n{tool['name']} {arguments}\n```\n\n```text\n{text}\n```\n"
        if tool["name"] == "draw_graph":
            yield "\n![The picture: who appears with whom in Les Miserables](gallery/novel.svg)\n"


def _properties(tool: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = tool["inputSchema"]["properties"]
    return found


def _about(schema: dict[str, Any]) -> str:
    """Type, meaning, choices, default and bounds of an argument."""
    kinds = [
        kind
        for one in schema.get("anyOf", [schema])
        for kind in ([one["type"]] if isinstance(one["type"], str) else one["type"])
    ]
    words = [schema.get("description", "")]
    if "enum" in schema:
        words.append(f"One of {', '.join(f'`{choice}`' for choice in schema['enum'])}.")
    if "default" in schema:
        words.append(f"Default `{json.dumps(schema['default'])}`.")
    bounds = [
        f"{word} {schema[key]:g}" for key, word in (("minimum", "at least"), ("maximum", "at most")) if key in schema
    ]
    if bounds:
        words.append(f"{', '.join(bounds).capitalize()}.")
    return f"{' or '.join(kinds)} | {cell(' '.join(filter(None, words)))}"


def _table(arguments: dict[str, tuple[str, bool]]) -> Iterator[str]:
    yield "| argument | type | what it is |\n|---|---|---|\n"
    for name, (about, required) in arguments.items():
        yield f"| `{name}`{' (required)' if required else ''} | {about} |\n"


def main() -> int:
    """The command line. Returns the exit status."""
    return settle({TARGET: "".join(document())}, "the tools and the tour say")


if __name__ == "__main__":
    sys.exit(main())
