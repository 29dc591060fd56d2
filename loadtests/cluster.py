"""A release of the chart on the cluster of KUBECONFIG as the target: real pods under their cgroup limits.

The release has the chart's default limits and CPU and memory limits; requests are small, so that several
pods fit a small cluster, and autoscaling is off, so that the number of pods is the one asked for. The
generator runs in a pod of the server's own image, so no address of the cluster need be reachable from
here. A release that is there already is used as it is: a measurement may be taken up again.
"""

from __future__ import annotations

import io
import json
import subprocess
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from loadtests import processes, results
from loadtests.processes import ProcessUsage
from loadtests.targets import TENANT, TOKENS, LoadTarget, TargetError
from networkx_mcp import mcp_wire

NAME = "nmcp"
SELECTOR = f"app.kubernetes.io/name=networkx-mcp,app.kubernetes.io/instance={NAME}"
_METRICS = (
    "import sys,urllib.request\n"
    "for host in sys.argv[1:]:\n"
    " print(urllib.request.urlopen(f'http://{host}:8080/metrics', timeout=30).read().decode())"
)
#: A kubelet brings a changed Secret within its sync period and the life of its cache, 60 s each.
SECRET_SECONDS = 150.0
#: What the generator needs beside Python's standard library and uvloop: of this package, and how a request is written.
MODULES = tuple(
    f"loadtests/{name}.py"
    for name in (
        "__init__",
        "frugal_http",
        "generator",
        "histogram",
        "agentic",
        "call_outcomes",
        "player",
        "ready_probes",
        "workload",
    )
)
WIRE = Path(mcp_wire.__file__)


def _run(*command: str, stdin: bytes | None = None, timeout: float = 400) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False)
    if done.returncode:
        raise TargetError(f"{' '.join(command)}\n{done.stdout.decode()[-1500:]}\n{done.stderr.decode()[-1500:]}")
    return done.stdout.decode()


def archive() -> bytes:
    """MODULES and WIRE as a zip file that Python imports from, before the package of the image, which may be of another
    release."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in MODULES:
            packed.write(results.ROOT / name, name)
        packed.writestr("networkx_mcp/__init__.py", "")
        packed.write(WIRE, f"networkx_mcp/{WIRE.name}")
    return made.getvalue()


class ClusterTarget(LoadTarget):
    """`replicas` pods of `image` in `namespace`. `values` are further values as `helm --set` takes them, `files`
    further files of values. The namespace is removed at the end unless `keep`."""

    kind = "cluster"

    def __init__(
        self,
        namespace: str,
        image: str,
        replicas: int = 1,
        store: str = "shared",
        values: list[str] | None = None,
        files: list[str] | None = None,
        keep: bool = False,
    ) -> None:
        super().__init__()
        self.namespace, self.image, self.replicas, self.store = namespace, image, replicas, store
        self.values, self.files, self.keep = values or [], files or [], keep
        self.host, self.port = f"{NAME}.{namespace}.svc", 8080
        self._pods: list[dict[str, Any]] = []
        self._stores: list[str] = []
        self._forward: subprocess.Popen[str] | None = None

    def kubectl(self, *arguments: str, stdin: bytes | None = None, timeout: float = 400) -> str:
        """kubectl in the namespace. Raises TargetError with all it said."""
        return _run("kubectl", "-n", self.namespace, *arguments, stdin=stdin, timeout=timeout)

    def __enter__(self) -> ClusterTarget:
        manifest = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        _run("kubectl", "apply", "-f", "-", stdin=manifest.encode())
        self._tokens()
        repository, _, tag = self.image.rpartition(":")
        values = [
            *(f"fullnameOverride={NAME}", f"image.repository={repository}", "autoscaling.enabled=false"),
            *(f"replicas={self.replicas}", f"store.type={'valkey' if self.store == 'shared' else 'embedded'}"),
            *("resources.requests.cpu=100m", "resources.requests.memory=256Mi"),
            *("store.valkey.resources.requests.cpu=50m", "store.valkey.resources.requests.memory=64Mi"),
            *self.values,
        ]
        command = ["helm", "upgrade", "--install", NAME, str(results.ROOT / "chart"), "--namespace", self.namespace]
        command += ["--set-string", f"image.tag={tag}", "--wait", "--timeout", "300s"]
        for file in self.files:
            command += ["--values", file]
        for value in values:
            words = value.startswith("extraEnv") or "tag=" in value
            command += ["--set-string" if words else "--set", value]
        _run(*command)
        self._client()
        self._look()
        return self

    def _tokens(self) -> None:
        """Tokens of the load's tenant. Each is told once, so a second start makes them anew."""
        script = str(results.ROOT / "scripts/make-secrets.sh")
        common = ["--namespace", self.namespace, "--fullname", NAME]
        _run(script, *common)
        self.tokens = []
        for number in range(TOKENS):
            user = ["--user", f"load{number}", "--tenant", TENANT, "--rotate", "--grace", "3600"]
            self.tokens.append(_run(script, *common, *user).strip())

    def _client(self) -> None:
        restricted = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
        container = {
            "name": "client",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["python", "-c", "import signal; signal.pause()"],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "client", "labels": {f"{NAME}-client": "true"}},
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 1,
                "securityContext": restricted,
                "containers": [container],
            },
        }
        self.kubectl("apply", "-f", "-", stdin=json.dumps(pod).encode())
        self.kubectl("wait", "pod/client", "--for=condition=Ready", "--timeout=120s")
        self.kubectl("exec", "-i", "client", "--", "sh", "-c", "cat > /tmp/loadtests.zip", stdin=archive())

    def _look(self) -> None:
        found = json.loads(self.kubectl("get", "pods", "-l", SELECTOR, "-o", "json"))["items"]
        running = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        component = "app.kubernetes.io/component"
        self._pods = [pod for pod in running if pod["metadata"]["labels"].get(component) == "server"]
        self._stores = [
            pod["metadata"]["name"] for pod in running if pod["metadata"]["labels"].get(component) == "store"
        ]
        if len(self._pods) != self.replicas:
            raise TargetError(f"{len(self._pods)} server pods run, {self.replicas} were asked for")

    def prepare(self) -> None:
        """As everywhere; pods that ran before get to know the new tokens once their kubelet has brought them."""
        until = time.monotonic() + SECRET_SECONDS
        while True:
            try:
                super().prepare()
            except TargetError:
                if time.monotonic() > until:
                    raise
                time.sleep(5)
            else:
                return

    def __exit__(self, *_: object) -> None:
        if self._forward is not None:
            self._forward.terminate()
            self._forward.wait(10)
        if not self.keep:
            _run("kubectl", "delete", "namespace", self.namespace, "--wait=false")

    def _usage(self, pod: str) -> ProcessUsage:
        return processes.parse(self.kubectl("exec", pod, "--", "sh", "-c", processes.SCRIPT))

    def process(self) -> str:
        path = "{.items[*].status.containerStatuses[?(@.name=='server')].containerID}"
        return " ".join(sorted(self.kubectl("get", "pods", "-l", SELECTOR, "-o", f"jsonpath={path}").split()))

    def usage(self) -> list[ProcessUsage]:
        with ThreadPoolExecutor(len(self._pods)) as pool:
            return list(pool.map(self._usage, [pod["metadata"]["name"] for pod in self._pods]))

    def store_usage(self) -> list[ProcessUsage]:
        return [self._usage(pod) for pod in self._stores]

    def metrics(self) -> str:
        hosts = [pod["status"]["podIP"] for pod in self._pods]
        return self.kubectl("exec", "-i", "client", "--", "python", "-c", _METRICS, *hosts)

    def address(self) -> tuple[str, int]:
        if self._forward is None:
            pod = self._pods[0]["metadata"]["name"]
            command = ["kubectl", "-n", self.namespace, "port-forward", f"pod/{pod}", ":8080"]
            self._forward = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert self._forward.stdout is not None
            told = self._forward.stdout.readline()  # Forwarding from 127.0.0.1:PORT -> 8080
            self._local = int(told.split(" -> ")[0].rpartition(":")[2])
        return "127.0.0.1", self._local

    def generator(self) -> list[str]:
        command = ["kubectl", "-n", self.namespace, "exec", "-i", "client", "--"]
        return [*command, "env", "PYTHONPATH=/tmp/loadtests.zip", "python", "-m", "loadtests.generator"]

    def facts(self) -> results.Target:
        pod = self._pods[0]
        status = next(each for each in pod["status"]["containerStatuses"] if each["name"] == "server")
        spec = next(each for each in pod["spec"]["containers"] if each["name"] == "server")
        limits = spec["resources"]["limits"]
        found = {"kubernetes": json.loads(_run("kubectl", "version", "-o", "json"))["serverVersion"]["gitVersion"]}
        found["store"] = "SQLite embedded"
        if self._stores:
            told = self.kubectl(
                "exec",
                self._stores[0],
                "--",
                "sh",
                "-c",
                "valkey-server --version 2>/dev/null || redis-server --version",
            )
            found["store"] = " ".join(told.split()[:3])
        return results.Target(
            kind="cluster",
            store=self.store,
            replicas=self.replicas,
            cpu_limit=_cores(str(limits["cpu"])),
            memory_limit_mib=_mib(str(limits["memory"])),
            settings={"values": self.values, "files": [Path(file).name for file in self.files]},
            versions=found,
            image=self.image,
            digest=status["imageID"].rpartition("@")[2],
        )


def _cores(text: str) -> float:
    """Kubernetes' CPU quantity in cores."""
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _mib(text: str) -> int:
    """Kubernetes' memory quantity (Ki, Mi, Gi or bytes) in MiB."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    number, unit = (text[:-2], units[text[-2:]]) if text[-2:] in units else (text, 1)
    return int(float(number) * unit) // 2**20
