"""What sizes and colours say: values of nodes turned into radii, colours and a legend that names each colour."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from networkx_mcp.analysis.drawing.scene import Float, one_line
from networkx_mcp.analysis.drawing.theme import Theme, mixed, shades
from networkx_mcp.arrays.values import is_number

#: Different numbers up to which each is a kind of its own.
_FEW = 8


@dataclass(slots=True)
class Legend:
    """`name`: what colours say. `entries`: (text, colour, nodes). `scale`: (least, largest) of a ramp, which has no entries but
    that of nodes without a number."""

    name: str = ""
    entries: list[tuple[str, str, int]] = field(default_factory=list)
    scale: tuple[float, float] | None = None


@dataclass(slots=True)
class Colours:
    """One colour a node; `groups`: the number of its kind, -1 for none and for the rest."""

    nodes: list[str]
    groups: np.ndarray[tuple[int], np.dtype[np.int64]]
    legend: Legend


def plain(n: int, theme: Theme) -> Colours:
    """One colour for all."""
    return Colours([theme.node] * n, np.full(n, -1), Legend())


def by_values(values: Sequence[Any], name: str, theme: Theme) -> Colours:
    """Numbers by a ramp, a few of them and everything else by kind. None: the node has no value."""
    numbers = [float(value) for value in values if is_number(value)]
    there = sum(value is not None for value in values)
    if len(numbers) == there and len(set(numbers)) > _FEW:
        return _by_ramp(values, name, theme)
    texts = [None if value is None else one_line(value, 60) for value in values]
    counts = Counter(text for text in texts if text is not None)
    ranked = [text for text, _ in counts.most_common()]
    if len(numbers) == there and len(ranked) <= len(theme.groups):
        first = {text: float(value) for text, value in zip(texts, values, strict=True) if text is not None}
        ranked.sort(key=first.__getitem__)
    return _by_kind(texts, ranked, counts, name, theme)


def by_groups(labels: np.ndarray[Any, np.dtype[Any]], name: str, what: str, theme: Theme) -> Colours:
    """Groups by number, 0 the largest; `what` each is called."""
    texts = [f"{what} {label + 1}" for label in labels.tolist()]
    counts = Counter(texts)
    ranked = [f"{what} {label + 1}" for label in range(int(labels.max(initial=-1)) + 1)]
    return _by_kind(texts, ranked, counts, name, theme)


def _by_kind(texts: Sequence[str | None], ranked: list[str], counts: Counter[str], name: str, theme: Theme) -> Colours:
    most = len(theme.groups)
    shown = ranked if len(ranked) <= most else ranked[: most - 1]
    place = {text: row for row, text in enumerate(shown)}
    groups = np.array([place.get(text, -1) if text is not None else -1 for text in texts], np.int64)
    missing = mixed(theme.rest, theme.ground, 0.55)
    nodes = [missing if text is None else theme.groups[place[text]] if text in place else theme.rest for text in texts]
    entries = [(text, theme.groups[row], counts[text]) for text, row in place.items()]
    if rest := [text for text in ranked if text not in place]:
        entries.append((f"other ({len(rest)} more)", theme.rest, sum(counts[text] for text in rest)))
    if without := sum(text is None for text in texts):
        entries.append(("no value", missing, without))
    return Colours(nodes, groups, Legend(name, entries))


def _by_ramp(values: Sequence[Any], name: str, theme: Theme) -> Colours:
    numbers = np.array([float(value) if value is not None else np.nan for value in values])
    least, largest = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    shares = numbers / 2 - least / 2  # halves: a difference may be past floats
    shares = np.nan_to_num(shares / max(largest / 2 - least / 2, 5e-324))
    missing = mixed(theme.rest, theme.ground, 0.55)
    nodes = [
        colour if value is not None else missing
        for colour, value in zip(shades(theme.ramp, np.clip(shares, 0, 1)), values, strict=True)
    ]
    without = sum(value is None for value in values)
    entries = [("no value", missing, without)] if without else []
    return Colours(nodes, np.full(len(values), -1), Legend(name, entries, (least, largest)))


def radii(scores: Float | None, n: int, area: float) -> Float:
    """Pixels by score (larger scores, larger discs: the area goes with the score from the smallest disc on), all alike without."""
    room = (area / max(n, 1)) ** 0.5
    least, largest = min(7.0, 0.9 + 0.06 * room), min(22.0, 3.0 + 0.2 * room)
    if scores is None or not len(scores) or not np.ptp(scores) > 0:
        return np.full(n, least + 0.3 * (largest - least))
    low = min(0.0, float(scores.min()))
    shares = (scores / 2 - low / 2) / (float(scores.max()) / 2 - low / 2)
    found: Float = least + (largest - least) * np.sqrt(np.clip(shares, 0, 1))
    covered = math.pi * float((found**2).sum()) / max(area, 1.0)
    return found * min(1.0, math.sqrt(_COVERED / covered))


#: Share of the frame that discs cover at most: edges are to be seen between them.
_COVERED = 0.09
