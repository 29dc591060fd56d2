"""What goes to PyPI: wheels and sdist, installed into an environment of their own and used as a host would."""

from __future__ import annotations

import email
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from scripts import bundle, measure_install
from tests.helpers import mcpb
from tests.helpers.patience import PATIENCE
from tests.server.clients.test_stdio import Host

from networkx_mcp import __version__, mcp_wire

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".tools/build/bin/python"
#: Bytes of an installation without extras: what `uvx networkx-mcp` takes on a disk.
MOST_INSTALLED = 600 * 1024 * 1024

pytestmark = pytest.mark.needs("hatchling")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with both wheels and the sdist."""
    made = tmp_path_factory.mktemp("dist")
    for more, environment in (([], {}), (["-t", "wheel"], {"NETWORKX_MCP_PURE": "1"})):
        command = [str(BUILD), "-m", "hatchling", "build", *more, "-d", str(made)]
        subprocess.run(command, cwd=ROOT / "image", env=os.environ | environment, check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def compiled(dist: Path) -> Path:
    (found,) = dist.glob("*manylinux*.whl")
    return found


@pytest.fixture(scope="module")
def installed(compiled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel without extras, at the locked versions."""
    place = tmp_path_factory.mktemp("installed") / "environment"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
    locked = place / "constraints.txt"
    lines = (ROOT / "image/requirements.txt").read_text(encoding="utf-8").splitlines()
    locked.write_text("\n".join(line.removesuffix(" \\") for line in lines if "==" in line), encoding="utf-8")
    command = [*uv, "pip", "install", "--quiet", "--python", str(place / "bin/python"), "--constraint", str(locked)]
    subprocess.run([*command, str(compiled)], check=True)
    return place


@pytest.fixture
def host(installed: Path, tmp_path: Path) -> Iterator[Host]:
    command = [str(installed / "bin/networkx-mcp"), "stdio", "--data"]
    found = Host(tmp_path / "graphs", tmp_path / "stderr.log", command)
    yield found
    assert found.close() == 0


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as file:
        return email.message_from_bytes(file.read(f"networkx_mcp-{__version__}.dist-info/METADATA"))


def test_there_are_a_wheel_with_kernels_one_without_and_the_sources(dist: Path, compiled: Path) -> None:
    assert len(list(dist.glob("*.tar.gz"))) == 1
    (pure,) = dist.glob("*none-any.whl")
    assert [name for name in names(compiled) if name.endswith(".so")] == [
        "networkx_mcp/backend/kernels/native/kernels.so"
    ]
    assert not any(name.endswith((".so", ".c", ".h")) for name in names(pure))


def test_the_tag_of_the_compiled_wheel_holds(compiled: Path) -> None:
    beside = Path(sys.executable).with_name("auditwheel")
    shown = subprocess.run([beside, "show", str(compiled)], capture_output=True, text=True, check=True).stdout
    assert 'tag: "manylinux_2_' in shown.replace("\n", " ")
    glibc = int(shown.partition("manylinux_2_")[2].partition("_")[0])
    assert glibc <= int(compiled.name.partition("manylinux_2_")[2].partition("_")[0])


def test_pypi_shows_what_it_is_and_the_extras(compiled: Path) -> None:
    told = metadata(compiled)
    assert set(told.get_all("Provides-Extra") or ()) == {"redis", "oidc", "otel", "draw", "server", "all"}
    assert told["Description-Content-Type"] == "text/markdown"
    assert "stdio" in told.get_payload()
    assert {url.split(",")[0] for url in told.get_all("Project-URL") or ()} == {"Homepage", "Changelog", "Issues"}
    for extra in told.get_all("Provides-Extra") or ():
        assert f"| `{extra}` |" in told.get_payload(), extra


def test_without_extras_it_stays_within_its_size(installed: Path) -> None:
    files = {path.stat().st_ino: path.stat().st_size for path in installed.rglob("*") if path.is_file()}
    assert sum(files.values()) <= MOST_INSTALLED


def test_a_host_uses_it_and_a_missing_extra_is_named(host: Host) -> None:
    assert "2 nodes" in host.call("create_graph", graph_id="g", edges=[["a", "b"]])
    assert "betweenness" in host.call("rank_nodes", graph_id="g", measure="betweenness")
    assert "networkx-mcp[draw]" in host.call("draw_graph", graph_id="g")


def test_the_command_of_the_readme_installs_it_from_an_index_and_it_answers(dist: Path, tmp_path: Path) -> None:
    (line,) = re.findall(r"`(uvx .*? stdio)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    uvx, *words, stdio = shlex.split(line)
    assert (uvx, stdio) == ("uvx", "stdio")
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    with measure_install.index(dist) as address:
        assert measure_install.first_answer(
            [str(measure_install.UVX), *words], measure_install.clean(home, address), work
        )
    assert any((home / "cache").rglob("matplotlib"))  # of the extra


def test_a_host_unpacks_the_bundle_and_starts_what_it_names(dist: Path, tmp_path: Path) -> None:
    folder, place, home = tmp_path / "folder", tmp_path / "bundle", tmp_path / "home"
    for directory in (folder, place, home):
        directory.mkdir()
    (folder / "routes.csv").write_text("source,target\nBern,Basel\nBasel,Paris\n")
    with zipfile.ZipFile(bundle.build(tmp_path / "made")) as file:
        file.extractall(place)
    uv, *words = mcpb.command(place, [str(folder)], tmp_path)
    command = [str(measure_install.UVX.with_name(uv)), *words, "--data"]
    with measure_install.index(dist) as address:
        host = Host(tmp_path / "graphs", tmp_path / "stderr.log", command, measure_install.clean(home, address))
        agreed = {
            "protocolVersion": mcp_wire.HANDSHAKE,
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        }
        host.send(mcp_wire.message("handshake", "initialize", agreed))
        assert host.next()["result"]["serverInfo"]["name"] == "networkx-mcp"
        host.send(mcp_wire.message("handshake", "notifications/initialized", request_id=None))
        host.send(mcp_wire.message("handshake", "tools/list"))
        assert {"rank_nodes", "load_file"} <= {tool["name"] for tool in host.next()["result"]["tools"]}
        host.send(mcp_wire.message("handshake", *mcp_wire.call("load_file", {"path": "routes.csv"})))
        assert "3 nodes, 2 edges" in host.next()["result"]["content"][0]["text"]
        host.send(mcp_wire.message("handshake", *mcp_wire.call("draw_graph", {"graph_id": "routes"})))
        assert any(part["type"] == "image" for part in host.next()["result"]["content"])
    assert host.close() == 0


@pytest.mark.parametrize(
    ("setting", "value", "extra"),
    [("STORE_TYPE", "redis", "redis"), ("LOG_OTLP_ENDPOINT", "http://127.0.0.1:9", "otel")],
)
def test_a_setting_whose_extra_is_missing_is_named(installed: Path, setting: str, value: str, extra: str) -> None:
    environment = os.environ | {f"NETWORKX_MCP_{setting}": value, "NETWORKX_MCP_HTTP_PORT": "0"}
    done = subprocess.run(
        [str(installed / "bin/networkx-mcp"), "serve"],
        env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"networkx-mcp[{extra}]" in done.stderr
