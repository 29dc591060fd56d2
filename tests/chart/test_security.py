"""Pod Security "restricted" admits every pod, hooks included, and no pod gets more than it needs."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.chart.charts import CASES, FULLNAME, find, objects, pod_templates
from tests.chart.restricted import violations

EVERY = [None, *CASES]


@pytest.mark.parametrize("case", EVERY)
def test_every_pod_is_admitted(case: str | None) -> None:
    pods = pod_templates(objects(case))
    assert len(pods) >= 2
    for name, pod in pods:
        assert violations(pod) == [], name


@pytest.mark.parametrize("case", EVERY)
def test_every_container_has_a_read_only_root_and_resources(case: str | None) -> None:
    for name, pod in pod_templates(objects(case)):
        for container in pod["spec"]["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


@pytest.mark.parametrize("case", EVERY)
def test_no_pod_gets_a_token_of_the_cluster_or_variables_of_its_services(case: str | None) -> None:
    # A Service named like the release would set NETWORKX_MCP_..._SERVICE_HOST, which the server refuses.
    for name, pod in pod_templates(objects(case)):
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["enableServiceLinks"] is False, name


@pytest.mark.parametrize("case", EVERY)
def test_the_server_never_mounts_plain_tokens(case: str | None) -> None:
    for name, pod in pod_templates(objects(case)):
        secrets = {v["secret"]["secretName"] for v in pod["spec"]["volumes"] if "secret" in v}
        client = pod["metadata"]["labels"]["app.kubernetes.io/component"] in ("test", "backup")
        assert (f"{FULLNAME}-client" in secrets) == client, name


@pytest.mark.parametrize("case", EVERY)
def test_a_changed_secret_reaches_the_pods_without_a_restart(case: str | None) -> None:
    for _, pod in pod_templates(objects(case)):
        for container in pod["spec"]["containers"]:
            assert not [mount for mount in container["volumeMounts"] if "subPath" in mount]
            assert not [env for env in container.get("env", []) if "secretKeyRef" in env.get("valueFrom", {})]
            assert not [source for source in container.get("envFrom", []) if "secretRef" in source]


def test_user_and_groups_may_be_left_to_the_namespace() -> None:
    pod = find(
        "Deployment", FULLNAME, None, *(f"podSecurity.{key}=null" for key in ("runAsUser", "runAsGroup", "fsGroup"))
    )
    assert pod["spec"]["template"]["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("spec", "hostNetwork"), True, "hostNetwork"),
        (("spec", "securityContext", "seccompProfile"), {"type": "Unconfined"}, "server: seccomp"),
        (("spec", "securityContext", "runAsUser"), 0, "server: runAsUser is 0"),
        (("spec", "volumes"), [{"name": "x", "hostPath": {"path": "/"}}], "volume x of type {'hostPath'}"),
        (("spec", "containers", 0, "securityContext", "privileged"), True, "server: privileged"),
        (("spec", "containers", 0, "securityContext", "capabilities"), {}, "server: capabilities do not drop ALL"),
        (("spec", "containers", 0, "ports", 0, "hostPort"), 80, "server: hostPort"),
    ],
)
def test_the_rules_find_what_is_forbidden(path: tuple[Any, ...], value: object, expected: str) -> None:
    pod = copy.deepcopy(find("Deployment")["spec"]["template"])
    target = pod
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert expected in violations(pod)
