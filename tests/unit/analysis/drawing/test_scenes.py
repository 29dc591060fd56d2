"""What a picture must be, whatever is drawn: all of it in the frame, no label over another, every colour named and seen."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import networkx as nx
import numpy as np
import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.drawing.soundness import assert_sound
from tests.unit.analysis.graphs import ask, graphs

from networkx_mcp.analysis import picture
from networkx_mcp.analysis.drawing import look, svg
from networkx_mcp.analysis.drawing.scene import Discs, Lines, Scene, Triangles, one_line
from networkx_mcp.analysis.drawing.theme import DARK, LIGHT, THEMES, Theme, contrast, shades
from networkx_mcp.analysis.tasks.draw_graph import draw_graph

Drawn = tuple[dict[str, Any], Scene]


@pytest.fixture
def scenes(monkeypatch: pytest.MonkeyPatch) -> list[Scene]:
    """The scenes that were written as SVG."""
    found: list[Scene] = []
    write = svg.write

    def kept(scene: Scene) -> bytes:
        found.append(scene)
        return write(scene)

    monkeypatch.setattr(picture.svg, "write", kept)
    return found


def clustered(n: int) -> nx.Graph:
    """Communities of about ten with names of some length."""
    graph = nx.relaxed_caveman_graph(max(n // 10, 2), 10, 0.15, seed=2)
    names = {v: f"Person number {v}" for v in graph}
    nx.set_edge_attributes(graph, {e: 1 + k % 5 for k, e in enumerate(graph.edges())}, "weight")
    return nx.relabel_nodes(graph, names)


@pytest.mark.parametrize("n", [20, 100, 500, 2_000])
def test_pictures_are_sound_at_every_size(n: int, scenes: list[Scene]) -> None:
    for options in (
        {"color": "communities", "weight": "weight", "title": "A title"},
        {"kind": "matrix", "labels": True},
    ):
        ask(draw_graph, clustered(n), format="svg", **options)
        assert_sound(scenes[-1])
    labels = scenes[0].texts("label")
    assert len(labels) >= (20 if n == 20 else 15)


@given(
    graph=graphs(),
    options=st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["graph", "matrix", "degrees"]),
            "layout": st.sampled_from(["auto", "circular", "spring", "random"]),
            "labels": st.sampled_from([None, True]),
            "width": st.integers(100, 900),
            "height": st.integers(100, 700),
            "title": st.sampled_from(["", "A title", "A title that is too long for a narrow picture"]),
            "color": st.sampled_from(["communities", "degree"]),
        }
    ),
)
@settings(max_examples=15, deadline=None)
@pytest.mark.long
def test_every_picture_is_sound(graph: nx.Graph, options: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        found: list[Scene] = []
        write = svg.write
        patch.setattr(picture.svg, "write", lambda scene: found.append(scene) or write(scene))
        ask(draw_graph, graph, format="svg", **options)
    assert_sound(found[0])


@pytest.mark.parametrize("kinds", [3, 10, 40])
def test_the_legend_names_every_colour(kinds: int, scenes: list[Scene]) -> None:
    graph = nx.circular_ladder_graph(60)
    nx.set_node_attributes(graph, {v: f"kind {math.isqrt(v * kinds * kinds // 120)}" for v in graph if v % 7}, "kind")
    answer = ask(draw_graph, graph, format="svg", color="kind")
    (scene,) = scenes
    nodes = max((item for item in scene.items if isinstance(item, Discs)), key=lambda item: len(item.colours))
    assert set(nodes.colours) == {line["color"] for line in answer["legend"]}
    assert sum(line["nodes"] for line in answer["legend"]) == len(graph)
    written = [item.text for item in scene.texts("legend")]
    assert written == ["kind", *(line["text"] for line in answer["legend"])]
    assert (written[-2][:7] == "other (") == (kinds == 40)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_colours_stand_out_from_the_ground(theme: Theme) -> None:
    for colour in (theme.ink, theme.faint):
        assert contrast(colour, theme.ground) >= 4.5
    seen = [theme.node, theme.edge, theme.accent, theme.rest, *theme.groups, *shades(theme.ramp, np.linspace(0, 1, 40))]
    for colour in seen:
        assert contrast(colour, theme.ground) >= 3, colour
    assert len(set(theme.groups)) == len(theme.groups) == 10


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert LIGHT.ground != DARK.ground


def test_a_larger_score_is_a_larger_disc_and_a_wider_line_a_larger_weight(scenes: list[Scene]) -> None:
    graph = nx.path_graph(5)
    nx.set_node_attributes(graph, {v: v * v for v in graph}, "score")
    nx.set_edge_attributes(graph, {(v, v + 1): 1 + v for v in range(4)}, "weight")
    ask(draw_graph, graph, format="svg", size="score", weight="weight", layout="circular")
    discs = next(item for item in scenes[0].items if isinstance(item, Discs))
    assert (np.diff(discs.radii) > 0).all()
    lines = next(item for item in scenes[0].items if isinstance(item, Lines))
    assert (np.diff(lines.widths) > 0).all()


def test_a_highlighted_path_is_all_that_is_bright(scenes: list[Scene]) -> None:
    graph = nx.krackhardt_kite_graph()
    ask(draw_graph, graph, format="svg", highlight=[9, 8, 7])
    lines = [item for item in scenes[0].items if isinstance(item, Lines)]
    assert [len(item.ends) for item in lines] == [16, 2]
    assert set(lines[1].colours) == {LIGHT.accent}
    faded, bright = (item for item in scenes[0].items if isinstance(item, Discs))
    assert (len(faded.radii), set(bright.colours)) == (7, {LIGHT.accent})
    assert all(contrast(colour, LIGHT.ground) < contrast(LIGHT.accent, LIGHT.ground) for colour in faded.colours)


def test_arrows_end_at_the_disc_they_point_to(scenes: list[Scene]) -> None:
    graph = nx.DiGraph([(0, 1), (1, 2), (2, 0)])
    ask(draw_graph, graph, format="svg", layout="circular", size="")
    heads = next(item for item in scenes[0].items if isinstance(item, Triangles))
    discs = next(item for item in scenes[0].items if isinstance(item, Discs))
    for (u, v), (tip, *_) in zip(graph.edges(), heads.corners, strict=True):
        assert np.hypot(*(tip - discs.centres[v])) == pytest.approx(discs.radii[v] + 1)
        assert np.hypot(*(tip - discs.centres[u])) > np.hypot(*(tip - discs.centres[v]))


def test_edges_are_fainter_where_there_are_many(scenes: list[Scene]) -> None:
    for n in (5, 30, 70):
        ask(draw_graph, nx.complete_graph(n), format="svg", layout="circular")
    seen = [next(item for item in scene.items if isinstance(item, Lines)).opacity for scene in scenes]
    assert seen == sorted(seen, reverse=True)
    assert 0.1 <= seen[-1] < seen[0]


HOSTILE = [
    "</text><script>alert(1)</script>", '"onload="x', "$\\frac{1}{2}$", "&amp;<!--", "a\0b\x1bc\n\td", "\u202eevil\u202c",
    "\u2066x", "שלום עולם", "مرحبا", "x" * 1_000, "<svg onload=alert(1)>", "javascript:alert(1)", "]]>", "",
]  # fmt: skip


@pytest.mark.parametrize("format_", ["svg", "png"])
def test_text_of_others_is_text(format_: str, scenes: list[Scene]) -> None:
    graph = nx.Graph(itertools.pairwise(HOSTILE))
    nx.set_node_attributes(graph, {text: text for text in HOSTILE}, "kind")
    nx.set_edge_attributes(graph, {edge: HOSTILE[k] for k, edge in enumerate(graph.edges())}, "says")
    for text in HOSTILE:
        answer = ask(
            draw_graph, graph, format=format_, color="kind", edge_label="says", labels=True, title=text[:200], size=""
        )
        if format_ == "png":
            assert answer["data"].startswith(b"\x89PNG")
            continue
        root = ElementTree.fromstring(answer["data"])
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert names <= {"svg", "desc", "rect", "path", "polyline", "g", "circle", "title", "text"}
        for element in root.iter():
            assert not [name for name in element.attrib if name.startswith("on") or "href" in name or name == "style"]
        assert not re.search(rb"url\(|@import|&#x202e|\xe2\x80\xae", answer["data"])
        assert_sound(scenes[-1])


@given(st.text(), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_one_line_is_one_line(text: str, most: int) -> None:
    found = one_line(text, most)
    assert len(found) <= most
    assert not re.search(r"[\n\r\t\x00-\x1f\u202a-\u202e\u2066-\u2069]", found)


def test_names_that_are_short_are_what_they_are() -> None:
    assert [one_line(value, 20) for value in ("Łódź", 7, 0.1, True, None)] == ["Łódź", "7", "0.1", "True", "None"]
    assert one_line("one two three four", 8) == "one two…"


def test_kinds_are_ordered_by_size_and_few_numbers_by_value() -> None:
    found = look.by_values(["a", "b", "b", None, "c", "b", "c"], "letter", LIGHT).legend
    assert [(text, count) for text, _, count in found.entries] == [("b", 3), ("c", 2), ("a", 1), ("no value", 1)]
    found = look.by_values([3, 1, 1, 2, 3, 3], "grade", LIGHT).legend
    assert [text for text, _, _ in found.entries] == ["1", "2", "3"]
    found = look.by_values([k / 2 for k in range(20)], "score", LIGHT).legend
    assert found.scale == (0.0, 9.5)
