"""What is asked of every picture."""

from __future__ import annotations

import itertools

import numpy as np

from networkx_mcp.analysis.drawing.scene import Boxes, Curve, Discs, Item, Lines, Scene, Text, Triangles


def corners(item: Item) -> np.ndarray:
    """The outermost points of what is drawn."""
    match item:
        case Lines():
            return item.ends.reshape(-1, 2)
        case Curve():
            return item.points
        case Triangles():
            return item.corners.reshape(-1, 2)
        case Boxes():
            return np.concatenate([item.sides[:, :2], item.sides[:, :2] + item.sides[:, 2:]])
        case Discs():
            reach = item.radii[:, None]
            return np.concatenate([item.centres - reach, item.centres + reach])
        case Text():
            return np.array([[item.box.left, item.box.top], [item.box.right, item.box.bottom]])


def assert_sound(scene: Scene) -> None:
    """Nothing outside the frame, no text over another."""
    for item in scene.items:
        points = corners(item)
        if len(points):
            assert np.isfinite(points).all()
            assert (points >= -1).all(), item
            assert (points <= (scene.width + 1, scene.height + 1)).all(), item
    texts = [item for item in scene.items if isinstance(item, Text)]
    for one, other in itertools.combinations(texts, 2):
        assert not one.box.meets(other.box), (one.text, other.text)
