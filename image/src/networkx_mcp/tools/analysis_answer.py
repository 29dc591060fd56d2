"""Answers of analyses: a page of rows and the facts about the run, as text and as data.

A task returns `columns`, `rows`, `total`, `truncated`, `next_offset`, `notes` and its own facts; see
analysis/result.py. Here they become an answer that fits into a model's context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis.show import SHOWN
from networkx_mcp.errors import echoed
from networkx_mcp.tools.answer import Answer, beginning, fitting, noted, row_text, show, show_as, show_name


class SeenView(TypedDict):
    """The part of the graph that was seen."""

    nodes: int
    edges: int


Seen: TypeAlias = Annotated[SeenView, Field(description="What the call's view showed.")]


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
    view: NotRequired[Seen]


class AnalysisAnswer(Table):
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


class SavedResult(TypedDict):
    """The attribute that the result became, or did not become."""

    attribute: str
    of: NotRequired[Annotated[Literal["nodes", "edges"], Field(description="What has the attribute.")]]
    version: Annotated[int, Field(description="The graph's, with the attribute; not saved: as it is now.")]
    repeated: Annotated[bool, Field(description="The operation_id was known: it was saved before.")]
    values: NotRequired[Annotated[int, Field(description="How many have it now.")]]
    lost: NotRequired[Annotated[int, Field(description="How many lost it, being outside the result.")]]
    left_out: NotRequired[Annotated[int, Field(description="Values that are no finite numbers.")]]
    problem: NotRequired[Annotated[str, Field(description="Why it was not saved.")]]


class KeptAnswer(AnalysisAnswer):
    """An analysis whose result may become an attribute."""

    saved: NotRequired[Annotated[bool, Field(description="With save_as: whether the graph has the result now.")]]
    save: NotRequired[SavedResult]


#: Not in the first line: they are the table itself, tell the model nothing, or have lines of their own.
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
        "types",
        "view",
        "saved",
        "save",
        "links",
        "bridges",
    }
)


#: Of a list or an object beside the table the text shows so many items, in so many characters.
_ITEMS, _CHARACTERS = 50, 2000
#: Cells that are named as cut.
_NAMED = 5


def end_early(data: dict[str, Any], rows: Sequence[Any], offset: int | None) -> None:
    """Have `data` say so where fewer of `rows` fit than the task gave; `offset` is where the page began, None without pages."""
    if len(data["rows"]) < len(rows):
        data["truncated"] = True
        data["notes"].append("The page ended early because its rows are long.")
        data["next_offset"] = None if offset is None else offset + len(data["rows"])


def table_answer(
    title: str,
    graph_id: str,
    version: int,
    value: dict[str, Any],
    *,
    offset: int | None,
    fewer: str | None = None,
    computed: bool = True,
    beside: Callable[[dict[str, Any]], list[str]] | None = None,
) -> Answer:
    """The answer made of a task's `value`; pages that are too long for a model end early, and so do lists in cells.

    `offset` is where the page began; None where the rows have no pages. `fewer` is the argument that makes lists shorter.
    `beside` makes lines of facts that stand behind the rows. `computed` is False where columns are named by callers and graphs, so that no name tells what is in them.
    """
    columns: list[str] = value["columns"]
    own = (len(columns) if computed else 0) - value.pop(SHOWN, 0)
    cells = [*columns[:own], *[""] * (len(columns) - own)]
    # a worker's rows may be ten times as many as fit
    rows, lines = fitting(row_text(cells, row) for row in value["rows"])
    facts = {name: beginning(fact) if name not in _SILENT else fact for name, fact in value.items()}
    notes = [*saved_notes(value), *value["notes"], *_cut_cells(columns, value["rows"], rows, fewer)]
    notes += [
        f"`{name}`: the first {len(fact)} of {_total(value, name)}."
        for name, fact in facts.items()
        if isinstance(fact, (list, dict)) and name not in _SILENT and len(fact) < len(value[name])
    ]
    data: dict[str, Any] = {"graph_id": graph_id, "version": version, **facts, "rows": rows, "notes": notes}
    if "exact" in value:
        data["accuracy"] = "exact" if value["exact"] else "approximate"
    end_early(data, value["rows"], offset)
    header = "\t".join([*columns[:own], *map(show_name, columns[own:])])
    lines = [
        head(title, graph_id, version, data),
        header,
        *lines,
        *(beside(data) if beside else ()),
        *_briefly(data),
        *tail(data),
    ]
    return Answer("\n".join(lines), data)


def saved_notes(value: dict[str, Any]) -> list[str]:
    """What became of `save_as`, where the call had it."""
    if "saved" not in value:
        return []
    save: SavedResult = value["save"]
    name = echoed(save["attribute"])
    if not value["saved"]:
        return [f"Not kept as {name}: {save['problem']}"]
    if save["repeated"]:
        return [
            f"Kept as {name} before, under this operation_id, at version {save['version']}; nothing was written now."
        ]
    text = f"Kept as {name} of {save['values']} {save['of']}: the graph is at version {save['version']}."
    if lost := save["lost"]:
        text += f" {lost} outside the result lost it."
    if left_out := save["left_out"]:
        text += f" {left_out} values that are no finite numbers were left out."
    return [text]


def view_fact(value: dict[str, Any]) -> dict[str, Any]:
    """`view` of a task's value, where the call had one."""
    return {"view": value["view"]} if "view" in value else {}


def view_text(value: dict[str, Any]) -> str:
    """What the first line of an answer says of the view, behind the version."""
    return f", view of {value['view']['nodes']} nodes and {value['view']['edges']} edges" if "view" in value else ""


def _cut_cells(columns: list[str], whole: list[list[Any]], shown: list[list[Any]], fewer: str | None) -> list[str]:
    """A note of the cells that were cut."""
    found = [
        f"`{column}` of row {number} is the first {len(cut)} of {len(cell)}"
        for number, (cells, row) in enumerate(zip(whole, shown, strict=False), 1)
        if cells != row
        for column, cell, cut in zip(columns, cells, row, strict=False)
        if isinstance(cell, (list, dict)) and cut is not cell
    ]
    if not found:
        return []
    more = f", and {len(found) - _NAMED} more cells" if len(found) > _NAMED else ""
    advice = f": ask for fewer `{fewer}`" if fewer else ""
    return [f"Lists that are too long to show are cut: {'; '.join(found[:_NAMED])}{more}{advice}."]


def _total(data: dict[str, Any], name: str) -> int:
    return int(data.get(f"{name}_total", len(data[name])))


def head(title: str, graph_id: str, version: int, data: dict[str, Any]) -> str:
    """The first line: what was asked of which graph, and the facts of the run."""
    told = [(name, fact) for name, fact in data.items() if _in_first_line(name, fact)]
    facts = [f"{name}={'none' if fact is None else show_as(name, _brief(fact))}" for name, fact in told]
    if "accuracy" in data:
        facts.insert(0, data["accuracy"])
        if data["accuracy"] == "approximate" and data.get("seed") is not None:
            facts.append(f"seed={data['seed']}")
    return f"{title} of {show(graph_id)} version {version}{view_text(data)}: {' '.join(facts)}".rstrip(": ")


def tail(data: dict[str, Any]) -> list[str]:
    """The last lines: remarks, and how to get the rest."""
    lines = noted(data["notes"])
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


def _in_first_line(name: str, fact: Any) -> bool:
    """Whether the first line has the fact."""
    if name == "weight":  # that nothing was weighed is as much a fact
        return True
    return name not in _SILENT and name != "algorithm" and fact is not None and fact not in ([], {})


def _brief(fact: Any) -> Any:
    """A fact as far as the first line has room for it."""
    return beginning(fact[:_ITEMS] if isinstance(fact, list) else fact, _CHARACTERS)


def _briefly(data: dict[str, Any]) -> list[str]:
    """Lines that say of which facts the text shows the beginning only."""
    return [
        f"note: `{name}` above: the first {len(brief)} of {_total(data, name)}."
        for name, fact in data.items()
        if isinstance(fact, (list, dict)) and _in_first_line(name, fact) and len(brief := _brief(fact)) < len(fact)
    ]
