"""The "restricted" level of the Pod Security Standards, as rules on a pod (Kubernetes 1.31 to 1.37).

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/. The cluster's own admission
judges in the end-to-end tests; here every rendering is judged, without a cluster.
"""

from __future__ import annotations

from typing import Any

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def violations(pod: dict[str, Any]) -> list[str]:
    """What the standard forbids in a pod; empty when it is admitted."""
    spec: dict[str, Any] = pod["spec"]
    pod_context: dict[str, Any] = spec.get("securityContext", {})
    found = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    if pod_context.get("sysctls"):
        found.append("sysctls")
    kinds = {volume["name"]: set(volume) - {"name"} - _VOLUMES for volume in spec.get("volumes", [])}
    found += [f"volume {name} of type {kind}" for name, kind in kinds.items() if kind]
    containers = [
        *spec.get("initContainers", []),
        *spec.get("containers", []),
        *spec.get("ephemeralContainers", []),
    ]
    for container in containers:
        context: dict[str, Any] = container.get("securityContext", {})
        effective = {**pod_context, **context}
        checks = {
            "privileged": bool(context.get("privileged")),
            "allowPrivilegeEscalation is not false": context.get("allowPrivilegeEscalation") is not False,
            "capabilities do not drop ALL": context.get("capabilities", {}).get("drop") != ["ALL"],
            "capabilities added": bool(set(context.get("capabilities", {}).get("add", [])) - {"NET_BIND_SERVICE"}),
            "runAsNonRoot is not true": effective.get("runAsNonRoot") is not True,
            "runAsUser is 0": effective.get("runAsUser") == 0,
            "seccomp": effective.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"),
            "procMount": context.get("procMount", "Default") != "Default",
            "seLinuxOptions": bool(effective.get("seLinuxOptions")),
            "hostPort": any(port.get("hostPort") for port in container.get("ports", [])),
            "host of a probe or hook": any("host" in handler for handler in _handlers(container)),
        }
        found += [f"{container['name']}: {text}" for text, broken in checks.items() if broken]
    return found


def _handlers(container: dict[str, Any]) -> list[dict[str, Any]]:
    outer = [container.get(name, {}) for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    outer += container.get("lifecycle", {}).values()
    return [item[kind] for item in outer for kind in ("httpGet", "tcpSocket") if kind in item]
