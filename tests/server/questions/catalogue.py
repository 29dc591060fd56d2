"""The questions and the tour, as `questions.toml` and `tour.toml` have them, with the answers that `recorded/` has."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: What an answer costs a model: calls, and characters of all their answers.
MOST_CALLS, MOST_CHARACTERS = 4, 6_000
TOUR_RECORDING = HERE / "recorded" / "tour.json"


@dataclass(frozen=True)
class Upload:
    """A file that becomes a graph, or a part of one: the line of `curl` that an analyst would type."""

    file: str
    graph_id: str
    query: dict[str, str]

    @property
    def command(self) -> str:
        options = "".join(f" --url-query {_quoted(f'{name}={value}')}" for name, value in self.query.items())
        return f"curl -T {self.file}{options} http://127.0.0.1:8080/graphs/{self.graph_id}"


@dataclass(frozen=True)
class Question:
    """What somebody wants to know, the calls that tell, and what to read in their answers."""

    name: str
    asks: str
    #: What the reader concludes; each of `found` stands in the answers.
    says: str
    found: tuple[str, ...]
    calls: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def recording(self) -> Path:
        """The answers, one text after the other."""
        return HERE / "recorded" / f"{self.name}.json"

    def recorded(self) -> list[str]:
        found: list[str] = json.loads(self.recording.read_text(encoding="utf-8"))
        return found


@dataclass(frozen=True)
class Step:
    """A call of the tour, which calls every tool once."""

    tool: str
    arguments: str
    #: How many lines of its answer README.md shows, beside docs/tools.md, which shows all.
    readme: int

    @property
    def call(self) -> tuple[str, dict[str, Any]]:
        return self.tool, json.loads(self.arguments)


def tour_recorded() -> list[str]:
    """The answers of the tour, one text after the other."""
    found: list[str] = json.loads(TOUR_RECORDING.read_text(encoding="utf-8"))
    return found


def _tour() -> tuple[Step, ...]:
    with (HERE / "tour.toml").open("rb") as file:
        calls = tomllib.load(file)["call"]
    return tuple(Step(call["tool"], call["arguments"], call.get("readme", 0)) for call in calls)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _load() -> tuple[tuple[Upload, ...], tuple[Question, ...]]:
    with (HERE / "questions.toml").open("rb") as file:
        found = tomllib.load(file)
    uploads = tuple(Upload(item["file"], item["graph"], item.get("query", {})) for item in found["upload"])
    questions = tuple(
        Question(
            item["name"],
            item["asks"],
            item["says"].strip(),
            tuple(item["found"]),
            tuple((call["tool"], json.loads(call["arguments"])) for call in item["call"]),
        )
        for item in found["question"]
    )
    return uploads, questions


UPLOADS, QUESTIONS = _load()
TOUR = _tour()
