"""One runbook for each alert, none for anything else."""

from __future__ import annotations

import re

import pytest
from tests.alerts import rules
from tests.alerts.rules import ALERTS

RUNBOOKS = sorted(path for path in (ALERTS / "runbooks").glob("*.md") if path.name != "GAMEDAY.md")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Prevention"]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert [path.stem for path in RUNBOOKS] == rules.names()


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_is_complete(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem}\n")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS
    diagnosis = text.split("## Diagnosis")[1].split("## Mitigation")[0]
    assert "```console" in diagnosis, "Diagnosis needs commands"
    for name in re.findall(r"NetworkxMcp\w+", text):
        assert name in rules.names(), name


@pytest.mark.parametrize("rule", rules.alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_names_its_runbook(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule["annotations"]["runbook_url"] == f"runbooks/{rule['alert']}.md"


@pytest.mark.parametrize("alert", rules.names())
def test_a_diagnosis_says_which_variables_it_takes_and_hides_no_failure(alert: str) -> None:
    """`make e2e-full` runs the commands as they are written."""
    text = (ALERTS / f"runbooks/{alert}.md").read_text(encoding="utf-8").split("\n## Diagnosis\n")[1]
    commands = rules.diagnosis(alert)
    assert commands
    stated = set(re.findall(r"`([A-Z]+)`", text.split("```console")[0]))
    assert stated == set(re.findall(r"\$([A-Z]+)\b", "\n".join(commands)))
    for command in commands:
        assert "|| true" not in command
        assert "<" not in command, "a placeholder is a variable"
