"""Backups, and what Argo CD reads: waves, hooks, and data that no sync removes."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from tests.chart.charts import CASES, FULLNAME, find, kinds, objects

from networkx_mcp.backup import commands

WAVE, OPTIONS = "argocd.argoproj.io/sync-wave", "argocd.argoproj.io/sync-options"
HOOK = "argocd.argoproj.io/hook"
BACKUP = f"{FULLNAME}-backup"


def annotations(item: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = item["metadata"].get("annotations") or {}
    return found


def waves(case: str, *sets: str) -> dict[str, int]:
    """Wave by `Kind/suffix`, hooks after a sync left out."""
    return {
        f"{item['kind']}/{item['metadata']['name'].removeprefix(FULLNAME)}": int(annotations(item).get(WAVE, 0))
        for item in objects(case, *sets)
        if annotations(item).get(HOOK, "Sync") == "Sync" and item["kind"] != "Pod"
    }


@pytest.mark.parametrize("case", [None, *(case for case in CASES if case != "gitops")])
def test_a_release_of_helm_has_nothing_of_argo_cd(case: str | None) -> None:
    for item in objects(case):
        assert not [key for key in annotations(item) if key.startswith("argocd.")], item["metadata"]["name"]


def test_the_store_comes_before_the_server_and_what_watches_it_after() -> None:
    found = waves("gitops")
    first = {name for name, wave in found.items() if wave == -1}
    assert first == {
        *(f"{kind}/-store" for kind in ("ConfigMap", "NetworkPolicy", "PersistentVolumeClaim", "Service")),
        "StatefulSet/-store",
        "ServiceAccount/",  # the store's pod runs under it
    }
    last = {name for name, wave in found.items() if wave == 1}
    assert last == {
        "HorizontalPodAutoscaler/",
        "ServiceMonitor/",
        "CronJob/-backup",
        "CronJob/-restore",
        "PersistentVolumeClaim/-backup",
        "Job/-backup-sync",
    }
    assert {wave for name, wave in found.items() if name not in first | last} == {0}


@pytest.mark.parametrize("store", ["valkey", "embedded"])
def test_no_volume_waits_in_another_wave_than_the_pod_that_it_waits_for(store: str) -> None:
    # Class WaitForFirstConsumer: the claim is pending until a pod is there, and a wait for one is for ever.
    wave: dict[str, int] = {}
    users: dict[str, set[int]] = {}
    for item in objects("gitops", f"store.type={store}"):
        number = int(annotations(item).get(WAVE, 0))
        if item["kind"] == "PersistentVolumeClaim":
            wave[item["metadata"]["name"]] = number
        elif item["kind"] in ("Deployment", "StatefulSet", "Job"):
            for volume in item["spec"]["template"]["spec"]["volumes"]:
                if "persistentVolumeClaim" in volume:
                    users.setdefault(volume["persistentVolumeClaim"]["claimName"], set()).add(number)
    assert len(wave) == 2
    assert users == {name: {number} for name, number in wave.items()}


def test_argo_cd_removes_no_data() -> None:
    claims = [item for item in objects("gitops") if item["kind"] == "PersistentVolumeClaim"]
    assert len(claims) == 2
    for claim in claims:
        assert annotations(claim)["helm.sh/resource-policy"] == "keep"
        assert annotations(claim)[OPTIONS] == "Prune=false,Delete=false"


def test_only_kinds_of_other_projects_skip_the_dry_run() -> None:
    skipping = {item["kind"] for item in objects("gitops") if "SkipDryRun" in annotations(item).get(OPTIONS, "")}
    assert skipping == {"ServiceMonitor"}


def test_each_sync_ends_with_the_call_that_helm_test_makes() -> None:
    job = find("Job", f"{FULLNAME}-smoke", "gitops")
    assert annotations(job)[HOOK] == "PostSync"
    pod, test = job["spec"]["template"], find("Pod", f"{FULLNAME}-test", "gitops")
    assert pod["spec"] == test["spec"]
    assert pod["metadata"]["labels"][f"{FULLNAME}-client"] == "true"
    assert pod["spec"]["containers"][0]["command"] == ["python", "-m", "networkx_mcp.smoke"]


def test_a_backup_asks_the_server_with_its_own_token_and_writes_to_its_volume() -> None:
    job = find("CronJob", BACKUP, "gitops")
    assert (job["spec"]["schedule"], job["spec"]["concurrencyPolicy"]) == ("*/15 * * * *", "Forbid")
    assert annotations(job)["argocd.argoproj.io/ignore-healthcheck"] == "true"
    template = job["spec"]["jobTemplate"]["spec"]["template"]
    container = template["spec"]["containers"][0]
    url = f"--url=http://{FULLNAME}:8080"
    token = "--token-file=/etc/networkx-mcp/client/backup"
    assert container["args"] == ["backup", url, token, "--out=/backups", "--keep=24"]
    volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
    assert volumes["backups"]["persistentVolumeClaim"]["claimName"] == BACKUP
    assert volumes["client"]["secret"]["items"] == [{"key": "backup", "path": "backup"}]
    assert template["metadata"]["labels"][f"{FULLNAME}-client"] == "true"  # the server's policy lets it in


def test_a_backup_calls_the_server_and_nobody_else() -> None:
    spec = find("NetworkPolicy", f"{FULLNAME}-clients", "gitops")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    assert [[port["port"] for port in rule["ports"]] for rule in spec["egress"]] == [[53, 53], ["http"]]
    (peer,) = spec["egress"][1]["to"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "server"


def test_a_backup_that_lacks_damaged_graphs_has_failed_at_once_and_is_not_made_again() -> None:
    for kind, name, rendered in (
        ("CronJob", BACKUP, ()),
        ("CronJob", f"{FULLNAME}-restore", ()),
        ("Job", f"{BACKUP}-r1", ("argocd.enabled=false",)),
    ):
        spec = find(kind, name, "gitops", *rendered)["spec"]
        job = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
        (rule,) = job["podFailurePolicy"]["rules"]
        (container,) = job["template"]["spec"]["containers"]
        codes = {"containerName": container["name"], "operator": "In", "values": [commands.INCOMPLETE]}
        assert rule == {"action": "FailJob", "onExitCodes": codes}
        assert job["template"]["spec"]["restartPolicy"] == "Never", "Kubernetes wants it with the policy"


@pytest.mark.parametrize(("code", "told"), [(1, True), (commands.INCOMPLETE, False)])
def test_a_backup_that_fails_does_not_hold_up_a_sync(code: int, told: bool) -> None:
    """The commit that waits behind it may be the one that mends it."""
    spec = find("Job", f"{BACKUP}-sync", "gitops")["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (0, 300)
    (container,) = spec["template"]["spec"]["containers"]
    with tempfile.TemporaryDirectory() as place:
        failing = Path(place, "networkx-mcp")
        failing.write_text(f'#!/bin/sh\necho "$@" > "$0.log"\nexit {code}\n', encoding="utf-8")
        failing.chmod(0o755)
        Path(place, "sh").symlink_to("/bin/sh")  # as in the image; here it may be on no PATH
        path = {"PATH": f"{place}:{os.environ['PATH']}"}
        done = subprocess.run(
            [*container["command"], *container["args"]], env=path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "no backup was made" in done.stderr) == (0, told)
        assert Path(place, "networkx-mcp.log").read_text(encoding="utf-8").split() == container["args"]
    spec = find("Job", f"{BACKUP}-r1", "gitops", "argocd.enabled=false")["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (2, 1800)


def test_a_restore_waits_for_a_person_and_reads_the_volume_of_the_backups() -> None:
    job = find("CronJob", f"{FULLNAME}-restore", "gitops")
    assert job["spec"]["suspend"] is True
    # Argo CD would report the release as suspended.
    assert annotations(job)["argocd.argoproj.io/ignore-healthcheck"] == "true"
    spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    backup = find("CronJob", BACKUP, "gitops")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert spec["volumes"] == backup["volumes"]
    url, token = backup["containers"][0]["args"][1:3]
    assert spec["containers"][0]["args"] == ["restore", url, token, "--from=/backups"]
    name = "networkx-mcp-20260102T030405Z.tar"
    job = find("CronJob", f"{FULLNAME}-restore", "gitops", f"backup.restoreFrom={name}")
    args = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[-1] == f"--from=/backups/{name}"


def test_under_helm_each_revision_makes_a_backup_of_its_own() -> None:
    # A Job never changes, so the next revision brings another and Helm removes the last.
    found = set(kinds("gitops", "argocd.enabled=false")) - set(
        kinds("gitops", "argocd.enabled=false", "backup.enabled=false")
    )
    assert found == {
        "CronJob/-backup",
        "CronJob/-restore",
        "Job/-backup-r1",
        "PersistentVolumeClaim/-backup",
    }


def test_backups_go_to_a_claim_of_the_operator_where_one_is_named() -> None:
    sets = ("backup.persistence.existingClaim=mine",)
    assert "PersistentVolumeClaim/-backup" not in kinds("gitops", *sets)
    pod = find("CronJob", BACKUP, "gitops", *sets)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert {"name": "backups", "persistentVolumeClaim": {"claimName": "mine"}} in pod["volumes"]
