"""What every script that makes a committed file does with it: `--check` only looks, and names what differs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import generated

    monkeypatch.setattr(generated, "ROOT", tmp_path)
    (tmp_path / "same").write_text("1", encoding="utf-8")
    (tmp_path / "other").write_text("1", encoding="utf-8")
    return generated


def wanted(directory: Path) -> dict[Path, str]:
    return {directory / "same": "1", directory / "other": "2", directory / "new" / "file": "3"}


def test_a_check_names_what_differs_or_is_missing_and_writes_nothing(
    generated: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["script.py", "--check"])
    assert generated.settle(wanted(tmp_path), "the source says") == 1
    assert capsys.readouterr().err.splitlines() == [
        "other is not what the source says: run `make docs`",
        "new/file is not what the source says: run `make docs`",
    ]
    assert (tmp_path / "other").read_text(encoding="utf-8") == "1"
    assert not (tmp_path / "new").exists()


def test_without_it_all_are_written_and_a_check_finds_nothing(
    generated: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["script.py"])
    assert generated.settle(wanted(tmp_path), "the source says") == 0
    assert {path: path.read_text(encoding="utf-8") for path in wanted(tmp_path)} == wanted(tmp_path)
    monkeypatch.setattr(sys, "argv", ["script.py", "--check"])
    assert generated.settle(wanted(tmp_path), "the source says") == 0
    assert capsys.readouterr().err == ""
