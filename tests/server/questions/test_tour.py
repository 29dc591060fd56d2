"""The tour: every tool is called once, and answers what `docs/tools.md` and `README.md` show.

Its picture is `docs/gallery/novel.svg`, which `make gallery` draws. To accept a change, delete `recorded/tour.json` and run again, then
`make docs`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.helpers.server import Server, message
from tests.server.questions.catalogue import TOUR, TOUR_RECORDING, tour_recorded

PICTURE = Path(__file__).resolve().parents[3] / "docs/gallery/novel.svg"


def drawn(svg: str) -> tuple[list[str], list[str]]:
    """What a picture shows, wherever it shows it: its labels, and the colours of its nodes."""
    labels = sorted(re.findall(r"<text [^>]*>([^<]+)</text>", svg))
    colours = sorted(re.findall(r'<circle [^>]*fill="(#[0-9a-f]{6})"', svg))
    assert labels
    assert colours
    return labels, colours


def test_every_tool_is_called_once_and_answers_what_the_documents_show(tmp_path: Path) -> None:
    texts, pictures = [], []
    with Server(tmp_path / "server") as server:
        tools = message(server.rpc("tools/list"))["result"]["tools"]
        # what only the viewer calls is no tool of a model
        listed = [tool["name"] for tool in tools if tool.get("_meta", {}).get("ui", {}).get("visibility") != ["app"]]
        for tool, arguments in (step.call for step in TOUR):
            result = server.call(tool, arguments)
            assert not result.get("isError"), result
            texts.append(result["content"][0]["text"])
            pictures += [part["resource"]["text"] for part in result["content"] if part["type"] == "resource"]
    assert sorted(listed) == sorted(step.tool for step in TOUR)
    (picture,) = pictures
    known = TOUR_RECORDING.exists()
    if not known:
        TOUR_RECORDING.write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert texts == tour_recorded()
    assert drawn(picture) == drawn(PICTURE.read_text(encoding="utf-8")), "run: make gallery"
    assert known, "the recording was missing and is written now: read it, then `make docs`"
