"""The gallery shows what its calls draw, in small files, and its pictures are sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import gallery  # noqa: E402
from tests.unit.analysis.drawing.soundness import assert_sound  # noqa: E402

from networkx_mcp.analysis import picture  # noqa: E402
from networkx_mcp.analysis.drawing.scene import Scene  # noqa: E402


def test_the_page_is_that_of_its_calls() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts/gallery.py"), "--check"], check=False)
    assert done.returncode == 0, "run: make gallery"
    files = {path.name for path in gallery.PICTURES.iterdir()}
    assert files == {one.file for one in gallery.GALLERY}
    assert max(path.stat().st_size for path in gallery.PICTURES.iterdir()) < 400 * 1024


@pytest.mark.parametrize("one", gallery.GALLERY, ids=lambda one: str(one.name))
def test_each_picture_is_sound(one: gallery.Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Scene] = []

    def kept(scene: Scene, _kind: str) -> picture.Picture:
        found.append(scene)
        return picture.Picture(b"", scene.width, scene.height, [])

    monkeypatch.setattr("networkx_mcp.analysis.tasks.draw_graph.render", kept)
    answer = gallery.draw(one)
    assert_sound(found[0])
    legend = [text.text for text in found[0].texts("legend")]
    assert all(line["text"] in legend for line in answer["legend"])
