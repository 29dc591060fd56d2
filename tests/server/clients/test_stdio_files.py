"""`networkx-mcp stdio --allow DIR`: files of the machine by their path, and none but those beneath the directories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from tests.server.clients.test_stdio import COMMAND, Host

ROUTES = "source,target,km\nBern,Basel,95\nBasel,Paris,525\n"


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with files, links and traps in it; beside it a secret."""
    place = tmp_path_factory.mktemp("machine")
    (place / "secret.csv").write_text("source,target\na,b\n")
    inside = place / "project"
    (inside / "data").mkdir(parents=True)
    (inside / "Routes 2026.csv").write_text(ROUTES)
    (inside / "data/towns.csv").write_text("id,country\nBern,CH\nParis,FR\nOslo,NO\n")
    (inside / "link.csv").symlink_to(inside / "Routes 2026.csv")
    (inside / "out.csv").symlink_to(place / "secret.csv")
    (inside / "away").symlink_to(place)
    (inside / "loop.csv").symlink_to(inside / "loop.csv")
    os.mkfifo(inside / "pipe.csv")
    return inside


@pytest.fixture(scope="module")
def host(allowed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    place = tmp_path_factory.mktemp("host")
    command = [*COMMAND[:-1], "--allow", str(allowed), "--data"]
    found = Host(place / "graphs", place / "stderr.log", command)
    yield found
    found.close()


def test_a_file_becomes_a_graph_that_is_called_as_it(host: Host) -> None:
    assert host.call("load_file", path="Routes 2026.csv").startswith("loaded routes-2026: undirected, 3 nodes, 2 edges")
    assert "Bern" in host.call("find_paths", graph_id="routes-2026", source="Bern", target="Paris")


def test_the_path_may_be_whole_or_a_link_that_stays_inside(host: Host, allowed: Path) -> None:
    assert "loaded whole" in host.call("load_file", path=str(allowed / "Routes 2026.csv"), graph_id="whole")
    assert "loaded linked" in host.call("load_file", path="link.csv", graph_id="linked")


def test_a_table_of_nodes_is_merged_and_what_was_new_is_said(host: Host) -> None:
    host.call("load_file", path="Routes 2026.csv", graph_id="both")
    assert "both exists" in host.call("load_file", path="Routes 2026.csv", graph_id="both").replace("'", "")
    text = host.call("load_file", path="data/towns.csv", graph_id="both", mode="merge", options={"part": "nodes"})
    assert "4 nodes, 2 edges, version 2" in text
    assert "new are 1 nodes" in text


def test_a_broken_file_is_named_with_its_line(host: Host, allowed: Path) -> None:
    (allowed / "broken.graphml").write_text("<graphml><graph>")
    assert "line" in host.call("load_file", path="broken.graphml")


@pytest.mark.parametrize(
    "path",
    [
        "out.csv",
        "away/secret.csv",
        "../secret.csv",
        "/etc/passwd",
        ".",
        "",
        "loop.csv",
        "pipe.csv",
        "data",
        "gone.csv",
        "a\0b",
    ],
)
@pytest.mark.parametrize("tool", ["load_file", "save_file"])
def test_what_leads_out_or_is_no_file_is_refused(host: Host, allowed: Path, tool: str, path: str) -> None:
    arguments = (
        {"graph_id": "refused"} if tool == "load_file" else {"graph_id": "whole", "replace": True, "format": "csv"}
    )
    if tool == "save_file" and path in ("gone.csv", "loop.csv", "pipe.csv"):
        return  # a new file, and names that a new file may take the place of
    text = host.call(tool, path=path, **arguments)
    assert text.startswith("path: "), text
    assert (allowed.parent / "secret.csv").read_text() == "source,target\na,b\n"


def test_a_graph_is_written_whole_and_not_over_another_file(host: Host, allowed: Path) -> None:
    host.call("load_file", path="Routes 2026.csv", graph_id="kept")
    assert host.call("save_file", graph_id="kept", path="data/kept.csv").startswith(
        f"wrote {allowed / 'data/kept.csv'}"
    )
    assert (allowed / "data/kept.csv").read_text().splitlines() == ROUTES.splitlines()
    assert "replace=true" in host.call("save_file", graph_id="kept", path="data/kept.csv")
    assert "wrote" in host.call("save_file", graph_id="kept", path="data/kept.csv", replace=True)
    assert "wrote" in host.call("save_file", graph_id="kept", path="kept.parquet")
    assert "format" in host.call("save_file", graph_id="kept", path="kept.unknown")
    assert "does not exist" in host.call("save_file", graph_id="gone", path="gone2.csv")
    assert not [path for path in allowed.rglob(".*") if path.name.startswith(".kept")]


def test_an_argument_that_is_none_is_named(host: Host) -> None:
    assert host.call("load_file", path="link.csv", graph="x").startswith("graph: load_file does not take it")


async def test_the_tools_are_listed_where_a_directory_is_allowed_and_an_sdk_calls_them(
    allowed: Path, tmp_path: Path
) -> None:
    for more, listed in (["--allow", str(allowed)], True), ([], False):
        command = StdioServerParameters(
            command=COMMAND[0], args=[*COMMAND[1:-1], *more, "--data", str(tmp_path / "graphs")]
        )
        async with Client(stdio_client(command)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert ({"load_file", "save_file"} <= names) is listed
            if listed:
                result = await client.call_tool("load_file", {"path": "link.csv"})
                assert not result.is_error
