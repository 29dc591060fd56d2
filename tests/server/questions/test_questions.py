"""Twelve analyses as an agent makes them, each in few calls and few characters, through the SDKs of two languages.

The answers are recorded, and `docs/analyses.md` shows them. To accept a change, delete the recording and run again.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.helpers import node
from tests.helpers.patience import PATIENCE
from tests.helpers.server import NO_TLS, Server
from tests.server.clients.test_clients import SESSION
from tests.server.questions import make_data
from tests.server.questions.catalogue import HERE, MOST_CALLS, MOST_CHARACTERS, QUESTIONS, UPLOADS, Question

from networkx_mcp.mcp_wire import MODERN

NAMES = [question.name for question in QUESTIONS]


def load(server: Server) -> None:
    """Upload all files, as the analyst does before the agent is asked."""
    with httpx.Client(verify=NO_TLS, timeout=PATIENCE) as http:
        for upload in UPLOADS:
            url = f"http://127.0.0.1:{server.port}/graphs/{upload.graph_id}"
            content = (HERE / "data" / upload.file).read_bytes()
            answer = http.put(url, params={"filename": upload.file, **upload.query}, content=content)
            assert answer.status_code in (200, 201), f"{upload}: {answer.text}"


@pytest.fixture
def server(tmp_path: Any) -> Iterator[Server]:
    """With the graphs of UPLOADS, anew for each client: the questions keep results and derive graphs."""
    with Server(tmp_path / "server") as started:
        load(started)
        yield started


def test_there_are_twelve_and_each_is_short() -> None:
    assert len(QUESTIONS) == 12
    assert len(set(NAMES)) == 12
    for question in QUESTIONS:
        assert 1 <= len(question.calls) <= MOST_CALLS, question.name
        answers = question.recorded()
        assert len(answers) == len(question.calls), question.name
        assert sum(map(len, answers)) <= MOST_CHARACTERS, f"{question.name}: {list(map(len, answers))}"


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_what_the_reader_concludes_stands_in_the_answers(question: Question) -> None:
    answers = "\n".join(question.recorded())
    assert question.found
    for piece in question.found:
        assert piece in answers, piece


async def test_the_python_sdk_gets_the_recorded_answers(server: Server) -> None:
    missing = []
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as http,
        Client(streamable_http_client(server.url, http_client=http), mode=MODERN) as client,
    ):
        for question in QUESTIONS:
            texts = []
            for tool, arguments in question.calls:
                result = await client.call_tool(tool, arguments)
                first: Any = result.content[0]
                assert not result.is_error, f"{question.name}: {tool}: {first.text}"
                texts.append(first.text)
            if not question.recording.exists():
                question.recording.write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
                missing.append(question.name)
            assert texts == question.recorded(), question.name
    assert not missing, f"{missing} were missing and are written now: read them, then `make docs`"


@pytest.mark.parametrize("era", ["modern", "legacy", "v1"])
def test_the_typescript_sdks_get_the_recorded_answers(server: Server, era: str) -> None:
    node.package("@modelcontextprotocol/client")
    node.package("@modelcontextprotocol/sdk")
    done = node.run(SESSION, server.url, era, "-", json.dumps([call for each in QUESTIONS for call in each.calls]))
    assert done.returncode == 0, done.stderr[-3000:]
    texts = [answer["text"] for answer in json.loads(done.stdout)]
    for question in QUESTIONS:
        assert texts[: len(question.calls)] == question.recorded(), question.name
        del texts[: len(question.calls)]
    assert not texts


def test_the_data_is_what_its_program_makes() -> None:
    for name, (header, rows) in make_data.TABLES.items():
        with (HERE / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file)) == [[str(cell) for cell in row] for row in (header, *rows())], name
