"""compose.yaml is of this release, and its settings are settings that fit together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from networkx_mcp import __version__
from networkx_mcp.http.exposure import check_exposure
from networkx_mcp.settings import Settings, unknown_variables

FILE = Path(__file__).resolve().parents[2] / "compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
SERVER: dict[str, Any] = yaml.safe_load(TEXT)["services"]["server"]
STORE: dict[str, Any] = yaml.safe_load(TEXT)["services"]["store"]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """As the server would read them, with a directory of tokens that is there."""
    for name, value in SERVER["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value)))
    monkeypatch.setenv("NETWORKX_MCP_AUTH_TOKENS_DIR", str(tmp_path))
    return Settings()


def test_the_image_is_of_this_release() -> None:
    assert set(re.findall(r"ghcr\.io/networkx-mcp/server:(\S+)", TEXT)) == {__version__}


def test_every_variable_is_a_setting_and_strangers_are_not_served(settings: Settings) -> None:
    assert not unknown_variables(SERVER["environment"])
    assert settings.authenticated
    check_exposure(settings)


def test_the_container_has_what_the_server_divides_and_time_to_end(settings: Settings) -> None:
    assert SERVER["mem_limit"] == f"{settings.limits.memory_mb // 1024}g"
    assert int(SERVER["stop_grace_period"].removesuffix("s")) > settings.limits.shutdown_timeout_seconds


def test_the_store_keeps_what_it_acknowledged(settings: Settings) -> None:
    assert settings.store.url == "redis://store:6379/0"
    for option in ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"):
        assert option in STORE["command"]
    assert STORE["volumes"] == ["store:/data"]
