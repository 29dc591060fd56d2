"""Token entries: what is minted is accepted, what is wrong is named, what changes is seen."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.http import tokens
from networkx_mcp.http.tokens import TokenTable


def entry(token: str, /, **changes: Any) -> dict[str, Any]:
    return {**tokens.describe(token, name="ann", tenant="acme", scopes=["read"], days=None), **changes}


def write(path: Path, *entries: Any) -> None:
    path.write_text(json.dumps(list(entries)), encoding="utf-8")


def test_a_token_is_recognisable_and_unguessable() -> None:
    minted = {tokens.mint() for _ in range(100)}
    assert len(minted) == 100
    assert all(re.fullmatch(r"nmcp_[A-Za-z0-9_-]{43}", token) for token in minted)


def test_an_entry_holds_the_hash_and_never_the_token() -> None:
    token = tokens.mint()
    described = tokens.describe(token, name="ann", tenant="acme", scopes=["read", "write"], days=30)
    assert token not in json.dumps(described)
    (parsed,) = tokens.parse(json.dumps(described))
    assert parsed.digest == tokens.digest(token)
    assert parsed.scopes == {"read", "write"}
    assert parsed.expires is not None
    assert 29 * 86400 < parsed.expires - time.time() <= 30 * 86400


@pytest.mark.parametrize("shape", ["list", "lines", "one"])
def test_a_file_may_be_a_list_or_lines(shape: str) -> None:
    entries = [entry(tokens.mint(), name=name) for name in (["ann", "bob"] if shape != "one" else ["ann"])]
    text = {
        "list": json.dumps(entries),
        "lines": "\n\n".join(map(json.dumps, entries)) + "\n",
        "one": json.dumps(entries[0], indent=2),
    }[shape]
    assert [parsed.name for parsed in tokens.parse(text)] == [found["name"] for found in entries]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sha256": "ABC"}, "sha256 must be 64"),
        ({"tenant": "a:b"}, "tenant must match"),
        ({"tenant": "{x}"}, "tenant must match"),
        ({"tenant": ""}, "tenant must match"),
        ({"scopes": []}, "scopes must be"),
        ({"scopes": ["root"]}, "scopes must be"),
        ({"scopes": "read"}, "scopes must be"),
        ({"scopes": [["read"]]}, "scopes must be"),
        ({"expires": "tomorrow"}, "expires must be a time"),
        ({"expires": 5}, "expires must be a time"),
        ({"expires": "2027-01-01T00:00:00"}, "needs a time zone"),
        ({"name": "a\nb"}, "name must be"),
        ({"name": ""}, "name must be"),
        ({"token": "x"}, "unknown field 'token'"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place_and_field(changes: dict[str, Any], says: str) -> None:
    good, bad = entry(tokens.mint()), entry(tokens.mint(), **changes)
    with pytest.raises(ValueError, match="entry 2: .*" + re.escape(says)) as refusal:
        tokens.parse(json.dumps([good, bad]))
    assert str(bad["sha256"]) not in str(refusal.value)


def test_text_that_is_no_json_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2 is not JSON"):
        tokens.parse(json.dumps(entry(tokens.mint())) + "\nnot json")


@given(st.text(max_size=60))
def test_whatever_a_file_holds_it_is_parsed_or_refused_as_a_value_error(text: str) -> None:
    try:
        tokens.parse(text)
    except ValueError:
        return


def test_a_table_finds_its_tokens_and_no_others(tmp_path: Path) -> None:
    ann, bob, stranger = tokens.mint(), tokens.mint(), tokens.mint()
    write(tmp_path / "a.json", entry(ann))
    write(tmp_path / "b.json", entry(bob, name="bob", tenant="bobs"))
    table = TokenTable(tmp_path)
    assert table.load()
    found = table.find(bob)
    assert found is not None
    assert (found.name, found.tenant) == ("bob", "bobs")
    assert table.find(ann) is not None
    assert table.find(stranger) is None
    assert table.find(ann + "x") is None
    assert table.find("") is None


def test_nothing_changed_means_nothing_is_read_again(tmp_path: Path) -> None:
    write(tmp_path / "tokens.json", entry(tokens.mint()))
    table = TokenTable(tmp_path)
    assert table.load()
    assert not table.load()


def test_a_changed_file_replaces_its_entries(tmp_path: Path) -> None:
    old, new = tokens.mint(), tokens.mint()
    write(tmp_path / "tokens.json", entry(old))
    table = TokenTable(tmp_path)
    table.load()
    write(tmp_path / "tokens.json", entry(new), entry(tokens.mint(), name="second"))
    assert table.load()
    assert table.find(old) is None
    assert table.find(new) is not None


def test_a_broken_file_keeps_the_entries_it_had(tmp_path: Path) -> None:
    token = tokens.mint()
    write(tmp_path / "tokens.json", entry(token))
    table = TokenTable(tmp_path)
    table.load()
    (tmp_path / "tokens.json").write_text("{ broken", encoding="utf-8")
    assert not table.load()
    assert table.find(token) is not None
    other = tokens.mint()
    write(tmp_path / "tokens.json", entry(other))
    table.load()
    assert table.find(token) is None
    assert table.find(other) is not None


def test_a_directory_that_cannot_be_listed_keeps_all_entries(tmp_path: Path) -> None:
    directory = tmp_path / "tokens"
    directory.mkdir()
    token = tokens.mint()
    write(directory / "tokens.json", entry(token))
    table = TokenTable(directory)
    table.load()
    directory.rename(tmp_path / "elsewhere")
    assert not table.load()
    assert table.find(token) is not None


def test_a_removed_file_takes_its_tokens_with_it(tmp_path: Path) -> None:
    token = tokens.mint()
    write(tmp_path / "tokens.json", entry(token))
    table = TokenTable(tmp_path)
    table.load()
    (tmp_path / "tokens.json").unlink()
    assert table.load()
    assert table.find(token) is None


def test_the_swap_of_a_kubernetes_secret_volume_is_seen(tmp_path: Path) -> None:
    """Kubelet writes a new directory and renames the link `..data`; the visible file stays a link to it."""
    old, new = tokens.mint(), tokens.mint()
    first, second = tmp_path / "..2026_01", tmp_path / "..2026_02"
    for directory, token in ((first, old), (second, new)):
        directory.mkdir()
        write(directory / "tokens.json", entry(token))
        os.utime(directory / "tokens.json", (1_000_000, 1_000_000))  # even with the same time and size
    (tmp_path / "..data").symlink_to(first.name)
    (tmp_path / "tokens.json").symlink_to("..data/tokens.json")
    table = TokenTable(tmp_path)
    table.load()
    assert len(table) == 1
    assert table.find(old) is not None
    (tmp_path / "..data_tmp").symlink_to(second.name)
    (tmp_path / "..data_tmp").replace(tmp_path / "..data")
    assert table.load()
    assert table.find(old) is None
    assert table.find(new) is not None
