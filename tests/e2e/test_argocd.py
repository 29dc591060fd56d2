"""argocd/ on a real Argo CD, from a clone of this repository: what it applies, heals, rolls out and refuses.

Staging always; production, promoted from it, in the long form. The test's commits change the repository's address, the
image and the sizes of values for a small cluster, nothing else.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.argocd import Environment, Gitops, config_file
from tests.e2e.cluster import ROOT, eventually, run
from tests.e2e.test_operations import BURN, KILL_BURNERS

TAG = "v0.0.0-e2e"
QUEUE = 300


@pytest.fixture(scope="module")
def gitops(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitops]:
    gitops = Gitops(request.config.getoption, tmp_path_factory.mktemp("gitops") / "work")
    repository = gitops.repository
    small = gitops.small()
    for environment in ("staging", "production"):
        repository.edit(config_file(environment), values=small)
    repository.edit(config_file("staging"), revision=TAG, digest=gitops.digest)
    production = repository.work / "argocd/environments/production"
    production.rename(repository.work.parent / "production")  # until it is promoted to
    repository.push("e2e: staging", tag=TAG)

    gitops.start()
    yield gitops
    gitops.end(("root", "staging", "production", "alerts") if request.session.testsfailed else ())


@pytest.fixture(scope="module")
def staging(gitops: Gitops) -> Environment:
    environment = Environment("staging", gitops.image)
    environment.client_pod("client", {f"{environment.fullname}-client": "true"})
    return environment


def test_one_apply_brings_staging_and_alerts_to_synced_and_healthy(
    gitops: Gitops, staging: Environment, report: dict[str, Any]
) -> None:
    argo, begun = gitops.argo, time.monotonic()
    eventually("the ApplicationSet to make the application", lambda: argo.application(staging.application), 180)
    status = argo.runs(staging.application, gitops.digest)
    report["argocd_staging_seconds"] = round(time.monotonic() - begun, 1)
    argo.look()  # the root is not healthy while a reading of git has failed, which is tried again in three minutes
    for name in ("networkx-mcp-root", "networkx-mcp-alerts"):
        argo.runs(name)
    assert status["operationState"]["phase"] == "Succeeded"
    assert status["operationState"].get("retryCount", 0) == 0, "the first sync needs no second try"
    assert not status.get("conditions"), status.get("conditions")
    images = {c["image"] for pod in staging.pods(staging.server) for c in pod["spec"]["containers"]}
    assert images == {f"{gitops.image}@{gitops.digest}"}


def test_the_sync_ended_with_a_real_call(staging: Environment) -> None:
    smoke = staging.get("job", f"{staging.fullname}-smoke")
    assert smoke["status"]["succeeded"] == 1
    pods = eventually("a second server pod", lambda: len(p := staging.pods(staging.server)) == 2 and p, 120)
    assert {pod["metadata"]["namespace"] for pod in pods} == {"graphs-staging"}
    labels = run("kubectl", "get", "namespace", staging.name, "-o", "jsonpath={.metadata.labels}")
    assert json.loads(labels)["pod-security.kubernetes.io/enforce"] == "restricted"


def limits(environment: Environment) -> dict[str, str]:
    spec = environment.get("deployment", environment.fullname)["spec"]["template"]["spec"]
    found: dict[str, str] = spec["containers"][0]["resources"]["limits"]
    return found


def test_a_manual_change_to_a_deployment_heals(gitops: Gitops, staging: Environment, report: dict[str, Any]) -> None:
    before = limits(staging)
    begun = time.monotonic()
    staging.kubectl("set", "resources", f"deployment/{staging.fullname}", "--limits=memory=1Gi")
    assert limits(staging) != before
    eventually("the limit of git", lambda: limits(staging) == before, 180, every=0.5)
    report["argocd_heal_seconds"] = round(time.monotonic() - begun, 1)
    gitops.argo.runs(staging.application, gitops.digest)


def test_a_commit_that_changes_a_limit_rolls_through_without_a_failed_request(
    gitops: Gitops, staging: Environment, report: dict[str, Any]
) -> None:
    eventually("two ready pods", lambda: len(staging.pods(staging.server)) == 2, 120)
    before = {pod["metadata"]["name"] for pod in staging.pods(staging.server)}
    smoke = staging.get("job", f"{staging.fullname}-smoke")["metadata"]["uid"]
    workload = staging.workload("--seconds", "600", "--writers", "2", "--readers", "2", "--naive", "1")
    begun = time.monotonic()
    gitops.repository.edit(config_file("staging"), values={"limits": {"queue": QUEUE}})
    gitops.repository.push("staging: a shorter queue")
    gitops.argo.look()
    gitops.argo.runs(staging.application, f"queue: {QUEUE}")
    eventually(
        "the old pods to end",
        lambda: not before & {pod["metadata"]["name"] for pod in staging.pods(staging.server, ready=False)},
        120,
    )
    report["argocd_rollout_seconds"] = round(time.monotonic() - begun, 1)
    seen = workload.finish()
    report["argocd_rollout"] = seen
    settings = staging.get("configmap", staging.fullname)["data"]
    assert str(QUEUE) in settings.values()
    assert staging.get("job", f"{staging.fullname}-smoke")["metadata"]["uid"] != smoke, "a new call after a new sync"
    assert seen["broken_promises"] == []
    assert seen["failures"] == []
    assert not {reason: n for reason, n in seen["repeated"].items() if reason.startswith("broken_")}, seen


def test_a_broken_commit_leaves_the_release_serving_and_says_why(gitops: Gitops, staging: Environment) -> None:
    before = staging.get("deployment", staging.fullname)["metadata"]["generation"]
    pods = {pod["metadata"]["name"] for pod in staging.pods(staging.server)}
    workload = staging.workload("--seconds", "600", "--writers", "1", "--readers", "1", "--naive", "0")
    gitops.repository.edit(config_file("staging"), values={"limits": {"queue": "many"}})
    gitops.repository.push("staging: values that the chart refuses")
    gitops.argo.look()

    def complaint() -> str:
        conditions = gitops.argo.application(staging.application)["status"].get("conditions", [])
        return "".join(c["message"] for c in conditions if c["type"] == "ComparisonError" and "queue" in c["message"])

    said = eventually("the Application to say what is wrong", complaint, 240)
    assert "limits/queue" in said or "limits.queue" in said, said
    assert "integer" in said, said
    time.sleep(5)
    seen = workload.finish()
    assert (seen["failures"], seen["broken_promises"], seen["repeated"]) == ([], [], {})
    assert staging.get("deployment", staging.fullname)["metadata"]["generation"] == before
    assert {pod["metadata"]["name"] for pod in staging.pods(staging.server)} == pods
    gitops.repository.edit(config_file("staging"), values={"limits": {"queue": QUEUE}})
    gitops.repository.push("staging: the queue again")
    gitops.argo.look()
    eventually("the complaint to end", lambda: not complaint(), 240)


@pytest.mark.full
def test_a_backup_that_fails_holds_up_no_sync(gitops: Gitops, staging: Environment, report: dict[str, Any]) -> None:
    """The token of backups is a wrong one: what a full volume does to a backup in longer time."""
    job, secret = f"{staging.fullname}-backup-sync", f"{staging.fullname}-client"
    before = staging.get("job", job)["metadata"]["uid"]
    token = str(staging.get("secret", secret)["data"]["backup"])
    wrong = base64.b64encode(b"nmcp_wrong").decode()

    def set_token(value: str) -> None:
        staging.kubectl("patch", "secret", secret, "--type=merge", "-p", json.dumps({"data": {"backup": value}}))

    set_token(wrong)
    begun = time.monotonic()
    try:
        gitops.repository.edit(config_file("staging"), values={"limits": {"queue": QUEUE + 1}})
        gitops.repository.push("staging: a queue that is longer by one")
        gitops.argo.look()
        status = gitops.argo.runs(staging.application, f"queue: {QUEUE + 1}")
    finally:
        set_token(token)
    report["argocd_sync_beside_a_failing_backup_seconds"] = round(time.monotonic() - begun, 1)
    assert status["operationState"].get("retryCount", 0) == 0
    assert staging.get("job", job)["metadata"]["uid"] != before
    assert "no backup was made with this sync" in staging.kubectl("logs", f"job/{job}")


@pytest.mark.full
def test_five_syncs_leave_the_number_of_pods_to_the_autoscaler(
    gitops: Gitops, staging: Environment, report: dict[str, Any]
) -> None:
    def numbers() -> tuple[int, int]:
        wanted = int(staging.get("hpa", staging.fullname)["status"]["desiredReplicas"])
        return wanted, int(staging.get("deployment", staging.fullname)["spec"]["replicas"])

    burner = staging.background(BURN, staging.url, "240")
    try:
        eventually("a third pod", lambda: numbers() == (3, 3), 240)
    finally:
        burner.terminate()
        staging.kubectl("exec", "client", "--", "python", "-c", KILL_BURNERS, check=False)
        burner.wait(30)
    eventually("three ready pods", lambda: len(staging.pods(staging.server)) == 3, 120)
    template = '{.spec.replicas}{"\\n"}'
    command = [
        "kubectl",
        "-n",
        staging.name,
        "get",
        "deployment",
        staging.fullname,
        "--watch",
        "-o",
        f"jsonpath={template}",
    ]
    seen = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        for _ in range(5):
            gitops.argo.sync(staging.application)
            seen.append(numbers())
        watch.terminate()
        watched = set((watch.stdout.read() if watch.stdout else "").split())
    report["argocd_replicas"] = {"hpa, deployment": seen, "watched": sorted(watched)}
    assert seen == [(3, 3)] * 5  # the autoscaler waits five minutes before it takes a pod away
    assert watched == {"3"}, "no sync set another number, even for a moment"


@pytest.fixture(scope="module")
def production(gitops: Gitops) -> Environment:
    """Production, brought back into git and promoted to."""
    environment, repository = Environment("production", gitops.image), gitops.repository
    environment.prepare()
    (repository.work.parent / "production").rename(repository.work / "argocd/environments/production")
    run(sys.executable, str(ROOT / "scripts/promote.py"), str(repository.work))
    repository.push("production: what staging runs")
    gitops.argo.look()
    eventually("the application", lambda: gitops.argo.application(environment.application), 180)
    gitops.argo.runs(environment.application, gitops.digest)
    environment.client_pod("client", {f"{environment.fullname}-client": "true"})
    return environment


@pytest.mark.full
def test_production_runs_what_staging_has_tested(gitops: Gitops, staging: Environment, production: Environment) -> None:
    for environment in (staging, production):
        source = gitops.argo.application(environment.application)["spec"]["sources"][0]
        assert source["targetRevision"] == TAG
        images = {c["image"] for pod in environment.pods(environment.server) for c in pod["spec"]["containers"]}
        assert images == {f"{gitops.image}@{gitops.digest}"}


@pytest.mark.full
def test_production_keeps_what_left_git_until_a_person_prunes(gitops: Gitops, production: Environment) -> None:
    gitops.repository.edit(config_file("production"), values={"podDisruptionBudget": {"enabled": False}})
    gitops.repository.push("production: no disruption budget")
    gitops.argo.look()

    def leftover() -> list[str]:
        resources = gitops.argo.application(production.application)["status"]["resources"]
        return [r["kind"] for r in resources if r.get("requiresPruning") and not r.get("hook")]

    assert eventually("Argo CD to see what left git", leftover, 120) == ["PodDisruptionBudget"]
    time.sleep(20)  # an automatic prune would have come by now
    assert production.get("pdb", production.fullname)
    gitops.repository.edit(config_file("production"), values={"podDisruptionBudget": {"enabled": True}})
    gitops.repository.push("production: the disruption budget again")
    gitops.argo.look()
    eventually("nothing to prune", lambda: not leftover(), 120)


@pytest.mark.full
def test_deleting_the_production_application_keeps_the_graphs(
    gitops: Gitops, production: Environment, report: dict[str, Any]
) -> None:
    production.call("create_graph", graph_id="kept")
    production.call("edit_graph", graph_id="kept", edits=[{"action": "add_edges", "edges": [["a", "b"], ["b", "c"]]}])
    before = production.call("describe_graph", graph_id="kept")
    volume = production.get("pvc", f"{production.fullname}-store")["metadata"]["uid"]

    # By hand, with the finalizer that asks for everything to go along: the ApplicationSet takes that back, and makes
    # the application anew.
    begun = time.monotonic()
    finalizers = {"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}}
    argo, name = gitops.argo, production.application
    pods = {pod["metadata"]["name"] for pod in production.pods(production.server)}
    old = argo.application(name)["metadata"]["uid"]
    argo.kubectl("patch", "application", name, "--type=merge", "-p", json.dumps(finalizers))
    eventually("the finalizer to be gone", lambda: "finalizers" not in argo.application(name)["metadata"], 120)
    argo.kubectl("delete", "application", name)
    eventually("a new application", lambda: argo.application(name)["metadata"]["uid"] != old, 240)
    # Nothing differs, so nothing is synced.
    eventually(
        "it to be Synced",
        lambda: '"Synced"' in json.dumps(argo.application(name).get("status", {}).get("sync", {})),
        240,
    )
    report["argocd_deleted_and_back_seconds"] = round(time.monotonic() - begun, 1)
    assert production.get("pvc", f"{production.fullname}-store")["metadata"]["uid"] == volume
    assert {pod["metadata"]["name"] for pod in production.pods(production.server)} == pods
    assert production.call("describe_graph", graph_id="kept") == before

    # By git: the environment leaves it. The release serves on.
    gitops.repository.git("rm", "--quiet", "-r", "argocd/environments/production")
    gitops.repository.push("production: gone")
    argo.look()
    gone = ("get", "application", name, "--ignore-not-found", "-o", "name")
    eventually("the application to be gone", lambda: not argo.kubectl(*gone).strip(), 120)
    time.sleep(10)
    assert {pod["metadata"]["name"] for pod in production.pods(production.server)} == pods
    assert production.call("describe_graph", graph_id="kept") == before
