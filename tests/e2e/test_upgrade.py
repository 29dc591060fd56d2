"""From the release before to this one and back, as chart/README.md says, while calls run: no acknowledged write is lost, no
call is given up, and what one release wrote is read by the other.

The chart of that release is kept rendered, tests/fixtures/release-0.1.0/chart. Its image is what --old-image names
(`make e2e-full` builds it); without, the image under test runs in both charts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.argocd import as_values
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import ROOT, eventually, run
from tests.e2e.test_restore import Site

OLD = ROOT / "tests/fixtures/release-0.1.0/chart"


class Upgraded(Site):
    """A release that begins as one of the chart of the release before."""

    def begin(self, image: str) -> None:
        """Install it with `image`, two servers and a client pod of the image under test."""
        self.prepare()
        store = as_values([], [*self.settings, *self.strings]).get("store", {}).get("valkey", {}).get("image", {})
        store_image = f"{store.get('repository', 'valkey/valkey')}:{store.get('tag', '8')}"
        chosen = ("--set-string", f"image={image}", "--set-string", f"storeImage={store_image}")
        run("helm", "install", "nmcp", str(OLD), *self.namespaced, *chosen, *WAIT, timeout=270)
        self.client_pod("client", {f"{self.fullname}-client": "true"})
        eventually("two ready pods", lambda: len(self.pods(self.server)) == 2, 120)

    @property
    def namespaced(self) -> tuple[str, str]:
        return "--namespace", self.name

    def names(self) -> set[str]:
        return {pod["metadata"]["uid"] for pod in self.pods(self.server) + self.pods(self.store)}

    def all_there(self, before: set[str]) -> bool:
        """Two servers and the store are ready, and all pods of before are gone."""
        pods = self.pods(self.server, ready=False) + self.pods(self.store, ready=False)
        ready = len(self.pods(self.server)) >= 2 and len(self.pods(self.store)) == 1
        return ready and not before & {pod["metadata"]["uid"] for pod in pods}

    def orphan_store(self) -> None:
        """The step that the README asks for: the object goes, its pod stays."""
        self.kubectl("delete", "statefulset", f"{self.fullname}-store", "--cascade=orphan")
        assert len(self.pods(self.store)) == 1

    def management(self) -> str:
        return str(self.get("statefulset", f"{self.fullname}-store")["spec"]["podManagementPolicy"])


WAIT = ("--wait", "--timeout", "240s")


@pytest.fixture
def upgraded(request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    option = request.config.getoption
    site = Upgraded("nmcp-e2e-upgrade", option("--image"), [option("--values")])
    run("kubectl", "delete", "namespace", site.name, "--ignore-not-found", "--wait=true", timeout=180)
    site.settings += option("--set")
    site.strings += option("--set-string")
    site.begin(option("--old-image") or option("--image"))
    yield site
    if request.session.testsfailed:
        print(site.kubectl("get", "pods,statefulsets,events", "-o", "wide", check=False))
        print(site.kubectl("logs", "-l", site.server, "--tail=20", "--prefix", check=False))
    run("kubectl", "delete", "namespace", site.name, "--ignore-not-found", "--wait=false")


def test_an_upgrade_from_the_release_before_and_back_loses_nothing(
    upgraded: Upgraded, request: pytest.FixtureRequest, report: dict[str, Any], chaos: Chaos
) -> None:
    made = upgraded.graphs("fill")
    assert upgraded.management() == "OrderedReady"
    workload = upgraded.workload("--seconds", "1200", "--writers", "3", "--readers", "2", "--naive", "1")
    windows = []

    def change(*command: str) -> None:
        time.sleep(3)
        before, begin = upgraded.names(), workload.now()
        upgraded.orphan_store()
        upgraded.helm(*command) if command[0] == "upgrade" else run("helm", *command, *WAIT, timeout=270)
        eventually("every pod to be replaced", lambda: upgraded.all_there(before), 180)
        windows.append((begin, workload.now()))

    change("upgrade")
    assert upgraded.management() == "Parallel"
    assert upgraded.graphs("look") == made, "what the release before wrote"
    change("rollback", "nmcp", "1", *upgraded.namespaced)
    assert upgraded.management() == "OrderedReady"
    time.sleep(3)
    seen = workload.finish()
    assert upgraded.graphs("look") == made

    image = request.config.getoption("--old-image")
    measured = {"image_before": image or "the one under test"}
    what = "a release of chart 0.1.0 is upgraded to this one, and rolled back"
    chaos.judge(upgraded, "release before", what, seen, windows, measured, least=100)
    kept = {name: value for name, value in seen.items() if name != "waits"}
    report["upgrade_from_release_before"] = kept | measured | {"seconds": [round(e - b, 1) for b, e in windows]}
