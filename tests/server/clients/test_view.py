"""`networkx-mcp view FILE|GRAPH`: the browser is a program that writes down what it is to open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import NO_TLS
from tests.server.clients.test_stdio import Host

ROADS = "source,target,km\nBern,Basel,95\nBasel,Paris,525\n"


def _as_in_a_terminal() -> None:
    """A shell has its background jobs ignore Ctrl-C, and all that they start with them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Command:
    """One run of the command, with its own browser; its graphs are in `data`."""

    def __init__(self, place: Path, data: Path, *arguments: str) -> None:
        self.opened = place / "opened"
        browser = place / "browser"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {self.opened}.part && mv {self.opened}.part {self.opened}\n')
        browser.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "networkx_mcp", "view", "--data", str(data), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "BROWSER": f"{browser} %s"}, cwd=place, preexec_fn=_as_in_a_terminal,
        )  # fmt: skip

    def address(self) -> str:
        """What it prints once it serves."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def interrupted(self) -> tuple[int, str]:
        """(exit code, stderr) after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        _, told = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, told


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    made: list[Command] = []

    def start(*arguments: str) -> Command:
        made.append(Command(tmp_path, tmp_path / "graphs", *arguments))
        return made[-1]

    yield start
    for each in made:
        each.process.kill()
        each.process.wait()


def complaints(told: str) -> str:
    """What it says to its user: the server's log has lines of JSON."""
    return "\n".join(line for line in told.splitlines() if not line.startswith("{"))


def test_a_file_is_opened_in_the_browser_until_it_is_interrupted(run: Callable[..., Command], tmp_path: Path) -> None:
    (tmp_path / "My Roads.csv").write_text(ROADS)
    command = run("My Roads.csv")
    address = command.address()
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/view/my-roads")
    eventually(command.opened.exists)
    assert command.opened.read_text() == address
    page = httpx.get(address, timeout=PATIENCE, verify=NO_TLS)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    layout = httpx.get(f"{address.replace('/view/', '/graphs/')}/layout", timeout=PATIENCE, verify=NO_TLS)
    assert layout.json()["ids"] == ["Bern", "Basel", "Paris"]
    code, told = command.interrupted()
    assert code in (0, 130)
    assert complaints(told) == ""
    with pytest.raises(httpx.TransportError):
        httpx.get(address, timeout=PATIENCE, verify=NO_TLS)

    # The file is a graph now: it is shown by its name, and not loaded a second time unasked.
    code, told = run("My Roads.csv").ended()
    assert code == 1
    assert "`networkx-mcp view my-roads` shows it, --replace loads the file over it" in complaints(told)
    (tmp_path / "My Roads.csv").write_text(ROADS + "Paris,Lyon,466\n")
    for arguments, nodes in ((["my-roads"], 3), (["My Roads.csv", "--replace"], 4)):
        command.opened.unlink()
        again = run(*arguments, "--no-browser")
        address = again.address()
        layout = httpx.get(f"{address.replace('/view/', '/graphs/')}/layout", timeout=PATIENCE, verify=NO_TLS)
        assert len(layout.json()["ids"]) == nodes
        again.interrupted()
        assert not command.opened.exists()
        command.opened.touch()


def test_the_graphs_of_a_host_that_runs_are_shown_and_it_goes_on(run: Callable[..., Command], tmp_path: Path) -> None:
    host = Host(tmp_path / "graphs", tmp_path / "host.log")
    try:
        assert "friends" in host.call("create_graph", graph_id="friends", edges=[["a", "b"]])
        command = run("friends")
        assert httpx.get(command.address(), timeout=PATIENCE, verify=NO_TLS).is_success
        assert command.interrupted()[0] in (0, 130)
        assert "friends" in host.call("list_graphs")
    finally:
        host.close()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("nothing.csv", "There is no file nothing.csv, and no graph of this name."),
        ("../graphs?x=1", "There is no file ../graphs?x=1, and no graph of this name."),
        ("unknown", "There is no file unknown, and no graph of this name."),
        (".", "There is no file ., and no graph of this name."),
        ("noise.bin", "the format cannot be told from the name and content of the file"),
        ("broken.graphml", "line 1: not well-formed XML"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(
    run: Callable[..., Command], tmp_path: Path, what: str, says: str
) -> None:
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "broken.graphml").write_text("<graphml><graph><node id='a'")
    command = run(what)
    code, told = command.ended()
    assert code == 1
    lines = complaints(told).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("networkx-mcp: ")
    assert says in lines[0]
    assert not command.opened.exists()
