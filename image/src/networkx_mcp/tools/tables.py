"""Answers of analyses: a page of rows and the facts about the run, as text and as data.

A task returns `columns`, `rows`, `total`, `truncated`, `next_offset`, `notes` and its own facts; see
compute/algorithms/result.py. Here they become an answer that fits into a model's context.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, clip, rows_text, show


class Table(TypedDict):
    """A page of rows."""

    graph_id: str
    version: Annotated[int, Field(description="Version of the graph that was analysed.")]
    columns: list[str]
    rows: list[list[Any]]
    total: Annotated[int | None, Field(description="Rows there are; null where counting them would take too long.")]
    truncated: Annotated[bool, Field(description="There are more rows.")]
    next_offset: Annotated[int | None, Field(description="The offset of the next page.")]
    notes: list[str]


class Analysis(Table):
    """A page of rows and the run that made them."""

    algorithm: str
    engine: Annotated[str, Field(description="The library that computed it.")]
    seconds: Annotated[float, Field(description="Time in the algorithm.")]
    exact: Annotated[bool, Field(description="False: sampled or heuristic.")]
    accuracy: Annotated[
        Literal["exact", "approximate"],
        Field(description="approximate: sampled or heuristic, with the parameters and the seed given here."),
    ]
    seed: NotRequired[Annotated[int, Field(description="Of the random choices; the same seed, the same answer.")]]
    cached: NotRequired[Annotated[bool, Field(description="Computed before, on this version of the graph.")]]


#: Not repeated in the text: they are the table itself, or tell the model nothing.
_SILENT = frozenset(
    {
        "graph_id",
        "version",
        "columns",
        "rows",
        "total",
        "truncated",
        "next_offset",
        "notes",
        "seconds",
        "engine",
        "seed",
        "exact",
        "accuracy",
        "cached",
    }
)


def table_answer(title: str, graph_id: str, version: int, value: dict[str, Any], *, offset: int | None) -> Answer:
    """The answer made of a task's `value`; pages that are too long for a model end early.

    `offset` is where the page began; None where the rows have no pages.
    """
    columns: list[str] = value["columns"]
    rows = [[clip(cell) for cell in row] for row in value["rows"]]
    lines = rows_text(columns, rows)
    kept = _fitting(lines)
    data: dict[str, Any] = {"graph_id": graph_id, "version": version, **value, "rows": rows}
    if "exact" in value:
        data["accuracy"] = "exact" if value["exact"] else "approximate"
    if kept < len(rows):
        rows = data["rows"] = rows[:kept]
        lines = lines[: kept + 1]
        data["truncated"] = True
        data["notes"] = [*value["notes"], "The page ended early because its rows are long."]
        data["next_offset"] = None if offset is None else offset + kept
    return Answer("\n".join([head(title, graph_id, version, data), *lines, *tail(data)]), data)


def head(title: str, graph_id: str, version: int, data: dict[str, Any]) -> str:
    """The first line: what was asked of which graph, and the facts of the run."""
    facts = [f"{name}={show(fact)}" for name, fact in data.items() if name not in _SILENT and _plain(name, fact)]
    if "accuracy" in data:
        facts.insert(0, data["accuracy"])
        if data["accuracy"] == "approximate" and data.get("seed") is not None:
            facts.append(f"seed={data['seed']}")
    return f"{title} of {graph_id} version {version}: {' '.join(facts)}".rstrip(": ")


def tail(data: dict[str, Any]) -> list[str]:
    """The last lines: remarks, and how to get the rest."""
    lines = [f"note: {note}" for note in data["notes"]]
    if data["truncated"]:
        shown = len(data["rows"])
        total = data["total"]
        following = data["next_offset"]
        left = f"{shown} of {total} rows" if total is not None else f"{shown} rows, there are more"
        how = f"call again with offset={following}" if following is not None else "ask for less, or raise limit"
        lines.append(f"truncated: {left}; {how}")
    elif not data["rows"]:
        lines.append("no rows")
    return lines


def _plain(name: str, fact: Any) -> bool:
    if fact is None or name == "algorithm":
        return False
    return not isinstance(fact, (dict, list)) or (0 < len(fact) <= 50 and len(str(fact)) <= 2000)


def _fitting(lines: list[str]) -> int:
    """How many rows (all lines but the first) fit; at least one."""
    size = 0
    for index, text in enumerate(lines):
        size += len(text) + 1
        if size > MAX_CHARACTERS and index > 1:
            return index - 1
    return len(lines) - 1
