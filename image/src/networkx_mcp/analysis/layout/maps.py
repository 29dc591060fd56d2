"""Positions that the nodes have: two numbers as they are, or latitude and longitude on a map."""

from __future__ import annotations

import math

import numpy as np

from networkx_mcp.analysis.layout.plane import Float

#: Names of the two attributes, most usual first; compared without regard to case.
PLACES = (("x", "y"), ("pos_x", "pos_y"))
EARTH = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("long", "lat"))
#: Degrees of latitude up to which a map is a plane with its middle parallel true to scale.
_FLAT = 40.0


class Map:
    """A projection chosen for some places: flat for a region, Equal Earth (Savric, Patterson and Jenny, 2018) for more."""

    def __init__(self, lon: Float, lat: Float) -> None:
        around = np.sort(np.mod(lon, 360.0))
        gaps = np.diff(np.concatenate([around, around[:1] + 360.0]))
        widest = int(gaps.argmax())
        #: The middle of what is not the widest gap: no edge has to cross the rim of the map.
        self.middle = float(np.mod(around[widest] + gaps[widest] + (360.0 - gaps[widest]) / 2, 360.0))
        self.width = 360.0 - float(gaps[widest])
        self.parallel = float((lat.min() + lat.max()) / 2)
        self.flat = float(np.ptp(lat)) <= _FLAT and self.width <= 1.6 * _FLAT

    def project(self, lon: Float, lat: Float) -> Float:
        """x to the east, y to the north."""
        east = np.mod(lon - self.middle + 180.0, 360.0) - 180.0
        if self.flat:
            return np.column_stack([east * math.cos(math.radians(self.parallel)), lat])
        theta = np.arcsin(math.sqrt(3) / 2 * np.sin(np.radians(lat)))
        a, b, c, d = 1.340264, -0.081106, 0.000893, 0.003796
        t2 = theta**2
        t6 = t2**3
        x = 2 / math.sqrt(3) * np.radians(east) * np.cos(theta) / (a + 3 * b * t2 + t6 * (7 * c + 9 * d * t2))
        y = theta * (a + b * t2 + t6 * (c + d * t2))
        return np.degrees(np.column_stack([x, y]))
