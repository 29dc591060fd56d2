"""Pictures stay within what a client reads, whatever is drawn, and say what was reduced."""

from __future__ import annotations

import io
import json
import random
import struct

import networkx as nx
import numpy as np
import pytest
from defusedxml import ElementTree
from PIL import Image
from tests.unit.analysis.graphs import ask, example

from networkx_mcp.analysis import picture
from networkx_mcp.analysis.tasks.draw_graph import draw_graph


def crowded(edges: int, kind: type[nx.Graph] = nx.Graph) -> nx.Graph:
    """Many edges across each other."""
    chance = random.Random(1)
    graph = kind()
    graph.add_nodes_from(range(300))
    while graph.number_of_edges() < edges:
        graph.add_edge(*chance.sample(range(300), 2))
    return graph


def encoded(answer: dict[str, object]) -> int:
    data = answer["data"]
    assert isinstance(data, bytes)
    return -(-len(data) // 3) * 4 if answer["format"] == "png" else len(json.dumps(data.decode()))


def test_a_picture_that_fits_is_left_as_it_is() -> None:
    for format_ in ("png", "svg"):
        assert ask(draw_graph, example(), format=format_, weight="weight")["notes"] == []


def test_the_longest_png_is_reduced_and_says_so() -> None:
    graph = crowded(2_000)
    answer = ask(draw_graph, graph, format="png", width=1500, height=1500, layout="random")
    assert encoded(answer) <= picture.MAX_ENCODED == 700 * 1024
    assert answer["notes"][0].startswith("256 colours")
    assert struct.unpack(">II", answer["data"][16:24]) == (answer["width"], answer["height"])


def test_a_long_svg_becomes_pixels_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = crowded(1_000, nx.DiGraph)
    whole = ask(draw_graph, graph, format="svg", layout="random")
    assert whole["notes"] == []
    monkeypatch.setattr(picture, "MAX_ENCODED", 60_000)
    monkeypatch.setattr(picture, "MAX_PNG", 45_000)
    answer = ask(draw_graph, graph, format="svg", layout="random")
    assert encoded(answer) <= 60_000 < encoded(whole)
    assert ElementTree.fromstring(answer["data"]).tag.endswith("svg")
    assert answer["notes"][0] == "everything is drawn as pixels, to keep the SVG short"


@pytest.mark.parametrize("most", [100_000, 2_000])
def test_noise_is_reduced_until_it_fits(most: int) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (350, 450, 3), dtype=np.uint8))
    out = io.BytesIO()
    noise.save(out, "PNG")
    made = picture.png(noise, most)
    assert len(made.data) <= most < len(out.getvalue())
    assert (made.width, made.height) == Image.open(io.BytesIO(made.data)).size
    assert f"{made.width} x {made.height} pixels" in " ".join(made.notes) or (made.width, made.height) == (450, 350)
