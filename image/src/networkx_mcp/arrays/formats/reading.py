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
    #: Edges that stood twice: their attributes went into the first (`duplicates=update`), or were left out (`skip`).
    merged_edges: int = 0
    skipped_edges: int = 0
    #: Nodes that stood twice with attributes; these were merged, later ones count.
    merged_nodes: int = 0
    #: Values that say that there is none (NaN, NA, an empty number) and were left out.
    missing_values: int = 0
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
        if self.merged_edges:
            lines.append(f"{counted(self.merged_edges, 'repeated edge')} merged: later attributes count")
        if self.skipped_edges:
            lines.append(f"{counted(self.skipped_edges, 'repeated edge')} skipped: the first was kept")
        if self.merged_nodes:
            lines.append(f"{counted(self.merged_nodes, 'repeated node')} merged: later attributes count")
        if self.missing_values:
            lines.append(f"{counted(self.missing_values, 'missing value')} left out (NaN, NA or empty)")
        return lines + self.notes
