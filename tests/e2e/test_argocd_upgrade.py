"""From the release before to this one and back under Argo CD, as argocd/README.md says, while calls run.

The branch names a tag with the chart of that release (--old-commit) and then one with this chart; --old-image is its
image. The commands between the two are those of the README, run as they are written.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.argocd import Environment, Gitops, config_file, digest_of
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import ROOT, CommandFailed, eventually
from tests.helpers import documents

pytestmark = pytest.mark.full

OLD_TAG, TAG = "v0.1.0-e2e", "v0.2.0-e2e"
STAGING = config_file("staging")


@pytest.fixture
def gitops(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gitops]:
    """Staging runs the release before; TAG has what it is upgraded to."""
    option = request.config.getoption
    commit = option("--old-commit")
    assert commit, "give --old-commit, the commit of the release before; `make e2e-full` does"
    gitops = Gitops(option, tmp_path / "work")
    repository = gitops.repository
    repository.push("this release", tag=TAG)
    small = gitops.small(repository.git("show", f"{commit}:chart/ci/small-cluster-values.yaml"))
    old = option("--old-image") or gitops.image
    name, _, tag = old.rpartition(":")
    small["image"] = {"repository": name, "tag": tag}
    repository.edit(STAGING, revision=OLD_TAG, digest=digest_of(old), values=small)
    repository.git("rm", "--quiet", "-r", "chart", "argocd/environments/production")
    repository.git("checkout", "--quiet", commit, "--", "chart")
    repository.push("staging: the release before", tag=OLD_TAG)
    gitops.start()
    yield gitops
    gitops.end(("root", "staging") if request.session.testsfailed else ())


class Staging(Environment):
    """Staging as the person sees it who merges an upgrade."""

    def __init__(self, gitops: Gitops) -> None:
        super().__init__("staging", gitops.image)
        self.argo = gitops.argo

    def management(self) -> str:
        return str(self.get("statefulset", f"{self.fullname}-store")["spec"]["podManagementPolicy"])

    def uids(self) -> set[str]:
        pods = self.pods(self.server, ready=False) + self.pods(self.store, ready=False)
        return {pod["metadata"]["uid"] for pod in pods}

    def refused(self) -> str:
        """What Argo CD says of a StatefulSet that Kubernetes does not change; empty while it says nothing."""
        status = self.argo.application(self.application)["status"]
        said = [each["message"] for each in status.get("conditions", [])]
        said.append(status.get("operationState", {}).get("message", ""))
        return "".join(text for text in said if "updates to statefulset spec" in text)

    def replaced(self, before: set[str]) -> bool:
        ready = len(self.pods(self.server)) >= 2 and len(self.pods(self.store)) == 1
        return ready and not before & self.uids()


def type_in(commands: list[str]) -> None:
    """Run commands as a person would, in bash. Raises CommandFailed."""
    for command in commands:
        done = subprocess.run(("bash", "-c", command), capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise CommandFailed(f"{command}\n{done.stdout}\n{done.stderr}")


def test_an_upgrade_from_the_release_before_and_back_loses_nothing(
    gitops: Gitops, report: dict[str, Any], chaos: Chaos
) -> None:
    argo, staging = gitops.argo, Staging(gitops)
    eventually("the application", lambda: argo.application(staging.application), 180)
    argo.runs(staging.application, OLD_TAG)
    eventually("two ready pods", lambda: len(staging.pods(staging.server)) == 2, 120)
    assert staging.management() == "OrderedReady"
    staging.client_pod("client", {f"{staging.fullname}-client": "true"})
    workload = staging.workload("--seconds", "1200", "--writers", "2", "--readers", "2", "--naive", "1")
    step = documents.commands(ROOT / "argocd/README.md", "Upgrade from 0.1.0")
    windows, said = [], []

    def change(what: str) -> None:
        """What follows the merge, up to a release that is well."""
        before = staging.uids()
        argo.look()
        said.append(eventually("Argo CD to say what Kubernetes refuses", staging.refused, 240))
        assert staging.uids() == before, "the release serves on"
        begin = workload.now()
        type_in(step)
        argo.runs(staging.application, what)
        eventually("every pod to be replaced", lambda: staging.replaced(before), 180)
        windows.append((begin, workload.now()))

    gitops.repository.edit(STAGING, revision=TAG, digest=gitops.digest, values=gitops.small())
    gitops.repository.push("staging: this release")
    change(TAG)
    assert staging.management() == "Parallel"
    gitops.repository.revert()
    change(OLD_TAG)
    assert staging.management() == "OrderedReady"
    time.sleep(3)
    seen = workload.finish()
    what = "a release of chart 0.1.0 under Argo CD is upgraded to this one, and its commit reverted"
    chaos.judge(staging, "release before, Argo CD", what, seen, windows, least=100)
    report["argocd_upgrade_from_release_before"] = {
        "seconds": [round(end - begin, 1) for begin, end in windows],
        "said": said[0][:500],
        **{name: value for name, value in seen.items() if name != "waits"},
    }
