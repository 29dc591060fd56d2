"""What happens to a node and to processes on it: an agent per node, in a privileged namespace of its own.

The agent shares the node's process ids and network, and enters its file system, so a fault is made from outside the
pod that suffers it and needs no right in that pod's namespace. Losing a node is the cluster's own business: the
commands of --node-loss and --node-return get the node's name as their last argument.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.cluster import Namespace, Release, eventually, run

# The process that listens in a pod: the only one of that name whose cgroup carries the pod's uid.
STOP = """
import os, pathlib, signal, sys, time
uid, names, seconds = sys.argv[1], sys.argv[2].split(","), float(sys.argv[3])
found = []
for place in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        inside = uid in (place / "cgroup").read_text().replace("_", "-")
        if inside and (place / "comm").read_text().strip() in names:
            found.append(int(place.name))
    except OSError:
        pass
assert len(found) == 1, found
os.kill(found[0], signal.SIGSTOP)
print("stopped", flush=True)
try:
    time.sleep(seconds)
finally:
    os.kill(found[0], signal.SIGCONT)
"""


# The file system of the node is that of its kubelet.
ENTER = """
for place in /proc/[0-9]*; do
  [ "$(cat "$place/comm" 2>/dev/null)" != kubelet ] || exec nsenter --mount="$place/ns/mnt" -- sh -ec "$1"
done
echo "no process is called kubelet" >&2; exit 1
"""


class Nodes(Namespace):
    """Agents on the nodes of one cluster. Use as a context manager: they go with their namespace."""

    def __init__(self, name: str, image: str) -> None:
        super().__init__(name)
        self.image = image

    def __enter__(self) -> Nodes:
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name, "labels": labels}}
        run("kubectl", "apply", "-f", "-", stdin=json.dumps(namespace))
        return self

    def __exit__(self, *_: object) -> None:
        run("kubectl", "delete", "namespace", self.name, "--ignore-not-found", "--wait=false")

    def agent(self, node: str) -> str:
        """Name of the agent pod on a node; it is started where there is none."""
        name = f"agent-{node}"
        container = {
            "name": "agent",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["python", "-c", "import signal; signal.pause()"],
            "securityContext": {"privileged": True, "runAsUser": 0, "runAsGroup": 0},
        }
        spec = {
            "nodeName": node,
            "hostPID": True,
            "hostNetwork": True,
            "terminationGracePeriodSeconds": 1,
            "tolerations": [{"operator": "Exists"}],
            "containers": [container],
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "agent"}}, "spec": spec}
        if not self.kubectl("get", "pod", name, "--ignore-not-found", "-o", "name"):
            self.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
        self.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=90s", timeout=100)
        return name

    def shell(self, node: str, command: str, check: bool = True) -> str:
        """Run a command as root in the node's file system and network."""
        return self.kubectl("exec", self.agent(node), "--", "sh", "-c", ENTER, "sh", command, check=check)

    def freeze(self, pod: dict[str, Any], names: str, seconds: float) -> None:
        """Stop (SIGSTOP) the pod's process of one of `names` (separated by commas) for `seconds`, then go on."""
        into = ("exec", "-i", self.agent(pod["spec"]["nodeName"]), "--", "python", "-")
        self.kubectl(*into, pod["metadata"]["uid"], names, str(seconds), stdin=STOP, timeout=seconds + 60)

    @contextmanager
    def packet_loss(self, pod: dict[str, Any], port: int, share: float) -> Iterator[None]:
        """Drop `share` of the packets to and from a port of a pod, both ways, as they pass its node."""
        node, address = pod["spec"]["nodeName"], pod["status"]["podIP"]
        rules = [
            f"{chain} {way} {address} -p tcp --{side} {port} -m statistic --mode random --probability {share} -j DROP"
            for chain in ("FORWARD", "OUTPUT")
            for way, side in (("-d", "dport"), ("-s", "sport"))
        ]
        try:
            for rule in rules:
                self.shell(node, f"iptables -I {rule}")
            yield
        finally:
            for rule in rules:
                self.shell(node, f"iptables -D {rule}", check=False)

    @contextmanager
    def small_volume(self, node: str, name: str, mib: int) -> Iterator[str]:
        """A file of `mib` MiB on a node, mounted as a file system of its own, as a PersistentVolume `name`. Yields the
        directory on the node."""
        place = f"/var/tmp/{name}"
        self.shell(
            node,
            f"mkdir -p {place}; truncate -s {mib}M {place}.img; mkfs.ext4 -q -F -m 0 {place}.img; "
            f"mount -o loop {place}.img {place}; chmod 777 {place}",
        )
        term = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": f"{mib}Mi"},
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": name,
                "local": {"path": place},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}},
            },
        }
        try:
            run("kubectl", "apply", "-f", "-", stdin=json.dumps(volume))
            yield place
        finally:
            run("kubectl", "delete", "persistentvolume", name, "--ignore-not-found", "--wait=false")
            self.shell(node, f"umount {place} || umount -l {place}; rm -rf {place}.img; rmdir {place}", check=False)


class Losses:
    """Loses a node and brings it back, by the commands that the operator of the cluster gave."""

    def __init__(self, release: Release, loss: str, back: str) -> None:
        self.release, self.loss, self.back = release, shlex.split(loss), shlex.split(back)

    def victim(self) -> str:
        """A worker without the cluster's name server: its loss must not look like the service's."""
        names = json.loads(run("kubectl", "get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "-o", "json"))
        taken = {pod["spec"]["nodeName"] for pod in names["items"]}
        nodes = json.loads(run("kubectl", "get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-o", "json"))
        free = sorted({node["metadata"]["name"] for node in nodes["items"]} - taken)
        assert free, f"every worker runs the cluster's name server ({sorted(taken)}): none can be lost"
        name: str = free[0]
        return name

    def others(self, node: str) -> list[str]:
        """The other workers."""
        nodes = run("kubectl", "get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-o", "name").split()
        return [name.partition("/")[2] for name in nodes if name.partition("/")[2] != node]

    @contextmanager
    def placed_on(self, node: str) -> Iterator[None]:
        """What is scheduled inside this block comes to the node."""
        others = self.others(node)
        try:
            for other in others:
                run("kubectl", "cordon", other)
            yield
        finally:
            for other in others:
                run("kubectl", "uncordon", other)

    def lose(self, node: str) -> None:
        run(*self.loss, node)

    def bring_back(self, node: str) -> None:
        run(*self.back, node)
        eventually(f"{node} to be ready", lambda: self.ready(node), 180)

    def ready(self, node: str) -> bool:
        """Whether the cluster takes the node for ready."""
        status = json.loads(run("kubectl", "get", "node", node, "-o", "json"))["status"]
        return any(c["type"] == "Ready" and c["status"] == "True" for c in status["conditions"])
