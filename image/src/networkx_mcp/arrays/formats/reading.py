"""What was done to make a graph of a file: so that no answer keeps silent about what was merged, skipped or left out."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from networkx_mcp.arrays.formats.common import counted

#: Notes of one file; more are counted.
MAX_NOTES = 20


class Reading(msgspec.Struct, kw_only=True):
    """How a file was read."""

    #: Its format, and what told it.
    format: str = ""
    format_from: Literal["caller", "name", "content"] = "caller"
    #: Names of the columns that were taken for the ends of edges, where the file has columns with names.
    source_column: str | None = None
    target_column: str | None = None
    #: The column of the ids, of a table of nodes.
    id_column: str | None = None
    #: Rows of a table; None where the file is none.
    rows: int | None = None
    #: Rows that SQL made of them, where it did.
    selected_rows: int | None = None
    #: Rows that were passed over: without any value, or without an id where that was asked for.
    skipped_rows: int = 0
    #: Edges that stood twice: their attributes went into the first (as `duplicates` says), or were left out (`skip`).
    merged_edges: int = 0
    #: How edges were merged, where some were: the option `duplicates`.
    duplicates: str | None = None
    skipped_edges: int = 0
    #: Nodes that stood twice with attributes; these were merged, later ones count.
    merged_nodes: int = 0
    #: Values that say that there is none (NaN, NA, an empty number) and were left out.
    missing_values: int = 0
    #: Merged into a graph: nodes and edges that are new there, and those that were there and have other attributes now.
    added_nodes: int | None = None
    added_edges: int | None = None
    changed_nodes: int | None = None
    changed_edges: int | None = None
    #: Those that were left out because the graph does not have the nodes.
    unknown_nodes: int = 0
    unknown_edges: int = 0
    #: What else was done, in sentences.
    notes: list[str] = []

    def note(self, text: str) -> None:
        """Add a sentence, once."""
        if text not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(text)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def lines(self) -> list[str]:
        """What a reader must know, in sentences; nothing of what is as it was asked for."""
        lines = []
        if self.format_from != "caller":
            lines.append(f"read as {self.format}, as its {self.format_from} tells")
        if self.source_column is not None and (self.source_column, self.target_column) != ("source", "target"):
            lines.append(f"the ends of edges are the columns {self.source_column!r} and {self.target_column!r}")
        if self.id_column is not None and self.id_column != "id":
            lines.append(f"the ids are the column {self.id_column!r}")
        told = (
            self.added_nodes is not None
            or self.selected_rows is not None
            or self.skipped_rows
            or self.merged_edges
            or self.skipped_edges
        )
        if self.rows is not None and told:
            skipped = f", {self.skipped_rows} passed over" if self.skipped_rows else ""
            made = f", {self.selected_rows} made of them by sql" if self.selected_rows is not None else ""
            lines.append(f"{self.rows} row{'s' if self.rows != 1 else ''} read{made}{skipped}")
        if self.added_nodes is not None:
            lines.append(
                f"merged into the graph: new are {self.added_nodes} nodes and {self.added_edges} edges, changed "
                f"{self.changed_nodes} nodes and {self.changed_edges} edges"
            )
        if self.unknown_nodes or self.unknown_edges:
            left = " and ".join(
                f"{count} {what}{'s' if count != 1 else ''}"
                for count, what in ((self.unknown_nodes, "node"), (self.unknown_edges, "edge"))
                if count
            )
            lines.append(f"{left} left out: the graph does not have the nodes")
        if self.merged_edges:
            lines.append(f"{counted(self.merged_edges, 'repeated edge')} merged: {_merged(self.duplicates)}")
        if self.skipped_edges:
            lines.append(f"{counted(self.skipped_edges, 'repeated edge')} skipped: the first was kept")
        if self.merged_nodes:
            lines.append(f"{counted(self.merged_nodes, 'repeated node')} merged: later attributes count")
        if self.missing_values:
            lines.append(f"{counted(self.missing_values, 'missing value')} left out (NaN, NA or empty)")
        return lines + self.notes


def _merged(how: str | None) -> str:
    if how in (None, "update"):
        return "later attributes count"
    if how == "count":
        return "the first attributes count, and `count` is the number of rows"
    return f"attributes have the {how}"
