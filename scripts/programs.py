"""The programs of the machine that `make test-full` needs beyond those of `make test`: `python scripts/programs.py`.

A test that runs one says so, `@pytest.mark.needs("strace")`, and so belongs to `make test-full`; all others belong to
`make test`, which needs Python and make alone. `check` names every missing program and how to get it, and fails if
there is one; `install` installs them, as root on Debian and with Go, as CI does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Programs that were fetched come first, so that all machines run the same.
PLACES = (ROOT / ".tools/bin", ROOT / ".tools/linters/bin")


@dataclass(frozen=True, slots=True)
class Program:
    """One program: what it is for, and how to get it."""

    purpose: str
    package: str = ""  # Debian's
    module: str = ""  # of Go, installed into .tools/bin
    fetched: str = ""  # the target of the Makefile that fetches it, which `make test-full` runs
    file: str = ""  # in .tools, where its own name is not that of a command

    @property
    def remedy(self) -> str:
        """The commands, the shortest first."""
        ways = [f"apt-get install {self.package}"] if self.package else []
        if self.module:
            ways.append(f"GOBIN={ROOT / '.tools/bin'} go install {self.module}")
        return " or ".join([f"make {self.fetched}"] if self.fetched else ways)


PROGRAMS = {
    "bash": Program("runs scripts/make-secrets.sh and the commands of runbooks", "bash"),
    "git": Program("promotes a release; tells results of one commit from those of another", "git"),
    "openssl": Program("makes tokens in scripts/make-secrets.sh", "openssl"),
    "redis-cli": Program(
        "watches over the volume and the password of the chart's store, in its start script", "redis-tools"
    ),
    "sed": Program("runs in that script and in scripts/make-secrets.sh", "sed"),
    "strace": Program("shows that fsync comes before the acknowledgement", "strace"),
    "chromium": Program("opens the viewer, as people do", "chromium"),
    "promtool": Program("tests the alerts", "prometheus", "github.com/prometheus/prometheus/cmd/promtool@v0.309.1"),
    "kube-score": Program("checks what the chart renders", module="github.com/zegl/kube-score/cmd/kube-score@v1.20.0"),
    "kubeconform": Program(
        "holds what the chart renders to the API's schemas",
        module="github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
    ),
    "checkov": Program("checks what the chart renders", fetched="linters"),
    "shellcheck": Program("checks the scripts", fetched="linters"),
    "hatchling": Program("builds the wheels", fetched="build-tools", file="build/bin/python"),
    "mkdocs": Program("builds the documents as a site", fetched="site-tools", file="site/bin/mkdocs"),
    "frameworks": Program(
        "runs the programs of docs/clients.md by agent frameworks", fetched="frameworks", file="frameworks/bin/python"
    ),
    "writers": Program("opens what is exported with other programs", fetched="writers", file="writers/bin/python"),
}


def find(name: str) -> str | None:
    """Path of a program; None where there is none."""
    if name in PROGRAMS and PROGRAMS[name].file:
        file = ROOT / ".tools" / PROGRAMS[name].file
        return str(file) if file.exists() else None
    return shutil.which(name, path=os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", os.defpath)]))


def missing() -> dict[str, Program]:
    """The programs that this machine lacks and nothing of ours fetches."""
    return {name: program for name, program in PROGRAMS.items() if not program.fetched and find(name) is None}


def install() -> None:
    """Install what is missing. Raises CalledProcessError, and FileNotFoundError where apt-get or go is not there."""
    lacking = missing().values()
    if packages := sorted({program.package for program in lacking if program.package}):
        # Packages that ship a daemon must not start it.
        policy = Path("/usr/sbin/policy-rc.d")
        mine = not policy.exists()
        if mine:
            policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
            policy.chmod(0o755)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
            command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=True)
        finally:
            if mine:
                policy.unlink()
    for module in sorted({program.module for program in lacking if program.module and not program.package}):
        subprocess.run(["go", "install", module], env={**os.environ, "GOBIN": str(PLACES[0])}, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "install"])
    options = parser.parse_args()
    if options.what == "install":
        install()
    lacking = missing()
    if not lacking:
        print(
            "make test-full needs",
            ", ".join(name for name, item in PROGRAMS.items() if not item.fetched),
            "- all are there",
        )
    else:
        lines = [f"  {name:<12} {item.remedy}\n{'':15}{item.purpose}" for name, item in sorted(lacking.items())]
        sys.exit("make test-full needs programs that this machine lacks:\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
