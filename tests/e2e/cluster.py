"""kubectl, helm and a client pod: what the e2e tests do to a cluster. Portable: nothing here needs an
address of the cluster to be reachable from outside, all traffic starts in a pod."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

ROOT = Path(__file__).resolve().parents[2]
WORKLOAD = Path(__file__).with_name("workload.py")


class CommandFailed(AssertionError):
    """A command ended with an error; its output is the message."""


def run(*command: str, stdin: str | None = None, check: bool = True, timeout: float = 300) -> str:
    """Standard output of a command. Raises CommandFailed with all it printed."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def eventually(what: str, condition: Callable[[], Any], seconds: float, every: float = 1.0) -> Any:
    """The first true value of `condition`; an AssertionError with `what` after `seconds`."""
    end = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < end:
        try:
            if last := condition():
                return last
        except CommandFailed as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s; last seen: {last!r}")


class Namespace:
    """One namespace with kubectl bound to it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return run("kubectl", "-n", self.name, *arguments, **options)

    def get(self, *arguments: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        return document

    def pods(self, selector: str, ready: bool = True) -> list[dict[str, Any]]:
        """Pods of a selector, by default those that are ready and not on their way out."""
        items: list[dict[str, Any]] = self.get("pods", "-l", selector)["items"]
        if not ready:
            return items
        return [
            pod
            for pod in items
            if "deletionTimestamp" not in pod["metadata"]
            and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
        ]


@dataclass(frozen=True)
class Entries:
    """The ways in from outside: addresses as a pod reaches them, host names, the Ingress certificate (PEM)."""

    ingress: str
    gateway: str
    certificate: str
    ingress_host: str = "graphs.ingress.test"
    gateway_host: str = "graphs.gateway.test"


class Release(Namespace):
    """A helm release of the chart, and the client pod beside it."""

    fullname = "nmcp"
    server = "app.kubernetes.io/name=networkx-mcp,app.kubernetes.io/instance=nmcp,app.kubernetes.io/component=server"
    store = "app.kubernetes.io/name=networkx-mcp,app.kubernetes.io/instance=nmcp,app.kubernetes.io/component=store"

    def __init__(self, name: str, image: str, values: list[str]) -> None:
        super().__init__(name)
        self.image, self.values = image, values
        repository, _, tag = image.rpartition(":")
        self.settings = [
            f"fullnameOverride={self.fullname}",
            f"image.repository={repository}",
        ]
        self.strings = [f"image.tag={tag}"]

    @property
    def url(self) -> str:
        return f"http://{self.fullname}.{self.name}.svc:{self.port}/mcp"

    @property
    def port(self) -> int:
        return int(self.get("service", self.fullname)["spec"]["ports"][0]["port"])

    def helm(self, verb: str, *extra: str, timeout: int = 240) -> str:
        """helm install or upgrade of the chart with the values of this run plus `extra`."""
        command = ["helm", verb, "nmcp", str(ROOT / "chart"), "--namespace", self.name]
        for file in self.values:
            command += ["--values", file]
        for setting in self.settings:
            command += ["--set", setting]
        for setting in self.strings:
            command += ["--set-string", setting]
        return run(*command, *extra, "--wait", "--timeout", f"{timeout}s", timeout=timeout + 30)

    def helm_test(self) -> str:
        """`helm test`, with the logs of its pods."""
        return run("helm", "test", "nmcp", "--namespace", self.name, "--logs", "--timeout", "120s", timeout=150)

    def background(self, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python script in the client pod and go on."""
        command = ["kubectl", "-n", self.name, "exec", "-i", "client", "--", "python", "-", *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert process.stdin is not None
        process.stdin.write(script.encode())
        process.stdin.close()
        return process

    def exec(self, script: str, *arguments: str, pod: str = "client", timeout: float = 300) -> str:
        """Run a Python script in the client pod."""
        return self.kubectl("exec", "-i", pod, "--", "python", "-", *arguments, stdin=script, timeout=timeout)

    def workload(self, *arguments: str, pod: str = "client") -> Running:
        """Start the workload in a client pod; `Running.finish()` stops it and returns what it saw."""
        return Running(self, arguments, pod)

    def client_pod(self, name: str, labels: dict[str, str], node: str = "") -> None:
        """A pod of the server's image that only sleeps, with a client's tokens; on `node` where one is named."""
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 1,
                **({"nodeName": node} if node else {}),
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 1000,
                    "runAsGroup": 1000,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "client",
                        "image": self.image,
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["python", "-c", "import signal; signal.pause()"],
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
                        "volumeMounts": [{"name": "tokens", "mountPath": "/tokens", "readOnly": True}],
                    }
                ],
                "volumes": [{"name": "tokens", "secret": {"secretName": f"{self.fullname}-client"}}],
            },
        }
        self.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
        self.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=90s", timeout=100)


class Running:
    """A workload that runs in a client pod."""

    #: Those that nobody has finished: a test that fails would leave its clients calling beside all tests after it.
    unfinished: ClassVar[list[Running]] = []

    def __init__(self, release: Release, arguments: tuple[str, ...], pod: str = "client") -> None:
        self.release, self.pod = release, pod
        self.stop = f"/tmp/stop-{time.monotonic_ns()}"
        command = ["kubectl", "-n", release.name, "exec", "-i", pod, "--", "python", "-"]
        command += ["--url", release.url, "--stop", self.stop, *arguments]
        with WORKLOAD.open() as script:
            self.process = subprocess.Popen(
                command, stdin=script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
            )
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "started":
            raise CommandFailed(f"the workload did not start: {self.process.communicate()[1]}")
        self.begun = time.monotonic()
        self.unfinished.append(self)

    def now(self) -> float:
        """Seconds since the start, as the workload's `waits` count them."""
        return time.monotonic() - self.begun

    def finish(self, timeout: float = 240) -> dict[str, Any]:
        """Ask the clients to stop, wait until each write came to its end, return the report."""
        self.unfinished.remove(self)
        self.release.kubectl("exec", self.pod, "--", "touch", self.stop)
        out, error = self.process.communicate(timeout=timeout)
        if self.process.returncode != 0:
            raise CommandFailed(f"the workload failed: {out}\n{error}")
        report: dict[str, Any] = json.loads(out.splitlines()[-1])
        return report
