"""Write docs/analyses.md from the questions in tests/server/questions, with the answers that were recorded there.

`--check` writes nothing and exits with 1 when the file differs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from generated import settle

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.server.questions.catalogue import QUESTIONS, UPLOADS, Question  # noqa: E402

TARGET = ROOT / "docs" / "analyses.md"

INTRO = """\
# Twelve analyses

<!-- Written by scripts/analyses_docs.py from tests/server/questions: change those, then `make docs`. -->

Each of these is a question that somebody asked, the calls that an agent makes, and the text that it reads. `make test` runs all of
them through the Python and the TypeScript SDK and compares every character, so what stands here is what the server answers.

The data lies in [tests/server/questions/data](../tests/server/questions/data). The airports are real, their routes are generated;
the imports are those of networkx; the novel and the meetings are two graphs of the field; employees and payments are generated. To follow along, start a server with `make run`, go to that
folder and upload:

```console
"""


def _document() -> Iterator[str]:
    yield INTRO
    for upload in UPLOADS:
        yield f"$ {upload.command}\n"
    yield "```\n"
    for number, question in enumerate(QUESTIONS, start=1):
        yield from _section(number, question)


def _section(number: int, question: Question) -> Iterator[str]:
    yield f"\n## {number}. {question.asks}\n"
    for (tool, arguments), answer in zip(question.calls, question.recorded(), strict=True):
        yield f"\n```json\n{tool} {json.dumps(arguments, ensure_ascii=False)}\n```\n\n```text\n{answer}\n```\n"
    yield f"\n{question.says}\n"


if __name__ == "__main__":
    sys.exit(settle({TARGET: "".join(_document())}, "tests/server/questions makes of it"))
