"""docs/clients.md: every snippet is of the form that its host reads, and the programs run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.helpers import node, programs
from tests.helpers.patience import PATIENCE
from tests.helpers.server import Server

from networkx_mcp.__main__ import _parser

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
URL = "http://127.0.0.1:8080/mcp"
#: Where each host keeps its servers.
TABLES = {
    "Claude Code": "mcpServers",
    "Claude Desktop": "mcpServers",
    "VS Code": "servers",
    "Cursor": "mcpServers",
    "Codex": "mcp_servers",
    "Gemini CLI": "mcpServers",
    "Zed": "context_servers",
    "LibreChat": "mcpServers",
}
#: The key that names a server over HTTP.
URL_KEYS = {"Gemini CLI": "httpUrl"}


def snippets() -> list[tuple[str, str, str]]:
    """(heading, language, text) of each block."""
    found = []
    for section in TEXT.split("\n## ")[1:]:
        heading = section.partition("\n")[0]
        found += [(heading, language, text) for language, text in re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)]
    return found


def configurations() -> Iterator[tuple[str, dict[str, Any]]]:
    """The server that each configuration names."""
    for heading, language, text in snippets():
        if heading not in TABLES or language == "sh":
            continue
        read = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}[language]
        yield heading, read(text)[TABLES[heading]]["graphs"]


def test_every_host_has_a_way_in() -> None:
    assert {heading for heading, _ in configurations()} == set(TABLES)


@pytest.mark.parametrize(("host", "server"), list(configurations()))
def test_a_configuration_starts_our_command_or_calls_our_address(host: str, server: dict[str, Any]) -> None:
    if server.get("command") == "npx":
        assert URL in server["args"]
    elif "command" in server:
        assert server["command"] == "uvx"
        package, *arguments = server["args"]
        assert package.startswith("networkx-mcp")
        assert _parser().parse_args(arguments).command == "stdio"
    else:
        assert server[URL_KEYS.get(host, "url")] == URL


def test_commands_are_words_of_a_shell_and_name_our_server() -> None:
    commands = [shlex.split(text) for _, language, text in snippets() if language == "sh"]
    assert commands
    for words in commands:
        assert URL in words or "stdio" in words


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("snippets")) as started:
        started.call("create_graph", {"graph_id": "seen"})
        yield started


def program(language: str, library: str, server: Server) -> str:
    """The program of docs/clients.md that calls our address by a library."""
    (text,) = [text for _, found, text in snippets() if found == language and library in text]
    assert URL in text
    return text.replace(URL, server.url)


def test_the_python_program_runs(server: Server) -> None:
    command = [sys.executable, "-c", program("python", "from mcp import", server)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert "seen" in done.stdout, done.stderr


def test_the_typescript_program_runs(server: Server, tmp_path: Path) -> None:
    node.package("@modelcontextprotocol/client")
    (tmp_path / "node_modules").symlink_to(node.MODULES)
    script = tmp_path / "program.mjs"
    script.write_text(program("js", "@modelcontextprotocol/client", server), encoding="utf-8")
    done = node.run(script, cwd=tmp_path)
    assert "seen" in done.stdout, done.stderr


#: What a program of an agent framework imports, how it names the server there, and how it does over HTTP, which the text before it says.
FRAMEWORKS = {
    "agents.mcp": ("MCPServerStdio(command", "MCPServerStreamableHttp({"),
    "langchain_mcp_adapters.client": ("graphs = {", '{"transport": "streamable_http"'),
    "pydantic_ai.mcp": ("MCPToolset(StdioTransport(", 'MCPToolset("http'),
}


@pytest.mark.needs("frameworks")
@pytest.mark.parametrize("library", FRAMEWORKS)
def test_a_framework_lists_and_calls_our_tools(library: str, server: Server, tmp_path: Path) -> None:
    (text,) = [text for _, found, text in snippets() if found == "python" and f"from {library} import" in text]
    piped, posted = FRAMEWORKS[library]
    before = TEXT.partition(text)[0].splitlines()
    (place,) = [code for line in before[-5:] for code in re.findall(r"`([^`]+)`", line) if code.startswith(posted)]
    assert piped in text
    command = [sys.executable, "-m", "networkx_mcp", "stdio", "--data", str(tmp_path / "graphs")]
    over_pipes = text.replace('"uvx"', repr(command[0]))
    over_pipes = over_pipes.replace('["networkx-mcp[draw]", "stdio"]', repr(command[1:]))
    over_http = re.sub(
        r"graphs = \{.*\}|MCPToolset\(.*\)(?= as)|MCPServerStdio\(command",
        lambda found: {"g": f"graphs = {place}", "M": place if "Toolset" in found[0] else place[:-1]}[found[0][0]],
        text,
    ).replace("MCPServerStdio", "MCPServerStreamableHttp")
    over_http = over_http.replace(URL, server.url)
    assert server.url in over_http
    # Some hand on the structured answer, some the text.
    for program, answers in ((over_pipes, ("no graphs", "'graphs': []")), (over_http, ("seen",))):
        done = subprocess.run(
            [programs.path("frameworks"), "-c", program],
            env=os.environ | {"NO_PROXY": "127.0.0.1"}, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert "rank_nodes" in done.stdout, done.stderr[-3000:]
        assert any(answer in done.stdout for answer in answers), done.stdout[-3000:]
