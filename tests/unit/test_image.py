"""What the Dockerfile promises, read from its text; the end-to-end tests run what it builds."""

from __future__ import annotations

import re
from pathlib import Path

IMAGE = Path(__file__).resolve().parents[2] / "image"
DOCKERFILE = (IMAGE / "Dockerfile").read_text(encoding="utf-8")
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9.-]+==\S+)", (IMAGE / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_base_is_an_argument_and_the_measured_one_by_default() -> None:
    assert "ARG BASE=python:3.11-slim-bookworm\n" in DOCKERFILE
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE}", "${BASE}"]


def test_everything_installed_has_a_hash() -> None:
    assert re.findall(r"pip\S* (?:--python \S+ )?install (?!.*--require-hashes|.*--no-index)", DOCKERFILE) == []
    assert "--require-hashes --requirement /src/requirements-build.txt" in DOCKERFILE


def test_the_last_stage_installs_nothing_and_copies_the_environment_alone() -> None:
    assert re.findall(r"^COPY (.*)$", LAST_STAGE, re.MULTILINE) == ["--from=build /opt/venv /opt/venv"]
    for word in ("apt", "pip install", "gcc", "curl"):
        assert word not in LAST_STAGE


def test_it_runs_as_uid_1000_and_ends_by_sigterm() -> None:
    assert "\nUSER 1000:1000\n" in LAST_STAGE
    assert "\nSTOPSIGNAL SIGTERM\n" in LAST_STAGE
    assert 'ENTRYPOINT ["networkx-mcp"]\nCMD ["serve"]' in LAST_STAGE


def test_it_says_what_it_is() -> None:
    for label in ("title", "description", "licenses", "source", "version", "revision", "created"):
        assert f"org.opencontainers.image.{label}=" in LAST_STAGE


def test_the_wheel_is_built_by_what_development_builds_with() -> None:
    assert pins("requirements-build.txt")
    # but the C compiler, which a machine for development has
    assert {pin for pin in pins("requirements-build.txt") if not pin.startswith("ziglang==")} <= pins(
        "requirements-dev.txt"
    )
    pyproject = (IMAGE / "pyproject.toml").read_text(encoding="utf-8")
    assert next(pin for pin in pins("requirements-build.txt") if pin.startswith("hatchling")) in pyproject


def test_only_what_is_copied_reaches_the_build() -> None:
    ignore = (IMAGE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignore[1] == "*"
    admitted = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY ((?!--).*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    assert copied == admitted
