"""One runbook for each alert, none for anything else; commands that work as they are written."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.alerts import rules, stand_in
from tests.alerts.rules import ALERTS, ROOT
from tests.chart import charts
from tests.helpers import programs

RUNBOOKS = sorted(path for path in (ALERTS / "runbooks").glob("*.md") if path.name != "GAMEDAY.md")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Prevention"]
#: What the alert's labels give, and what a person chooses from what a command printed. Pods and nodes are no object of the chart.
GIVEN = {"NAMESPACE": "agents", "POD": "a-pod", "CONTAINER": "server", "CALLER": "somebody"}
GIVEN |= {"TENANT": "a", "GRAPH": "roads", "FILE": "networkx-mcp-20260101T021700Z.tar"}
ASSIGNED = re.compile(r"^(?:([A-Z]+)=|read -rs ([A-Z]+)$)")
USED = re.compile(r"\$(?:\{)?([A-Z]+)\b")
#: The environment's own; `${EDITOR:-vi}` is what people type.
USUAL = frozenset({"EDITOR"})


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


@pytest.mark.parametrize("alert", rules.names())
def test_a_mitigation_has_commands_and_every_variable_is_stated_or_found_out(alert: str) -> None:
    commands = rules.mitigation(alert)
    assert commands
    stated = set(re.findall(r"`([A-Z]+)`", rules.section(alert, "Mitigation"))) & (GIVEN.keys() - {"NAMESPACE"})
    known = stated | USUAL | {"NAMESPACE"}
    assert "`NAMESPACE`" in rules.section(alert, "Diagnosis"), "said there, for both"
    for command in commands:
        assert set(USED.findall(command)) <= known, command
        if found := ASSIGNED.match(command):
            known.add(found[1] or found[2])
    assert stated <= set(USED.findall("\n".join(commands))), "no variable is stated for nothing"


@pytest.mark.parametrize("alert", rules.names())
def test_a_mitigation_has_no_placeholder_and_hides_no_failure(alert: str) -> None:
    for command in rules.mitigation(alert):
        bare = re.sub(r"^[A-Z]+=|\$\{?[A-Z]+|custom-columns=\S+|NETWORKX_MCP_\w+", "", re.sub(r'"[^"]*"', "", command))
        assert not re.search(r"\b(NAMESPACE|NAME|RELEASE|POD|CLAIM|CHART|FILE|NODE)\b", bare), command
        assert "..." not in command, command
        for hiding in ("|| true", "2>/dev/null", "2> /dev/null", "--ignore-not-found", "; true", "--force"):
            assert hiding not in command, command
        assert "<" not in command, "a placeholder is a variable"


def test_one_way_to_find_a_name_out() -> None:
    """The same variable is found out by the same command in every runbook."""
    ways: dict[str, set[str]] = {}
    for alert in rules.names():
        for command in rules.mitigation(alert):
            if (found := ASSIGNED.match(command)) and found[1] in ("NAME", "RELEASE", "CONFIG", "MB", "RESIDENT"):
                ways.setdefault(found[1], set()).add(command)
    assert {name: len(found) for name, found in ways.items()} == dict.fromkeys(ways, 1)


@pytest.mark.parametrize("path", sorted((ALERTS / "runbooks").glob("*.md")), ids=lambda path: path.stem)
def test_no_upgrade_hides_new_values(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "--reuse-values" not in text, "it hides the values that are new in the chart; the chart refuses that"
    for line in text.splitlines():
        if re.search(r"helm .*\bupgrade\b.*--set", line):
            assert "--reset-then-reuse-values" in line, line


def test_a_value_changed_by_helm_is_changed_under_argo_cd_too() -> None:
    for alert in rules.names():
        text = rules.section(alert, "Mitigation")
        for of_helm, of_git in (('helm -n "$NAMESPACE" upgrade', "git commit"), ("rollback", "git revert")):
            assert (of_helm in text) == (of_git in text), f"{alert}: {of_helm}"


def test_store_down_knows_the_taint_of_a_node_that_is_off_and_takes_it_away_again() -> None:
    """The one that tests/e2e proves."""
    commands = rules.mitigation("NetworkxMcpStoreDown")
    proof = (ROOT / "tests/e2e/test_chaos_nodes.py").read_text(encoding="utf-8")
    [key] = re.findall(r'^OUT_OF_SERVICE = "(.+)"$', proof, flags=re.MULTILINE)
    taint = f'kubectl taint node "$NODE" {key}=nodeshutdown:NoExecute'
    assert commands.index(taint) < commands.index(f'kubectl taint node "$NODE" {key}-')


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    """What the chart renders with all that a runbook speaks of."""
    return charts.objects("production")


@pytest.fixture
def night(tmp_path: Path, objects: list[dict[str, Any]]) -> Callable[[str], list[list[str]]]:
    """A clone of the repository with a remote, and a shell of an operator there, whose kubectl and helm are stand_in.py.
    Takes commands, fails with the first that fails, and returns the calls of kubectl and helm."""
    state, clone = tmp_path / "state", tmp_path / "clone"
    (state / "bin").mkdir(parents=True)
    clone.mkdir()
    (state / "objects.json").write_text(json.dumps(objects), encoding="utf-8")
    values = yaml.safe_load(charts.CASES["production"].read_text(encoding="utf-8"))
    values["metrics"]["serviceMonitor"]["enabled"] = False  # runbooks switch it on
    values["podSecurity"] = {"fsGroup": None}
    (state / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    rendered = charts.helm(
        "template", charts.RELEASE, str(charts.CHART), "-n", "agents", "-f", str(state / "values.yaml")
    )
    (state / "rendered.yaml").write_text(rendered, encoding="utf-8")
    (state / "calls.jsonl").touch()

    def program(name: str, line: str) -> None:
        (state / "bin" / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (state / "bin" / name).chmod(0o755)

    for name in ("kubectl", "helm"):
        call = (sys.executable, "-m", "tests.alerts.stand_in", name, charts.program(name), str(state))
        program(name, f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.join(call)} "$@"')
    program("editor", 'echo "# changed" >> "$1"')
    for directory in ("chart", "alerts", "argocd"):
        shutil.copytree(ROOT / directory, clone / directory)
    (clone / "scripts").mkdir()
    make = clone / "scripts/make-secrets.sh"
    told = 'set -eu; for word; do echo "$word" >> ../state/secrets; done; [ "$word" != - ] || cat > /dev/null'
    make.write_text(f"#!/bin/sh\n{told}\n", encoding="utf-8")
    make.chmod(0o755)
    config = clone / "argocd/environments/production/config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("graphs-production", GIVEN["NAMESPACE"]), encoding="utf-8"
    )
    author = {f"GIT_{who}_{what}": "night@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = os.pathsep.join([str(state / "bin"), str(Path(programs.path("git")).parent), os.environ["PATH"]])
    environment = {
        **author,
        **GIVEN,
        "PATH": path,
        "HOME": str(tmp_path),
        "EDITOR": "editor",
        "GIT_CONFIG_NOSYSTEM": "1",
    }

    def bash(text: str) -> None:
        command = (programs.path("bash"), "-euo", "pipefail", "-c", text)
        done = subprocess.run(
            command,
            cwd=clone,
            env=environment,
            input="secret\n",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    bash("git init -q --bare ../remote; git init -q; git add .; git commit -qm one; git remote add origin ../remote")
    bash("git config push.default current; git push -q origin HEAD; echo >> argocd/environments/production/config.yaml")
    bash("git commit -qam two; git push -q origin HEAD")

    def run(text: str) -> list[list[str]]:
        bash(text)
        return [json.loads(line) for line in (state / "calls.jsonl").read_text(encoding="utf-8").splitlines()]

    return run


def _exists(kind: str, name: str, objects: list[dict[str, Any]]) -> bool:
    """Whether a name that begins as the release's do is one of the chart's, or of the Secrets that its pods name."""
    text = yaml.safe_dump(objects)
    if kind == "secret":
        return f"secretName: {name}\n" in text
    if kind == "pod":
        return any(o["kind"] == "StatefulSet" and f"{o['metadata']['name']}-0" == name for o in objects)
    return any(o["kind"].lower() == kind and o["metadata"]["name"] == name for o in objects)


@pytest.mark.needs("bash", "git", "sed")
@pytest.mark.parametrize("alert", rules.names())
def test_a_mitigation_runs_as_written(
    alert: str, night: Callable[[str], list[list[str]]], objects: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Every flag, value, field and name is one that kubectl, helm, the chart or the script knows."""
    calls = night("\n".join(rules.mitigation(alert)))
    assert calls
    for program, *arguments in calls:
        command = stand_in.words(arguments)
        if program == "helm":
            assert command[0] == "list" or charts.RELEASE in command, command
            stand_in.parse(charts.program("helm3"), arguments)
            continue
        for before, word in itertools.pairwise(command):
            kind, _, name = word.rpartition("/")
            if name.startswith(charts.FULLNAME):
                kind = stand_in.kind_of(kind.rpartition("=")[2] or before)
                assert _exists(kind, name, objects), f"{kind}/{name}: {command}"
    known = (ROOT / "scripts/make-secrets.sh").read_text(encoding="utf-8")
    secrets = tmp_path / "state/secrets"
    for word in secrets.read_text(encoding="utf-8").splitlines() if secrets.exists() else []:
        assert not word.startswith("--") or re.search(rf"^    {word}( \| -\w)?\)", known, flags=re.MULTILINE), word


@pytest.mark.needs("bash", "git", "sed")
@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("kubectl -n agents scale statefulset x --replica=1", "unknown flag"),
        ("kubectl -n agents rollout restrt deployment/x", "no command"),
        ("kubectl -n agents get deployment graphs-networkx-mcp -o jsonpath='{.spec.nothing}'", "finds nothing"),
        ("helm -n agents upgrade graphs chart --reuse-values --set replicas=3", "hides new ones"),
        ("helm -n agents upgrade graphs chart --reset-then-reuse-values --set autoscaling.maxReplica=3", "maxReplica"),
        ("helm -n agents upgrade graphs chart --reset-then-reuse-values --set store.prefix=nmcp", "nothing changes"),
        ('kubectl -n agents delete pod ""', "empty argument"),
    ],
)
def test_the_stand_in_notices(command: str, why: str, night: Callable[[str], list[list[str]]]) -> None:
    with pytest.raises(AssertionError, match=why):
        night(command)


@pytest.mark.parametrize("alert", rules.names())
def test_the_log_of_a_job_that_was_just_made_is_asked_for_until_its_pod_runs(alert: str) -> None:
    """Before that kubectl ends with `ContainerCreating`, whatever --pod-running-timeout says."""
    for command in rules.commands(alert, "Mitigation"):
        if 'logs "job/' in command:
            assert command.startswith("for try in "), command
            assert "&& break; sleep" in command, command
