"""Colours: two themes whose every colour stands out from the ground, and how they are given to values.

Of what carries meaning the contrast with the ground is at least 3, of text at least 4.5 (WCAG 2.2, 1.4.11 and 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Theme:
    """`groups`: colours of kinds, the largest first; `ramp`: of numbers, the least first; `rest`: of what is in no legend's line."""

    ground: str
    ink: str
    faint: str
    node: str
    edge: str
    grid: str
    accent: str
    rest: str
    groups: tuple[str, ...]
    ramp: tuple[str, ...]


LIGHT = Theme(
    ground="#ffffff",
    ink="#1c2430",
    faint="#5c6673",
    node="#2f6fb5",
    edge="#6b7785",
    grid="#e3e7ec",
    accent="#d0103a",
    rest="#878f99",
    groups=(
        "#2f6fb5", "#d4650a", "#1f8a4c", "#b8326b", "#7a4fb3", "#0b8a93", "#96602b", "#c43c31", "#6f7d10", "#4b5fa8",
    ),
    ramp=("#d9730d", "#cf4a4f", "#a72f7d", "#6a2390", "#2b1160"),
)  # fmt: skip
DARK = Theme(
    ground="#14181f",
    ink="#eef1f5",
    faint="#a3adba",
    node="#69a9f0",
    edge="#8793a3",
    grid="#2a313c",
    accent="#ffd24a",
    rest="#7d8794",
    groups=(
        "#69a9f0", "#ff9d4d", "#57c785", "#f078a8", "#b596f2", "#45c7d1", "#cfa06a", "#ff7a6b", "#c3cc4e", "#93a4f0",
    ),
    ramp=("#7a5fd0", "#b457b8", "#e56a84", "#f9a35e", "#fde58a"),
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of #rrggbb."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(first: str, second: str, share: float) -> str:
    """`share` of the second colour in the first."""
    parts = (round(a + (b - a) * share) for a, b in zip(channels(first), channels(second), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def contrast(first: str, second: str) -> float:
    """Contrast ratio by WCAG 2.2: 1 to 21."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def shades(ramp: tuple[str, ...], shares: NDArray[np.float64]) -> list[str]:
    """Colours of a ramp at places from 0 to 1."""
    stops = np.array([channels(colour) for colour in ramp], np.float64)
    at = np.linspace(0, 1, len(ramp))
    parts = np.column_stack([np.interp(shares, at, stops[:, k]) for k in range(3)])
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.rint(parts).astype(int).tolist()]
