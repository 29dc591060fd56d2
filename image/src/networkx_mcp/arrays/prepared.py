"""A batch that was found good: what callers see of it, and the steps that do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import msgspec

from networkx_mcp.arrays.overlay import Overlay

Step: TypeAlias = Callable[[Overlay], None]


class EditSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch does. Edges that go with a removed node count as removed.

    `attributes_set`: values written, those of new nodes and edges included.
    """

    nodes_added: int = 0
    nodes_removed: int = 0
    edges_added: int = 0
    edges_removed: int = 0
    attributes_set: int = 0


class Counts(NamedTuple):
    """Size of a graph."""

    nodes: int
    edges: int


class Prepared(NamedTuple):
    """A batch that was found good: what it does, and the counts after it."""

    summary: EditSummary
    counts: Counts
    #: The revision of the state it was prepared on, and its primitive steps, for `GraphState.commit`.
    revision: int
    plan: tuple[Step, ...]
