"""The command line: tokens that work, settings that are checked, and what is printed where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.patience import PATIENCE
from tests.helpers.server import SOURCE, Server


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NETWORKX_MCP_")}
    env |= {"PYTHONPATH": str(SOURCE), **{f"NETWORKX_MCP_{name}": value for name, value in environment.items()}}
    return subprocess.run(
        [sys.executable, "-m", "networkx_mcp", *arguments],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_a_created_token_is_printed_once_with_its_entry_and_works(tmp_path: Path) -> None:
    made = run("token", "create", "--name", "ann", "--tenant", "acme", "--scopes", "read", "--days", "30", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    token, entry = made.stdout.splitlines()
    assert token not in entry
    parsed: dict[str, Any] = json.loads(entry)
    assert (parsed["name"], parsed["tenant"], parsed["scopes"]) == ("ann", "acme", ["read"])
    assert parsed["expires"].endswith("Z")
    server = Server(tmp_path / "server", auth=True)
    (server.tokens_dir / "ann.json").write_text(entry, encoding="utf-8")
    with server:
        assert server.rpc("tools/list", token=token).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--name", "ann", "--scopes", "root"], "scopes must be"),
        (["--name", "ann", "--tenant", "a:b"], "tenant must match"),
        (["--name", "", "--tenant", "a"], "name must be"),
        (["--name", "ann", "--days", "0"], "days must be above 0"),
        ([], "--name"),
    ],
)
def test_a_token_that_could_not_be_used_is_not_made(tmp_path: Path, arguments: list[str], says: str) -> None:
    made = run("token", "create", *arguments, cwd=tmp_path)
    assert made.returncode == 2
    assert made.stdout == ""
    assert says in made.stderr


def test_check_prints_the_settings_in_force_and_looks_at_the_store(tmp_path: Path) -> None:
    checked = run("check", cwd=tmp_path, LIMITS_CONNECTIONS="7")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["limits"]["connections"] == 7
    assert "SQLite" in checked.stderr


def test_check_says_where_stdio_keeps_graphs(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "share"), "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-m", "networkx_mcp", "check"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"stdio: keeps its graphs in {tmp_path / 'share' / 'networkx-mcp'}" in done.stderr


def test_the_examples_of_the_help_are_commands(tmp_path: Path) -> None:
    from networkx_mcp.__main__ import _parser

    shown = run("--help", cwd=tmp_path).stdout.partition("examples:\n")[2].splitlines()
    lines = [line.strip().split("   ")[0].split() for line in shown if line.strip()]
    assert len(lines) >= 6
    for words in lines:
        command = words[words.index("networkx-mcp") + 1 :]
        assert _parser().parse_args(command).command == command[0]


def test_check_counts_what_the_kernel_may_hold_for_sockets(tmp_path: Path) -> None:
    enough = run("check", cwd=tmp_path, LIMITS_SOCKETS="7100", LIMITS_MEMORY_MB="2048")
    assert enough.returncode == 0, enough.stderr
    short = run("check", cwd=tmp_path, LIMITS_SOCKETS="7200", LIMITS_MEMORY_MB="2048")
    assert short.returncode == 1
    assert "memory: limits.sockets (7200) can take 1350 MiB of the kernel's memory" in short.stderr
    assert "raise limits.memory_mb" in short.stderr
    assert "all is well" not in short.stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"LIMITS_CONNECTIONS": "0"}, "limits.connections"),
        ({"LIMITS_CONECTIONS": "5"}, "conections"),
        ({"LIMITS_REQUEST_TIMEOUT_SECONDS": "40"}, "limits.connection_timeout_seconds"),
        ({"OIDC_ISSUER": "https://issuer.example.org"}, "oidc.audience"),
        ({"HTTP_HOST": "0.0.0.0"}, "NETWORKX_MCP_AUTH_TOKENS_DIR"),
    ],
)
def test_check_names_what_is_wrong(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    checked = run("check", cwd=tmp_path, **environment)
    assert checked.returncode == 2
    assert says in checked.stderr
    assert "Traceback" not in checked.stderr


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PORT", "do you mean NETWORKX_MCP_HTTP_PORT?"),
        ("LIMIT_QUEUE", "do you mean NETWORKX_MCP_LIMITS_QUEUE?"),
        ("TOKENS_DIR", "do you mean NETWORKX_MCP_AUTH_TOKENS_DIR?"),
        ("ZZZ", "changes nothing\n"),
    ],
)
def test_check_names_a_variable_that_is_no_setting(tmp_path: Path, name: str, near: str) -> None:
    checked = run("check", cwd=tmp_path, **{name: "9000-secret"})
    assert checked.returncode == 0, checked.stderr
    assert f"environment: NETWORKX_MCP_{name} is no setting and changes nothing" in checked.stderr
    assert near in checked.stderr
    assert "9000-secret" not in checked.stdout + checked.stderr


def test_a_variable_that_is_no_setting_is_in_the_log_of_the_start(tmp_path: Path) -> None:
    with Server(tmp_path, environment={"NETWORKX_MCP_PORT": "9000"}) as server:
        (line,) = server.events("setting_unknown")
    assert (line["level"], line["message"]) == (
        "warning",
        "NETWORKX_MCP_PORT is no setting and changes nothing: do you mean NETWORKX_MCP_HTTP_PORT?",
    )


def test_what_kubernetes_tells_of_services_is_neither_a_setting_nor_a_mistake(tmp_path: Path) -> None:
    """A Service networkx-mcp, and one networkx-mcp-store, whose variables would be settings of the group `store`."""
    links: dict[str, str] = {}
    for service, port in (("", "8080"), ("STORE_", "6379"), ("HTTP_", "80")):
        address = f"tcp://10.1.2.3:{port}"
        links |= {
            f"{service}SERVICE_HOST": "10.1.2.3",
            f"{service}SERVICE_PORT": port,
            f"{service}SERVICE_PORT_HTTP": port,
        }
        links |= {
            f"{service}PORT": address,
            f"{service}PORT_{port}_TCP": address,
            f"{service}PORT_{port}_TCP_PROTO": "tcp",
        }
        links |= {f"{service}PORT_{port}_TCP_PORT": port, f"{service}PORT_{port}_TCP_ADDR": "10.1.2.3"}
    checked = run("check", cwd=tmp_path, **links)
    assert checked.returncode == 0, checked.stderr
    assert "environment:" not in checked.stderr
    assert json.loads(checked.stdout)["http"]["port"] == 8080


def test_the_name_of_a_group_alone_is_refused_in_one_line(tmp_path: Path) -> None:
    checked = run("check", cwd=tmp_path, STORE="redis")
    assert (checked.returncode, "Traceback" in checked.stderr) == (2, False)
    assert "store" in checked.stderr


def test_check_says_which_store_does_not_answer_and_prints_no_secret(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("very-secret", encoding="utf-8")
    url = "redis://127.0.0.1:1/0"
    checked = run("check", cwd=tmp_path, STORE_TYPE="redis", STORE_URL=url, STORE_PASSWORD_FILE=str(secret))
    assert checked.returncode == 1
    assert f"store.url {url}: the store cannot be reached" in checked.stderr
    assert "very-secret" not in checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ["file", "two; parts"])
def test_check_says_why_a_file_cannot_be_opened(tmp_path: Path, name: str) -> None:
    # Root may write anywhere, except where a file stands in the place of a directory.
    (tmp_path / name).touch()
    path = tmp_path / name / "deep" / "graphs.sqlite3"
    checked = run("check", cwd=tmp_path, STORE_PATH=str(path))
    assert checked.returncode == 1
    assert (
        f"store.path {path}: the store cannot open {path} ([Errno 17] File exists: '{tmp_path}/{name}')"
        in checked.stderr
    )
    assert "operation_id" not in checked.stderr, "what callers of tools do next is nothing to an operator"
    assert "Traceback" not in checked.stderr


def test_check_refuses_a_password_in_a_url_without_showing_it(tmp_path: Path) -> None:
    checked = run("check", cwd=tmp_path, STORE_TYPE="redis", STORE_URL="redis://user:very-secret@127.0.0.1:1/0")
    assert checked.returncode == 2
    assert "store.password_file" in checked.stderr
    assert "very-secret" not in checked.stdout + checked.stderr


def test_serve_makes_its_data_directory_on_a_fresh_machine(tmp_path: Path) -> None:
    with Server(tmp_path, store_path=str(tmp_path / "a" / "b" / "graphs.sqlite3")):
        assert (tmp_path / "a" / "b" / "graphs.sqlite3").exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with Server(tmp_path / "first") as first:
        taken = run("serve", cwd=tmp_path, HTTP_PORT=str(first.port))
    assert taken.returncode not in (0, None)
    assert str(first.port) in taken.stdout + taken.stderr
