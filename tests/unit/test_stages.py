"""Every test belongs to exactly one of `make test`, `make test-full` and `make e2e`, and none is skipped."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import install, programs
from tests.conftest import LONG
from tests.helpers import programs as needed

ROOT = Path(__file__).resolve().parents[2]
#: Directories whose tests want a cluster.
CLUSTER = {"tests/e2e"}


def stages(target: str) -> list[tuple[list[str], str]]:
    """(directories, marker expression) of each pytest that a target of the Makefile runs."""
    told = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    for line in told.stdout.splitlines():
        words = shlex.split(line.rstrip("\\")) if " pytest " in line else []
        if words:
            expression = words[words.index("-m") + 1] if "-m" in words else ""
            found.append(([word for word in words if word.startswith("tests/")], expression))
    return found


def collected(*arguments: str) -> set[str]:
    """Ids of the tests that pytest would run."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *arguments]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {line for line in told.stdout.splitlines() if "::" in line}


def test_every_file_of_tests_is_in_one_directory_of_each_stage_or_wants_a_cluster() -> None:
    anywhere, full = stages("test"), stages("test-full")
    assert {expression for _, expression in anywhere} == {"not needs and not long"}
    assert [expression for _, expression in full] == ["needs or long"]
    rooms = [room for directories, _ in anywhere for room in directories]
    assert len(rooms) == len(set(rooms)), "a directory is in two stages"
    # A test that names a program or takes long runs in `make test-full`, any other in `make test`: so both must see all files.
    (seen,) = (directories for directories, _ in full)
    assert set(rooms) == set(seen)
    for file in (ROOT / "tests").rglob("test_*.py"):
        name = str(file.relative_to(ROOT))
        homes = [room for room in (*seen, *CLUSTER) if name.startswith(f"{room}/")]
        assert len(homes) == 1, f"{name} is in {homes}"
    for target in ("e2e", "e2e-full"):
        assert {room for directories, _ in stages(target) for room in directories} == CLUSTER


@pytest.mark.parametrize("name", ["Makefile", "loadtests/loadtests.mk"])
def test_a_dry_run_runs_nothing(name: str) -> None:
    """make runs a line that names $(MAKE) in a dry run as well, and all that stands beside it."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"^\t.*\$\(MAKE\).*$", text, re.MULTILINE):
        assert re.fullmatch(r"\t@?\$\(MAKE\)[^;&|]*", line), line


def test_the_two_expressions_divide_a_file_that_has_both_kinds() -> None:
    file = "tests/alerts/test_rules.py"
    (_, expression), *_ = stages("test")
    ((_, rest),) = stages("test-full")
    anywhere, full = collected(file, "-m", expression), collected(file, "-m", rest)
    assert anywhere
    assert full
    assert not anywhere & full
    assert anywhere | full == collected(file)


def outcome(tmp_path: Path, body: str, *arguments: str) -> tuple[int, str]:
    """How pytest ends for a file under this project's rules, and what it says."""
    (tmp_path / "test_it.py").write_text(f"import pytest\nfrom tests.helpers import programs\n{body}", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT)]
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", *arguments, str(tmp_path)]
    path = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'image/src'}"}
    done = subprocess.run([*command, *options], cwd=ROOT, env=path, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("def test_it(): pytest.skip('no')", "no test is"),
        ("@pytest.mark.skip(reason='no')\ndef test_it(): pass", "no test is"),
        ("pytest.skip('no', allow_module_level=True)", "no test is"),
        ("@pytest.fixture\ndef it(): pytest.skip('no')\ndef test_it(it): pass", "no test is"),
        ("@pytest.mark.xfail\ndef test_it(): assert False", "no test is"),
        ("def test_it(): programs.path('strace')", "without @pytest.mark.needs"),
        ("@pytest.mark.needs('lynx')\ndef test_it(): pass", "takes one or more of"),
        ("@pytest.mark.needs\ndef test_it(): pass", "takes one or more of"),
        ("@pytest.mark.needs('git')\ndef test_it(): assert programs.path('git')", "1 passed"),
    ],
)
def test_no_test_is_skipped_and_none_runs_a_program_that_it_does_not_name(
    tmp_path: Path, body: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n", encoding="utf-8")  # not every machine of `make test` has one
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    code, said = outcome(tmp_path, body)
    assert told in said, said
    assert (code == 0) is (told == "1 passed"), said
    assert "skipped" not in said.splitlines()[-1]


@pytest.mark.long
def test_a_skipped_test_fails_in_the_processes_of_a_stage_too(tmp_path: Path) -> None:
    code, said = outcome(tmp_path, "def test_it(): pytest.skip('no')\ndef test_other(): pass", "-n", "2")
    assert code == 1
    assert "1 failed, 1 passed" in said, said


def test_the_long_files_are_there() -> None:
    assert [name for name in LONG if not (ROOT / name).exists()] == []
    assert len(set(LONG)) == len(LONG)


def test_a_program_that_is_missing_fails_its_test_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needed, "named", frozenset({"strace", "promtool"}))
    monkeypatch.setattr(programs, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="strace is missing: apt-get install strace"):
        needed.path("strace")
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install prometheus or .*go install .*promtool@v"):
        needed.path("promtool")


def test_the_full_stage_begins_with_all_that_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "scripts/programs.py", "check"]
    path = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    bare = subprocess.run(command, cwd=ROOT, env=path, capture_output=True, text=True, check=False)
    here = {name for name in programs.PROGRAMS if (ROOT / ".tools/bin" / name).exists()}
    wanted = {name for name, item in programs.PROGRAMS.items() if not item.fetched} - here
    assert bare.returncode == 1
    for name in wanted:
        assert re.search(rf"^  {name} +\S", bare.stderr, re.MULTILINE), name
        assert programs.PROGRAMS[name].remedy in bare.stderr
    for name in ("strace", "git"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    less = subprocess.run(command, cwd=ROOT, env=path, capture_output=True, text=True, check=False)
    assert "strace" not in less.stderr
    first = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "test-full"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert first.stdout.splitlines()[0].endswith("scripts/programs.py check")


def test_every_program_can_be_had_somehow() -> None:
    assert all(item.remedy and item.purpose for item in programs.PROGRAMS.values())


def test_the_rules_name_every_program() -> None:
    head = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("make test-full` runs")[2].partition("\n\n")[0]
    )
    wanted = {name for name, item in programs.PROGRAMS.items() if not item.fetched}
    assert set(re.findall(r"`([^`]+)`", head)) == wanted


def test_what_tells_pip_where_packages_are_tells_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in install.SETTINGS.values():
        monkeypatch.delenv(name, raising=False)
    told = "global.cert='/a.pem'\nglobal.index-url='https://a'\n:env:.index-url='https://b'\nglobal.timeout='9'\n"
    told += "install.extra-index-url='\\nhttps://c\\nhttps://d'\n"
    assert install.settings(told) == {
        "SSL_CERT_FILE": "/a.pem",
        "UV_DEFAULT_INDEX": "https://b",
        "UV_INDEX": "https://c https://d",
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine")
    assert "UV_DEFAULT_INDEX" not in install.settings(told)


def test_uv_is_installed_as_it_is_locked() -> None:
    pin = install.locked("uv", install.LOCK.read_text(encoding="utf-8"))
    assert re.match(r"uv==[\d.]+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+$", pin)
    with pytest.raises(ValueError, match="not locked"):
        install.locked("u", install.LOCK.read_text(encoding="utf-8"))
