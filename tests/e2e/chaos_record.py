"""What a run of `make chaos` leaves behind: loadtests/results/chaos.json, one entry for each kind of fault.

A run of a part (`PYTEST_ARGS="-k hang"`) replaces that part only: each entry has its own time and commit.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from loadtests import results
from tests.e2e.cluster import Release, run

#: Begin and end of a fault, in seconds since the workload's start.
Window = tuple[float, float]


class Chaos:
    """Judges histories and, where a file is named, keeps them."""

    def __init__(self, path: Path | None, command: str, facts: dict[str, Any]) -> None:
        self.path, self.command, self.facts = path, command, facts
        self.started, self.load = results.now(), os.getloadavg()[0]
        #: What the image was made from: somebody may commit while the run goes on.
        self.commit, self.dirty = results.commit()

    def judge(
        self,
        release: Release,
        name: str,
        what: str,
        seen: dict[str, Any],
        windows: list[Window],
        measured: dict[str, Any] | None = None,
        failures: bool = False,
        least: int = 50,
    ) -> results.Fault:
        """Enter what the workload saw, then hold it to its promises: no acknowledged write lost, no stale read, none
        counted twice, and no call given up unless the fault is one that refuses (`failures`). Raises AssertionError."""
        per_fault = [after(seen["waits"], window) for window in windows]
        passed = not seen["broken_promises"] and seen["acknowledged"] >= least and (failures or not seen["failed"])
        fault = results.Fault(
            name=name,
            what=what,
            at=results.now(),
            commit=self.commit,
            command=self.command,
            times=len(windows),
            acknowledged=seen["acknowledged"],
            lost=seen["lost"],
            stale=seen["stale"],
            given_up=seen["failed"],
            repeated=seen["repeated"],
            broken_promises=seen["broken_promises"],
            fault_seconds=[round(end - begin, 1) for begin, end in windows],
            recover_seconds=[recover for recover, _ in per_fault],
            longest_wait_seconds=[longest for _, longest in per_fault],
            measured=measured or {},
            passed=passed,
        )
        self.facts.setdefault("chaos", {})[name] = {
            "acknowledged": fault.acknowledged,
            "recover_seconds": fault.recover_seconds,
            "longest_wait_seconds": fault.longest_wait_seconds,
            **fault.measured,
        }
        if self.path is not None:
            self._write(release, fault)
        assert seen["broken_promises"] == [], seen
        assert failures or seen["failures"] == [], seen
        assert seen["acknowledged"] >= least, seen
        return fault

    def _write(self, release: Release, fault: results.Fault) -> None:
        assert self.path is not None
        known = results.load(self.path).faults if self.path.exists() else []
        result = results.Result(
            kind="chaos",
            name=self.path.stem,
            command=self.command,
            commit=self.commit,
            dirty=self.dirty,
            started=self.started,
            finished=results.now(),
            machine=results.machine(self.load),
            versions=results.versions(),
            target=_target(release),
            dataset="two graphs that the writers of tests/e2e/workload.py make",
            seed=0,
            repeats=1,
            faults=sorted([*(each for each in known if each.name != fault.name), fault], key=lambda each: each.name),
            note="times are wall clock on a machine that cluster, server, store and clients share",
        )
        results.save(result, self.path.parent)


def after(waits: list[tuple[float, float, str]], window: Window) -> tuple[float, float]:
    """Seconds from the end of a fault until the last call that it held up was answered, and the longest of them."""
    begin, end = window
    held = [(began, ended) for began, ended, _ in waits if began <= end and ended >= begin]
    recover = max((ended - end for _, ended in held), default=0.0)
    return round(max(recover, 0.0), 1), round(max((ended - began for began, ended in held), default=0.0), 1)


def _target(release: Release) -> results.Target:
    pods = release.pods(release.server, ready=False)
    spec = next(each for each in pods[0]["spec"]["containers"] if each["name"] == "server")
    status = [each for each in pods[0]["status"].get("containerStatuses", []) if each["name"] == "server"]
    found = json.loads(run("kubectl", "version", "-o", "json"))["serverVersion"]["gitVersion"]
    store = release.get("statefulset", f"{release.fullname}-store")["spec"]["template"]["spec"]["containers"][0]
    memory = str(spec["resources"]["limits"]["memory"])
    return results.Target(
        kind="cluster",
        store="shared",
        replicas=len(pods),
        cpu_limit=float(spec["resources"]["limits"]["cpu"]),
        memory_limit_mib=int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1),
        settings={"values": release.settings, "files": [Path(file).name for file in release.values]},
        versions={"kubernetes": found, "store": store["image"]},
        image=release.image,
        digest=status[0]["imageID"].rpartition("@")[2] if status else "",
    )
