"""Promotion copies the tested tag and digest from staging to production, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.promote import NothingToPromote, promoted
from tests.argocd.manifests import ENVIRONMENTS
from tests.chart.charts import ROOT
from tests.helpers import programs

STAGING, PRODUCTION = (
    ENVIRONMENTS[name].joinpath("config.yaml").read_text("utf-8") for name in ("staging", "production")
)
TAG, DIGEST = "v7.8.9-rc.1", "sha256:" + "7" * 64
tags = st.from_regex(r"v[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(-[0-9a-z.-]{1,9})?", fullmatch=True)
digests = st.from_regex(r"sha256:[1-9a-f][0-9a-f]{63}", fullmatch=True)


def released(text: str, tag: str, digest: str) -> str:
    """A config.yaml with another tag and digest."""
    config = yaml.safe_load(text)
    return text.replace(config["revision"], tag).replace(config["digest"], digest)


@settings(deadline=None)
@given(tested=st.tuples(tags, digests), before=st.tuples(tags, digests))
def test_two_lines_change_and_every_other_byte_stays(tested: tuple[str, str], before: tuple[str, str]) -> None:
    production = released(PRODUCTION, *before)
    found = promoted(released(STAGING, *tested), production)
    assert found == released(PRODUCTION, *tested)
    changed = [pair for pair in zip(production.splitlines(), found.splitlines(), strict=True) if len(set(pair)) == 2]
    assert all(old.split(":")[0] in ("revision", "digest") for old, _ in changed)
    after, was = yaml.safe_load(found), yaml.safe_load(production)
    assert (after.pop("revision"), after.pop("digest")) == tested
    assert {key: was[key] for key in after} == after


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_line_ends_stay_as_they_are(end: str) -> None:
    production = f"digest: sha256:old{end or chr(10)}# a\trevision: of mine{end or chr(10)}revision: v0.0.1  # x{end}"
    found = promoted(released(STAGING, TAG, DIGEST), production)
    assert found == production.replace("sha256:old", DIGEST).replace("v0.0.1", TAG)


def test_nothing_of_stagings_own_settings_crosses() -> None:
    staging = released(STAGING, TAG, DIGEST) + "  limits:\n    queue: 1\n"
    assert promoted(staging, PRODUCTION) == released(PRODUCTION, TAG, DIGEST)


@pytest.mark.parametrize(
    ("tag", "digest"),
    [
        *((tag, DIGEST) for tag in ("main", "HEAD", "v1", "1.2.3", "v1.2.3+x", "refs/tags/v1.2.3")),
        *((TAG, digest) for digest in ("sha256:" + "0" * 64, "sha256:" + "A" * 64, "sha256:77", "latest")),
    ],
)
def test_what_is_no_release_is_not_promoted(tag: str, digest: str) -> None:
    with pytest.raises(NothingToPromote, match="not that of a release"):
        promoted(released(STAGING, tag, digest), PRODUCTION)


@pytest.mark.parametrize("text", ["", STAGING + "\nrevision: v1.0.0\n"])
def test_a_line_that_is_not_there_once_is_named(text: str) -> None:
    with pytest.raises(NothingToPromote, match="lines begin with `revision: `"):
        promoted(text, PRODUCTION)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with staging at a new release."""
    shutil.copytree(ROOT / "argocd", tmp_path / "argocd", symlinks=True)
    config = tmp_path / "argocd/environments/staging/config.yaml"
    config.write_text(released(STAGING, TAG, DIGEST), encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(directory: Path, *arguments: str) -> str:
    command = [
        programs.path("git"),
        "-C",
        str(directory),
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@localhost",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commit(directory: Path) -> None:
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "x")


def promote(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts/promote.py"), str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.needs("git")
def test_the_command_changes_one_file_once(repository: Path) -> None:
    git(repository, "tag", TAG)
    done = promote(repository)
    assert done.returncode == 0, done.stderr
    assert git(repository, "status", "--porcelain").split() == ["M", "argocd/environments/production/config.yaml"]
    assert git(repository, "diff", "--numstat").split()[:2] == ["2", "2"]
    commit(repository)
    assert "already" in promote(repository).stdout
    assert not git(repository, "status", "--porcelain")


@pytest.mark.needs("git")
def test_a_tag_that_the_clone_does_not_know_is_not_promoted(repository: Path) -> None:
    done = promote(repository)
    assert done.returncode == 1
    assert f"no tag {TAG}" in done.stderr
    assert not git(repository, "status", "--porcelain")
