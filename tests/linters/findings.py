"""What a linter says, and what of it stays by an exception of exceptions.yaml."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.argocd.manifests import ARGOCD, kustomize
from tests.chart.charts import CASES, ROOT, template

EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")
#: Name of the case that no file of chart/ci makes: the defaults.
DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed on one object of one case."""

    linter: str
    check: str
    case: str
    kind: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.linter} {self.check}: {self.case}, {self.kind}/{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Exemption:
    """Findings that stay, and why."""

    linter: str
    check: str
    kind: str
    reason: str
    name: str = ".*"
    case: str = ".*"

    def covers(self, finding: Finding) -> bool:
        return (self.linter, self.check) == (finding.linter, finding.check) and all(
            re.fullmatch(pattern, value)
            for pattern, value in ((self.kind, finding.kind), (self.name, finding.name), (self.case, finding.case))
        )


@functools.cache
def exemptions(linter: str | None = None) -> tuple[Exemption, ...]:
    """Those of one linter, or all. Raises TypeError for a key that is missing or unknown."""
    found = [Exemption(**entry) for entry in yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))]
    return tuple(entry for entry in found if linter in (None, entry.linter))


def judge(linter: str, found: list[Finding]) -> list[str]:
    """What is wrong: findings without an exception, and exceptions without a finding."""
    known = exemptions(linter)
    wrong = [str(finding) for finding in found if not any(entry.covers(finding) for entry in known)]
    idle = [entry for entry in known if not any(entry.covers(finding) for finding in found)]
    return wrong + [
        f"{entry.linter} {entry.check} of {entry.kind}/{entry.name} is found no more: remove the exception"
        for entry in idle
    ]


@functools.cache
def rendered() -> dict[str, str]:
    """YAML of every case of chart/ci, of the chart's defaults, of alerts/ and of argocd/ by name."""
    found = {DEFAULTS: template(), **{case: template(case) for case in CASES}}
    for directory in (ROOT / "alerts", ARGOCD):
        found[directory.name] = yaml.safe_dump_all(kustomize(directory))
    return found


def write(directory: Path) -> list[Path]:
    """The same as files, one a case."""
    files = []
    for case, text in rendered().items():
        files.append(directory / f"{case}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    return files
