"""The documents as a site: every page, picture and link of it is there (`mkdocs build --strict`)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.helpers import programs

ROOT = Path(__file__).resolve().parents[2]


def build(into: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    """Build the site."""
    command = [programs.path("mkdocs"), "build", "--strict", "--config-file", str(config), "--site-dir", str(into)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)


@pytest.mark.needs("mkdocs")
def test_the_site_is_whole(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} | {"architecture"}
    assert {path.parent.name for path in tmp_path.glob("*/index.html")} >= pages
    first = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'src="gallery/novel.svg"' in first
    assert (tmp_path / "gallery/novel.svg").exists()
    assert 'href="getting-started/"' in first
    assert "/blob/main/chart/README.md" in first
    assert '<pre class="mermaid">' in (tmp_path / "architecture/index.html").read_text(encoding="utf-8")
    assert list((tmp_path / "loadtests/results/plots").glob("*.svg"))


@pytest.mark.needs("mkdocs")
def test_a_link_to_a_page_that_is_not_there_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("[a](gone.md)\n", encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n", encoding="utf-8")
    assert build(tmp_path / "site", tmp_path / "mkdocs.yml").returncode != 0
