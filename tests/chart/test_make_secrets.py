"""scripts/make-secrets.sh: three Secrets that the server understands, and no token where it could be seen."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.chart.charts import ROOT, find
from tests.helpers.patience import PATIENCE

from networkx_mcp.http import tokens

pytestmark = pytest.mark.needs("bash", "openssl", "sed")
TOKEN = re.compile(r"nmcp_[A-Za-z0-9_-]{43}")
Secrets = dict[str, dict[str, str]]


class Script:
    """The script with a kubectl that keeps Secrets in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store, self.scratch = directory / "store", directory / "tmp"
        programs = directory / "bin"
        for path in (self.store, self.scratch, programs):
            path.mkdir()
        stand_in = Path(__file__).with_name("kubectl_store.py")
        (programs / "kubectl").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{stand_in}" "$@"\n', encoding="utf-8")
        (programs / "kubectl").chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "KUBECTL_STORE": str(self.store),
            "TMPDIR": str(self.scratch),
            "HOME": str(self.scratch),
        }

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "scripts" / "make-secrets.sh"), *arguments]
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.scratch,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def secrets(self) -> Secrets:
        raw = json.loads((self.store / "secrets.json").read_text(encoding="utf-8"))
        return {
            name: {key: base64.b64decode(value).decode() for key, value in data.items()} for name, data in raw.items()
        }

    def entries(self, name: str, key: str = "tokens.json") -> dict[str, tokens.TokenEntry]:
        return {entry.name: entry for entry in reversed(tokens.parse(self.secrets()[name][key]))}


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


def test_it_makes_what_the_release_names(script: Script) -> None:
    script("--namespace", "agents", "--release", "graphs")
    made = script.secrets()
    named = set()
    for kind, name in (("Deployment", ""), ("StatefulSet", "-store"), ("Pod", "-test")):
        item = find(kind, f"graphs-networkx-mcp{name}")
        pod = item if kind == "Pod" else item["spec"]["template"]
        for volume in pod["spec"]["volumes"]:
            if "secret" in volume:
                named.add(volume["secret"]["secretName"])
                for key in volume["secret"].get("items", []):
                    assert key["key"] in made[volume["secret"]["secretName"]]
    assert named == set(made)
    assert made["graphs-networkx-mcp-client"].keys() == {"smoke", "backup"}
    assert len(made["graphs-networkx-mcp-store"]["password"]) == 43


@pytest.mark.parametrize(
    ("arguments", "fullname"),
    [
        (("--release", "graphs"), "graphs-networkx-mcp"),
        (("--release", "my-networkx-mcp"), "my-networkx-mcp"),
        (("--fullname", "x"), "x"),
        (("--release", "r" * 53), ("r" * 53)[:46]),
    ],
)
def test_the_full_name_is_the_charts(script: Script, arguments: tuple[str, str], fullname: str) -> None:
    script(*arguments)
    assert set(script.secrets()) == {f"{fullname}-{part}" for part in ("auth", "store", "client")}


def test_the_server_knows_the_tokens_and_what_they_may(script: Script) -> None:
    script("--fullname", "x")
    plain, entries = script.secrets()["x-client"], script.entries("x-auth")
    for name, tenant, scopes in (
        ("smoke", "smoke", frozenset({"read", "write"})),
        ("backup", "backup", frozenset({"admin"})),
    ):
        assert TOKEN.fullmatch(plain[name])
        assert entries[name].digest == tokens.digest(plain[name]) == hashlib.sha256(plain[name].encode()).digest()
        assert (entries[name].tenant, entries[name].scopes, entries[name].expires) == (tenant, scopes, None)


def test_what_is_there_stays(script: Script) -> None:
    script("--fullname", "x")
    before = script.secrets()
    assert "there" in script("--fullname", "x").stderr
    assert script.secrets() == before


def test_a_lost_half_is_made_again_with_the_other(script: Script) -> None:
    script("--fullname", "x")
    state = script.store / "secrets.json"
    kept = {name: data for name, data in json.loads(state.read_text()).items() if name != "x-client"}
    state.write_text(json.dumps(kept))
    script("--fullname", "x")
    assert script.entries("x-auth")["smoke"].digest == tokens.digest(script.secrets()["x-client"]["smoke"])


def test_rotation_renews_and_lets_the_old_end_soon(script: Script) -> None:
    script("--fullname", "x")
    old = script.secrets()
    script("--fullname", "x", "--rotate", "--grace", "90")
    new = script.secrets()
    assert new["x-client"]["smoke"] != old["x-client"]["smoke"]
    assert new["x-store"] == old["x-store"]
    every = tokens.parse(new["x-auth"]["tokens.json"])
    assert [entry.name for entry in every] == ["smoke", "backup", "smoke", "backup"]
    assert every[0].digest == tokens.digest(new["x-client"]["smoke"])
    assert every[2].digest == tokens.digest(old["x-client"]["smoke"])
    assert every[2].expires is not None
    assert 30 < every[2].expires - time.time() <= 91
    # A third rotation drops the first one's entries: the Secret does not grow for ever.
    script("--fullname", "x", "--rotate")
    assert len(tokens.parse(script.secrets()["x-auth"]["tokens.json"])) == 4


def test_a_store_password_rotates_with_its_predecessor(script: Script) -> None:
    script("--fullname", "x")
    old = script.secrets()["x-store"]["password"]
    script("--fullname", "x", "--rotate-store")
    new = script.secrets()["x-store"]
    assert new["password"] != old
    assert new["previous"] == old
    calls = (script.store / "calls.jsonl").read_text(encoding="utf-8")
    assert "rollout" not in calls, "the store takes a changed password up by itself"


def test_the_password_of_an_external_store_is_its_owners(script: Script) -> None:
    (script.store / "external").touch()
    given = script.directory / "password"
    for password in ("first of the store", "second"):
        given.write_text(password + "\n", encoding="utf-8")
        done = script("--fullname", "x", "--store-password-file", str(given))
        assert script.secrets()["x-store"] == {"password": password}
        assert password not in done.stdout + done.stderr + (script.store / "calls.jsonl").read_text(encoding="utf-8")
    refused = script("--fullname", "x", "--rotate-store", check=False)
    assert (refused.returncode, "--store-password-file" in refused.stderr) == (1, True)
    assert script.secrets()["x-store"] == {"password": "second"}, "not replaced by one that no store knows"


def test_a_users_token_is_shown_once(script: Script) -> None:
    done = script("--fullname", "x", "--user", "ann", "--tenant", "team", "--scopes", "read")
    shown = done.stdout.strip()
    assert TOKEN.fullmatch(shown)
    entry = script.entries("x-auth", "user-ann.json")["ann"]
    assert (entry.digest, entry.tenant, entry.scopes) == (tokens.digest(shown), "team", frozenset({"read"}))
    assert script("--fullname", "x", "--user", "ann").stdout == ""
    again = script("--fullname", "x", "--user", "ann", "--tenant", "team", "--rotate").stdout.strip()
    assert again != shown
    assert script.entries("x-auth", "user-ann.json")["ann"].digest == tokens.digest(again)
    assert script.secrets()["x-auth"].keys() == {"tokens.json", "user-ann.json"}


def test_no_token_is_on_disk_in_an_argument_or_in_the_output(script: Script) -> None:
    done = [script("--fullname", "x"), script("--fullname", "x", "--rotate", "--rotate-store")]
    secrets = script.secrets()
    plain = [*secrets["x-client"].values(), *secrets["x-store"].values()]
    plain += [base64.b64encode(value.encode()).decode() for value in plain]
    calls = (script.store / "calls.jsonl").read_text(encoding="utf-8")
    for value in plain:
        assert value not in calls
        for run in done:
            assert value not in run.stdout + run.stderr
    assert list(script.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "--release or --fullname is missing"),
        (("--fullname", "x", "--rotat"), "unknown argument --rotat"),
        (("--fullname", "x", "--grace", "1h"), "--grace takes seconds"),
        (("--fullname", "x", "--store-password-file", "/nowhere"), "/nowhere cannot be read"),
        (("--fullname", "x", "--store-password-file", "/dev/null"), "/dev/null is empty"),
        (("--fullname", "x", "--store-password-file", "/dev/null", "--rotate-store"), "choose"),
        (("--fullname", "x", "--user", 'a"b'), "--user takes letters"),
        (("--fullname", "x", "--user", "a", "--scopes", "all"), "--scopes takes read, write and admin"),
    ],
)
def test_wrong_arguments_make_nothing(script: Script, arguments: tuple[str, ...], text: str) -> None:
    done = script(*arguments, check=False)
    assert done.returncode == 1
    assert text in done.stderr
    assert not (script.store / "secrets.json").exists()


def test_help_is_the_head_of_the_script(script: Script) -> None:
    assert "--rotate-store" in script("--help").stdout
