"""What the documents state is what the results and the code say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_of_the_documents_are_those_of_the_results() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts/readme_tables.py"), "--check"], check=False)
    assert done.returncode == 0, "run: make docs"


LINKED = [
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "alerts/README.md", "argocd/README.md"),
    *("benchmarks/README.md", "chart/README.md", "loadtests/README.md", "tests/e2e/README.md"),
    *("docs/formats.md", "docs/settings.md"),
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "alerts/runbooks").glob("*.md"))),
]


def wrong_links(document: Path) -> list[str]:
    """Links of a document into the repository that lead to no file, or to no heading of one."""
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            wrong.append(target)
    return wrong


def anchors(document: Path) -> set[str]:
    """What GitHub calls the headings of a document: lower case, without punctuation, spaces as hyphens."""
    headings = re.findall(r"^#+ +(.+?) *$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", LINKED)
def test_links_within_the_repository_lead_somewhere(name: str) -> None:
    assert wrong_links(ROOT / name) == []


def test_a_link_to_a_missing_heading_or_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One, two\n", encoding="utf-8")
    page = tmp_path / "page.md"
    links = ("other.md", "other.md#one-two", "#here", "other.md#three", "gone.md", "https://example.org/gone.md#x")
    page.write_text("## Here\n" + " ".join(f"[x]({link})" for link in links), encoding="utf-8")
    assert wrong_links(page) == ["other.md#three", "gone.md"]


@pytest.mark.parametrize("script", ["format_docs", "analyses_docs"])
def test_a_document_is_what_its_script_makes(script: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / f"scripts/{script}.py"), "--check"], check=False)
    assert done.returncode == 0


def test_every_format_that_is_read_has_a_section_with_its_options() -> None:
    from networkx_mcp.arrays.formats import RECORDS

    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    for name, record in RECORDS.items():
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert record.about in section
        assert all(f"| `{option.name}` |" in section for option in record.options), name
        assert record.example in section
