"""What mkdocs asks while it builds the site: pages from outside docs/, and where links out of docs/ lead.

README.md is the first page and ARCHITECTURE.md one more. Pictures beside docs/ come along; every other link to a file of the
repository leads to the repository.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
#: Pages that stand outside docs/, by their name in the site.
PAGES = {"index.md": "README.md", "architecture.md": "ARCHITECTURE.md"}
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and pictures that stand outside docs/."""
    for name, source in PAGES.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    for document in [*PAGES.values(), *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", (ROOT / document).read_text(encoding="utf-8")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(document), target))
            if not path.startswith("docs/") and not files.get_file_from_path(path):
                files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Lead links out of docs/ to the page of the site that they mean, to its copy of a picture, or to the repository."""
    source = PAGES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    repository = f"{config['repo_url']}/blob/main"

    def led(found: re.Match[str]) -> str:
        target, hash_sign, anchor = found[2].partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        for name, outside in PAGES.items():
            path = f"docs/{name}" if path == outside else path
        if path.startswith("docs/"):
            place = path.removeprefix("docs/")
        elif found[1].startswith("!"):
            place = path
        else:
            place = f"{repository}/{path}"
        return f"{found[1]}{place}{hash_sign}{anchor}{found[3]}"

    return _LINK.sub(led, markdown)
