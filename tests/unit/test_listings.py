"""What registries and hosts read of us: server.json, the bundle for hosts that install by a click, and the badges of docs/clients.md."""

from __future__ import annotations

import base64
import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft202012Validator
from scripts import bundle
from tests.helpers import mcpb, node

from networkx_mcp import __version__
from networkx_mcp.__main__ import _parser

ROOT = Path(__file__).resolve().parents[2]
SERVER: dict[str, Any] = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
CLIENTS = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
BUNDLE = ROOT / "image/bundle"


def words(arguments: list[dict[str, Any]]) -> list[str]:
    """A command line of an entry's arguments, with a value where the user would give one."""
    said = []
    for argument in arguments:
        said += [argument["name"]] if argument["type"] == "named" else []
        said.append(argument.get("value", "/somewhere"))
    return said


def test_the_registrys_entry_is_what_it_takes() -> None:
    schema = json.loads(Path(__file__).with_name("server_schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(SERVER)] == []
    broken = SERVER | {"description": "x" * 101}
    assert list(Draft202012Validator(schema).iter_errors(broken))


def test_its_packages_are_of_this_release_and_their_arguments_are_ours() -> None:
    pypi, image = SERVER["packages"]
    assert SERVER["version"] == pypi["version"] == __version__
    assert image["identifier"] == f"ghcr.io/networkx-mcp/server:{__version__}"
    assert words(pypi["runtimeArguments"]) == ["--with", f"networkx-mcp[draw]=={__version__}"]
    for package in (pypi, image):
        assert _parser().parse_args(words(package["packageArguments"])).command == "stdio"


def test_package_and_image_say_that_the_entry_is_theirs() -> None:
    name = SERVER["name"]
    assert f"<!-- mcp-name: {name} -->" in (ROOT / "image/README.md").read_text(encoding="utf-8")
    assert f'io.modelcontextprotocol.server.name="{name}"' in (ROOT / "image/Dockerfile").read_text(encoding="utf-8")


def test_the_bundle_is_built_and_valid_and_asks_for_this_release(tmp_path: Path) -> None:
    node.package("@anthropic-ai/mcpb")
    made = bundle.build(tmp_path)  # which validates the manifest by the schema of its version
    with zipfile.ZipFile(made) as file:
        assert sorted(file.namelist()) == ["manifest.json", "pyproject.toml", "server.py"]
        manifest = json.loads(file.read("manifest.json"))
        project = tomllib.loads(file.read("pyproject.toml").decode())["project"]
    assert manifest["version"] == project["version"] == __version__
    assert project["dependencies"] == [f"networkx-mcp[draw]=={__version__}"]
    assert manifest["description"] == SERVER["description"]


@pytest.mark.parametrize("folders", [[], ["/home/ann/data", "/home/ann/more"]])
def test_a_host_makes_of_the_bundle_a_command_that_we_take(folders: list[str], tmp_path: Path) -> None:
    command = mcpb.command(BUNDLE, folders, tmp_path)
    assert command[:5] == ["uv", "run", "--directory", str(BUNDLE), "server.py"]
    options = _parser().parse_args(command[5:])
    assert (options.command, [str(path) for path in options.allow]) == ("stdio", folders)


def test_a_badge_installs_what_the_snippet_below_it_says() -> None:
    for host, table, decode in (
        ("VS Code", "servers", json.loads),
        ("Cursor", "mcpServers", lambda text: json.loads(base64.b64decode(text))),
    ):
        section = CLIENTS.partition(f"\n## {host}\n")[2].partition("\n## ")[0]
        link = re.search(r"\[!\[.*?\]\(.*?\)\]\((\S+)\)", section)
        assert link is not None, host
        asked = parse_qs(urlsplit(link[1]).query)
        snippet = re.search(r"```json\n(.*?)```", section, re.DOTALL)
        assert snippet is not None
        assert json.loads(snippet[1])[table] == {asked["name"][0]: decode(asked["config"][0])}
